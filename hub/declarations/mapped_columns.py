"""Which columns of an agency's files stand behind a mapped field, through the derived tables of sources.yaml. Pure.

    behind(source, "plans", "upper(kind)")     # {("cp_plans", "kind")}: (file, column)

Columns are followed by name, and a name that several files have is of each of them: rather one too many than one too
few.
"""

from typing import Any

from hub.declarations import expressions
from hub.declarations.source_files import alike
from hub.declarations.sources import SourceBody

Column = tuple[str, str]
"""A file's name and one of its columns."""


def behind(source: SourceBody, table: str, expression: str | None) -> frozenset[Column]:
    """Return the columns of files from which `expression` over `table` is worked out.

    Args:
        source: its files and derived tables.
        table: a file or a derived table.
        expression: SQL over its columns; None reads nothing.
    """
    if expression is None:
        return frozenset()
    reachable = _files_of(source, table)
    names = _columns_of(f"SELECT {expression}")
    return frozenset(
        (file.name, column)
        for name in _expanded(source, table, names)
        for file in source.files
        if file.name in reachable
        for column in file.columns
        if alike(column) == alike(name)
    )


def _files_of(source: SourceBody, table: str) -> set[str]:
    """Return the files that a table is made from."""
    if any(file.name == table for file in source.files):
        return {table}
    statement = next((one.sql for one in source.derived if one.name == table), None)
    return set() if statement is None else {file for name in _tables_of(statement) for file in _files_of(source, name)}


def _expanded(source: SourceBody, table: str, names: frozenset[str]) -> frozenset[str]:
    """Return `names` of a table and, where a derived table gives a name to something worked out, what is behind it."""
    statement = next((one.sql for one in source.derived if one.name == table), None)
    if statement is None:
        return names
    given = _given(statement)
    found = frozenset(name for one in names for name in given.get(one.lower(), frozenset({one})))
    for above in _tables_of(statement):
        if above != table:
            found |= _expanded(source, above, found)
    return found


def _names(tree: Any) -> frozenset[str]:
    found = [part["column_names"] for part in expressions.parts(tree) if part.get("class") == "COLUMN_REF"]
    return frozenset(names[-1] for names in found)


def _columns_of(statement: str) -> frozenset[str]:
    return _names(expressions.tree(statement))


def _tables_of(statement: str) -> frozenset[str]:
    tables = [
        part["table_name"]
        for part in expressions.parts(expressions.tree(statement))
        if part.get("type") == "BASE_TABLE"
    ]
    return frozenset(tables)


def _given(statement: str) -> dict[str, frozenset[str]]:
    """Return for each name that the statement gives to an expression the columns that the expression reads."""
    found: dict[str, frozenset[str]] = {}
    for part in expressions.parts(expressions.tree(statement)):
        for item in part.get("select_list") or ():
            if item.get("alias"):
                name = str(item["alias"]).lower()
                found[name] = found.get(name, frozenset()) | _names(item)
    return found
