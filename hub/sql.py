"""Quoting for DuckDB: names and texts that stand inside a statement."""

import contextlib
import datetime
from collections.abc import Iterable
from pathlib import Path

import duckdb


def name(identifier: str) -> str:
    """Return `identifier` quoted as the name of a table or column."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return `value` as a text literal."""
    return "'" + value.replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    """Return `values` as a list in parentheses, for IN."""
    return "(" + ", ".join(text(value) for value in values) + ")"


def date(day: datetime.date) -> str:
    """Return `day` as a date literal."""
    return f"DATE '{day.isoformat()}'"


_WIDE = "\x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200C))) + "\u2028\u2029\u202f\u205f\u3000\ufeff"
_SPACES = f" \t\n\v\f\r{_WIDE}"
# Whatever Unicode calls a space, and two that have no width.


def trimmed(cell: str) -> str:
    """Return the SQL of a cell without spaces, line ends and the like around it.

    trim() with a list of characters costs more than parsing a date, so that it runs only where one of them can be.
    """
    can = f"{cell} < '!' OR strlen({cell}) <> length({cell}) OR {cell}[-1] < '!'"
    return f"CASE WHEN {can} THEN trim({cell}, {text(_SPACES)}) ELSE {cell} END"


def connect(*, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB in memory that never fetches an extension and draws no progress bar of its own.

    Args:
        threads: how many threads; 1 where the order of additions must not change the last bits of a sum.
    """
    connection = duckdb.connect()
    for setting in ("autoinstall_known_extensions", "autoload_known_extensions"):
        connection.execute(f"SET {setting} = false")
    # In a notebook without ipywidgets DuckDB can draw no bar, and refuses to be told not to.
    with contextlib.suppress(duckdb.InvalidInputException):
        connection.execute("SET enable_progress_bar = false")
    if threads is not None:
        connection.execute(f"SET threads = {threads}")
    return connection


def parquet(path: Path) -> str:
    """Return the table function that reads one Parquet file."""
    return f"read_parquet({text(path.as_posix())})"
