"""Opening files of people outside a partnership: whatever the file is, its rows become a table of texts in DuckDB.

    file = person_files.open_rows(connection, path, "file_0", mapping, scratch)

The table has the columns c0, c1, …, all text as delivered, in the order of the file. A new kind of file is one more
function in `_READERS`. An error names the file and the line, never what stands there.
"""

import codecs
import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from hub import sql
from hub.errors import InputError, NothingKeptError
from hub.formats import csv_headers, csv_records, encodings, separator_lines
from hub.person_files import mapping_words
from hub.person_files.mapping import FileMapping

_DELIMITERS = (",", ";", "\t", "|")
_FOREIGN = ((b"PK\x03\x04", "a zip archive or an Excel workbook"), (b"\x1f\x8b", "compressed"), (b"PAR1", "Parquet"))


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
    content, other_lines = _as_utf8(path, mapping)
    start = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    above = separator_lines.find(content, start)
    start, line = (start, 1) if above is None else (above.position, above.line)
    delimiter = _delimiter(
        content[start : start + 100_000], mapping.delimiter, "" if above is None else above.delimiter
    )
    head = csv_records.header(content, start, delimiter, line)
    headers = () if head is None else tuple(_cells(content[head.start : head.end].decode("utf-8"), delimiter))
    named = csv_headers.named(headers)
    if head is None or not named:
        raise InputError(f"{path}:{line}: there is no header in this line.", f"Line {line} names the columns.")
    found = csv_records.records(content, head, delimiter, named=named)
    copy = scratch / f"{table}.csv"
    clean = csv_records.readable(content, head, delimiter, found, other_lines)
    clean.content.tofile(copy)
    rows = len(clean.lines)
    if not _load(connection, table, copy, delimiter, found.cells, rows):
        _respell(copy, delimiter)
        if not _load(connection, table, copy, delimiter, found.cells, rows):
            raise InputError(
                f"{path}: its rows cannot be told apart with certainty.",
                "Cells with quotes, delimiters or line ends must stand in double quotes.",
            )
    copy.unlink()
    unread = [(int(line), csv_records.DAMAGE[int(reason)]) for line, _, _, reason in found.damaged.tolist()]
    damaged = sorted(unread + [(line, csv_records.DAMAGE[4]) for line, _ in clean.foreign])
    if damaged and not rows:
        raise NothingKeptError(
            f"{path}:{damaged[0][0]}: not one row can be read; this one has {_WHY[damaged[0][1]]}.",
            "Say `delimiter:` in the mapping if it is not the comma, semicolon, tab or bar that line 1 has most of.",
        )
    left_out = max(head.cells, found.cells) - named
    return PersonFile(path, table, headers[:named], clean.lines, tuple(damaged), left_out)


_WHY = {
    "cells": "another number of cells than the header",
    "no_header": "a value in a column without a header",
    "quotes": "damaged quotes",
    "too_long": "more than a million bytes",
    "encoding": "letters of another encoding than the file's",
}


def _as_utf8(path: Path, mapping: FileMapping) -> tuple[bytes, NDArray[np.int64]]:
    """Return the file's text as UTF-8, and the lines of another encoding than the file's (`hub.formats.encodings`)."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({type(error).__name__}).", "Check who may read it.") from None
    for magic, what in _FOREIGN:
        if content.startswith(magic):
            raise InputError(f"{path}: this is {what}, not CSV.", "Save it as CSV in UTF-8, or as NAME.parquet.")
    try:
        declared = codecs.lookup(mapping.encoding).name if mapping.encoding else encodings.AUTO
    except LookupError:
        raise mapping.error(
            "encoding", f"no encoding is called {mapping.encoding}.", "Write utf-8 or cp1252."
        ) from None
    found = encodings.find(content, "utf-8" if declared == "utf-8-sig" else declared, str(path))
    if found.name != encodings.UTF8 or len(found.other_lines):
        stream = io.BytesIO()
        encodings.write_utf8(content, found, stream)
        content = stream.getvalue()
    at = content.find(b"\0")
    if at >= 0:
        line = content[:at].count(b"\n") + 1
        raise InputError(f"{path}:{line}: a NUL byte: the file is damaged or is not text.", "Save it as CSV in UTF-8.")
    return content, found.other_lines


def _delimiter(content: bytes, mapped: str, said: str) -> str:
    """Return what separates the cells of a header.

    Args:
        content: the header and what follows.
        mapped: what the mapping says, if it does.
        said: what the line above the header says, if there is one; it holds where it stands in the header.

    Returns:
        What is said, else the delimiter that the first line has most of, outside quotes; a comma when it has none.
    """
    line = next((one for one in content.splitlines() if one.strip()), b"").decode("utf-8", "replace")
    outside = "".join(line.split('"')[::2])
    if said and said in outside:
        return said
    if mapped:
        return mapped
    return max(_DELIMITERS, key=lambda one: (outside.count(one), -_DELIMITERS.index(one)))


def _cells(record: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([record], delimiter=delimiter, skipinitialspace=True))]


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
