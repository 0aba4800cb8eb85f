"""What each column of a table is for: a truth table of types, and the coding against one written out by hand."""

import datetime
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import ConfigurationError, InputError
from models.tables import table_columns
from models.tables.table_coding import TableCoding
from models.tables.table_columns import FEWEST_PEOPLE, MOST_TEXTS, ColumnRoles
from models.tables.table_files import plain

WHERE = Path("rows.parquet")


def alone(size: int) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Return people who each have one row."""
    return np.arange(size, dtype=np.intp)


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "b c", "b-c", "ü", None]), st.integers(0, 30)), min_size=1),
    st.lists(st.sampled_from(["a", "b", "new", None]), min_size=1, max_size=10),
)
def test_a_text_has_a_column_where_enough_people_have_it(rows: list[tuple[str | None, int]], asked: list[Any]) -> None:
    texts, people = zip(*rows, strict=True)
    table = pa.table({"kind": pa.array(texts, pa.string()), "number": pa.array([1.5] * len(rows))})
    counts = Counter(text for text, _ in {*rows} if text is not None)
    expected = sorted(text for text, count in counts.items() if count >= FEWEST_PEOPLE)
    if not expected:
        with pytest.raises(InputError, match="no text of the column kind"):
            TableCoding.of(WHERE, table, ["kind", "number"], np.array(people))
        return
    coding = TableCoding.of(WHERE, table, ["kind", "number"], np.array(people))
    assert coding.columns == {"kind": tuple(expected), "number": ()}
    assert len({*coding.names}) == len(coding.names)
    assert all(name.replace("_", "a").isalnum() for name in coding.names)
    later = pa.table({"number": pa.array([None] * len(asked), pa.float64()), "kind": pa.array(asked, pa.string())})
    values = coding.values(WHERE, later)
    for row, text in zip(values, asked, strict=True):
        wanted = [np.nan if text is None else float(text == one) for one in expected]
        np.testing.assert_array_equal(row, [*wanted, np.nan])
    without = sum(text is not None and text not in expected for text in asked)
    assert coding.without_column(later) == ({"kind": without} if without else {})
    assert TableCoding.from_json(coding.as_json()) == coding


NUMBERS = [
    (pa.array([True, False, None]), [1.0, 0.0, np.nan]),
    (pa.array([1, -2, None], pa.int8()), [1.0, -2.0, np.nan]),
    (pa.array([1, 2**40, 3], pa.uint64()), [1.0, 2.0**40, 3.0]),
    (pa.array([0.1, float("nan"), None]), [0.1, np.nan, np.nan]),
    (pa.array([1, None, 3]).cast(pa.decimal128(25, 2)), [1.0, np.nan, 3.0]),
    (pa.array([4, 4, None]).dictionary_encode(), [4.0, 4.0, np.nan]),
    (pa.array(["4"]).cast(pa.int8()).dictionary_encode().take(pa.array([0, None, 0])), [4.0, np.nan, 4.0]),
    (pa.nulls(3), [np.nan] * 3),
]


@pytest.mark.parametrize(("column", "expected"), NUMBERS, ids=lambda value: str(getattr(value, "type", "")))
def test_numbers_of_any_type_are_taken(column: pa.Array, expected: list[float]) -> None:
    table = plain(pa.table({"x": column}))
    np.testing.assert_array_equal(
        TableCoding.of(WHERE, table, ["x"], alone(3)).values(WHERE, table)[:, 0], np.array(expected)
    )


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_texts_of_any_type_are_taken(kind: pa.DataType) -> None:
    table = plain(pa.table({"x": pa.array(["a", "b"] * 10).cast(kind)}))
    coding = TableCoding.of(WHERE, table, ["x"], alone(20))
    assert coding.values(WHERE, table).tolist() == [[1, 0], [0, 1]] * 10
    encoded = plain(pa.table({"x": pa.array(["a", "b"] * 10).cast(kind).dictionary_encode()}))
    assert coding.values(WHERE, encoded).tolist() == [[1, 0], [0, 1]] * 10


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pa.array([datetime.date(2024, 1, 1)] * 40), "the column x is neither of numbers nor of texts, but of dates"),
        (pa.array([[1]] * 40), "but of something else"),
        (pa.array([b"1"] * 40), "but of bytes that are no UTF-8"),
        (pa.array([f"child {number}" for number in range(40)]), f"40 different texts; categories have {MOST_TEXTS}"),
        (pa.array([f"kind {number % 20}" for number in range(40)]), "no text of the column x is that of 10 people"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_by_name(column: pa.Array, words: str) -> None:
    with pytest.raises(InputError, match=rf"rows\.parquet: .*{words}") as refused:
        TableCoding.of(WHERE, pa.table({"x": column}), ["x"], alone(40))
    assert "child 1" not in str(refused.value)
    assert "kind 1" not in str(refused.value)


def test_names_that_the_trees_cannot_hold_become_others() -> None:
    table = pa.table({"days (%)": [1], "days [%]": [2], "days____": [3]})
    coding = TableCoding.of(WHERE, table, table.column_names, alone(1))
    assert coding.names == ("days____", "days_____2", "days_____3")
    assert [coding.words(name) for name in coding.names] == table.column_names


def test_the_test_must_be_of_the_same_kind() -> None:
    table = pa.table({"x": ["a"] * 20, "n": [1.0] * 20})
    coding = TableCoding.of(WHERE, table, ["x", "n"], alone(20))
    for wrong, words in (
        (pa.table({"x": ["a"]}), "it lacks n"),
        (pa.table({"x": [1], "n": [1]}), "the column x is not of texts"),
        (pa.table({"x": ["a"], "n": ["1"]}), "the column n is not of numbers"),
        (pa.table({"x": ["a", "a"], "n": [float("inf"), float("-inf")]}), "numbers without end: n in 2 rows"),
    ):
        with pytest.raises(InputError, match=words):
            coding.values(WHERE, wrong)
    assert np.isnan(coding.values(WHERE, pa.table({"x": pa.nulls(1), "n": pa.nulls(1)}))).all()


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([1, 0, None]), [1.0, 0.0, np.nan]),
        (pa.array([True, False, None]), [1.0, 0.0, np.nan]),
        (pa.array([1.0, float("nan"), 0.0]), [1.0, np.nan, 0.0]),
        (pa.array([1, 2, 3]), "neither 0 nor 1 in 2 rows"),
        (pa.array([0.5, 1, 0]), "neither 0 nor 1 in 1 rows"),
        (pa.array(["yes", "no", ""]), "not a column of 0 and 1"),
    ],
)
def test_an_outcome_is_0_or_1_or_not_known(column: pa.Array, expected: list[float] | str) -> None:
    chunked = pa.chunked_array([column])
    if isinstance(expected, str):
        with pytest.raises(InputError, match=expected):
            table_columns.outcomes(WHERE, chunked, "y")
    else:
        np.testing.assert_array_equal(table_columns.outcomes(WHERE, chunked, "y"), expected)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([datetime.date(2024, 7, 1)]), True),
        (pa.array([datetime.datetime(2024, 7, 1)]), True),
        (pa.array(["2024-07-01"]), True),
        (pa.array(["01/07/2024"]), "not a column of dates"),
        (pa.array([20240701]), "not a column of dates"),
        (pa.array([1.5]), "not a column of dates"),
        (pa.array([None, "2024-07-01"]), "empty in 1 rows"),
    ],
)
def test_a_date_is_a_date(column: pa.Array, expected: str | bool) -> None:
    if isinstance(expected, str):
        with pytest.raises(InputError, match=expected):
            table_columns.days(WHERE, pa.chunked_array([column]), "day")
    else:
        found = table_columns.days(WHERE, pa.chunked_array([column]), "day")
        assert found.tolist() == [datetime.date(2024, 7, 1)]


def test_identifiers_are_whole_and_never_empty() -> None:
    for column in (pa.array([1, 2]), pa.array(["1", "2"])):
        assert table_columns.keys(WHERE, pa.chunked_array([column]), "id").to_pylist() == ["1", "2"]
    for wrong, words in ((pa.array(["1", None]), "empty in 1 rows"), (pa.array([1.0]), "not a column of identifiers")):
        with pytest.raises(InputError, match=words):
            table_columns.keys(WHERE, pa.chunked_array([wrong]), "id")


def test_a_column_has_one_role() -> None:
    for roles in (
        {"person": "y"},
        {"person": "id", "family": "id"},
        {"groups": ("sex", "sex")},
        {"groups": ("y",)},
        {"date": "day", "groups": ("day",)},
    ):
        with pytest.raises(ConfigurationError, match="is named for"):
            ColumnRoles("y", **roles)


def test_groups_are_no_indicators() -> None:
    table = pa.table({"sex": ["f"], "code": [1], "x": [1]})
    assert ColumnRoles("x", groups=("sex",)).indicators(table) == ["code"]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array(["f", None]), ["f", "not recorded"]),
        (pa.array([3, None]), ["3", "not recorded"]),
        (pa.array([True, None]), ["true", "not recorded"]),
        (pa.array([datetime.date(2024, 7, 1)]), ["2024-07-01"]),
        (pa.array([["f"]]), "the group sex is of something else"),
    ],
)
def test_groups_are_texts(column: pa.Array, expected: list[str] | str) -> None:
    if isinstance(expected, str):
        with pytest.raises(InputError, match=expected):
            table_columns.labels(WHERE, pa.chunked_array([column]), "sex")
    else:
        assert table_columns.labels(WHERE, pa.chunked_array([column]), "sex").tolist() == expected
