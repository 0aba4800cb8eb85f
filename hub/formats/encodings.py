"""The letters of a delivered text: in which encoding they stand, and on which lines they stand in another one.

    found = encodings.find(content, "auto", "pupils.csv (source school)")
    encodings.write_utf8(content, found, stream)

A file whose lines are of two encodings was put together from two. The encoding of most of its lines with letters
outside ASCII holds; a line of the other is named and set aside, since nobody can say which letters were meant, and
every other line keeps its letters. Lines are counted as `hub.formats.csv_records` counts them.
"""

import codecs
import mmap
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from hub.errors import InputError

AUTO = "auto"
UTF8, CP1252, UTF16 = "utf-8", "cp1252", "utf-16"

_CHUNK = 1 << 22
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NEWLINE, _RETURN, _ASCII = 10, 13, 128


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a text is encoded.

    Attributes:
        name: its encoding.
        other_lines: the lines (from 1) that are in no letters of that encoding, ascending.
    """

    name: str
    other_lines: NDArray[np.int64]


def _whole(name: str) -> Encoding:
    return Encoding(name, np.empty(0, np.int64))


def find(content: mmap.mmap | bytes, declared: str, where: str) -> Encoding:
    """Return the encoding of a text after a look at all its bytes.

    Args:
        content: the bytes of the file.
        declared: utf-8, cp1252, another encoding that Python knows, or auto. Of UTF-16 the mark at the beginning tells.
        where: the file, for messages.

    Raises:
        InputError: the text is not in the declared encoding, or no line of it can be told. It names the line.
    """
    if content[:2] in _MARKS:
        return _utf16(content, where)
    if declared not in (AUTO, UTF8, CP1252):
        return _other(content, declared, where)
    if first_undecodable(content, UTF8) is None:
        if declared == CP1252 and not _is_ascii(content):
            raise InputError(
                f"{where}: declared as {declared}, but it is UTF-8: names would be garbled.",
                f"Remove `encoding: {declared}` from this file in sources.yaml.",
            )
        return _whole(UTF8 if declared == AUTO else declared)
    utf8, cp1252, neither = _kinds(content)
    if declared == UTF8 and not len(utf8):
        at = first_undecodable(content, UTF8)
        raise InputError(
            f"{where}: {place(content, at or 0)} is not UTF-8.",
            "If the agency exports from Windows, set `encoding: cp1252` for this file in sources.yaml; "
            "else ask for UTF-8.",
        )
    if not len(utf8) and not len(cp1252):
        raise InputError(
            f"{where}: {_first_on(content, int(neither[0]))} is "
            f"{'neither UTF-8 nor cp1252' if declared == AUTO else f'not {declared}'}.",
            "Ask the agency for the file in UTF-8.",
        )
    if declared == UTF8 or (declared == AUTO and len(utf8) >= len(cp1252)):
        return Encoding(UTF8, np.sort(np.concatenate([cp1252, neither])))
    return Encoding(CP1252, np.sort(np.concatenate([utf8, neither])))


def write_utf8(content: mmap.mmap | bytes, found: Encoding, stream: IO[bytes]) -> None:
    """Write a text as UTF-8; a letter that cannot be told becomes U+FFFD, and its line is one of `other_lines`."""
    decoder = codecs.getincrementaldecoder(found.name)("replace" if len(found.other_lines) else "strict")
    for at in range(0, len(content), _CHUNK):
        stream.write(decoder.decode(content[at : at + _CHUNK]).encode("utf-8"))
    stream.write(decoder.decode(b"", final=True).encode("utf-8"))


def place(content: mmap.mmap | bytes, at: int) -> str:
    """Return the line, and the byte of the line, on which the byte `at` stands."""
    before = content[:at]
    line = before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n") + 1
    in_line = at - max(before.rfind(b"\n"), before.rfind(b"\r"))
    return f"line {line}, byte {in_line} of the line (byte {at + 1} of the file),"


def first_undecodable(content: mmap.mmap | bytes, encoding: str) -> int | None:
    """Return the first byte that is no letter in an encoding; None when there is none."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for at in range(0, len(content), _CHUNK):
        chunk = content[at : at + _CHUNK]
        try:
            decoder.decode(chunk, final=at + _CHUNK >= len(content))
        except UnicodeDecodeError as error:
            return at - (len(error.object) - len(chunk)) + error.start
    return None


def _is_ascii(content: mmap.mmap | bytes) -> bool:
    return all(content[at : at + _CHUNK].isascii() for at in range(0, len(content), _CHUNK))


def _utf16(content: mmap.mmap | bytes, where: str) -> Encoding:
    at = first_undecodable(content, UTF16)
    if at is not None:
        raise InputError(
            f"{where}: it begins as UTF-16, and byte {at + 1} of the file is none.",
            "Ask the agency for the file in UTF-8.",
        )
    return _whole(UTF16)


def _other(content: mmap.mmap | bytes, declared: str, where: str) -> Encoding:
    at = first_undecodable(content, declared)
    if at is not None:
        raise InputError(f"{where}: {place(content, at)} is not {declared}.", "Ask the agency for the file in UTF-8.")
    return _whole(declared)


def _lines(content: mmap.mmap | bytes) -> NDArray[np.int64]:
    """Return the byte on which each line begins; a line ends with a line feed, a carriage return, or both."""
    every = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero((every == _NEWLINE) | (every == _RETURN)).astype(np.int64)
    both = (every[ends] == _RETURN) & (ends + 1 < len(every))
    both[both] = every[ends[both] + 1] == _NEWLINE
    return np.concatenate([np.zeros(1, np.int64), ends[~both] + 1])


def _kinds(content: mmap.mmap | bytes) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the numbers of the lines with letters outside ASCII that are UTF-8, those that are CP1252, and neither."""
    starts = _lines(content)
    ends = np.append(starts[1:], len(content))
    high = np.flatnonzero(np.frombuffer(content, np.uint8) >= _ASCII)
    kinds: tuple[list[int], list[int], list[int]] = ([], [], [])
    for line in np.unique(np.searchsorted(starts, high, side="right") - 1).tolist():
        text = bytes(content[int(starts[line]) : int(ends[line])])
        kind = next((at for at, name in enumerate((UTF8, CP1252)) if _is(text, name)), 2)
        if kind or line or text.removeprefix(codecs.BOM_UTF8).strip(b"\r\n").isascii() is False:
            kinds[kind].append(line + 1)
    utf8, cp1252, neither = (np.asarray(one, np.int64) for one in kinds)
    return utf8, cp1252, neither


def _is(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _first_on(content: mmap.mmap | bytes, line: int) -> str:
    start = int(_lines(content)[line - 1])
    at = first_undecodable(content[start:], CP1252)
    return place(content, start + (at or 0))
