"""Whether there are enough people to learn from: Riley et al. 2019, Statistics in Medicine 38: 1276, binary outcomes.

    sample_size(rows=9000, outcomes=700, parameters=75).as_json()

How well a model will do is not known before there is one. As Riley et al. advise where nothing is known, it is assumed
to explain 15 % of what can be explained. `parameters` are the indicators: trees have no fixed number, and need more
rather than fewer people than a regression, so that what is said here is a least bound.
"""

import math
from dataclasses import dataclass
from typing import Any

ASSUMED = 0.15
"""Share of the largest Cox-Snell R² that a model is assumed to reach."""
SHRINKAGE = 0.9
"""What expected shrinkage should be at least: 1 is no overfitting."""


@dataclass(frozen=True, slots=True)
class SampleSize:
    """What there is to learn from, and what would be enough.

    Attributes:
        rows: rows to learn from.
        outcomes: how many of them have the outcome.
        parameters: how many indicators.
        expected_shrinkage: by how much effects should be shrunk, from 0 to 1; 0 where nothing can be learned.
        needed: the least rows by each criterion: shrinkage, optimism (0.05 of R²), precision of the whole risk (0.05).
    """

    rows: int
    outcomes: int
    parameters: int
    expected_shrinkage: float
    needed: dict[str, int]

    @property
    def outcomes_per_parameter(self) -> float:
        """People with the outcome for each indicator."""
        return self.outcomes / self.parameters

    @property
    def enough(self) -> bool:
        """Whether there are as many rows as every criterion asks for."""
        return self.rows >= max(self.needed.values())

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "rows": self.rows,
            "outcomes": self.outcomes,
            "parameters": self.parameters,
            "outcomes_per_parameter": round(self.outcomes_per_parameter, 3),
            "expected_shrinkage": round(self.expected_shrinkage, 3),
            "rows_needed": dict(self.needed),
            "enough": self.enough,
        }


def sample_size(rows: int, outcomes: int, parameters: int, *, explained: float | None = None) -> SampleSize:
    """Say what is there and what would be enough.

    Args:
        rows: rows to learn from.
        outcomes: how many of them have the outcome; neither none nor all.
        parameters: how many indicators, at least 1.
        explained: the Cox-Snell R² that is expected; None takes `ASSUMED` of the largest.
    """
    share = outcomes / rows
    largest = 1 - math.exp(2 * (share * math.log(share) + (1 - share) * math.log(1 - share)))
    expected = ASSUMED * largest if explained is None else explained
    optimism = expected / (expected + 0.05 * largest)
    needed = {
        "shrinkage": _rows_for(SHRINKAGE, parameters, expected),
        "optimism": _rows_for(optimism, parameters, expected),
        "whole_risk": math.ceil((1.96 / 0.05) ** 2 * share * (1 - share)),
    }
    return SampleSize(rows, outcomes, parameters, _shrinkage(rows, parameters, expected), needed)


def _rows_for(shrinkage: float, parameters: int, expected: float) -> int:
    """Return p / ((S - 1) ln(1 - R² / S)), formula 10 of the paper, rounded up."""
    return math.ceil(parameters / ((shrinkage - 1) * math.log(1 - expected / shrinkage)))


def _shrinkage(rows: int, parameters: int, expected: float) -> float:
    """Return the S for which that many rows are enough; 0 where none is above `expected`."""
    from scipy.optimize import brentq

    def excess(shrinkage: float) -> float:
        return parameters / ((shrinkage - 1) * math.log(1 - expected / shrinkage)) - rows

    low, high = expected + 1e-9, 1 - 1e-12
    # The rows that are needed fall from S = R² to a least, and rise again to S = 1: the larger root is meant.
    steps = [low + (high - low) * number / 200 for number in range(1, 200)]
    least = min(steps, key=excess)
    if excess(least) > 0:
        return 0.0
    return float(brentq(excess, least, high))
