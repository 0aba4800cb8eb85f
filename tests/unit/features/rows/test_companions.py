"""Segments of living together, and the events that become the child's, on every date of small histories."""

import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.declarations.catalogue import Over
from features.rows.companions import COLUMNS, keyed_statement, segments_statement, write_stream
from hub import sql
from hub.tables import AREA_EVENT, EVENT, FAMILY, HOUSEHOLD, Table
from hub.workspace import Workspace
from tests.examples import examples
from tests.factories.snapshots import arrow, drawn, snapshot
from tests.factories.use_cases import indicator
from tests.oracles.memberships import household_statement

FIRST = datetime.date(2024, 2, 20)
DAYS = [FIRST + datetime.timedelta(days=n) for n in range(16)]
DAY = st.sampled_from(DAYS[2:-2])
PEOPLE = st.sampled_from(["ada", "ben", "cy", "di"])


def _rows(place: dict[str, Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Draw stays or memberships with any order of their four days."""
    cells = {
        "person_id": PEOPLE,
        "valid_from": DAY,
        "known_from": DAY,
        "valid_to": st.none() | DAY,
        "end_known_from": st.none() | DAY,
    }
    return st.lists(st.fixed_dictionaries(cells | place), max_size=9)


HOUSEHOLDS = _rows({"household_id": st.sampled_from("hij"), "area_id": st.sampled_from(["A", "B", None])})
FAMILIES = _rows(
    {"family_id": st.sampled_from("fg"), "relation": st.sampled_from([None, "child", "sibling", "parent"])}
)


def _connect(**tables: pa.Table) -> duckdb.DuckDBPyConnection:
    connection = sql.connect(threads=1)
    for name, table in tables.items():
        connection.register(name, table)
    connection.register("looked", pa.table({"as_of_date": pa.array(DAYS)}))
    return connection


def _daily(segments: list[tuple[Any, ...]], day: datetime.date) -> list[tuple[str, str]]:
    return sorted((one, other) for one, other, start, end in segments if start <= day and (end is None or day < end))


def _holds(row: dict[str, Any], day: datetime.date) -> bool:
    """Say whether a row holds on a day as known on it, as the tables of a snapshot are to be read."""
    ended = row["valid_to"] is not None and max(row["valid_to"], row["end_known_from"] or row["valid_to"]) <= day
    return bool(max(row["valid_from"], row["known_from"]) <= day and not ended)


def _home(rows: list[dict[str, Any]], person: str, day: datetime.date) -> dict[str, Any] | None:
    here = [row for row in rows if row["person_id"] == person and _holds(row, day)]
    first = sorted(here, key=lambda row: (row["household_id"], row["area_id"] is None, row["area_id"] or ""))
    return max(first, key=lambda row: row["valid_from"], default=None)


@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HOUSEHOLDS)
def test_households_and_areas_on_every_date(rows: list[dict[str, Any]]) -> None:
    with _connect(household=arrow(HOUSEHOLD, rows)) as connection:
        found = connection.execute(segments_statement(Over.HOUSEHOLD)).fetchall()
        areas = connection.execute(segments_statement(Over.AREA)).fetchall()
        member = f"({household_statement()})"
        old = connection.execute(
            f"SELECT as_of_date, a.person_id, b.person_id FROM {member} AS a JOIN {member} AS b "
            "USING (as_of_date, household_id) WHERE a.person_id <> b.person_id ORDER BY ALL"
        ).fetchall()
    assert [(day, *pair) for day in DAYS for pair in _daily(found, day)] == old
    for day in DAYS:
        homes = {one: home for one in ("ada", "ben", "cy", "di") if (home := _home(rows, one, day)) is not None}
        at_home = [(one, home["area_id"]) for one, home in homes.items() if home["area_id"]]
        assert _daily(areas, day) == sorted(at_home)
        together = [
            (one, other)
            for one in homes
            for other in homes
            if one != other and homes[one]["household_id"] == homes[other]["household_id"]
        ]
        assert _daily(found, day) == sorted(together)


@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FAMILIES)
def test_siblings_on_every_date(rows: list[dict[str, Any]]) -> None:
    with _connect(family=arrow(FAMILY, rows)) as connection:
        found = connection.execute(segments_statement(Over.SIBLINGS)).fetchall()
    children = [row for row in rows if row["relation"] != "parent"]
    for day in DAYS:
        here = {(row["person_id"], row["family_id"]) for row in children if _holds(row, day)}
        expected = {(a, b) for a, family in here for b, same in here if a != b and family == same}
        assert _daily(found, day) == sorted(expected)


@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HOUSEHOLDS, st.lists(st.tuples(PEOPLE, DAY, DAY, st.none() | DAY), max_size=8))
def test_another_s_event_is_known_while_it_and_the_living_together_are(
    rows: list[dict[str, Any]], events: list[tuple[Any, ...]]
) -> None:
    told = [dict(zip(("person_id", "occurred_on", "known_from", "known_to"), one, strict=True)) for one in events]
    numbered = [one | {"value": float(number)} for number, one in enumerate(told)]
    wanted = [indicator("others", over="household")]
    with _connect(household=arrow(HOUSEHOLD, rows), event=arrow(EVENT, numbered)) as connection:
        together = connection.execute(segments_statement(Over.HOUSEHOLD)).fetchall()
        keyed = connection.sql(keyed_statement(Over.HOUSEHOLD, wanted)).to_arrow_table()
    assert keyed.column_names == list(COLUMNS)
    assert keyed.schema.equals(pa.schema([EVENT.schema.field(name).with_nullable(True) for name in COLUMNS]))
    for day in DAYS:
        seen = [
            (one["person_id"], one["value"])
            for one in keyed.to_pylist()
            if one["known_from"] <= day and (one["known_to"] is None or day < one["known_to"])
        ]
        expected = [
            (child, one["value"])
            for child, other in _daily(together, day)
            for one in numbered
            if one["person_id"] == other
            and one["known_from"] <= day
            and (one["known_to"] is None or day < one["known_to"])
        ]
        assert sorted(seen) == sorted(expected)


def _keyed(tables: dict[str, tuple[Table, str]], over: Over, **said: Any) -> list[tuple[Any, ...]]:
    known = {name: arrow(table, [dict(row) for row in drawn(text)]) for name, (table, text) in tables.items()}
    with _connect(**known) as connection:
        return connection.execute(keyed_statement(over, [indicator("one", over=over, **said)])).fetchall()


def test_only_what_an_indicator_reads_is_keyed_and_in_order() -> None:
    household = """
        person_id | household_id | valid_from
        ada       | h            | 2020-01-01
        ben       | h            | 2020-01-01
        cy        | h            | 2020-01-01
    """
    event = """
        person_id | event_id | event_type | source | occurred_on | value
        cy        | e1       | incident   | police | 2024-01-02  | 1
        ben       | e1       | incident   | police | 2024-01-02  | 2
        ben       | e0       | incident   | police | 2024-01-02  | 3
        ben       | e9       | incident   | school | 2024-01-01  | 4
        ben       | e9       | other      | police | 2024-01-01  | 5
        ada       | e2       | incident   | police | 2024-01-01  | 6
    """
    tables = {"household": (HOUSEHOLD, household), "event": (EVENT, event)}
    value = COLUMNS.index("value")
    seen = [(row[0], row[value]) for row in _keyed(tables, Over.HOUSEHOLD)]
    assert seen == [("ada", 3), ("ada", 2), ("ada", 1), ("ben", 6), ("ben", 1), ("cy", 6), ("cy", 3), ("cy", 2)]
    known = _keyed(tables, Over.HOUSEHOLD, measure="known", events=None, sources=["school"])
    assert [(row[0], row[value]) for row in known] == [("ada", 4), ("cy", 4)]


def test_figures_of_an_area_are_known_while_the_child_is_known_to_live_there() -> None:
    household = """
        person_id | household_id | area_id | valid_from | known_from | valid_to   | end_known_from
        ada       | h            | A       | 2020-01-01 | 2020-01-05 | 2020-03-01 | 2020-03-20
        ada       | i            | B       | 2020-03-01 | 2020-03-10 | -          | -
    """
    area_event = """
        area_id | event_type | occurred_on | known_from | value
        A       | assault    | 2019-12-01  | 2020-01-02 | 1
        A       | assault    | 2020-01-01  | 2020-03-10 | 2
        B       | assault    | 2020-01-01  | 2020-04-01 | 3
    """
    tables = {"household": (HOUSEHOLD, household), "area_event": (AREA_EVENT, area_event)}
    found = _keyed(tables, Over.AREA, events={"types": ["assault"]}, sources=["health"])
    known = [(str(row[4]), str(row[5]), row[7]) for row in found]
    assert known == [("2020-01-05", "2020-03-10", 1), ("2020-04-01", "None", 3)]
    assert all(row[2] is row[9] is row[10] is None for row in found)


@pytest.mark.parametrize("over", [Over.HOUSEHOLD, Over.SIBLINGS, Over.AREA])
def test_a_stream_is_written_and_nothing_is_left_beside_it(tmp_path: Path, over: Over) -> None:
    together = "person_id | household_id | family_id | area_id | valid_from\nada | h | f | A | 2020-01-01"
    household = drawn(together) + drawn(together.replace("ada", "ben"))
    found = snapshot(
        Workspace(tmp_path / "workspace"),
        household=[{name: one[name] for name in one if name != "family_id"} for one in household],
        family=[{name: one[name] for name in one if name not in {"household_id", "area_id"}} for one in household],
        event="person_id | occurred_on\nada | 2024-01-01",
        area_event="area_id | event_type | occurred_on | source\nA | incident | 2024-01-01 | police",
    )
    written = write_stream(found, over, [indicator("one", over=over)], tmp_path / "stream.parquet")
    table = pq.read_table(written)
    assert table["person_id"].to_pylist() == (["ada", "ben"] if over is Over.AREA else ["ben"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stream.parquet", "workspace"]
