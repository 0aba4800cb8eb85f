"""From the model's margin to a probability that means what it says.

    calibration.probabilities(margins)

probability = 1 / (1 + exp(-(slope x bend(margin) + intercept))) with slope above 0. Platt scaling has no bend: its two
numbers can be read, and need few people. A bend is a line through points that rises everywhere, made by isotonic
regression or by Venn-Abers predictors; which of the three it is, `models.fitting.calibrating` chooses. All of them keep
the order of people: two margins become level at most where they differ in their last digits alone (1e-9 apart they
stay apart), and none is ever turned round. What they cannot mend shows in the table of expected against observed
shares, which is reported on the test dates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
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


class CalibrationMethod(StrEnum):
    """How probabilities are made from margins, the simplest first."""

    PLATT = "platt"
    ISOTONIC = "isotonic"
    VENN_ABERS = "venn_abers"


_FORMULAS = {
    CalibrationMethod.PLATT: "1 / (1 + exp(-(slope * margin + intercept)))",
    CalibrationMethod.ISOTONIC: "1 / (1 + exp(-(slope * bend(margin) + intercept))), bend: the line through `points`",
    CalibrationMethod.VENN_ABERS: "1 / (1 + exp(-(slope * bend(margin) + intercept))), bend: the line through `points`",
}


@dataclass(frozen=True, slots=True)
class Bend:
    """A line through points, from margin to log-odds; beyond its ends it rises by `SMALLEST_SLOPE`.

    Attributes:
        method: what made it.
        margins: of each point, rising.
        log_odds: likewise.
    """

    method: CalibrationMethod
    margins: tuple[float, ...]
    log_odds: tuple[float, ...]

    def at(self, margins: Floats) -> Floats:
        """Return log-odds, same shape as `margins`; a larger margin never has smaller ones."""
        points, log_odds = np.array(self.margins), np.array(self.log_odds)
        inside = np.clip(margins, points[0], points[-1])
        last = np.clip(np.searchsorted(points, inside, side="right"), 1, max(1, len(points) - 1))
        first = np.minimum(last - 1, len(points) - 1)
        last = np.minimum(last, len(points) - 1)
        rise = np.divide(
            log_odds[last] - log_odds[first],
            points[last] - points[first],
            where=last > first,
            out=np.zeros(inside.shape),
        )
        # No number between two points lies above the later one, also in its last bit: numpy's interp can give one.
        between = np.minimum(log_odds[first] + rise * (inside - points[first]), log_odds[last])
        return np.asarray(between + SMALLEST_SLOPE * (margins - inside), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Calibration:
    """From margin to probability.

    Attributes:
        slope: above 0, so that the order of people never changes.
        intercept: added after scaling.
        floored: the fitted slope was below the smallest one: the margin said nothing on `choose`.
        bend: what is done to the margin first; None in Platt scaling.
    """

    slope: float
    intercept: float
    floored: bool = False
    bend: Bend | None = None

    @property
    def method(self) -> CalibrationMethod:
        """How it was made."""
        return CalibrationMethod.PLATT if self.bend is None else self.bend.method

    def probabilities(self, margins: Floats) -> Floats:
        """Return probabilities, same shape as `margins`, strictly between 0 and 1 and rising with the margin."""
        return sigmoid(self.log_odds(margins))

    def log_odds(self, margins: Floats) -> Floats:
        """Return log-odds after calibration, same shape as `margins`."""
        bent = margins if self.bend is None else self.bend.at(margins)
        return np.asarray(self.slope * bent + self.intercept, dtype=np.float64)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form: everything needed to repeat it with a pocket calculator."""
        points = {} if self.bend is None else {"points": [*zip(self.bend.margins, self.bend.log_odds, strict=True)]}
        return {
            "method": self.method.value,
            "formula": _FORMULAS[self.method],
            "slope": self.slope,
            "intercept": self.intercept,
            "floored": self.floored,
            **points,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Calibration":
        """Return the calibration whose JSON form is `value`.

        Raises:
            IntegrityError: it is of another method, or it would change the order of people.
        """
        try:
            method, slope = CalibrationMethod(value["method"]), float(value["slope"])
            intercept, floored = float(value["intercept"]), bool(value["floored"])
            bend = None if method is CalibrationMethod.PLATT else _bend(method, value["points"])
        except (ValueError, LookupError, TypeError):
            raise IntegrityError("The calibration of this bundle is none that can be read.") from None
        if not (slope > 0 and np.isfinite(slope) and np.isfinite(intercept)):
            raise IntegrityError("The calibration of this bundle would turn the order of people round.")
        return cls(slope, intercept, floored, bend)


def _bend(method: CalibrationMethod, points: Any) -> Bend:
    """Return the bend through some points.

    Raises:
        ValueError: there are none, or they do not rise.
    """
    margins, log_odds = (tuple(float(point[at]) for point in points) for at in (0, 1))
    if not margins or not all((np.diff(one) > 0).all() and np.isfinite(one).all() for one in (margins, log_odds)):
        raise ValueError("the points of a bend must rise")
    return Bend(method, margins, log_odds)


def sigmoid(logits: Floats) -> Floats:
    """Return 1 / (1 + exp(-x)), strictly between 0 and 1.

    x is kept within -700 and 36: beyond, no number of this kind lies between a probability and 0 or 1. Within, a larger
    x never gives a smaller probability; above 33 two that are close may give the same one, since numbers near 1 are
    few. Figures about the order of people are therefore taken from margins.
    """
    # One formula for both sides: each of its steps rises with x, also in the last bit.
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, _SMALLEST_LOGIT, _LARGEST_LOGIT))), dtype=np.float64)


def logit(probabilities: Floats) -> Floats:
    """Return log(p / (1 - p))."""
    return np.asarray(np.log(probabilities) - np.log1p(-probabilities), dtype=np.float64)


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
