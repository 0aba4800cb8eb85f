"""What came of making something again, whom it was made again for, and how two tables are compared bit for bit."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hub.errors import SentinelError

DRAWN = 200
WHOLE_UP_TO = 10_000
"""Of so many people all are taken, where nobody said how many: it takes no longer than a few of them."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Whom to make rows again for.

    Attributes:
        seed: decides who is drawn; whoever may have forged something must not know it beforehand.
        people: how many are drawn; None is 200, or everybody where there are at most 10,000.
    """

    seed: int
    people: int | None = None

    def of(self, person_ids: pa.Array) -> pa.Array:
        """Return the people who are drawn, in the order in which they were given."""
        many = self.people
        if many is None:
            many = DRAWN if len(person_ids) > WHOLE_UP_TO else len(person_ids)
        drawn = np.random.default_rng(self.seed).permutation(len(person_ids))[:many]
        return person_ids.take(pa.array(np.sort(drawn)))


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of making an artefact, or some of it, again.

    Attributes:
        compared: how many people, or whatever `unit` says, were made again and compared.
        of: how many there are.
        differs: what differs, each in words that hold nothing of anybody; empty when nothing does.
        why_not: why it was not made again, or not all of it; empty when it was.
        unit: what is counted.
    """

    compared: int = 0
    of: int = 0
    differs: tuple[str, ...] = ()
    why_not: str = ""
    unit: str = "people"

    @property
    def text(self) -> str:
        """Return it in words for a table."""
        counted = f"{self.compared:,} of {self.of:,} {self.unit}"
        if self.why_not:
            return f"{counted}; not all: {self.why_not}" if self.compared else f"not rebuilt: {self.why_not}"
        return counted

    def as_json(self) -> dict[str, object]:
        """Return it for scripts."""
        return {
            "compared": self.compared,
            "of": self.of,
            "unit": self.unit,
            "differs": list(self.differs),
            "why_not": self.why_not or None,
        }


def not_rebuilt(why: str) -> Rebuilt:
    """Return that nothing was made again, and why: a state of its own, no fault."""
    return Rebuilt(why_not=why)


def unreadable(error: Exception) -> Rebuilt:
    """Return that what was published cannot be read as what it says it is."""
    said = error.message.rstrip(".") if isinstance(error, SentinelError) else type(error).__name__
    return Rebuilt(differs=(f"it cannot be read as what it says it is ({said})",))


def differences(name: str, stored: pa.Table, made: pa.Table) -> list[str]:
    """Say in which columns two tables differ, bit for bit; NaN is like NaN, and 0.0 is not like -0.0.

    Args:
        name: of the table.
        stored: as it was published.
        made: as it was made again, sorted likewise.
    """
    if stored.schema.names != made.schema.names or stored.schema.types != made.schema.types:
        return [f"{name} has other columns than when made again"]
    if stored.num_rows != made.num_rows:
        return [f"{name} has {stored.num_rows:,} rows, and {made.num_rows:,} when made again"]
    found = []
    for column in made.column_names:
        unlike = int(_unlike(stored[column].combine_chunks(), made[column].combine_chunks()).sum())
        if unlike:
            found.append(f"{column} of {name} in {unlike:,} of {made.num_rows:,} rows")
    return found


def _unlike(one: pa.Array, other: pa.Array) -> NDArray[np.bool_]:
    """Say of each cell whether two columns of one type and length differ in it."""
    if pa.types.is_floating(one.type):
        bits = [_bits(column) for column in (one, other)]
        nothing = [column.is_null().to_numpy(zero_copy_only=False) for column in (one, other)]
        return np.asarray((nothing[0] != nothing[1]) | (bits[0] != bits[1]))
    if one.equals(other):
        return np.zeros(len(one), dtype=np.bool_)
    return np.array([mine != theirs for mine, theirs in zip(one.to_pylist(), other.to_pylist(), strict=True)])


def _bits(column: pa.Array) -> NDArray[np.int64]:
    values = np.array(column.cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False))
    values[np.isnan(values)] = np.nan
    return values.view(np.int64)
