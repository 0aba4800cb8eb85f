"""The penalised logistic regression, against scikit-learn's where nothing is held and against a plain search else."""

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from models.additive import newton
from models.resampling import Floats

FREE = np.full(6, np.inf)


def drawn(seed: int, rows: int = 400) -> tuple[Floats, Floats]:
    """Return columns, two of them nearly alike, and outcomes."""
    chance = np.random.default_rng(seed)
    columns = chance.normal(size=(rows, 6))
    columns[:, 5] = columns[:, 4] + 0.05 * chance.normal(size=rows)
    logit = columns @ np.array([1.0, -0.7, 0.3, 0.0, 0.5, 0.0]) - 1.5
    return columns, (chance.random(rows) < 1 / (1 + np.exp(-logit))).astype(float)


@pytest.mark.parametrize("c", [0.001, 0.1, 3.0])
def test_it_is_scikit_learns_where_nothing_is_held(c: float) -> None:
    columns, outcomes = drawn(1)
    found = newton.solve(columns, outcomes, c=c, lower=-FREE, upper=FREE)
    theirs = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-12, max_iter=500).fit(columns, outcomes)
    assert found.converged
    np.testing.assert_allclose(found.weights, theirs.coef_[0], rtol=0, atol=1e-7)
    assert found.intercept == pytest.approx(float(theirs.intercept_[0]), abs=1e-7)


@pytest.mark.parametrize("seed", range(6))
def test_bounds_are_kept_and_nothing_within_them_is_better(seed: int) -> None:
    columns, outcomes = drawn(seed)
    signs = np.random.default_rng(seed).integers(-1, 2, 6)
    lower, upper = np.where(signs > 0, 0.0, -np.inf), np.where(signs < 0, 0.0, np.inf)
    found = newton.solve(columns, outcomes, c=0.5, lower=lower, upper=upper)
    assert found.converged
    assert np.all((found.weights >= lower) & (found.weights <= upper))

    def loss(at: Floats) -> float:
        margins = at[0] + columns @ at[1:]
        return float(np.logaddexp(0, np.where(outcomes > 0, -margins, margins)).sum() + at[1:] @ at[1:])

    searched = minimize(loss, np.zeros(7), method="L-BFGS-B", bounds=[(None, None), *zip(lower, upper, strict=True)])
    assert loss(np.r_[found.intercept, found.weights]) <= searched.fun + 1e-9


def test_it_begins_anywhere_and_ends_at_the_same_place() -> None:
    columns, outcomes = drawn(2)
    first = newton.solve(columns, outcomes, c=3.0, lower=np.zeros(6), upper=FREE)
    start = newton.Solved(4.0, np.array([-9.0, 3.0, 0.0, 7.0, -2.0, 1.0]), converged=True)
    again = newton.solve(columns, outcomes, c=3.0, lower=np.zeros(6), upper=FREE, start=start)
    np.testing.assert_allclose(again.weights, first.weights, rtol=0, atol=1e-8)


def test_a_perfect_separation_ends_with_finite_numbers() -> None:
    columns = np.r_[np.zeros(30), np.ones(30)][:, None]
    outcomes = columns[:, 0]
    found = newton.solve(columns, outcomes, c=1e6, lower=np.array([0.0]), upper=np.array([np.inf]))
    assert np.isfinite([found.intercept, *found.weights]).all()
    assert found.weights[0] > 10
