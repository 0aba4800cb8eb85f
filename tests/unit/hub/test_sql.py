"""SQL that stands inside statements: what a cell says without the spaces around it."""

import unicodedata

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import sql

_SPACES = [chr(code) for code in range(0x10000) if unicodedata.category(chr(code)) in {"Zs", "Zl", "Zp"}]
_ENDS = [*_SPACES, *"\t\n\v\f\r\x85\u200b\ufeff"]


@given(st.text(st.sampled_from([*_ENDS, "a", "é", "-", "\U0001f600"]), max_size=8) | st.text(max_size=8))
def test_a_cell_is_trimmed_of_whatever_is_a_space(cell: str) -> None:
    cell = cell.replace("\0", "")
    statement = f"SELECT {sql.trimmed('cell')} FROM (SELECT ?::VARCHAR AS cell)"
    assert duckdb.execute(statement, [cell]).fetchall() == [(cell.strip("".join(_ENDS)),)]


@pytest.mark.parametrize("space", _ENDS, ids=lambda one: f"{ord(one):04x}")
def test_each_kind_of_space(space: str) -> None:
    statement = f"SELECT {sql.trimmed('cell')} FROM (SELECT ?::VARCHAR AS cell)"
    assert duckdb.execute(statement, [f"{space}a{space}b{space}"]).fetchall() == [(f"a{space}b",)]


def test_a_cell_without_a_value_has_none() -> None:
    assert duckdb.execute(f"SELECT {sql.trimmed('cell')} FROM (SELECT NULL::VARCHAR AS cell)").fetchall() == [(None,)]
