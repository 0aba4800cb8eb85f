"""The pass over the bytes of a CSV file that finds its records, compiled by numba; see `hub.formats.csv_records`.

What is compiled here calls nothing of another file, and reads no value of one: numba keeps what it compiled until this
file changes.
"""

from typing import Any

import numpy as np
from numba import njit

LONGEST_RECORD = 1_000_000
"""Longest record in bytes; a longer one is not read."""

DAMAGE = {1: "cells", 2: "quotes", 3: "too_long", 4: "encoding", 5: "no_header"}
"""Why a record is set aside: another number of cells than the header, damaged quotes, longer than allowed, letters of
another encoding than the file's, a value behind the last cell of the header that names a column."""

MARKED = 256
"""Of one good record in so many it is noted where it begins; others are found from the one before."""

NEWLINE, RETURN, _QUOTE, _SPACE = 10, 13, 34, 32
_CELL_START, _UNQUOTED, _QUOTED, _AFTER_QUOTE, _CLOSED = 0, 1, 2, 3, 4
ENDS_NEWLINE, ENDS_RETURN_NEWLINE, ENDS_RETURN = 1, 2, 4
# What the kernel reports in `totals`, by position.
GOOD, BAD, BLANK, WRITTEN, ENDINGS, MANY_LINES, POSITION, LINE, CELLS, START, END = range(11)


@njit(cache=True, nogil=True)
def _line_end(content: Any, position: int) -> Any:
    """Return the first byte of the next line when `position` holds the end of a line."""
    if content[position] == RETURN and position + 1 < len(content) and content[position + 1] == NEWLINE:
        return position + 2
    return position + 1


@njit(cache=True, nogil=True)
def record(content: Any, start: int, delimiter: int, longest: int) -> Any:
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
            while byte != delimiter and byte != NEWLINE and byte != RETURN:
                position += 1
                if position == last:
                    break
                byte = content[position]
            if position == last:
                break
        elif state == _QUOTED:
            while byte != _QUOTE and byte != NEWLINE and byte != RETURN:
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
        if byte in (NEWLINE, RETURN):
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
        while position < end and content[position] == _SPACE and delimiter != _SPACE:
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
def scan(
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
    while position < size and not (expected == 0 and totals[GOOD] + totals[BAD] > 0):
        start, first_line = position, line
        end, position, cells, breaks, reason = record(content, start, delimiter, LONGEST_RECORD)
        if reason == 0:
            line += breaks
            totals[MANY_LINES] += breaks
            if end < size:
                line += 1
                if position == end + 2:
                    totals[ENDINGS] |= ENDS_RETURN_NEWLINE
                elif content[end] == NEWLINE:
                    totals[ENDINGS] |= ENDS_NEWLINE
                else:
                    totals[ENDINGS] |= ENDS_RETURN
            if end == start or (blank_rows and _is_blank(content, start, end, delimiter)):
                totals[BLANK] += 1
                continue
            if expected > 0 and cells != expected:
                reason = 1
            elif named < expected and not _is_blank_behind(content, start, end, delimiter, named):
                reason = 5
        else:
            end = start
            while end < size and content[end] != NEWLINE and content[end] != RETURN:
                end += 1
            position = size
            if end < size:
                position = _line_end(content, end)
                line += 1
        if reason != 0:
            index = totals[BAD]
            bad[index, 0], bad[index, 1], bad[index, 2], bad[index, 3] = first_line, start, end, reason
            totals[BAD] += 1
            continue
        if len(lines):
            lines[totals[GOOD]] = first_line
        if len(marks) and totals[GOOD] % MARKED == 0:
            marks[totals[GOOD] // MARKED] = start
        totals[GOOD] += 1
        totals[CELLS], totals[START], totals[END] = cells, start, end
        if len(out):
            written = totals[WRITTEN]
            for index in range(start, end):
                out[written + index - start] = content[index]
            out[written + end - start] = NEWLINE
            totals[WRITTEN] = written + end - start + 1
    totals[POSITION], totals[LINE] = position, line
    return totals


@njit(cache=True, nogil=True)
def find(content: Any, delimiter: int, marks: Any, rows: Any, spans: Any) -> None:
    """Fill `spans` with the first byte, and the byte behind the last, of each record whose number is in `rows`."""
    row, position = 0, marks[0]
    for index in range(len(rows)):
        mark = min(rows[index] // MARKED, len(marks) - 1)
        if mark * MARKED > row:
            row, position = mark * MARKED, marks[mark]
        while True:
            start = position
            end, position, _, _, _ = record(content, start, delimiter, len(content))
            row += 1
            if row > rows[index]:
                break
        spans[index, 0], spans[index, 1] = start, end
