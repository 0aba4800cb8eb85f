"""What each column of a table is for, and how the others become numbers.

A number stays a number, yes and no become 1 and 0. A text becomes one column of 1 and 0 for each of its texts that
enough people to learn from have; a text that too few have, or that nobody had there, is 0 in all of them. Nothing else
can be learned from: it is refused by name.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds
from numpy.typing import NDArray

from hub.errors import ConfigurationError, InputError
from models.resampling import Codes, Floats
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
    if not _is_numeric(column.type):
        raise InputError(f"{path}: the outcome {name} is not a column of 0 and 1.", remedy)
    values = _floats(column)
    wrong = int((~np.isin(values, (0.0, 1.0)) & ~np.isnan(values)).sum())
    if wrong:
        raise InputError(f"{path}: the outcome {name} is neither 0 nor 1 in {wrong:,} rows.", remedy)
    return values


def keys(path: Path, column: pa.ChunkedArray, name: str) -> pa.Array:
    """Return identifiers as texts.

    Raises:
        InputError: a cell is empty, or the column is of no identifiers.
    """
    if not (_is_text(column.type) or kinds.is_integer(column.type)):
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
    if not (_is_text(column.type) or _is_numeric(column.type) or kinds.is_date(column.type)):
        raise InputError(f"{path}: the group {name} is {_kind(column.type)}.", "Give texts, whole numbers or dates.")
    said = column.cast(pa.string()).fill_null("not recorded")
    return np.asarray(said.to_numpy(zero_copy_only=False), dtype=np.object_)


@dataclass(frozen=True, slots=True)
class CodedColumn:
    """One column of numbers: a column of the table as it is, or whether that column holds a text.

    Attributes:
        name: what the model calls it: letters, digits and _ only.
        column: the table's column.
        text: the text for which it is 1; None for a number.
    """

    name: str
    column: str
    text: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"name": self.name, "column": self.column, "text": self.text}


@dataclass(frozen=True, slots=True)
class TableCoding:
    """How the columns of a table become numbers, as the rows to learn from decided."""

    indicators: tuple[CodedColumn, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What the model calls them, in order."""
        return tuple(one.name for one in self.indicators)

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """The table's columns, each with the texts that have a column of their own; none for a number."""
        found: dict[str, tuple[str, ...]] = {}
        for one in self.indicators:
            found[one.column] = (*found.get(one.column, ()), *(() if one.text is None else (one.text,)))
        return found

    def words(self, name: str) -> str:
        """Return a column of numbers as the table calls it."""
        one = self.indicators[self.names.index(name)]
        return one.column if one.text is None else f"{one.column} is {one.text}"

    def as_json(self) -> list[dict[str, Any]]:
        """Return the JSON form."""
        return [one.as_json() for one in self.indicators]

    @classmethod
    def from_json(cls, value: Sequence[Mapping[str, Any]]) -> "TableCoding":
        """Return the coding whose JSON form is `value`."""
        return cls(tuple(CodedColumn(one["name"], one["column"], one["text"]) for one in value))

    @classmethod
    def of(cls, path: Path, table: pa.Table, names: Sequence[str], people: Codes) -> "TableCoding":
        """Decide how the columns become numbers.

        Args:
            path: where they come from, for messages.
            table: the rows to learn from.
            names: the columns, in order.
            people: a code per person, one a row.

        Raises:
            InputError: a column is neither of numbers nor of categories, or there is none.
        """
        if not names:
            raise InputError(f"{path}: no column is left to learn from.", "Give the indicators as columns.")
        found: list[CodedColumn] = []
        taken: set[str] = set()
        for name in names:
            column = table[name]
            texts: list[str | None] = [None]
            if _is_text(column.type):
                texts = [*_categories(path, name, column, people)]
            elif not _is_numeric(column.type):
                raise InputError(
                    f"{path}: the column {name} is neither of numbers nor of texts, but {_kind(column.type)}.",
                    "Make a number of it, such as days since a date, or leave it out.",
                )
            for text in texts:
                called = _called(name if text is None else f"{name}__{text}", taken)
                found.append(CodedColumn(called, name, text))
        return cls(tuple(found))

    def values(self, path: Path, table: pa.Table) -> Floats:
        """Return the numbers of a table's rows, shape (rows, indicators); NaN is "no number".

        Raises:
            InputError: a column is missing, of another kind than where it was learned from, or holds a number without
                end; it names the file and the columns.
        """
        missing = [name for name in self.columns if name not in table.column_names]
        if missing:
            raise InputError(f"{path}: it lacks {', '.join(missing)}.", "Give all columns that were learned from.")
        found = np.empty((table.num_rows, len(self.indicators)))
        endless: dict[str, int] = {}
        for at, one in enumerate(self.indicators):
            column = table[one.column]
            whole = column.null_count == len(column)
            if one.text is not None and (_is_text(column.type) or whole):
                found[:, at] = _floats(pc.equal(column.cast(pa.string()), one.text))
            elif one.text is None and (_is_numeric(column.type) or whole):
                found[:, at] = _floats(column) if _is_numeric(column.type) else np.nan
                count = int(np.isinf(found[:, at]).sum())
                endless |= {one.column: count} if count else {}
            else:
                was = "numbers" if one.text is None else "texts"
                raise InputError(
                    f"{path}: the column {one.column} is not of {was}, as it is where the model learns.",
                    "Write it alike in both files.",
                )
        if endless:
            told = ", ".join(f"{name} in {count:,} rows" for name, count in endless.items())
            raise InputError(f"{path}: numbers without end: {told}.", "Mend them where they come from.")
        return found

    def without_column(self, table: pa.Table) -> dict[str, int]:
        """Return, for each column of texts, in how many rows its text has no column of its own."""
        found = {}
        for name, texts in self.columns.items():
            if texts:
                column = table[name].cast(pa.string())
                found[name] = int(pc.sum(pc.invert(pc.is_in(column, pa.array(texts)))).as_py()) - column.null_count
        return {name: count for name, count in found.items() if count}


def looks_like_an_identifier(table: pa.Table, names: Sequence[str]) -> list[str]:
    """Return the columns of whole numbers that are different in every row."""
    return [
        name
        for name in names
        if kinds.is_integer(table[name].type) and len(pc.unique(table[name])) == table.num_rows > FEWEST_PEOPLE
    ]


def _categories(path: Path, name: str, column: pa.ChunkedArray, people: Codes) -> list[str]:
    """Return the texts of a column that get a column of their own, sorted."""
    both = pa.table({"text": column, "person": people}).filter(pc.is_valid(column)).group_by("text")
    rows = both.aggregate([("person", "count_distinct")]).to_pylist()
    counted = {row["text"]: row["person_count_distinct"] for row in rows}
    if len(counted) > MOST_TEXTS:
        raise InputError(
            f"{path}: the column {name} holds {len(counted):,} different texts; categories have {MOST_TEXTS} at most.",
            "Make groups of them, or leave it out.",
        )
    kept = sorted(text for text, count in counted.items() if count >= FEWEST_PEOPLE)
    if not kept:
        raise InputError(
            f"{path}: no text of the column {name} is that of {FEWEST_PEOPLE} people to learn from.",
            "Make groups of them, or leave it out.",
        )
    return kept


def _called(wanted: str, taken: set[str]) -> str:
    """Return a name of letters, digits and _ that nothing else has; LightGBM takes no others."""
    plain = re.sub(r"\W", "_", wanted)
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}_{number}", number + 1
    taken.add(name)
    return name


def _is_text(kind: pa.DataType) -> bool:
    return bool(kinds.is_string(kind))


def _is_numeric(kind: pa.DataType) -> bool:
    tests = (kinds.is_boolean, kinds.is_integer, kinds.is_floating, kinds.is_decimal, kinds.is_null)
    return any(test(kind) for test in tests)


def _kind(kind: pa.DataType) -> str:
    if kinds.is_binary(kind):
        return "of bytes that are no UTF-8"
    return "of dates" if kinds.is_temporal(kind) else "of something else"


def _floats(column: pa.ChunkedArray) -> Floats:
    """Return numbers, NaN where the cell is empty."""
    if kinds.is_boolean(column.type):
        column = column.cast(pa.int8())
    found = column.cast(pa.float64(), safe=False).to_numpy()
    return np.asarray(found, dtype=np.float64)
