"""A logistic regression with a penalty, whose coefficients may be held above or below 0, solved to the last digits.

Minimised is  sum of log(1 + exp(-s z)) + |w|² / (2 C),  z = intercept + X w, s = ±1; the intercept has no penalty, and
C is scikit-learn's. Newton's method: each step minimises the quadratic approximation within the bounds, exactly (the
bounded-variable least squares of Stark and Parker 1995), and is halved until the sum falls.
"""

from dataclasses import dataclass

import numpy as np

from models.resampling import Floats

_ROUNDS = 60
_ENOUGH = 1e-9
_HALVINGS = 30


@dataclass(frozen=True, slots=True)
class Solved:
    """Intercept and coefficients, and whether the steps became as small as they should."""

    intercept: float
    weights: Floats
    converged: bool


def solve(
    columns: Floats,
    outcomes: Floats,
    *,
    c: float,
    lower: Floats,
    upper: Floats,
    start: Solved | None = None,
) -> Solved:
    """Fit.

    Args:
        columns: shape (rows, terms), finite, of comparable scales.
        outcomes: 0 or 1, one a row; both occur.
        c: scikit-learn's C; the smaller, the stronger the penalty.
        lower: least value of each coefficient; -inf where it is free.
        upper: largest value; each is at least `lower`.
        start: a solution to begin from, such as that of a neighbouring penalty.
    """
    share = float(outcomes.mean())
    intercept = float(np.log(share / (1 - share))) if start is None else start.intercept
    weights = np.clip(np.zeros(columns.shape[1]) if start is None else start.weights, lower, upper)
    low, high = np.r_[-np.inf, lower], np.r_[np.inf, upper]
    at = np.r_[intercept, weights]
    value = _loss(columns, outcomes, at, c)
    for _ in range(_ROUNDS):
        gradient, curvature = _derivatives(columns, outcomes, at, c)
        step = _step(gradient, curvature, low - at, high - at)
        for _ in range(_HALVINGS):
            trial = np.clip(at + step, low, high)
            found = _loss(columns, outcomes, trial, c)
            if found <= value:
                break
            step = step / 2
        else:
            return Solved(float(at[0]), at[1:], converged=bool(np.abs(step).max() <= _ENOUGH))
        moved = float(np.abs(trial - at).max())
        at, value = trial, found
        if moved <= _ENOUGH * max(1.0, float(np.abs(at).max())):
            return Solved(float(at[0]), at[1:], converged=True)
    return Solved(float(at[0]), at[1:], converged=False)


def _margins(columns: Floats, at: Floats) -> Floats:
    return np.asarray(at[0] + columns @ at[1:], dtype=np.float64)


def _loss(columns: Floats, outcomes: Floats, at: Floats, c: float) -> float:
    margins = _margins(columns, at)
    surprise = np.logaddexp(0.0, np.where(outcomes > 0, -margins, margins))
    return float(surprise.sum() + at[1:] @ at[1:] / (2 * c))


def _derivatives(columns: Floats, outcomes: Floats, at: Floats, c: float) -> tuple[Floats, Floats]:
    """Return gradient and Hessian, the intercept first."""
    expected = 1 / (1 + np.exp(-np.clip(_margins(columns, at), -500, 500)))
    off, spread = expected - outcomes, expected * (1 - expected)
    gradient = np.r_[off.sum(), columns.T @ off + at[1:] / c]
    root = columns * np.sqrt(spread)[:, None]
    size = len(at)
    curvature = np.empty((size, size))
    curvature[0, 0] = spread.sum() + 1e-12
    curvature[0, 1:] = curvature[1:, 0] = spread @ columns
    curvature[1:, 1:] = root.T @ root + np.eye(size - 1) / c
    return gradient, curvature


def _step(gradient: Floats, curvature: Floats, low: Floats, high: Floats) -> Floats:
    """Return the step that minimises the quadratic approximation within the bounds."""
    from scipy.linalg import solve_triangular
    from scipy.optimize import lsq_linear

    root = np.linalg.cholesky(curvature)
    goal = -solve_triangular(root, gradient, lower=True)
    free = solve_triangular(root.T, goal, lower=False)
    if np.all((free >= low) & (free <= high)):
        return np.asarray(free, dtype=np.float64)
    held = low == high
    found = np.where(held, low, 0.0)
    rest = ~held
    within = lsq_linear(
        root.T[:, rest], goal - root.T[:, held] @ found[held], (low[rest], high[rest]), method="bvls", tol=1e-14
    )
    found[rest] = within.x
    return np.asarray(found, dtype=np.float64)
