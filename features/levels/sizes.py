"""Of which ages it is told how many children there are: few are withheld, also where they lie between two told numbers.

Levels of two outcomes say of how many children they are: one of those below 18, another of those from 4 to 17. Who
subtracts has found the children of 0 to 3. So all ages of the framework are looked at together, for each day, whichever
outcome is asked for.
"""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise

from features.declarations.ages import Ages
from features.levels.residents import sizes_by_age
from hub.disclosing.disclosure import SmallNumbers
from hub.disclosing.withheld_cells import Told
from hub.publishing.snapshots import Snapshot

_Where = tuple[Ages | None, str | None]
Unsaid = frozenset[tuple[Ages | None, str | None, datetime.date]]
"""Ages (None is everybody), a district (None is the county) and a day, of which it is not told how many there are."""


def spans_of(ages: Collection[Ages | None]) -> tuple[Ages, ...]:
    """Return the ages cut where one of them begins or ends, so that none overlap; only what is in one of them."""
    known = [one for one in ages if one is not None]
    cuts = sorted({edge for one in known for edge in (one.from_years, one.below_years)})
    spans = [Ages(from_years=first, below_years=below) for first, below in pairwise(cuts)]
    return tuple(span for span in spans if any(_within(span, one) for one in known))


class ToldSizes:
    """How many children there are, by ages, place and day, as far as it may be told; each day is worked out once."""

    def __init__(self, snapshot: Snapshot, small: SmallNumbers, ages: Iterable[Ages | None]) -> None:
        """Begin without a day.

        Args:
            snapshot: what the hub knows now.
            small: which numbers may be shown.
            ages: all ages of which levels are told; None is everybody.
        """
        self._snapshot, self._small = snapshot, small
        self._ages = tuple(dict.fromkeys(ages))
        self._spans = spans_of(self._ages)
        self._unsaid: dict[datetime.date, frozenset[_Where]] = {}

    def unsaid(self, days: Collection[datetime.date]) -> Unsaid:
        """Return of whom, where and on which of these days it is not told how many there are."""
        new = [day for day in days if day not in self._unsaid]
        counted = sizes_by_age(self._snapshot, self._spans, new)
        for day in new:
            self._unsaid[day] = self._on({where: many for (where, at), many in counted.items() if at == day})
        return frozenset((*where, day) for day in days for where in self._unsaid[day])

    def _on(self, here: Mapping[str, Sequence[int]]) -> frozenset[_Where]:
        """Return what is withheld on one day; `here` holds, for each district, how many of each span there are."""
        told = self._small.told()
        county: list[list[int]] = [[] for _ in range(len(self._spans) + 1)]
        for district, many in sorted(here.items()):
            places = [told.number(one, None) for one in many]
            for of_span, place in zip(county, places, strict=True):
                of_span.append(place)
            self._add(told, district, places)
        whole = [told.number(sum(told.values[one] for one in of_span), None) for of_span in county]
        for place, of_span in zip(whole, county, strict=True):
            told.sum(place, of_span)
        self._add(told, None, whole)
        hidden = told.withheld()
        return frozenset(where for ages in self._ages for place in (*here, None) if (where := (ages, place)) in hidden)

    def _add(self, told: Told, place: str | None, spans: Sequence[int]) -> None:
        """Add how many there are of each ages in one place, and say that they add up from `spans`."""
        for ages in self._ages:
            inside = [at for at, span in enumerate(self._spans) if ages is None or _within(span, ages)]
            inside += [len(self._spans)] if ages is None else []
            whole = told.number(sum(told.values[spans[at]] for at in inside), (ages, place))
            told.sum(whole, [spans[at] for at in inside])


def _within(span: Ages, ages: Ages) -> bool:
    return ages.from_years <= span.from_years and span.below_years <= ages.below_years
