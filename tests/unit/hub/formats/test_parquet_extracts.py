"""Parquet from agencies: every value as the text that gives it back; damaged files refused."""

import datetime
import decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.declarations.source_files import SourceFile
from hub.errors import InputError
from hub.formats import parquet_extracts
from tests.examples import examples
from tests.factories.packed import SECRET, opened, rows, rows_or_refusal

DECLARED = SourceFile.model_validate(
    {"name": "t", "file": "x.parquet", "format": "parquet", "columns": {"id": {}, "note": {"optional": True}}}
)


def written(folder: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), folder / "x.parquet")
    return folder / "x.parquet"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (9212044, "9212044"), (3.0, "3"), (0.1, "0.1"), (True, "true"), ("007", "007"), (None, ""),
        (datetime.date(2020, 9, 16), "2020-09-16"), (datetime.datetime(2020, 9, 16), "2020-09-16 00:00:00"),
        (decimal.Decimal("12.50"), "12.50"), ('a "quoted", cell\nof two lines', 'a ""quoted"", cell\nof two lines'),
    ],
)  # fmt: skip
def test_values_become_text(tmp_path: Path, value: Any, text: str) -> None:
    file = opened(written(tmp_path, other=[SECRET], ID=[value], note=["x"]), DECLARED)
    assert "\n".join(rows(file)) == f'"{text}","x"'
    assert file is not None
    assert SECRET not in file.readable.read_text()


def test_lines_are_rows_and_an_optional_column_may_be_missing(tmp_path: Path) -> None:
    file = opened(written(tmp_path, id=["a", "b\0", "c"]), DECLARED)
    assert file is not None
    assert (list(file.lines), file.positions) == ([1, 3], {"id": 0})
    assert [(one.line, one.rule) for one in file.damaged] == [(2, "nul")]


@pytest.mark.parametrize("value", [[1, 2], {"a": 1}, b"bytes"], ids=["list", "structure", "bytes"])
def test_a_column_without_a_text_is_refused(tmp_path: Path, value: Any) -> None:
    with pytest.raises(InputError, match="lists, structures or bytes"):
        opened(written(tmp_path, id=[value]), DECLARED)


def test_a_file_may_claim_any_number_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_extracts, "MOST_ROWS", 10)
    with pytest.raises(InputError, match="claims more than"):
        opened(written(tmp_path, id=[1] * 11), DECLARED)


@pytest.mark.parametrize("content", [b"id,note\n1,2\n", b"PAR1", b"", b"PAR1" + b"\0" * 40 + b"PAR1"])
def test_another_format_under_the_name_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.parquet").write_bytes(content)
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        opened(tmp_path / "x.parquet", DECLARED)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(1, 2_000))
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, cut: int) -> None:
    path = written(tmp_path, id=[SECRET] * 20)
    content = path.read_bytes()
    path.write_bytes(content[: -min(cut, len(content))])
    assert rows_or_refusal(path, DECLARED) is None
