"""The simple rule and the logistic regression."""

import itertools

import numpy as np
import pytest

from features.declarations.use_cases import RuleStep, SimpleRule
from models.fitting import logistic
from models.fitting.baselines import best_rule, rule_scores
from models.fitting.logistic import PENALTIES
from models.matrices import Matrix
from models.resampling import Floats
from tests.unit.models.measuring.test_calibration import drawn

NAN = float("nan")


def matrix(values: Floats, outcomes: Floats) -> Matrix:
    """Return a matrix of one date, each row another person."""
    rows = len(values)
    names = tuple(f"i{number}" for number in range(values.shape[1]))
    days = np.full(rows, "2020-01-01", dtype="datetime64[D]")
    return Matrix(names, values, outcomes, days, np.arange(rows), np.arange(rows), np.ones(rows, dtype=np.bool_))


@pytest.mark.parametrize(
    ("highest_first", "order"), [(True, ["five", "two", "none"]), (False, ["two", "five", "none"])]
)
def test_no_number_comes_last_either_way(highest_first: bool, order: list[str]) -> None:
    names = np.array(["two", "none", "five"])
    rule = SimpleRule(indicator="i0", highest_first=highest_first)
    scores = rule_scores(matrix(np.array([[2.0], [NAN], [5.0]]), np.zeros(3)), rule)
    assert names[np.argsort(-scores)].tolist() == order


def test_who_is_level_is_ordered_by_the_next_step() -> None:
    values = np.array(list(itertools.product([1.0, 2.0, NAN], [10.0, 20.0, NAN], [0.0, 1.0])))
    step = RuleStep(indicator="i1", highest_first=False)
    scores = rule_scores(matrix(values, np.zeros(len(values))), SimpleRule(indicator="i0", then_by=(step,)))

    def key(row: Floats) -> tuple[float, float]:
        return (-np.inf if np.isnan(row[0]) else row[0], -np.inf if np.isnan(row[1]) else -row[1])

    for one, other in itertools.product(range(len(values)), repeat=2):
        before, after = key(values[one]), key(values[other])
        assert (scores[one] > scores[other]) == (before > after)
        assert (scores[one] == scores[other]) == (before == after)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ([[1, 2, 1, 2], [1, 2, 3, 4]], SimpleRule(indicator="i1")),
        ([[4, 3, 2, 1], [1, 1, 2, 1]], SimpleRule(indicator="i0", highest_first=False)),
        ([[0, 0, 1, 1], [1, 1, 0, 0]], SimpleRule(indicator="i0")),  # level: the first, highest first
        ([[0, 0, NAN, 0], [0, 0, 1, 0]], SimpleRule(indicator="i1")),  # no number comes last
    ],
)
def test_the_best_rule_orders_best(columns: list[list[float]], expected: SimpleRule) -> None:
    assert best_rule(matrix(np.array(columns, dtype=float).T, np.array([0.0, 0.0, 1.0, 1.0]))) == expected


def test_it_learns_from_numbers_and_from_their_absence() -> None:
    margins, outcomes = drawn(2000)
    absent = outcomes + np.random.default_rng(0).random(2000) > 1.2
    values = np.column_stack([margins, np.where(absent, np.nan, 1.0), np.full(2000, np.nan), np.ones(2000)])
    whole = matrix(values, outcomes)
    one, again = (logistic.fit(whole, whole, [0] * 4).form.margins(values) for _ in range(2))
    np.testing.assert_array_equal(one, again)
    assert np.isfinite(one).all(), "a column without any number, and one that never changes, do no harm"
    assert one[absent].mean() > one[~absent].mean() + 0.5
    assert np.corrcoef(one[~absent], margins[~absent])[0, 1] > 0.9


@pytest.mark.parametrize("rare", [np.full(2000, 0.1), np.r_[np.full(3, 0.001), np.zeros(1997)]])
def test_a_column_that_hardly_ever_differs_says_nothing_later(rare: Floats) -> None:
    """Rounding, or three rows of a source that had hardly begun, must not move those who come later."""
    margins, outcomes = drawn(2000)
    rare = rare.copy()
    rare[::7] += 1e-17
    whole = matrix(np.column_stack([margins, rare]), outcomes)
    form = logistic.fit(whole, whole, [0, 0]).form
    later = np.column_stack([margins, np.full(2000, 0.3)])
    np.testing.assert_allclose(form.margins(later), form.margins(whole.values), rtol=0, atol=1e-6)


def test_beyond_what_was_learned_from_nothing_is_added() -> None:
    margins, outcomes = drawn(2000)
    whole = matrix(np.column_stack([margins]), outcomes)
    form = logistic.fit(whole, whole, [0]).form
    far = np.array([[margins.max()], [1e9]])
    assert form.margins(far)[0] == form.margins(far)[1]


def test_the_penalty_is_the_one_that_orders_choose_best() -> None:
    draw = np.random.default_rng(4)
    values = np.column_stack([draw.poisson(2.0, 900).astype(float), draw.normal(size=(900, 40))])
    outcomes = (draw.random(900) < 1 / (1 + np.exp(2.5 - np.log1p(values[:, 0])))).astype(float)
    train, choose = matrix(values[:300], outcomes[:300]), matrix(values[300:], outcomes[300:])
    found = logistic.fit(train, choose, [0] * 41)
    assert set(found.tried) == set(PENALTIES)
    assert found.tried[found.penalty][0] == pytest.approx(max(one for one, _ in found.tried.values()), abs=1e-6)
    assert found.penalty < 1.0, "40 columns of noise and 300 rows ask for a strong penalty"
    assert found.as_json()["penalty"] == found.penalty
