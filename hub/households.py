"""Households: who lived at one address at one time, from the addresses in the identity store.

Two addresses are one when postcode and house numbers (or, without a number, the whole spelling) agree, so a misspelt
street does not move a child out of the family. A person lives at an address from the day it holds (else the day it was
recorded) until the next address begins, whichever source says so. `known_from` and `end_known_from` are the days on
which the hub could know the start and the end: nothing learnt later moves them. People of one `household_id` live
together only while their times overlap.

Limits, counted in the snapshot: addresses without a postcode are not used; an address with more than 12 people at one
time is an institution or several homes and is no household; who left an address without a newer one being recorded
still counts as living there.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from hub import parquet_files, spellings
from hub.pseudonyms import Key, sql_pseudonym
from hub.tables import HOUSEHOLD

MOST = 12
"""More people than this at one time are not one household."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the addresses.

    Attributes:
        rows: rows of the household table.
        households: distinct households.
        crowded_addresses: addresses with more than 12 people at one time, which are no households.
        crowded_rows: rows left out for that.
        addresses_without_postcode: identity rows whose address could not be used.
    """

    rows: int
    households: int
    crowded_addresses: int
    crowded_rows: int
    addresses_without_postcode: int


def address_key(address: str, postcode: str) -> str:
    """Return SQL for what tells addresses apart: the postcode and the house numbers, or the whole spelling without one.

    Args:
        address: SQL of house and street.
        postcode: SQL of the postcode; without one the key is NULL.
    """
    spelt = spellings.address(address)
    numbers = f"array_to_string(regexp_extract_all({spelt}, '[a-z]?[0-9]+[a-z]?\\b'), ' ')"
    return f"{spellings.postcode(postcode)} || '|' || coalesce(nullif({numbers}, ''), {spelt})"


def build(connection: duckdb.DuckDBPyConnection, key: Key, path: Path) -> Counts:
    """Write the household table (hub.tables.HOUSEHOLD).

    Args:
        connection: holds the view `identity_row` and the table `person_of` (record_key, person_id).
        key: the key of pseudonyms.
        path: the Parquet file.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE lived AS
        SELECT person_id, source, area_id, known_from, coalesce(valid_from, known_from) AS began,
               {address_key("address", "postcode")} AS home
        FROM identity_row JOIN person_of USING (record_key)
        WHERE address IS NOT NULL
        """
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE stay AS
        WITH marked AS (
            SELECT *, home IS DISTINCT FROM lag(home) OVER newest AS is_move, row_number() OVER newest AS place
            FROM lived WHERE home IS NOT NULL
            WINDOW newest AS (PARTITION BY person_id ORDER BY began, known_from, home, source)
        ), numbered AS (
            SELECT *, sum(is_move::INTEGER) OVER (PARTITION BY person_id ORDER BY place) AS move FROM marked
        ), stays AS (
            SELECT person_id, move, any_value(home) AS home,
                   min({'known_from': known_from, 'began': began, 'source': source}) AS first,
                   list(area_id ORDER BY known_from, area_id) FILTER (area_id IS NOT NULL)[1] AS area_id
            FROM numbered GROUP BY person_id, move
        )
        SELECT person_id, home, area_id, first.source AS source, first.began AS valid_from,
               first.known_from AS known_from,
               lead(first.began) OVER later AS valid_to,
               greatest(first.known_from, lead(first.known_from) OVER later) AS next_known_from
        FROM stays WINDOW later AS (PARTITION BY person_id ORDER BY move)
        """
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE crowded AS
        WITH change AS (
            SELECT home, valid_from AS day, 1 AS people FROM stay WHERE valid_to IS NULL OR valid_to > valid_from
            UNION ALL SELECT home, valid_to, -1 FROM stay WHERE valid_to > valid_from
        ), daily AS (SELECT home, day, sum(people) AS people FROM change GROUP BY home, day)
        SELECT DISTINCT home FROM (SELECT home, sum(people) OVER (PARTITION BY home ORDER BY day) AS there FROM daily)
        WHERE there > {MOST}
        """
    )
    household = sql_pseudonym("'household'", "home")
    rows = parquet_files.write(
        connection,
        f"""
        SELECT person_id, {household} AS household_id, area_id, valid_from, valid_to, known_from,
               CASE WHEN valid_to IS NOT NULL THEN next_known_from END AS end_known_from, source
        FROM stay ANTI JOIN crowded USING (home) WHERE valid_to IS NULL OR valid_to > valid_from
        """,
        HOUSEHOLD,
        path,
        key.parameters,
    )
    [counts] = connection.execute(
        """
        SELECT (SELECT count(DISTINCT home) FROM stay ANTI JOIN crowded USING (home)
                WHERE valid_to IS NULL OR valid_to > valid_from),
               (SELECT count(*) FROM crowded), (SELECT count(*) FROM stay SEMI JOIN crowded USING (home)),
               (SELECT count(*) FROM lived WHERE home IS NULL)
        """
    ).fetchall()
    for name in ("lived", "stay", "crowded"):
        connection.execute(f"DROP TABLE {name}")
    return Counts(rows, *counts)
