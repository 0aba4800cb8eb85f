"""Whether later dates look like those that were learned from: a classifier that tries to tell them apart.

An AUC of 0.5: it cannot. Near 1: a model is asked about rows of a kind that it never saw, because windows are longer
than the history, because recording changed, or because children did. The outcome is not looked at.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.matrices import Matrix
from models.measuring.ranking import Ranking
from models.resampling import Codes, Floats

TOLD = 0.7
"""From this AUC on, people are warned."""
_NAMED = 10
_ROWS = 40_000


@dataclass(frozen=True, slots=True)
class Shift:
    """How far the rows of two times can be told apart.

    Attributes:
        auc: of telling later rows from earlier ones, families that taught it left out; 0.5 is not at all.
        rows: how many rows it was tried on.
        indicators: the largest distances between the distributions of one indicator (Kolmogorov-Smirnov, with no number
            as the lowest of all), from 0 to 1, largest first.
    """

    auc: float
    rows: int
    indicators: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "auc": round(self.auc, 6),
            "rows": self.rows,
            "indicators": {name: round(distance, 6) for name, distance in self.indicators.items()},
        }


def shift(earlier: Matrix, later: Matrix, families: tuple[Codes, Codes], *, seed: int) -> Shift:
    """Try to tell later rows from earlier ones.

    Args:
        earlier: rows that were learned from.
        later: rows of later dates.
        families: a code per family for the rows of each, the same numbers for the same families.
        seed: of which families teach it, and of which rows are taken when there are many.
    """
    import lightgbm

    draw = np.random.Generator(np.random.PCG64(seed))
    values = np.concatenate([earlier.values, later.values])
    late = np.r_[np.zeros(len(earlier.values)), np.ones(len(later.values))]
    whose = np.concatenate(families)
    if len(values) > _ROWS:
        kept = np.sort(draw.choice(len(values), _ROWS, replace=False))
        values, late, whose = values[kept], late[kept], whose[kept]
    half = draw.random(int(whose.max()) + 1) < 0.5
    parameters = {
        "objective": "binary",
        "num_leaves": 8,
        "learning_rate": 0.1,
        "min_data_in_leaf": 40,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
        "seed": seed,
    }
    margins = np.full(len(values), np.nan)
    for teaches in (half[whose], ~half[whose]):
        if len(np.unique(late[teaches])) == 2:
            booster = lightgbm.train(parameters, lightgbm.Dataset(values[teaches], late[teaches]), num_boost_round=50)
            margins[~teaches] = booster.predict(values[~teaches], raw_score=True)
    asked = np.isfinite(margins)
    auc = float(Ranking(margins[asked], late[asked]).auc(np.ones((1, int(asked.sum()))))[0]) if asked.any() else np.nan
    distances = {name: _distance(values[late == 0, at], values[late == 1, at]) for at, name in enumerate(earlier.names)}
    largest = sorted(distances.items(), key=lambda one: (-one[1], one[0]))[:_NAMED]
    return Shift(0.5 if np.isnan(auc) else auc, len(values), dict(largest))


def _distance(one: Floats, other: Floats) -> float:
    """Return the largest difference of the shares at or below a number, over all numbers; no number is the lowest."""
    left, right = (np.sort(np.where(np.isnan(values), -np.inf, values)) for values in (one, other))
    at = np.unique(np.concatenate([left, right]))
    shares = (np.searchsorted(values, at, side="right") / len(values) for values in (left, right))
    return float(np.abs(next(shares) - next(shares)).max())
