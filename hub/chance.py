"""How often two strangers agree by chance: u of each level of each comparison, from pairs of records drawn at random.

A random pair is nearly always a pair of strangers, but in a small file with many records a person it often is not, and
then chance would seem to explain what only one person explains. So each pair counts as far as it is a pair of
strangers: by 1 - p, where p is the probability of one person under the shares as they stand.
"""

import math
from collections.abc import Mapping, Sequence

import duckdb
import numpy as np
from numpy.typing import NDArray

from hub.comparisons import COMPARISONS, Learnt, level_number

PAIRS = 1_000_000
"""About so many random pairs are looked at."""
_ASSUMED = 20_000.0
# The starting values count as so many pairs, so that a level that was never drawn is rare, not impossible.
_ROUNDS = 10


class Sample:
    """Random pairs of records, counted by the levels at which they stand."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> None:
        """Draw the pairs.

        Args:
            connection: holds the table `record`.
            columns: the comparisons to make.
        """
        self.columns = tuple(columns)
        size = math.ceil(math.sqrt(2 * PAIRS))
        levels = ", ".join(f"{level_number(name)} AS c{at}" for at, name in enumerate(self.columns))
        found = connection.execute(
            f"""
            WITH drawn AS (FROM record ORDER BY hash(number), number LIMIT {size})
            SELECT {levels}, count(*) AS pairs FROM drawn l JOIN drawn r ON l.number < r.number
            GROUP BY ALL ORDER BY ALL
            """
        ).fetchnumpy()
        self.levels: list[NDArray[np.int64]] = [
            np.asarray(found[f"c{at}"], dtype=np.int64) for at in range(len(self.columns))
        ]
        self.pairs: NDArray[np.float64] = np.asarray(found["pairs"], dtype=np.float64)

    def shares(self, shares: Learnt, prior: float) -> dict[str, dict[str, float]]:
        """Return u of each level of each comparison, in (0, 1]; the levels of a comparison sum to one.

        Args:
            shares: m of each level, and the u to begin with.
            prior: the probability that two random records are one person, in (0, 1).
        """
        assumed = {name: _array(name, shares.u) for name in self.columns}
        m = {name: _array(name, shares.m) for name in self.columns}
        u = dict(assumed)
        for _ in range(_ROUNDS):
            odds = np.full(len(self.pairs), prior / (1 - prior))
            for name, level in zip(self.columns, self.levels, strict=True):
                odds *= (m[name] / u[name])[level]
            strangers = self.pairs / (1 + odds)
            for name, level in zip(self.columns, self.levels, strict=True):
                counts = np.bincount(level, strangers, len(u[name]))
                counts[0] = 0.0
                weighed = counts + _ASSUMED * assumed[name] * (np.arange(len(counts)) > 0)
                u[name] = np.where(np.arange(len(counts)) > 0, weighed / max(weighed.sum(), 1e-300), 1.0)
        return {name: dict(zip(_labels(name)[1:], u[name][1:].tolist(), strict=True)) for name in self.columns}


def _labels(comparison: str) -> list[str]:
    return [label for label, *_ in COMPARISONS[comparison]]


def _array(comparison: str, shares: Mapping[str, Mapping[str, float]]) -> NDArray[np.float64]:
    """Return the shares in the order of the levels; where nothing is known, 1."""
    return np.array([1.0 if label == "null" else shares[comparison][label] for label in _labels(comparison)])
