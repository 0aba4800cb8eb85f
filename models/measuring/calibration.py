"""From the model's margin to a probability that means what it says.

Platt scaling on the `choose` part: probability = 1 / (1 + exp(-(slope x margin + intercept))) with slope above 0.

Why not isotonic regression: it makes steps, so people whom the model tells apart become level and the order within a
capacity is lost; it needs many people with the outcome; and it cannot be read. Platt's two numbers can be read, keep
the order strictly, and need few people. What they cannot mend shows in the table of expected against observed shares,
which is reported on the test dates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hub.errors import IntegrityError
from models.resampling import Floats

SMALLEST_SLOPE = 0.01
"""Slope when the margin orders people on `choose` no better than chance: all get nearly the same probability."""
_SMALLEST_LOGIT, _LARGEST_LOGIT = -700.0, 36.0
_ROUNDS = 50
_ENOUGH = 1e-10
_NEARLY = 1e-3
# The last bits of a sum depend on how many threads added it; ten decimals do not.
_DECIMALS = 10


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt scaling.

    Attributes:
        slope: above 0, so that the order of people never changes.
        intercept: added after scaling.
        floored: the fitted slope was below the smallest one: the margin said nothing on `choose`.
    """

    slope: float
    intercept: float
    floored: bool = False

    def probabilities(self, margins: Floats) -> Floats:
        """Return probabilities, same shape as `margins`, strictly between 0 and 1 and rising with the margin."""
        return sigmoid(self.slope * margins + self.intercept)

    def log_odds(self, margins: Floats) -> Floats:
        """Return log-odds after calibration, same shape as `margins`."""
        return np.asarray(self.slope * margins + self.intercept, dtype=np.float64)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form: everything needed to repeat it with a pocket calculator."""
        return {
            "method": "platt",
            "formula": "1 / (1 + exp(-(slope * margin + intercept)))",
            "slope": self.slope,
            "intercept": self.intercept,
            "floored": self.floored,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Calibration":
        """Return the calibration whose JSON form is `value`.

        Raises:
            IntegrityError: it is of another method, or its slope would turn the order round.
        """
        if value.get("method") != "platt" or not float(value["slope"]) > 0:
            raise IntegrityError("The calibration of this bundle is not Platt scaling with a slope above 0.")
        return cls(float(value["slope"]), float(value["intercept"]), bool(value["floored"]))


def sigmoid(logits: Floats) -> Floats:
    """Return 1 / (1 + exp(-x)), strictly between 0 and 1.

    x is kept within -700 and 36: beyond, no number of this kind lies between a probability and 0 or 1. Within, a larger
    x never gives a smaller probability; above 33 two that are close may give the same one, since numbers near 1 are
    few. Figures about the order of people are therefore taken from margins.
    """
    x = np.clip(logits, _SMALLEST_LOGIT, _LARGEST_LOGIT)
    small = np.exp(np.minimum(x, 0.0))
    return np.asarray(np.where(x < 0, small / (1.0 + small), 1.0 / (1.0 + np.exp(-np.abs(x)))), dtype=np.float64)


def logit(probabilities: Floats) -> Floats:
    """Return log(p / (1 - p))."""
    return np.asarray(np.log(probabilities) - np.log1p(-probabilities), dtype=np.float64)


def fit(margins: Floats, outcomes: Floats) -> Calibration:
    """Fit Platt scaling by maximum likelihood.

    Targets are (P+1)/(P+2) and 1/(N+2) in place of 1 and 0, with P and N the people with and without the outcome:
    Platt 1999, so that a perfect separation does not give certainties.

    Args:
        margins: raw scores (log-odds) of the `choose` rows.
        outcomes: 0 or 1, same shape; both occur.
    """
    positives = float(outcomes.sum())
    negatives = len(outcomes) - positives
    targets = np.where(outcomes > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    ones = np.ones((1, len(margins)))
    slope, intercept = (float(one[0]) for one in line(margins, targets, ones))
    if slope >= SMALLEST_SLOPE:
        return Calibration(round(slope, _DECIMALS), round(intercept, _DECIMALS))
    offset = shift(SMALLEST_SLOPE * margins, targets, ones)
    return Calibration(SMALLEST_SLOPE, round(float(offset[0]), _DECIMALS), floored=True)


def line(
    x: Floats, targets: Floats, weights: Floats, start: tuple[float, float] | None = None, enough: float = _ENOUGH
) -> tuple[Floats, Floats]:
    """Return slope and intercept of the weighted logistic regression of `targets` on `x`, by Newton's method.

    Args:
        x: shape (rows,).
        targets: shape (rows,), 0 to 1.
        weights: shape (resamples, rows).
        start: slope and intercept to begin with, such as those of all rows.
        enough: it stops after a step smaller than this, which leaves an error of about its square.

    Returns:
        Each of shape (resamples,); NaN where it does not converge (such as a perfect separation).
    """
    centre = float(x.mean())
    scale = float(x.std()) or 1.0
    x, positives, weights = _by_value(x, targets, weights)
    z = (x - centre) / scale
    slope = np.full(len(weights), 0.0 if start is None else start[0] * scale)
    level = np.full(len(weights), 0.0 if start is None else start[1] + start[0] * centre)
    step = np.full(len(weights), np.inf)
    with np.errstate(all="ignore"):
        for _ in range(_ROUNDS):
            mean = 1 / (1 + np.exp(-level[:, None] - slope[:, None] * z))
            error = positives - weights * mean
            curvature = weights * (mean * (1 - mean))
            h00, h01, h11 = curvature.sum(axis=1), curvature @ z, curvature @ (z * z)
            g0, g1 = error.sum(axis=1), error @ z
            determinant = h00 * h11 - h01 * h01
            change_slope = (h00 * g1 - h01 * g0) / determinant
            change_level = (h11 * g0 - h01 * g1) / determinant
            step = np.maximum(np.abs(change_slope), np.abs(change_level))
            halved = np.minimum(1.0, 4.0 / step)
            slope, level = slope + halved * change_slope, level + halved * change_level
            if np.all((step < enough) | ~np.isfinite(step)):
                break
    settled = (step < _NEARLY) & np.isfinite(slope) & np.isfinite(level)
    slope = np.where(settled, slope / scale, np.nan)
    return slope, np.where(settled, level - slope * centre, np.nan)


def shift(offsets: Floats, targets: Floats, weights: Floats, start: float = 0.0, enough: float = _ENOUGH) -> Floats:
    """Return the intercept of the weighted logistic regression with `offsets` as they are (slope 1).

    Args:
        offsets: log-odds, shape (rows,).
        targets: shape (rows,), 0 to 1.
        weights: shape (resamples, rows).
        start: intercept to begin with.
        enough: as for `line`.

    Returns:
        Shape (resamples,); NaN where it does not converge (nobody, or everybody, has the outcome).
    """
    offsets, positives, weights = _by_value(offsets, targets, weights)
    level = np.full(len(weights), start)
    step = np.full(len(weights), np.inf)
    with np.errstate(all="ignore"):
        for _ in range(_ROUNDS):
            mean = 1 / (1 + np.exp(-level[:, None] - offsets))
            change = (positives - weights * mean).sum(axis=1) / (weights * (mean * (1 - mean))).sum(axis=1)
            step = np.abs(change)
            level = level + np.clip(change, -4.0, 4.0)
            if np.all((step < enough) | ~np.isfinite(step)):
                break
    return np.where((step < _NEARLY) & np.isfinite(level), level, np.nan)


def _by_value(x: Floats, targets: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the values of x, and for each the weight of those with the outcome and of all, shape (resamples, values).

    Many rows share a value where a model has few (a card of points, children of whom nothing is known): they are added
    up once, and not in every round.
    """
    order = np.argsort(x, kind="stable")
    ordered = x[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    if 2 * len(starts) > len(x):
        return x, weights * targets, weights
    whole = np.add.reduceat(weights[:, order], starts, axis=1)
    return ordered[starts], np.add.reduceat((weights * targets)[:, order], starts, axis=1), whole
