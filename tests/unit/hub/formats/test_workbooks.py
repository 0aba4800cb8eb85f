"""Workbooks: cells as text, formulas and errors set aside, nothing run, hostile files refused."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.declarations.source_files import SourceFile
from hub.errors import InputError
from hub.formats import archives, workbooks
from hub.formats.csv_files import CsvFile
from tests.examples import examples
from tests.factories.packed import SECRET, changed_part, opened, rows, rows_or_refusal, workbook

SHEET = "xl/worksheets/sheet1.xml"


def declared(**more: Any) -> SourceFile:
    return SourceFile.model_validate(
        {"name": "list", "file": "x.xlsx", "format": "xlsx", "columns": {"id": {}, "day": {"type": "date"}}} | more
    )


def read(path: Path, **more: Any) -> CsvFile:
    file = opened(path, declared(**more))
    assert file is not None
    return file


def refused(path: Path, **more: Any) -> str:
    with pytest.raises(InputError) as raised:
        opened(path, declared(**more))
    assert SECRET not in str(raised.value)
    assert raised.value.remedy
    return raised.value.message


HEAD = ["other", "ID", "Day"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (9212044, "9212044"), (9212044.0, "9212044"), (2.5, "2.5"), ("007", "007"), (True, "TRUE"), ("  a b ", "a b"),
        (datetime.datetime(2020, 9, 16), "2020-09-16"), (datetime.datetime(2020, 9, 16, 8, 5), "2020-09-16 08:05:00"),
        (datetime.date(2020, 9, 16), "2020-09-16"), ("Łukasz", "Łukasz"), ("a\r\nb", "a\nb"),
    ],
)  # fmt: skip
def test_cells_become_text(tmp_path: Path, cell: Any, text: str) -> None:
    file = read(workbook(tmp_path / "x.xlsx", only=[HEAD, [1, cell, "y"]]))
    assert "\n".join(rows(file)) == f'"{text}","y"'
    assert list(file.lines) == [2]


def test_leading_zeros_of_a_number_format_are_kept(tmp_path: Path) -> None:
    import openpyxl

    path = workbook(tmp_path / "x.xlsx", only=[HEAD, [1, 1234, None]])
    book = openpyxl.load_workbook(path)
    book["only"]["B2"].number_format = "0000000"
    book.save(path)
    assert rows(read(path)) == ['"0001234",""']


def test_blank_rows_are_no_rows_and_lines_are_those_of_the_sheet(tmp_path: Path) -> None:
    cells: list[list[Any]] = [
        ["Title of the list"],
        HEAD,
        [1, "a", None],
        [None, None, None],
        ["x", None, None],
        [1, "b", None],
    ]
    file = read(workbook(tmp_path / "x.xlsx", only=cells), header_row=2)
    assert (list(file.lines), file.blank_lines) == ([3, 6], 2)
    assert rows(file) == ['"a",""', '"b",""']


def test_of_a_formula_only_the_stored_result_is_read(tmp_path: Path) -> None:
    path = workbook(tmp_path / "x.xlsx", only=[HEAD, [1, "=1+1", "y"], [1, "=2+2", "z"], ["=9", "c", None]])
    changed_part(path, SHEET, ("<f>2+2</f><v></v>", "<f>2+2</f><v>4</v>"))
    file = read(path)
    assert rows(file) == ['"4","z"', '"c",""']
    assert [(one.line, one.rule) for one in file.damaged] == [(2, "formula")]


def test_an_error_cell_sets_its_row_aside_only_in_a_declared_column(tmp_path: Path) -> None:
    path = workbook(tmp_path / "x.xlsx", only=[HEAD, [1, "#REF!", "y"], ["#N/A", "b", "y"]])
    file = read(path)
    assert [(one.line, one.rule) for one in file.damaged] == [(2, "error_cell")]
    assert rows(file) == ['"b","y"']


def test_undeclared_cells_never_leave_the_workbook(tmp_path: Path) -> None:
    file = read(workbook(tmp_path / "x.xlsx", only=[HEAD, [SECRET, "a", None]]), refused={"Other": "because"})
    assert SECRET not in file.readable.read_text()
    assert file.refused == ("Other",)


def test_sheets_are_found_by_name_or_as_the_only_visible_one(tmp_path: Path) -> None:
    import openpyxl

    path = workbook(tmp_path / "x.xlsx", one=[HEAD, [1, "a", None]], two=[HEAD, [1, "b", None]])
    assert rows(read(path, sheet=" TWO ")) == ['"b",""']
    assert "2 visible sheets" in refused(path)
    assert "there is no sheet three; there are: one, two" in refused(path, sheet="three")
    assert opened(path, declared(sheet="three", optional=True)) is None
    book = openpyxl.load_workbook(path)
    book["one"].sheet_state = "hidden"
    book.save(path)
    assert rows(read(path)) == ['"b",""']
    assert rows(read(path, sheet="one")) == ['"a",""']  # a hidden sheet that is declared is meant


def test_a_missing_header_or_column_names_the_row(tmp_path: Path) -> None:
    path = workbook(tmp_path / "x.xlsx", only=[HEAD[:2], [1, "a"]])
    assert "missing: the column day" in refused(path)
    assert "no header in row 9" in refused(path, header_row=9)
    assert "row 2 holds none of the declared columns" in refused(path, header_row=2)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,day\n1,2\n", "no Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Excel workbook"),
        (b"PK\x03\x04" + b"\0" * 50, "cannot be opened as a zip archive"),
        (b"", "no Excel workbook"),
    ],
    ids=["csv", "xls", "zip", "empty"],
)
def test_another_format_under_the_name_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "x.xlsx").write_bytes(content)
    assert said in refused(tmp_path / "x.xlsx")


@pytest.mark.parametrize("mark", ['<!DOCTYPE a [<!ENTITY x "y">]>', '<!DOCTYPE a SYSTEM "file:///etc/passwd">'])
def test_entities_in_a_part_are_refused(tmp_path: Path, mark: str) -> None:
    path = workbook(tmp_path / "x.xlsx", only=[HEAD, [1, "a", None]])
    changed_part(path, SHEET, ("<worksheet", f"{mark}<worksheet"))
    assert "document type or entities" in refused(path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FREE_OF_RATIO", 1 << 16)
    path = workbook(tmp_path / "x.xlsx", only=[HEAD, [1, "a", None]])
    changed_part(path, SHEET, ("<sheetData>", f"<sheetData>{' ' * (4 << 20)}"))
    assert "grows more than 200 times" in refused(path)


def test_a_row_number_may_claim_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_ROWS", 1000)
    path = workbook(tmp_path / "x.xlsx", only=[HEAD, [1, "a", None]])
    changed_part(path, SHEET, ('<row r="2"', '<row r="999999999"'))
    assert "claims more than" in refused(path)


def test_a_workbook_with_macros_is_read_and_its_macros_are_not(tmp_path: Path) -> None:
    import zipfile

    path = workbook(tmp_path / "x.xlsm", only=[HEAD, [1, "a", None]])
    with zipfile.ZipFile(path, "a") as book:
        book.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 anything")
    assert rows(read(path)) == ['"a",""']


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10_000), value=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_workbook_is_read_as_it_was_or_refused(tmp_path: Path, at: int, value: int, cut: bool) -> None:
    path = workbook(tmp_path / "x.xlsx", only=[HEAD, [1, SECRET, None]])
    content = bytearray(path.read_bytes())
    at %= len(content)
    if cut:
        del content[at]
    else:
        content[at] = value
    path.write_bytes(content)
    assert rows_or_refusal(path, declared()) in (None, [f'"{SECRET}",""'])
