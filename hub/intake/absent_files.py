"""Which mappings of a source rest on an optional file that is not there, so that what they lack says nothing.

    missing = untold(source, {"care_leavers"})       # places of mappings: {"events.7"}

A mapping rests on a file when its table, a derived table below it or one of its expressions reads it. A delivery that
says it is whole (`--whole`) means what it lacks: then nothing is untold.
"""

import json
from collections.abc import Collection, Iterable

import duckdb

from hub import sql
from hub.declarations.expressions import parts
from hub.declarations.mapping import Mapped, mappings
from hub.declarations.sources import Source


def untold(source: Source, absent: Collection[str]) -> frozenset[str]:
    """Return the places of mappings that rest on a table in `absent`, and of those of people that rest on no other.

    A table of people that only adds something from an optional file still says who is there.

    Args:
        source: the source.
        absent: names of optional files that a delivery has not got.
    """
    if not absent:
        return frozenset()
    found = set()
    with sql.connect() as connection:
        files = _files_of(connection, source)
        reads = {mapped.place: _read(connection, mapped) for mapped in mappings(source)}
    for mapped in mappings(source):
        read = set().union(*(files.get(name, set()) for name in reads[mapped.place]))
        of_table = files.get(mapped.table.lower(), set())
        is_lost = bool(of_table) and of_table <= {*absent} if mapped.group == "people" else bool(read & {*absent})
        if is_lost:
            found.add(mapped.place)
    return frozenset(found)


def _files_of(connection: duckdb.DuckDBPyConnection, source: Source) -> dict[str, set[str]]:
    """Return the declared files that each table rests on, by the table's name in lower case."""
    found = {file.name.lower(): {file.name} for file in source.files}
    for derived in source.derived:
        below = (found.get(name, set()) for name in _tables_in(connection, [derived.sql]))
        found[derived.name.lower()] = set().union(*below)
    return found


def _read(connection: duckdb.DuckDBPyConnection, mapped: Mapped) -> set[str]:
    """Return the tables that a mapping reads, in lower case."""
    fields = (*mapped.fields, mapped.where)
    statements = [f"SELECT ({one.expression}\n)" for one in fields if one.expression]
    return {mapped.table.lower()} | _tables_in(connection, statements)


def _tables_in(connection: duckdb.DuckDBPyConnection, statements: Iterable[str]) -> set[str]:
    """Return the tables that statements name, in lower case."""
    found = set()
    for statement in statements:
        [(answer,)] = connection.execute("SELECT json_serialize_sql(?)", [statement]).fetchall()
        found |= {
            str(part["table_name"]).lower() for part in parts(json.loads(answer)) if part.get("type") == "BASE_TABLE"
        }
    return found
