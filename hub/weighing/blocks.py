"""Blocks: which pairs of records are looked at, counted before they are made.

    chosen = choose(connection, comparisons.BLOCKS)

A block is a rule such as "birthday and first letter of the given name". How many pairs it makes is counted from the
sizes of its groups, which takes one GROUP BY and no pair: exact for a rule of equal keys (a pair that shares two
postcodes counts twice), at most twice too high where the two sides differ (names swapped). A block over its bound is
narrowed: the values with the largest groups make no pairs in it, such as a birthday put down for everybody whose
birthday is unknown. Where that takes more values than can be listed, the whole block is left out. Either is in the
report; other blocks may still find such a pair.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from hub.weighing.comparisons import Blocks

MOST_A_RECORD = 100
"""A block may make this many pairs for each record ..."""
LEAST_BOUND = 5_000_000
"""... and this many in any case."""
MOST_VALUES = 2_000
"""A block is narrowed by so many values at most."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block, as it is used.

    Attributes:
        name: the rule in plain words.
        condition: the rule in SQL over two records `l` and `r`.
        arrays: columns of lists of which any one value must be the same.
        estimated: pairs that it would make as declared.
        bound: pairs that it may make.
        values_left_out: how many values make no pairs in it.
        pairs: pairs that it makes, estimated.
    """

    name: str
    condition: str
    arrays: tuple[str, ...]
    estimated: int
    bound: int
    values_left_out: int
    pairs: int

    @property
    def used(self) -> bool:
        """Whether it makes any pairs."""
        return self.pairs > 0

    @property
    def why(self) -> str:
        """What was done to keep its bound, in plain words; empty when nothing was."""
        if self.estimated <= self.bound:
            return ""
        if not self.values_left_out:
            return f"left out: it would make more than {self.bound:,} pairs, whatever values are left out"
        values = (
            f"the {self.values_left_out:,} most frequent values make"
            if self.values_left_out > 1
            else ("the most frequent value makes")
        )
        return f"narrowed: {values} no pairs in it, so that it keeps to {self.bound:,} pairs"

    def as_json(self) -> dict[str, Any]:
        """Return one row for the report."""
        return {"block": self.name, "estimated": self.estimated, "pairs": self.pairs, "why": self.why}


def choose(connection: duckdb.DuckDBPyConnection, declared: Blocks, bound: int | None = None) -> tuple[Block, ...]:
    """Count the pairs of each block and keep it within its bound.

    Args:
        connection: holds the table `record`.
        declared: the blocks.
        bound: the most pairs that a block may make; None follows the number of records.
    """
    if bound is None:
        [(records,)] = connection.execute("SELECT count(*) FROM record").fetchall()
        bound = max(LEAST_BOUND, MOST_A_RECORD * records)
    return tuple(_block(connection, name, condition, tuple(arrays), bound) for name, condition, arrays in declared)


def used(chosen: Sequence[Block], extra: str = "") -> Blocks:
    """Return the blocks that make pairs, each with the condition `extra` over `l` and `r`."""
    return tuple((one.name, one.condition + (extra and f" AND {extra}"), one.arrays) for one in chosen if one.used)


def _block(
    connection: duckdb.DuckDBPyConnection, name: str, condition: str, arrays: tuple[str, ...], bound: int
) -> Block:
    left, _ = keys(condition)
    here = groups(condition, arrays)
    [(estimated,)] = connection.execute(f"SELECT coalesce(sum(pairs), 0)::BIGINT FROM ({here})").fetchall()
    if estimated <= bound:
        return Block(name, condition, arrays, estimated, bound, 0, estimated)
    largest = connection.execute(
        f"SELECT value::VARCHAR, pairs FROM ({here}) ORDER BY pairs DESC, value LIMIT {MOST_VALUES}"
    ).fetchall()
    pairs, values = estimated, []
    for value, made in largest:
        if pairs <= bound:
            break
        values.append(value)
        pairs -= made
    if pairs > bound:
        return Block(name, condition, arrays, estimated, bound, 0, 0)
    narrowed = f"{condition} AND hash({', '.join(left)}) NOT IN ({', '.join(values)})"
    return Block(name, narrowed, arrays, estimated, bound, len(values), pairs)


def keys(condition: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what must be equal on the two sides of a rule: expressions over `l`, and over `r`."""
    sides = [part.split(" = ") for part in condition.split(" AND ") if " = " in part]
    return tuple(left.strip() for left, _ in sides), tuple(right.strip() for _, right in sides)


def groups(condition: str, arrays: Sequence[str] = ()) -> str:
    """Return SQL for one row a group of a rule: `value` (a hash of the keys on the left) and `pairs`."""
    left, right = keys(condition)
    apart = "l.exclusive <> r.exclusive" in condition
    exploded = "".join(f", unnest({name}) AS {name}" for name in arrays)
    hidden = f" EXCLUDE ({', '.join(arrays)})" if arrays else ""
    record = f"(SELECT *{hidden}{exploded} FROM record)"
    there = " AND ".join(f"{key} IS NOT NULL" for key in left)
    if [key.replace("l.", "r.") for key in left] == list(right):
        inside = "sum(n) ** 2 - sum(n * n)" if apart else "sum(n) ** 2 - sum(n)"
        return f"""
            SELECT value, ({inside}) // 2 AS pairs FROM (
                SELECT hash({", ".join(left)}) AS value, exclusive, count(*)::HUGEINT AS n
                FROM {record} l WHERE {there} GROUP BY ALL
            ) GROUP BY value HAVING pairs > 0
        """
    also = " AND ".join(f"{key} IS NOT NULL" for key in right)
    sizes = "SELECT hash({0}) AS value, count(*)::HUGEINT AS n FROM {1} {2} WHERE {3} GROUP BY 1"
    ours, theirs = sizes.format(", ".join(left), record, "l", there), sizes.format(", ".join(right), record, "r", also)
    return f"SELECT value, ours.n * theirs.n AS pairs FROM ({ours}) ours JOIN ({theirs}) theirs USING (value)"
