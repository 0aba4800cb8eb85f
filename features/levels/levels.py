"""Levels of outcomes over time by district, as the hub knows them now, without small numbers.

    found = levels(snapshot, partnership, outcome, purpose="early_help", on=day_of_use(workspace, partnership))
    found.cells[-1][0].stated      # the county in the first period; None where it is withheld

Counted are children and not events: a child counts once in a period. Of whom: the people of the snapshot who are of the
outcome's ages on the period's first day, are not known to have died, and have an address in the district on that day,
as known now. It is never an estimate of how many live there. In a snapshot without districts everybody counts.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.declarations import outcomes
from features.declarations.cohort import DEATH
from features.declarations.outcomes import Outcome
from features.levels import counts as level_counts
from features.levels.counts import LevelCounts, Times, Whole
from hub.declarations.partnership import Partnership
from hub.disclosure import WITHHELD, SmallNumbers, Withheld
from hub.errors import GatewayError
from hub.figures import Figure, NotComputed, Stated, wilson
from hub.publishing.snapshots import Snapshot
from hub.withheld_cells import Told, Unit

UNIT = "per 1,000"
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cell:
    """One level.

    Attributes:
        stated: how many per 1,000, with the 95 % interval; `n` is of how many; or that it is withheld.
        count: to how many it happened; None where that is not told.
    """

    stated: Stated | Withheld
    count: int | None = None


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
    cells: tuple[tuple[Cell, ...], ...] = ()
    whole: tuple[Cell, ...] = ()


def levels(
    snapshot: Snapshot, partnership: Partnership, outcome: Outcome, *, purpose: str, on: datetime.date
) -> Levels:
    """Return the levels of one outcome.

    Args:
        snapshot: what the hub knows now.
        partnership: declares sources and gateways as they are now.
        outcome: the outcome.
        purpose: the purpose for which levels are told.
        on: the day of use, on which gateways must hold: those under which a source came in, and those declared now.
    """
    sources = outcomes.sources_of(partnership, outcome.events.types)
    said = snapshot.facts.sources
    delivered = tuple(one for one in sources if one in said)
    if not delivered:
        return Levels(outcome, sources, f"The snapshot holds nothing from {' or '.join(sources)}.")
    deaths = {*outcomes.sources_of(partnership, (DEATH,)), *snapshot.telling((DEATH,))} & {*said}
    try:
        for source in dict.fromkeys((*delivered, *sorted(deaths))):
            snapshot.require_gateway(source, purpose=purpose, on=on)
            partnership.require_gateway(source, purpose=purpose, on=on)
    except GatewayError as error:
        return Levels(outcome, sources, error.message)
    assumed = tuple(
        f"{said[one].title}: {assumption.lag_days} days after it happened"
        for one in delivered
        if (assumption := said[one].assumed_recording) is not None
    )
    found = level_counts.count(snapshot, outcome, delivered)
    if found is None:
        return Levels(outcome, sources, "", None, assumed)
    cells, whole = _shown(partnership.small_numbers, found)
    areas = (*found.districts, "") if found.districts != ("",) else ("",)
    return Levels(outcome, sources, "", found.late_days, assumed, found.times, areas, cells, whole)


def _shown(small: SmallNumbers, found: LevelCounts) -> tuple[tuple[tuple[Cell, ...], ...], tuple[Cell, ...]]:
    """Return the cells of all areas and periods, and those of all complete periods together, small ones withheld.

    Complete periods make one table with totals both ways. The others stand beside it, with the county's totals only.
    """
    complete = np.array([one.complete for one in found.times])
    county = len(found.districts)
    cells: list[list[Cell]] = [[Cell(WITHHELD)] * len(found.times) for _ in range(county + 1)]
    whole: list[Cell] = []
    for part in (complete, ~complete):
        counts, sizes = _with_totals(found.counts[:, part]), _with_totals(found.sizes[:, part])
        hidden = _hidden(small, counts, sizes, found.people if part is complete else None)
        for column, at in enumerate(np.flatnonzero(part).tolist()):
            for row in range(county + 1):
                many, size = int(counts[row, column]), int(sizes[row, column])
                cells[row][at] = _cell(many, size, hidden=(row, column) in hidden)
        if part is complete:
            whole = [
                _together(many, size, people, hidden=(row, counts.shape[1] - 1) in hidden)
                for row, (many, size, people) in enumerate(
                    zip(counts[:, -1].tolist(), sizes[:, -1].tolist(), found.people, strict=True)
                )
            ]
    if found.districts == ("",):
        cells, whole = cells[-1:], whole[-1:]
    return tuple(tuple(row) for row in cells), tuple(whole)


def _hidden(small: SmallNumbers, counts: Whole, sizes: Whole, people: Whole | None) -> frozenset[Unit]:
    """Return the cells of a table with totals in the last row and column that are withheld, as (row, column).

    A level tells to how many it happened and of how many. So three numbers of people must not be small: those to whom
    it happened, the others (of whom there must be some: else it is told of everybody there), and all of them. How many
    children live in a district on a day stands in the tables of other outcomes, too: which of those numbers are
    withheld hangs on them alone.

    Args:
        small: which numbers may be shown.
        counts: to how many it happened.
        sizes: of how many.
        people: for each row of all periods together, the children to whom it happened, and to whom it did not; None
            where that is not told.
    """
    told = small.told()
    rows, columns = counts.shape
    told_columns = range(columns if people is not None else columns - 1)
    unsaid = _unsaid(small, sizes)
    with_it, of = np.zeros(counts.shape, dtype=np.int64), np.zeros(counts.shape, dtype=np.int64)
    for row in range(rows):
        for column in told_columns:
            many, size, unit = int(counts[row, column]), int(sizes[row, column]), (row, column)
            did, did_not = (many, size - many) if column < columns - 1 or people is None else people[row].tolist()
            # Of two levels of as many children the one goes in which it happened to fewer.
            with_it[unit] = told.number(many, unit, people=size + many, small=small.is_small(did))
            others = told.number(size - many, unit, people=size, small=size > 0 and did_not < small.fewest)
            if unsaid[unit]:
                of[unit] = told.number(size, unit, people=size)
                told.sum(int(of[unit]), (int(with_it[unit]), others))
                told.withhold(unit)
            else:
                told.relation({int(with_it[unit]): 1, others: 1}, size, size)
    for row in range(rows if people is not None else 0):
        told.sum(int(with_it[row, -1]), with_it[row, :-1].tolist())
        _sum_of_unsaid(told, of[row], sizes[row], unsaid[row])
    for column in told_columns:
        told.sum(int(with_it[-1, column]), with_it[:-1, column].tolist())
        _sum_of_unsaid(told, of[:, column], sizes[:, column], unsaid[:, column])
    return told.withheld()


def _unsaid(small: SmallNumbers, sizes: Whole) -> Mask:
    """Return of which districts and periods it is not told how many children there are: few, or to hide those.

    Nor is it told of all periods together, for a district of which one period is not.
    """
    unsaid = np.zeros(sizes.shape, dtype=np.bool_)
    for column in range(sizes.shape[1] - 1):
        unsaid[:-1, column] = [not isinstance(one, int) for one in small.parts(sizes[:-1, column].tolist())]
    unsaid[:, -1] = unsaid[:, :-1].any(axis=1)
    return unsaid


def _sum_of_unsaid(told: Told, places: Whole, sizes: Whole, unsaid: Mask) -> None:
    """Say that everybody knows how the sizes of a row or column add up, of which some are not told."""
    factors = {int(place): 1 for place in places[:-1][unsaid[:-1]]}
    left = int(sizes[-1] - sizes[:-1][~unsaid[:-1]].sum())
    if unsaid[-1]:
        told.relation({**factors, int(places[-1]): -1}, left - int(sizes[-1]), left - int(sizes[-1]))
    elif factors:
        told.relation(factors, left, left)


def _with_totals(inner: Whole) -> Whole:
    table = np.vstack([inner, inner.sum(axis=0, keepdims=True)])
    return np.hstack([table, table.sum(axis=1, keepdims=True)])


def _cell(many: int, size: int, *, hidden: bool) -> Cell:
    if hidden:
        return Cell(WITHHELD)
    if size == 0:
        return Cell(NotComputed(0, "nobody of these ages is known there"))
    return Cell(_per_1000(many / size, wilson(many, size), size), many)


def _together(many: int, size: int, people: Sequence[int] | Whole, *, hidden: bool) -> Cell:
    """Return the level of several periods together, with an interval that knows that children count more than once.

    Wilson's interval is that of as many children as there are, as if a child's periods were all alike: it is never too
    narrow for that. How alike they are would tell to how many it happened more than once, which may be few.
    """
    if size == 0:
        return Cell(NotComputed(0, "no period is complete"))
    if hidden:
        return Cell(WITHHELD)
    p, children = many / size, int(people[0]) + int(people[1])
    return Cell(_per_1000(p, wilson(p * children, children), children), None)


def _per_1000(p: float, interval: tuple[float, float], n: int) -> Figure:
    return Figure(p * 1000, min(interval[0], p) * 1000, max(interval[1], p) * 1000, n, UNIT)
