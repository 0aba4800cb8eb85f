"""Bands of an indicator, for a card of points.

Of each indicator there are up to four cuts: every value that forty rows have where it has few, else the quantiles .05,
.5, .75 and .9 of those above 0 (of all, where few are above 0), in two digits: no cut comes from one child. Each band
holds at least forty rows to learn from.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.resampling import Floats

PENALTY = 10.0
"""Of every coefficient of a band: scikit-learn's C."""
_MOST_CUTS = 4
_LEAST_ROWS = 40
_QUANTILES = (0.05, 0.5, 0.75, 0.9)

Bands = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Banded:
    """One indicator in bands; its steps are the columns of a regression.

    Attributes:
        at: which indicator.
        cuts: where bands begin, but for the first.
        whole: whether every number is whole.
        codes: the band of each row to learn from; one more than the last where there is no number.
        sign: 1, -1 or 0: each band may only raise, only lower, or is free.
        missing: whether some rows have no number.
    """

    at: int
    cuts: tuple[float, ...]
    whole: bool
    codes: Bands
    sign: int
    missing: bool

    @property
    def size(self) -> int:
        """How many columns it has."""
        return len(self.cuts) + self.missing

    def columns(self) -> Floats:
        """Return shape (rows, size): whether a number reaches each cut, and whether there is none."""
        last = len(self.cuts)
        known = self.codes <= last
        steps = [known & (self.codes >= number) for number in range(1, last + 1)]
        return np.column_stack([*steps, *([~known] if self.missing else [])]).astype(np.float64)

    def bounds(self) -> tuple[Floats, Floats]:
        """Return the least and the largest value of each coefficient."""
        free = [np.inf] * self.missing
        upper = np.array([np.inf if self.sign >= 0 else 0.0] * len(self.cuts) + free)
        lower = np.array([0.0 if self.sign > 0 else -np.inf] * len(self.cuts) + [-one for one in free])
        return lower, upper

    def gain(self, off: Floats, spread: Floats) -> float:
        """Return by how much one Newton step of these columns would lower the loss, about.

        Args:
            off: outcome less what is expected, one a row.
            spread: expected x (1 - expected), one a row.
        """
        from scipy.optimize import lsq_linear

        bands = len(self.cuts) + 2
        pulls, weights = (np.bincount(self.codes, one, bands) for one in (off, spread))
        reaches = np.zeros((self.size, bands))
        for number in range(len(self.cuts)):
            reaches[number, number + 1 : -1] = 1
        if self.missing:
            reaches[-1, -1] = 1
        gradient, curvature = reaches @ pulls, (reaches * weights) @ reaches.T
        # The intercept moves along, so that only how bands differ counts.
        with_it = reaches @ weights
        curvature -= np.outer(with_it, with_it) / weights.sum()
        root = np.linalg.cholesky(curvature + np.eye(self.size) / PENALTY)
        goal = np.linalg.solve(root, gradient)
        found = lsq_linear(root.T, goal, self.bounds(), method="bvls").x
        return float(gradient @ found - found @ curvature @ found / 2)


def banded(numbers: Floats, at: int, sign: int) -> Banded | None:
    """Return an indicator in bands, or None where all its rows would be in one."""
    known = np.isfinite(numbers)
    there = numbers[known]
    cuts: list[float] = []
    left = np.sort(there)
    for cut in _wanted(there):
        below = int(np.searchsorted(left, cut))
        since = int(np.searchsorted(left, cuts[-1])) if cuts else 0
        if below - since >= _LEAST_ROWS and len(left) - below >= _LEAST_ROWS:
            cuts.append(cut)
    missing = int((~known).sum()) >= _LEAST_ROWS
    if not cuts and not missing:
        return None
    codes = np.where(known, np.searchsorted(cuts, numbers, side="right"), len(cuts) + 1)
    return Banded(at, tuple(cuts), _whole(there), codes.astype(np.intp), sign, missing)


def _wanted(there: Floats) -> list[float]:
    values = np.unique(there)
    if len(values) <= _MOST_CUTS + 1:
        many = np.unique(there, return_counts=True)[1] >= _LEAST_ROWS
        return [float(one) for one in values[1:][many[1:]]]
    above = there[there > 0]
    if len(above) < _LEAST_ROWS:
        above = there
    cuts = {_two_digits(float(one)) for one in np.quantile(above, _QUANTILES)}
    return sorted({float(np.ceil(cut)) for cut in cuts} if _whole(there) else cuts)


def _whole(numbers: Floats) -> bool:
    return bool(np.array_equal(numbers, np.rint(numbers)))


def _two_digits(number: float) -> float:
    return float(f"{number:.2g}")
