"""The last step of an ingest: mapped rows get their pseudonyms and the date from which the hub could know them.

`known_from` is the mapped date; where there is none, the assumption of the source (`occurred_on` + `lag_days`, at most
the day of delivery); where there is none either, the day of delivery. What the delivery before had already keeps the
day of its first sight, and what it lacked is not older than this delivery (`staging.history`). How often each of these
was so for events stands in the facts of the extract (`hub.staging.events`).
"""

import datetime
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.dataset as ds

from hub import parquet_files, sql
from hub.declarations.mapping import Mapped, mappings
from hub.declarations.sources import Source
from hub.identity.pseudonyms import Key, sql_pseudonym
from hub.staging import history
from hub.tables import AREA, AREA_EVENT, IDENTITY_RECORD

_IDENTITY_TEXTS = (
    "given_name", "family_name", "sex", "gender", "ethnicity", "address", "locality", "postcode", "email",
)  # fmt: skip
_ADDRESS = ("record_key", "address", "locality", "postcode", "area_id", "valid_from")


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier extract of the source that this delivery replaces.

    Attributes:
        delivered_on: its day of delivery.
        files: for identity, event, involvement and family, where its rows are.
        mapped: the groups of mappings that it had: people, events, involvements, families.
        since: for each type of event that it had, the earliest day of which its table told.
        untold: the groups of mappings that rested on an optional file which was not there.
    """

    delivered_on: datetime.date
    files: Mapping[str, Path]
    mapped: Collection[str]
    since: Mapping[str, datetime.date | None]
    untold: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """One source of a delivery whose mappings were run.

    Attributes:
        connection: holds the result of each mapping.
        source: the source.
        key: the key of the pseudonyms.
        delivered_on: the day of delivery.
        replaced: the earlier extracts of the source that this delivery replaces.
        untold: places of mappings that rest on an optional file which is not there: what they lack says nothing.
        whole: the delivery says that it is whole: a table without a row tells that nothing ever happened.
    """

    connection: duckdb.DuckDBPyConnection
    source: Source
    key: Key
    delivered_on: datetime.date
    replaced: Sequence[Earlier] = ()
    untold: Collection[str] = ()
    whole: bool = False

    def execute(self, statement: str) -> duckdb.DuckDBPyConnection:
        """Run one statement, with the key as parameters where it makes pseudonyms."""
        return self.connection.execute(statement, self.parameters(statement))

    def parameters(self, statement: str) -> dict[str, Any] | None:
        """Return the parameters of `statement`: the key, when it makes pseudonyms."""
        every: dict[str, Any] = {**self.key.parameters, **self.key.content_parameters}
        return {name: value for name, value in every.items() if f"${name}" in statement} or None

    def mapped(self, group: str) -> list[Mapped]:
        """Return the mappings of one group."""
        return [one for one in mappings(self.source) if one.group == group]

    def is_untold(self, mapped: Mapped) -> bool:
        """Say whether a mapping rests on an optional file that is not there (hub.intake.absent_files)."""
        return mapped.place in self.untold

    def keeps(self, group: str) -> bool:
        """Say whether rows of a group that stood in the delivery before, and not in this one, stay as they were."""
        return bool(self.replaced) and any(self.is_untold(one) for one in self.mapped(group))

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

    @property
    def last(self) -> str:
        """The SQL of the day of the delivery before; without one, a day before all days."""
        return sql.date(max((one.delivered_on for one in self.replaced), default=datetime.date(1, 1, 1)))

    def lacked(self, group: str) -> str:
        """Return the SQL that says whether the delivery before would have held a row of a group of mappings.

        It would not where an optional file was not there that the group rests on (`Earlier.untold`).
        """
        told = bool(self.replaced) and all(group in one.mapped and group not in one.untold for one in self.replaced)
        return str(told).lower()

    def open_before(self, what: str, columns: str = "*", name: str | None = None) -> bool:
        """Make the table `#before WHAT` from the rows of the delivery before; say whether there is one.

        Args:
            what: event, involvement, family, area, area_event or identity.
            columns: which of its columns.
            name: what to call it, in place of WHAT.
        """
        table = sql.name(f"#before {name or what}")
        for number, one in enumerate(self.replaced):
            reader = ds.dataset([one.files[what].as_posix()], format="parquet").scanner().to_reader()
            self.connection.register("#earlier", reader)
            select = f'SELECT {columns} FROM "#earlier"'
            self.execute(f"INSERT INTO {table} {select}" if number else f"CREATE TABLE {table} AS {select}")
            self.connection.unregister("#earlier")
        return bool(self.replaced)


def fill_keys(stage: Stage) -> int:
    """Fill the table `#keys` with the record key of every person whom the source lists; return how many there are."""
    selects = [f"SELECT id FROM {one.result} WHERE {one.rules.kept}" for one in stage.mapped("people")]
    if selects:
        key = sql_pseudonym("'record'", sql.text(stage.source.name), "id")
        ids = f"SELECT DISTINCT id FROM ({' UNION ALL '.join(selects)})"
        stage.execute(f'INSERT INTO "#keys" SELECT id, {key} FROM ({ids})')
        born = [f"SELECT id, date_of_birth FROM {one.result} WHERE {one.rules.kept}" for one in stage.mapped("people")]
        births = f"SELECT id, min(date_of_birth) AS born FROM ({' UNION ALL '.join(born)}) GROUP BY id"
        stage.execute(f'INSERT INTO "#births" FROM ({births}) WHERE born IS NOT NULL')
    [(people,)] = stage.execute('SELECT count(*) FROM "#keys"').fetchall()
    return int(people)


def write_identity(stage: Stage, path: Path) -> tuple[int, dict[str, int]]:
    """Write the identity rows (hub.tables.IDENTITY_RECORD); return how many there are, and how many are backdated.

    A row keeps the day of first sight of the person's address: a name that is spelt anew moves nobody. The end of an
    address is known from its mapped date, else from the end itself and the lag that the source assumes, and not before
    a delivery has it.
    """
    if not stage.mapped("people"):
        return parquet_files.write_empty(IDENTITY_RECORD, path), {"backdated": 0}

    def select(mapped: Mapped) -> str:
        return (
            f"SELECT record_key, {sql.text(stage.source.name)} AS source, id AS source_person_id, "
            f"{', '.join(_IDENTITY_TEXTS)}, date_of_birth, area AS area_id, valid_from, valid_to, end_known_from, "
            f"known_from IS NOT NULL AS is_mapped, {stage.recorded('valid_from')} AS recorded, "
            f"{_identifiers(stage.source, mapped)}, {_texts(mapped, 'attributes')} "
            f'FROM {mapped.result} JOIN "#keys" USING (id)'
        )

    stage.union("people", select, '"#identity"')
    if stage.keeps("people") and stage.open_before("identity", name="kept identity"):
        # Whom no table lists that is there stays as they were.
        stage.execute('DELETE FROM "#before kept identity" WHERE record_key IN (SELECT record_key FROM "#keys")')
    address = ", ".join(_ADDRESS)
    if stage.open_before("identity", f"{address}, valid_to, known_from, end_known_from"):
        same = " AND ".join(f"b.{name} IS NOT DISTINCT FROM n.{name}" for name in _ADDRESS[1:])
        stage.execute(
            'CREATE TABLE "#seen identity" AS SELECT n."row" AS "row", min(b.known_from) AS seen, '
            "min(b.end_known_from) FILTER (b.valid_to = n.valid_to) AS end_seen "
            'FROM (SELECT rowid AS "row", * FROM "#identity") n JOIN "#before identity" b '
            f"ON b.record_key = n.record_key AND {same} GROUP BY 1"
        )
    else:
        stage.execute('CREATE TABLE "#seen identity" ("row" BIGINT, seen DATE, end_seen DATE)')
    covered = stage.lacked("people")
    known = history.known_from(day=stage.day, last=stage.last, covered=covered)
    others = [field.name for field in IDENTITY_RECORD.fields if field.name not in ("known_from", "end_known_from")]
    rows = (
        f"SELECT {', '.join(others)}, end_known_from AS end_recorded, end_seen, seen, recorded, {known} AS known_from "
        'FROM (SELECT rowid AS "row", * FROM "#identity") LEFT JOIN "#seen identity" USING ("row")'
    )
    ended = f"SELECT {', '.join(others)}, known_from, {end_known_from(stage)} AS end_known_from FROM ({rows})"
    if stage.keeps("people"):
        ended = f'{ended} UNION ALL BY NAME SELECT * FROM "#before kept identity"'
    [(late,)] = stage.execute(
        f"SELECT count(*) FROM ({rows}) WHERE {history.backdated(last=stage.last, covered=covered)}"
    ).fetchall()
    return parquet_files.write(stage.connection, ended, IDENTITY_RECORD, path), {"backdated": int(late)}


def end_known_from(stage: Stage) -> str:
    """Return the SQL of the date from which the hub could know an end.

    It reads `valid_to`, `end_recorded` (the mapped date or NULL), `end_seen` (since when an earlier delivery has this
    end known), `seen` (whether one has the start) and `known_from`.
    """
    assumed = stage.source.assumed_recording
    said = f"coalesce(end_recorded, valid_to + {assumed.lag_days if assumed else 0})"
    late = f"CASE WHEN seen IS NOT NULL AND {said} <= {stage.last} THEN {stage.day} ELSE {said} END"
    return f"CASE WHEN valid_to IS NOT NULL THEN greatest(known_from, coalesce(end_seen, {late})) END"


def _identifiers(source: Source, mapped: Mapped) -> str:
    """Return the SQL of the identifiers of a row: each under its kind as its scope makes it (`Source.kind_of`)."""
    people = source.people[int(mapped.place.split(".")[1])]
    own = source.own_kind(people)
    pairs = [] if own is None else [(own, "CAST(id AS VARCHAR)")]
    pairs += [
        (source.kind_of(people, field.name.removeprefix("identifiers.")), sql.name(field.name))
        for field in mapped.fields
        if field.name.startswith("identifiers.")
    ]
    return _entries(pairs, "identifiers")


def _texts(mapped: Mapped, name: str) -> str:
    return _entries(
        [
            (field.name.removeprefix(f"{name}."), sql.name(field.name))
            for field in mapped.fields
            if field.name.startswith(f"{name}.")
        ],
        name,
    )


def _entries(pairs: Sequence[tuple[str, str]], name: str) -> str:
    entries = ", ".join(f"{{'key': {sql.text(key)}, 'value': {value}}}" for key, value in pairs)
    if not entries:
        return f"MAP {{}}::MAP(VARCHAR, VARCHAR) AS {name}"
    return f"map_from_entries(list_filter([{entries}], lambda entry: entry.value IS NOT NULL)) AS {name}"


def write_areas(stage: Stage, path: Path) -> int:
    """Write the areas (hub.tables.AREA) and return how many there are."""
    if not stage.mapped("areas"):
        return parquet_files.write_empty(AREA, path)
    stage.union(
        "areas",
        lambda one: f"SELECT id AS area_id, name, local_authority, imd_decile, imd_vintage FROM {one.result}",
        '"#areas"',
    )
    areas = 'SELECT * FROM "#areas"'
    if stage.keeps("areas") and stage.open_before("area"):
        areas += ' UNION ALL BY NAME SELECT * FROM "#before area" ANTI JOIN "#areas" USING (area_id)'
    return parquet_files.write(stage.connection, areas, AREA, path)


def write_area_events(stage: Stage, path: Path) -> tuple[int, dict[str, int]]:
    """Write the figures about areas (hub.tables.AREA_EVENT); return how many there are, and how many are backdated."""
    if not stage.mapped("area_events"):
        return parquet_files.write_empty(AREA_EVENT, path), {"backdated": 0}

    def select(mapped: Mapped) -> str:
        kind = sql.text(mapped.event_type)
        return (
            f"SELECT area AS area_id, {kind} AS event_type, occurred_on, known_from IS NOT NULL AS is_mapped, value, "
            f"{stage.recorded('occurred_on')} AS recorded, detail, {sql.text(stage.source.name)} AS source "
            f"FROM {mapped.result}"
        )

    stage.union("area_events", select, '"#area events"')
    content = ("event_type", "occurred_on", "value", "detail")
    seen = "(SELECT NULL::VARCHAR AS area_id, NULL::DATE AS seen WHERE false)"
    if stage.open_before("area_event"):
        seen = f'(SELECT area_id, {", ".join(content)}, min(known_from) AS seen FROM "#before area_event" GROUP BY ALL)'
        same = " AND ".join(f"n.{name} IS NOT DISTINCT FROM b.{name}" for name in content)
    else:
        same = "true"
    covered = stage.lacked("area_events")
    late = history.backdated(last=stage.last, covered=covered)
    stage.execute(
        f'CREATE TABLE "#known area events" AS SELECT n.*, seen, {late} AS is_backdated, '
        f"greatest(n.occurred_on, {history.known_from(day=stage.day, last=stage.last, covered=covered)}) AS known_from "
        f'FROM "#area events" n LEFT JOIN {seen} b ON n.area_id = b.area_id AND {same}'
    )
    [(backdated,)] = stage.execute('SELECT count(*) FROM "#known area events" WHERE is_backdated').fetchall()
    select_all = 'FROM "#known area events"'
    if stage.keeps("area_events"):
        kept = f'SELECT * FROM "#before area_event" b ANTI JOIN "#area events" n ON n.area_id = b.area_id AND {same}'
        columns = ", ".join(field.name for field in AREA_EVENT.fields)
        select_all = f"SELECT {columns} {select_all} UNION ALL BY NAME SELECT {columns} FROM ({kept})"
    rows = parquet_files.write(stage.connection, select_all, AREA_EVENT, path)
    return rows, {"backdated": int(backdated)}
