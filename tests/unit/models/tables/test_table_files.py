"""Files of rows: what can be read, and one clear line for what cannot."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hub.errors import InputError
from models.tables.table_files import read


def test_both_kinds_of_file_hold_the_same(tmp_path: Path) -> None:
    rows = pd.DataFrame({"id": ["007", "8"], "x": [1.5, None], "kind": ["a", None], "y": [1, 0]}, index=[5, 9])
    rows.to_csv(tmp_path / "rows.csv", index=False)
    rows.to_parquet(tmp_path / "rows.parquet")
    one, other = (read(tmp_path / name, as_text=["id"]) for name in ("rows.csv", "rows.parquet"))
    assert one.to_pydict() == other.to_pydict()
    assert one.schema.types == other.schema.types
    assert one["id"].to_pylist() == ["007", "8"]
    assert "__index_level_0__" in pq.read_table(tmp_path / "rows.parquet").column_names


def test_texts_are_of_one_type(tmp_path: Path) -> None:
    texts = pa.array(["a", "b"])
    table = pa.table({"one": texts.cast(pa.large_string()), "two": texts.dictionary_encode(), "three": texts})
    table = table.append_column("four", texts.cast(pa.string_view()))
    pq.write_table(table, tmp_path / "rows.parquet")
    assert {*read(tmp_path / "rows.parquet", as_text=[]).schema.types} == {pa.string()}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("rows.csv", None, "no such file"),
        ("rows.xlsx", b"x", "neither .parquet nor .csv"),
        ("rows.parquet", b"PAR1 secret", "it cannot be read"),
        ("rows.csv", b"a,b\n1,secret,3\n", "it cannot be read"),
        ("rows.csv", b"a,b\n1,secret\xff\n", "it cannot be read"),
        ("rows.csv", b"", "it cannot be read"),
        ("rows.csv", b"a,b\n", "it has no rows"),
        ("rows.csv", b"a,b,a\n1,2,3\n", "more than one column is called a"),
    ],
)
def test_what_cannot_be_read_is_one_clear_line(tmp_path: Path, name: str, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words) as refused:
        read(tmp_path / name, as_text=["b"])
    assert name in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_column_without_a_name_is_named_as_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text(",x,y\n0,1,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="a column has no name") as refused:
        read(path, as_text=())
    assert "to_csv(index=False)" in refused.value.remedy


def test_half_floats_are_numbers_like_others(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    pq.write_table(pa.table({"x": pa.array(np.array([0.5, 1.25], dtype=np.float16))}), path)
    assert read(path, as_text=())["x"].to_pylist() == [0.5, 1.25]
