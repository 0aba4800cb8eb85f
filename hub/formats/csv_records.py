"""Where the records of a CSV file begin and end, found in one pass over its bytes (`hub.formats.csv_scan`).

A cell may be quoted with `"`, a quote inside it is doubled, and a quoted cell may hold delimiters and line ends. A line
ends with a line feed, a carriage return, or both. A record with another number of cells than the header, with damaged
quotes, or longer than `LONGEST_RECORD` is set aside with the line on which it begins; reading goes on behind it. After
damaged quotes that is behind the record's first line, because nobody can say where the cell was meant to end.

A spreadsheet writes empty cells behind the last column, in the header and the rows or in one of the two. They are left
out where `USUAL` of the records have them, all alike: a single record with one cell too many was torn by a delimiter
that is not quoted, and nobody can see that where its last cell is empty.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.formats import csv_scan

LONGEST_RECORD, MARKED, DAMAGE = csv_scan.LONGEST_RECORD, csv_scan.MARKED, csv_scan.DAMAGE

USUAL = 0.95
"""Share of the records that must have another number of cells than the header, all of them the same, to be right."""

_LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one file behind its header.

    Attributes:
        lines: the line (from 1) on which each good record begins, in order.
        damaged: for each record set aside its line, first byte, byte behind the last, and reason (see `DAMAGE`).
        blank_lines: lines without any character, or without any content (see `blank_rows`); they are not records.
        line_end: what ends every line, when any CSV reader finds the same records in the file as it stands; else empty.
            Then nothing is set aside, no line is blank, and where line ends have two characters no cell holds one.
        marks: the byte on which every `MARKED`th good record begins, the first one included.
        cells: how many each good record has.
        named: how many of them the header names; those behind are blank.
        blank_rows: whether rows without any content count as blank lines.
    """

    lines: NDArray[np.int64]
    damaged: NDArray[np.int64]
    blank_lines: int
    line_end: str
    marks: NDArray[np.int64]
    cells: int
    named: int
    blank_rows: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """The first record of a file: its bytes `[start, end)`, its cells, and the byte and line where the next begins."""

    start: int
    end: int
    cells: int
    position: int
    line: int


def _bytes(content: Any) -> NDArray[np.uint8]:
    return np.frombuffer(content, np.uint8)


def header(content: Any, start: int, delimiter: str, line: int = 1) -> Header | None:
    """Return the first record of `content` from the byte `start`; None when there is none or its quotes are damaged.

    Args:
        content: the bytes of the file.
        start: where to begin.
        delimiter: what separates the cells.
        line: the line (from 1) of that byte.
    """
    nothing, bad, out = np.empty(0, np.int64), np.empty((1, 4), np.int64), np.empty(0, np.uint8)
    totals = csv_scan.scan(_bytes(content), start, line, ord(delimiter), 0, 0, False, nothing, nothing, bad, out)
    if totals[csv_scan.GOOD] == 0:
        return None
    return Header(
        *(int(totals[at]) for at in (csv_scan.START, csv_scan.END, csv_scan.CELLS, csv_scan.POSITION, csv_scan.LINE))
    )


def records(
    content: Any, head: Header, delimiter: str, *, named: int | None = None, blank_rows: bool = False
) -> Records:
    """Find the records of `content` behind its header.

    Args:
        content: the bytes of the file.
        head: its header.
        delimiter: what separates the cells.
        named: how many cells the header has up to the last one that is not empty; None means all.
        blank_rows: a row of delimiters, blanks and empty quotes is a blank line and no record.
    """
    names = head.cells if named is None else named
    found = _records(content, head, delimiter, head.cells, names, blank_rows=blank_rows)
    others = found.damaged[found.damaged[:, 3] == 1]
    all_of_them = len(found.lines) + len(found.damaged)
    if not len(others) or len(others) < USUAL * all_of_them:
        return found
    cells = Counter(
        int(csv_scan.record(_bytes(content), start, ord(delimiter), LONGEST_RECORD)[2])
        for start in others[:_LOOKED_AT, 1].tolist()
    )
    [(usual, _)] = cells.most_common(1)
    if usual < names or (usual > head.cells and all_of_them == 1):  # one record alone may be a torn one
        return found
    otherwise = _records(content, head, delimiter, usual, names, blank_rows=blank_rows)
    return otherwise if len(otherwise.lines) >= USUAL * all_of_them else found


def _records(content: Any, head: Header, delimiter: str, cells: int, named: int, *, blank_rows: bool) -> Records:
    rows = _bytes(content)[head.position :]
    most = 1 + int(np.count_nonzero(rows == csv_scan.NEWLINE)) + int(np.count_nonzero(rows == csv_scan.RETURN))
    lines, bad = np.empty(most, np.int64), np.empty((most, 4), np.int64)
    marks = np.empty(most // MARKED + 1, np.int64)
    totals = csv_scan.scan(
        _bytes(content),
        head.position,
        head.line,
        ord(delimiter),
        cells,
        named,
        blank_rows,
        lines,
        marks,
        bad,
        np.empty(0, np.uint8),
    )
    damaged = bad[: totals[csv_scan.BAD]].copy()
    kinds = {b"\n": csv_scan.ENDS_NEWLINE, b"\r\n": csv_scan.ENDS_RETURN_NEWLINE, b"\r": csv_scan.ENDS_RETURN}
    endings = int(totals[csv_scan.ENDINGS]) | kinds.get(bytes(content[head.end : head.position]), 0)
    blank = int(totals[csv_scan.BLANK])
    line_end = ""
    if not len(damaged) and not blank and cells == head.cells:
        if endings == csv_scan.ENDS_NEWLINE:
            line_end = "\n"
        elif endings == csv_scan.ENDS_RETURN_NEWLINE and not totals[csv_scan.MANY_LINES]:
            line_end = "\r\n"
    good = int(totals[csv_scan.GOOD])
    marked = marks[: -(-good // MARKED)].copy()
    return Records(lines[:good].copy(), damaged, blank, line_end, marked, cells, named, blank_rows)


def good_records(content: Any, head: Header, delimiter: str, found: Records) -> NDArray[np.uint8]:
    """Return the bytes of the good records of `content` behind its header, each ended by a newline.

    Args:
        content: the bytes of the file.
        head: its header.
        delimiter: what separates the cells.
        found: what `records` found in it.
    """
    buffer, nothing = _bytes(content), np.empty(0, np.int64)
    bad, out = np.empty((len(found.damaged) + 1, 4), np.int64), np.empty(len(buffer) + 1, np.uint8)
    cells = (found.cells, found.named, found.blank_rows)
    totals = csv_scan.scan(buffer, head.position, head.line, ord(delimiter), *cells, nothing, nothing, bad, out)
    return out[: totals[csv_scan.WRITTEN]]


@dataclass(frozen=True, slots=True)
class Readable:
    """The good records of a file whose letters can be told.

    Attributes:
        content: their bytes, each record ended by a newline.
        lines: the line on which each begins.
        foreign: line and bytes of each record with a line of another encoding.
    """

    content: NDArray[np.uint8]
    lines: NDArray[np.int64]
    foreign: tuple[tuple[int, bytes], ...]


def readable(content: Any, head: Header, delimiter: str, found: Records, other_lines: NDArray[np.int64]) -> Readable:
    """Return the good records of `content` without those that hold a line of another encoding.

    Args:
        content: the bytes of the file.
        head: its header.
        delimiter: what separates the cells.
        found: what `records` found in it.
        other_lines: lines (from 1) of another encoding (`hub.formats.encodings`), ascending.
    """
    good = good_records(content, head, delimiter, found)
    rows = np.unique(np.searchsorted(found.lines, other_lines[other_lines >= head.line], side="right") - 1)
    rows = rows[rows >= 0]
    keep, kept, foreign = np.ones(len(good), bool), np.ones(len(found.lines), bool), []
    for row, (start, end) in zip(rows.tolist(), spans(good, delimiter, np.zeros(1, np.int64), rows), strict=True):
        text, first = good[start:end].tobytes(), int(found.lines[row])
        last = first + text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")
        # Else the line is one of a damaged record, which is set aside anyway.
        if np.any((other_lines >= first) & (other_lines <= last)):
            keep[start : end + 1], kept[row] = False, False
            foreign.append((first, text))
    return Readable(good[keep], found.lines[kept], tuple(foreign))


def spans(content: Any, delimiter: str, marks: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where records stand in `content`, which from the first mark on holds good records and nothing else.

    Args:
        content: the bytes of the file.
        delimiter: what separates the cells.
        marks: where every `MARKED`th record begins; those at the end may be missing, the first may not.
        rows: the numbers of the records, from 0, ascending and without repeats.

    Returns:
        int64, one row for each of `rows`: its first byte, and the byte behind its last (its line end not included).
    """
    found = np.empty((len(rows), 2), np.int64)
    csv_scan.find(_bytes(content), ord(delimiter), marks, rows, found)
    return found
