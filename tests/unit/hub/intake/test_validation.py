"""The rules of a column, as truth tables, and against a slow row-by-row reading."""

import datetime
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import sql
from hub.declarations.source_files import SourceColumn, SourceFile
from hub.intake.validation import Reading, compile_rules
from tests.examples import examples

DUCKDB = sql.connect()
DELIVERED = datetime.date(2025, 1, 6)
STARTS = {"2013B": datetime.date(2013, 2, 1), "2013J": datetime.date(2013, 10, 1)}


def _validate(columns: dict[str, dict[str, Any]], *rows: tuple[str | None, ...]) -> list[tuple[Any, ...]]:
    """Return for each row its values and the labels of the rules that it breaks."""
    declared = SourceFile(name="t", file="t.csv", columns={name: SourceColumn(**how) for name, how in columns.items()})
    validation = compile_rules(declared, STARTS, DELIVERED)
    cells = ", ".join(f'"cell {index}"' for index in range(len(columns)))
    values = ", ".join(
        "(" + ", ".join("NULL" if cell is None else sql.text(cell) for cell in row) + ")" for row in rows
    )
    relation = f"(SELECT * FROM (VALUES {values}) AS v({cells}))"
    names = ", ".join(sql.name(name) for name in columns)
    select = f"SELECT {names}, {validation.rules.labels} FROM ({validation.select(relation)})"
    return DUCKDB.execute(select).fetchall()


def _day(year: int, month: int, day: int) -> datetime.date:
    return datetime.date(year, month, day)


@pytest.mark.parametrize(
    ("how", "text", "value", "rules"),
    [
        # text
        ({}, "Ann", "Ann", []),
        ({}, "  Ann  ", "Ann", []),
        ({}, "", None, []),
        ({}, None, None, []),
        ({}, "?", None, []),
        ({}, " NULL ", None, []),
        ({"required": True}, "?", None, ["x: required"]),
        ({"required": True}, None, None, ["x: required"]),
        ({"required": True}, "0", "0", []),
        ({"allowed": ("F", "M")}, "F", "F", []),
        ({"allowed": ("F", "M")}, "f", "f", ["x: allowed"]),
        ({"allowed": ("F", "M")}, "", None, []),
        # integer
        ({"type": "integer"}, "12", 12, []),
        ({"type": "integer"}, "-007", -7, []),
        ({"type": "integer"}, "+5", 5, []),
        ({"type": "integer"}, "3.0", 3, []),
        ({"type": "integer"}, "1.6", None, ["x: integer"]),
        ({"type": "integer"}, "1e3", None, ["x: integer"]),
        ({"type": "integer"}, "0x10", None, ["x: integer"]),
        ({"type": "integer"}, "1_000", None, ["x: integer"]),
        ({"type": "integer"}, "1,000", None, ["x: integer"]),
        ({"type": "integer"}, "99999999999999999999", None, ["x: integer"]),
        ({"type": "integer"}, "", None, []),
        ({"type": "integer", "minimum": 1}, "0", 0, ["x: minimum"]),
        ({"type": "integer", "maximum": 9}, "10", 10, ["x: maximum"]),
        ({"type": "integer", "minimum": 0, "maximum": 9}, "9", 9, []),
        ({"type": "integer", "minimum": -2.5}, "-3", -3, ["x: minimum"]),
        # number
        ({"type": "number"}, "1.5", 1.5, []),
        ({"type": "number"}, ".5", 0.5, []),
        ({"type": "number"}, "1e3", 1000.0, []),
        ({"type": "number"}, "nan", None, []),
        ({"type": "number"}, "inf", None, ["x: number"]),
        ({"type": "number"}, "1e999", None, ["x: number"]),
        ({"type": "number"}, "1_0", None, ["x: number"]),
        ({"type": "number"}, "1,5", None, ["x: number"]),
        ({"type": "number", "maximum": 100}, "100.5", 100.5, ["x: maximum"]),
        # date
        ({"type": "date"}, "2013-02-01", _day(2013, 2, 1), []),
        ({"type": "date"}, "01/02/2013", _day(2013, 2, 1), []),
        ({"type": "date"}, "1/2/2013", _day(2013, 2, 1), []),
        ({"type": "date"}, "29/02/2012", _day(2012, 2, 29), []),
        ({"type": "date"}, "29/02/2013", None, ["x: date"]),
        ({"type": "date"}, "31/04/2013", None, ["x: date"]),
        ({"type": "date"}, "01/02/13", None, ["x: date_century"]),
        ({"type": "date"}, "13-02-01", None, ["x: date_century"]),
        ({"type": "date"}, "05-Mar-12", None, ["x: date_century"]),
        ({"type": "date"}, "40242", None, ["x: date_serial"]),
        ({"type": "date"}, "20130201", _day(2013, 2, 1), []),
        ({"type": "date"}, "1 feb 2013", _day(2013, 2, 1), []),
        ({"type": "date"}, "01-February-2013", _day(2013, 2, 1), []),
        ({"type": "date"}, "01.02.2013", _day(2013, 2, 1), []),
        ({"type": "date"}, "01/02/2013 00:00", _day(2013, 2, 1), []),
        ({"type": "date"}, "01/02/2013 0:00:00", _day(2013, 2, 1), []),
        ({"type": "date"}, "2013-02-01T00:00:00.000Z", _day(2013, 2, 1), []),
        ({"type": "date"}, "2013-02-01 00:00:00+00:00", _day(2013, 2, 1), []),
        ({"type": "date"}, "01/02/2013 12:00:00 AM", _day(2013, 2, 1), []),
        ({"type": "date"}, "01/02/2013 14:30", None, ["x: date"]),
        ({"type": "date"}, "2013-02-01T23:00:00Z", None, ["x: date"]),
        # yes and no
        *(({"type": "boolean"}, text, True, []) for text in ("yes", "Y", "true", "T", "1", "1.0")),
        *(({"type": "boolean"}, text, False, []) for text in ("No", "n", "FALSE", "f", "0", "0.0")),
        ({"type": "boolean"}, "2", None, ["x: boolean"]),
        ({"type": "boolean"}, "N/A", None, []),
        # school years
        *(({"type": "year_group"}, text, 0, []) for text in ("R", "r", "Reception", "0", "YR", "Reception Year")),
        *(({"type": "year_group"}, text, 7, []) for text in ("7", "07", "7.0", "Year 7", "Y7", "yr 7", "NC Year 7")),
        *(({"type": "year_group"}, text, -1, []) for text in ("N2", "Nursery 2", "-1")),
        *(({"type": "year_group"}, text, -2, []) for text in ("n1", "NURSERY 1", "-2")),
        ({"type": "year_group"}, "X", None, []),
        ({"type": "year_group"}, "Nursery", None, []),
        ({"type": "year_group"}, "Yellow", None, ["x: year_group"]),
        # missing words
        *(({"type": "integer"}, text, None, []) for text in ("NaN", "N/A", "None", "NULL", "-", "NA", "NA?", "na")),
        *(({}, text, None, []) for text in ("NaN", "N/A", "None", "NULL", "-", "NA", "NA?", "n/a")),
        *(({}, text, text, []) for text in ("Na", "Nan", "Null")),
        ({"allowed": ("NA", "X")}, "NA", "NA", []),
        ({"allowed": ("NONE", "KNIFE")}, "NONE", "NONE", []),
        ({"allowed": ("A",)}, "Nan", None, []),
        ({"not_missing": ("NONE",)}, "NONE", "NONE", []),
        ({"type": "date"}, "0213-02-01", None, ["x: date"]),
        ({"type": "date"}, "02/31/2013", None, ["x: date"]),
        ({"type": "date"}, "2013-02-01 10:00", None, ["x: date"]),
        ({"type": "date"}, "epoch", None, ["x: date"]),
        ({"type": "date"}, "infinity", None, ["x: date"]),
        ({"type": "date"}, "n/k", None, ["x: date"]),
        ({"type": "date"}, "?", None, []),
        ({"type": "date"}, "2025-01-06", DELIVERED, []),
        ({"type": "date"}, "2025-01-07", _day(2025, 1, 7), ["x: future"]),
        ({"type": "date", "may_be_future": True}, "2025-01-07", _day(2025, 1, 7), []),
        ({"type": "date", "not_before": _day(2000, 1, 1)}, "1999-12-31", _day(1999, 12, 31), ["x: not_before"]),
        ({"type": "date", "not_before": _day(2000, 1, 1)}, "2000-01-01", _day(2000, 1, 1), []),
    ],
)
def test_one_cell(how: dict[str, Any], text: str | None, value: Any, rules: list[str]) -> None:
    assert _validate({"x": how}, (text,)) == [(value, rules)]


@pytest.mark.parametrize(
    ("days", "start", "value", "rules"),
    [
        ("0", "2013B", _day(2013, 2, 1), []),
        ("-159", "2013J", _day(2013, 4, 25), []),
        ("?", "2013B", None, []),
        ("?", "", None, []),
        ("5", "2012B", None, ["x: start"]),
        ("5", "", None, ["x: start"]),
        ("5.5", "2013B", None, ["x: days_from_start"]),
        ("99999999", "2013B", None, ["x: days_from_start"]),
        ("36601", "2013B", None, ["x: days_from_start"]),
        ("5000", "2013B", _day(2026, 10, 11), ["x: future"]),
    ],
)
def test_days_from_a_named_start(days: str, start: str, value: Any, rules: list[str]) -> None:
    columns = {"s": {}, "x": {"type": "days_from_start", "start": "s"}}
    assert _validate(columns, (start, days)) == [(start or None, value, rules)]


def test_a_row_may_break_several_rules_and_a_file_may_have_more_than_a_whole_number_holds() -> None:
    columns = {f"c{index}": {"required": True, "type": "integer"} for index in range(40)}
    row = tuple("x" if index % 2 else "" for index in range(40))
    [found] = _validate(columns, row)
    assert found[-1] == [f"c{index}: {'integer' if index % 2 else 'required'}" for index in range(40)]


_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%Y/%m/%d", "%d-%m-%Y")


def _slow_date(text: str) -> datetime.date | None:
    if re.fullmatch(r"\d{8}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    for one in _FORMATS:
        try:
            found = datetime.datetime.strptime(text, one).date()
        except ValueError:
            continue
        return found if re.search(r"(?<!\d)\d{4}(?!\d)", text) and found.year >= 1000 else None
    return None


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(alphabet="0123456789/-", max_size=10),
            st.dates().map(lambda day: day.isoformat()),
            st.dates().map(lambda day: f"{day.day:02d}/{day.month:02d}/{day.year:04d}"),
            st.builds(
                lambda day, month, year: f"{day}/{month}/{year}",
                st.integers(0, 32), st.integers(0, 13), st.integers(1900, 2100),
            ),
        ).map(lambda text: "0" if text in ("", "-", "--") else text),
        min_size=1,
        max_size=30,
    )
)  # fmt: skip
def test_dates_are_read_as_python_reads_them(texts: list[str]) -> None:
    found = _validate({"x": {"type": "date", "may_be_future": True}}, *((text,) for text in texts))
    slow = [_slow_date(text) for text in texts]
    assert [value for value, _ in found] == slow
    for (_, rules), day, text in zip(found, slow, texts, strict=True):
        serial = re.fullmatch(r"\d{5}", text)
        century = re.fullmatch(r"\d{1,2}[-/]\d{1,2}[-/]\d{2}", text)
        assert rules == ([] if day else [f"x: date{'_serial' if serial else '_century' if century else ''}"])


@pytest.mark.parametrize(
    ("declared", "text", "value"),
    [
        ({"pivot": 30}, "05/03/10", _day(2010, 3, 5)),
        ({"pivot": 30}, "05-Mar-12", _day(2012, 3, 5)),
        ({"pivot": 30}, "05/03/31", _day(1931, 3, 5)),
        ({"pivot": 30}, "05/03/2010", _day(2010, 3, 5)),
        ({"dates": ("excel", "%d/%m/%Y")}, "40242", _day(2010, 3, 5)),
        ({"dates": ("excel", "%d/%m/%Y")}, "40242.0", _day(2010, 3, 5)),
        ({"dates": ("excel_1904",)}, "38780", _day(2010, 3, 5)),
        ({"dates": ("excel", "%d/%m/%Y")}, "05/03/2010", _day(2010, 3, 5)),
    ],
)
def test_what_is_declared_of_dates_is_no_guess(declared: dict[str, Any], text: str, value: datetime.date) -> None:
    file = SourceFile(name="t", file="t.csv", columns={"x": SourceColumn(type="date", may_be_future=True)}, **declared)
    validation = compile_rules(file, STARTS, DELIVERED)
    relation = f'(SELECT * FROM (VALUES ({sql.text(text)})) AS v("cell 0"))'
    select = f"SELECT x, {validation.rules.labels} FROM ({validation.select(relation)})"
    assert DUCKDB.execute(select).fetchall() == [(value, [])]


@pytest.mark.parametrize("day", ["01/01/1900", "1900-01-01 00:00", "9999-12-31", "0001-01-01", "2007-08-09"])
def test_a_birthday_that_means_not_known_breaks_no_rule_and_is_noticed(day: str) -> None:
    column = SourceColumn(type="date", required=True, not_before=datetime.date(1990, 1, 1))
    file = SourceFile(name="t", file="t.csv", columns={"x": column})
    how = Reading(birthdays=frozenset({"x"}), placeholders=(datetime.date(2007, 8, 9),))
    validation = compile_rules(file, STARTS, DELIVERED, reading=how)
    cells = f"(SELECT * FROM (VALUES ({sql.text(day)}), ('1900-01-03')) AS v(\"cell 0\"))"
    labels = f"{validation.rules.labels}, {validation.noticed.noticed}"
    found = DUCKDB.execute(f"SELECT x, {labels} FROM ({validation.select(cells)})").fetchall()
    assert found == [(None, [], ["x: placeholder"]), (_day(1900, 1, 3), ["x: not_before"], [])]


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.text(alphabet="0123456789.+-", min_size=1, max_size=8), min_size=1, max_size=30))
def test_whole_numbers_are_plain_digits(texts: list[str]) -> None:
    slow = [int(float(text)) if re.fullmatch(r"[+-]?\d+(\.0*)?", text) else None for text in texts]
    assert [value for value, _ in _validate({"x": {"type": "integer"}}, *((text,) for text in texts))] == slow
