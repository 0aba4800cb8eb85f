"""The order of two models: against all pairs of a date, one by one."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.measuring.order import compare
from models.resampling import Floats

ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=25)


@given(ROWS, st.integers(1, 6))
def test_it_is_what_all_pairs_say(rows: list[tuple[int, int, int]], capacity: int) -> None:
    first, second, dates = (np.array(column) for column in zip(*rows, strict=True))
    pairs = [pair for pair in itertools.combinations(range(len(rows)), 2) if dates[pair[0]] == dates[pair[1]]]
    same = all(np.sign(first[i] - first[j]) == np.sign(second[i] - second[j]) for i, j in pairs)

    def before(scores: Floats, row: int) -> int:
        return sum(scores[other] > scores[row] for other in range(len(rows)) if dates[other] == dates[row])

    def offered(scores: Floats, date: int) -> set[int]:
        here = [row for row in range(len(rows)) if dates[row] == date]
        return set(sorted(here, key=lambda row: (-scores[row], row))[:capacity])

    found = compare(first.astype(float), second.astype(float), dates, capacity)
    assert found.unchanged is same
    assert found.moved == sum(before(first, row) != before(second, row) for row in range(len(rows)))
    assert (found.rows, found.dates) == (len(rows), len(set(dates.tolist())))
    tops = [(offered(first, date), offered(second, date)) for date in set(dates.tolist())]
    assert found.places == sum(len(one) for one, _ in tops)
    assert found.places_kept == sum(len(one & other) for one, other in tops)


@pytest.mark.parametrize(("slope", "level"), [(1.0, 3.7), (0.01, -2.0), (0.3333, 0.1), (7.0, 100.0)])
def test_a_line_that_rises_keeps_every_order(slope: float, level: float) -> None:
    draw = np.random.default_rng(0)
    margins = np.r_[draw.normal(size=4000), np.nextafter(draw.normal(size=50), 9)].round(3) + 1e-16
    dates = draw.integers(0, 3, len(margins))
    found = compare(margins, slope * margins + level, dates, 40)
    assert found.unchanged
    assert (found.moved, found.places_kept) == (0, found.places)
    assert not compare(margins, -margins, dates, 40).unchanged
