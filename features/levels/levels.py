"""Levels of outcomes over time by district, as the hub knows them now, without small numbers.

    for group in framework.related():
        for found in levels(snapshot, partnership, group, purpose="early_help", on=day_of_use(workspace, partnership)):
            found.cells[-1][0].stated      # the county in the first period; None where it is withheld

Counted are children and not events: a child counts once in a period. Of whom: the people of the snapshot who are of the
outcome's ages on the period's first day, are not known to have died, and have an address in the district on that day,
as known now. It is never an estimate of how many live there. In a snapshot without districts everybody counts.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from features.declarations import outcomes
from features.declarations.cohort import DEATH
from features.declarations.needs import answered_for
from features.declarations.outcomes import Outcome
from features.levels import counts as level_counts
from features.levels.counts import LevelCounts, Times
from features.levels.sizes import ToldSizes
from features.levels.told_cells import NOTHING, LevelCell, ToldCells, told_cells
from hub.declarations.partnership import Partnership
from hub.errors import GatewayError
from hub.publishing.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of one outcome.

    Attributes:
        outcome: the outcome, with its label card.
        sources: the sources that bring its events.
        refused: why no levels may be told; empty when they may.
        late_days: within so many days 19 in 20 records had reached the hub; None when nothing says so.
        assumed: the sources in which a record without a date of recording counts as known some days after, with them.
        times: the periods, oldest first: whole ones only, in which the definition holds.
        areas: the districts, sorted, and last the county, whose name is empty.
        cells: one row for each area, one cell for each period.
        whole: one cell for each area: all complete periods together, a child counting once in each.
    """

    outcome: Outcome
    sources: tuple[str, ...]
    refused: str = ""
    late_days: int | None = None
    assumed: tuple[str, ...] = ()
    times: tuple[Times, ...] = ()
    areas: tuple[str, ...] = ()
    cells: tuple[tuple[LevelCell, ...], ...] = ()
    whole: tuple[LevelCell, ...] = ()


def levels(
    snapshot: Snapshot,
    partnership: Partnership,
    related: Sequence[Outcome],
    *,
    purpose: str,
    on: datetime.date,
    sizes: ToldSizes | None = None,
) -> tuple[Levels, ...]:
    """Return the levels of related outcomes (`Framework.related`), which are withheld together.

    Args:
        snapshot: what the hub knows now.
        partnership: declares sources and gateways as they are now.
        related: the outcomes.
        purpose: the purpose for which levels are told.
        on: the day of use, on which gateways must hold: those under which a source came in, and those declared now.
        sizes: how many children there are of all ages of the framework: those of one are not to be worked out from
            another's. None takes the ages of these outcomes.
    """
    refused = {one: _refused(snapshot, partnership, one, purpose=purpose, on=on) for one in related}
    allowed = [one for one in related if not refused[one]]
    group = [(one, _delivered(snapshot, partnership, one)) for one in allowed]
    counts, together = level_counts.count_related(snapshot, group)
    small = partnership.small_numbers
    days = {times.first for one in counts if one is not None for times in one.times}
    sizes = ToldSizes(snapshot, small, [one.ages for one in related]) if sizes is None else sizes
    cells = told_cells(small, allowed, counts, together, sizes.unsaid(days))
    found = {one: (of, its) for one, of, its in zip(allowed, counts, cells, strict=True)}
    return tuple(_told(snapshot, partnership, one, refused[one], *found.get(one, (None, NOTHING))) for one in related)


def _delivered(snapshot: Snapshot, partnership: Partnership, outcome: Outcome) -> tuple[str, ...]:
    sources = outcomes.sources_of(partnership, outcome.events.types)
    return tuple(one for one in sources if one in snapshot.facts.sources)


def _refused(snapshot: Snapshot, partnership: Partnership, outcome: Outcome, *, purpose: str, on: datetime.date) -> str:
    """Return why no levels of an outcome may be told; empty when they may."""
    delivered = _delivered(snapshot, partnership, outcome)
    if not delivered:
        sources = outcomes.sources_of(partnership, outcome.events.types)
        return f"The snapshot holds nothing from {' or '.join(sources)}."
    types = (*outcome.events.types, DEATH)
    inside = answered_for(snapshot)
    try:
        for source in sorted({*outcomes.sources_of(partnership, types), *snapshot.telling(types)}):
            if source in inside:
                snapshot.require_gateway(source, purpose=purpose, on=on)
            partnership.require_gateway(source, purpose=purpose, on=on)
    except GatewayError as error:
        return error.message
    return ""


def _told(
    snapshot: Snapshot,
    partnership: Partnership,
    outcome: Outcome,
    refused: str,
    found: LevelCounts | None,
    shown: ToldCells,
) -> Levels:
    sources = outcomes.sources_of(partnership, outcome.events.types)
    if refused:
        return Levels(outcome, sources, refused)
    assumed = tuple(
        f"{said.title}: {assumption.lag_days} days after it happened"
        for one in _delivered(snapshot, partnership, outcome)
        if (assumption := (said := snapshot.facts.sources[one]).assumed_recording) is not None
    )
    if found is None:
        return Levels(outcome, sources, "", None, assumed)
    areas = (*found.districts, "") if found.districts != ("",) else ("",)
    return Levels(outcome, sources, "", found.late_days, assumed, found.times, areas, *shown)
