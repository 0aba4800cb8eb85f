"""Opening one CSV file of a delivery: its bytes, encoding, header and records are checked before a cell is parsed.

    file = csv_files.examine(path, "school", declared, scratch)

An error names the file, the source, the line and the byte, never what stands there.
"""

import codecs
import csv
import hashlib
import mmap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.declarations.source_files import AUTO, SourceFile, alike
from hub.errors import InputError
from hub.formats import csv_headers, csv_records, encodings, separator_lines
from hub.formats.csv_records import Records

KEPT_CHARACTERS = 100_000
"""How much of a damaged record's text the quarantine keeps; the agency still has all of it."""

MOST_DAMAGED = 100_000
"""More records than this that cannot be read are no accident: the file is refused."""

_FEW_DAMAGED = 100
_TRIED = (",", ";", "\t", "|")
_FOREIGN = ((b"PK\x03\x04", "a zip archive or an Excel workbook"), (b"\x1f\x8b", "compressed"))
_NO_LINES = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Damaged:
    """A record that cannot be read: the line on which it begins, the rule that it breaks, the start of its text."""

    line: int
    rule: str
    text: str


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
    with _bytes_of(path, where) as content:
        sha256, size = hashlib.sha256(content).hexdigest(), len(content)
        _refuse_foreign(content, where)
        encoding = encodings.find(content, declared.encoding, where)
        if encoding.name == encodings.UTF8 and not len(encoding.other_lines):
            return _records(content, path, None, (sha256, size), declared, where, scratch, _NO_LINES)
        copy = scratch / f"{declared.name} {sha256[:16]}.utf8"
        with copy.open("wb") as stream:
            encodings.write_utf8(content, encoding, stream)
    with _bytes_of(copy, where) as content:
        _refuse_foreign(content, where)
        return _records(content, path, copy, (sha256, size), declared, where, scratch, encoding.other_lines)


def _records(
    content: mmap.mmap,
    path: Path,
    copy: Path | None,
    delivered: tuple[str, int],
    declared: SourceFile,
    where: str,
    scratch: Path,
    other_lines: NDArray[np.int64],
) -> CsvFile:
    start = len(codecs.BOM_UTF8) if content[:3] == codecs.BOM_UTF8 else 0
    above = separator_lines.find(content, start)
    start, line = (start, 1) if above is None else (above.position, above.line)
    tried = [] if above is None else [above.delimiter]
    tried += _TRIED if declared.delimiter == AUTO else [declared.separator]
    delimiter = _delimiter_of(content, start, declared, tried)
    head = csv_records.header(content, start, delimiter, line)
    if head is None:
        raise InputError(
            f"{where}: there is no header in {'the first line' if line == 1 else f'line {line}'}.",
            "Ask the agency for a file with one header and rows.",
        )
    headers = _cells(content[head.start : head.end].decode("utf-8"), delimiter)
    positions = positions_in(headers, declared, where, f"line {line}")
    found = csv_records.records(content, head, delimiter, named=csv_headers.named(headers), blank_rows=True)
    if not len(found.lines) and not len(found.damaged) and not declared.optional:
        raise InputError(
            f"{where}: an empty extract: it has a header and no rows.",
            "Ask the agency to deliver it again; an empty file would take every record of the last delivery away.",
        )
    lines = found.lines
    foreign: tuple[tuple[int, bytes], ...] = ()
    plain = found.line_end != "" and head.line == 2 and not len(other_lines)
    readable = copy or path
    if not plain:
        readable = scratch / f"{declared.name} {delivered[0][:16]}.clean"
        clean = csv_records.readable(content, head, delimiter, found, other_lines)
        clean.content.tofile(readable)
        lines, foreign = clean.lines, clean.foreign
    damaged = _damaged(content, found, foreign)
    if len(damaged) > MOST_DAMAGED or _FEW_DAMAGED < len(damaged) > len(lines):
        raise InputError(
            f"{where}: {len(damaged)} of {len(damaged) + len(lines)} rows cannot be read, "
            f"the first on line {damaged[0].line}: they have another number of cells than the header, a value in a "
            "column without a header, damaged quotes, or letters of another encoding.",
            "Ask the agency how the file was made; cells that hold the delimiter or a quote must stand in quotes.",
        )
    line_end = found.line_end if plain else "\n"
    return CsvFile(
        path.name,
        *delivered,
        positions,
        found.cells,
        readable,
        plain,
        line_end,
        lines,
        damaged,
        found.blank_lines,
        delimiter,
        found.marks if plain else np.zeros(1, np.int64),
        scratch,
        csv_headers.refused(headers, declared.refused),
        (*_ending(content, where, found), *_left_out(where, max(head.cells, found.cells) - found.named)),
    )


def no_rows(where: str) -> dict[str, Any]:
    """Return what is to be said of a file that may lack rows, and has none."""
    said = f"{where}: it has a header and no rows."
    return {"notice": "no_rows", "count": 1, "said": said, "remedy": "Ask the agency whether that is right."}


def _ending(content: mmap.mmap, where: str, found: Records) -> tuple[Mapping[str, Any], ...]:
    """Return what is to be said of a file whose last line has no end: nobody can tell whether it was cut off."""
    lines = found.lines
    if not len(lines):
        return () if len(found.damaged) else (no_rows(where),)
    if content[len(content) - 1 :] in (b"\n", b"\r"):
        return ()
    said = f"{where}: its last line ({lines[-1]}) has no end, as in a file that was cut off."
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


def _damaged(content: mmap.mmap, found: Records, foreign: tuple[tuple[int, bytes], ...]) -> tuple[Damaged, ...]:
    unread = [
        Damaged(line, csv_records.DAMAGE[reason], content[begin:end].decode("utf-8", "replace")[:KEPT_CHARACTERS])
        for line, begin, end, reason in found.damaged.tolist()
    ]
    other = [
        Damaged(line, csv_records.DAMAGE[4], text.decode("utf-8", "replace")[:KEPT_CHARACTERS])
        for line, text in foreign
    ]
    return tuple(sorted(unread + other, key=lambda one: one.line))


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


def _delimiter_of(content: mmap.mmap, start: int, declared: SourceFile, tried: Sequence[str]) -> str:
    """Return the delimiter under which most declared columns stand in the header; of several, the first of `tried`."""
    if len(tried) == 1:
        return tried[0]

    def columns(delimiter: str) -> int:
        head = csv_records.header(content, start, delimiter)
        if head is None:
            return -1
        headers = {alike(cell) for cell in _cells(content[head.start : head.end].decode("utf-8"), delimiter)}
        return sum(
            any(alike(header) in headers for header in (name, *column.headers))
            for name, column in declared.columns.items()
        )

    return max(tried, key=columns)


def _cells(record: str, delimiter: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in next(csv.reader([record], delimiter=delimiter, skipinitialspace=True)))


@contextmanager
def _bytes_of(path: Path, where: str) -> Iterator[mmap.mmap]:
    try:
        with path.open("rb") as stream:
            if path.stat().st_size == 0:
                raise InputError(f"{where}: an empty extract: the file has no bytes.", "Ask the agency for it again.")
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
                yield content
    except OSError as error:
        raise InputError(
            f"{where}: cannot be read ({type(error).__name__}).", "Check the file and who may read it."
        ) from None


def _refuse_foreign(content: mmap.mmap, where: str) -> None:
    for magic, what in _FOREIGN:
        if content[: len(magic)] == magic:
            raise InputError(f"{where}: this is {what}, not CSV.", "Save it as CSV in UTF-8.")
    if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return  # looked at again as UTF-8
    at = content.find(b"\0")
    if at >= 0:
        raise InputError(
            f"{where}: {encodings.place(content, at)} holds a NUL byte, so the file is damaged or is not text.",
            "Ask the agency to export it again as CSV in UTF-8.",
        )
