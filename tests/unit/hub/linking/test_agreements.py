"""Pairs that agree in two of names and birthday: what strangers explain is not counted, and people are."""

from collections.abc import Iterator, Sequence

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from hub import sql
from hub.linking import agreements
from hub.linking.agreements import Agreements

COLUMNS = ("given_name", "family_name")
Row = tuple[str, str, str, int]
"""Source, given name, family name, person as linked; the birthday is another one for each person."""


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with sql.connect() as found:
        yield found


def _count(connection: duckdb.DuckDBPyConnection, rows: Sequence[Row], *, once: bool = True) -> Agreements:
    sources, given, family, people = (list(column) for column in zip(*rows, strict=True))
    table = pa.table({"source": sources, "given_name": given, "family_name": family, "person": people})
    connection.register("given", table.append_column("number", [list(range(len(rows)))]))
    exclusive = "source" if once else "number::VARCHAR"
    connection.execute(
        f"CREATE TABLE record AS SELECT number, source, {exclusive} AS exclusive, given_name, family_name, "
        "person::VARCHAR AS date_of_birth FROM given"
    )
    connection.execute("CREATE TABLE person_given AS SELECT number, person FROM given")
    return agreements.count(connection, COLUMNS, "date_of_birth")


def _strangers(source: str, many: int, *, origins: int, seed: int, names: int = 24, at: int = 0) -> list[Row]:
    """Return records of as many people; the names of one origin are those of no other."""
    chance = np.random.default_rng(seed)
    origin, given, family = (chance.integers(0, most, many) for most in (origins, names // origins, names // origins))
    return [
        (source, f"G{o}-{g}", f"F{o}-{f}", at + number)
        for number, (o, g, f) in enumerate(zip(origin, given, family, strict=True))
    ]


@pytest.mark.parametrize("once", [True, False])
@pytest.mark.parametrize("names", [24, 120, 480])
@pytest.mark.parametrize("origins", [1, 4, 12])
@pytest.mark.parametrize("small", [10, 30, 300])
def test_strangers_whose_names_go_together_are_explained(
    small: int, origins: int, names: int, once: bool, connection: duckdb.DuckDBPyConnection
) -> None:
    """The more origins there are, the more strangers have both names the same."""
    rows = _strangers("a", 2_500, origins=origins, names=names, seed=small)
    rows += _strangers("b", small, origins=origins, names=names, seed=7, at=10_000)
    assert _count(connection, rows, once=once).between == 0


def test_a_small_file_of_usual_names_expects_more(connection: duckdb.DuckDBPyConnection) -> None:
    rows = _strangers("a", 2_200, origins=1, names=4_000, seed=1)
    # Of 300 of the first file and all of the second the names are of another origin, which has 30 of both kinds.
    rows += [
        (source, f"usual {given}", f"usual {family}", person)
        for source, many, at in (("a", 300, 5_000), ("b", 100, 10_000))
        for _, given, family, person in _strangers(source, many, origins=1, names=30, seed=at, at=at)
    ]
    assert _count(connection, rows).between == 0


@pytest.mark.parametrize("origins", [1, 4])
def test_people_in_both_files_are_counted_beside_them(origins: int, connection: duckdb.DuckDBPyConnection) -> None:
    rows = _strangers("a", 800, origins=origins, names=240, seed=1)
    rows += _strangers("b", 60, origins=origins, names=240, seed=2, at=10_000)
    for one in range(40):
        rows += [(source, f"given {one}", f"family {one}", 2_000 + 2 * one + (source == "b")) for source in ("a", "b")]
    assert _count(connection, rows).between == pytest.approx(40, abs=5)


def test_twins_in_a_file_explain_twins_between_files(connection: duckdb.DuckDBPyConnection) -> None:
    """In place of given names stand birthdays here: twins have that and the family name."""

    def twins(source: str, number: int, at: int) -> list[Row]:
        return [(source, f"born {number}", f"name {number}", at + 2 * number + one) for one in (0, 1)]

    rows = [row for number in range(50) for row in twins("a", number, 0)]
    rows += [(source, f"born {number}", f"name {number}", 500 + number) for number in range(60, 90) for source in "ab"]
    assert _count(connection, rows).between == 0  # 30, where 50 of two people in the one file let expect as many
    connection.execute("DROP TABLE record; DROP TABLE person_given")
    assert _count(connection, rows[100:]).between > 20  # without them


def test_records_of_one_person_in_a_file_are_one(connection: duckdb.DuckDBPyConnection) -> None:
    rows: list[Row] = [("a", f"given {one % 60}", f"family {one % 60}", one % 60) for one in range(300)]
    rows += [("b", f"given {one}", f"family {one}", one) for one in range(60)]
    assert _count(connection, rows, once=False).between == pytest.approx(60, abs=3)


def test_a_small_file_has_no_more_people_than_records(connection: duckdb.DuckDBPyConnection) -> None:
    rows: list[Row] = [("b", f"given {one}", f"family {one}", one) for one in range(30)]
    rows += [("a", f"given {one}", f"family {one}", 100 + one) for one in range(2_000)]
    found = _count(connection, rows)
    assert 25 <= found.between <= agreements.most(connection) == 30
    connection.execute("UPDATE record SET exclusive = number::VARCHAR WHERE source = 'a'")
    assert agreements.most(connection) == float("inf")


@pytest.mark.parametrize(("once", "inside"), [(True, 0), (False, 40)])
def test_a_file_that_may_hold_somebody_twice_is_looked_at_too(
    once: bool, inside: int, connection: duckdb.DuckDBPyConnection
) -> None:
    rows: list[Row] = [("a", f"given {one}", f"family {one}", one) for one in range(400)]
    rows += [("a", f"given {one}", f"family {one}", 1_000 + one) for one in range(40)]
    assert _count(connection, rows, once=once) == Agreements(0, inside)
