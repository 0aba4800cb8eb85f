"""The quarantine row by row: where each stands, which rule it breaks, what to do, and the shape of what stands there.

    rows = listed(workspace, partnership, "school")
    write_csv(rows, Path("to_the_school.csv"))

Values are masked: only their shape is told (Smith → Aaaaa, 31/02/2012 → 99/99/9999), and not more than its first
`MOST` characters. The agency has the file: with the line and the column it finds the value by itself.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow.parquet as pq

from hub import regular_files
from hub.declarations.partnership import Partnership
from hub.errors import ConfigurationError
from hub.identity import store as identity_store
from hub.staging import extracts
from hub.workspace import Workspace

MOST = 20
EMPTY = "(empty)"

REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "required": "Fill it in; a row without it cannot be used.",
        "integer": "Write a whole number, with digits only.",
        "number": "Write a number with a decimal point.",
        "date": "Write a day that exists, with a year of four digits, in one of the declared formats.",
        "date_century": "Write the year with four digits, or declare `pivot`.",
        "date_serial": "Save the column as dates, or declare `excel` among the forms of dates.",
        "date_order": "Write days before months, or declare the form of dates of this file.",
        "boolean": "Write yes or no.",
        "year_group": "Write the school year as a number, R, N1, N2 or X.",
        "encoding": "Save the whole file in UTF-8, and look at the letters of this row.",
        "placeholder": "Write the birthday, or leave the cell empty: this one is written where none is known.",
        "no_year": "Write the school year, or leave the cell empty.",
        "repeated": "Send each fact once, or say what tells the two apart.",
        "days_from_start": "Write a whole number of days.",
        "start": "Name a start that sources.yaml declares.",
        "not_before": "The date is earlier than can be true: look it up in the record.",
        "future": "The date is after the day of delivery: look it up in the record.",
        "minimum": "The number is smaller than can be true: look it up in the record.",
        "maximum": "The number is larger than can be true: look it up in the record.",
        "allowed": "Use one of the codes that are allowed here.",
        "code": "Use a code of the code list.",
        "code_date": "Use a code that was in use on that date.",
        "formula": "Open the workbook, let it calculate, and save it.",
        "error_cell": "The cell holds an error such as #REF!: mend the formula, or write the value.",
        "nul": "Remove the character that cannot be seen (NUL).",
        "duplicate": "The same row stands there before: send it once.",
        "duplicate_differs": "A row with the same key says something else: find out which is right, and send that one.",
        "cells": "The row has another number of cells than the header: quote cells that hold the delimiter.",
        "no_header": "A value stands behind the last header: name its column, or quote cells that hold the delimiter.",
        "quotes": "A quote is never closed, or something follows a closing quote: double quotes inside a cell.",
        "too_long": "The record is longer than one million bytes: a quote is probably never closed.",
        "not_listed": "The person is not in the list of people, or their row there is in quarantine: mend that first.",
        "before_birth": "It lies before the birth of the person: look up both dates, and whose row it is.",
        "before_start": "The end is before the start: look both up in the record.",
    }
)
"""What to do about each rule."""
OTHER = "Look it up in the record, and send the row again."


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One rule that one row breaks.

    Attributes:
        source: the source.
        period: its period; empty without one.
        file: the file; empty for a row of a derived table.
        table: the table as which it was read.
        line: the line on which the row begins; None for one of a derived table.
        column: the column, or mapped field; empty where the rule is about the whole row.
        rule: the rule.
        remedy: what to do.
        shape: the shape of what stands there; empty where the rule is about the whole row.
    """

    source: str
    period: str
    file: str
    table: str
    line: int | None
    column: str
    rule: str
    remedy: str
    shape: str

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


def shape(text: str | None) -> str:
    """Return the shape of a text: letters become A or a, digits 9, all else that can be seen stays."""
    if text is None or not text.strip():
        return EMPTY
    found = []
    for one in text[:MOST]:
        if one.isdigit():
            found.append("9")
        elif one.isalpha():
            found.append("A" if one.isupper() else "a")
        else:
            found.append(one if one.isascii() and one.isprintable() else "?")
    return "".join(found) + ("…" if len(text) > MOST else "")


def listed(workspace: Workspace, partnership: Partnership, source: str | None = None) -> list[QuarantinedRow]:
    """Return the quarantine of the extracts that hold now, sorted by source, period, file, line and rule.

    Args:
        workspace: where the extracts lie.
        partnership: names the sources.
        source: only of this one.

    Raises:
        ConfigurationError: there is no such source.
        IntegrityError: a quarantine is missing or has changed.
    """
    names = [one.name for one in partnership.sources]
    if source is not None and source not in names:
        raise ConfigurationError("sources.yaml declares no such source.", f"There is: {', '.join(names)}.")
    found: list[QuarantinedRow] = []
    for extract in extracts.current_extracts(workspace):
        name = extract.source
        if source not in (None, name):
            continue
        path = identity_store.quarantined(workspace, name, extract.digest)
        identity_store.check(path, extract.facts.quarantine_sha256)
        period = extract.period or ""
        for batch in pq.ParquetFile(path).iter_batches():
            for row in batch.to_pylist():
                found += _of(name, period, row)
    return sorted(found, key=lambda one: (one.source, one.period, one.file, one.table, one.line or 0, one.rule))


def _of(source: str, period: str, row: Mapping[str, Any]) -> list[QuarantinedRow]:
    cells = dict(row["cells"])
    rows = []
    for label in row["rules"]:
        column, _, rule = str(label).rpartition(": ")
        seen = shape(cells.get(column)) if column else ""
        remedy = REMEDIES.get(rule, OTHER)
        rows.append(
            QuarantinedRow(source, period, row["file"] or "", row["table"], row["line"], column, rule, remedy, seen)
        )
    return rows


def write_csv(rows: Sequence[QuarantinedRow], path: Path) -> None:
    """Write rows as CSV, for the agency; a cell that a spreadsheet could take for a formula is quoted as text.

    Raises:
        InputError: the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, list(QuarantinedRow.__dataclass_fields__), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _as_text(value) for name, value in row.as_json().items()})
    regular_files.write(path, text.getvalue(), private=True)


def _as_text(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
