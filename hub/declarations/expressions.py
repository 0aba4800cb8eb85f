"""The SQL that a partnership writes in sources.yaml: what it may do, checked by DuckDB's own parser before it runs.

It may read the tables of its source and work things out. It may not change anything, reach a file, or give another
answer tomorrow than today: equal extracts must give equal snapshots.
"""

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import duckdb

from hub import sql
from hub.declarations.source_files import alike

_NODES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
_TABLE_FUNCTIONS = {"unnest", "range", "generate_series"}
_CLOCKS = {"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"}


@cache
def _changing_functions() -> frozenset[str]:
    """Return the functions whose answer depends on more than what they are given."""
    rows = (
        sql.connect()
        .execute(
            "SELECT DISTINCT function_name FROM duckdb_functions() "
            "WHERE stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')"
        )
        .fetchall()
    )
    return frozenset(str(name) for (name,) in rows)


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return sql.connect()


@cache
def tree(statement: str) -> Any:
    """Return a statement as DuckDB's parser sees it (json_serialize_sql); the same object for the same statement."""
    [(answer,)] = _parser().cursor().execute("SELECT json_serialize_sql(?)", [statement]).fetchall()
    return json.loads(answer)


def parts(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a parsed statement (json_serialize_sql), the outermost first."""
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from parts(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from parts(value)


def objection(connection: duckdb.DuckDBPyConnection, statement: str, tables: Iterable[str]) -> str | None:
    """Return why `statement` may not run, or None when it is one SELECT over `tables` and nothing else.

    Args:
        connection: any DuckDB.
        statement: the SQL.
        tables: the tables that it may read.
    """
    [(answer,)] = connection.execute("SELECT json_serialize_sql(?)", [statement]).fetchall()
    tree = json.loads(answer)
    if tree["error"]:
        return f"not a SELECT that DuckDB understands: {tree['error_message']}"
    if len(tree["statements"]) != 1:
        return "more than one statement; write one SELECT"
    every = list(parts(tree["statements"]))
    own = {entry["key"] for part in every for entry in (part.get("cte_map") or {}).get("map", [])}
    known = sorted({*tables, *own})
    for part in every:
        found = _objection_to(part, known)
        if found is not None:
            return found
    return None


def _objection_to(part: dict[str, Any], tables: list[str]) -> str | None:
    kind, function = part.get("type"), part.get("function_name")
    if isinstance(kind, str) and kind.endswith("_NODE") and kind not in _NODES:
        return "it changes a table; write one SELECT"
    if kind == "SHOW_REF" or part.get("sample") is not None:
        return "SHOW, DESCRIBE, SUMMARIZE and samples have no place here"
    if kind == "TABLE_FUNCTION" and part["function"]["function_name"].lower() not in _TABLE_FUNCTIONS:
        return f"the table function {part['function']['function_name']} may not be used"
    if kind == "BASE_TABLE" and (part["table_name"].lower() not in tables or part["schema_name"]):
        return f"there is no table {part['table_name']} above it{nearest(part['table_name'], tables)}"
    if isinstance(function, str) and function.lower() in _changing_functions():
        return f"{function}() gives another answer each time; use the table delivery (delivered_on) for the day"
    names = part.get("column_names") if kind == "COLUMN_REF" else None
    if names and len(names) == 1 and names[0].lower() in _CLOCKS:
        return f"{names[0]} gives another answer each day; use the table delivery (delivered_on)"
    return None


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a remark that names the nearest known name, or all of them when none is near."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; there is: {', '.join(known)}"


def explain(error: duckdb.Error, columns: Iterable[str], refused: Mapping[str, str] | None = None) -> str:
    """Return what DuckDB found wrong when it bound a statement, before it saw a row: names and types, no values.

    Args:
        error: what DuckDB says.
        columns: the columns there are.
        refused: headers that must never be used, each with the reason, which is told to who asks for one.
    """
    first = str(error).splitlines()[0]
    unknown = re.search(r'(?:column|column named) "([^"]+)"', first)
    if unknown and ("not found" in first or "does not have" in first):
        name = unknown.group(1)
        for header, why in (refused or {}).items():
            if alike(header) == alike(name):
                return f"the column {header} must never be used: {why}".rstrip(".")
        return f"there is no column {name}{nearest(name, columns)}"
    return first.split(": ", 1)[-1].rstrip(".")
