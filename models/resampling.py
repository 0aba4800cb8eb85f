"""Percentile bootstrap intervals that resample families, not rows: brothers and sisters come and go together.

    estimates = bootstrap(statistic, matrix.families, resamples=200, seed=0)

`statistic` takes row weights of shape (resamples, rows), each a whole number of times that a row was drawn, and answers
each of its numbers as one array of shape (resamples,), NaN where a resample has none. All resamples are worked out in
few calls, so a statistic is written with numpy along the second axis. Audits use it for their own numbers.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hub.figures import wilson as wilson
from models.figures import Figure, NotComputed, Stated

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Statistic = Callable[[Floats], Mapping[str, Floats]]

LEVEL = 0.95
"""Share of resamples that an interval holds."""
METHOD = "percentile bootstrap of families"
RESAMPLES = 300
"""Resamples of every interval that training states."""
_USABLE = 0.95
# Resamples are worked out so many cells at a time that they stay in the processor's cache.
_CELLS = 1 << 18


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number on all rows, and the interval of its resamples (NaN when too few of them gave a number)."""

    value: float
    low: float
    high: float

    def stated(self, n: int, reason: str, unit: str = "") -> Stated:
        """Return it as a figure on `n` rows, or `NotComputed` with `reason` when the number itself does not exist."""
        if not np.isfinite(self.value):
            return NotComputed(n, reason)
        if not (np.isfinite(self.low) and np.isfinite(self.high)):
            return NotComputed(n, "too few families for an interval")
        return Figure(self.value, self.low, self.high, n, unit)


def codes(values: npt.ArrayLike) -> Codes:
    """Return one number a value, from 0, equal for equal values, in the order of the values."""
    return np.unique(np.asarray(values), return_inverse=True)[1].astype(np.intp)


def draws(units: int, resamples: int, seed: int) -> Iterator[Floats]:
    """Draw `units` units (families) with replacement, `resamples` times, from a generator seeded with `seed`.

    Yields:
        How often each unit was drawn, shape (some resamples, units). Together they are `resamples` long.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    at_once = max(1, min(resamples, _CELLS // max(units, 1)))
    for start in range(0, resamples, at_once):
        size = min(at_once, resamples - start)
        drawn = generator.integers(0, units, size=(size, units))
        drawn += np.arange(size)[:, None] * units
        yield np.bincount(drawn.ravel(), minlength=size * units).reshape(size, units).astype(np.float64)


def bootstrap(statistic: Statistic, units: Codes, *, resamples: int = RESAMPLES, seed: int = 0) -> dict[str, Estimate]:
    """Return each number of `statistic` on all rows, with the percentile interval over resampled units.

    Formula: the 2.5th and 97.5th percentile of the number over resamples (Efron and Tibshirani 1993, ch. 13).

    Args:
        statistic: see the module.
        units: one code a row, from 0, equal for rows that are drawn together: those of one family.
        resamples: how many.
        seed: equal seeds give equal intervals.
    """
    values = {name: float(array[0]) for name, array in statistic(np.ones((1, len(units)))).items()}
    found: dict[str, list[Floats]] = {name: [] for name in values}
    for counts in draws(int(units.max()) + 1, resamples, seed):
        for name, array in statistic(counts[:, units]).items():
            found[name].append(array)
    return {name: Estimate(value, *interval(np.concatenate(found[name]))) for name, value in values.items()}


def interval(values: Floats) -> tuple[float, float]:
    """Return the 2.5th and 97.5th percentile; NaN and NaN when fewer than 95 % of the resamples gave a number."""
    usable = values[np.isfinite(values)]
    if len(usable) < _USABLE * len(values) or len(usable) == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(usable, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
