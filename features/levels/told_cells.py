"""Which levels are told: the numbers of related outcomes stand in tables, and no small one is to be worked out of them.

    cells = told_cells(partnership.small_numbers, outcomes, counts, together, sizes.unsaid(days))

What is withheld is chosen by `hub.disclosing`, for all tables of related outcomes at once.
"""

import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.declarations.ages import Ages
from features.declarations.outcomes import Outcome
from features.levels import overlaps
from features.levels.counts import LevelCounts, Together, Whole
from features.levels.sizes import Unsaid
from hub.disclosing.disclosure import WITHHELD, SmallNumbers, Withheld
from hub.disclosing.withheld_cells import Told, Unit
from hub.figures import Figure, NotComputed, Stated, wilson

UNIT = "per 1,000"
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LevelCell:
    """One level.

    Attributes:
        stated: how many per 1,000, with the 95 % interval; `n` is of how many; or that it is withheld.
        count: to how many it happened; None where that is not told.
    """

    stated: Stated | Withheld
    count: int | None = None


ToldCells = tuple[tuple[tuple[LevelCell, ...], ...], tuple[LevelCell, ...]]
# Those of all areas and periods, and those of all complete periods together.
NOTHING: ToldCells = ((), ())


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of numbers of one outcome, with the county's in the last row.

    Complete periods make one table, with totals both ways. The others stand beside it, with the county's totals only.

    Attributes:
        name: of the table, in the units that are shown or withheld: (name, row, column).
        columns: which of the outcome's periods it has; one more column holds their sum.
        counts: to how many it happened.
        sizes: of how many.
        unsaid: of which it is not told of how many they are.
        people: for each row of all periods together, the children to whom it happened, and to whom it did not; None
            where that is not told.
    """

    name: tuple[int, bool]
    columns: Sequence[int]
    counts: Whole
    sizes: Whole
    unsaid: Mask
    people: Whole | None


def told_cells(
    small: SmallNumbers,
    related: Sequence[Outcome],
    found: Sequence[LevelCounts | None],
    together: Together,
    unsaid: Unsaid,
) -> list[ToldCells]:
    """Return, of each outcome, the cells of all areas and periods and those of all complete periods together."""
    told = small.told()
    tables: list[tuple[_Table, ...]] = []
    where: dict[tuple[int, str | None, datetime.date], int] = {}
    for at, one in enumerate(found):
        tables.append(tuple(_tables(at, one, related[at].ages, unsaid)) if one is not None else ())
        for table in tables[-1]:
            places = _add(told, small, table)
            if one is not None:
                for row, district in enumerate((*one.districts, None)):
                    for column, period in enumerate(table.columns):
                        where[at, district, one.times[period].first] = int(places[row, column])
    if len(related) > 1:
        _add_together(told, small, related, found, together, where)
    hidden = told.withheld()
    return [((), ()) if one is None else _cells(one, its, hidden) for one, its in zip(found, tables, strict=True)]


def _tables(at: int, found: LevelCounts, ages: Ages | None, unsaid: Unsaid) -> Iterator[_Table]:
    complete = np.array([one.complete for one in found.times])
    for whole, part in ((True, complete), (False, ~complete)):
        counts, of = _with_totals(found.counts[:, part]), _with_totals(found.sizes[:, part])
        columns = np.flatnonzero(part).tolist()
        days = [found.times[column].first for column in columns]
        hidden = np.array(
            [[(ages, district, day) in unsaid for day in days] for district in (*found.districts, None)], dtype=np.bool_
        ).reshape(len(found.districts) + 1, len(days))
        # Nor is it told of all periods together, for a place of which one period is not.
        hidden = np.column_stack([hidden, hidden.any(axis=1)])
        yield _Table((at, whole), columns, counts, of, hidden, found.people if whole else None)


def _cells(found: LevelCounts, tables: Sequence[_Table], hidden: Collection[Unit]) -> ToldCells:
    county = len(found.districts)
    cells: list[list[LevelCell]] = [[LevelCell(WITHHELD)] * len(found.times) for _ in range(county + 1)]
    whole: list[LevelCell] = []
    for table in tables:
        for row in range(county + 1):
            for column, period in enumerate(table.columns):
                many, size = int(table.counts[row, column]), int(table.sizes[row, column])
                cells[row][period] = _cell(many, size, hidden=(*table.name, row, column) in hidden)
            if table.people is not None:
                many, size = int(table.counts[row, -1]), int(table.sizes[row, -1])
                is_hidden = (*table.name, row, len(table.columns)) in hidden
                whole.append(_together(many, size, table.people[row], hidden=is_hidden))
    if found.districts == ("",):
        cells, whole = cells[-1:], whole[-1:]
    return tuple(tuple(row) for row in cells), tuple(whole)


def _add(told: Told, small: SmallNumbers, table: _Table) -> Whole:
    """Add the numbers of a table; return the places of those to whom it happened, shape [areas, periods and all].

    A level tells to how many it happened and of how many. So three numbers of people must not be small: those to whom
    it happened, the others (of whom there must be some: else it is told of everybody there), and all of them. How many
    children live in a district on a day stands in the tables of other outcomes, too: which of those numbers are
    withheld hangs on them alone (`features.levels.sizes`).
    """
    rows, columns = table.counts.shape
    told_columns = range(columns if table.people is not None else columns - 1)
    unsaid = table.unsaid
    with_it, of = np.zeros((rows, columns), dtype=np.int64), np.zeros((rows, columns), dtype=np.int64)
    for row in range(rows):
        for column in told_columns:
            at, unit = (row, column), (*table.name, row, column)
            many, size = int(table.counts[at]), int(table.sizes[at])
            did, did_not = (
                (many, size - many)
                if column < columns - 1 or table.people is None
                else (int(one) for one in table.people[row])
            )
            # Of two levels of as many children the one goes in which it happened to fewer.
            with_it[at] = told.number(many, unit, people=size + many, small=small.is_small(did))
            others = told.number(size - many, unit, people=size, small=size > 0 and did_not < small.fewest)
            if unsaid[at]:
                of[at] = told.number(size, unit, people=size)
                told.sum(int(of[at]), (int(with_it[at]), others))
                told.withhold(unit)
            else:
                told.relation({int(with_it[at]): 1, others: 1}, size, size)
    for row in range(rows if table.people is not None else 0):
        told.sum(int(with_it[row, -1]), with_it[row, :-1].tolist())
        _sum_of_unsaid(told, of[row], table.sizes[row], unsaid[row])
    for column in told_columns:
        told.sum(int(with_it[-1, column]), with_it[:-1, column].tolist())
        _sum_of_unsaid(told, of[:, column], table.sizes[:, column], unsaid[:, column])
    return with_it


def _add_together(
    told: Told,
    small: SmallNumbers,
    related: Sequence[Outcome],
    found: Sequence[LevelCounts | None],
    together: Together,
    where: Mapping[tuple[int, str | None, datetime.date], int],
) -> None:
    """Add how many children had which combination of outcomes: never shown, and not to be worked out when few.

    Args:
        told: holds the numbers of each outcome.
        small: which numbers may be shown.
        related: the outcomes.
        found: their counts.
        together: how many children had which combination.
        where: of an outcome, a district (None for the county) and a period's first day, the place of to how many it
            happened.
    """
    possible = overlaps.combinations_of([one.events for one in related])
    districts = sorted({district for one in found if one is not None for district in one.districts})
    complete = {first for first, those in together.present.items() if _is_complete(found, first, those)}
    ever: dict[tuple[str | None, int, int], list[int]] = {}
    for first, those in together.present.items():
        if those.bit_count() < 2:
            continue
        combinations = [one for one in overlaps.only(possible, those) if one]
        county: dict[int, list[int]] = {one: [] for one in combinations}
        for district in (*districts, None):
            children = together.children.get((district, first), {}) if district is not None else {}
            places = {}
            for one in combinations:
                many = children.get(one, 0) if district is not None else sum(told.values[at] for at in county[one])
                places[one] = told.number(many, None)
                if district is None:
                    told.sum(places[one], county[one])
                else:
                    county[one].append(places[one])
                if first in complete:
                    ever.setdefault((district, those, one), []).append(places[one])
            for at in range(len(related)):
                if (at, district, first) in where:  # else nobody ever lived there while its definition held
                    inside = [place for one, place in places.items() if one >> at & 1]
                    told.sum(where[at, district, first], inside)
    for (district, those, one), places_ in ever.items():
        people = together.ever.get((district, those), {}).get(one, 0)
        total = told.number(sum(told.values[at] for at in places_), None, small=small.is_small(people))
        told.sum(total, places_)


def _is_complete(found: Sequence[LevelCounts | None], first: datetime.date, those: int) -> bool:
    """Say whether a period is complete for each of these outcomes."""
    return all(
        any(times.first == first and times.complete for times in one.times)
        for at, one in enumerate(found)
        if one is not None and those >> at & 1
    )


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


def _cell(many: int, size: int, *, hidden: bool) -> LevelCell:
    if hidden:
        return LevelCell(WITHHELD)
    if size == 0:
        return LevelCell(NotComputed(0, "nobody of these ages is known there"))
    return LevelCell(_per_1000(many / size, wilson(many, size), size), many)


def _together(many: int, size: int, people: Sequence[int] | Whole, *, hidden: bool) -> LevelCell:
    """Return the level of several periods together, with an interval that knows that children count more than once.

    Wilson's interval is that of as many children as there are, as if a child's periods were all alike: it is never too
    narrow for that. How alike they are would tell to how many it happened more than once, which may be few.
    """
    if size == 0:
        return LevelCell(NotComputed(0, "no period is complete"))
    if hidden:
        return LevelCell(WITHHELD)
    p, children = many / size, int(people[0]) + int(people[1])
    return LevelCell(_per_1000(p, wilson(p * children, children), children), None)


def _per_1000(p: float, interval: tuple[float, float], n: int) -> Figure:
    return Figure(p * 1000, min(interval[0], p) * 1000, max(interval[1], p) * 1000, n, UNIT)
