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
from features.declarations.outcomes import Outcome
from features.levels import counts as level_counts
from features.levels.counts import LevelCounts, Times, Whole
from hub.declarations.partnership import Partnership
from hub.errors import GatewayError
from hub.figures import Figure, NotComputed, Stated, wilson
from hub.publishing.snapshots import Snapshot
from hub.small_numbers import SMALLEST
from hub.small_tables import withheld

UNIT = "per 1,000"


@dataclass(frozen=True, slots=True)
class Cell:
    """One level.

    Attributes:
        stated: how many per 1,000, with the 95 % interval; `n` is of how many. None: withheld for small numbers.
        count: to how many it happened; None where that is not told.
    """

    stated: Stated | None
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
    try:
        for source in delivered:
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
    cells, whole = _shown(found)
    areas = (*found.districts, "") if found.districts != ("",) else ("",)
    return Levels(outcome, sources, "", found.late_days, assumed, found.times, areas, cells, whole)


def _shown(found: LevelCounts) -> tuple[tuple[tuple[Cell, ...], ...], tuple[Cell, ...]]:
    """Return the cells of all areas and periods, and those of all complete periods together, small ones withheld.

    Complete periods make one table with totals both ways. The others stand beside it, with the county's totals only.
    """
    complete = np.array([one.complete for one in found.times])
    cells: list[list[Cell]] = [[Cell(None)] * len(found.times) for _ in range(len(found.districts) + 1)]
    whole: list[Cell] = []
    for part in (complete, ~complete):
        counts, sizes = _with_totals(found.counts[:, part]), _with_totals(found.sizes[:, part])
        small = _small(counts, sizes - counts)
        unshown = np.zeros_like(small)
        if part is complete:
            small[:, -1] = _small(found.people[:, 0], found.people[:, 1])
        else:
            small[:, -1], unshown[:, -1] = False, True
        hidden = withheld(counts, sizes, small, unshown)
        for column, at in enumerate(np.flatnonzero(part).tolist()):
            for row in range(len(cells)):
                many, size = int(counts[row, column]), int(sizes[row, column])
                cells[row][at] = _cell(many, size, hidden=bool(hidden[row, column]))
        if part is complete:
            whole = [
                _together(int(counts[row, -1]), int(sizes[row, -1]), found.people[row], hidden=bool(hidden[row, -1]))
                for row in range(len(cells))
            ]
    if found.districts == ("",):
        cells, whole = cells[-1:], whole[-1:]
    return tuple(tuple(row) for row in cells), tuple(whole)


def _with_totals(inner: Whole) -> Whole:
    table = np.vstack([inner, inner.sum(axis=0, keepdims=True)])
    return np.hstack([table, table.sum(axis=1, keepdims=True)])


def _small(with_it: Whole, without_it: Whole) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = (with_it < SMALLEST) | (without_it < SMALLEST)
    return found


def _cell(many: int, size: int, *, hidden: bool) -> Cell:
    if size == 0:
        return Cell(NotComputed(0, "nobody of these ages is known there"))
    if hidden:
        return Cell(None)
    return Cell(_per_1000(many / size, wilson(many, size), size), many)


def _together(many: int, size: int, people: Sequence[int] | Whole, *, hidden: bool) -> Cell:
    """Return the level of several periods together, with an interval that knows that children count more than once.

    Formula: Wilson's interval with p(1 - p) / v in place of n, where v is the variance of p = Σy / Σm over children,
    v = k / (k - 1) · Σ(y - pm)² / (Σm)², with k children, y the periods in which it happened to a child and m those in
    which the child was looked at (Korn and Graubard 1998); never more than Σm.
    """
    if size == 0:
        return Cell(NotComputed(0, "no period is complete"))
    if hidden:
        return Cell(None)
    with_it, without_it, yy, ym, mm = (int(one) for one in people)
    p, k = many / size, with_it + without_it
    squares = yy - 2 * p * ym + p * p * mm
    variance = k / (k - 1) * squares / (size * size)
    effective = min(float(size), p * (1 - p) / variance) if variance > 0 else float(k)
    return Cell(_per_1000(p, wilson(p * effective, effective), k), None)


def _per_1000(p: float, interval: tuple[float, float], n: int) -> Figure:
    return Figure(p * 1000, min(interval[0], p) * 1000, max(interval[1], p) * 1000, n, UNIT)
