"""Contributions: how much faster than LightGBM's own, how far from them, and whether they add up.

The models are LightGBM's, of 300 trees over 150 columns: of 63 leaves, and of depth 4. One row is a whole call of a
model from Python, with nothing in the processor's caches, as a request finds it. All on one core.

`python -m tests.bench.contributions MODEL` says how long the first call of a process takes; the compiled code is on
disk by then.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import lightgbm
import numpy as np

from models.bundle.model import Model
from models.measuring.calibration import Calibration
from models.measuring.thresholds import BANDS, Thresholds
from models.resampling import Floats
from tests.bench import Measured, child, measured, over
from tests.factories.grown_trees import Tree, chance, rows_of_chance, text
from tests.factories.tree_forms import trees_of

_COLUMNS = 150
_EMPTIED = 128 * 2**20 // 8
"""Numbers that are written between two cold calls: more than the processor's caches hold."""


def figures(tiny: bool) -> Iterator[Measured]:
    """Yield the figures of contributions."""
    rows, outcomes = _rows(2_000 if tiny else 40_000)
    trees = 10 if tiny else 300
    large = _model(rows, outcomes, trees, num_leaves=63)
    small = _model(rows, outcomes, trees, num_leaves=16, max_depth=4)
    unit = "x as fast as LightGBM's own"
    for name, model, goal in (("shap_row_ratio", large, ">= 12"), ("shap_row_small", small, ">= 5")):
        yield measured(name, _faster(model, rows[:1], runs=2 if tiny else 31, cold=True), unit, goal)
    for name, model, goal in (("shap_batch_ratio", large, ">= 60"), ("shap_batch_small", small, ">= 30")):
        yield measured(name, _faster(model, rows[: 50 if tiny else 1000], runs=1 if tiny else 5), unit, goal)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.txt"
        file.write_text(trees_of(large).booster.model_to_string(), encoding="utf-8")
        first = child("tests.bench.contributions", file, here=tiny)["seconds"]
    yield measured("shap_first_call_s", first, "processor seconds, compiled code from disk", "<= 1")
    worst = _farthest([large, small], rows[:200], tiny)
    yield measured("shap_max_diff", worst / 1e-9, "1e-9 log-odds from LightGBM's own", "<= 1")
    worst = _additivity(large, rows, 2_000 if tiny else 1_000_000)
    yield measured("shap_additivity", worst / 1e-9, "1e-9 log-odds, the farthest sum of a row from its margin", "<= 1")


def _rows(count: int) -> tuple[Floats, Floats]:
    """Return rows of whole and broken numbers, a tenth missing, and outcomes that follow some of them."""
    generator = np.random.default_rng(7)
    rows = generator.normal(size=(count, _COLUMNS))
    rows[:, ::3] = np.round(rows[:, ::3])
    rows[generator.random(rows.shape) < 0.1] = np.nan
    known = np.nan_to_num(rows)
    noise = generator.normal(size=count) * 3
    return rows, (known[:, :30] @ generator.normal(size=30) + known[:, 0] * known[:, 1] + noise > 0).astype(float)


def _model(rows: Floats, outcomes: Floats, trees: int, **shape: int) -> Model:
    parameters = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": 1, **shape}
    return _of(lightgbm.train(parameters, lightgbm.Dataset(rows, outcomes), trees).model_to_string())


def _of(written: str) -> Model:
    names = lightgbm.Booster(model_str=written).feature_name()
    return Model.parse(written, names, Calibration(1.0, 0.0), Thresholds(0.5, 0.2, 10, dict.fromkeys(BANDS, 1.0)))


def _theirs(model: Model, rows: Floats) -> Floats:
    return np.asarray(trees_of(model).booster.predict(rows, pred_contrib=True, num_threads=1))


def _faster(model: Model, rows: Floats, *, runs: int, cold: bool = False) -> Any:
    """Return the median of LightGBM's times over the kernel's, run in turn."""
    assert trees_of(model).explained.outside == ""
    caches = np.ones(_EMPTIED if cold else 0)
    found = []
    for _ in range(runs + 1):
        ours = _seconds(lambda: model.contributions(rows), caches)
        found.append(over(_seconds(lambda: _theirs(model, rows), caches), ours))
    counted = [one for one in found[1:] if isinstance(one, float)]
    return median(counted) if counted else found[-1]


def _seconds(action: Callable[[], object], caches: Floats) -> float:
    caches *= 1.0
    started = time.process_time()
    action()
    return time.process_time() - started


def _farthest(models: Sequence[Model], rows: Floats, tiny: bool) -> float:
    """Return the largest difference on trained models and on trees of any shape, one row and many."""
    generator = np.random.default_rng(11)
    shapes = [(1, 4, 6, 1.0), (20, 12, 30, 0.6), (10, 20, 20, 0.45), (10, 40, 28, 0.4), (10, 40, 5, 0.4)]
    if not tiny:
        shapes += [(1000, 4, 150, 0.9), (300, 10, 150, 0.6), (1000, 24, 28, 0.4), (100, 30, 28, 0.45)]
    compared = [(model, rows) for model in models]
    for trees, depth, columns, goes_on in shapes:
        grown: list[Tree] = [chance(generator, columns, depth, goes_on=goes_on) for _ in range(trees)]
        compared.append((_of(text(grown, columns)), rows_of_chance(generator, 20, columns)))
    worst = 0.0
    for model, some in compared:
        assert trees_of(model).explained.outside == ""
        expected = _theirs(model, some)
        alone = np.vstack([trees_of(model).explained.rows(row[None], infinite=True) for row in some])
        for found in (alone, trees_of(model).explained.rows(some, infinite=True)):
            worst = max(worst, float(np.abs(found - expected).max()))
    return worst


def _additivity(model: Model, rows: Floats, count: int) -> float:
    """Return the largest distance of a row's sum from its margin, over so many rows."""
    generator = np.random.default_rng(13)
    worst = 0.0
    for _ in range(0, count, 2_000):
        mixed = rows[generator.integers(0, len(rows), size=(2_000, 1)), np.arange(_COLUMNS)].copy()
        drawn = generator.random(mixed.shape) < 0.3
        mixed[drawn] = rows[generator.integers(0, len(rows), size=int(drawn.sum())), np.nonzero(drawn)[1]]
        margins = trees_of(model).booster.predict(mixed, raw_score=True, num_threads=1)
        worst = max(worst, float(np.abs(model.contributions(mixed).sum(axis=1) - margins).max()))
    return worst


def main(arguments: list[str]) -> None:
    """Say how long it takes to explain the first row, and the first rows, of a model."""
    written = Path(arguments[0]).read_text(encoding="utf-8")
    booster = lightgbm.Booster(model_str=written)
    rows = np.zeros((20, booster.num_feature()))
    started = time.process_time()
    from models.contributions.contributions import Contributions

    found = Contributions.of(written, booster)
    found.rows(rows[:1]), found.rows(rows)
    sys.stdout.write(json.dumps({"seconds": time.process_time() - started}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
