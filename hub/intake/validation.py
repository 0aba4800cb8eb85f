"""The rules that a row of an extract must keep, compiled to SQL: one pass types every cell and notes every broken rule.

Rules of a column:

| rule | a row breaks it when |
|---|---|
| required | the cell is empty or holds a text that means "missing" |
| integer, number | the text is not a whole number, or not a finite number with a decimal point |
| date, date_century, date_serial, date_order | it is no day that can be told (`hub.declarations.written_dates`) |
| boolean | the text is none of yes, no, y, n, true, false, t, f, 1, 0, in any case |
| year_group | the text is no school year (`hub.declarations.year_groups`) |
| days_from_start | the text is not a whole number of at most 36,600 days either way |
| start | the named start date of such a number is missing or not declared |
| not_before, future | the date is before the declared earliest one, or after the day of delivery |
| before_start | an end lies before its start |
| minimum, maximum | the number is smaller or larger than declared |
| allowed | the code is not among the declared ones |
| code | the code is not in the declared code list at any time |
| code_date | the code is in the list, and was not in use on the date that the row gives |

Rules of a row: `duplicate` (the same row stood there before), `duplicate_differs` (the same `unique` columns, other
content), and the damages of `hub.formats.csv_records`.

A rule of a column that nothing uses (`hub.intake.column_use`) is noticed: counted and said, and the row is kept. So are
`placeholder` (a birthday that is written for "not known", `declarations.placeholders`, and becomes that) and `no_year`
(a class that follows no school year).
"""

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from hub import sql
from hub.declarations import placeholders, written_dates, year_groups
from hub.declarations.codes import CodeList
from hub.declarations.rules import ColumnRule, Rules
from hub.declarations.source_files import ColumnType, SourceColumn, SourceFile

_LONGEST_DAYS = 36_600
_SQL_TYPES = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.NUMBER: "DOUBLE",
    ColumnType.DATE: "DATE",
    ColumnType.DAYS_FROM_START: "DATE",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.YEAR_GROUP: "BIGINT",
}
_YES, _NO = ("yes", "y", "true", "t", "1", "1.0"), ("no", "n", "false", "f", "0", "0.0")


@dataclass(frozen=True, slots=True)
class Reading:
    """How the columns of one file are read, beside what is declared of them.

    Attributes:
        used: the columns that are used; None for all of them.
        birthdays: the columns that become a date of birth.
        placeholders: days that a partnership adds to those that are written for "not known".
        doubtful: columns of dates in which months stand before days, so that a date may be either.
    """

    used: frozenset[str] | None = None
    birthdays: frozenset[str] = frozenset()
    placeholders: Collection[datetime.date] = ()
    doubtful: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Validation:
    """The compiled rules of one file.

    Attributes:
        columns: each declared column with its SQL type.
        texts: for each column the SQL of its text, NULL when missing; its trimmed cell is the column `trimmed N`.
        values: for each column the SQL of its value; its text is the column `text N`.
        rules: the rules of its columns; a row that breaks one is not kept.
        noticed: what is only counted and said.
        known: for each column the SQL of its value as it is kept; its value is the column `value N`.
    """

    columns: tuple[tuple[str, str], ...]
    texts: tuple[str, ...]
    values: tuple[str, ...]
    rules: Rules
    noticed: Rules
    known: tuple[str, ...]

    def select(self, cells: str) -> str:
        """Return the SELECT that types the rows of `cells`, whose columns are called `cell 0`, `cell 1` and so on."""
        cells_ = (sql.name(f"cell {index}") for index in range(len(self.texts)))
        trimmed = ", ".join(f'{sql.trimmed(cell)} AS "trimmed {index}"' for index, cell in enumerate(cells_))
        texts = ", ".join(f'{text} AS "text {index}"' for index, text in enumerate(self.texts))
        values = ", ".join(f'{value} AS "value {index}"' for index, value in enumerate(self.values))
        typed = ", ".join(
            f"{self.known[index]} AS {sql.name(column)}" for index, (column, _) in enumerate(self.columns)
        )
        marks = f"{self.rules.columns}, {self.noticed.bits}"
        read = f"SELECT {texts} FROM (SELECT {trimmed} FROM {cells})"
        return f"SELECT {typed}, {marks} FROM (SELECT *, {values} FROM ({read}))"

    def evidence(self, cells: str, column: str) -> str:
        """Return the SELECT that counts dates of a column that only days before months explain, and months first."""
        index = [name for name, _ in self.columns].index(column)
        trimmed = f"{sql.trimmed(sql.name(f'cell {index}'))} AS {sql.name(f'trimmed {index}')}"
        read = f"SELECT {self.texts[index]} AS text FROM (SELECT {trimmed} FROM {cells})"
        return f"SELECT {', '.join(written_dates.evidence('text'))} FROM ({read})"


def compile_rules(
    declared: SourceFile,
    starts: Mapping[str, datetime.date],
    delivered_on: datetime.date,
    lists: Mapping[str, CodeList] | None = None,
    reading: Reading | None = None,
) -> Validation:
    """Compile the columns of one file.

    Args:
        declared: the file as sources.yaml describes it.
        starts: the named start dates of its source.
        delivered_on: the day of delivery; a date after it breaks the rule `future`.
        lists: the code lists that its columns name.
        reading: what is used of it, and what is written for "not known".
    """
    how = reading or Reading()
    place = {name: index for index, name in enumerate(declared.columns)}
    columns, texts, values, known = [], [], [], []
    rules: list[ColumnRule] = []
    noticed: list[ColumnRule] = []
    for index, (name, column) in enumerate(declared.columns.items()):
        text, value = f'"text {index}"', f'"value {index}"'
        codes = (lists or {})[column.codes] if column.codes is not None else None
        columns.append((name, _SQL_TYPES[column.type]))
        texts.append(_text(declared, column, codes, f'"trimmed {index}"'))
        start = f'"text {place[column.start]}"' if column.start else ""
        doubtful = name in how.doubtful
        if column.type is ColumnType.DATE:
            birthday = name in how.birthdays
            values.append(written_dates.value(text, declared.date_formats, doubtful=doubtful, birthday=birthday))
        else:
            values.append(_value(column, text, start, starts))
        found = _read(declared, name, text, value, start, starts, doubtful=doubtful)
        found += _bounds(name, column, text, value, delivered_on)
        if column.not_before_column is not None:
            found.append(ColumnRule(name, "before_start", f'{value} < "value {place[column.not_before_column]}"'))
        if codes is not None:
            on = f'"value {place[column.codes_on]}"' if column.codes_on else ""
            found += _codes(name, codes, text, on)
        if name in how.birthdays and column.type is ColumnType.DATE:
            days = placeholders.every_birthday(how.placeholders)
            empty = f"coalesce({value} IN {_days(days)}, false)"
            found = [replace(one, broken=f"({one.broken}) AND NOT {empty}") for one in found]
            noticed.append(ColumnRule(name, "placeholder", empty))
            known.append(f"CASE WHEN NOT {empty} THEN {value} END")
        else:
            known.append(value)
        if column.type is ColumnType.YEAR_GROUP:
            noticed.append(ColumnRule(name, "no_year", f"{text} IS NOT NULL AND {year_groups.not_known(text)}"))
        (rules if how.used is None or name in how.used else noticed).extend(found)
    return Validation(
        tuple(columns),
        tuple(texts),
        tuple(values),
        Rules(tuple(rules)),
        Rules(tuple(noticed), "#noticed"),
        tuple(known),
    )


def _days(days: Collection[str]) -> str:
    return "(" + ", ".join(f"DATE '{day}'" for day in days) + ")"


def _text(declared: SourceFile, column: SourceColumn, codes: CodeList | None, trimmed: str) -> str:
    """Return the SQL of the text in a cell, NULL where it means "not recorded"."""
    own = {*column.not_missing, *(column.allowed or ()), *(one.code for one in (codes.codes if codes else ()))}
    words = [word for word in dict.fromkeys(("", *declared.missing)) if word not in own]
    if column.type is ColumnType.TEXT and not column.allowed and codes is None:
        missing = f"{trimmed} IN {sql.texts(words)}"
    else:
        lower = {word.casefold() for word in words} - {word.casefold() for word in own}
        missing = f"lower({trimmed}) IN {sql.texts(sorted(lower))}"
    text = written_dates.plain(trimmed, declared.pivot) if column.type is ColumnType.DATE else trimmed
    longest = max(len(word.encode()) for word in words)
    # Most texts are longer than any such word, and a look at the length costs least.
    return f"CASE WHEN strlen({trimmed}) > {longest} THEN {text} WHEN NOT {missing} THEN {text} END"


def _read(
    declared: SourceFile,
    name: str,
    text: str,
    value: str,
    start: str,
    starts: Mapping[str, datetime.date],
    *,
    doubtful: bool,
) -> list[ColumnRule]:
    """Return the rules of a column about whether a text is there and can be read."""
    column = declared.columns[name]
    unread = f"{text} IS NOT NULL AND {value} IS NULL"
    found = [ColumnRule(name, "required", f"{text} IS NULL")] if column.required else []
    match column.type:
        case ColumnType.TEXT:
            return found
        case ColumnType.DAYS_FROM_START:
            named = f"coalesce({start} IN {sql.texts(starts)}, false)"
            found.append(ColumnRule(name, "start", f"{text} IS NOT NULL AND NOT {named}"))
            found.append(ColumnRule(name, "days_from_start", f"{unread} AND {named}"))
        case ColumnType.DATE:
            refusals = written_dates.refusals(text, declared.date_formats, doubtful=doubtful)
            found += [ColumnRule(name, rule, why, unread) for rule, why in refusals]
        case ColumnType.YEAR_GROUP:
            found.append(ColumnRule(name, "year_group", f"{unread} AND NOT {year_groups.not_known(text)}"))
        case _:
            found.append(ColumnRule(name, column.type.value, unread))
    return found


def _bounds(name: str, column: SourceColumn, text: str, value: str, delivered_on: datetime.date) -> list[ColumnRule]:
    found = []
    if column.type in (ColumnType.DATE, ColumnType.DAYS_FROM_START):
        if column.not_before is not None:
            found.append(ColumnRule(name, "not_before", f"{value} < {sql.date(column.not_before)}"))
        if not column.may_be_future:
            found.append(ColumnRule(name, "future", f"{value} > {sql.date(delivered_on)}"))
    if column.type in (ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.YEAR_GROUP):
        if column.minimum is not None:
            found.append(ColumnRule(name, "minimum", f"{value} < {column.minimum!r}::DOUBLE"))
        if column.maximum is not None:
            found.append(ColumnRule(name, "maximum", f"{value} > {column.maximum!r}::DOUBLE"))
    if column.allowed is not None:
        found.append(ColumnRule(name, "allowed", f"{text} NOT IN {sql.texts(column.allowed)}"))
    return found


def _codes(name: str, listed: CodeList, text: str, on: str) -> list[ColumnRule]:
    codes: dict[str, list[str]] = {}
    for one in listed.codes:
        bounds = [f"{on} >= {sql.date(one.valid_from)}"] if one.valid_from else []
        bounds += [f"{on} < {sql.date(one.valid_to)}"] if one.valid_to else []
        codes.setdefault(one.code, []).append(f"({' AND '.join(bounds)})" if bounds else "true")
    found = [ColumnRule(name, "code", f"{text} NOT IN {sql.texts(codes)}")]
    dated = {code: times for code, times in codes.items() if "true" not in times}
    if on and dated:
        used = " ".join(f"WHEN {sql.text(code)} THEN {' OR '.join(times)}" for code, times in dated.items())
        # Without a date the condition is NULL, and nothing is broken.
        found.append(ColumnRule(name, "code_date", f"NOT (CASE {text} {used} END)"))
    return found


def _value(column: SourceColumn, text: str, start: str, starts: Mapping[str, datetime.date]) -> str:
    match column.type:
        case ColumnType.TEXT | ColumnType.DATE:
            return text
        case ColumnType.INTEGER:
            return _integer(text)
        case ColumnType.NUMBER:
            number = f"TRY_CAST({text} AS DOUBLE)"
            return f"CASE WHEN isfinite({number}) AND NOT contains({text}, '_') THEN {number} END"
        case ColumnType.BOOLEAN:
            lower = f"lower({text})"
            return f"CASE WHEN {lower} IN {sql.texts(_YES)} THEN true WHEN {lower} IN {sql.texts(_NO)} THEN false END"
        case ColumnType.YEAR_GROUP:
            return year_groups.value(text)
        case ColumnType.DAYS_FROM_START:
            days = _integer(text)
            named = " ".join(f"WHEN {sql.text(name)} THEN {sql.date(day)}" for name, day in starts.items())
            return f"CASE WHEN abs({days}) <= {_LONGEST_DAYS} THEN (CASE {start} {named} END) + ({days})::INTEGER END"


def _integer(text: str) -> str:
    number = f"TRY_CAST({text} AS BIGINT)"
    # The cast alone would round 1.6 to 2 and take 0x10 and 1_0: only plain digits count, also with an empty fraction.
    plain = f"CAST({number} AS VARCHAR) = {text} OR regexp_full_match({text}, '[+-]?[0-9]+(\\.0*)?')"
    return f"CASE WHEN {plain} THEN {number} END"
