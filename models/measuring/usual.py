"""What is usual: between what numbers at least 8 in 10 looks are, for each indicator."""

from typing import Any

import numpy as np

from models.matrices import Matrix

_TAILS = (0.1, 0.9)
_LEAST = 100
"""Fewer people with a number than this: the tenth is of few, and is not told."""


def usual(rows: Matrix) -> dict[str, dict[str, Any]]:
    """Return the tenth and the ninetieth percentile of each indicator among the rows that have a number, and their n.

    An indicator that more than half of the rows have no number for, or fewer than 100 people have one for, is left out.
    """
    found = {}
    for at, name in enumerate(rows.names):
        numbers = rows.values[:, at]
        known = np.isfinite(numbers)
        if known.mean() < 0.5 or len(np.unique(rows.people[known])) < _LEAST:
            continue
        low, high = np.quantile(numbers[known], _TAILS, method="inverted_cdf")
        found[name] = {"low": round(float(low), 2), "high": round(float(high), 2), "n": int(known.sum())}
    return found
