"""Of which ages it is told how many children there are: few are withheld, also where they lie between two told numbers.

Levels of two outcomes say of how many children they are: one of those below 18, another of those from 4 to 17. Who
subtracts has found the children of 0 to 3. So all ages of the framework are looked at together, for each day, whichever
outcome is asked for.
"""

import datetime
from collections.abc import Collection, Sequence
from itertools import pairwise

from features.declarations.ages import Ages
from features.levels.counts import sizes_by_age
from hub.disclosure import SmallNumbers
from hub.publishing.snapshots import Snapshot
from hub.withheld_cells import Told

Unsaid = frozenset[tuple[Ages | None, str | None, datetime.date]]
"""Ages (None is everybody), a district (None is the county) and a day, of which it is not told how many there are."""


def spans_of(ages: Collection[Ages | None]) -> tuple[Ages, ...]:
    """Return the ages cut where one of them begins or ends, so that none overlap; only what is in one of them."""
    known = [one for one in ages if one is not None]
    cuts = sorted({edge for one in known for edge in (one.from_years, one.below_years)})
    spans = [Ages(from_years=first, below_years=below) for first, below in pairwise(cuts)]
    return tuple(span for span in spans if any(_within(span, one) for one in known))


def unsaid(
    snapshot: Snapshot, small: SmallNumbers, ages: Sequence[Ages | None], days: Collection[datetime.date]
) -> Unsaid:
    """Return of whom, where and on which days it is not told how many there are.

    Args:
        snapshot: what the hub knows now.
        small: which numbers may be shown.
        ages: all ages of which levels are told, each once.
        days: the first days of periods.
    """
    spans = spans_of(ages)
    counted = sizes_by_age(snapshot, spans, days)
    found: set[tuple[Ages | None, str | None, datetime.date]] = set()
    for day in days:
        here = {district: many for (district, at), many in counted.items() if at == day}
        told = small.told()
        county: list[list[int]] = [[] for _ in range(len(spans) + 1)]
        for district, many in sorted(here.items()):
            places = [told.number(one, None) for one in many]
            for at, place in enumerate(places):
                county[at].append(place)
            _add(told, spans, ages, district, places)
        whole = [told.number(sum(told.values[one] for one in of), None) for of in county]
        for place, of in zip(whole, county, strict=True):
            told.sum(place, of)
        _add(told, spans, ages, None, whole)
        hidden = told.withheld()
        found |= {(one, where, day) for one in ages for where in (*here, None) if (one, where) in hidden}
    return frozenset(found)


def _add(
    told: Told, spans: Sequence[Ages], ages: Sequence[Ages | None], where: str | None, places: Sequence[int]
) -> None:
    """Add how many there are of each ages in one place; `places` are those of the spans, and last of no span."""
    for one in ages:
        inside = [at for at, span in enumerate(spans) if one is None or _within(span, one)]
        inside += [len(spans)] if one is None else []
        whole = told.number(sum(told.values[places[at]] for at in inside), (one, where))
        told.sum(whole, [places[at] for at in inside])


def _within(span: Ages, ages: Ages) -> bool:
    return ages.from_years <= span.from_years and span.below_years <= ages.below_years
