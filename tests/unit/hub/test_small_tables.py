"""Small numbers in tables: whatever is shown, each small cell could be any number from nobody to nine."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.small_numbers import SMALLEST
from hub.small_tables import withheld
from tests.oracles.published_tables import Mask, Whole, assert_nobody_finds_out


def with_totals(inner: Sequence[Sequence[int]]) -> Whole:
    table = np.array(inner, dtype=np.int64)
    table = np.vstack([table, table.sum(axis=0)])
    return np.hstack([table, table.sum(axis=1, keepdims=True)])


def small_in(counts: Whole, sizes: Whole) -> Mask:
    return (counts < SMALLEST) | (sizes - counts < SMALLEST)


@st.composite
def tables(draw: st.DrawFn) -> tuple[Whole, Whole, Mask]:
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    size = st.integers(0, 14) | st.integers(15, 60)
    sizes = [[draw(size) for _ in range(columns)] for _ in range(rows)]
    most = draw(st.sampled_from([2, 12]))
    count = [
        [draw(st.integers(0, min(one, most)) | st.integers(max(0, one - most), one)) for one in line] for line in sizes
    ]
    counts, of = with_totals(count), with_totals(sizes)
    # Totals can stand on few children though they count more, such as four children in each of three quarters.
    few = np.array(draw(st.lists(st.booleans(), min_size=counts.size, max_size=counts.size))).reshape(counts.shape)
    few[:-1, :-1] = False
    return counts, of, small_in(counts, of) | few


@settings(max_examples=60, deadline=None)
@given(tables(), st.booleans())
def test_no_small_cell_can_be_found_out(drawn: tuple[Whole, Whole, Mask], no_totals_of_rows: bool) -> None:
    counts, sizes, small = drawn
    unshown = np.zeros_like(small)
    if no_totals_of_rows:
        unshown[:, -1] = True
        small[:, -1] = False
    hidden = withheld(counts, sizes, small, unshown)
    assert (hidden & unshown).sum() == unshown.sum()
    assert_nobody_finds_out(counts, sizes, small, hidden)


def test_with_nothing_small_everything_is_shown() -> None:
    counts, sizes = with_totals([[20, 30], [40, 50]]), with_totals([[90, 90], [90, 90]])
    assert not withheld(counts, sizes, small_in(counts, sizes)).any()


# Districts and quarters with 100 children in each, and the totals beside them; X is withheld.
DRAWN = [
    # One small cell takes a rectangle with it: one in its row, one in its column, and the corner across.
    ([[3, 40], [50, 60]], "##./##./..."),
    ([[3, 40, 50], [50, 60, 20], [70, 80, 90]], "#.#./#.#./..../...."),
    # Two in one row that add up to less than nine would tell how small they are: a third goes with them.
    ([[1, 2, 80], [40, 40, 40]], "###./###./...."),
    # All but three: as telling as three.
    ([[97, 60], [50, 40]], "##./##./..."),
]


@pytest.mark.parametrize(("inner", "expected"), DRAWN)
def test_drawn_tables(inner: list[list[int]], expected: str) -> None:
    counts = with_totals(inner)
    sizes = with_totals([[100] * len(line) for line in inner])
    small = small_in(counts, sizes)
    hidden = withheld(counts, sizes, small)
    assert "/".join("".join(".#"[int(one)] for one in line) for line in hidden) == expected
    assert_nobody_finds_out(counts, sizes, small, hidden)


def test_one_district_alone_takes_the_total_with_it() -> None:
    counts, sizes = with_totals([[3, 40, 50]]), with_totals([[100, 100, 100]])
    small = small_in(counts, sizes)
    hidden = withheld(counts, sizes, small)
    assert_nobody_finds_out(counts, sizes, small, hidden)
    assert hidden[:, 0].all()


def test_a_sparse_county_keeps_its_totals() -> None:
    chance = np.random.default_rng(3)
    counts = with_totals(chance.integers(0, 8, size=(12, 16)).tolist())
    sizes = with_totals([[350] * 16] * 12)
    hidden = withheld(counts, sizes, small_in(counts, sizes))
    assert hidden[:-1, :-1].all()
    assert not hidden[-1, :].any()
    assert not hidden[:, -1].any()


def test_few_small_cells_take_few_others_with_them() -> None:
    chance = np.random.default_rng(5)
    inner = chance.integers(20, 60, size=(12, 16))
    inner[2, 3] = inner[7, 9] = 4
    counts, sizes = with_totals(inner.tolist()), with_totals([[350] * 16] * 12)
    small = small_in(counts, sizes)
    hidden = withheld(counts, sizes, small)
    assert hidden.sum() <= 8
    assert_nobody_finds_out(counts, sizes, small, hidden)


@pytest.mark.parametrize(("total", "many"), [((0, 2), 6), ((2, 1), 6), ((2, 2), 9)])
def test_a_total_that_stands_on_few_children_is_hidden_from_its_parts_too(total: tuple[int, int], many: int) -> None:
    counts, sizes = with_totals([[12, 12], [30, 30]]), with_totals([[100, 100], [100, 100]])
    small = small_in(counts, sizes)
    small[total] = True
    hidden = withheld(counts, sizes, small)
    assert_nobody_finds_out(counts, sizes, small, hidden)
    assert hidden.sum() == many
