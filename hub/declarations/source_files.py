"""The files of a source as `sources.yaml` and adapters declare them: format, columns, and the rules of rows."""

import datetime
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from hub.declarations.return_years import RETURN_YEAR
from hub.declarations.written_dates import SERIALS
from hub.names import NAME, stays_inside
from hub.yaml_documents import Document

AUTO = "auto"
"""For `encoding` and `delimiter`: found out from the file itself."""

_TAB = "tab"
_DEFAULT_DATES = ("%Y-%m-%d", "%d/%m/%Y")
_REAL_DATES = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S")
MISSING = (
    "", "?", "??", "-", "--", "NULL", "null", "(null)", "NA", "na", "N/A", "n/a", "NA?", "N/A?", "NaN", "nan", "NAN",
    "NaT", "None", "none", "NONE", "nil", "NIL", "<NA>", "#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!",
)  # fmt: skip
"""What programs and people write where nothing is recorded. A column of dates, numbers, years, yes and no, or codes
takes them in any case, and takes one for a code where it is a code of the column's own (`NONE` for no weapon). A column
of free text takes them as they stand here only: "Na", "Nan" and "Null" are people's names, while "NA" in capitals is
what R and pandas write for nothing. A column in which such a word means something says so with `not_missing`."""


class ColumnType(StrEnum):
    """How the text of a column is read."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    DAYS_FROM_START = "days_from_start"
    BOOLEAN = "boolean"
    YEAR_GROUP = "year_group"


class SourceColumn(Document):
    """One column of a file, and the rules that a row must keep; a row that breaks one is quarantined."""

    type: ColumnType = Field(
        default=ColumnType.TEXT, description="text, integer, number, date, days_from_start, boolean or year_group."
    )
    required: bool = Field(default=False, description="An empty cell breaks the rule `required`.")
    optional: bool = Field(default=False, description="A file may lack the column; it is empty then.")
    start: str | None = Field(
        default=None, description="For days_from_start: the column that names the start date (see `starts`)."
    )
    not_before: datetime.date | None = Field(default=None, description="Earliest date that can be true.")
    not_before_column: str | None = Field(
        default=None, description="For an end: the column of its start, before which it cannot lie."
    )
    may_be_future: bool = Field(default=False, description="A date after the day of delivery is allowed.")
    minimum: float | None = Field(default=None, description="Smallest number that can be true.")
    maximum: float | None = Field(default=None, description="Largest number that can be true.")
    allowed: tuple[str, ...] | None = Field(default=None, description="The only codes that may stand here.")
    codes: str | None = Field(default=None, description="A code list (hub/code_lists): only its codes may stand here.")
    codes_on: str | None = Field(default=None, description="The date column on which such a code must be in use.")
    not_missing: tuple[str, ...] = Field(
        default=(), description="Texts that mean something here and elsewhere mean: not recorded."
    )
    headers: tuple[str, ...] = Field(default=(), description="Other headers under which agencies send the column.")
    path: str | None = Field(
        default=None, description="For XML: where the text stands, from the record, such as ../Name or @id."
    )
    meaning: str = Field(default="", description="What stands in it, in plain words.")

    @model_validator(mode="after")
    def _start_where_needed(self) -> Self:
        if (self.type is ColumnType.DAYS_FROM_START) != (self.start is not None):
            raise ValueError("`start` goes with the type days_from_start, and that type needs it")
        return self


def check_period(pattern: str | None) -> str | None:
    """Return `pattern` when it is none, `return_year`, or a regular expression with one group.

    Raises:
        ValueError: it is neither.
    """
    if pattern == RETURN_YEAR:
        return pattern
    try:
        groups = 1 if pattern is None else re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"not a regular expression: {error.msg}") from None
    if groups != 1:
        raise ValueError("the period needs one group, in parentheses, that names it")
    return pattern


def check_period_end(value: str | None) -> str | None:
    """Return `value` when it is none, or a day of every year as MM-DD.

    Raises:
        ValueError: it is neither.
    """
    if value is not None:
        try:
            datetime.date.fromisoformat(f"2021-{value}")
        except ValueError:
            raise ValueError("a day of every year is written MM-DD, such as 03-31") from None
        if not re.fullmatch(r"\d\d-\d\d", value):
            raise ValueError("a day of every year is written MM-DD, such as 03-31")
    return value


def alike(header: str) -> str:
    """Return a header without what does not tell headers apart: case, and whatever is not a letter or digit."""
    return re.sub(r"[^0-9a-z]+", "_", header.casefold()).strip("_")


class Format(StrEnum):
    """How a file is read. A name that also ends in .gz or .zip is unpacked first, within limits."""

    CSV = "csv"
    XLSX = "xlsx"
    XML = "xml"
    PARQUET = "parquet"


class SourceFile(Document):
    """One file of a delivery."""

    name: str = Field(pattern=NAME, description="The table's name in the mapping.")
    file: str = Field(
        min_length=1, description="File name, or a pattern such as persons_*.csv, in the delivery folder."
    )
    format: Format = Field(default=Format.CSV, description="csv, xlsx, xml or parquet.")
    optional: bool = Field(default=False, description="A delivery may lack the file; its table is empty then.")
    sheet: str | None = Field(default=None, description="For xlsx: the sheet's name; else the only sheet.")
    header_row: int = Field(default=1, ge=1, description="For xlsx: the row of the headers.")
    record: str | None = Field(
        default=None, description="For xml: the path of a record, such as Message/Children/Child."
    )
    xsd: str | None = Field(
        default=None, description="For xml: the schema, a file beside sources.yaml or an adapter's."
    )
    unit: str | None = Field(
        default=None, description="For xml with xsd: the path of what is checked by itself; a wrong one is set aside."
    )
    other_xsds: tuple[str, ...] = Field(default=(), description="Schemas of other years; a unit may fit any of them.")
    year_path: str | None = Field(default=None, description="For xml: where the year of the return stands.")
    known_years: tuple[int, ...] = Field(default=(), description="Years of the return that are known.")
    encoding: str = Field(default="utf-8", description="utf-8 (with or without a byte-order mark), cp1252 or auto.")
    delimiter: str = Field(default=",", description="What separates the cells: one character, tab, or auto.")
    missing: tuple[str, ...] = Field(default=MISSING, description="Texts that mean: not recorded.")
    dates: tuple[str, ...] = Field(
        default=_DEFAULT_DATES,
        description="Formats of dates; years have four digits. excel or excel_1904: days as Excel counts them.",
    )
    pivot: int | None = Field(
        default=None,
        ge=0,
        le=99,
        description="Years of two digits up to it are of 2000 to 2099, others of 1900 to 1999.",
    )
    columns: dict[str, SourceColumn] = Field(min_length=1, description="The columns that are read; others are ignored.")
    unique: tuple[str, ...] = Field(
        default=(), description="Columns that together occur once; repeats are quarantined."
    )
    refused: dict[str, str] = Field(
        default_factory=dict, description="Headers that must never be used, each with the reason."
    )
    meaning: str = Field(default="", description="What a row is, in plain words.")

    @property
    def separator(self) -> str:
        """The character between the cells."""
        return "\t" if self.delimiter == _TAB else self.delimiter

    @property
    def date_formats(self) -> tuple[str, ...]:
        """The formats of dates; a format that has real dates gives them the ISO way, whatever texts may say."""
        real = _REAL_DATES if self.format in (Format.XLSX, Format.PARQUET) else ()
        return (*self.dates, *(one for one in real if one not in self.dates))

    @field_validator("xsd", "other_xsds")
    @classmethod
    def _xsd_beside(cls, value: Any) -> Any:
        if any(not stays_inside(one) for one in ((value,) if isinstance(value, str) else value or ())):
            raise ValueError("the schema lies beside sources.yaml: name it without .. or a folder above")
        return value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        return _encoding(value)

    @field_validator("delimiter")
    @classmethod
    def _one_delimiter(cls, value: str) -> str:
        return _delimiter(value)

    @field_validator("dates")
    @classmethod
    def _four_digit_years(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _dates(value)

    @model_validator(mode="after")
    def _names_known(self) -> Self:
        for name in self.columns:
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                raise ValueError(f"the column name {name} needs letters, digits and _ only")
        if self.format is Format.XML and self.record is None:
            raise ValueError("an XML file needs `record`: the path of a record")
        columns = self.columns.values()
        named = [name for one in columns for name in (one.start, one.codes_on, one.not_before_column) if name]
        for other in (*self.unique, *named):
            if other not in self.columns:
                raise ValueError(f"{other} is not among the columns; declare it")
        refused = {alike(header): (header, why) for header, why in self.refused.items()}
        for name, column in self.columns.items():
            for header in (name, *column.headers):
                if alike(header) in refused:
                    said, why = refused[alike(header)]
                    raise ValueError(f"the column {name} must not be used (refused: {said}): {why}")
        return self


def _encoding(value: str) -> str:
    if value.lower() not in {"utf-8", "cp1252", AUTO}:
        raise ValueError("the encoding is utf-8, cp1252 or auto")
    return value.lower()


def _delimiter(value: str) -> str:
    if value not in (AUTO, _TAB) and (len(value) != 1 or not value.isascii() or value.isalnum() or value == '"'):
        raise ValueError("the delimiter is one character such as ; or |, the word tab, or auto")
    return value


def _dates(value: Iterable[str]) -> tuple[str, ...]:
    formats = tuple(value)
    if any("%y" in one or "%Y" not in one for one in formats if one not in SERIALS):
        raise ValueError(
            "a date format needs a year of four digits, %Y; for two digits, which do not say the century, give `pivot`"
        )
    return formats


class Layout(Document):
    """How one agency sends a file of an adapter, where that differs from the adapter. What is left out stays."""

    file: str | None = Field(default=None, min_length=1, description="File name or pattern.")
    format: Format | None = Field(default=None, description="csv, xlsx, xml or parquet.")
    optional: bool | None = Field(default=None, description="A delivery may lack the file.")
    sheet: str | None = Field(default=None, description="For xlsx: the sheet's name.")
    header_row: int | None = Field(default=None, ge=1, description="For xlsx: the row of the headers.")
    encoding: str | None = Field(default=None, description="utf-8, cp1252 or auto.")
    delimiter: str | None = Field(default=None, description="What separates the cells: one character, tab, or auto.")
    missing: tuple[str, ...] | None = Field(default=None, description="Texts that mean: not recorded.")
    dates: tuple[str, ...] | None = Field(default=None, description="Formats of dates; years have four digits.")
    pivot: int | None = Field(default=None, ge=0, le=99, description="Which years of two digits are of this century.")
    headers: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="For columns: other headers under which this agency sends them."
    )

    @field_validator("encoding", "delimiter", "dates")
    @classmethod
    def _as_in_files(cls, value: Any, field: ValidationInfo) -> Any:
        checks = {"encoding": _encoding, "delimiter": _delimiter, "dates": _dates}
        return value if value is None else checks[str(field.field_name)](value)

    def applied(self, file: dict[str, Any]) -> dict[str, Any]:
        """Return the declaration of a file, as plain data, with what this layout changes.

        Raises:
            ValueError: it names a column that the file does not have.
        """
        changed = {name: value for name, value in self.model_dump(exclude={"headers"}).items() if value is not None}
        columns = dict(file["columns"])
        for name, headers in self.headers.items():
            if name not in columns:
                raise ValueError(f"the file {file['name']} has no column {name}")
            column = columns[name] or {}
            columns[name] = {**column, "headers": [*column.get("headers", ()), *headers]}
        return {**file, **changed, "columns": columns}


class DerivedTable(Document):
    """A table that is worked out from the files, such as deadlines that passed without a submission."""

    name: str = Field(pattern=NAME, description="The table's name in the mapping.")
    sql: str = Field(min_length=6, description="One SELECT over the tables above it.")
