"""The last step of an ingest: mapped rows get their pseudonyms and the date from which the hub could know them.

`known_from` is the mapped date; where there is none, the assumption of the source (`occurred_on` + `lag_days`, at most
the day of delivery); where there is none either, the day of delivery, or of the earlier delivery that brought the same
row first. An event cannot be known before it occurred, so an earlier date is lifted to `occurred_on`. How often each of
these was so stands in the facts of the extract:

    {"mapped": 10, "assumed": 0, "delivery": 2, "first_seen_earlier": 1, "lifted": 3, "after_delivery": 0}

`after_delivery` counts events dated after the day of delivery, which only columns with `may_be_future` can hold.

Two events of one person with equal content stay two: the second one's pseudonym also holds its number.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from hub import parquet_files, sql
from hub.mapping import Mapped, mappings
from hub.pseudonyms import Key, sql_content_id, sql_pseudonym
from hub.sources import Source
from hub.tables import AREA, IDENTITY_RECORD, STAGED_EVENT, STAGED_INVOLVEMENT

_IDENTITY_TEXTS = (
    "given_name", "family_name", "sex", "gender", "ethnicity", "address", "locality", "postcode", "email",
)  # fmt: skip
_EVENT_CONTENT = ("record_key", "event_type", "role", "occurred_on", "value", "detail", "origin", "episode")
_INVOLVEMENT_CONTENT = ("record_key", "agency", "team", "role", "valid_from")


@dataclass(frozen=True, slots=True)
class Stage:
    """One source of a delivery whose mappings were run.

    Attributes:
        connection: holds the result of each mapping.
        source: the source.
        key: the key of the pseudonyms.
        delivered_on: the day of delivery.
        earlier: gives, for `event`, `involvement` or `identity`, the rows of earlier extracts of the source.
    """

    connection: duckdb.DuckDBPyConnection
    source: Source
    key: Key
    delivered_on: datetime.date
    earlier: Callable[[str], pa.Table]

    def execute(self, statement: str) -> duckdb.DuckDBPyConnection:
        """Run one statement, with the key as parameters where it makes pseudonyms."""
        return self.connection.execute(statement, self.parameters(statement))

    def parameters(self, statement: str) -> dict[str, Any] | None:
        """Return the parameters of `statement`: the key, when it makes pseudonyms."""
        if "$inner" in statement:
            return dict(self.key.parameters)
        return dict(self.key.content_parameters) if "$content_key" in statement else None

    def mapped(self, group: str) -> list[Mapped]:
        """Return the mappings of one group."""
        return [one for one in mappings(self.source) if one.group == group]

    def union(self, group: str, select: Callable[[Mapped], str], table: str) -> None:
        """Make `table` from the kept rows of all mappings of a group; with no mapping it is not made."""
        selects = [f"{select(one)} WHERE {one.rules.kept}" for one in self.mapped(group)]
        self.execute(f"CREATE TABLE {table} AS {' UNION ALL '.join(selects)}")

    def recorded(self, basis: str) -> str:
        """Return the SQL of the recording date: the mapped one, else the assumed one after `basis`, else NULL."""
        if self.source.assumed_recording is None:
            return "known_from"
        assumed = f"{basis} + {self.source.assumed_recording.lag_days}"
        return f"coalesce(known_from, CASE WHEN {basis} IS NOT NULL THEN least({assumed}, {self.day}) END)"

    @property
    def day(self) -> str:
        """The SQL of the day of delivery."""
        return sql.date(self.delivered_on)

    def first_seen(self, what: str, table: str, content: str) -> tuple[str, str]:
        """Look for the rows of `table` without a recording date in earlier extracts of the source.

        Args:
            what: event, involvement or identity.
            table: the rows of this delivery; those without a recording date have no `recorded`.
            content: the SQL that tells rows apart, over columns that both have.

        Returns:
            The SQL of the date on which an earlier extract first had the row, and the join that brings it; without any
            such row NULL and no join.
        """
        [(unrecorded,)] = self.execute(f"SELECT count(*) FROM {table} WHERE recorded IS NULL").fetchall()
        rows = self.earlier(what) if unrecorded else None
        if rows is None or not rows.num_rows:
            return "NULL::DATE", ""
        self.connection.register("#earlier", rows)
        self.execute(
            f'CREATE TABLE "#seen {what}" AS SELECT {content} AS content, min(known_from) AS first_known '
            'FROM "#earlier" GROUP BY 1'
        )
        self.connection.unregister("#earlier")
        return "first_known", f'LEFT JOIN "#seen {what}" seen ON recorded IS NULL AND seen.content = {content}'

    def known(self, seen: str) -> str:
        """Return the SQL of the date from which the hub could know a row, `seen` being its date in earlier extracts."""
        return f"coalesce(recorded, least({self.day}, {seen}), {self.day})"


def fill_keys(stage: Stage) -> int:
    """Fill the table `#keys` with the record key of every person whom the source lists; return how many there are."""
    selects = [f"SELECT id FROM {one.result} WHERE {one.rules.kept}" for one in stage.mapped("people")]
    if selects:
        key = sql_pseudonym("'record'", sql.text(stage.source.name), "id")
        ids = f"SELECT DISTINCT id FROM ({' UNION ALL '.join(selects)})"
        stage.execute(f'INSERT INTO "#keys" SELECT id, {key} FROM ({ids})')
    [(people,)] = stage.execute('SELECT count(*) FROM "#keys"').fetchall()
    return int(people)


def write_identity(stage: Stage, path: Path) -> int:
    """Write the identity rows (hub.tables.IDENTITY_RECORD) and return how many there are."""
    if not stage.mapped("people"):
        return parquet_files.write_empty(IDENTITY_RECORD, path)

    def select(mapped: Mapped) -> str:
        return (
            f"SELECT record_key, {sql.text(stage.source.name)} AS source, id AS source_person_id, "
            f"{', '.join(_IDENTITY_TEXTS)}, date_of_birth, area AS area_id, valid_from, "
            f"{stage.recorded('valid_from')} AS recorded, "
            f"{_texts(mapped, 'identifiers')}, {_texts(mapped, 'attributes')} "
            f'FROM {mapped.result} JOIN "#keys" USING (id)'
        )

    stage.union("people", select, '"#identity"')
    columns = [field.name for field in IDENTITY_RECORD.fields if field.name != "known_from"]
    content = sql_content_id("'identity'", *columns)
    seen, join = stage.first_seen("identity", '"#identity"', content)
    return parquet_files.write(
        stage.connection,
        f'SELECT *, {stage.known(seen)} AS known_from FROM "#identity" {join}',
        IDENTITY_RECORD,
        path,
        stage.key.content_parameters,
    )


def _texts(mapped: Mapped, name: str) -> str:
    entries = ", ".join(
        f"{{'key': {sql.text(field.name.removeprefix(f'{name}.'))}, 'value': {sql.name(field.name)}}}"
        for field in mapped.fields
        if field.name.startswith(f"{name}.")
    )
    if not entries:
        return f"MAP {{}}::MAP(VARCHAR, VARCHAR) AS {name}"
    return f"map_from_entries(list_filter([{entries}], lambda entry: entry.value IS NOT NULL)) AS {name}"


def write_events(stage: Stage, path: Path) -> tuple[int, dict[str, int]]:
    """Write the events (hub.tables.STAGED_EVENT); return how many there are, and the counts of recording dates."""
    if not stage.mapped("events"):
        return parquet_files.write_empty(STAGED_EVENT, path), _counts(stage, None)

    def select(mapped: Mapped) -> str:
        return (
            f"SELECT record_key, {sql.text(str(getattr(mapped.declared, 'type')))} AS event_type, role, occurred_on, "  # noqa: B009
            f"known_from IS NOT NULL AS is_mapped, {stage.recorded('occurred_on')} AS recorded, "
            f'value, detail, origin, episode FROM {mapped.result} JOIN "#keys" ON id = person'
        )

    source = sql.text(stage.source.name)
    stage.union("events", select, '"#mapped events"')
    event_id = sql_content_id("'event'", source, *_EVENT_CONTENT)
    stage.execute(
        f'CREATE TABLE "#events" AS SELECT * EXCLUDE (episode), {event_id} AS event_id, {source} AS source, '
        f"CASE WHEN episode IS NOT NULL THEN {sql_content_id(repr('episode'), source, 'episode')} END AS episode_id "
        f'FROM "#mapped events"'
    )
    stage.execute('DROP TABLE "#mapped events"')
    _tell_equals_apart(stage)
    seen, join = stage.first_seen("event", '"#events"', "event_id")
    stage.execute(
        f'CREATE TABLE "#known events" AS SELECT *, {seen} AS seen, '
        f'greatest(occurred_on, {stage.known(seen)}) AS known_from FROM "#events" {join}'
    )
    counts = _counts(stage, '"#known events"')
    rows = parquet_files.write(stage.connection, 'SELECT * FROM "#known events"', STAGED_EVENT, path, unique=True)
    return rows, counts


def _tell_equals_apart(stage: Stage) -> None:
    """Give the second and later of several events with the same pseudonym another one, in the order of recording."""
    stage.execute('CREATE TEMP TABLE "#equal" AS SELECT event_id FROM "#events" GROUP BY 1 HAVING count(*) > 1')
    numbered = sql_content_id("'event'", "event_id", "number")
    stage.execute(
        'CREATE TEMP TABLE "#numbered" AS SELECT * FROM (SELECT e.rowid AS "row", event_id, '
        "row_number() OVER (PARTITION BY event_id ORDER BY recorded NULLS LAST, e.rowid) AS number "
        'FROM "#events" e SEMI JOIN "#equal" USING (event_id)) WHERE number > 1'
    )
    stage.execute(
        f'UPDATE "#events" SET event_id = n.other FROM (SELECT "row", {numbered} AS other FROM "#numbered") n '
        f'WHERE "#events".rowid = n."row"'
    )


def _counts(stage: Stage, table: str | None) -> dict[str, int]:
    conditions = {
        "mapped": "is_mapped",
        "assumed": "NOT is_mapped AND recorded IS NOT NULL",
        "delivery": "recorded IS NULL AND seen IS NULL",
        "first_seen_earlier": "recorded IS NULL AND seen IS NOT NULL",
        "lifted": "recorded < occurred_on",
        "after_delivery": f"occurred_on > {stage.day}",
    }
    if table is None:
        return dict.fromkeys(conditions, 0)
    counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in conditions.values())
    [row] = stage.execute(f"SELECT {counts} FROM {table}").fetchall()
    return dict(zip(conditions, (int(count) for count in row), strict=True))


def write_involvements(stage: Stage, agency: str, path: Path) -> int:
    """Write the involvements (hub.tables.STAGED_INVOLVEMENT) and return how many there are.

    The end of one is known from its mapped date, else from the end itself plus the lag that the source assumes, and
    never before its start is known.
    """
    if not stage.mapped("involvements"):
        return parquet_files.write_empty(STAGED_INVOLVEMENT, path)
    assumed = stage.source.assumed_recording
    lag = assumed.lag_days if assumed else 0

    def select(mapped: Mapped) -> str:
        return (
            f"SELECT record_key, {sql.text(agency)} AS agency, team, role, valid_from, valid_to, end_known_from, "
            f"{stage.recorded('valid_from')} AS recorded, {sql.text(stage.source.name)} AS source "
            f'FROM {mapped.result} JOIN "#keys" ON id = person'
        )

    stage.union("involvements", select, '"#involvements"')
    content = sql_content_id("'involvement'", *_INVOLVEMENT_CONTENT)
    seen, join = stage.first_seen("involvement", '"#involvements"', content)
    known = stage.known(seen)
    return parquet_files.write(
        stage.connection,
        f"SELECT * EXCLUDE (end_known_from), {known} AS known_from, CASE WHEN valid_to IS NOT NULL "
        f"THEN greatest({known}, coalesce(end_known_from, valid_to + {lag})) END AS end_known_from "
        f'FROM "#involvements" {join}',
        STAGED_INVOLVEMENT,
        path,
        stage.key.content_parameters,
    )


def write_areas(stage: Stage, path: Path) -> int:
    """Write the areas (hub.tables.AREA) and return how many there are."""
    if not stage.mapped("areas"):
        return parquet_files.write_empty(AREA, path)
    stage.union(
        "areas",
        lambda one: f"SELECT id AS area_id, name, local_authority, imd_decile, imd_vintage FROM {one.result}",
        '"#areas"',
    )
    return parquet_files.write(stage.connection, 'SELECT * FROM "#areas"', AREA, path)
