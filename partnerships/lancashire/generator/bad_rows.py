"""Bad rows: a few in each file, as in every real delivery, planted and counted so that quarantine is seen at work.

Every bad row is one more: a copy of a good row, with a key of its own and one fault, or the same row once more. No good
row is lost, so whoever drops exactly the bad rows has what was there before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from columns import Column
from period import british, iso

SHARE = 0.0008
"""Share of the rows of a file that is planted for each kind of fault, at least one."""
FEWEST_ROWS = 50
"""Smaller files are left alone."""
KINDS = ("impossible_date", "future_date", "missing_key", "repeated_row")


class File(Protocol):
    """What is read of a file here."""

    @property
    def columns(self) -> Mapping[str, Column]:
        """Its columns."""

    @property
    def key(self) -> str:
        """The column that is its key."""

    @property
    def person(self) -> str:
        """The column that says who."""

    @property
    def date(self) -> str:
        """Its main date."""

    @property
    def missing(self) -> str:
        """Its word for "not recorded"."""

    @property
    def british(self) -> bool:
        """Whether dates are written as 31/12/2024."""

    def __len__(self) -> int:
        """Return how many good rows it has."""


@dataclass(frozen=True, slots=True)
class BadRows:
    """Which good row each bad row is a copy of (sorted), its kind, and the date of those that lie in the future."""

    copied: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]
    number: npt.NDArray[np.int64]
    date: npt.NDArray[np.int64]

    def counts(self) -> dict[str, int]:
        """Return how many there are of each kind."""
        return {name: int((self.kind == number).sum()) for number, name in enumerate(KINDS)}


def draw(rng: np.random.Generator, rows: int, *, delivered: int, kinds: tuple[str, ...] = KINDS) -> BadRows:
    """Draw the bad rows of a file of `rows` rows that is delivered on the day `delivered`."""
    each = max(1, round(SHARE * rows)) if rows >= FEWEST_ROWS else 0
    copied = rng.integers(0, max(1, rows), each * len(kinds))
    kind = np.repeat(np.array([KINDS.index(name) for name in kinds], dtype=np.int64), each)
    number = np.tile(np.arange(each), len(kinds))
    date = delivered + 1 + rng.integers(1, 900, each * len(kinds))
    order = np.lexsort((number, kind, copied))
    return BadRows(copied[order], kind[order], number[order], date[order])


def add(file: File, bad: BadRows, start: int, good: pa.Table) -> pa.Table:
    """Return a batch of good rows, the first of which is row `start`, with its bad rows after those they copy."""
    first, after = np.searchsorted(bad.copied, [start, start + len(good)])
    if first == after or not len(good):
        return good
    copied, kind = bad.copied[first:after] - start, bad.kind[first:after]
    number, date = bad.number[first:after], bad.date[first:after]
    spoilt = {name: good[name].combine_chunks().take(pa.array(copied)).to_pylist() for name in good.column_names}
    write = british if file.british else iso
    for row, (of, which) in enumerate(zip(kind, number, strict=True)):
        if KINDS[of] != "repeated_row":
            spoilt[file.key][row] = f"Q{of}{which:05d}"
        if KINDS[of] == "impossible_date":
            spoilt[file.date][row] = "31/02/2023" if file.british else "2023-02-30"
        elif KINDS[of] == "future_date":
            spoilt[file.date][row] = write(date[row : row + 1])[0]
        elif KINDS[of] == "missing_key":
            spoilt[file.person][row] = file.missing
    whole = pa.concat_tables([good, pa.table(spoilt, schema=good.schema)])
    order = np.argsort(np.concatenate([np.arange(len(good)), copied + 0.5]), kind="stable")
    return whole.take(pa.array(order))
