"""Models: the whole training with its intervals against one bare LightGBM training on the same rows."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import lightgbm
import numpy as np

from hub.workspace import Workspace
from models.fitting.fitting import fit
from models.matrices import of_feature_set
from tests.bench import Measured, Part, contributions, coverage, districts, instability, ladder, ratio
from tests.factories import feature_sets


def _training(tiny: bool) -> Iterator[Measured]:
    """Yield how long a whole training takes, beside a bare one."""
    with tempfile.TemporaryDirectory() as folder:
        found = feature_sets.feature_set(Workspace(Path(folder)), people=400 if tiny else 2000)
        matrix = of_feature_set(found)
        known = ~np.isnan(matrix.outcomes)

        def whole() -> None:
            fit(found, seed=7)

        def bare() -> None:
            rows = lightgbm.Dataset(matrix.values[known], matrix.outcomes[known])
            parameters = {"objective": "binary", "num_leaves": 15, "num_threads": 1, "verbosity": -1}
            lightgbm.train(parameters, rows, num_boost_round=200)

        yield ratio("train_ratio", whole, bare, "<= 20", runs=2, tiny=tiny)


PARTS: Mapping[str, Part] = {
    "training": _training,
    "coverage": coverage.figures,
    "ladder": ladder.figures,
    "instability": instability.figures,
    "districts": districts.figures,
    "contributions": contributions.figures,
}
