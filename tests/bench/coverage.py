"""Whether intervals hold the truth as often as they say: simulated families of one to four children.

Children of a family have scores that are alike and, beyond what the score says, fates that are alike: the intra-family
correlation of the latent outcome is 0, 0.3 or 0.7. The truth of each figure is that of two million such children.
"""

from collections.abc import Iterator, Mapping
from functools import cache

import numpy as np

from models.measuring.metrics import JudgedRows, ModelAnswers, measure
from models.resampling import Floats
from tests.bench import Measured, measured

CORRELATIONS = (0.0, 0.3, 0.7)
METRICS = ("auc", "precision_at_capacity", "recall_at_capacity", "brier", "calibration_slope")
_FAMILIES, _DATES, _OFFERED = 500, 2, 0.1
_TIMES = 600
_POPULATION, _FEW = 800_000, 4000
"""Families whose children are the truth, and so many at a size that proves nothing."""


def _drawn(families: int, correlation: float, draw: np.random.Generator) -> tuple[JudgedRows, ModelAnswers]:
    """Draw families, their children's outcomes, and a model's answers that are somewhat too sure of themselves."""
    sizes = draw.integers(1, 5, families)
    whose = np.repeat(np.arange(families), sizes)
    rows = len(whose)

    def alike(share: float) -> Floats:
        own, shared = draw.normal(size=rows), draw.normal(size=families)[whose]
        return np.asarray(np.sqrt(share) * shared + np.sqrt(1 - share) * own)

    score = alike(0.5)
    # As many places whoever is drawn, as in the world: one for ten of the children who are to be expected.
    places = int(families * 2.5 * _OFFERED / _DATES)
    latent = -1.3 + 0.9 * score + alike(correlation)
    margins = 1.7 * (-1.0 + 0.85 * score)
    case = JudgedRows((latent > 0).astype(np.float64), np.arange(rows), whose, np.arange(rows) % _DATES, places)
    return case, ModelAnswers(margins, 1 / (1 + np.exp(-margins)))


@cache
def _truth(correlation: float, families: int) -> Mapping[str, float]:
    case, judged = _drawn(families, correlation, np.random.default_rng(11))
    found = measure(case, {"model": judged}, against={}, resamples=2).figures["model"]
    return {name: getattr(found[name], "value", np.nan) for name in METRICS}


def coverage(correlation: float, times: int, seed: int = 1, population: int = _POPULATION) -> dict[str, float]:
    """Return for each metric the share of intervals that hold the truth."""
    draw = np.random.default_rng(seed)
    truth, held = _truth(correlation, population), dict.fromkeys(METRICS, 0)
    for number in range(times):
        case, judged = _drawn(_FAMILIES, correlation, draw)
        found = measure(case, {"model": judged}, against={}, seed=number).figures["model"]
        for name in METRICS:
            one = found[name]
            held[name] += getattr(one, "low", np.inf) <= truth[name] <= getattr(one, "high", -np.inf)
    return {name: count / times for name, count in held.items()}


def figures(tiny: bool) -> Iterator[Measured]:
    """Yield the least and the largest share of intervals that hold the truth, over metrics and correlations."""
    times, population = (3, _FEW) if tiny else (_TIMES, _POPULATION)
    found = {one: coverage(one, times, population=population) for one in CORRELATIONS}
    by = {(name, one): share for one, shares in found.items() for name, share in shares.items()}
    said = "; ".join(f"{name} at {one}: {share:.3f}" for (name, one), share in by.items())
    yield measured("coverage_min", min(by.values()), f"of {times} intervals of 95 %: {said}", ">= 0.93")
    yield measured("coverage_max", max(by.values()), f"of {times} intervals of 95 %", "<= 0.97")
