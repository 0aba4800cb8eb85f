"""What each column of a table is for, and how the others become numbers.

A number stays a number, yes and no become 1 and 0. A text becomes one column of 1 and 0 for each of its texts that
enough people to learn from have; a text that too few have, or that nobody had there, is 0 in all of them. Nothing else
can be learned from: it is refused by name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds
from numpy.typing import NDArray

from hub.errors import ConfigurationError, InputError
from models.resampling import Floats
from models.splits import Days

FEWEST_PEOPLE = 10
"""So many people to learn from must have a text for it to get a column: of fewer it might tell who they are."""
MOST_TEXTS = 30
"""With more different texts a column holds names, identifiers or sentences, not categories."""


@dataclass(frozen=True, slots=True)
class ColumnRoles:
    """Which column is what. All others are indicators, but no group ever is.

    Raises:
        ConfigurationError: one column has two roles.
    """

    outcome: str
    person: str | None = None
    family: str | None = None
    date: str | None = None
    groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        named = [name for _, name in self._named()]
        for name in named:
            if named.count(name) > 1:
                roles = " and ".join(role for role, its in self._named() if its == name)
                raise ConfigurationError(
                    f"The column {name} is named for {roles}.", "Name each column once; groups are never indicators."
                )

    def _named(self) -> list[tuple[str, str]]:
        single = (("--person", self.person), ("--family", self.family), ("--date", self.date))
        given = [("--outcome", self.outcome), *((role, name) for role, name in single if name is not None)]
        return [*given, *(("--groups", name) for name in self.groups)]

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that has a role."""
        return tuple(name for _, name in self._named())

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns that are no numbers, whatever they look like."""
        return tuple(name for name in (self.person, self.family, *self.groups) if name is not None)

    def indicators(self, table: pa.Table) -> list[str]:
        """Return the columns of a table that may be learned from, in their order."""
        return [name for name in table.column_names if name not in self.names]

    def require(self, path: Path, table: pa.Table) -> None:
        """Check that a table has every column that is named.

        Raises:
            InputError: it names the file, the columns, and those that there are.
        """
        for role, name in self._named():
            if name not in table.column_names:
                raise InputError(
                    f"{path}: there is no column {name}, which {role} names.",
                    f"Its columns are: {', '.join(table.column_names)}.",
                )


def outcomes(path: Path, column: pa.ChunkedArray, name: str) -> Floats:
    """Return 1, 0, or NaN where the cell is empty.

    Raises:
        InputError: a cell holds something else; it says in how many rows.
    """
    remedy = "Write 1 for the outcome, 0 for none, and nothing while it is not known."
    if not is_numeric(column.type):
        raise InputError(f"{path}: the outcome {name} is not a column of 0 and 1.", remedy)
    values = floats_of(column)
    wrong = int((~np.isin(values, (0.0, 1.0)) & ~np.isnan(values)).sum())
    if wrong:
        raise InputError(f"{path}: the outcome {name} is neither 0 nor 1 in {wrong:,} rows.", remedy)
    return values


def keys(path: Path, column: pa.ChunkedArray, name: str) -> pa.Array:
    """Return identifiers as texts.

    Raises:
        InputError: a cell is empty, or the column is of no identifiers.
    """
    if not (is_text(column.type) or kinds.is_integer(column.type)):
        raise InputError(f"{path}: {name} is not a column of identifiers.", "Give texts or whole numbers.")
    if column.null_count:
        raise InputError(f"{path}: {name} is empty in {column.null_count:,} rows.", "Fill it, or leave these rows out.")
    return column.cast(pa.string()).combine_chunks()


def days(path: Path, column: pa.ChunkedArray, name: str) -> Days:
    """Return the dates of looking.

    Raises:
        InputError: a cell is empty or is no date.
    """
    try:
        found = column.cast(pa.date32()) if not kinds.is_integer(column.type) else None
    except pa.ArrowException:
        found = None
    if found is None:
        raise InputError(f"{path}: {name} is not a column of dates.", "Write them as 2024-07-01.")
    if found.null_count:
        raise InputError(f"{path}: {name} is empty in {found.null_count:,} rows.", "Fill it, or leave these rows out.")
    return np.asarray(found.to_numpy(), dtype="datetime64[D]")


def labels(path: Path, column: pa.ChunkedArray, name: str) -> NDArray[np.object_]:
    """Return the groups of a column as texts; an empty cell is "not recorded".

    Raises:
        InputError: its values are no texts, numbers or dates.
    """
    if not (is_text(column.type) or is_numeric(column.type) or kinds.is_date(column.type)):
        raise InputError(f"{path}: the group {name} is {kind_of(column.type)}.", "Give texts, whole numbers or dates.")
    said = column.cast(pa.string()).fill_null("not recorded")
    return np.asarray(said.to_numpy(zero_copy_only=False), dtype=np.object_)


def looks_like_an_identifier(table: pa.Table, names: Sequence[str]) -> list[str]:
    """Return the columns of whole numbers that are different in every row."""
    return [
        name
        for name in names
        if kinds.is_integer(table[name].type) and len(pc.unique(table[name])) == table.num_rows > FEWEST_PEOPLE
    ]


def is_text(kind: pa.DataType) -> bool:
    """Say whether a column is of texts."""
    return bool(kinds.is_string(kind))


def is_numeric(kind: pa.DataType) -> bool:
    """Say whether a column is of numbers, of yes and no, or of nothing."""
    tests = (kinds.is_boolean, kinds.is_integer, kinds.is_floating, kinds.is_decimal, kinds.is_null)
    return any(test(kind) for test in tests)


def kind_of(kind: pa.DataType) -> str:
    """Return what a column is of that is neither, in words."""
    if kinds.is_binary(kind):
        return "of bytes that are no UTF-8"
    return "of dates" if kinds.is_temporal(kind) else "of something else"


def floats_of(column: pa.ChunkedArray) -> Floats:
    """Return numbers, NaN where the cell is empty."""
    if kinds.is_boolean(column.type):
        column = column.cast(pa.int8())
    found = column.cast(pa.float64(), safe=False).to_numpy()
    return np.asarray(found, dtype=np.float64)
