"""Columns of a file: how values become text, a slice at a time, so that no file ever stands in memory as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import period
import pyarrow as pa
import pyarrow.compute as pc

Words: TypeAlias = Any
"""Texts as pyarrow holds them; it brings no types."""


class Column(Protocol):
    """Values of one column of a file."""

    def __len__(self) -> int:
        """Return how many values there are."""

    def text(self, start: int, stop: int) -> Words:
        """Return the values [start, stop) as text; null where nothing is recorded."""


@dataclass(frozen=True, slots=True)
class Text:
    """Texts as they are; empty text counts as not recorded."""

    values: npt.NDArray[np.object_] | pa.Array | pa.ChunkedArray

    def __len__(self) -> int:
        return len(self.values)

    def text(self, start: int, stop: int) -> Words:
        """Return the values [start, stop) as text."""
        part = self.values[start:stop]
        found = pa.array(part, pa.string()) if isinstance(part, np.ndarray) else part
        if isinstance(found, pa.ChunkedArray):
            found = found.combine_chunks()
        found = found.cast(pa.string())
        return pc.if_else(pc.equal(found, ""), pa.scalar(None, pa.string()), found)


@dataclass(frozen=True, slots=True)
class Coded:
    """One of a few words for each row: `words[code]`, and nothing recorded where the code is negative."""

    codes: npt.NDArray[np.signedinteger]
    words: Sequence[str] | npt.NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.codes)

    def text(self, start: int, stop: int) -> Words:
        """Return the words of the rows [start, stop)."""
        codes = self.codes[start:stop]
        words = pa.array(self.words, pa.string())
        return pc.take(words, pa.array(codes, pa.int32(), mask=codes < 0))


@dataclass(frozen=True, slots=True)
class Dates:
    """Days as ISO dates, or as 31/12/2024 when `british`."""

    days: npt.NDArray[np.signedinteger]
    british: bool = False

    def __len__(self) -> int:
        return len(self.days)

    def text(self, start: int, stop: int) -> Words:
        """Return the dates of the rows [start, stop)."""
        days = self.days[start:stop].astype(np.int64)
        table = _BRITISH if self.british else _ISO
        return pc.take(table, pa.array(days - period.TEXT_FROM, mask=days == period.NONE))


@dataclass(frozen=True, slots=True)
class Numbers:
    """Whole numbers, with a prefix and leading zeros where they are identifiers; negative ones are not recorded."""

    values: npt.NDArray[np.integer]
    prefix: str = ""
    digits: int = 0

    def __len__(self) -> int:
        return len(self.values)

    def text(self, start: int, stop: int) -> Words:
        """Return the numbers of the rows [start, stop)."""
        values = self.values[start:stop]
        found = pa.array(values, mask=values < 0).cast(pa.string())
        if self.digits:
            found = pc.utf8_lpad(found, self.digits, "0")
        return pc.binary_join_element_wise(self.prefix, found, "") if self.prefix else found


@dataclass(frozen=True, slots=True)
class Looked:
    """Texts that stand elsewhere, by number: names of children beside each of their rows."""

    values: Words
    rows: npt.NDArray[np.integer]

    def __len__(self) -> int:
        return len(self.rows)

    def text(self, start: int, stop: int) -> Words:
        """Return what stands in the rows [start, stop)."""
        return pc.take(self.values, pa.array(self.rows[start:stop]))


@dataclass(frozen=True, slots=True)
class Same:
    """The same word in each row."""

    word: str
    rows: int

    def __len__(self) -> int:
        return self.rows

    def text(self, start: int, stop: int) -> Words:
        """Return the word for each of the rows [start, stop)."""
        return pa.array([self.word], pa.string()).take(
            pa.array(np.zeros(max(0, min(stop, self.rows) - start), np.int64))
        )


def looked(column: Column, rows: npt.NDArray[np.integer]) -> Looked:
    """Return the rows of another column, by number."""
    return Looked(column.text(0, len(column)), rows)


def coded(values: npt.NDArray[np.object_] | pa.Array) -> Coded:
    """Return a column of few different words by their codes."""
    found = pa.array(values, pa.string()).dictionary_encode()
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    codes = found.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    return Coded(codes, found.dictionary.to_pylist())


_ISO = pa.array(period.ISO, pa.string())
_BRITISH = pa.array(period.BRITISH, pa.string())
