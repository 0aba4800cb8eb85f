"""Single rows taken out of a file by their bytes, against all of its records found one by one."""

import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import sql
from hub.declarations.source_files import SourceFile
from hub.declarations.sources import Source
from hub.formats import csv_files, csv_records, csv_rows
from hub.formats.csv_files import CsvFile
from hub.intake import quarantine, reading
from hub.intake.validation import compile_rules
from tests.examples import examples
from tests.unit.hub.formats.test_csv_records import _slowly

FILE = SourceFile.model_validate({"name": "pupils", "file": "pupils.csv", "columns": {"n": {"type": "integer"}}})
SOURCE = Source.model_validate(
    {"name": "school", "title": "School", "agency": "council", "gateways": ["duty"], "files": [FILE]}
)


@settings(max_examples=examples(400), deadline=None)
@given(st.text(alphabet='a, "\n\r', min_size=1, max_size=60), st.integers(1, 3), st.data())
def test_a_record_is_found_by_its_number(text: str, cells: int, data: st.DataObject) -> None:
    clean = "".join(record + "\n" for _, record in _slowly(text, cells, cells)[0]).encode()
    expected = [record.encode() for _, record in _slowly(text, cells, cells)[0]]
    wanted = sorted(data.draw(st.sets(st.integers(0, len(expected) - 1)))) if expected else []
    found = csv_records.spans(clean, ",", np.zeros(1, np.int64), np.array(wanted, np.int64))
    assert [clean[start:end] for start, end in found.tolist()] == [expected[row] for row in wanted]


def _file(folder: Path, rows: list[str], *, line_end: str = "\n") -> CsvFile:
    path = folder / "pupils.csv"
    path.write_bytes("".join(row + line_end for row in ["n,other", *rows]).encode())
    return csv_files.examine(path, "school", FILE, folder)


# Three times as many rows as lie between two marks, one of them of two lines; as delivered, and from a clean copy.
ROWS = [f'{row},"é{row % 7}"' for row in range(3 * csv_records.MARKED)]
ROWS[300] = '300,"a\nb"'


@pytest.mark.parametrize("before", [[], ["damaged"]])
@pytest.mark.parametrize("at_once", [1, 2, 1 << 16])
@pytest.mark.parametrize(
    "wanted", [[0], [255], [256], [257, 299, 300, 301, 767], [5, 6, 767], list(range(3 * csv_records.MARKED))]
)
def test_rows_between_marks_and_behind_them(
    wanted: list[int], at_once: int, before: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_rows, "_AT_ONCE", at_once)
    file = _file(tmp_path, before + ROWS)
    assert len(file.marks) == (1 if before else 3)
    with csv_rows.only(file, np.array(wanted)) as those:
        assert those.readable.read_text() == "".join(f"{ROWS[row]}\n" for row in wanted)
        assert those.lines.tolist() == [file.lines[row] for row in wanted]
    assert not those.readable.exists()


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("before", [[], ["damaged"]])
def test_broken_rows_are_in_quarantine_with_their_own_cells_and_lines(
    before: list[str], line_end: str, tmp_path: Path
) -> None:
    rows = [f'{row}{"x" if row % 100 == 7 else ""},"y"' for row in range(1000)]
    file = _file(tmp_path, before + rows, line_end=line_end)
    with sql.connect() as connection:
        rules = compile_rules(FILE, {}, datetime.date(2025, 1, 6))
        quarantine.create(connection)
        reading.create_empty(connection, FILE, rules)
        [facts] = reading.load(connection, SOURCE, FILE, rules, (file,))
        found = connection.execute(f"SELECT line, cells['n'] FROM {quarantine.TABLE} ORDER BY line").fetchall()
    lines = [(row + 2 + len(before), f"{row}x") for row in range(7, 1000, 100)]
    assert found == [*[(2, None) for _ in before], *lines]
    assert facts["quarantined"] == 10 + len(before)
