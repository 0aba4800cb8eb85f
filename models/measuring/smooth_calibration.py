"""Calibration as a smooth curve with a band, and how far it lies from what was expected, as two numbers.

    found = measure(case, probabilities)
    found.points[3].observed.text()           # "0.081 (0.064 to 0.101, n 2,396)" where 0.075 was expected
    found.ici.value, found.ici.rarely         # 0.011; a perfectly calibrated model would be below 0.014 in 19 of 20

What is smoothed is outcome minus probability, over the log-odds of the probability, by a line that is fitted anew near
each point, with the weights of a Gaussian kernel (Fan 1992): observed(x) = expected(x) + height of that line at x.
Where the probabilities hold it has no bias, however wide the kernel; where they do not, a mean in place of the line had
so much at the ends that bands held the truth 51 times of 100. Width: standard deviation x m^(-1/5), for m rows of the
rarer outcome. Log-odds are put in 200 bins, so that every resample is a product of matrices.

ICI is the mean distance |observed - expected| over rows, E90 the distance that nine of ten rows do not exceed (Austin
and Steyerberg 2019, with a kernel in place of loess). Unit: probability, 0 to 1; 0 is perfect.

A distance is never below 0, so a resample of a perfect model lies off too, and twice: an interval of ICI leaves out the
truth, 0, always. None is stated. What stands beside it is how far a perfectly calibrated model of these families would
seem to be off: what is left of each outcome after the curve gets a sign by lot, the same for all rows of a family, so
that brothers and sisters stay alike (wild bootstrap of clusters: Cameron, Gelbach and Miller 2008).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.figures import DECIMALS, NotComputed, Stated
from models.measuring.calibration import logit
from models.measuring.family_sums import FamilySums
from models.measuring.metrics import SMALLEST_CLASS, JudgedRows
from models.resampling import RESAMPLES, Codes, Floats, bootstrap

POINTS = 25
"""How many points of the curve are told."""
SIMULATIONS = 500
"""Perfectly calibrated models that are drawn."""

_BINS = 200
# Rows further out than these shares stand in the bins at the ends.
_ENDS = (0.002, 0.998)
# A point hangs on the rows within so many widths of the kernel.
_WIDTHS = 2.0
# Keeps the line from turning where all rows near a point have one probability.
_RIDGE = 0.01
NO_INTERVAL = "a distance is never below 0: an interval of it would leave out a perfect model"
_ALL_LEVEL = "all have one probability"


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the curve: the probability that was expected, and the smooth share that was observed."""

    expected: float
    observed: Stated


@dataclass(frozen=True, slots=True)
class Distance:
    """How far the curve lies off.

    Attributes:
        value: the distance, in probability.
        n: rows.
        typical: the median of what perfectly calibrated models of these families would show.
        rarely: what 19 of 20 of them would not exceed.
    """

    value: float
    n: int
    typical: float
    rarely: float

    def text(self, decimals: int = 3) -> str:
        """Return the form for people, such as "0.012 (n 2,396; by chance up to 0.015 in 19 of 20)"."""
        return f"{self.value:.{decimals}f} (n {self.n:,}; by chance up to {self.rarely:.{decimals}f} in 19 of 20)"

    @property
    def says(self) -> str:
        """Whether chance alone explains it, in words."""
        return "further off than chance explains" if self.value > self.rarely else "no further off than chance explains"

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        value, typical, rarely = (round(one, DECIMALS) for one in (self.value, self.typical, self.rarely))
        return {
            "value": value,
            "n": self.n,
            "interval": {"not_computed": NO_INTERVAL},
            "if_perfectly_calibrated": {"median": typical, "95 %": rarely, "simulations": SIMULATIONS},
            "says": self.says,
        }


def distance_of(value: Mapping[str, Any]) -> Distance | NotComputed:
    """Return the distance whose JSON form is `value`."""
    if "not_computed" in value:
        return NotComputed(value["n"], value["not_computed"])
    perfect = value["if_perfectly_calibrated"]
    return Distance(value["value"], value["n"], perfect["median"], perfect["95 %"])


@dataclass(frozen=True, slots=True)
class SmoothCalibration:
    """The curve from the lowest probability to the highest, and how far it lies off; nothing of it without a reason."""

    points: Sequence[Point]
    ici: Distance | NotComputed
    e90: Distance | NotComputed

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        curve = [{"expected": round(one.expected, DECIMALS), "observed": one.observed.as_json()} for one in self.points]
        return {"curve": curve, "ici": self.ici.as_json(), "e90": self.e90.as_json()}


def measure(case: JudgedRows, probabilities: Floats, *, resamples: int = RESAMPLES, seed: int = 0) -> SmoothCalibration:
    """Return the curve with a pointwise 95 % band of resampled families, and its distances.

    A point near which fewer than 10 families have (or lack) the outcome is not computed.

    Args:
        case: rows with outcomes.
        probabilities: strictly between 0 and 1, one a row.
        resamples: how many resamples of families.
        seed: of the resamples and of the signs by lot.
    """
    n = len(case.outcomes)
    if reason := case.too_few() or ("" if np.ptp(probabilities) > 0 else _ALL_LEVEL):
        nothing = NotComputed(n, reason)
        return SmoothCalibration([], nothing, nothing)
    smoother = _Smoother.of(case, probabilities)
    rows = smoother.rows.all
    off = smoother.off(smoother.left, np.ones((1, int(case.families.max()) + 1)))[0]
    distances = _distances(off[None, :], rows)
    perfect = _if_perfect(case, smoother, probabilities, off, seed)
    ici, e90 = (
        Distance(float(one[0]), n, *(float(np.quantile(chance, at)) for at in (0.5, 0.95)))
        for one, chance in zip(distances, perfect, strict=True)
    )
    return SmoothCalibration(_points(case, smoother, probabilities, resamples, seed), ici, e90)


def record(case: JudgedRows, probabilities: Floats, *, seed: int) -> dict[str, Any]:
    """Return what the record keeps, under "smooth_calibration"."""
    return {"smooth_calibration": measure(case, probabilities, seed=seed).as_json()}


@dataclass(frozen=True, slots=True)
class _Smoother:
    """Rows in bins of their log-odds, and the kernel between bins.

    Attributes:
        bins: the bin of each row.
        kernel: weight of a bin for the curve at another, and the same times their distance in widths, once and squared;
            shape (3, bins, bins).
        reach: whether a bin is within reach of another.
        rows: rows of each family and bin.
        left: outcome minus probability, likewise.
    """

    bins: Codes
    kernel: Floats
    reach: np.ndarray[Any, np.dtype[np.bool_]]
    rows: FamilySums
    left: FamilySums

    @classmethod
    def of(cls, case: JudgedRows, probabilities: Floats) -> "_Smoother":
        x = logit(probabilities)
        low, high = np.quantile(x, _ENDS)
        if not low < high:  # nearly all are level
            low, high = float(x.min()), float(x.max())
        step = (high - low) / (_BINS - 1)
        x = np.clip(x, low, high)
        rarer = min(case.outcomes.sum(), len(x) - case.outcomes.sum())
        width = max(float(x.std()) * rarer ** (-1 / 5), step)
        apart = np.subtract.outer(np.arange(_BINS), np.arange(_BINS)) * step / width
        bins = np.rint((x - low) / step).astype(np.intp)
        rows, left = (
            FamilySums.of(case.families, bins, one, _BINS) for one in (np.ones(len(x)), case.outcomes - probabilities)
        )
        kernel = np.exp(-(apart**2) / 2)
        moments = np.stack([kernel, kernel * apart, kernel * apart**2])
        return cls(bins, moments, np.abs(apart) <= _WIDTHS, rows, left)

    def off(self, left: FamilySums, counts: Floats, weights: Floats | None = None) -> Floats:
        """Return observed minus expected at each bin, shape (resamples, bins).

        Args:
            left: what is left of each outcome.
            counts: how often each family counts, for `left`.
            weights: the same for rows; as `counts` when nothing is said.
        """
        rows = self.rows.drawn(counts if weights is None else weights)
        s0, s1, s2 = (rows @ one for one in self.kernel)
        t0, t1 = (left.drawn(counts) @ one for one in self.kernel[:2])
        s2 = s2 + _RIDGE * s0
        return np.asarray((s2 * t0 - s1 * t1) / np.maximum(s0 * s2 - s1 * s1, np.finfo(np.float64).tiny))


def _distances(off: Floats, rows: Floats) -> tuple[Floats, Floats]:
    """Return the mean over rows of the distance, and the distance that nine of ten rows do not exceed."""
    far = np.abs(off)
    order = np.argsort(far, axis=1)
    share = np.cumsum(rows[order], axis=1) / rows.sum()
    at = np.argmax(share >= 0.9 - 1e-12, axis=1)
    e90 = np.take_along_axis(far, np.take_along_axis(order, at[:, None], axis=1), axis=1)[:, 0]
    return far @ rows / rows.sum(), e90


def _if_perfect(
    case: JudgedRows, smoother: _Smoother, probabilities: Floats, off: Floats, seed: int
) -> tuple[Floats, Floats]:
    """Return the distances of perfectly calibrated models of the same families."""
    chance = FamilySums.of(case.families, smoother.bins, case.outcomes - probabilities - off[smoother.bins], _BINS)
    generator = np.random.Generator(np.random.PCG64(seed))
    families = int(case.families.max()) + 1
    signs = 2.0 * generator.integers(0, 2, size=(SIMULATIONS, families)).astype(np.float64) - 1.0
    return _distances(smoother.off(chance, signs, np.ones((1, families))), smoother.rows.all)


def _points(case: JudgedRows, smoother: _Smoother, probabilities: Floats, resamples: int, seed: int) -> list[Point]:
    """Return the points of the curve; those that hang on too few say so."""
    rows = smoother.rows.all
    held = np.flatnonzero(rows)
    ends = np.searchsorted(np.cumsum(rows) / rows.sum(), (0.01, 0.99))
    wanted = np.linspace(float(ends[0]), float(ends[1]), POINTS)
    at = np.unique(held[np.abs(held[None, :] - wanted[:, None]).argmin(axis=1)])
    expected = (np.bincount(smoother.bins, weights=probabilities, minlength=_BINS)[at]) / rows[at]

    def statistic(counts: Floats) -> dict[str, Floats]:
        observed = np.clip(expected + smoother.off(smoother.left, counts)[:, at], 0, 1)
        return {str(number): observed[:, number] for number in range(len(at))}

    estimates = bootstrap(statistic, np.arange(int(case.families.max()) + 1), resamples=resamples, seed=seed)
    found = []
    for number, bin_ in enumerate(at):
        near = smoother.reach[bin_][smoother.bins]
        few = _too_few(case, near)
        n = int(near.sum())
        stated = NotComputed(n, few) if few else estimates[str(number)].stated(n, "nobody is near")
        found.append(Point(float(expected[number]), stated))
    return found


def _too_few(case: JudgedRows, near: np.ndarray[Any, np.dtype[np.bool_]]) -> str:
    """Return why a point with these rows near it is not computed, or an empty string."""
    for outcome, words in ((1, "with"), (0, "without")):
        if len(np.unique(case.families[near & (case.outcomes == outcome)])) < SMALLEST_CLASS:
            return f"fewer than {SMALLEST_CLASS} families {words} the outcome are near"
    return ""
