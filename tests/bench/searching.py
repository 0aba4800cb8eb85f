"""Searching: what thirty trials over five folds cost beside one fit, and one fit of ours beside a bare one.

    python -m tests.bench.searching 350000 150       # one fit alone: its times, and how much memory it takes

Rows are made up: numbers of which some say something, a tenth missing, an outcome that about one in ten has. A bare fit
is LightGBM's own on the same rows with the same parameters, stopped by the same later rows; all on one core.
"""

import gc
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import lightgbm
import numpy as np

from hub.progress import silent
from models.fitting.boosting import BinnedRows, train
from models.fitting.candidates import CANDIDATES, MOST_ROUNDS, PATIENCE, Candidate, parameters_of
from models.fitting.search import SearchAsked, search
from models.matrices import Matrix
from tests.bench import Measured, child, measured, over

_FOLDS, _TRIALS = 5, 30
_MIDDLE = CANDIDATES[2]


def figures(tiny: bool) -> Iterator[Measured]:
    """Yield the figures of a fit and of a search."""
    many, columns = (400, 5) if tiny else (350_000, 150)
    found = child("tests.bench.searching", many, columns, here=tiny)
    size = f"{many:,} x {columns} numbers"
    yield measured("fit_ratio", over(found["ours"], found["bare"]), f"x bare LightGBM, one fit of {size}", "<= 1.1")
    yield measured("fit_gb_ratio", found["memory"], f"x the matrix at the peak, with it, of {size}", "<= 2")
    yield from _search(tiny)


def main(arguments: Sequence[str]) -> None:
    """Print as JSON the processor seconds of one fit of ours and of a bare one, and the memory of ours.

    Memory is what the process holds at the peak of the fit beyond what it held before the matrix was made (Linux),
    over the size of the matrix in the 8 bytes a number that it stands in.
    """
    many, columns = map(int, arguments)
    free = [0] * columns
    train(_MIDDLE, BinnedRows.of(_rows(400, columns, 3), _rows(200, columns, 4), 7), constraints=free)
    before = _held("VmRSS")
    learn, later = _rows(many, columns, 1), _rows(many // 10, columns, 2)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak of making them
    ours = _seconds(lambda: train(_MIDDLE, BinnedRows.of(learn, later, 7), constraints=free))
    memory = (_held("VmHWM") - before) / (learn.values.nbytes + later.values.nbytes)
    floor = _seconds(lambda: bare(_MIDDLE, learn, later, free))
    sys.stdout.write(json.dumps({"ours": ours, "bare": floor, "memory": memory}) + "\n")


def _held(what: str) -> float:
    """Return what Linux says that this process holds ("VmRSS"), or held at the peak ("VmHWM"), in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{what}:"):
            return float(line.split()[1]) * 1024
    raise RuntimeError(f"{what} is not told here")


def _search(tiny: bool) -> Iterator[Measured]:
    """Yield what a search takes: on expanding folds of the rows, in memory."""
    rows, later = _rows(1_200 if tiny else 12_000, 20, 3), _rows(300 if tiny else 3_000, 20, 4)
    part = len(rows.values) // (_FOLDS + 1)
    folds = [
        (rows.take(np.arange(part * fold)), rows.take(np.arange(part * fold, part * (fold + 1))))
        for fold in range(1, _FOLDS + 1)
    ]
    free, trials = [0] * len(rows.names), 6 if tiny else _TRIALS
    floor = _seconds(lambda: bare(_MIDDLE, rows, later, free))
    said: dict[str, int] = {}

    def whole() -> None:
        _, record = search(rows, later, free, folds=folds, asked=SearchAsked(trials), seed=7, progress=silent)
        said.update(record["search"])

    yield measured("search_ratio", over(_seconds(whole), floor), f"x one bare fit, {trials} trials over {_FOLDS} folds")
    yield measured("search_pruned", said["pruned"] / trials, "of the trials left before the last fold")


def bare(candidate: Candidate, learn: Matrix, later: Matrix, constraints: Sequence[int]) -> None:
    """Fit a candidate with LightGBM alone, stopped by later rows."""
    parameters = parameters_of(candidate, constraints, 7)
    rows = lightgbm.Dataset(learn.values, learn.outcomes, params=parameters)
    watched = lightgbm.Dataset(later.values, later.outcomes, reference=rows, params=parameters)
    stop = lightgbm.early_stopping(PATIENCE, verbose=False)
    lightgbm.train(parameters, rows, num_boost_round=MOST_ROUNDS, valid_sets=[watched], callbacks=[stop])


def _rows(many: int, columns: int, seed: int) -> Matrix:
    draw = np.random.default_rng(seed)
    values = draw.normal(size=(many, columns)).round(3)
    log_odds = values[:, 0] + np.abs(values[:, 1]) + values[:, 2] * values[:, 3] - 3.2
    values[draw.random(values.shape) < 0.1] = np.nan
    outcomes = (draw.random(many) < 1 / (1 + np.exp(-log_odds))).astype(np.float64)
    days, codes = np.full(many, np.datetime64("2022-01-01", "D")), np.arange(many)
    names = tuple(f"column_{at}" for at in range(columns))
    return Matrix(names, values, outcomes, days, codes, codes, np.full(many, True))


def _seconds(action: Callable[[], object]) -> float:
    started = time.process_time()
    action()
    return time.process_time() - started


if __name__ == "__main__":
    main(sys.argv[1:])
