"""Opening one CSV file of a delivery: its bytes, encoding, header and records are checked before a cell is parsed.

    file = csv_files.examine(path, "school", declared, scratch)

An error names the file, the source, the line and the byte, never what stands there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.declarations.source_files import AUTO, SourceFile, alike
from hub.errors import InputError
from hub.formats import csv_headers, csv_texts
from hub.formats.csv_records import Records
from hub.formats.csv_texts import DELIMITERS, CsvTable, CsvText, Damaged, Headers

MOST_DAMAGED = 100_000
"""More records than this that cannot be read are no accident: the file is refused."""

_FEW_DAMAGED = 100


@dataclass(frozen=True, slots=True)
class CsvFile:
    """One examined file.

    Attributes:
        name: its name in the delivery folder.
        sha256: digest of the delivered bytes.
        size: bytes delivered.
        positions: where each declared column stands, from 0; an optional column that is not there has none.
        refused: the headers in it that must never be used; nothing is read from them.
        width: cells in every record.
        readable: what is to be read: the delivered file, or a clean copy of its good records.
        has_header: whether `readable` begins with the header.
        line_end: what ends the lines of `readable`.
        lines: the line of each good record in the delivered file, in order.
        damaged: records that cannot be read.
        blank_lines: lines without any character but blanks, delimiters and quotes; they are not rows.
        delimiter: what separates the cells of `readable`.
        marks: the byte of `readable` on which every so many-th record begins (see `hub.formats.csv_records.spans`).
        scratch: folder inside the identity store for what is made of the file.
        notices: what is to be said of the file (`hub.intake.identifier_checks.notice`).
    """

    name: str
    sha256: str
    size: int
    positions: dict[str, int]
    width: int
    readable: Path
    has_header: bool
    line_end: str
    lines: NDArray[np.int64]
    damaged: tuple[Damaged, ...]
    blank_lines: int
    delimiter: str
    marks: NDArray[np.int64]
    scratch: Path
    refused: tuple[str, ...] = ()
    notices: tuple[Mapping[str, Any], ...] = ()


def examine(path: Path, source: str, declared: SourceFile, scratch: Path, name: str | None = None) -> CsvFile:
    """Check the bytes of `path` and find its records.

    Args:
        path: the delivered file; it is only read.
        source: name of its source, for messages.
        declared: how sources.yaml describes it.
        scratch: folder inside the identity store for a clean copy, when one is needed.
        name: what messages call the file, when not by its own name.

    Raises:
        InputError: it is not text in the declared encoding, holds a NUL byte, lacks a declared column, or has no rows
            and is not optional.
    """
    where = f"{name or path.name} (source {source})"
    with csv_texts.opened(path, where, encoding=declared.encoding, scratch=scratch) as text:
        table = text.table(partial(_delimiter, declared), blank_rows=True)
        return _examined(text, table, path.name, declared, scratch)


def _examined(text: CsvText, table: CsvTable, name: str, declared: SourceFile, scratch: Path) -> CsvFile:
    where, found = text.where, table.found
    positions = positions_in(table.headers, declared, where, f"line {table.head.line - 1}")
    if not len(found.lines) and not len(found.damaged) and not declared.optional:
        raise InputError(
            f"{where}: an empty extract: it has a header and no rows.",
            "Ask the agency to deliver it again; an empty file would take every record of the last delivery away.",
        )
    lines, readable = found.lines, text.path
    foreign: tuple[tuple[int, bytes], ...] = ()
    if not table.plain:
        readable = scratch / f"{declared.name} {text.sha256[:16]}.clean"
        clean = table.readable()
        clean.content.tofile(readable)
        lines, foreign = clean.lines, clean.foreign
    damaged = table.damaged(foreign)
    if len(damaged) > MOST_DAMAGED or _FEW_DAMAGED < len(damaged) > len(lines):
        raise InputError(
            f"{where}: {len(damaged)} of {len(damaged) + len(lines)} rows cannot be read, "
            f"the first on line {damaged[0].line}: they have another number of cells than the header, a value in a "
            "column without a header, damaged quotes, or letters of another encoding.",
            "Ask the agency how the file was made; cells that hold the delimiter or a quote must stand in quotes.",
        )
    return CsvFile(
        name,
        text.sha256,
        text.size,
        positions,
        found.cells,
        readable,
        table.plain,
        found.line_end if table.plain else "\n",
        lines,
        damaged,
        found.blank_lines,
        table.delimiter,
        found.marks if table.plain else np.zeros(1, np.int64),
        scratch,
        csv_headers.refused(table.headers, declared.refused),
        (*_ending(text, found), *_left_out(where, table.without_header)),
    )


def no_rows(where: str) -> dict[str, Any]:
    """Return what is to be said of a file that may lack rows, and has none."""
    said = f"{where}: it has a header and no rows."
    return {"notice": "no_rows", "count": 1, "said": said, "remedy": "Ask the agency whether that is right."}


def _ending(text: CsvText, found: Records) -> tuple[Mapping[str, Any], ...]:
    """Return what is to be said of a file whose last line has no end: nobody can tell whether it was cut off."""
    lines = found.lines
    if not len(lines):
        return () if len(found.damaged) else (no_rows(text.where),)
    if text.content[len(text.content) - 1 :] in (b"\n", b"\r"):
        return ()
    said = f"{text.where}: its last line ({lines[-1]}) has no end, as in a file that was cut off."
    remedy = "Compare its number of rows with the agency's."
    return ({"notice": "no_last_line_end", "count": 1, "said": said, "remedy": remedy},)


def _left_out(where: str, columns: int) -> tuple[Mapping[str, Any], ...]:
    """Return what is to be said of columns behind the last header: of their cells the good records have empty ones."""
    if not columns:
        return ()
    which = "its last column has" if columns == 1 else f"its last {columns} columns have"
    said = f"{where}: {which} no header: left out, and a row with a value there is set aside."
    remedy = "Nothing needs to be done where no row is set aside; else ask the agency for the header."
    return ({"notice": "columns_without_header", "count": columns, "said": said, "remedy": remedy},)


def positions_in(
    headers: Sequence[str], declared: SourceFile, where: str, line: str = "line 1", remedy: str = ""
) -> dict[str, int]:
    """Return where each declared column of a file stands among its headers (see `formats.csv_headers.positions`)."""
    return csv_headers.positions(
        headers,
        tuple(declared.columns),
        where,
        others={name: column.headers for name, column in declared.columns.items()},
        optional={name for name, column in declared.columns.items() if column.optional},
        line=line,
        remedy=remedy,
    )


def _delimiter(declared: SourceFile, headers: Headers, said: str) -> str:
    """Return the delimiter under which most declared columns stand in the header; of several, the first tried."""
    tried = ([said] if said else []) + ([*DELIMITERS] if declared.delimiter == AUTO else [declared.separator])
    if len(tried) == 1:
        return tried[0]

    def columns(delimiter: str) -> int:
        there = {alike(header) for header in headers(delimiter)}
        return sum(
            any(alike(header) in there for header in (name, *column.headers))
            for name, column in declared.columns.items()
        )

    return max(tried, key=columns)
