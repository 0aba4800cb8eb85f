"""Small counts cannot be worked out from what is shown; the oracle is linear programming over all that is public."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from audits import disclosure
from audits.disclosure import FEWER, SMALLEST, WITHHELD


@pytest.mark.parametrize(("people", "said"), [(0, FEWER), (1, FEWER), (9, FEWER), (10, 10), (4321, 4321)])
def test_a_count_below_ten_leaves_only_in_words(people: int, said: int | str) -> None:
    assert disclosure.count(people) == said


@pytest.mark.parametrize(
    ("with_it", "without_it", "may"), [(10, 10, True), (9, 10, False), (10, 9, False), (0, 500, False), (500, 0, False)]
)
def test_a_rate_needs_ten_people_on_both_sides(with_it: int, without_it: int, may: bool) -> None:
    assert disclosure.may_show_rate(with_it, without_it) is may


@pytest.mark.parametrize(
    ("why", "table", "held"),
    [
        ("nothing is small", [[10, 10], [90, 90]], (False, False)),
        ("one small count holds a second level back", [[4, 30], [40, 60], [90, 95]], (True, True, False)),
        ("two small counts protect each other", [[8, 30], [9, 40], [90, 95]], (True, True, False)),
        ("two small counts whose sum is small do not", [[2, 30], [3, 40], [70, 95]], (True, True, True)),
        ("a tiny level needs a level of 20 beside it", [[3, 4], [12, 14], [90, 95]], (True, True, False)),
        ("a count that partly fits nowhere else", [[5, 90], [60, 2], [300, 300]], (True, True, True)),
        ("one level alone", [[5, 50]], None),
        ("two levels, too small a total", [[5, 50], [4, 60]], None),
    ],
)
def test_which_levels_are_held_back(why: str, table: list[list[int]], held: tuple[bool, ...] | None) -> None:
    people = np.array(table)
    assert disclosure.held_back(people, people.sum(axis=1)) == held, why


def test_the_size_of_a_tiny_level_is_not_the_total_minus_the_others() -> None:
    assert disclosure.sizes([3, 25, 400], [True, True, False]) == (FEWER, WITHHELD, 400)
    assert disclosure.sizes([30, 25, 400], [True, True, False]) == (30, 25, 400)


_TABLES = st.integers(1, 5).flatmap(
    lambda kinds: st.lists(
        st.lists(st.one_of(st.integers(0, 14), st.integers(0, 200)), min_size=kinds, max_size=kinds),
        min_size=1,
        max_size=6,
    )
)


@settings(max_examples=150, deadline=None)
@given(_TABLES)
def test_no_small_count_can_be_worked_out(table: list[list[int]]) -> None:
    people = np.array(table)
    size = people.sum(axis=1)
    held = disclosure.held_back(people, size)
    if held is None:
        return
    shown = disclosure.sizes(size.tolist(), held)
    for level, kind in zip(*np.nonzero(people < SMALLEST), strict=True):
        assert held[level]
        low, high = _bounds(people, held, shown, level=int(level), kind=int(kind))
        assert low <= 1e-6
        assert high >= SMALLEST - 1 - 1e-6
    for level in np.flatnonzero(size < SMALLEST):
        low, high = _bounds(people, held, shown, level=int(level), kind=None)
        assert low <= 1e-6
        assert high >= SMALLEST - 1 - 1e-6


def _bounds(
    people: np.ndarray, held: tuple[bool, ...], shown: tuple[int | str, ...], *, level: int, kind: int | None
) -> tuple[float, float]:
    """Return the smallest and largest value of one count (or a level's size) among all tables that agree."""
    levels, kinds = people.shape
    equal, equal_to, below, below_to = [], [], [], []
    for one in range(kinds):
        row = np.zeros((levels, kinds))
        row[:, one] = 1
        equal.append(row.ravel())
        equal_to.append(people[:, one].sum())
    for one in range(levels):
        if not held[one]:
            for column in range(kinds):
                row = np.zeros((levels, kinds))
                row[one, column] = 1
                equal.append(row.ravel())
                equal_to.append(people[one, column])
        row = np.zeros((levels, kinds))
        row[one] = 1
        said = shown[one]
        if isinstance(said, int):
            equal.append(row.ravel())
            equal_to.append(said)
        elif said == FEWER:
            below.append(row.ravel())
            below_to.append(SMALLEST - 1)
        else:
            below.append(-row.ravel())
            below_to.append(-SMALLEST)
    goal = np.zeros((levels, kinds))
    goal[level, slice(None) if kind is None else kind] = 1
    ends = []
    for sign in (1, -1):
        found = linprog(
            sign * goal.ravel(),
            A_eq=np.array(equal),
            b_eq=equal_to,
            A_ub=np.array(below) if below else None,
            b_ub=below_to or None,
        )
        assert found.status == 0
        ends.append(sign * found.fun)
    return ends[0], ends[1]
