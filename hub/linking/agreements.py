"""People whom a linkage should find: values of two sources that agree, beyond what strangers explain.

    found = agreements.count(connection, ("given_name", "family_name"), "date_of_birth")
    # Agreements(between=24, inside=0)

Two strangers have both names the same, or a name and the birthday, more often than independent chance says: names go
together by origin, brothers and sisters have one family name, twins the birthday too. How often is seen within the
files. So only what is rare is looked at: two values that belong to one person in either source (`m` of them agree
between two sources), beside those that belong to two people of one source (`d` of them in sources of N people):

    explained = pairs of people of two sources x 2 (d + 1) / sum of N (N - 1) x composition

What counts is six standard deviations beyond. The composition says how much more often the first value alone, or the
second, agrees between the sources than within them, at least 1: a small file of usual names expects more. Of a source
people are counted, as linked or as the third value tells them apart, whichever are fewer.
"""

from dataclasses import dataclass

import duckdb
import numpy as np

_STANDARD_DEVIATIONS = 6


@dataclass(frozen=True, slots=True)
class Agreements:
    """What agrees in two values, less what strangers explain; 0 where that is within chance.

    Attributes:
        between: people of two sources, not more than the smaller one has.
        inside: pairs of records of one source that may hold a person twice, beyond independent chance.
    """

    between: int
    inside: int


@dataclass(frozen=True, slots=True)
class _Alike:
    """Pairs of records that have a value the same: of two sources, of one, of one that may hold a person twice."""

    between: float
    within: float
    inside: float


def count(connection: duckdb.DuckDBPyConnection, columns: tuple[str, str], third: str | None) -> Agreements:
    """Count what agrees in two columns.

    Args:
        connection: holds the table `record` and the view `person_given` (hub.linking.pair_counts).
        columns: two of `record` that hold a text.
        third: one that tells people apart, where it is compared.
    """
    one, other = columns
    apart = "count(*)" if third is None else f"count(DISTINCT coalesce({third}, ''))"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE agreeing AS
        SELECT source, bool_or(exclusive <> source) AS several, 'same' AS whole, {one} AS one, {other} AS other,
               count(*)::DOUBLE AS n,
               least(count(DISTINCT person), {apart})::DOUBLE AS people
        FROM record JOIN person_given USING (number)
        WHERE {one} IS NOT NULL AND {other} IS NOT NULL GROUP BY source, {one}, {other}
        """
    )
    both, first, second, every = (_alike(connection, values) for values in ("one, other", "one", "other", "whole"))
    sizes = [
        (float(people), float(twice))
        for people, twice in connection.execute(
            "SELECT sum(people), count(*) FILTER (people = 2) FROM agreeing GROUP BY source"
        ).fetchall()
    ]
    [(seen,)] = connection.execute(
        "SELECT coalesce(sum(sources * (sources - 1) / 2), 0) FROM "
        "(SELECT count(*)::DOUBLE AS sources FROM agreeing WHERE people = 1 GROUP BY one, other)"
    ).fetchall()
    connection.execute("DROP TABLE agreeing")
    people, twice = np.array([n for n, _ in sizes]), sum(two for _, two in sizes)
    pairs = (people.sum() ** 2 - (people**2).sum()) / 2
    explained = pairs * 2 * (twice + 1) / max(float((people * (people - 1)).sum()), 1)
    explained *= max(1.0, *(_composition(alike, every, float(seen)) for alike in (first, second)))
    between = _beyond(float(seen), explained, explained + explained**2 / (twice + 1))
    chance = first.inside * second.inside / max(every.inside, 1)
    return Agreements(round(between), round(_beyond(both.inside, chance, chance)))


def most(connection: duckdb.DuckDBPyConnection) -> float:
    """Return how many pairs of records can be one person at most; no bound where a source may hold one twice.

    Args:
        connection: holds the table `record`.
    """
    rows = connection.execute("SELECT bool_or(exclusive <> source), count(*) FROM record GROUP BY source").fetchall()
    if any(several for several, _ in rows):
        return float("inf")
    sizes = np.sort([float(n) for _, n in rows])
    return float((sizes * np.arange(len(sizes))[::-1]).sum())


def _composition(alike: _Alike, every: _Alike, people: float) -> float:
    """Return how much more often a value agrees between sources than within them, but for `people` in both."""
    if not alike.within or not every.between:
        return 1.0
    return ((alike.between - people) / every.between) / (alike.within / every.within)


def _beyond(seen: float, explained: float, variance: float) -> float:
    more = seen - explained
    return more if more >= _STANDARD_DEVIATIONS * max(variance, 1) ** 0.5 else 0.0


def _alike(connection: duckdb.DuckDBPyConnection, values: str) -> _Alike:
    """Count the pairs of records with the same `values`, columns of the table `agreeing`."""
    found = connection.execute(
        f"""
        WITH source AS (SELECT {values}, source, several, sum(n) AS n FROM agreeing GROUP BY ALL),
        value AS (
            SELECT sum(n) * sum(n) - sum(n * n) AS between, sum(n * n - n) AS within,
                   sum(n * n - n) FILTER (several) AS inside
            FROM source GROUP BY {values}
        )
        SELECT coalesce(sum(between), 0) / 2, coalesce(sum(within), 0) / 2, coalesce(sum(inside), 0) / 2 FROM value
        """
    ).fetchall()
    return _Alike(*map(float, found[0]))
