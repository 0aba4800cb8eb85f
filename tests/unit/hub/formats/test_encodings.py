"""In which encoding a text is, and on which lines it is not."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import InputError
from hub.formats import encodings
from tests.examples import examples

UTF8, CP1252 = "Zoë Ł".encode(), "Zoë".encode("cp1252")


def text(*lines: bytes, end: bytes = b"\n") -> bytes:
    return end.join((b"name", *lines, b""))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize(
    ("lines", "declared", "name", "other"),
    [
        ((b"Ann", b"Bob"), "auto", "utf-8", []),
        ((UTF8, UTF8), "auto", "utf-8", []),
        ((CP1252, CP1252), "auto", "cp1252", []),
        ((UTF8, CP1252, b"Ann"), "auto", "utf-8", [3]),
        ((CP1252, UTF8, CP1252), "auto", "cp1252", [3]),
        ((UTF8, CP1252, UTF8, CP1252), "utf-8", "utf-8", [3, 5]),
        ((CP1252, UTF8), "cp1252", "cp1252", [3]),
        ((UTF8, b"\x81\x8d"), "auto", "utf-8", [3]),
        ((CP1252, b"\x81\x8d"), "auto", "cp1252", [3]),
    ],
)
def test_the_encoding_of_most_lines_holds_and_the_others_are_named(
    lines: tuple[bytes, ...], declared: str, name: str, other: list[int], end: bytes
) -> None:
    found = encodings.find(text(*lines, end=end), declared, "x")
    assert (found.name, found.other_lines.tolist()) == (name, other)


@pytest.mark.parametrize("mark", ["utf-16", "utf-8-sig"])
def test_a_mark_at_the_beginning_tells(mark: str) -> None:
    content = "name\nZoë\n".encode(mark)
    found, stream = encodings.find(content, "auto", "x"), io.BytesIO()
    encodings.write_utf8(content, found, stream)
    assert stream.getvalue().decode("utf-8-sig") == "name\nZoë\n"


def test_the_other_lines_keep_their_letters() -> None:
    content, stream = text(UTF8, CP1252, UTF8), io.BytesIO()
    encodings.write_utf8(content, encodings.find(content, "auto", "x"), stream)
    lines = stream.getvalue().decode().splitlines()
    assert (lines[1], lines[3]) == (UTF8.decode(), UTF8.decode())


@pytest.mark.parametrize(
    ("content", "declared", "said"),
    [
        (text(b"a", b"\x81"), "auto", "line 3, byte 1 of the line (byte 8 of the file), is neither UTF-8 nor cp1252"),
        (text(CP1252), "utf-8", "line 2, byte 3 of the line (byte 8 of the file), is not UTF-8"),
        (text(UTF8), "cp1252", "it is UTF-8: names would be garbled"),
        (b"\xff\xfea", "auto", "begins as UTF-16"),
    ],
)
def test_what_cannot_be_told_is_refused_with_its_place(content: bytes, declared: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        encodings.find(content, declared, "x")
    assert said in refused.value.message


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(st.sampled_from([b"a", UTF8, CP1252, b"\x81", b""]), min_size=1, max_size=12))
def test_every_line_is_ascii_of_the_encoding_or_named(lines: list[bytes]) -> None:
    try:
        found = encodings.find(text(*lines), "auto", "x")
    except InputError:
        assert UTF8 not in lines
        assert CP1252 not in lines
        return
    own = UTF8 if found.name == "utf-8" else CP1252
    named = [at for at, line in enumerate(lines, 2) if not line.isascii() and line != own]
    assert found.other_lines.tolist() == named
