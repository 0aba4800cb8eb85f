"""Pairs of records, counted by the levels at which they stand: all that learning needs to know of them.

A million pairs make some thousand patterns, so the conditions of the levels are evaluated once for each pair and
everything else is arithmetic on patterns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
from numpy.typing import NDArray

from hub.weighing.comparisons import COMPARISONS, FREQUENT, LEAST_FREQUENCY, label_number, level_number

Shares = Mapping[str, NDArray[np.float64]]
"""For each comparison the share of pairs at each level, in the order of COMPARISONS; 1 where nothing is known."""


@dataclass(frozen=True, slots=True)
class Patterns:
    """Pairs by their levels.

    Attributes:
        levels: for each comparison the position of the level in COMPARISONS, one for each pattern; 0: nothing is known.
        pairs: how many pairs there are of each pattern; a pair of a sample may stand for several.
        frequent: for each comparison of which the frequency counts, log2 of the frequency of the value that both
            records have, one for each pattern, to a tenth; NaN where it does not count.
    """

    levels: Mapping[str, NDArray[np.int64]]
    pairs: NDArray[np.float64]
    frequent: Mapping[str, NDArray[np.float64]]

    def odds(self, m: Shares, u: Shares, prior: float) -> NDArray[np.float64]:
        """Return the odds of one person for each pattern: prior / (1 - prior) x product of m/u, in [0, inf).

        Where the frequency f of a value counts, it takes the place of the u of its level.
        """
        odds = np.full(len(self.pairs), prior / (1 - prior))
        for name, level in self.levels.items():
            odds *= (m[name] / u[name])[level]
            if name in self.frequent:
                known = self.frequent[name]
                odds *= np.where(np.isnan(known), 1.0, u[name][level] / np.exp2(np.nan_to_num(known)))
        return odds

    def at_levels(self, name: str, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of `weights` at each level of a comparison; 0 where nothing is known."""
        counts: NDArray[np.float64] = np.bincount(self.levels[name], weights, len(COMPARISONS[name])).astype(np.float64)
        counts[0] = 0.0
        return counts


def count(
    connection: duckdb.DuckDBPyConnection,
    columns: Sequence[str],
    pairs: str,
    *,
    pairs_each: str = "1",
    by_frequency: bool = False,
) -> Patterns:
    """Return the patterns of some pairs.

    Args:
        connection: holds the table `record`.
        columns: the comparisons to make.
        pairs: SQL that follows FROM: records called `l` and `r`.
        pairs_each: SQL over it, how many pairs one row stands for.
        by_frequency: whether the frequency of a name counts where both have it.
    """
    levels = [f"{level_number(name)} AS c{at}" for at, name in enumerate(columns)]
    frequent = [name for name in FREQUENT if name in columns and by_frequency]
    for name in frequent:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE frequency_{name} AS SELECT {name} AS value, round(log2(greatest("
            f"count(*) / sum(count(*)) OVER (), {LEAST_FREQUENCY})), 1) AS bits FROM record "
            f"WHERE {name} IS NOT NULL GROUP BY 1"
        )
    known = [f"CASE WHEN l.{name} = r.{name} THEN f_{name}.bits END AS f_{name}" for name in frequent]
    joined = "".join(f" LEFT JOIN frequency_{name} f_{name} ON f_{name}.value = l.{name}" for name in frequent)
    found = connection.execute(
        f"SELECT {', '.join([*levels, *known])}, sum({pairs_each})::DOUBLE AS pairs FROM {pairs}{joined} "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchnumpy()
    for name in frequent:
        connection.execute(f"DROP TABLE frequency_{name}")
    at = {name: np.asarray(found[f"c{at}"], dtype=np.int64) for at, name in enumerate(columns)}
    same = {name: label_number(name, "the same") for name in frequent}
    bits = {name: np.ma.filled(np.ma.asarray(found[f"f_{name}"], dtype=np.float64), np.nan) for name in frequent}
    return Patterns(
        at,
        np.asarray(found["pairs"], dtype=np.float64),
        {name: np.where(at[name] == same[name], values, np.nan) for name, values in bits.items()},
    )


def arrays(shares: Mapping[str, Mapping[str, float]], columns: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Return shares in the order of the levels."""
    return {
        name: np.array([1.0 if label == "null" else shares[name][label] for label, *_ in COMPARISONS[name]])
        for name in columns
    }


def labelled(shares: Shares) -> dict[str, dict[str, float]]:
    """Return shares by the labels of the levels."""
    return {
        name: {label: float(values[at]) for at, (label, *_) in enumerate(COMPARISONS[name]) if label != "null"}
        for name, values in shares.items()
    }
