"""Which district is told apart: against sums over families walked one by one, and where one is planted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hub.figures import NotComputed
from models.measuring.districts import DistrictTest, told_apart
from models.resampling import Codes, Floats


def drawn(seed: int, districts: int = 5, rows: int = 900) -> tuple[Floats, Floats, Codes, Codes]:
    """Return outcomes, expected shares, districts and families of one to three; a family may live in two districts."""
    draw = np.random.default_rng(seed)
    families = np.sort(draw.integers(0, rows // 2, rows))
    expected = draw.uniform(0.05, 0.4, rows)
    home = draw.integers(0, districts, rows // 2)[families]
    moved = draw.random(rows) < 0.05
    where = np.where(moved, draw.integers(0, districts, rows), home)
    fate = draw.random(rows // 2)[families]
    own = np.where(draw.random(rows) < 0.5, fate, draw.random(rows))
    return (own < expected).astype(np.float64), expected, where, families


def slow_p(observed: Floats, expected: Floats, where: Codes, families: Codes, one: int, others: list[int]) -> float:
    """Return the p of one district against others, family by family."""
    there = [row for row in range(len(where)) if where[row] in others]
    ratio = sum(observed[row] for row in there) / sum(expected[row] for row in there)
    here = [row for row in range(len(where)) if where[row] == one]

    def squares(districts: list[int]) -> float:
        total = 0.0
        for district in districts:
            for family in {families[row] for row in range(len(where)) if where[row] == district}:
                rows = [row for row in range(len(where)) if where[row] == district and families[row] == family]
                total += sum(observed[row] - ratio * expected[row] for row in rows) ** 2
        return total

    share = sum(expected[row] for row in here) / sum(expected[row] for row in there)
    spread = (max(squares([one]), share * squares(others)) + share**2 * squares(others)) ** 0.5
    z = sum(observed[row] - ratio * expected[row] for row in here) / spread
    return float(2 * stats.t.sf(abs(z), 2 * (len(others) - 1)))


@pytest.mark.parametrize("seed", range(4))
def test_p_is_that_of_sums_over_families(seed: int) -> None:
    observed, expected, where, families = drawn(seed, rows=300)
    found = told_apart(observed, expected, where, families)
    assert [*found] == [0, 1, 2, 3, 4]
    for one, said in found.items():
        if isinstance(said, DistrictTest) and not any(getattr(other, "named", False) for other in found.values()):
            others = [other for other in range(5) if other != one]
            left = sum(isinstance(other, DistrictTest) for other in found.values())
            p = slow_p(observed, expected, where, families, one, others)
            assert said.p == pytest.approx(min(1.0, p * left))
            assert said.ratio == pytest.approx(observed[where == one].sum() / expected[where == one].sum())


@given(st.integers(0, 5), st.integers(0, 100))
def test_a_district_that_writes_few_down_is_named_and_no_longer_among_the_others(planted: int, seed: int) -> None:
    observed, expected, where, families = drawn(seed, districts=6, rows=6000)
    draw = np.random.default_rng(seed)
    observed = np.where((where == planted) & (draw.random(6000) < 0.6), 0.0, observed)
    found = told_apart(observed, expected, where, families)
    said = found[planted]
    assert isinstance(said, DistrictTest)
    assert said.named
    assert said.ratio < 0.6 * said.others
    for other, one in found.items():
        assert isinstance(one, DistrictTest)
        if other != planted and not one.named:
            left = [d for d in range(6) if d != other and not getattr(found[d], "named", False)]
            inside = np.isin(where, left)
            assert one.others == pytest.approx(observed[inside].sum() / expected[inside].sum())


def test_a_common_level_is_no_difference() -> None:
    observed, expected, where, families = drawn(3, rows=3000)
    half = told_apart(observed, expected / 2, where, families)
    whole = told_apart(observed, expected, where, families)
    for one, said in whole.items():
        other = half[one]
        assert isinstance(said, DistrictTest)
        assert isinstance(other, DistrictTest)
        assert (other.p, other.named) == (pytest.approx(said.p), said.named)


def test_few_rows_and_few_districts_are_said() -> None:
    observed, expected, where, families = drawn(1)
    observed = np.where(where == 2, 0.0, observed)
    found = told_apart(observed, expected, where, families)
    assert found[2] == NotComputed(int((where == 2).sum()), "fewer than 10 families with or without the outcome")
    two = told_apart(observed, expected, where % 2, families)
    assert {type(one) for one in two.values()} == {NotComputed}
