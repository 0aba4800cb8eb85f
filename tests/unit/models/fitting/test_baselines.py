"""The simple rule and the logistic regression."""

import numpy as np
import pytest

from models.fitting.baselines import logistic_margins, rule_scores
from models.matrices import Matrix
from models.resampling import Floats
from tests.unit.models.measuring.test_calibration import drawn

NAN = float("nan")


@pytest.mark.parametrize(
    ("highest_first", "order"), [(True, ["five", "two", "none"]), (False, ["two", "five", "none"])]
)
def test_no_number_comes_last_either_way(highest_first: bool, order: list[str]) -> None:
    names = np.array(["two", "none", "five"])
    scores = rule_scores(np.array([2.0, NAN, 5.0]), highest_first=highest_first)
    assert names[np.argsort(-scores)].tolist() == order


def matrix(values: Floats, outcomes: Floats) -> Matrix:
    """Return a matrix of one date, each row another person."""
    rows = len(values)
    names = tuple(f"i{number}" for number in range(values.shape[1]))
    days = np.full(rows, "2020-01-01", dtype="datetime64[D]")
    return Matrix(names, values, outcomes, days, np.arange(rows), np.arange(rows))


def test_it_learns_from_numbers_and_from_their_absence() -> None:
    margins, outcomes = drawn(2000)
    absent = outcomes + np.random.default_rng(0).random(2000) > 1.2
    values = np.column_stack([margins, np.where(absent, np.nan, 1.0), np.full(2000, np.nan), np.ones(2000)])
    whole = matrix(values, outcomes)
    one, again = (logistic_margins(whole, (whole,), seed=0)[0] for _ in range(2))
    np.testing.assert_array_equal(one, again)
    assert np.isfinite(one).all(), "a column without any number, and one that never changes, do no harm"
    assert one[absent].mean() > one[~absent].mean() + 0.5
    assert np.corrcoef(one[~absent], margins[~absent])[0, 1] > 0.9
