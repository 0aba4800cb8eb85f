"""Where bytes stop being text: the place that a message names is the one at which Python stops."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.declarations.source_files import Column, SourceFile
from hub.errors import InputError
from hub.formats import csv_files, encodings
from hub.formats.delivered_files import Candidate, DeliveredFile

DECLARED = SourceFile(name="t", file="t.csv", columns={"a": Column()})


@settings(max_examples=200, deadline=None)
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


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a\n1\n")
    file = DeliveredFile.of(Candidate(path, None, path.name))
    file.require_unchanged("school")
    path.write_bytes(b"a\n1\n2\n")
    with pytest.raises(InputError, match=r"t\.csv \(source school\): it changed while it was read"):
        file.require_unchanged("school")
    path.unlink()
    with pytest.raises(InputError, match="it changed while it was read"):
        file.require_unchanged("school")
