"""Pairs of records that may be one person, weighed by Splink and against the sibling hypothesis.

Reads the table `record` (linking.records) of a DuckDB connection and leaves the table `pair` in it: all pairs of
records inside one component (records that candidate links connect), with these columns:

| column | what |
|---|---|
| component | the lowest number of the records in the component |
| one, other | record numbers, one < other |
| strangers | Splink's match weight: bits for "one person" against "strangers" |
| evidence | bits for "one person" against "strangers or siblings"; see hub.weighing.siblings |
| weight | evidence after competition: in a source with one record a person at most one candidate is right |
| reason | why they cannot be one person (hub.linking.contradictions), or an empty text |
"""

import itertools
from collections.abc import Iterator, Sequence

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hub.identity.person_ids import Parting
from hub.linking import candidates, components, contradictions
from hub.linking.candidates import Splink
from hub.linking.clusters import Pair
from hub.weighing import siblings
from hub.weighing.comparisons import LEAST_FREQUENCY, Learnt

_STRONGEST = 40
_LEAST_MISSING = 0.02
# Nobody is on the other side so surely that a missing record is not thought of at all.


def make(
    connection: duckdb.DuckDBPyConnection,
    splink: Splink,
    shares: Learnt,
    family: siblings.Ratio,
    threshold: float,
    doubtful: Sequence[str],
) -> None:
    """Make the table `pair`.

    Args:
        connection: holds the tables `record` and `candidate`.
        splink: the model.
        shares: m and u of each level, as learnt.
        family: family pairs for one true pair.
        threshold: candidates with a match weight of at least this many bits connect records.
        doubtful: kinds of identifiers of which one person may have two.
    """
    _components(connection, threshold)
    _inside(connection, splink)
    _families(connection, siblings.likelihood(shares, family), threshold)
    _weighed(connection, doubtful)
    _competing(connection)
    for table in ("member", "inside", "family", "weighed"):
        connection.execute(f"DROP TABLE {table}")


def _components(connection: duckdb.DuckDBPyConnection, threshold: float) -> None:
    """Make the table `member` (number, component) of the records that candidates over the threshold connect."""
    links = connection.execute(
        f"SELECT one, other FROM candidate WHERE weight >= {threshold!r} ORDER BY round(weight, 4) DESC, one, other"
    ).fetchnumpy()
    [(size,)] = connection.execute("SELECT count(*) FROM record").fetchall()
    name = components.bounded(np.asarray(links["one"]), np.asarray(links["other"]), size)
    linked = np.bincount(name, minlength=size)[name] > 1
    connection.register("member_given", pa.table({"number": np.flatnonzero(linked), "component": name[linked]}))
    connection.execute("CREATE OR REPLACE TABLE member AS FROM member_given")
    connection.unregister("member_given")


def _inside(connection: duckdb.DuckDBPyConnection, splink: Splink) -> None:
    """Make the table `inside`: all pairs inside a component with Splink's weight; few of them are no candidates."""
    connection.execute(
        """
        CREATE OR REPLACE TABLE inside AS
        SELECT l.component, l.number AS one, r.number AS other, weight AS strangers
        FROM member l JOIN member r ON l.component = r.component AND l.number < r.number
        LEFT JOIN candidate ON one = l.number AND other = r.number
        """
    )
    connection.execute("CREATE OR REPLACE TEMP TABLE unknown AS SELECT one, other FROM inside WHERE strangers IS NULL")
    if connection.execute("SELECT 1 FROM unknown LIMIT 1").fetchall():
        scored = candidates.score(connection, splink, "unknown", None)
        connection.execute(
            f"UPDATE inside SET strangers = match_weight FROM {scored} WHERE one = number_l AND other = number_r"
        )
        connection.execute(f"DROP TABLE {scored}")
    connection.execute("DROP TABLE unknown")


def _families(connection: duckdb.DuckDBPyConnection, likelihood: str, threshold: float) -> None:
    """Make the table `family`: the pairs of `inside` with S/M + P/M (hub.weighing.siblings), as far as it can be so.

    Records without a birthday are often all of one kind, such as children who came alone, whose names are more alike
    than those of everybody. So between two of them a name counts by its frequency among them.

    Where both sources hold one record a person, two records of one birthday can only be twins if neither has its own
    record on the other side. How often a person is missing there is counted; so where nobody else on the other side
    fits, twins count by that share, once for each of the two records (hub.weighing.siblings, "Who else could it be?").
    """
    undated = " + ".join(_more_frequent(name) for name in ("given_name", "family_name"))
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE family AS
        WITH {", ".join(_frequencies(name) for name in ("given_name", "family_name"))}, undated AS (
            SELECT component, one, other, strangers - CASE WHEN l.date_of_birth IS NULL AND r.date_of_birth IS NULL
                       THEN {undated} ELSE 0 END AS strangers, {likelihood} AS family,
                   CASE WHEN l.exclusive = l.source THEN l.source END AS one_source,
                   CASE WHEN r.exclusive = r.source THEN r.source END AS other_source,
                   coalesce(l.date_of_birth = r.date_of_birth, false) AS one_birthday,
                   l.exclusive = r.exclusive AS within
            FROM inside JOIN record l ON l.number = one JOIN record r ON r.number = other
            LEFT JOIN frequency_given_name f_given_name ON f_given_name.value = l.given_name
            LEFT JOIN frequency_family_name f_family_name ON f_family_name.value = l.family_name
        )
        SELECT *, -log2(pow(2, -strangers) + family) AS before FROM undated
        """
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE family AS
        WITH side AS (
            SELECT one, other, one AS record, one_source AS source, other_source AS among, before, one_birthday
            FROM family WHERE NOT within AND one_source IS NOT NULL AND other_source IS NOT NULL
            UNION ALL
            SELECT one, other, other, other_source, one_source, before, one_birthday
            FROM family WHERE NOT within AND one_source IS NOT NULL AND other_source IS NOT NULL
        ), held AS (SELECT source, count(*) AS records FROM record GROUP BY source
        ), met AS (
            SELECT source, among, count(DISTINCT record) AS met FROM side WHERE before >= {threshold!r} GROUP BY ALL
        ), missing AS (
            SELECT source, among, greatest(1 - met / records, {_LEAST_MISSING}) AS missing
            FROM met JOIN held USING (source)
        ), alone AS (
            SELECT one, other, greatest(coalesce(missing, 1), least(1, sum(odds) OVER (PARTITION BY record, among)
                   - odds)) AS alone, one_birthday
            FROM (SELECT *, pow(2, least(before, {_STRONGEST})) AS odds FROM side)
            LEFT JOIN missing USING (source, among)
        ), both_sides AS (SELECT one, other, product(alone) AS alone FROM alone WHERE one_birthday GROUP BY ALL)
        SELECT component, one, other, strangers, family * coalesce(alone, 1) AS family
        FROM family LEFT JOIN both_sides USING (one, other)
        """
    )


def _frequencies(name: str) -> str:
    """Return SQL of a table: log2 of how much more frequent a name is where no birthday is known than among all."""
    undated = "count(*) FILTER (date_of_birth IS NULL)"
    return f"""frequency_{name} AS (
        SELECT {name} AS value, log2(({undated} / (SELECT {undated} FROM record WHERE {name} IS NOT NULL))
               / greatest(count(*) / (SELECT count(*) FROM record WHERE {name} IS NOT NULL), {LEAST_FREQUENCY})) AS more
        FROM record WHERE {name} IS NOT NULL GROUP BY 1 HAVING {undated} > 0)"""


def _more_frequent(name: str) -> str:
    return f"CASE WHEN l.{name} = r.{name} THEN greatest(coalesce(f_{name}.more, 0), 0) ELSE 0 END"


def _weighed(connection: duckdb.DuckDBPyConnection, doubtful: Sequence[str]) -> None:
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE weighed AS
        WITH sibling AS (SELECT *, -log2(pow(2, -strangers) + family) AS evidence FROM family)
        SELECT component, one, other, strangers, evidence, {contradictions.reason("evidence", doubtful)} AS reason,
               l.exclusive AS one_exclusive, r.exclusive AS other_exclusive
        FROM sibling JOIN record l ON l.number = one JOIN record r ON r.number = other
        """
    )


def _competing(connection: duckdb.DuckDBPyConnection) -> None:
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


def whole(
    connection: duckdb.DuckDBPyConnection, threshold: float, size: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return for each of `size` records the first record of its person, and the weight of its strongest link.

    Only components in which every pair is a link are looked at; every other record is alone, its weight NaN.
    """
    first, weight = np.arange(size), np.full(size, np.nan)
    found = connection.execute(
        f"""
        SELECT number, component, max(weight) AS weight FROM (
            SELECT unnest([one, other]) AS number, component, weight FROM pair ANTI JOIN ({_parted(threshold)})
            USING (component)
        ) GROUP BY ALL
        """
    ).fetchnumpy()
    first[found["number"]] = found["component"]
    weight[found["number"]] = found["weight"]
    return first, weight


def _parted(threshold: float) -> str:
    """Return SQL for the components in which some pair is no link."""
    return f"SELECT DISTINCT component FROM pair WHERE reason <> '' OR weight < {threshold!r}"


def by_component(connection: duckdb.DuckDBPyConnection, threshold: float | None = None) -> Iterator[list[Pair]]:
    """Yield the pairs of each component, from the table `pair`.

    Args:
        connection: holds the table `pair`.
        threshold: leave out the components in which every pair is a link of at least this many bits.
    """
    some = "" if threshold is None else f"SEMI JOIN ({_parted(threshold)}) USING (component)"
    reader = connection.sql(
        f"SELECT component, one, other, weight, evidence, reason FROM pair {some} ORDER BY component, one, other"
    ).to_arrow_reader(100_000)
    rows = (row for batch in reader for row in zip(*(column.to_pylist() for column in batch.columns), strict=True))
    for _, group in itertools.groupby(rows, key=lambda row: row[0]):
        yield [Pair(*row[1:]) for row in group]


def components_parted(connection: duckdb.DuckDBPyConnection, person: NDArray[np.int64]) -> dict[str, int]:
    """Return how many components there are, the records of the largest, and how many are more than one person."""
    connection.register("person_found", pa.table({"number": np.arange(len(person)), "person": person}))
    [row] = connection.execute(
        """
        SELECT count(*), coalesce(max(records), 0), count(*) FILTER (people > 1) FROM (
            SELECT count(DISTINCT number) AS records, count(DISTINCT person) AS people
            FROM (SELECT component, unnest([one, other]) AS number FROM pair) JOIN person_found USING (number)
            GROUP BY component
        )
        """
    ).fetchall()
    connection.unregister("person_found")
    return dict(zip(("components", "largest", "parted"), row, strict=True))


def against_siblings(connection: duckdb.DuckDBPyConnection, threshold: float) -> int:
    """Return how many pairs would be linked if siblings were not thought of."""
    [(refused,)] = connection.execute(
        f"SELECT count(*) FROM pair WHERE reason = '' AND strangers >= {threshold!r} AND evidence < {threshold!r}"
    ).fetchall()
    return int(refused)


def reasons_between(connection: duckdb.DuckDBPyConnection, partings: Sequence[Parting]) -> list[str]:
    """Return for each parting the first reason why a record of one side cannot be one of the other, or an empty text.

    Args:
        connection: holds the table `pair`; where nothing was compared there is none, and no reason.
        partings: numbers of the records on the two sides.
    """
    if not connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'pair'").fetchall():
        return [""] * len(partings)
    numbers = [side for parting in partings for side in parting]
    sizes = [len(side) for side in numbers]
    sides = {
        "parting": np.repeat(np.arange(len(sizes)) // 2, sizes),
        "left_side": np.repeat(np.arange(len(sizes)) % 2 == 0, sizes),
        "record": np.concatenate([*numbers, np.empty(0, np.int64)]),
    }
    connection.register("side_given", pa.table(sides))
    rows = connection.execute(
        """
        SELECT l.parting, min(reason)
        FROM pair JOIN side_given l ON l.record = one JOIN side_given r ON r.record = other
        WHERE reason <> '' AND l.parting = r.parting AND l.left_side <> r.left_side GROUP BY 1
        """
    ).fetchall()
    connection.unregister("side_given")
    found = dict(rows)
    return [found.get(parting, "") for parting in range(len(partings))]
