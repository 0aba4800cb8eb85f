"""Measurements, one module a stage: `python -m tests.bench hub`. No test is timed; every speed is a ratio.

A ratio compares the stage with a floor, the barest way to do the same with the library underneath, run in turn with it
in the same process, so that a slow or busy machine slows both.

Each stage names its parts in `PARTS`, which can be asked for alone (`hub.kills`); each part yields figures, and what
fails in one is a row of its own while the others go on. With `--tiny` every part runs at a size that proves nothing but
that it runs; tests do so.
"""

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of the bench.

    Attributes:
        name: what was measured.
        value: the number; None where it was not computed, and the unit says why.
        unit: what one of it is.
        goal: the bound it should keep, such as "<= 15"; None while none is set.
        met: whether it does.
    """

    name: str
    value: float | None
    unit: str
    goal: str | None
    met: bool | None


@dataclass(frozen=True, slots=True)
class Failed:
    """A part of the bench that could not be measured.

    Attributes:
        figure: the stage and its part.
        failed: why.
    """

    figure: str
    failed: str


Part = Callable[[bool], Iterator[Measured]]
"""A part of a stage: asked whether to keep to a tiny size, it yields its figures."""


def figures(stage: str, parts: Mapping[str, Part], *, tiny: bool = False) -> Iterator[Measured | Failed]:
    """Yield the figures of every part of a stage, and of a part that fails the reason."""
    for name, part in parts.items():
        try:
            yield from part(tiny)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are still measured
            yield Failed(f"{stage}.{name}", f"{type(error).__name__}: {error}")


def measured(name: str, value: float | None, unit: str, goal: str | None = None) -> Measured:
    """Return a figure beside its goal, which begins with <= or >=; what was not computed does not meet it."""
    met = None
    if goal is not None:
        sign, bound = goal.split()
        met = value is not None and (value <= float(bound) if sign == "<=" else value >= float(bound))
    return Measured(name, None if value is None else round(value, 4), unit, goal, met)


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
