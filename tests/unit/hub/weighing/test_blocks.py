"""Blocks are counted before they run, and kept within their bound in the open."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import sql
from hub.weighing import blocks
from hub.weighing.comparisons import BLOCKS
from tests.examples import examples

OTHER = "l.exclusive <> r.exclusive"
DECLARED = (
    (
        "birthday",
        f"l.date_of_birth = r.date_of_birth AND left(l.given_name, 1) = left(r.given_name, 1) AND {OTHER}",
        (),
    ),
    ("anybody's birthday", "l.date_of_birth = r.date_of_birth", ()),
    ("postcode", f"l.given_name = r.given_name AND l.postcodes = r.postcodes AND {OTHER}", ("postcodes",)),
)
SWAPPED = (("swapped", f"l.given_name = r.family_name AND l.family_name = r.given_name AND {OTHER}", ()),)

_NAME = st.sampled_from(["ann", "amy", "ben", None])
_RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["school", "police", "health"]),
        _NAME,
        _NAME,
        st.sampled_from(["2010-01-01", "2011-02-02", None]),
        st.lists(st.sampled_from(["pr1", "pr2"]), unique=True, max_size=2),
    ),
    max_size=14,
)


def _connection(rows: list[tuple[object, ...]]) -> duckdb.DuckDBPyConnection:
    connection = sql.connect(threads=1)
    connection.execute(
        "CREATE TABLE record (number BIGINT, exclusive VARCHAR, given_name VARCHAR, family_name VARCHAR, "
        "date_of_birth VARCHAR, postcodes VARCHAR[])"
    )
    for number, row in enumerate(rows):
        connection.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)", [number, *row])
    return connection


def _made(connection: duckdb.DuckDBPyConnection, condition: str, arrays: tuple[str, ...] = ()) -> int:
    exploded = "".join(f", unnest({name}) AS {name}" for name in arrays)
    hidden = f" EXCLUDE ({', '.join(arrays)})" if arrays else ""
    record = f"(SELECT *{hidden}{exploded} FROM record)"
    query = f"SELECT count(*) FROM {record} l JOIN {record} r ON {condition} AND l.number < r.number"
    [(made,)] = connection.execute(query).fetchall()
    return int(made)


@settings(max_examples=examples(40), deadline=None)
@given(_RECORDS, st.integers(0, 12))
def test_counts_are_those_of_the_join_and_no_block_exceeds_its_bound(
    rows: list[tuple[object, ...]], bound: int
) -> None:
    with _connection(rows) as connection:
        for (_, condition, arrays), one in zip(DECLARED, blocks.choose(connection, DECLARED, bound), strict=True):
            assert one.estimated == _made(connection, condition, arrays)
            assert one.pairs == _made(connection, one.condition, arrays) or not one.used
            assert one.pairs <= bound
            assert bool(one.why) == (one.estimated > bound) == (one.pairs < one.estimated)
        [swapped] = blocks.choose(connection, SWAPPED)
        assert swapped.estimated >= _made(connection, SWAPPED[0][1])


def test_the_largest_groups_go_first_and_the_report_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[tuple[object, ...]] = [(f"s{at}", "ann", "hill", "1900-01-01", []) for at in range(20)]
    rows += [(f"t{at}", "ann", "hill", "2010-01-01", []) for at in range(4)]
    with _connection(rows) as connection:
        [_, one, _] = blocks.choose(connection, DECLARED, 50)
        assert (one.estimated, one.pairs, one.values_left_out) == (196, 6, 1)
        assert one.why == "narrowed: the most frequent value makes no pairs in it, so that it keeps to 50 pairs"
        assert one.as_json() == {"block": one.name, "estimated": 196, "pairs": 6, "why": one.why}
        monkeypatch.setattr(blocks, "MOST_VALUES", 0)
        [_, one, _] = blocks.choose(connection, DECLARED, 50)
        assert not one.used
        assert one.why == "left out: it would make more than 50 pairs, whatever values are left out"
        assert [name for name, _, _ in blocks.used([one])] == []


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block[0])
def test_every_block_declares_what_must_be_equal(block: tuple[str, str, tuple[str, ...]]) -> None:
    left, right = blocks.keys(block[1])
    assert left
    assert all("l." in key and "r." not in key for key in left)
    assert all("r." in key and "l." not in key for key in right)
