"""Where the records of a CSV file begin and end: one pass over its bytes, compiled by numba.

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
from numba import njit
from numpy.typing import NDArray

LONGEST_RECORD = 1_000_000
"""Longest record in bytes; a longer one is not read."""

DAMAGE = {1: "cells", 2: "quotes", 3: "too_long", 4: "encoding", 5: "no_header"}
"""Why a record is set aside: another number of cells than the header, damaged quotes, longer than allowed, letters of
another encoding than the file's (see `readable`), a value behind the last cell of the header that names a column."""

USUAL = 0.95
"""Share of the records that must have another number of cells than the header, all of them the same, to be right."""

MARKED = 256
"""Of one good record in so many it is noted where it begins; others are found from the one before."""

_LOOKED_AT = 100
_NEWLINE, _RETURN, _QUOTE, _SPACE = 10, 13, 34, 32
_CELL_START, _UNQUOTED, _QUOTED, _AFTER_QUOTE, _CLOSED = 0, 1, 2, 3, 4
_ENDS_NEWLINE, _ENDS_RETURN_NEWLINE, _ENDS_RETURN = 1, 2, 4
# What the kernel reports in `totals`, by position.
_GOOD, _BAD, _BLANK, _WRITTEN, _ENDINGS, _MANY_LINES, _POSITION, _LINE, _CELLS, _START, _END = range(11)


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


@njit(cache=True, nogil=True)
def _line_end(content: Any, position: int) -> Any:
    """Return the first byte of the next line when `position` holds the end of a line."""
    if content[position] == _RETURN and position + 1 < len(content) and content[position + 1] == _NEWLINE:
        return position + 2
    return position + 1


@njit(cache=True, nogil=True)
def _record(content: Any, start: int, delimiter: int, longest: int) -> Any:
    """Walk over the record that begins at `start`; it is too long when it has more bytes than `longest`.

    Returns:
        `(end, behind, cells, breaks, reason)`: the byte behind its last cell, the byte where the next record begins,
        its cells, the line ends inside its cells, and 2 or 3 (see `DAMAGE`) or 0.
    """
    size = len(content)
    last = min(size, start + longest)
    position, cells, breaks, state = start, 1, 0, _CELL_START
    while position < last:
        byte = content[position]
        if state == _UNQUOTED:
            while byte != delimiter and byte != _NEWLINE and byte != _RETURN:
                position += 1
                if position == last:
                    break
                byte = content[position]
            if position == last:
                break
        elif state == _QUOTED:
            while byte != _QUOTE and byte != _NEWLINE and byte != _RETURN:
                position += 1
                if position == last:
                    break
                byte = content[position]
            if position == last:
                break
            if byte == _QUOTE:
                state = _AFTER_QUOTE
                position += 1
            else:
                breaks += 1
                position = _line_end(content, position)
            continue
        if byte in (_NEWLINE, _RETURN):
            return position, _line_end(content, position), cells, breaks, 0
        if byte == delimiter:
            cells += 1
            state = _CELL_START
        elif state == _CELL_START:
            if byte == _QUOTE:
                state = _QUOTED
            elif byte != _SPACE:
                state = _UNQUOTED
        elif state == _AFTER_QUOTE and byte == _QUOTE:
            state = _QUOTED
        elif byte == _SPACE:
            state = _CLOSED
        else:
            return position, position, cells, breaks, 2
        position += 1
    if state == _QUOTED:
        return size, size, cells, breaks, 2
    return size, size, cells, breaks, 0 if last == size else 3


@njit(cache=True, nogil=True)
def _is_blank(content: Any, start: int, end: int, delimiter: int) -> Any:
    """Say whether a record holds nothing: a spreadsheet writes rows of delimiters behind its last one."""
    position = start
    while position < end:
        byte = content[position]
        if byte == _QUOTE:
            if position + 1 == end or content[position + 1] != _QUOTE:
                return False
            position += 1
            if position + 1 < end and content[position + 1] == _QUOTE:
                return False
        elif byte not in (delimiter, _SPACE):
            return False
        position += 1
    return True


@njit(cache=True, nogil=True)
def _is_blank_behind(content: Any, start: int, end: int, delimiter: int, cells: int) -> Any:
    """Say whether a record whose quotes are right holds nothing behind its first `cells` cells."""
    position = start
    for _ in range(cells):
        while position < end and content[position] == _SPACE:
            position += 1
        if position < end and content[position] == _QUOTE:
            position += 1
            while content[position] != _QUOTE or (position + 1 < end and content[position + 1] == _QUOTE):
                position += 2 if content[position] == _QUOTE else 1
        while position < end and content[position] != delimiter:
            position += 1
        position += 1
    return _is_blank(content, position, end, delimiter)


@njit(cache=True, nogil=True)
def _scan(
    content: Any,
    position: int,
    line: int,
    delimiter: int,
    expected: int,
    named: int,
    blank_rows: bool,
    lines: Any,
    marks: Any,
    bad: Any,
    out: Any,
) -> Any:
    """Walk over `content` from `position`; fill `lines`, `marks`, `bad`, `out` where they have room; return the totals.

    Args:
        content: the bytes of the file.
        position: where to begin; `line` is the line (from 1) of that byte.
        line: see `position`.
        delimiter: what separates the cells.
        expected: number of cells of a good record; 0 stops behind the first one, whatever it has.
        named: cells of a good record that may hold something, counted from the first.
        blank_rows: whether a record without any content is blank, as a line without any character always is.
        lines: int64, filled with the line of each good record.
        marks: int64, filled with the byte on which every `MARKED`th good record begins.
        bad: int64 of four columns, filled with line, start, end and reason of each record set aside.
        out: empty, or uint8 as long as `content` + 1: filled with the good records, each ended by a newline.
    """
    totals = np.zeros(11, np.int64)
    size = len(content)
    while position < size and not (expected == 0 and totals[_GOOD] + totals[_BAD] > 0):
        start, first_line = position, line
        end, position, cells, breaks, reason = _record(content, start, delimiter, LONGEST_RECORD)
        if reason == 0:
            line += breaks
            totals[_MANY_LINES] += breaks
            if end < size:
                line += 1
                if position == end + 2:
                    totals[_ENDINGS] |= _ENDS_RETURN_NEWLINE
                elif content[end] == _NEWLINE:
                    totals[_ENDINGS] |= _ENDS_NEWLINE
                else:
                    totals[_ENDINGS] |= _ENDS_RETURN
            if end == start or (blank_rows and _is_blank(content, start, end, delimiter)):
                totals[_BLANK] += 1
                continue
            if expected > 0 and cells != expected:
                reason = 1
            elif named < expected and not _is_blank_behind(content, start, end, delimiter, named):
                reason = 5
        else:
            end = start
            while end < size and content[end] != _NEWLINE and content[end] != _RETURN:
                end += 1
            position = size
            if end < size:
                position = _line_end(content, end)
                line += 1
        if reason != 0:
            index = totals[_BAD]
            bad[index, 0], bad[index, 1], bad[index, 2], bad[index, 3] = first_line, start, end, reason
            totals[_BAD] += 1
            continue
        if len(lines):
            lines[totals[_GOOD]] = first_line
        if len(marks) and totals[_GOOD] % MARKED == 0:
            marks[totals[_GOOD] // MARKED] = start
        totals[_GOOD] += 1
        totals[_CELLS], totals[_START], totals[_END] = cells, start, end
        if len(out):
            written = totals[_WRITTEN]
            for index in range(start, end):
                out[written + index - start] = content[index]
            out[written + end - start] = _NEWLINE
            totals[_WRITTEN] = written + end - start + 1
    totals[_POSITION], totals[_LINE] = position, line
    return totals


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
    totals = _scan(_bytes(content), start, line, ord(delimiter), 0, 0, False, nothing, nothing, bad, out)
    if totals[_GOOD] == 0:
        return None
    return Header(*(int(totals[at]) for at in (_START, _END, _CELLS, _POSITION, _LINE)))


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
        int(_record(_bytes(content), start, ord(delimiter), LONGEST_RECORD)[2])
        for start in others[:_LOOKED_AT, 1].tolist()
    )
    [(usual, _)] = cells.most_common(1)
    if usual < names or (usual > head.cells and all_of_them == 1):  # one record alone may be a torn one
        return found
    otherwise = _records(content, head, delimiter, usual, names, blank_rows=blank_rows)
    return otherwise if len(otherwise.lines) >= USUAL * all_of_them else found


def _records(content: Any, head: Header, delimiter: str, cells: int, named: int, *, blank_rows: bool) -> Records:
    rows = _bytes(content)[head.position :]
    most = 1 + int(np.count_nonzero(rows == _NEWLINE)) + int(np.count_nonzero(rows == _RETURN))
    lines, bad = np.empty(most, np.int64), np.empty((most, 4), np.int64)
    marks = np.empty(most // MARKED + 1, np.int64)
    totals = _scan(
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
    damaged = bad[: totals[_BAD]].copy()
    kinds = {b"\n": _ENDS_NEWLINE, b"\r\n": _ENDS_RETURN_NEWLINE, b"\r": _ENDS_RETURN}
    endings = int(totals[_ENDINGS]) | kinds.get(bytes(content[head.end : head.position]), 0)
    blank = int(totals[_BLANK])
    line_end = ""
    if not len(damaged) and not blank and cells == head.cells:
        if endings == _ENDS_NEWLINE:
            line_end = "\n"
        elif endings == _ENDS_RETURN_NEWLINE and not totals[_MANY_LINES]:
            line_end = "\r\n"
    good = int(totals[_GOOD])
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
    totals = _scan(buffer, head.position, head.line, ord(delimiter), *cells, nothing, nothing, bad, out)
    return out[: totals[_WRITTEN]]


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


@njit(cache=True, nogil=True)
def _find(content: Any, delimiter: int, marks: Any, rows: Any, spans: Any) -> None:
    """Fill `spans` with the first byte, and the byte behind the last, of each record whose number is in `rows`."""
    row, position = 0, marks[0]
    for index in range(len(rows)):
        mark = min(rows[index] // MARKED, len(marks) - 1)
        if mark * MARKED > row:
            row, position = mark * MARKED, marks[mark]
        while True:
            start = position
            end, position, _, _, _ = _record(content, start, delimiter, len(content))
            row += 1
            if row > rows[index]:
                break
        spans[index, 0], spans[index, 1] = start, end


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
    _find(_bytes(content), ord(delimiter), marks, rows, found)
    return found
