"""Measurements, one module a stage: `python -m tests.bench hub`. No test is timed; every speed is a ratio.

A ratio compares the stage with a floor, the barest way to do the same with the library underneath, run in turn with it
in the same process, so that a slow or busy machine slows both.

Each stage names its parts in `PARTS`, which can be asked for alone (`hub.kills`); each part yields figures, and what
fails in one is a row of its own with the reason, while the others go on. With `--tiny` every part runs at a size that
proves nothing but that it runs; tests do so.
"""

import contextlib
import gc
import importlib
import io
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from hub.figures import Figure, NotComputed

ROOT = Path(__file__).parents[2]
"""Where this checkout is."""
SMALL = 50_000
"""Up to so many rows a step needs no process of its own: what it takes proves nothing."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of the bench.

    Attributes:
        name: what was measured; the stage and its part where the part ended before it had measured everything.
        value: the number; None where there is none.
        unit: what one of it is.
        goal: the bound it should keep, such as "<= 15"; None while none is set.
        met: whether it does; what was not computed meets no goal.
        reason: why there is no number; None where there is one.
    """

    name: str
    value: float | None
    unit: str
    goal: str | None
    met: bool | None
    reason: str | None = None


Part = Callable[[bool], Iterator[Measured]]
"""A part of a stage: asked whether to keep to a tiny size, it yields its figures."""


def figures(stage: str, parts: Mapping[str, Part], *, tiny: bool = False) -> Iterator[Measured]:
    """Yield the figures of every part of a stage, and of a part that fails the reason."""
    for name, part in parts.items():
        try:
            yield from part(tiny)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, the others are still measured
            yield failed(stage, name, f"{type(error).__name__}: {error}")


def failed(stage: str, part: str, reason: str) -> Measured:
    """Return the row of a part that ended before it had measured everything."""
    return Measured(f"{stage}.{part}", None, "whatever this part had not measured yet", None, False, reason)


def measured(name: str, value: float | Figure | NotComputed, unit: str, goal: str | None = None) -> Measured:
    """Return a figure beside its goal, which begins with <= or >=; what was not computed does not meet it."""
    stated = value.value if isinstance(value, Figure) else value
    if not isinstance(stated, NotComputed) and not math.isfinite(stated):
        stated = NotComputed(0, f"{stated} is no number")
    if isinstance(stated, NotComputed):
        return Measured(name, None, unit, goal, None if goal is None else False, stated.text())
    met = None
    if goal is not None:
        sign, bound = goal.split()
        met = stated <= float(bound) if sign == "<=" else stated >= float(bound)
    return Measured(name, round(stated, 4), unit, goal, met)


def over(seconds: float, floor: float) -> float | NotComputed:
    """Return how often a floor goes into the seconds that the work took."""
    return seconds / floor if floor > 0 else NotComputed(1, "the floor took no time that the clock shows")


def ratio(
    name: str, work: Callable[[], object], floor: Callable[[], object], goal: str, *, runs: int = 3, tiny: bool = False
) -> Measured:
    """Run `work` and `floor` in turn and return the median of the ratios of their processor times.

    One run of each goes before and is not counted; `tiny`: there is one run of each and no more.
    """
    ratios = []
    for number in range(1 if tiny else runs + 1):
        one = over(_seconds(work), _seconds(floor))
        if isinstance(one, NotComputed):
            return measured(name, one, "x the floor", goal)
        if number or tiny:
            ratios.append(one)
    return measured(name, median(ratios), "x the floor", goal)


def child(module: str, *arguments: object, here: bool) -> dict[str, Any]:
    """Return what `python -m module arguments` says in its last line; `here`: in this process instead of one more."""
    words = [str(one) for one in arguments]
    if here:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            importlib.import_module(module).main(words)
        text = out.getvalue()
    else:
        command = [sys.executable, "-m", module, *words]
        text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout
    said: dict[str, Any] = json.loads(text.splitlines()[-1])
    return said


def _seconds(action: Callable[[], object]) -> float:
    gc.collect()
    started = time.process_time()
    action()
    return time.process_time() - started
