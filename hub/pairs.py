"""Pairs of records that may be one person, weighed by Splink and against the sibling hypothesis.

Reads the table `record` (hub.records) of a DuckDB connection and leaves the table `pair` in it: all pairs of records
inside one component (records that candidate links connect), with these columns:

| column | what |
|---|---|
| component | number of the component |
| one, other | record numbers, one < other |
| strangers | Splink's match weight: bits for "one person" against "strangers" |
| evidence | bits for "one person" against "strangers or siblings"; see hub.siblings |
| weight | evidence after competition: in a source with one record a person at most one candidate is right |
| reason | why they cannot be one person (hub.contradictions), or an empty text |
"""

import itertools
import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from hub import clusters, comparisons, contradictions, siblings
from hub.clusters import Pair
from hub.comparisons import Learnt

SEED = 1
U_PAIRS = 2_000_000
EM_PAIRS = 1_000_000
_ENOUGH_TO_LEARN = 100
_EXACTLY = ("given_name", "family_name", "date_of_birth")
_LEAST_RECALL = 0.05
_RECORDED = {
    "given_name": "given_name IS NOT NULL",
    "family_name": "family_name IS NOT NULL",
    "date_of_birth": "date_of_birth IS NOT NULL",
    "sex": "sex IS NOT NULL",
    "place": "len(addresses) + len(postcodes) > 0",
    "identifiers": "len(identifiers) > 0",
}


@dataclass(frozen=True, slots=True)
class Model:
    """What was learnt about pairs.

    Attributes:
        compared: the comparisons made.
        learnt: whether the shares were learnt from these records; else they are the starting values.
        true_pairs: how many pairs are thought to be one person.
        sibling_ratio: sibling pairs for one true pair.
        shares: m and u of each level.
    """

    compared: tuple[str, ...]
    learnt: bool
    true_pairs: float
    sibling_ratio: float
    shares: Learnt

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form, for reviewers."""
        return {
            "compared": list(self.compared),
            "learnt": self.learnt,
            "true_pairs": round(self.true_pairs),
            "sibling_ratio": round(self.sibling_ratio, 4),
            "m": {name: dict(levels) for name, levels in self.shares.m.items()},
            "u": {name: dict(levels) for name, levels in self.shares.u.items()},
        }


def compared(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Return the comparisons for which at least two records hold something."""
    counts = ", ".join(f"count(*) FILTER ({condition})" for condition in _RECORDED.values())
    [row] = connection.execute(f"SELECT {counts} FROM record").fetchall()
    return tuple(name for name, count in zip(_RECORDED, row, strict=True) if count > 1)


def weigh(connection: duckdb.DuckDBPyConnection, columns: Sequence[str], threshold: float) -> Model:
    """Make the table `pair`.

    Args:
        connection: holds the table `record`.
        columns: the comparisons to make.
        threshold: candidate pairs have a match weight of at least this many bits.
    """
    from splink import DuckDBAPI, Linker

    logging.getLogger("splink").setLevel(logging.CRITICAL)
    [(records, exact)] = connection.execute(_EXACT).fetchall()
    all_pairs = records * (records - 1) / 2
    true_pairs = max(exact, 1) / _recall_of_exact(comparisons.starting_values(columns, 0.5))
    prior = min(true_pairs / all_pairs, 0.5)
    shares = comparisons.starting_values(columns, prior)
    database = DuckDBAPI(connection)
    if exact >= _ENOUGH_TO_LEARN:
        taught = _learn(database, connection, columns, prior)
        true_pairs = exact / _recall_of_exact(taught)
        prior = min(true_pairs / all_pairs, 0.5)
        shares = comparisons.starting_values(columns, prior)
        shares = Learnt({**shares.m, **taught.m}, {**shares.u, **taught.u})
    model = Model(tuple(columns), exact >= _ENOUGH_TO_LEARN, true_pairs, siblings.ratio(connection, true_pairs), shares)
    settings = comparisons.settings(columns, prior, shares)
    linker = Linker(database.register("record"), settings, log_level=None)
    _components(connection, linker.inference.predict(threshold_match_weight=threshold).physical_name)
    settings = comparisons.settings(columns, prior, shares, comparisons.INSIDE)
    inside = Linker(database.register("component_record"), settings, log_level=None)
    for name in comparisons.FREQUENT:
        if name in columns:
            frequencies = linker.table_management.compute_tf_table(name)
            inside.table_management.register_term_frequency_lookup(frequencies, name)
    _pairs(connection, inside.inference.predict().physical_name, model)
    return model


def _learn(database: Any, connection: duckdb.DuckDBPyConnection, columns: Sequence[str], prior: float) -> Learnt:
    """Return the shares that these records teach."""
    from splink import Linker

    settings = comparisons.settings([name for name in columns if name not in comparisons.NOT_LEARNT], prior)
    linker = Linker(database.register("record"), settings, log_level=None)
    linker.training.estimate_u_using_random_sampling(max_pairs=U_PAIRS, seed=SEED)
    for rule in _can_learn_from(connection):
        linker.training.estimate_parameters_using_expectation_maximisation(
            rule, max_pairs=EM_PAIRS, record_sample_proportion=0.1
        )
    taught = {comparison.output_column_name: comparison for comparison in linker._settings_obj.comparisons}
    return Learnt(
        {name: _levels(comparison, "m_probability", _LEAST_M) for name, comparison in taught.items()},
        {name: _levels(comparison, "u_probability", _LEAST_U) for name, comparison in taught.items()},
    )


def _recall_of_exact(shares: Learnt) -> float:
    """Return the share of true pairs whose names and birthdays agree to the letter, errors being independent."""
    exact = (shares.m[name]["the same"] for name in _EXACTLY if name in shares.m)
    return max(math.prod(exact), _LEAST_RECALL)


_LEAST_M, _LEAST_U = 0.0002, 0.0000001
"""A level that was not seen among the pairs learnt from is rare, not impossible."""


def _levels(comparison: Any, which: str, least: float) -> dict[str, float]:
    return {
        level.label_for_charts: min(max(round(float(getattr(level, which)), 9), least), 1.0)
        for level in comparison.comparison_levels
        if not level.is_null_level
    }


_EXACT = """
    SELECT (SELECT count(*) FROM record),
           (SELECT count(*) FROM record l JOIN record r
            ON l.given_name = r.given_name AND l.family_name = r.family_name AND l.date_of_birth = r.date_of_birth
            AND l.number < r.number AND l.exclusive <> r.exclusive)
"""


def _can_learn_from(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rules = []
    for rule in comparisons.LEARNT_FROM:
        query = f"SELECT 1 FROM record l JOIN record r ON {rule} AND l.number < r.number LIMIT 1"
        if connection.execute(query).fetchall():
            rules.append(rule)
    return rules


def _components(connection: duckdb.DuckDBPyConnection, candidates: str) -> None:
    found = connection.execute(
        f"""
        SELECT round(match_weight, 4) AS weight, least(number_l, number_r) AS one, greatest(number_l, number_r) AS other
        FROM {candidates}
        ORDER BY weight DESC, one, other
        """
    ).fetchnumpy()
    links = list(zip(found["one"].tolist(), found["other"].tolist(), strict=True))
    groups = clusters.components(links)
    numbers = [number for group in groups for number in group]
    of = [index for index, group in enumerate(groups) for _ in group]
    members = pa.table({"number": pa.array(numbers, pa.int64()), "component": pa.array(of, pa.int64())})
    connection.register("member", members)
    connection.execute(
        "CREATE OR REPLACE TABLE component_record AS SELECT record.*, component FROM record JOIN member USING (number)"
    )
    connection.unregister("member")


def _pairs(connection: duckdb.DuckDBPyConnection, scored: str, model: Model) -> None:
    sibling = siblings.likelihood(model.shares, model.sibling_ratio)
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE weighed AS
        WITH sibling AS (
            SELECT least(l.number, r.number) AS one, greatest(l.number, r.number) AS other, l.component,
                   match_weight AS strangers, -log2(pow(2, -match_weight) + {sibling}) AS evidence
            FROM {scored}
            JOIN component_record l ON l.number = number_l
            JOIN component_record r ON r.number = number_r
        )
        SELECT component, one, other, strangers, evidence, {contradictions.reason("evidence")} AS reason,
               l.exclusive AS one_exclusive, r.exclusive AS other_exclusive
        FROM sibling JOIN record l ON l.number = one JOIN record r ON r.number = other
        """
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE pair AS
        WITH possible AS (
            SELECT *, pow(2, least(evidence, {_STRONGEST})) AS odds FROM weighed WHERE reason = ''
        ), rival AS (
            SELECT one, other, odds, one AS record, other_exclusive AS among FROM possible
            UNION ALL SELECT one, other, odds, other, one_exclusive FROM possible
        ), best AS (
            SELECT one, other, max(others) AS others FROM (
                SELECT one, other, sum(odds) OVER (PARTITION BY record, among) - odds AS others FROM rival
            ) GROUP BY one, other
        )
        SELECT component, one, other, round(strangers, 4) AS strangers, round(evidence, 4) AS evidence, reason,
               round(evidence - log2(1 + greatest(coalesce(others, 0), 0)), 4) AS weight
        FROM weighed LEFT JOIN best USING (one, other)
        ORDER BY component, one, other
        """
    )
    connection.execute("DROP TABLE weighed")


_STRONGEST = 40


def components(connection: duckdb.DuckDBPyConnection) -> Iterator[list[Pair]]:
    """Yield the pairs of each component, from the table `pair`."""
    reader = connection.sql(
        "SELECT component, one, other, weight, evidence, reason FROM pair ORDER BY component, one, other"
    ).to_arrow_reader(100_000)
    rows = (row for batch in reader for row in zip(*(column.to_pylist() for column in batch.columns), strict=True))
    for _, group in itertools.groupby(rows, key=lambda row: row[0]):
        yield [Pair(*row[1:]) for row in group]


def against_siblings(connection: duckdb.DuckDBPyConnection, threshold: float) -> int:
    """Return how many pairs would be linked if siblings were not thought of."""
    [(refused,)] = connection.execute(
        f"SELECT count(*) FROM pair WHERE reason = '' AND strangers >= {threshold!r} AND evidence < {threshold!r}"
    ).fetchall()
    return int(refused)


def reason_between(connection: duckdb.DuckDBPyConnection, one: Sequence[int], other: Sequence[int]) -> str:
    """Return the first reason why a record of one list cannot be a record of the other, or an empty text."""
    left, right = (f"({', '.join(str(number) for number in numbers)})" for numbers in (one, other))
    rows = connection.execute(
        f"SELECT min(reason) FROM pair WHERE reason <> '' AND "
        f"((one IN {left} AND other IN {right}) OR (one IN {right} AND other IN {left}))"
    ).fetchall()
    return rows[0][0] or ""


def probability(weight: float) -> float:
    """Return the probability that belongs to a weight of so many bits: 2^w / (1 + 2^w), in [0, 1]."""
    return 1 / (1 + math.pow(2, -weight)) if weight > -500 else 0.0


def bits(probability: float) -> float:
    """Return the weight in bits that belongs to a probability in (0, 1): log2(p / (1 - p))."""
    return math.log2(probability / (1 - probability))
