"""Who else could it be: how much a twin is thought of, against a slow and obvious oracle."""

import itertools
import math
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import sql
from hub.linking import pair_table
from tests.examples import examples

_THRESHOLD = 4.0
_FAMILY = 0.5

_record = st.tuples(
    st.sampled_from(["a", "b", "c"]),  # c may hold a person twice
    st.sampled_from(["2010-01-01", "2010-01-02", None]),
    st.sampled_from(["ada", "eve", None]),
)


def _expected(rows: list[tuple[str, str | None, str | None]], weights: dict[tuple[int, int], float]) -> dict[Any, Any]:
    """Return strangers and family of each pair, worked out pair by pair."""
    once = [row[0] if row[0] != "c" else None for row in rows]

    def strangers(pair: tuple[int, int]) -> float:
        left, right = rows[pair[0]], rows[pair[1]]
        weight = weights[pair]
        if left[1] is None and right[1] is None and left[2] is not None and left[2] == right[2]:
            undated = [row for row in rows if row[1] is None and row[2] is not None]
            known = [row for row in rows if row[2] is not None]
            among = sum(row[2] == left[2] for row in undated) / len(undated)
            everywhere = sum(row[2] == left[2] for row in known) / len(known)
            weight -= max(math.log2(among / everywhere), 0)
        return weight

    def before(pair: tuple[int, int]) -> float:
        return -math.log2(2 ** -strangers(pair) + _FAMILY)

    apart = {
        pair
        for pair in weights
        if once[pair[0]] is not None and once[pair[1]] is not None and once[pair[0]] != once[pair[1]]
    }

    def alone(record: int, other: int) -> float:
        """Return how far `record` may be missing in the source of `other`."""
        source, among = once[record], once[other]
        met = {
            one
            for pair in apart
            for one, two in (pair, pair[::-1])
            if once[one] == source and once[two] == among and before(pair) >= _THRESHOLD
        }
        held = sum(row[0] == source for row in rows)
        missing = max(1 - len(met) / held, 0.02) if met else 1.0
        rivals = sum(
            2 ** min(before(pair), 40)
            for pair in apart
            for one, two in (pair, pair[::-1])
            if one == record and once[two] == among and two != other
        )
        return max(missing, min(1.0, rivals))

    found = {}
    for pair in weights:
        one, other = pair
        factor = 1.0
        if pair in apart and rows[one][1] is not None and rows[one][1] == rows[other][1]:
            factor = alone(one, other) * alone(other, one)
        found[pair] = (strangers(pair), _FAMILY * factor)
    return found


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(_record, min_size=2, max_size=7), st.data())
def test_twins_count_as_far_as_each_may_be_missing_on_the_other_side(
    rows: list[tuple[str, str | None, str | None]], data: st.DataObject
) -> None:
    pairs = list(itertools.combinations(range(len(rows)), 2))
    weights = {pair: float(data.draw(st.sampled_from([-8, -1, 2, 6, 12]))) for pair in pairs}
    with sql.connect(threads=1) as connection:
        _tables(connection, rows, weights)
        pair_table._families(connection, str(_FAMILY), _THRESHOLD)
        found = {
            (one, other): (strangers, family)
            for one, other, strangers, family in connection.execute(
                "SELECT one, other, strangers, family FROM family"
            ).fetchall()
        }
    for pair, expected in _expected(rows, weights).items():
        assert found[pair] == pytest.approx(expected, rel=1e-9), (pair, rows)


def _tables(
    connection: duckdb.DuckDBPyConnection,
    rows: list[tuple[str, str | None, str | None]],
    weights: dict[tuple[int, int], float],
) -> None:
    connection.execute(
        "CREATE TABLE record (number BIGINT, source VARCHAR, exclusive VARCHAR, date_of_birth VARCHAR, "
        "given_name VARCHAR, family_name VARCHAR)"
    )
    for number, (source, born, name) in enumerate(rows):
        exclusive = source if source != "c" else f"record-{number}"
        connection.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?, NULL)", [number, source, exclusive, born, name])
    connection.execute("CREATE TABLE inside (component BIGINT, one BIGINT, other BIGINT, strangers DOUBLE)")
    for (one, other), weight in weights.items():
        connection.execute("INSERT INTO inside VALUES (0, ?, ?, ?)", [one, other, weight])
