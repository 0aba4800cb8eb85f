"""How often two strangers agree by chance: u of each level of each comparison, from pairs of records drawn at random.

A random pair is nearly always a pair of strangers, but in a small file with many records a person it often is not, and
then chance would seem to explain what only one person explains. So each pair counts as far as it is a pair of
strangers: by 1 - p, where p is the probability of one person under the shares as they stand.

What is rare by chance decides most, such as one birthday or one postcode: every random pair that shares a rare value is
looked at. Of the others, whose levels are frequent, a part drawn at random stands for all.
"""

import math
from collections.abc import Sequence

import duckdb
import numpy as np

from hub.weighing import patterns
from hub.weighing.comparisons import Learnt

PAIRS = 1_000_000
"""About so many random pairs are drawn."""
LOOKED_AT = (80_000, 200_000)
"""About so many of the pairs that share nothing rare are looked at: 30 for each record, within these bounds. A level at
which one pair of strangers in 1,000 stands is then known to 7 to 11 % (0.1 to 0.16 bits)."""
_LOOKED_AT_A_RECORD = 30
_MOST_SHARING = 40
# A value that more of the records drawn have is not rare.
_RARE = (
    "[left(date_of_birth, 7)]",
    "[right(date_of_birth, 5)]",
    "[left(date_of_birth, 4) || right(date_of_birth, 2)]",
    "[array_to_string(list_sort([date_of_birth[6:7], date_of_birth[9:10]]) || [left(date_of_birth, 4)], '-')]",
    "family_parts",
    "[given_name, family_name]",
    "postcodes",
    "postcode_halves",
    "addresses",
    "[split_part(one, '/', 1) || '/' || left(split_part(one, '/', 2), 3) FOR one IN homes IF one[1] <> '/']",
    "emails",
    "[left(email, 5)]",
    "identifiers",
)
_ASSUMED = 20_000.0
# The starting values count as so many pairs, so that a level that was never drawn is rare, not impossible.
_ROUNDS = 10


class PairSample:
    """Random pairs of records, counted by the levels at which they stand."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> None:
        """Draw the pairs.

        Args:
            connection: holds the table `record`.
            columns: the comparisons to make.
        """
        self.columns = tuple(columns)
        size = math.ceil(math.sqrt(2 * PAIRS))
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE drawn AS FROM record ORDER BY hash(number), number LIMIT {size}"
        )
        connection.execute(f"CREATE OR REPLACE TEMP TABLE drawn_pair AS {self._pairs(connection)}")
        self.patterns = patterns.count(
            connection,
            self.columns,
            "drawn_pair JOIN drawn l ON l.number = one JOIN drawn r ON r.number = other",
            pairs_each="pairs",
        )
        connection.execute("DROP TABLE drawn_pair")
        connection.execute("DROP TABLE drawn")

    @staticmethod
    def _pairs(connection: duckdb.DuckDBPyConnection) -> str:
        [(drawn, records)] = connection.execute("SELECT count(*), (SELECT count(*) FROM record) FROM drawn").fetchall()
        looked_at = min(max(_LOOKED_AT_A_RECORD * records, LOOKED_AT[0]), LOOKED_AT[1])
        each = max(1, math.ceil(drawn * (drawn - 1) / 2 / looked_at))
        values = " UNION ALL ".join(
            f"SELECT number, {at} AS kind, unnest({column})::VARCHAR AS value FROM drawn"
            for at, column in enumerate(_RARE)
        )
        return f"""
            WITH value AS ({values}), rare AS (
                SELECT kind, value FROM value WHERE value IS NOT NULL
                GROUP BY ALL HAVING count(*) BETWEEN 2 AND {_MOST_SHARING}
            ), sharing AS (FROM value SEMI JOIN rare USING (kind, value)), close AS (
                SELECT DISTINCT l.number AS one, r.number AS other FROM sharing l JOIN sharing r
                ON l.kind = r.kind AND l.value = r.value AND l.number < r.number
            )
            SELECT one, other, 1 AS pairs FROM close UNION ALL
            SELECT one, other, {each} AS pairs FROM (
                SELECT l.number AS one, r.number AS other FROM drawn l JOIN drawn r ON l.number < r.number
                WHERE hash(l.number, r.number) % {each} = 0
            ) ANTI JOIN close USING (one, other)
        """

    def shares(self, shares: Learnt, prior: float) -> dict[str, dict[str, float]]:
        """Return u of each level of each comparison, in (0, 1]; the levels of a comparison sum to one.

        Args:
            shares: m of each level, and the u to begin with.
            prior: the probability that two random records are one person, in (0, 1).
        """
        m, assumed = patterns.arrays(shares.m, self.columns), patterns.arrays(shares.u, self.columns)
        u = dict(assumed)
        for _ in range(_ROUNDS):
            strangers = self.patterns.pairs / (1 + self.patterns.odds(m, u, prior))
            for name in self.columns:
                levels = np.arange(len(u[name])) > 0
                weighed = self.patterns.at_levels(name, strangers) + _ASSUMED * assumed[name] * levels
                u[name] = np.where(levels, weighed / max(weighed.sum(), 1e-300), 1.0)
        return patterns.labelled(u)
