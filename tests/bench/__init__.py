"""Measurements, one module a stage: `python -m tests.bench hub`. No test is timed; every speed is a ratio.

A ratio compares the stage with a floor, the barest way to do the same with the library underneath, run in turn with it
in the same process, so that a slow or busy machine slows both.
"""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of the bench.

    Attributes:
        name: what was measured.
        value: the number.
        unit: what one of it is.
        goal: the bound it should keep, such as "<= 15"; None while none is set.
        met: whether it does.
    """

    name: str
    value: float
    unit: str
    goal: str | None
    met: bool | None


def measured(name: str, value: float, unit: str, goal: str | None = None) -> Measured:
    """Return a figure beside its goal, which begins with <= or >=."""
    met = None
    if goal is not None:
        sign, bound = goal.split()
        met = value <= float(bound) if sign == "<=" else value >= float(bound)
    return Measured(name, round(value, 4), unit, goal, met)


def ratio(name: str, work: Callable[[], object], floor: Callable[[], object], goal: str, runs: int = 3) -> Measured:
    """Run `work` and `floor` in turn and return the median of the ratios of their processor times.

    One run of each goes before and is not counted.
    """
    _seconds(work), _seconds(floor)
    ratios = [_seconds(work) / max(_seconds(floor), 1e-9) for _ in range(runs)]
    return measured(name, median(ratios), "x the floor", goal)


def _seconds(action: Callable[[], object]) -> float:
    gc.collect()
    started = time.process_time()
    action()
    return time.process_time() - started
