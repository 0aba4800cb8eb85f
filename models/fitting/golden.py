"""Golden rows: a few rows with the probabilities that the model gave them when it was trained.

They prove, wherever a bundle is loaded, that the same numbers come out. A bundle travels, so no row in it may be
somebody's: each cell is drawn from its own column alone, and no two cells of a row need come from the same person. One
row has no numbers at all.
"""

from typing import Any

import numpy as np

from models.matrices import Matrix
from models.resampling import Floats

_ROWS = 5


def rows(train: Matrix, *, seed: int) -> Floats:
    """Return made-up rows, shape (6, indicators), the last without numbers.

    Args:
        train: where the columns' values come from.
        seed: of the drawing.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    picked = generator.integers(0, len(train.values), size=(_ROWS, train.values.shape[1]))
    drawn = np.take_along_axis(train.values, picked, axis=0)
    return np.vstack([drawn, np.full((1, train.values.shape[1]), np.nan)])


def as_json(drawn: Floats, probabilities: Floats) -> dict[str, Any]:
    """Return the JSON form: `rows` (null is no number) and `probabilities`, in full precision."""
    cells = [[None if np.isnan(cell) else float(cell) for cell in row] for row in drawn]
    return {"rows": cells, "probabilities": [float(one) for one in probabilities]}
