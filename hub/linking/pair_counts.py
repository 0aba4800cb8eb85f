"""What a linkage did with its pairs, in counts: by weight, linked or not, and why not. No pair is named.

A pair may be linked below the threshold (other records bind the two) and not linked above it (a contradiction).
"""

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

LOWEST, HIGHEST, WIDTH = -20, 40, 2
"""The histogram's bands are two bits wide, from -20 to 40; the first and the last are open."""


def by_weight(connection: duckdb.DuckDBPyConnection, person: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Return pairs by weight: rows of `from` (bits, below LOWEST as LOWEST), `pairs`, `linked` and `contradicted`.

    Args:
        connection: holds the table `pair` (hub.weighing.pairs), if anything was compared.
        person: for each record the number of its person.
    """
    if not connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'pair'").fetchall():
        return []
    register_people(connection, person)
    rows = connection.execute(
        f"""
        SELECT greatest({LOWEST}, least({HIGHEST - WIDTH}, floor(weight / {WIDTH})::BIGINT * {WIDTH})) AS "from",
               count(*), count(*) FILTER (l.person = r.person), count(*) FILTER (reason <> '')
        FROM pair JOIN person_given l ON l.number = one JOIN person_given r ON r.number = other
        GROUP BY 1 ORDER BY 1
        """
    ).fetchall()
    connection.unregister("person_given")
    return [dict(zip(("from", "pairs", "linked", "contradicted"), map(int, row), strict=True)) for row in rows]


def register_people(connection: duckdb.DuckDBPyConnection, person: NDArray[np.int64]) -> None:
    """Give the connection the view `person_given` (number, person)."""
    connection.register("person_given", pa.table({"number": np.arange(len(person)), "person": person}))
