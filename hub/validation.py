"""The rules that a row of an extract must keep, compiled to SQL: one pass types every cell and notes every broken rule.

Rules of a column:

| rule | a row breaks it when |
|---|---|
| required | the cell is empty or holds a text that means "missing" |
| integer, number | the text is not a whole number, or not a finite number with a decimal point |
| date | no declared format fits, the day does not exist, or the year has not four digits |
| days_from_start | the text is not a whole number of at most 36,600 days either way |
| start | the named start date of such a number is missing or not declared |
| not_before, future | the date is before the declared earliest one, or after the day of delivery |
| minimum, maximum | the number is smaller or larger than declared |
| allowed | the code is not among the declared ones |
| code | the code is not in the declared code list at any time |
| code_date | the code is in the list, and was not in use on the date that the row gives |

Rules of a row: `duplicate` (the same row stood there before), `duplicate_differs` (the same `unique` columns, other
content), and the damages of `hub.csv_records`.
"""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass

from hub import sql
from hub.codes import CodeList
from hub.rules import Rule, Rules
from hub.source_files import Column, ColumnType, SourceFile

_LONGEST_DAYS = 36_600
_SQL_TYPES = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.NUMBER: "DOUBLE",
    ColumnType.DATE: "DATE",
    ColumnType.DAYS_FROM_START: "DATE",
}


@dataclass(frozen=True, slots=True)
class Validation:
    """The compiled rules of one file.

    Attributes:
        columns: each declared column with its SQL type.
        texts: for each column the SQL of its text, NULL when missing; its trimmed cell is the column `trimmed N`.
        values: for each column the SQL of its value; its text is the column `text N`.
        rules: all rules of its columns.
    """

    columns: tuple[tuple[str, str], ...]
    texts: tuple[str, ...]
    values: tuple[str, ...]
    rules: Rules

    def select(self, cells: str) -> str:
        """Return the SELECT that types the rows of `cells`, whose columns are called `cell 0`, `cell 1` and so on."""
        trimmed = ", ".join(f'{_trimmed(index)} AS "trimmed {index}"' for index in range(len(self.texts)))
        texts = ", ".join(f'{text} AS "text {index}"' for index, text in enumerate(self.texts))
        values = ", ".join(f'{value} AS "value {index}"' for index, value in enumerate(self.values))
        typed = ", ".join(f'"value {index}" AS {sql.name(column)}' for index, (column, _) in enumerate(self.columns))
        read = f"SELECT {texts} FROM (SELECT {trimmed} FROM {cells})"
        return f"SELECT {typed}, {self.rules.columns} FROM (SELECT *, {values} FROM ({read}))"


def _trimmed(index: int) -> str:
    cell = f'"cell {index}"'
    # trim() costs as much as parsing a date: it runs only where a space, or one outside ASCII, can be.
    return f"CASE WHEN contains({cell}, ' ') OR strlen({cell}) <> length({cell}) THEN trim({cell}) ELSE {cell} END"


def compile_rules(
    declared: SourceFile,
    starts: Mapping[str, datetime.date],
    delivered_on: datetime.date,
    lists: Mapping[str, CodeList] | None = None,
) -> Validation:
    """Compile the columns of one file.

    Args:
        declared: the file as sources.yaml describes it.
        starts: the named start dates of its source.
        delivered_on: the day of delivery; a date after it breaks the rule `future`.
        lists: the code lists that its columns name.
    """
    columns, texts, values, rules = [], [], [], []
    place = {name: index for index, name in enumerate(declared.columns)}
    for index, (name, column) in enumerate(declared.columns.items()):
        text, value = f'"text {index}"', f'"value {index}"'
        trimmed = f'"trimmed {index}"'
        columns.append((name, _SQL_TYPES[column.type]))
        missing = tuple(dict.fromkeys(("", *declared.missing)))
        texts.append(f"CASE WHEN {trimmed} NOT IN {sql.texts(missing)} THEN {trimmed} END")
        start = f'"text {place[column.start]}"' if column.start else ""
        values.append(_value(column, text, start, declared.date_formats, starts))
        unread = f"{text} IS NOT NULL AND {value} IS NULL"
        if column.required:
            rules.append(Rule(name, "required", f"{text} IS NULL"))
        if column.type is ColumnType.DAYS_FROM_START:
            known = f"coalesce({start} IN {sql.texts(starts)}, false)"
            rules.append(Rule(name, "start", f"{text} IS NOT NULL AND NOT {known}"))
            rules.append(Rule(name, "days_from_start", f"{unread} AND {known}"))
        elif column.type is not ColumnType.TEXT:
            rules.append(Rule(name, column.type.value, unread))
        rules += _bounds(name, column, text, value, delivered_on)
        if column.codes is not None:
            on = f'"value {place[column.codes_on]}"' if column.codes_on else ""
            rules += _codes(name, (lists or {})[column.codes], text, on)
    return Validation(tuple(columns), tuple(texts), tuple(values), Rules(tuple(rules)))


def _bounds(name: str, column: Column, text: str, value: str, delivered_on: datetime.date) -> list[Rule]:
    found = []
    if column.type in (ColumnType.DATE, ColumnType.DAYS_FROM_START):
        if column.not_before is not None:
            found.append(Rule(name, "not_before", f"{value} < {sql.date(column.not_before)}"))
        if not column.may_be_future:
            found.append(Rule(name, "future", f"{value} > {sql.date(delivered_on)}"))
    if column.type in (ColumnType.INTEGER, ColumnType.NUMBER):
        if column.minimum is not None:
            found.append(Rule(name, "minimum", f"{value} < {column.minimum!r}::DOUBLE"))
        if column.maximum is not None:
            found.append(Rule(name, "maximum", f"{value} > {column.maximum!r}::DOUBLE"))
    if column.allowed is not None:
        found.append(Rule(name, "allowed", f"{text} NOT IN {sql.texts(column.allowed)}"))
    return found


def _codes(name: str, listed: CodeList, text: str, on: str) -> list[Rule]:
    codes: dict[str, list[str]] = {}
    for one in listed.codes:
        bounds = [f"{on} >= {sql.date(one.valid_from)}"] if one.valid_from else []
        bounds += [f"{on} < {sql.date(one.valid_to)}"] if one.valid_to else []
        codes.setdefault(one.code, []).append(f"({' AND '.join(bounds)})" if bounds else "true")
    found = [Rule(name, "code", f"{text} NOT IN {sql.texts(codes)}")]
    dated = {code: times for code, times in codes.items() if "true" not in times}
    if on and dated:
        used = " ".join(f"WHEN {sql.text(code)} THEN {' OR '.join(times)}" for code, times in dated.items())
        # Without a date the condition is NULL, and nothing is broken.
        found.append(Rule(name, "code_date", f"NOT (CASE {text} {used} END)"))
    return found


def _value(column: Column, text: str, start: str, formats: tuple[str, ...], starts: Mapping[str, datetime.date]) -> str:
    match column.type:
        case ColumnType.TEXT:
            return text
        case ColumnType.INTEGER:
            return _integer(text)
        case ColumnType.NUMBER:
            number = f"TRY_CAST({text} AS DOUBLE)"
            return f"CASE WHEN isfinite({number}) AND NOT contains({text}, '_') THEN {number} END"
        case ColumnType.DATE:
            return _date(text, formats)
        case ColumnType.DAYS_FROM_START:
            days = _integer(text)
            named = " ".join(f"WHEN {sql.text(name)} THEN {sql.date(day)}" for name, day in starts.items())
            return f"CASE WHEN abs({days}) <= {_LONGEST_DAYS} THEN (CASE {start} {named} END) + ({days})::INTEGER END"


def _integer(text: str) -> str:
    number = f"TRY_CAST({text} AS BIGINT)"
    # The cast alone would round 1.6 to 2 and take 0x10 and 1_0: only plain digits count, also with an empty fraction.
    plain = f"CAST({number} AS VARCHAR) = {text} OR regexp_full_match({text}, '[+-]?[0-9]+(\\.0*)?')"
    return f"CASE WHEN {plain} THEN {number} END"


def _date(text: str, formats: tuple[str, ...]) -> str:
    tries = []
    for one in formats:
        separators = re.sub(r"%-?[A-Za-z]", "", one)
        parsed = f"try_strptime({text}, {sql.text(one)})"
        # A failed try costs ten times a search for the separator.
        tries.append(
            f"CASE WHEN contains({text}, {sql.text(separators[0])}) THEN {parsed} END" if separators else parsed
        )
    moment = f"coalesce({', '.join(tries)})" if len(tries) > 1 else tries[0]
    return f"CASE WHEN {moment} >= TIMESTAMP '1000-01-01' THEN ({moment})::DATE END"
