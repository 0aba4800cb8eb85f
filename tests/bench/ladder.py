"""Whether the ladder of updates ends where it should: families of one to four children, each looked at on two dates.

What the old model says is planted to be right, wrong in level, in level and spread, or in what one indicator adds.
Fates of a family are alike beyond that: the intra-family correlation of the latent outcome is 0, 0.3 or 0.7, and that
of one child on two dates is 0.2 above it. Who has a latent uniform number below the true probability has the outcome,
so that the planted probability is exactly right for every row, however alike fates are.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from hub.figures import Figure
from models.measuring.calibration import sigmoid
from models.measuring.closed_test import LadderStep, closed_test
from models.resampling import Codes, Floats, wilson
from tests.bench import Measured, measured
from tests.bench.coverage import CORRELATIONS

_INDICATORS, _DATES, _CHILD = 8, 2, 0.2
_FAMILIES, _FEWER = 1500, 400
_RUNS, _TRUE = 200, 2000

PLANTED: Mapping[LadderStep, Callable[[Floats, Floats], Floats]] = {
    LadderStep.NOTHING: lambda log_odds, _: log_odds,
    LadderStep.INTERCEPT: lambda log_odds, _: log_odds - 0.6,
    LadderStep.SLOPE: lambda log_odds, _: 0.55 * log_odds - 1.0,
    LadderStep.REFIT: lambda log_odds, contributions: log_odds - 1.3 * contributions[:, 0],
}
"""From the old log-odds and contributions to the true log-odds, by the step that mends the old ones."""


def drawn(
    step: LadderStep, families: int, correlation: float, draw: np.random.Generator
) -> tuple[Floats, Floats, Codes, Floats]:
    """Return log-odds of the old model, outcomes, families and contributions of such a world."""
    from scipy.special import ndtr

    child = np.repeat(np.arange(families), draw.integers(1, 5, families))
    whose = np.repeat(child, _DATES)
    which = np.repeat(np.arange(len(child)), _DATES)

    def alike(of_family: float, of_child: float) -> Floats:
        shared = np.sqrt(of_family) * draw.normal(size=families)[whose]
        own = np.sqrt(1 - of_family - of_child) * draw.normal(size=len(whose))
        return np.asarray(shared + np.sqrt(of_child) * draw.normal(size=len(child))[which] + own)

    sizes = 0.35 * np.sqrt(np.linspace(2, 1, _INDICATORS))
    contributions = np.column_stack([size * alike(0.4, 0.4) for size in sizes])
    log_odds = -2.2 + contributions.sum(axis=1)
    fate = ndtr(alike(correlation, _CHILD))
    outcomes = (fate < sigmoid(PLANTED[step](log_odds, contributions))).astype(np.float64)
    return log_odds, outcomes, whose, contributions


def too_far(families: int, correlation: float, times: int, *, strangers: bool = False, seed: int = 1) -> Figure:
    """Return the share of worlds in which the old model is right and the ladder changes it, with Wilson's interval."""
    draw, wrong = np.random.default_rng(seed), 0
    for _ in range(times):
        log_odds, outcomes, whose, contributions = drawn(LadderStep.NOTHING, families, correlation, draw)
        units = np.arange(len(whose)) if strangers else whose
        wrong += closed_test(log_odds, outcomes, units, contributions).step is not LadderStep.NOTHING
    return Figure(wrong / times, *wilson(wrong, times), n=times)


def right(times: int, seed: int = 1) -> tuple[Figure, dict[str, str]]:
    """Return the share of worlds in which the ladder ends as planted, and how often it did by step."""
    draw, held = np.random.default_rng(seed), dict.fromkeys(PLANTED, 0)
    for number in range(times):
        step = tuple(PLANTED)[number % len(PLANTED)]
        correlation = CORRELATIONS[number // len(PLANTED) % len(CORRELATIONS)]
        log_odds, outcomes, whose, contributions = drawn(step, _FAMILIES, correlation, draw)
        held[step] += closed_test(log_odds, outcomes, whose, contributions).step is step
    each = {step.value: f"{count} of {-(-times // len(PLANTED))}" for step, count in held.items()}
    total = sum(held.values())
    return Figure(total / times, *wilson(total, times), n=times), each


def figures(tiny: bool) -> Iterator[Measured]:
    """Yield how often the ladder ends as planted, and how often it goes too far where nothing need change."""
    share, each = right(4 if tiny else _RUNS)
    said = ", ".join(f"{step} {count}" for step, count in each.items())
    yield measured("ladder_right", share, f"share of {share.n} worlds ({said}; {share.text()})", ">= 0.95")
    times = 4 if tiny else _TRUE
    by = {one: too_far(_FEWER, one, times) for one in CORRELATIONS}
    said = "; ".join(f"at {one}: {figure.text()}" for one, figure in by.items())
    most = max(figure.value for figure in by.values())
    yield measured("ladder_too_far", most, f"largest share of {times} true models ({said})", "<= 0.06")
    strangers = too_far(_FEWER, CORRELATIONS[-1], times, strangers=True)
    said = f"the same with rows taken as strangers, at {CORRELATIONS[-1]} ({strangers.text()})"
    yield measured("ladder_too_far_strangers", strangers, said)
