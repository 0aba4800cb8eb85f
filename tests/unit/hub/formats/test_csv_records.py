"""Where records begin and end: the compiled pass against a regular expression, and against Python's csv module."""

import csv
import io
import re
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.formats import csv_records
from tests.examples import examples

_QUOTED = r' *"(?:[^"]|"")*" *(?=,|\r|\n|\Z)'
_UNQUOTED = r' *(?:[^ ",\r\n][^,\r\n]*)?'
_CELL = f"(?:{_QUOTED}|{_UNQUOTED})"
_RECORD = re.compile(f"({_CELL}(?:,{_CELL})*)(\r\n|\r|\n|\\Z)")
_FIRST_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")


def _line_ends(text: str) -> int:
    return len(re.findall(r"\r\n|\r|\n", text))


def _is_blank(cell: str) -> bool:
    return cell.strip(" ") in ("", '""')


def _slowly(text: str, expected: int, named: int) -> tuple[list[tuple[int, str]], list[tuple[int, str, str]], int]:
    """Return the good records with their lines, the damaged ones with line and reason, and the blank lines."""
    good, damaged, blank = [], [], 0
    position, line = 0, 1
    while position < len(text):
        match = _RECORD.match(text, position)
        if match is None:
            match = _FIRST_LINE.match(text, position)
            assert match is not None
            damaged.append((line, "quotes", match.group(1)))
        elif not match.group(1):
            blank += 1
        elif len(cells := re.findall(f",({_CELL})", "," + match.group(1))) != expected:
            damaged.append((line, "cells", match.group(1)))
        elif not all(map(_is_blank, cells[named:])):
            damaged.append((line, "no_header", match.group(1)))
        else:
            good.append((line, match.group(1)))
        line += _line_ends(match.group())
        position = match.end()
    return good, damaged, blank


def _quickly(text: str, expected: int, named: int) -> tuple[int, list[int], str, list[tuple[int, str, str]], int]:
    content = text.encode()
    head = csv_records.Header(0, 0, expected, 0, 1)
    found = csv_records.records(content, head, ",", named=named)
    damaged = [
        (line, csv_records.DAMAGE[reason], content[start:end].decode())
        for line, start, end, reason in found.damaged.tolist()
    ]
    clean = csv_records.good_records(content, head, ",", found).tobytes().decode()
    return found.cells, found.lines.tolist(), clean, damaged, found.blank_lines


@settings(max_examples=examples(700), deadline=None)
@given(st.text(alphabet='a, "\n\r', max_size=40), st.integers(1, 3), st.integers(0, 2))
def test_the_compiled_pass_agrees_with_a_regular_expression(text: str, named: int, more: int) -> None:
    cells, *found = _quickly(text, named + more, named)
    good, damaged, blank = _slowly(text, cells, named)
    assert found == [[line for line, _ in good], "".join(record + "\n" for _, record in good), damaged, blank]
    if cells != named + more:  # as all records have them but one in twenty, which are the damaged ones
        assert len(good) >= csv_records.USUAL * (len(good) + len(damaged))


@settings(max_examples=examples(300), deadline=None)
@given(
    st.lists(st.lists(st.text(alphabet='ab,"\n é', max_size=6), min_size=2, max_size=2), min_size=1, max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_what_a_csv_writer_writes_is_found_whole(rows: list[list[str]], ending: str, quoting: Literal[0, 1]) -> None:
    stream = io.StringIO()
    csv.writer(stream, lineterminator=ending, quoting=quoting).writerows([["x", "y"], *rows])
    content = stream.getvalue().encode()
    head = csv_records.header(content, 0, ",")
    assert head is not None
    found = csv_records.records(content, head, ",")
    assert (len(found.lines), len(found.damaged)) == (len(rows), 0)


@pytest.mark.parametrize(
    ("text", "line_end"),
    [
        ("a,b\n1,2\n", "\n"),
        ("a,b\n1,2", "\n"),
        ("a,b\r\n1,2\r\n", "\r\n"),
        ('a,b\n1,"x\ny"\n', "\n"),
        ('a,b\r\n1,"x\ny"\r\n', ""),  # two kinds of line ends
        ("a,b\r1,2\r", ""),
        ("a,b\n1,2\r\n", ""),
        ("a,b\r\n1,2\n", ""),
        ("a,b\n\n1,2\n", ""),
        ("a,b\n1,2\n1\n", ""),
    ],
)
def test_only_a_plain_file_is_read_as_it_stands(text: str, line_end: str) -> None:
    content = text.encode()
    head = csv_records.header(content, 0, ",")
    assert head is not None
    assert csv_records.records(content, head, ",").line_end == line_end


@pytest.mark.parametrize(
    ("rows", "cells", "kept"),
    [
        (["1,2,,"] * 20, 4, 20),
        (["1,2,,"] * 19 + ["1,2,,x"], 4, 19),  # one value in a column that nothing names
        (["1,2,,"] * 19 + ["1,2,3,,"], 4, 19),  # one record torn by a delimiter
        (["1,2,,"] * 18 + ["1,2,,x"] * 2, 2, 0),  # that many values are no accident
        (["1,2", "1,2,", "1,2"], 2, 2),  # torn where its last cell is empty: nobody can see that
        (["1,2,"] * 2 + ["1,2"], 2, 1),
        (["1,2,"], 2, 0),
        (['1,"2,","", '] * 3, 4, 3),
        (["1"] * 3, 2, 0),
    ],
)
def test_empty_cells_behind_the_last_column_are_left_out_where_nearly_all_records_have_them(
    rows: list[str], cells: int, kept: int
) -> None:
    content = "\n".join(["a,b", *rows, ""]).encode()
    head = csv_records.header(content, 0, ",")
    assert head is not None
    found = csv_records.records(content, head, ",")
    assert (found.cells, len(found.lines)) == (cells, kept)
    assert len(found.lines) + len(found.damaged) == len(rows)
    assert cells == 2 or found.line_end == ""  # no reader takes a header of other cells for this one's


def test_blanks_that_part_cells_are_no_blanks_around_them() -> None:
    content = b'a b c \n1  3 \n1  3 x\n1   x\n   x\n"1" "" 3 \n'
    head = csv_records.header(content, 0, " ")
    assert head is not None
    found = csv_records.records(content, head, " ", named=3)
    assert (found.lines.tolist(), found.damaged[:, 0].tolist()) == ([2, 6], [3, 4, 5])


def test_a_record_that_is_too_long_is_set_aside_and_reading_goes_on() -> None:
    long = "x" * (csv_records.LONGEST_RECORD + 1)
    content = f"1,{long}\n2,y\n".encode()
    found = csv_records.records(content, csv_records.Header(0, 0, 2, 0, 1), ",")
    assert [(line, csv_records.DAMAGE[reason]) for line, _, _, reason in found.damaged.tolist()] == [(1, "too_long")]
    assert np.array_equal(found.lines, [2])


def test_a_quote_that_never_closes_costs_its_own_line_only() -> None:
    content = b'1,"open\n2,b\n3,"closed"\n4,d\n'
    found = csv_records.records(content, csv_records.Header(0, 0, 2, 0, 1), ",")
    assert [(line, csv_records.DAMAGE[reason]) for line, _, _, reason in found.damaged.tolist()] == [(1, "quotes")]
    assert np.array_equal(found.lines, [2, 3, 4])


def test_the_header_may_follow_blank_lines_and_hold_a_line_end() -> None:
    head = csv_records.header(b'\n"a\nb",c\n1,2\n', 0, ",")
    assert head is not None
    assert (head.cells, head.line) == (2, 4)
    assert csv_records.header(b"\n\n", 0, ",") is None
