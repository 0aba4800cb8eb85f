"""The text of one CSV file, whoever sent it: its bytes, encoding, delimiter, header and records.

    with csv_texts.opened(path, where, encoding=AUTO, scratch=scratch) as text:
        table = text.table(csv_texts.usual, blank_rows=True)
        table.headers, table.found.lines, table.damaged()

An agency's file (`hub.formats.csv_files`) and a file of people outside a partnership (`hub.person_files.opening`) are
read by this alone; they differ in what they know of the columns, and so in how they choose the delimiter. An error
names the file, the line and the byte, never what stands there.
"""

import codecs
import csv
import hashlib
import mmap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hub.errors import InputError
from hub.formats import csv_headers, csv_records, encodings, separator_lines
from hub.formats.csv_records import Header, Readable, Records

DELIMITERS = (",", ";", "\t", "|")
KEPT_CHARACTERS = 100_000
"""How much of a damaged record's text is kept; the agency still has all of it."""

_ENCODING = 4
"""The reason of a record in letters of another encoding; see `csv_records.DAMAGE`."""
_FOREIGN = ((b"PK\x03\x04", "a zip archive or an Excel workbook"), (b"\x1f\x8b", "compressed"), (b"PAR1", "Parquet"))

Headers = Callable[[str], tuple[str, ...]]
"""Gives the headers of the first line when a delimiter separates its cells, trimmed; none where there is no header."""
Choose = Callable[[Headers, str], str]
"""Chooses the delimiter: from the headers that each gives, and from what the line above them says ("" if nothing)."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """A record that cannot be read: the line on which it begins, the rule that it breaks, the start of its text."""

    line: int
    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class CsvTable:
    """The header and the records of a text.

    Attributes:
        content: the bytes, in UTF-8.
        delimiter: what separates the cells.
        head: where the header stands.
        headers: its cells, trimmed.
        found: the records.
        other_lines: lines in another encoding than the file's.
    """

    content: mmap.mmap
    delimiter: str
    head: Header
    headers: tuple[str, ...]
    found: Records
    other_lines: NDArray[np.int64]

    @property
    def named(self) -> int:
        """How many cells the header has up to the last one with a name."""
        return csv_headers.named(self.headers)

    @property
    def without_header(self) -> int:
        """How many columns stand behind the last header; of their cells the good records have empty ones."""
        return max(self.head.cells, self.found.cells) - self.named

    @property
    def plain(self) -> bool:
        """Whether the text itself can be read as it is: one header in line 1, then good records, each ended alike."""
        return self.found.line_end != "" and self.head.line == 2 and not len(self.other_lines)

    def readable(self) -> Readable:
        """Return the bytes of the good records alone, without a header."""
        return csv_records.readable(self.content, self.head, self.delimiter, self.found, self.other_lines)

    def damaged(self, foreign: Sequence[tuple[int, bytes]] = ()) -> tuple[Damaged, ...]:
        """Return the records that cannot be read, by line; `foreign` are those that `readable` left out."""
        texts = [(line, reason, self.content[begin:end]) for line, begin, end, reason in self.found.damaged.tolist()]
        texts += [(line, _ENCODING, text) for line, text in foreign]
        found = (
            Damaged(line, csv_records.DAMAGE[reason], text.decode("utf-8", "replace")[:KEPT_CHARACTERS])
            for line, reason, text in texts
        )
        return tuple(sorted(found, key=lambda one: one.line))


@dataclass(frozen=True, slots=True)
class CsvText:
    """An open text.

    Attributes:
        path: the file itself, or its copy in UTF-8.
        where: what messages call it.
        sha256: digest of the bytes as they came.
        size: how many came.
        content: its bytes, in UTF-8.
        other_lines: lines in another encoding than the file's.
    """

    path: Path
    where: str
    sha256: str
    size: int
    content: mmap.mmap
    other_lines: NDArray[np.int64]

    def table(self, choose: Choose, *, blank_rows: bool) -> CsvTable:
        """Find the header and the records.

        Args:
            choose: chooses the delimiter.
            blank_rows: a row without any content is a blank line and no record.

        Raises:
            InputError: there is no header in the first line, or in the one below that which says the separator.
        """
        start = len(codecs.BOM_UTF8) if self.content[:3] == codecs.BOM_UTF8 else 0
        above = separator_lines.find(self.content, start)
        start, line = (start, 1) if above is None else (above.position, above.line)

        def headers(delimiter: str) -> tuple[str, ...]:
            head = csv_records.header(self.content, start, delimiter, line)
            return () if head is None else _cells(self.content[head.start : head.end].decode("utf-8"), delimiter)

        delimiter = choose(headers, "" if above is None else above.delimiter)
        head, found = csv_records.header(self.content, start, delimiter, line), headers(delimiter)
        if head is None or not any(found):
            raise InputError(
                f"{self.where}: there is no header in {'the first line' if line == 1 else f'line {line}'}.",
                "Ask for a file with one header that names the columns, and rows.",
            )
        named = csv_headers.named(found)
        records = csv_records.records(self.content, head, delimiter, named=named, blank_rows=blank_rows)
        return CsvTable(self.content, delimiter, head, found, records, self.other_lines)


def usual(headers: Headers, said: str) -> str:
    """Choose, of the usual delimiters, what is said where it stands in the header, else that which gives most cells."""
    tried = dict.fromkeys([said, *DELIMITERS] if said else DELIMITERS)
    cells = {one: len(headers(one)) for one in tried}
    return said if cells.get(said, 0) > 1 else max(DELIMITERS, key=lambda one: cells[one])


@contextmanager
def opened(path: Path, where: str, *, encoding: str, scratch: Path) -> Iterator[CsvText]:
    """Open a file as UTF-8; where it is in another encoding, a copy in UTF-8 is written and read instead.

    Args:
        path: the file; it is only read.
        where: what messages call it.
        encoding: as Python calls it, or `encodings.AUTO`.
        scratch: folder for the copy.

    Raises:
        InputError: it is empty, cannot be opened, is no text in that encoding, or holds a NUL byte.
    """
    with _bytes_of(path, where) as content:
        came = hashlib.sha256(content).hexdigest(), len(content)
        _refuse_foreign(content, where)
        found = encodings.find(content, encoding, where)
        if found.name == encodings.UTF8 and not len(found.other_lines):
            yield CsvText(path, where, *came, content, found.other_lines)
            return
        copy = scratch / f"{path.name} {came[0][:16]}.utf8"
        with copy.open("wb") as stream:
            encodings.write_utf8(content, found, stream)
    with _bytes_of(copy, where) as content:
        _refuse_foreign(content, where)
        yield CsvText(copy, where, *came, content, found.other_lines)


def _cells(record: str, delimiter: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in next(csv.reader([record], delimiter=delimiter, skipinitialspace=True)))


@contextmanager
def _bytes_of(path: Path, where: str) -> Iterator[mmap.mmap]:
    try:
        with path.open("rb") as stream:
            if path.stat().st_size == 0:
                raise InputError(f"{where}: an empty file: it has no bytes.", "Ask for it again.")
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
                yield content
    except OSError as error:
        raise InputError(
            f"{where}: cannot be read ({type(error).__name__}).", "Check the file and who may read it."
        ) from None


def _refuse_foreign(content: mmap.mmap, where: str) -> None:
    for magic, what in _FOREIGN:
        if content[: len(magic)] == magic:
            raise InputError(f"{where}: this is {what}, not CSV.", "Save it as CSV in UTF-8, or as NAME.parquet.")
    if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return  # looked at again as UTF-8
    at = content.find(b"\0")
    if at >= 0:
        raise InputError(
            f"{where}: {encodings.place(content, at)} holds a NUL byte, so the file is damaged or is not text.",
            "Ask for it again as CSV in UTF-8.",
        )
