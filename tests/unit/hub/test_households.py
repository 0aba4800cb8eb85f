"""Households and the person table, from drawn identity rows."""

import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hub import households, person_table, sql
from hub.pseudonyms import Key
from hub.tables import HOUSEHOLD, PERSON
from tests.factories.counties import KEY
from tests.factories.identity import identity_row, table
from tests.factories.snapshots import drawn

HOMES = {"mill": ("1 Mill Road", "PR1 1AA"), "bank": ("2 Bank Street", "PR2 2BB"), "none": ("3 Lane", None)}


def _rows(text: str) -> list[dict[str, Any]]:
    """Read drawn rows: person, source, home, since, known, area."""
    found = []
    for row in drawn(text):
        address, postcode = HOMES[row["home"]] if row.get("home") in HOMES else (row.get("home"), "PR9 9ZZ")
        day = {name: datetime.date.fromisoformat(row[name]) if row.get(name) else None for name in ("since", "known")}
        found.append(
            identity_row(
                str(row["source"]),
                str(row["person"]),
                record_key=str(row["person"]),
                address=address,
                postcode=postcode,
                valid_from=day["since"],
                known_from=day["known"],
                area_id=row.get("area"),
            )
        )
    return found


def _build(rows: list[dict[str, Any]], tmp_path: Path) -> tuple[list[dict[str, Any]], households.Counts]:
    with sql.connect(threads=1) as connection:
        _people(connection, rows)
        counts = households.build(connection, Key(KEY), tmp_path / "household.parquet")
    found = pq.read_table(tmp_path / "household.parquet")
    assert found.schema.equals(HOUSEHOLD.schema)
    return found.to_pylist(), counts


def _people(connection: Any, rows: list[dict[str, Any]]) -> None:
    connection.register("identity_row", table(rows))
    keys = sorted({row["record_key"] for row in rows})
    people = pa.table({"record_key": keys, "person_id": [f"p{key[0]}" for key in keys]})
    connection.register("person_of", people)


def _stays(found: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    names = ("person_id", "valid_from", "valid_to", "known_from", "end_known_from", "source")
    return [tuple(str(row[name] or "-") for name in names) for row in found]


def test_a_move_ends_one_stay_and_begins_the_next(tmp_path: Path) -> None:
    found, counts = _build(
        _rows(
            """
            person | source | home | since      | known      | area
            a      | school | mill | 2020-01-01 | 2020-02-01 | E1
            a      | school | mill | 2020-06-01 | 2020-07-01 | E1
            a      | school | bank | 2021-01-01 | 2021-03-01 | E2
            """
        ),
        tmp_path,
    )
    assert _stays(found) == [
        ("pa", "2020-01-01", "2021-01-01", "2020-02-01", "2021-03-01", "school"),
        ("pa", "2021-01-01", "-", "2021-03-01", "-", "school"),
    ]
    assert [row["area_id"] for row in found] == ["E1", "E2"]
    assert counts == households.Counts(2, 2, 0, 0, 0)


def test_a_family_shares_a_household_and_a_misspelt_street_does_not_part_it(tmp_path: Path) -> None:
    rows = _rows(
        """
        person | source | home        | since      | known
        a      | school | 12 Mill Rd  | 2020-01-01 | 2020-02-01
        b      | police | 12 Mil Road | -          | 2020-03-01
        c      | police | 14 Mill Rd  | -          | 2020-03-01
        """
    )
    found, _ = _build(rows, tmp_path)
    homes = {row["person_id"]: row["household_id"] for row in found}
    assert homes["pa"] == homes["pb"] != homes["pc"]
    assert all(len(home) == 32 for home in homes.values())


def test_what_was_learnt_late_does_not_move_what_was_known(tmp_path: Path) -> None:
    """Police saw the child at the bank on 1 March 2022; the school wrote in 2023 that the move was in 2021."""
    found, _ = _build(
        _rows(
            """
            person | source | home | since      | known
            a      | school | mill | 2020-01-01 | 2020-02-01
            a2     | police | bank | -          | 2022-03-01
            a      | school | bank | 2021-01-01 | 2023-01-01
            """
        ),
        tmp_path,
    )
    assert _stays(found) == [
        ("pa", "2020-01-01", "2022-03-01", "2020-02-01", "2022-03-01", "school"),
        ("pa", "2022-03-01", "-", "2022-03-01", "-", "police"),
    ]


def test_an_end_is_never_known_before_its_start(tmp_path: Path) -> None:
    found, _ = _build(
        _rows(
            """
            person | source | home | since      | known
            a      | school | mill | 2020-01-01 | 2024-02-01
            a2     | police | bank | 2021-01-01 | 2021-03-01
            """
        ),
        tmp_path,
    )
    assert _stays(found)[0] == ("pa", "2020-01-01", "2021-01-01", "2024-02-01", "2024-02-01", "school")


def test_two_homes_from_one_day_leave_the_one_recorded_last(tmp_path: Path) -> None:
    found, counts = _build(
        _rows(
            """
            person | source | home | since      | known
            a      | school | mill | 2020-01-01 | 2020-02-01
            a2     | police | bank | 2020-01-01 | 2020-03-01
            """
        ),
        tmp_path,
    )
    assert [(row["source"], row["valid_to"]) for row in found] == [("police", None)]
    assert (counts.rows, counts.households) == (1, 1)


def test_addresses_without_a_postcode_are_counted_and_not_used(tmp_path: Path) -> None:
    found, counts = _build(
        _rows("person | source | home | since      | known\na | school | none | 2020-01-01 | 2020-02-01"), tmp_path
    )
    assert found == []
    assert counts.addresses_without_postcode == 1


@pytest.mark.parametrize(("people", "crowded"), [(12, 0), (13, 1)])
def test_a_crowded_address_is_no_household(people: int, crowded: int, tmp_path: Path) -> None:
    lines = [f"{chr(97 + n)} | school | mill | 2020-01-01 | 2020-02-01" for n in range(people)]
    lines.append("z | school | bank | 2020-01-01 | 2020-02-01")
    found, counts = _build(_rows("\n".join(["person | source | home | since | known", *lines])), tmp_path)
    assert (counts.crowded_addresses, counts.crowded_rows) == (crowded, people if crowded else 0)
    assert len(found) == (1 if crowded else people + 1)


def test_many_families_one_after_the_other_are_not_a_crowd(tmp_path: Path) -> None:
    lines = []
    for n in range(20):
        who, day = chr(97 + n), datetime.date(2020, 1, 1) + datetime.timedelta(days=30 * n)
        lines.append(f"{who} | school | mill | {day} | {day}")
        lines.append(f"{who} | school | bank{n} 1 | {day + datetime.timedelta(days=30)} | {day}")
    found, counts = _build(_rows("\n".join(["person | source | home | since | known", *lines])), tmp_path)
    assert counts.crowded_addresses == 0
    assert len(found) == 40


def _person(rows: list[dict[str, Any]], tmp_path: Path, order: list[str]) -> list[dict[str, Any]]:
    with sql.connect(threads=1) as connection:
        _people(connection, rows)
        person_table.build(connection, order, tmp_path / "person.parquet")
    found = pq.read_table(tmp_path / "person.parquet")
    assert found.schema.equals(PERSON.schema)
    return found.to_pylist()


def _said(source: str, key: str, known: str, **values: Any) -> dict[str, Any]:
    return identity_row(source, key, record_key=key, known_from=datetime.date.fromisoformat(known), **values)


def test_the_first_source_that_knows_is_believed_and_within_it_the_newest(tmp_path: Path) -> None:
    rows = [
        _said("police", "a1", "2024-01-01", sex="M", ethnicity="NOBT", date_of_birth=datetime.date(2010, 1, 31)),
        _said("school", "a2", "2020-01-01", sex="F", date_of_birth=datetime.date(2010, 3, 5)),
        _said("school", "a2", "2022-01-01", sex=None, ethnicity=None, date_of_birth=datetime.date(2010, 2, 5)),
    ]
    [person] = _person(rows, tmp_path, ["school", "police"])
    assert (person["person_id"], person["sex"], person["ethnicity"]) == ("pa", "F", "NOBT")
    assert person["birth_month"] == datetime.date(2010, 2, 1)
    [person] = _person(rows, tmp_path, ["police", "school"])
    assert (person["sex"], person["birth_month"]) == ("M", datetime.date(2010, 1, 1))


def test_attributes_are_taken_key_by_key(tmp_path: Path) -> None:
    rows = [
        _said("school", "a1", "2020-01-01", attributes={"disability": "no"}),
        _said("school", "a1", "2021-01-01", attributes={"disability": "yes"}),
        _said("health", "a2", "2024-01-01", attributes={"disability": "no", "carer": "yes"}),
        _said("health", "b1", "2024-01-01"),
    ]
    first, second = _person(rows, tmp_path, ["school", "health"])
    assert first["attributes"] == [("carer", "yes"), ("disability", "yes")]
    assert second["attributes"] == []


def test_the_area_is_that_of_the_address_that_began_last(tmp_path: Path) -> None:
    rows = _rows(
        """
        person | source | home | since      | known      | area
        a      | school | mill | 2023-01-01 | 2023-02-01 | E1
        a2     | police | bank | 2020-01-01 | 2024-02-01 | E2
        """
    )
    [person] = _person(rows, tmp_path, ["police", "school"])
    assert person["area_id"] == "E1"
