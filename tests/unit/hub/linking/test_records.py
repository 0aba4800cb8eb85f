"""From identity rows to one linkable record for each record key."""

import datetime
from typing import Any

import duckdb
import pytest

from hub import sql
from hub.linking import records
from tests.factories.identity import identity_row, table


def _build(
    rows: list[dict[str, Any]], once: tuple[str, ...] = ("school",)
) -> tuple[list[dict[str, Any]], records.Built]:
    with sql.connect() as connection:
        connection.register("identity_row", table(rows))
        built = records.build(connection, once)
        return connection.sql("FROM record ORDER BY number").to_arrow_table().to_pylist(), built


def _on(day: str) -> datetime.date:
    return datetime.date.fromisoformat(day)


def test_rows_of_one_key_collapse_to_the_newest_with_their_history() -> None:
    old = identity_row(
        "school",
        "1",
        given_name="Tom",
        family_name="Old",
        postcode="PR1 1AA",
        address="1 Mill Rd",
        known_from=_on("2020-01-01"),
        date_of_birth=_on("2010-05-06"),
        identifiers={"upn": "a1"},
    )
    new = identity_row(
        "school",
        "1",
        given_name="Thomas",
        postcode="PR2 2BB",
        address="2 Mill Road",
        known_from=_on("2021-01-01"),
        identifiers={"upn": "A-2", "nhs_number": "999"},
    )
    [[record], built] = _build([new, old])
    assert built == records.Built(1, 0)
    assert record["number"] == 0
    assert (record["given_name"], record["family_name"]) == ("thomas", "old")
    assert record["date_of_birth"] == "2010-05-06"
    assert record["postcodes"] == ["pr11aa", "pr22bb"]
    assert record["addresses"] == ["1 mill rd|pr11aa", "2 mill rd|pr22bb"]
    assert record["identifiers"] == ["nhs_number=999", "upn=A1", "upn=A2"]
    assert record["identifier_kinds"] == ["nhs_number", "upn"]
    assert "tom" in record["given_forms"]


def test_equally_new_rows_give_the_same_record_in_any_order() -> None:
    rows = [identity_row("school", "1", given_name=name) for name in ("Bea", "Ann", "Cat")]
    assert _build(rows)[0] == _build(rows[::-1])[0]


def test_only_a_source_with_one_record_a_person_is_exclusive() -> None:
    found, _ = _build([identity_row("school", "1"), identity_row("police", "1"), identity_row("police", "2")])
    assert [record["exclusive"] for record in found] == ["police:1", "police:2", "school"]


def test_a_double_given_name_has_parts() -> None:
    [[record], _] = _build([identity_row("school", "1", given_name="Anna-Maria Tom", family_name="Smith-Jones")])
    assert (record["given_first"], record["given_rest"]) == ("anna", "maria tom")
    assert set(record["given_forms"]) >= {"anna", "maria", "tom", "thomas"}
    assert record["family_parts"] == ["jones", "smith", "smith jones"]


def test_a_birthday_that_no_one_alive_has_is_not_recorded() -> None:
    [[record], _] = _build([identity_row("school", "1", date_of_birth=datetime.date(201, 5, 6))])
    assert record["date_of_birth"] is None


@pytest.mark.parametrize(
    ("source", "rows", "refused"),
    [("school", 2, 1), ("school", 1, 0), ("police", 2, 0), ("police", 200, 0), ("police", 201, 1)],
)
def test_an_identifier_on_several_records_of_one_source_names_nobody(source: str, rows: int, refused: int) -> None:
    placeholder = [identity_row(source, str(n), identifiers={"nhs_number": "999 999 9999"}) for n in range(rows)]
    found, built = _build(placeholder)
    assert built.refused_identifiers == refused
    assert all(bool(record["identifiers"]) == (refused == 0) for record in found)


def test_an_identifier_that_two_sources_share_is_kept() -> None:
    rows = [identity_row(source, "1", identifiers={"upn": "A1"}) for source in ("school", "police")]
    found, built = _build(rows)
    assert built.refused_identifiers == 0
    assert [record["identifiers"] for record in found] == [["upn=A1"]] * 2


def test_building_leaves_only_what_it_says() -> None:
    with sql.connect() as connection:
        connection.register("identity_row", table([identity_row("school", "1")]))
        records.build(connection, ())
        names = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        assert names == {"aside", "namesake", "record"}
        assert isinstance(connection, duckdb.DuckDBPyConnection)
