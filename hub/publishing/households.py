"""Households: who lived at one address at one time, from the addresses in the identity store.

Two addresses are one when postcode and house numbers (or, without a number, the whole spelling) agree, so a misspelt
street does not move a child out of the family. A person lives at an address from the day on which it holds until the
next address begins, whichever source says so, or until a source says that it ended. An address whose source does not
say since when it holds may be years old: it counts only where no dated one does, and moves nobody out of a dated one
(docs/decisions/0007-addresses-without-a-date.md). `known_from` and `end_known_from` are the days on which the hub could
know the start and the end: nothing learnt later moves them. People of one `household_id` live together only while their
times overlap.

Limits, counted in the snapshot: addresses without a postcode are not used; an address with more than 12 people at one
time is an institution or several homes and is no household; who left an address without a newer one, or an end, being
recorded still counts as living there.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from hub import parquet_files
from hub.identity import spellings
from hub.identity.pseudonyms import Key, sql_pseudonym
from hub.tables import HOUSEHOLD

MOST = 12
"""More people than this at one time are not one household."""


@dataclass(frozen=True, slots=True)
class HouseholdCounts:
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


def build(connection: duckdb.DuckDBPyConnection, key: Key, path: Path) -> HouseholdCounts:
    """Write the household table (hub.tables.HOUSEHOLD).

    Args:
        connection: holds the view `identity_row` and the table `person_of` (record_key, person_id).
        key: the key of pseudonyms.
        path: the Parquet file.
    """
    _addresses(connection)
    _stays_of_everybody(connection)
    _crowded_homes(connection)
    household = sql_pseudonym("'household'", "home")
    rows = parquet_files.write(
        connection,
        f"""
        SELECT person_id, {household} AS household_id, area_id, valid_from, valid_to, known_from, end_known_from, source
        FROM stay ANTI JOIN crowded USING (home) WHERE valid_to IS NULL OR valid_to > valid_from
        """,
        HOUSEHOLD,
        path,
        key.parameters,
    )
    counts = _counts(connection, rows)
    for name in ("lived", "stay", "crowded"):
        connection.execute(f"DROP TABLE {name}")
    return counts


def _addresses(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `lived`: every address that somebody was said to live at, one row each time that it was said.

    | person_id | source | known_from | valid_from | began      | valid_to | home    |
    | p1        | school | 2020-01-05 | -          | 2020-01-05 | -        | le11aa/4 |

    `began` is the day from which it holds, or without one the day of knowing; `home` is NULL without a postcode.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE lived AS
        SELECT person_id, source, area_id, known_from, valid_from, coalesce(valid_from, known_from) AS began,
               valid_to, end_known_from, {address_key("address", "postcode")} AS home
        FROM identity_row JOIN person_of USING (record_key)
        WHERE address IS NOT NULL
        """
    )


def _stays_of_everybody(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `stay`: who lived at which home from when until when, dated addresses first (`_stays`, `_until_dated`).

    An undated address counts only where no dated one held, as far as was known on the day that it was told.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE stay AS
        WITH dated AS (FROM lived WHERE home IS NOT NULL AND valid_from IS NOT NULL),
        undated AS (
            FROM lived AS one WHERE home IS NOT NULL AND valid_from IS NULL AND NOT EXISTS (
                FROM dated WHERE dated.person_id = one.person_id AND dated.began <= one.began
                AND dated.known_from <= one.known_from AND coalesce(dated.valid_to > one.began, true)
            )
        )
        FROM ({_stays("dated")}) UNION ALL BY NAME FROM ({_until_dated(_stays("undated"))})
        """
    )


def _crowded_homes(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `crowded`: homes with more than `MOST` people on some day, by adding up who comes and who goes."""
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


def _counts(connection: duckdb.DuckDBPyConnection, rows: int) -> HouseholdCounts:
    [counts] = connection.execute(
        """
        SELECT (SELECT count(DISTINCT home) FROM stay ANTI JOIN crowded USING (home)
                WHERE valid_to IS NULL OR valid_to > valid_from),
               (SELECT count(*) FROM crowded), (SELECT count(*) FROM stay SEMI JOIN crowded USING (home)),
               (SELECT count(*) FROM lived WHERE home IS NULL)
        """
    ).fetchall()
    return HouseholdCounts(rows, *counts)


def _stays(rows: str) -> str:
    """Return the SELECT of stays: addresses after each other, with the day and the knowledge of their ends.

    `marked` finds where somebody moves (another home than before, or back after an end), `numbered` counts the moves,
    `stays` makes one row of each, `ended` says how it ended: by an end that a source says, if nobody was known to live
    there later and before the next move, else by the next move.

    | told of p1                 | becomes                         |
    | home A from 1 Jan, 1 March | A, 1 Jan to 1 June, known 1 Jan |
    | home B from 1 June         | B, 1 June, still there          |

    Args:
        rows: a table like `lived`, of rows with a home.
    """
    return f"""
        WITH marked AS (
            SELECT *, home IS DISTINCT FROM lag(home) OVER newest OR coalesce(lag(valid_to) OVER newest < began, false)
                   AS is_move, row_number() OVER newest AS place
            FROM {rows} WINDOW newest AS (PARTITION BY person_id ORDER BY began, known_from, home, source)
        ), numbered AS (
            SELECT *, sum(is_move::INTEGER) OVER (PARTITION BY person_id ORDER BY place) AS move FROM marked
        ), stays AS (
            SELECT person_id, move, any_value(home) AS home,
                   min({{'both': greatest(known_from, began), 'known_from': known_from, 'began': began,
                         'source': source}}) AS first,
                   list(area_id ORDER BY known_from, area_id) FILTER (area_id IS NOT NULL)[1] AS area_id,
                   max({{'on': valid_to, 'known_from': end_known_from}}) FILTER (valid_to IS NOT NULL) AS said,
                   max(began) FILTER (valid_to IS NULL) AS last_open
            FROM numbered GROUP BY person_id, move
        ), ended AS (
            SELECT *, lead(first.began) OVER later AS next_on, lead(first.known_from) OVER later AS next_known_from,
                   coalesce(said.on > first.began AND coalesce(last_open < said.on, true)
                            AND coalesce(said.on < lead(first.began) OVER later, true), false) AS is_said
            FROM stays WINDOW later AS (PARTITION BY person_id ORDER BY move)
        )
        SELECT person_id, home, area_id, first.source AS source, first.began AS valid_from,
               first.known_from AS known_from, CASE WHEN is_said THEN said.on ELSE next_on END AS valid_to,
               CASE WHEN is_said THEN greatest(first.known_from, said.known_from)
                    WHEN next_on IS NOT NULL THEN greatest(first.known_from, next_known_from) END AS end_known_from
        FROM ended
    """


def _until_dated(stays: str) -> str:
    """Return the SELECT of undated stays that end when the hub first knows of a dated address that has begun.

    Where that one began before the undated one was recorded, the undated one ends on the day of learning it: until then
    it was what was known.
    """
    return f"""
        SELECT person_id, home, area_id, source, one.valid_from, one.known_from,
               CASE WHEN is_dated THEN next.valid_to ELSE one.valid_to END AS valid_to,
               CASE WHEN is_dated THEN next.end_known_from ELSE one.end_known_from END AS end_known_from
        FROM (
            SELECT one, unnest(one), next, coalesce(
                greatest(next.valid_to, next.end_known_from) <= greatest(one.valid_to, one.end_known_from),
                next IS NOT NULL) AS is_dated
            FROM (
                SELECT any_value(one) AS one, min({{
                    'known': greatest(dated.known_from, dated.began),
                    'valid_to': CASE WHEN dated.began > one.valid_from THEN dated.began ELSE dated.known_from END,
                    'end_known_from': greatest(dated.known_from, one.known_from)
                }}) FILTER (dated.person_id IS NOT NULL) AS next
                FROM (SELECT one, row_number() OVER () AS number FROM ({stays}) AS one)
                LEFT JOIN dated ON dated.person_id = one.person_id AND coalesce(dated.valid_to > one.valid_from, true)
                GROUP BY number
            )
        )
    """
