"""The person table of a snapshot: month of birth, sex, gender, ethnicity, area, audit attributes, nothing that names.

Of several sources the first one in sources.yaml that recorded a fact is believed, and within a source what it recorded
last. The area is that of the address that began last, whichever source says so.

The groups of ethnicity are those of the code list `ethnicity`. What is no ethnicity is a value of its own and never
counted with a group: "refused" and "not obtained" as the list has them, "unknown code" for a code that is not in it,
and "not recorded" where no source says anything.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from hub import parquet_files, sql
from hub.declarations import codes
from hub.staging.recorded_groups import NOT_RECORDED, UNKNOWN_CODE
from hub.tables import PERSON

_BELIEVED = "ORDER BY rank, known_from DESC, valid_from DESC NULLS LAST"
_LATEST = "ORDER BY coalesce(valid_from, known_from) DESC, known_from DESC, rank"


def build(connection: duckdb.DuckDBPyConnection, sources: Sequence[str], path: Path) -> int:
    """Write the person table (hub.tables.PERSON) and return its number of rows.

    Args:
        connection: holds the view `identity_row` and the table `person_of` (record_key, person_id).
        sources: names of the sources, in the order in which they are believed.
        path: the Parquet file.
    """
    ranks = ", ".join(f"({sql.text(name)}, {rank})" for rank, name in enumerate(sources))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE said AS
        SELECT person_id, rank, known_from, valid_from, date_trunc('month', date_of_birth)::DATE AS birth_month,
               sex, gender, upper(ethnicity) AS ethnicity, area_id, attributes
        FROM identity_row JOIN person_of USING (record_key) JOIN (VALUES {ranks}) AS ranks (source, rank) USING (source)
        """
    )
    rows = parquet_files.write(
        connection,
        f"""
        WITH attribute AS (
            SELECT person_id, entry.key AS name, list(entry.value {_BELIEVED}, entry.value)[1] AS value
            FROM (SELECT person_id, rank, known_from, valid_from, unnest(map_entries(attributes)) AS entry FROM said)
            GROUP BY person_id, name
        ), attributes AS (
            SELECT person_id, map_from_entries(list({{'key': name, 'value': value}} ORDER BY name)) AS attributes
            FROM attribute GROUP BY person_id
        ), person AS (
            SELECT person_id, {_first("birth_month", _BELIEVED)}, {_first("sex", _BELIEVED)},
                   {_first("gender", _BELIEVED)}, {_first("ethnicity", _BELIEVED)}, {_first("area_id", _LATEST)}
            FROM said GROUP BY person_id
        )
        SELECT person.*, {_group("ons_19")} AS ethnicity_19, {_group("ons_5")} AS ethnicity_5,
               coalesce(attributes, MAP {{}}::MAP(VARCHAR, VARCHAR)) AS attributes
        FROM person LEFT JOIN attributes USING (person_id)
        """,
        PERSON,
        path,
        unique=True,
    )
    connection.execute("DROP TABLE said")
    return rows


def _group(name: str) -> str:
    """Return the SQL of a group of `ethnicity` in the code list."""
    listed = codes.read("ethnicity").codes
    cases = " ".join(f"WHEN {sql.text(one.code)} THEN {sql.text(one.groups[name])}" for one in listed)
    others = f"WHEN ethnicity IS NULL THEN {sql.text(NOT_RECORDED)} ELSE {sql.text(UNKNOWN_CODE)}"
    return f"coalesce(CASE ethnicity {cases} END, CASE {others} END)"


def _first(column: str, order: str) -> str:
    return f"list({column} {order}, {column}) FILTER ({column} IS NOT NULL)[1] AS {column}"
