"""Tombstones: what keeps an erased person erased when an agency delivers them again.

A tombstone is a keyed pseudonym (identity.pseudonyms) of an agency's own identifier or of a shared one, such as an NHS
number. It tells nothing to whoever has not the key, and nothing about the person to whoever has it: one can only try
whether a given identifier is among them. They lie in `identity/tombstones.json`, each with the day and the reference of
the request, and are applied at every ingest before anything is written.
"""

import datetime
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from hub import sql
from hub.declarations.mapping import Mapped, mappings
from hub.declarations.source_mappings import is_national
from hub.declarations.sources import Source
from hub.digests import canonical_json
from hub.errors import IntegrityError
from hub.identity import spellings
from hub.identity import store as identity_store
from hub.identity.pseudonyms import Key, sql_pseudonym
from hub.intake import quarantine
from hub.workspace import Workspace

FILE = "tombstones.json"
_RECORD, _SHARED, _SCOPED = "erased record", "erased identifier", "erased scoped identifier"
_SHORTEST = 4
"""A shared identifier with fewer characters than this names nobody and gets no tombstone."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One erased identifier: its pseudonym, the day of the erasure and the reference of the request."""

    pseudonym: str
    erased_on: datetime.date
    reference: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What was left out of an ingest because of tombstones: people, their mapped rows, and rows from quarantine."""

    people: int = 0
    rows: int = 0
    quarantined: int = 0

    def as_json(self) -> dict[str, int]:
        """Return the JSON form, for the facts of the extract."""
        return {"people": self.people, "rows": self.rows, "quarantined": self.quarantined}


def of_record(key: Key, source: str, source_person_id: str) -> str:
    """Return the tombstone of a person as one source names them."""
    return key.pseudonym(_RECORD, source, source_person_id)


def of_identifier(key: Key, value: str) -> str | None:
    """Return the tombstone of a shared identifier in any spelling; None when it is too short to name anybody."""
    [(spelt,)] = sql.connect().execute(f"SELECT {spellings.identifier('?')}", [value]).fetchall()
    return key.pseudonym(_SHARED, spelt) if spelt is not None and len(spelt) >= _SHORTEST else None


def of_scoped(key: Key, kind: str, value: str) -> str | None:
    """Return the tombstone of an identifier that names somebody within one agency or source alone; None for none.

    Args:
        key: the key of the pseudonyms.
        kind: as identity rows carry it, such as `childrens_social_care:child_id`.
        value: in any spelling.
    """
    [(spelt,)] = sql.connect().execute(f"SELECT {spellings.identifier('?')}", [value]).fetchall()
    return key.pseudonym(_SCOPED, kind, spelt) if spelt is not None else None


def read(workspace: Workspace) -> tuple[Tombstone, ...]:
    """Return all tombstones of the workspace.

    Raises:
        IntegrityError: the file is damaged; without it nobody can say who was erased, so nothing may come in.
    """
    path = workspace.identity / FILE
    if not path.exists():
        return ()
    try:
        found = json.loads(path.read_bytes())
        return tuple(
            Tombstone(one["pseudonym"], datetime.date.fromisoformat(one["erased_on"]), one["reference"])
            for one in found
        )
    except (ValueError, KeyError, TypeError):
        raise IntegrityError(
            f"{path} is damaged: it says who was erased.", "Restore it from a copy before anything comes in."
        ) from None


def add(workspace: Workspace, pseudonyms: Iterable[str], *, on: datetime.date, reference: str) -> None:
    """Add tombstones, in one step; those that are there already stay as they are."""
    before = {one.pseudonym: one for one in read(workspace)}
    after = {**{one: Tombstone(one, on, reference) for one in pseudonyms}, **before}
    rows = [
        {"pseudonym": one.pseudonym, "erased_on": one.erased_on, "reference": one.reference}
        for one in sorted(after.values(), key=lambda one: one.pseudonym)
    ]
    identity_store.write(workspace, FILE, canonical_json(rows))


def apply(connection: duckdb.DuckDBPyConnection, source: Source, key: Key, tombstones: Sequence[Tombstone]) -> Applied:
    """Take everything about erased people out of the mapped rows and the quarantine of one source.

    Args:
        connection: holds the result of each mapping, `#keys` and the quarantine.
        source: the source.
        key: the key of the pseudonyms.
        tombstones: all tombstones of the workspace.
    """
    if not tombstones:
        return Applied()
    given = pa.table({"pseudonym": pa.array([one.pseudonym for one in tombstones], pa.string())})
    connection.register("#given tombstones", given)
    connection.execute('CREATE TEMP TABLE "#tombstone" AS FROM "#given tombstones"')
    connection.unregister("#given tombstones")
    record = sql_pseudonym(sql.text(_RECORD), sql.text(source.name), "said")
    shared = sql_pseudonym(sql.text(_SHARED), spellings.identifier("said"))
    scoped = sql_pseudonym(sql.text(_SCOPED), "kind", spellings.identifier("said"))
    said = ['SELECT id, id AS said, true AS own, NULL AS kind FROM "#keys"']
    kinds: set[str] = set()
    for mapped in mappings(source):
        if mapped.group == "people":
            for kind, value in _kinds(source, mapped):
                kinds |= set() if kind is None else {kind}
                said.append(f"SELECT id, {value} AS said, false AS own, {_text(kind)} AS kind FROM {mapped.result}")
    connection.execute(
        f"""
        CREATE TEMP TABLE "#erased" AS SELECT DISTINCT id FROM ({" UNION ALL ".join(said)})
        WHERE said IS NOT NULL
          AND CASE WHEN own THEN {record} WHEN kind IS NOT NULL THEN coalesce({scoped}, '')
                   ELSE coalesce({shared}, '') END IN (SELECT pseudonym FROM "#tombstone")
        """,
        key.parameters,
    )
    rows = sum(_delete(connection, mapped.group, mapped.result) for mapped in mappings(source))
    people = _count(connection, 'DELETE FROM "#keys" WHERE id IN (SELECT id FROM "#erased")')
    own = [sql_pseudonym(sql.text(_SCOPED), sql.text(kind), spellings.identifier("said")) for kind in sorted(kinds)]
    quarantined = _clean_quarantine(connection, key, [record, shared, *own])
    connection.execute('DROP TABLE "#erased"; DROP TABLE "#tombstone"')
    return Applied(people, rows, quarantined)


def _kinds(source: Source, mapped: Mapped) -> list[tuple[str | None, str]]:
    """Return the identifiers of a mapping of people: the kind of one with a scope, else None, and the SQL of each."""
    people = source.people[int(mapped.place.split(".")[1])]
    own = source.own_kind(people)
    found: list[tuple[str | None, str]] = [] if own is None else [(None if is_national(own) else own, "id")]
    for field in mapped.fields:
        if field.name.startswith("identifiers."):
            kind = source.kind_of(people, field.name.removeprefix("identifiers."))
            found.append((None if is_national(kind) else kind, sql.name(field.name)))
    return found


def _text(kind: str | None) -> str:
    return "NULL" if kind is None else sql.text(kind)


def _delete(connection: duckdb.DuckDBPyConnection, group: str, result: str) -> int:
    if group in ("areas", "area_events"):
        return 0
    person = "id" if group == "people" else "person"
    return _count(connection, f'DELETE FROM {result} WHERE {person} IN (SELECT id FROM "#erased")')


def _clean_quarantine(connection: duckdb.DuckDBPyConnection, key: Key, pseudonyms: Sequence[str]) -> int:
    """Delete the rows in which a cell, or a word of one, is an erased identifier; return how many there were."""
    erased = " OR ".join(f"coalesce({one}, '') IN (SELECT pseudonym FROM \"#tombstone\")" for one in pseudonyms)
    return _count(
        connection,
        f"""
        DELETE FROM {quarantine.TABLE} WHERE rowid IN (
            SELECT DISTINCT row FROM (
                SELECT row, unnest(list_distinct(
                    [trim(cell)] || string_split_regex(cell, '[^\\p{{L}}\\p{{N}}]+')
                )) AS said
                FROM (SELECT rowid AS row, unnest(map_values(cells)) AS cell FROM {quarantine.TABLE})
                WHERE cell IS NOT NULL
            ) WHERE said <> '' AND ({erased})
        )
        """,
        key,
    )


def _count(connection: duckdb.DuckDBPyConnection, statement: str, key: Key | None = None) -> int:
    [(rows,)] = connection.execute(statement, key.parameters if key else None).fetchall()
    return int(rows)
