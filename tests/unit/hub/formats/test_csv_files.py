"""Where bytes stop being text: the place that a message names is the one at which Python stops."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.declarations.source_files import SourceColumn, SourceFile
from hub.errors import InputError
from hub.formats import csv_files, encodings
from hub.formats.delivered_files import CandidateFile, DeliveredFile
from tests.examples import examples

DECLARED = SourceFile(name="t", file="t.csv", columns={"a": SourceColumn()})


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(st.sampled_from([b"a", b"\n", "é".encode(), "€".encode(), b"\xff", b"\xc3", b"\r\n"]), max_size=20))
def test_the_first_byte_that_is_no_text_is_found_in_pieces_of_any_length(pieces: list[bytes]) -> None:
    content = b"a\n" + b"".join(pieces)
    try:
        content.decode("utf-8")
        expected = None
    except UnicodeDecodeError as error:
        expected = error.start
    for size in (1, 2, 3, 5, 1000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(encodings, "_CHUNK", size)
            assert encodings.first_undecodable(content, "utf-8") == expected


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"a\n\xff", "line 2, byte 1 of the line (byte 3 of the file),"),
        (b"a\r\nxx\xff", "line 2, byte 3 of the line (byte 6 of the file),"),
        (b"a\rb\rcc\xff", "line 3, byte 3 of the line (byte 7 of the file),"),
    ],
)
def test_a_place_is_named_by_line_and_byte(content: bytes, place: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        csv_files.examine(path, "school", DECLARED, tmp_path)
    assert f"t.csv (source school): {place} is not UTF-8." in raised.value.message
    assert list(tmp_path.iterdir()) == [path]


def test_only_a_file_that_needs_it_is_copied(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a\n1\n2\n")
    assert csv_files.examine(path, "school", DECLARED, tmp_path).readable == path
    path.write_bytes(b"a\n1\n\n2\n")
    file = csv_files.examine(path, "school", DECLARED, tmp_path)
    assert file.readable != path
    assert file.readable.read_bytes() == b"1\n2\n"
    assert file.lines.tolist() == [2, 4]
    assert path.read_bytes() == b"a\n1\n\n2\n"


PEOPLE = SourceFile(name="t", file="t.csv", columns={name: SourceColumn() for name in ("id", "name", "town")})
AUTO = PEOPLE.model_copy(update={"delimiter": "auto"})


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("header", "row", "columns"), [(",,", ",,", 2), ("", ",,", 2), (",,", "", 2), (", ", ',""', 1), ("", ",", 1)]
)
def test_columns_without_header_and_value_are_left_out_and_said(
    header: str, row: str, columns: int, ends: str, tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(ends.join([f"id,name,town{header}", f"1,A,B{row}", f"2,C,{row}", ""]).encode())
    file = csv_files.examine(path, "school", PEOPLE, tmp_path)
    assert (file.lines.tolist(), file.damaged) == ([2, 3], ())
    assert file.positions == {"id": 0, "name": 1, "town": 2}
    [notice] = file.notices
    assert (notice["notice"], notice["count"]) == ("columns_without_header", columns)


def test_a_value_where_no_header_is_sets_its_row_aside(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"id,name,town,,\n1,A,B,,\n2,Smith, John,B,\n3,C,D,,x\n")
    file = csv_files.examine(path, "school", PEOPLE, tmp_path)
    assert [(one.line, one.rule) for one in file.damaged] == [(3, "no_header"), (4, "no_header")]
    assert file.lines.tolist() == [2]
    path.write_bytes(b"id,name,town\n1,Smith, John,\n2,C,D\n3,E,F\n")  # one torn row among whole ones
    file = csv_files.examine(path, "school", PEOPLE, tmp_path)
    assert [(one.line, one.rule) for one in file.damaged] == [(2, "cells")]
    assert file.notices == ()


def test_a_file_of_which_no_row_can_be_read_does_not_lack_rows(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"id,name,town\n1,A\n2,B\n")
    file = csv_files.examine(path, "school", PEOPLE, tmp_path)
    assert ([one.line for one in file.damaged], file.notices) == ([2, 3], ())


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("declared", [PEOPLE, AUTO])
@pytest.mark.parametrize(
    ("above", "between"),
    [
        ("sep=;", ";"),
        ("sep=,", ","),
        ("sep=\t", "\t"),
        ("sep=\\t", "\t"),
        ("SEP=|", "|"),
        ('"sep=;"', ";"),
        ("sep=,,,", ","),
    ],
)
def test_the_line_above_the_header_says_what_separates_the_cells(
    above: str, between: str, declared: SourceFile, mark: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    rows = (["id", "name", "town"], ["1", "A;B|C", "D"], ["2", '"E,\t;\r\nF"', "G"])
    lines = [above, *(between.join(cells) for cells in rows), ""]
    text = "\r\n".join(lines).replace("A;B|C", "A")
    path.write_bytes(mark + text.encode())
    file = csv_files.examine(path, "school", declared, tmp_path)
    assert (file.delimiter, file.lines.tolist(), file.damaged) == (between, [3, 4], ())
    assert file.readable.read_text(encoding="utf-8").startswith(f"1{between}A{between}D")
    path.write_bytes(text.replace("\r\nid", "\r\n\ufeffid").encode())  # the mark between the two lines
    assert csv_files.examine(path, "school", declared, tmp_path).lines.tolist() == [3, 4]


def test_a_line_that_says_another_delimiter_than_the_header_has_is_no_more_than_a_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b'"sep=;",,\nid,name,town\n1,A,B\n')
    assert csv_files.examine(path, "school", PEOPLE, tmp_path).delimiter == ","
    path.write_bytes(b"sep=x\nid,name,town\n1,A,B\n")
    with pytest.raises(InputError, match="line 1 holds none"):
        csv_files.examine(path, "school", PEOPLE, tmp_path)
    path.write_bytes(b"sep=;\nnr;first\n1;A\n")
    with pytest.raises(InputError, match="line 2 holds none"):
        csv_files.examine(path, "school", PEOPLE, tmp_path)
    path.write_bytes(b"sep=;\n")
    with pytest.raises(InputError, match="no header in line 2"):
        csv_files.examine(path, "school", PEOPLE, tmp_path)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a\n1\n")
    file = DeliveredFile.of(CandidateFile(path, None, path.name))
    file.require_unchanged("school")
    path.write_bytes(b"a\n1\n2\n")
    with pytest.raises(InputError, match=r"t\.csv \(source school\): it changed while it was read"):
        file.require_unchanged("school")
    path.unlink()
    with pytest.raises(InputError, match="it changed while it was read"):
        file.require_unchanged("school")
