"""Opening files of people outside a partnership: whatever the file is, its rows become a table of texts in DuckDB.

    file = person_files.open_rows(connection, path, "file_0", mapping, scratch)

The table has the columns c0, c1, …, all text as delivered, in the order of the file. A new kind of file is one more
function in `_READERS`. An error names the file and the line, never what stands there.
"""

import codecs
import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from hub import sql
from hub.errors import InputError, NothingKeptError
from hub.formats import csv_records, csv_texts, encodings
from hub.formats.csv_texts import Headers
from hub.person_files import mapping_words
from hub.person_files.mapping import FileMapping


@dataclass(frozen=True, slots=True)
class PersonFile:
    """One file, opened.

    Attributes:
        path: the file.
        table: the table with its rows.
        headers: what its columns are called, trimmed.
        lines: the line (of Parquet: the row) of each row of the table, from 1.
        damaged: (line, rule) of each row that cannot be read and is not in the table.
        without_header: how many columns behind the last header were left out; no row of the table has a value there.
    """

    path: Path
    table: str
    headers: tuple[str, ...]
    lines: NDArray[np.int64]
    damaged: Sequence[tuple[int, str]] = field(default_factory=tuple)
    without_header: int = 0

    def position(self, column: str, mapping: FileMapping, name: str) -> int:
        """Return where `column` stands, from 0: as it is written, else in any case, else letters and digits alone.

        Args:
            column: as the mapping calls it.
            mapping: for the error's place.
            name: the field for which the mapping names it.

        Raises:
            ConfigurationError: no column is called so, or two are.
        """
        for same in (str, str.casefold, mapping_words.plain):
            found = [at for at, header in enumerate(self.headers) if same(header) == same(column.strip())]
            if len(found) > 1:
                raise mapping.error(name, f"{self.path.name} has two columns called {column}.", "Rename one of them.")
            if found:
                return found[0]
        remedy = mapping_words.nearest(column, self.headers) or f"It has {', '.join(self.headers)}."
        raise mapping.error(name, f"{self.path.name} has no column called {column}.", remedy)

    def has(self, column: str) -> bool:
        """Say whether a column is called so."""
        return mapping_words.plain(column) in {mapping_words.plain(header) for header in self.headers}


def open_rows(
    connection: duckdb.DuckDBPyConnection, path: Path, table: str, mapping: FileMapping, scratch: Path
) -> PersonFile:
    """Make `table` from the rows of a file.

    Args:
        connection: where the table is made.
        path: the file; it is only read.
        table: the name of the table.
        mapping: its encoding and delimiter, where they are given.
        scratch: folder for a clean copy.

    Raises:
        InputError: the file is missing, is of no known kind, or cannot be read.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file.", "Give the files to link.")
    return _READERS.get(path.suffix.lower(), _csv)(connection, path, table, mapping, scratch)


def _csv(
    connection: duckdb.DuckDBPyConnection, path: Path, table: str, mapping: FileMapping, scratch: Path
) -> PersonFile:
    with csv_texts.opened(path, str(path), encoding=_encoding(mapping), scratch=scratch) as text:
        # Each row is in the answer, so that one without any content is a row too.
        found = text.table(partial(_delimiter, mapping), blank_rows=False)
        copy, clean = scratch / f"{table}.csv", found.readable()
        clean.content.tofile(copy)
        damaged = found.damaged(clean.foreign)
    rows = len(clean.lines)
    if not _load(connection, table, copy, found.delimiter, found.found.cells, rows):
        _respell(copy, found.delimiter)
        if not _load(connection, table, copy, found.delimiter, found.found.cells, rows):
            raise InputError(
                f"{path}: its rows cannot be told apart with certainty.",
                "Cells with quotes, delimiters or line ends must stand in double quotes.",
            )
    copy.unlink()
    if damaged and not rows:
        raise NothingKeptError(
            f"{path}:{damaged[0].line}: not one row can be read; this one has {_WHY[damaged[0].rule]}.",
            "Say `delimiter:` in the mapping if it is not the comma, semicolon, tab or bar that line 1 has most of.",
        )
    unread = tuple((one.line, one.rule) for one in damaged)
    return PersonFile(path, table, found.headers[: found.named], clean.lines, unread, found.without_header)


_WHY = {
    "cells": "another number of cells than the header",
    "no_header": "a value in a column without a header",
    "quotes": "damaged quotes",
    "too_long": "more than a million bytes",
    "encoding": "letters of another encoding than the file's",
}


def _encoding(mapping: FileMapping) -> str:
    try:
        declared = codecs.lookup(mapping.encoding).name if mapping.encoding else encodings.AUTO
    except LookupError:
        raise mapping.error(
            "encoding", f"no encoding is called {mapping.encoding}.", "Write utf-8 or cp1252."
        ) from None
    return encodings.UTF8 if declared == "utf-8-sig" else declared


def _delimiter(mapping: FileMapping, headers: Headers, said: str) -> str:
    """Return what the line above the header says where the header has it, else what is mapped, else the usual one."""
    if mapping.delimiter and (not said or len(headers(said)) < len(headers(mapping.delimiter))):
        return mapping.delimiter
    return csv_texts.usual(headers, said)


def _load(connection: duckdb.DuckDBPyConnection, table: str, copy: Path, delimiter: str, width: int, rows: int) -> bool:
    """Make `table` from a clean copy; say whether it has as many rows as were found."""
    columns = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(width))
    if not rows:
        connection.execute(f"CREATE TABLE {table} ({', '.join(f'c{at} VARCHAR' for at in range(width))})")
        return True
    try:
        connection.execute(
            f"CREATE OR REPLACE TABLE {table} AS FROM read_csv({sql.text(copy.as_posix())}, auto_detect = false, "
            f"header = false, new_line = '\\n', delim = {sql.text(delimiter)}, quote = '\"', escape = '\"', "
            f"max_line_size = {csv_records.LONGEST_RECORD + 2}, columns = {{{columns}}})"
        )
    except duckdb.Error:  # its text repeats the row
        return False
    [(loaded,)] = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    return int(loaded) == rows


def _respell(copy: Path, delimiter: str) -> None:
    """Write the copy anew with plain quotes, for files with blanks around quoted cells."""
    csv.field_size_limit(csv_records.LONGEST_RECORD + 1)
    with copy.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream, delimiter=delimiter, skipinitialspace=True))
    with copy.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)


def _parquet(
    connection: duckdb.DuckDBPyConnection, path: Path, table: str, _mapping: FileMapping, _scratch: Path
) -> PersonFile:
    try:
        headers = [row[0] for row in connection.execute(f"DESCRIBE FROM {sql.parquet(path)}").fetchall()]
        texts = ", ".join(f"{sql.name(name)}::VARCHAR AS c{at}" for at, name in enumerate(headers))
        connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT {texts} FROM {sql.parquet(path)}")
    except duckdb.Error:
        raise InputError(f"{path}: cannot be read as Parquet.", "Write it again.") from None
    [(rows,)] = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    return PersonFile(path, table, tuple(name.strip() for name in headers), np.arange(1, int(rows) + 1))


_Reader = Callable[[duckdb.DuckDBPyConnection, Path, str, FileMapping, Path], PersonFile]
_READERS: dict[str, _Reader] = {".parquet": _parquet, ".pq": _parquet}
"""Kinds of files by the end of their name; everything else is read as CSV."""
