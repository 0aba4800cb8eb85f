"""Whose events also count for a child: those of the household, of brothers and sisters, and of the area.

Other people's events become the child's for the time in which the hub knew, on an as-of date, that they belong
together. That time is a set of segments `[seen_from, seen_to)` of as-of dates. An event of the other becomes one of the
child that is known in `[max(known_from, seen_from), min(known_to, seen_to))`; where that is empty, it is dropped. A
kernel that asks of each event only whether it was known on the as-of date then needs to know nothing of households:

    write_stream(snapshot, Over.HOUSEHOLD, indicators, folder / "household.parquet")

Household: each person lives in one household on a date: of the stays that hold as far as was known, the one that began
last, then the one whose pseudonym sorts first. Siblings: others of one family, where neither is recorded as anything
but a child or a sibling. Area: that of the household.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from features.declarations.catalogue import Indicator, Over
from features.declarations.conditions import read_condition
from hub import sql
from hub.publishing.snapshots import Snapshot

COLUMNS = (
    "person_id",
    "event_type",
    "role",
    "occurred_on",
    "known_from",
    "known_to",
    "source",
    "value",
    "detail",
    "origin",
    "episode_id",
)
"""The columns of a stream: those of `hub.tables.EVENT` without event_id, which only gives the order."""

MEMORY = "512MB"
ROW_GROUP = 122_880
_TABLES = {
    Over.HOUSEHOLD: ("event", "household"),
    Over.SIBLINGS: ("event", "family"),
    Over.AREA: ("area_event", "household"),
}
_OTHER = {Over.HOUSEHOLD: "other_id", Over.SIBLINGS: "other_id", Over.AREA: "area_id"}
_SIBLING = "coalesce(relation IN ('child', 'sibling'), true)"
# A row holds from its first day, once known, until its end has come and is known too; GREATEST passes over nulls.
_SEEN = """
    greatest(valid_from, known_from) AS seen_from,
    CASE WHEN valid_to IS NULL THEN 'infinity'::DATE ELSE greatest(valid_to, end_known_from) END AS seen_to
"""


def segments_statement(over: Over) -> str:
    """Return the SELECT of the segments of as-of dates on which people belong together, as far as was known on them.

    Columns: person_id; other_id (household and siblings) or area_id (area); seen_from, the first date; seen_to, the
    first date on which it is no longer so, null while it is. The segments of one pair neither overlap nor touch. It
    reads the relation `household`, or `family` for siblings.

    Args:
        over: household, siblings or area.
    """
    if over is Over.AREA:
        pairs = f"SELECT person_id, area_id, seen_from, seen_to FROM ({_lived()}) WHERE area_id IS NOT NULL"
    elif over is Over.HOUSEHOLD:
        pairs = _together(_lived(), "household_id")
    else:
        member = f"SELECT person_id, family_id, {_SEEN} FROM family WHERE {_SIBLING}"
        pairs = _together(f"FROM ({member}) WHERE seen_to > seen_from", "family_id")
    return _united(pairs, _OTHER[over])


def _lived() -> str:
    """Return the SELECT of where each person lives: (person_id, household_id, area_id, seen_from, seen_to)."""
    return f"""
        WITH stay AS (FROM (SELECT *, {_SEEN} FROM household) WHERE seen_to > seen_from),
        edge AS (SELECT person_id, seen_from AS day FROM stay UNION SELECT person_id, seen_to FROM stay),
        span AS (
            SELECT person_id, day, lead(day) OVER (PARTITION BY person_id ORDER BY day) AS until FROM edge
        )
        SELECT person_id, day AS seen_from, any_value(until) AS seen_to,
               unnest(first({{'household_id': household_id, 'area_id': area_id}}
                            ORDER BY valid_from DESC, household_id, area_id))
        FROM span JOIN stay USING (person_id) WHERE stay.seen_from <= day AND day < stay.seen_to
        GROUP BY person_id, day
    """


def _together(members: str, place: str) -> str:
    """Return the SELECT of the times in which two different people are in one place, maybe in several pieces."""
    return f"""
        WITH member AS ({members})
        SELECT one.person_id, other.person_id AS other_id,
               greatest(one.seen_from, other.seen_from) AS seen_from, least(one.seen_to, other.seen_to) AS seen_to
        FROM member AS one JOIN member AS other ON other.{place} = one.{place} AND other.person_id <> one.person_id
             AND other.seen_from < one.seen_to AND one.seen_from < other.seen_to
    """


def _united(pairs: str, other: str) -> str:
    """Return the SELECT of the union of the segments of each pair; `infinity` becomes null."""
    ordered = f"PARTITION BY person_id, {other} ORDER BY seen_from, seen_to ROWS BETWEEN UNBOUNDED PRECEDING AND"
    return f"""
        SELECT person_id, {other}, min(seen_from) AS seen_from, nullif(max(seen_to), 'infinity'::DATE) AS seen_to
        FROM (
            SELECT *, count(*) FILTER (begins) OVER ({ordered} CURRENT ROW) AS island FROM (
                SELECT *, coalesce(max(seen_to) OVER ({ordered} 1 PRECEDING) < seen_from, true) AS begins FROM ({pairs})
            )
        ) GROUP BY person_id, {other}, island
    """


def keyed_statement(over: Over, indicators: Sequence[Indicator]) -> str:
    """Return the SELECT of the events that become each child's, with COLUMNS, in the order that a kernel needs.

    Sorted by person_id and occurred_on; then by event_id, the event's own known_from and the other person, or, for an
    area, by event_type and all else that tells its figures apart. It reads the relations `event` or `area_event`, and
    `household` or `family`.

    Args:
        over: household, siblings or area.
        indicators: those with another `over` do not count; only events that one of the others reads are there.
    """
    mine = [one for one in indicators if one.over is over]
    read = read_condition(mine)
    order = "occurred_on, event_id, event.known_from, other_id, seen_from"
    source, joined = "event", "event.person_id = other_id"
    given = {"person_id": "segment.person_id", "known_from": "greatest(event.known_from, seen_from)"}
    given["known_to"] = "least(event.known_to, seen_to)"
    if over is Over.AREA:
        order = "occurred_on, event_type, event.known_from, source, detail, value, seen_from"
        source, joined = "area_event", "event.area_id = segment.area_id"
        given |= {"known_to": "seen_to"} | dict.fromkeys(("role", "origin", "episode_id"), "NULL::VARCHAR")
    if not any(one.spells for one in mine):
        given["episode_id"] = "NULL::VARCHAR"  # long, and nobody reads it
    columns = ", ".join(f"{given.get(name, 'event.' + name)} AS {name}" for name in COLUMNS)
    return f"""
        SELECT {columns}
        FROM ({segments_statement(over)}) AS segment JOIN (FROM {source} WHERE {read}) AS event ON {joined}
        WHERE coalesce({given["known_to"]} > {given["known_from"]}, true)
        ORDER BY segment.person_id, {order}
    """


def write_stream(
    snapshot: Snapshot, over: Over, indicators: Sequence[Indicator], path: Path, *, memory: str = MEMORY
) -> Path:
    """Write the events that become each child's to a Parquet file, in the order of `keyed_statement`; return the file.

    What does not fit into `memory` waits beside the file while it is made.

    Args:
        snapshot: whose events.
        over: household, siblings or area.
        indicators: only events that one of them reads over `over` are there.
        path: the file; its folder exists.
        memory: the most that DuckDB may hold.
    """
    # One thread: each has a part of the memory for itself, and with more of them there is too little for the sort.
    with sql.connect(threads=1) as connection:
        connection.execute(f"SET memory_limit = {sql.text(memory)}")
        connection.execute(f"SET temp_directory = {sql.text((path.parent / f'.{path.stem}-spilled').as_posix())}")
        see(connection, snapshot, *_TABLES[over])
        connection.execute(
            f"COPY ({keyed_statement(over, indicators)}) TO {sql.text(path.as_posix())} "
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
        )
    return path


def see(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, *tables: str) -> None:
    """Make tables of a snapshot readable under their names."""
    for table in tables:
        connection.execute(f"CREATE VIEW {table} AS FROM {sql.parquet(snapshot.path(table))}")
