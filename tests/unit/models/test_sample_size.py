"""Sample sizes: a published example, and what there being more of anything must do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.sample_size import SHRINKAGE, sample_size


def test_a_published_example() -> None:
    """24 parameters, prevalence 0.174, R² 0.288: 623, 662 and 221 rows (the help of the R package pmsampsize)."""
    found = sample_size(1000, 174, 24, explained=0.288)
    assert found.needed == {"shrinkage": 623, "optimism": 662, "whole_risk": 221}
    assert found.enough
    assert not sample_size(500, 87, 24, explained=0.288).enough


@given(st.integers(200, 100_000), st.floats(0.01, 0.5), st.integers(1, 150))
def test_shrinkage_says_what_its_criterion_says(rows: int, share: float, parameters: int) -> None:
    found = sample_size(rows, max(1, int(rows * share)), parameters)
    assert 0 <= found.expected_shrinkage <= 1
    if abs(rows - found.needed["shrinkage"]) > 1:
        assert (found.expected_shrinkage >= SHRINKAGE) == (rows > found.needed["shrinkage"])
    more = sample_size(2 * rows, 2 * found.outcomes, parameters)
    assert more.expected_shrinkage >= found.expected_shrinkage


@pytest.mark.parametrize("rows", [20, 60])
def test_three_outcomes_are_nothing_to_learn_from(rows: int) -> None:
    found = sample_size(rows, 3, 75)
    assert found.expected_shrinkage < 0.1
    assert not found.enough
