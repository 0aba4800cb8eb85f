"""Opening one CSV file of a delivery: its bytes, encoding, header and records are checked before a cell is parsed.

    file = csv_files.examine(path, "school", declared, scratch)

An error names the file, the source, the line and the byte, never what stands there.
"""

import codecs
import csv
import hashlib
import mmap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hub import csv_headers, csv_records
from hub.errors import InputError
from hub.source_files import AUTO, SourceFile, alike

KEPT_CHARACTERS = 100_000
"""How much of a damaged record's text the quarantine keeps; the agency still has all of it."""

MOST_DAMAGED = 100_000
"""More records than this that cannot be read are no accident: the file is refused."""

_FEW_DAMAGED = 100
_TRIED = (",", ";", "\t", "|")
_CHUNK = 1 << 22
_FOREIGN = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\x1f\x8b", "compressed"),
    (codecs.BOM_UTF16_LE, "UTF-16 text"),
    (codecs.BOM_UTF16_BE, "UTF-16 text"),
)


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
        blank_lines: lines without any character; they are not rows.
        delimiter: what separates the cells of `readable`.
        marks: the byte of `readable` on which every so many-th record begins (see `hub.csv_records.spans`).
        scratch: folder inside the identity store for what is made of the file.
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
        encoding = _encoding_of(content, declared.encoding, where)
        if encoding == "utf-8":
            return _records(content, path, None, (sha256, size), declared, where, scratch)
        copy = scratch / f"{declared.name} {sha256[:16]}.utf8"
        with copy.open("wb") as stream:
            for at in range(0, size, _CHUNK):
                stream.write(content[at : at + _CHUNK].decode(encoding).encode("utf-8"))
    with _bytes_of(copy, where) as content:
        return _records(content, path, copy, (sha256, size), declared, where, scratch)


def _records(
    content: mmap.mmap,
    path: Path,
    copy: Path | None,
    delivered: tuple[str, int],
    declared: SourceFile,
    where: str,
    scratch: Path,
) -> CsvFile:
    start = len(codecs.BOM_UTF8) if content[:3] == codecs.BOM_UTF8 else 0
    delimiter = declared.separator if declared.delimiter != AUTO else _delimiter_of(content, start, declared)
    head = csv_records.header(content, start, delimiter)
    if head is None:
        raise InputError(
            f"{where}: there is no header in the first line.", "Ask the agency for a file with one header and rows."
        )
    headers = _cells(content[head.start : head.end].decode("utf-8"), delimiter)
    positions = positions_in(headers, declared, where)
    found = csv_records.records(content, head, delimiter)
    if not len(found.lines) and not len(found.damaged) and not declared.optional:
        raise InputError(
            f"{where}: an empty extract: it has a header and no rows.",
            "Ask the agency to deliver it again; an empty file would take every record of the last delivery away.",
        )
    if len(found.damaged) > MOST_DAMAGED or _FEW_DAMAGED < len(found.damaged) > len(found.lines):
        raise InputError(
            f"{where}: {len(found.damaged)} of {len(found.damaged) + len(found.lines)} rows cannot be read, "
            f"the first on line {found.damaged[0][0]}: they have another number of cells than the header, or damaged "
            "quotes.",
            "Ask the agency how the file was made; cells that hold the delimiter or a quote must stand in quotes.",
        )
    damaged = tuple(
        Damaged(line, csv_records.DAMAGE[reason], content[begin:end].decode("utf-8", "replace")[:KEPT_CHARACTERS])
        for line, begin, end, reason in found.damaged.tolist()
    )
    plain = found.line_end != "" and head.line == 2
    readable = copy or path
    if not plain:
        readable = scratch / f"{declared.name} {delivered[0][:16]}.clean"
        csv_records.good_records(content, head, delimiter, found).tofile(readable)
    line_end = found.line_end if plain else "\n"
    return CsvFile(
        path.name,
        *delivered,
        positions,
        head.cells,
        readable,
        plain,
        line_end,
        found.lines,
        damaged,
        found.blank_lines,
        delimiter,
        found.marks if plain else np.zeros(1, np.int64),
        scratch,
        csv_headers.refused(headers, declared.refused),
    )


def positions_in(headers: Sequence[str], declared: SourceFile, where: str, line: str = "line 1") -> dict[str, int]:
    """Return where each declared column of a file stands among its headers (see `hub.csv_headers.positions`)."""
    return csv_headers.positions(
        headers,
        tuple(declared.columns),
        where,
        others={name: column.headers for name, column in declared.columns.items()},
        optional={name for name, column in declared.columns.items() if column.optional},
        line=line,
    )


def _delimiter_of(content: mmap.mmap, start: int, declared: SourceFile) -> str:
    """Return the delimiter under which most declared columns stand in the header; of several, the first of `_TRIED`."""

    def columns(delimiter: str) -> int:
        head = csv_records.header(content, start, delimiter)
        if head is None:
            return -1
        headers = {alike(cell) for cell in _cells(content[head.start : head.end].decode("utf-8"), delimiter)}
        return sum(
            any(alike(header) in headers for header in (name, *column.headers))
            for name, column in declared.columns.items()
        )

    return max(_TRIED, key=columns)


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
    at = content.find(b"\0")
    if at >= 0:
        raise InputError(
            f"{where}: {_place(content, at)} holds a NUL byte, so the file is damaged or is not text.",
            "Ask the agency to export it again as CSV in UTF-8.",
        )


def _place(content: mmap.mmap, at: int) -> str:
    before = content[:at]
    line = before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n") + 1
    in_line = at - max(before.rfind(b"\n"), before.rfind(b"\r"))
    return f"line {line}, byte {in_line} of the line (byte {at + 1} of the file),"


def _encoding_of(content: mmap.mmap, declared: str, where: str) -> str:
    """Return the encoding of a text after a check of all its bytes; `auto` is UTF-8 when it can be, else CP1252."""
    if declared != AUTO:
        _check_encoding(content, declared, where)
        return declared
    if _first_undecodable(content, "utf-8") is None:
        return "utf-8"
    wrong = _first_undecodable(content, "cp1252")
    if wrong is not None:
        raise InputError(
            f"{where}: {_place(content, wrong)} is neither UTF-8 nor cp1252.", "Ask the agency for the file in UTF-8."
        )
    return "cp1252"


def _check_encoding(content: mmap.mmap, encoding: str, where: str) -> None:
    utf8 = _first_undecodable(content, "utf-8")
    if encoding == "utf-8" and utf8 is not None:
        raise InputError(
            f"{where}: {_place(content, utf8)} is not UTF-8.",
            "If the agency exports from Windows, set `encoding: cp1252` for this file in sources.yaml; "
            "else ask for UTF-8.",
        )
    if encoding != "utf-8":
        if utf8 is None and not _is_ascii(content):
            raise InputError(
                f"{where}: declared as {encoding}, but it is UTF-8: names would be garbled.",
                f"Remove `encoding: {encoding}` from this file in sources.yaml.",
            )
        wrong = _first_undecodable(content, encoding)
        if wrong is not None:
            raise InputError(
                f"{where}: {_place(content, wrong)} is not {encoding}.", "Ask the agency for the file in UTF-8."
            )


def _first_undecodable(content: mmap.mmap, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    for at in range(0, len(content), _CHUNK):
        chunk = content[at : at + _CHUNK]
        try:
            decoder.decode(chunk, final=at + _CHUNK >= len(content))
        except UnicodeDecodeError as error:
            return at - (len(error.object) - len(chunk)) + error.start
    return None


def _is_ascii(content: mmap.mmap) -> bool:
    return all(content[at : at + _CHUNK].isascii() for at in range(0, len(content), _CHUNK))
