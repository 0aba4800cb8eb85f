"""How the columns of a table become numbers, as the rows to learn from decide it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hub.errors import InputError
from models.resampling import Codes, Floats
from models.tables.table_columns import FEWEST_PEOPLE, MOST_TEXTS, floats_of, is_numeric, is_text, kind_of


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
            if is_text(column.type):
                texts = [*_categories(path, name, column, people)]
            elif not is_numeric(column.type):
                raise InputError(
                    f"{path}: the column {name} is neither of numbers nor of texts, but {kind_of(column.type)}.",
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
            if one.text is not None and (is_text(column.type) or whole):
                found[:, at] = floats_of(pc.equal(column.cast(pa.string()), one.text))
            elif one.text is None and (is_numeric(column.type) or whole):
                found[:, at] = floats_of(column) if is_numeric(column.type) else np.nan
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
