"""Which columns of which tables a source uses: what nothing reads can spoil nothing.

A column is used when an expression over its table reads it, or a derived table hands it on to one that does, or it is
among the columns that tell rows apart. What is wrong in any other is counted and said, and no row is lost for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from hub import sql
from hub.declarations import expressions
from hub.declarations.source_files import ColumnType
from hub.declarations.sources import Source


@dataclass(frozen=True, slots=True)
class Use:
    """What a source uses.

    Attributes:
        columns: for each declared file the columns that are used.
        birthdays: for each declared file the columns of dates that become a date of birth.
        persons: for each declared file the columns that become a person's identifier.
    """

    columns: Mapping[str, frozenset[str]]
    birthdays: Mapping[str, frozenset[str]]
    persons: Mapping[str, frozenset[str]]

    def uses(self, table: str) -> bool:
        """Say whether anything of a table is used."""
        return bool(self.columns[table])


@dataclass(frozen=True, slots=True)
class _Query:
    """What one SELECT or expression reads.

    Attributes:
        tables: the tables.
        names: names of columns.
        handed: the tables of which it hands every column on by its name, as in `SELECT *`.
        whole: whether it does so in a way in which every column counts, such as DISTINCT.
    """

    tables: frozenset[str]
    names: frozenset[str]
    handed: frozenset[str]
    whole: bool


def of(source: Source) -> Use:
    """Return what a source uses."""
    derived = {one.name: _reads(one.sql) for one in source.derived}
    files = {file.name: {name.casefold(): name for name in file.columns} for file in source.files}
    found = _Found(files, derived)
    births, persons = _Found(files, derived), _Found(files, derived)
    for group in ("people", "events", "involvements", "families", "areas", "area_events"):
        for mapping in getattr(source, group):
            said = mapping.model_dump(exclude_none=True)
            table = str(said.pop("table"))
            found.read(table, frozenset())
            for name, text in _expressions(said):
                query = _reads(f"SELECT {text}\n FROM {sql.name(table)}")
                found.reads(query)
                if name == "date_of_birth":
                    births.only(table, query.names)
                elif name in ("id", "person") and group not in ("areas", "area_events"):
                    persons.only(table, query.names)
    columns = {}
    for file in source.files:
        used = found.used[file.name]
        if used or file.name in found.tables:
            used |= {*file.unique}
            used |= {one for name in tuple(used) for one in _beside(file.columns[name]) if one is not None}
        columns[file.name] = frozenset(used)
    dates = {
        file.name: {name for name, one in file.columns.items() if one.type is ColumnType.DATE} for file in source.files
    }
    birthdays = {name: frozenset(births.used[name] & dates[name]) for name in files}
    return Use(columns, birthdays, {name: frozenset(persons.used[name]) for name in files})


def _beside(column: Any) -> tuple[str | None, ...]:
    return (column.start, column.codes_on, column.not_before_column)


def _expressions(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in said.items():
        if name in ("type",):
            continue
        if isinstance(value, dict):
            yield from ((f"{name}.{key}", text) for key, text in value.items())
        elif isinstance(value, str):
            yield name, value


class _Found:
    """Columns of files that were found to be used, on the way through derived tables."""

    def __init__(self, files: Mapping[str, Mapping[str, str]], derived: Mapping[str, _Query]) -> None:
        self._files, self._derived = files, derived
        self.used: dict[str, set[str]] = {name: set() for name in files}
        self.tables: set[str] = set()
        self._seen: set[tuple[str, str]] = set()

    def reads(self, query: _Query) -> None:
        """Count what a query reads in each of its tables."""
        for table in query.tables:
            self.read(table, query.names)

    def read(self, table: str, names: frozenset[str]) -> None:
        """Count that a table is read, and these of its columns."""
        if table in self._files:
            self.tables.add(table)
            self.used[table] |= {self._files[table][name] for name in names if name in self._files[table]}
            return
        query = self._derived.get(table)
        if query is None:
            return
        if (table, "") not in self._seen:
            self._seen.add((table, ""))
            self.reads(query)
            for one in query.handed if query.whole else ():
                self.read(one, self._every(one))
        handed = frozenset(name for name in names if (table, name) not in self._seen)
        self._seen |= {(table, name) for name in handed}
        for one in query.handed if handed else ():
            self.read(one, handed)

    def _every(self, table: str) -> frozenset[str]:
        """Return every column that a table can have."""
        if table in self._files:
            return frozenset(self._files[table])
        query = self._derived.get(table)
        return query.names.union(*(self._every(one) for one in query.handed)) if query is not None else frozenset()

    def only(self, table: str, names: frozenset[str]) -> None:
        """Count these columns alone, through derived tables that name them or hand everything on."""
        if table in self._files:
            self.used[table] |= {self._files[table][name] for name in names if name in self._files[table]}
            return
        query = self._derived.get(table)
        handed = frozenset(name for name in names if (table, name) not in self._seen)
        self._seen |= {(table, name) for name in handed}
        for one in query.tables if query is not None and handed else ():
            self.only(one, handed)


@cache
def _reads(statement: str) -> _Query:
    every = list(expressions.parts(expressions.tree(statement)))
    tables = {str(part["table_name"]).casefold() for part in every if part.get("type") == "BASE_TABLE"}
    called = {str(part["alias"]).casefold() for part in every if part.get("type") == "BASE_TABLE"} | tables
    chains = [[str(name).casefold() for name in part["column_names"]] for part in every if _is(part, "COLUMN_REF")]
    names = {name for chain in chains for name in chain}
    names |= {str(name).casefold() for part in every for name in part.get("using_columns") or ()}
    handed = {table for part in every if _is(part, "SELECT_NODE") for table in _handed(part)}
    rows = {table for table in tables if any(chain == [one] for chain in chains for one in called)}
    whole = bool(rows) or any(_counts_whole(part) for part in every)
    return _Query(frozenset(tables), frozenset(names), frozenset(handed | rows), whole)


def _is(part: Mapping[str, Any], kind: str) -> bool:
    return part.get("type") == kind


def _handed(select: Mapping[str, Any]) -> set[str]:
    """Return the tables of which one SELECT hands on every column."""
    stars = [part for item in select["select_list"] for part in expressions.parts(item) if _is(part, "STAR")]
    named = {str(star.get("relation_name") or "").casefold() for star in stars}
    return {
        str(table["table_name"]).casefold()
        for table in _directly(select["from_table"])
        if named & {"", str(table["alias"]).casefold(), str(table["table_name"]).casefold()}
    }


def _directly(table: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    if table is None:
        return
    if _is(table, "BASE_TABLE"):
        yield table
    for side in ("left", "right"):
        if isinstance(table.get(side), dict):
            yield from _directly(table[side])


def _counts_whole(part: Mapping[str, Any]) -> bool:
    """Say whether a part of a statement lets every column count, whatever is read of its result."""
    if _is(part, "SET_OPERATION_NODE"):
        return str(part.get("setop_type")) not in ("UNION_BY_NAME",)
    named = (
        part.get("column_name_alias")
        or part.get("aliases")
        or part.get("rename_list")
        or (_is(part, "STAR") and part.get("columns"))
    )
    return bool(named) or part.get("type") == "DISTINCT_MODIFIER" or part.get("ref_type") == "NATURAL"
