"""Households and the person table, from drawn identity rows."""

import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import sql
from hub.declarations import codes
from hub.identity.pseudonyms import Key, sql_pseudonym
from hub.publishing import households
from hub.publishing import people as person_table
from hub.staging.recorded_groups import NOT_RECORDED, UNKNOWN_CODE
from hub.tables import HOUSEHOLD, PERSON
from tests.examples import examples
from tests.factories.counties import KEY
from tests.factories.identity import identity_row, table
from tests.factories.snapshots import drawn

HOMES = {"mill": ("1 Mill Road", "PR1 1AA"), "bank": ("2 Bank Street", "PR2 2BB"), "none": ("3 Lane", None)}


def _rows(text: str) -> list[dict[str, Any]]:
    """Read drawn rows: person, source, home, since, known, area."""
    found = []
    for row in drawn(text):
        address, postcode = HOMES.get(str(row.get("home")), (row.get("home"), "PR9 9ZZ"))
        day = {
            name: datetime.date.fromisoformat(str(row[name])) if row.get(name) else None for name in ("since", "known")
        }
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


def _build(rows: list[dict[str, Any]], tmp_path: Path) -> tuple[list[dict[str, Any]], households.HouseholdCounts]:
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
    assert counts == households.HouseholdCounts(2, 2, 0, 0, 0)


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
            a2     | police | bank | 2022-03-01 | 2022-03-01
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


def test_an_address_without_a_date_moves_nobody_out_of_a_dated_one(tmp_path: Path) -> None:
    """A health record of unknown age says the bank; the school has known of the mill since 2020, and still does."""
    found, _ = _build(
        _rows(
            """
            person | source | home | since      | known
            a      | school | mill | 2020-01-01 | 2020-02-01
            a2     | health | bank | -          | 2022-03-01
            """
        ),
        tmp_path,
    )
    assert _stays(found) == [("pa", "2020-01-01", "-", "2020-02-01", "-", "school")]


def test_an_address_without_a_date_holds_until_a_dated_one_is_known(tmp_path: Path) -> None:
    found, _ = _build(
        _rows(
            """
            person | source | home | since      | known
            a      | health | bank | -          | 2021-03-01
            a2     | school | mill | 2020-01-01 | 2023-02-01
            b      | health | bank | -          | 2021-03-01
            b2     | school | mill | 2022-01-01 | 2023-02-01
            """
        ),
        tmp_path,
    )
    assert _stays(found) == [
        ("pa", "2020-01-01", "-", "2023-02-01", "-", "school"),
        ("pa", "2021-03-01", "2023-02-01", "2021-03-01", "2023-02-01", "health"),
        ("pb", "2021-03-01", "2022-01-01", "2021-03-01", "2023-02-01", "health"),
        ("pb", "2022-01-01", "-", "2023-02-01", "-", "school"),
    ]


def test_an_older_address_that_comes_in_late_cuts_nothing(tmp_path: Path) -> None:
    found, _ = _build(
        _rows(
            """
            person | source | home | since      | known
            a      | school | mill | 2020-01-01 | 2020-02-01
            a2     | police | bank | 2018-05-01 | 2024-03-01
            """
        ),
        tmp_path,
    )
    assert _stays(found) == [
        ("pa", "2018-05-01", "2020-01-01", "2024-03-01", "2024-03-01", "police"),
        ("pa", "2020-01-01", "-", "2020-02-01", "-", "school"),
    ]


@pytest.mark.parametrize(
    ("other", "ends"),
    [
        pytest.param([], ("2021-06-01", "2021-07-01"), id="it is said when it ended"),
        pytest.param(
            [("a2", "2020-09-01", None, "mill")], ("2021-06-01", "2021-07-01"), id="an older row says nothing"
        ),
        pytest.param(
            [("a2", "2021-09-01", None, "bank")], ("2021-06-01", "2021-07-01"), id="and lives elsewhere later"
        ),
        pytest.param([("a2", "2021-03-01", None, "bank")], ("2021-03-01", "2021-03-01"), id="or had moved before"),
        pytest.param([("a2", "2021-06-01", None, "mill")], ("-", "-"), id="another row goes on from that day"),
    ],
)
def test_an_address_ends_when_its_source_says_so(
    other: list[tuple[str, str, str | None, str]], ends: tuple[str, str], tmp_path: Path
) -> None:
    rows = [_lived("a", "2020-01-01", "2021-06-01", "mill"), *(_lived(*one) for one in other)]
    found, _ = _build(rows, tmp_path)
    assert _stays(found)[0] == ("pa", "2020-01-01", ends[0], "2020-01-01", ends[1], "school")


def _lived(key: str, since: str, until: str | None, home: str) -> dict[str, Any]:
    began, ended = datetime.date.fromisoformat(since), until and datetime.date.fromisoformat(until)
    address, postcode = HOMES[home]
    row = _said("school", key, since, address=address, postcode=postcode, valid_from=began, valid_to=ended)
    return row | {"end_known_from": ended and ended + datetime.timedelta(days=30)}


_DAYS = 12
_START = datetime.date(2024, 1, 1)
ADDRESSES = st.lists(
    st.tuples(
        st.sampled_from(["1 A Rd", "2 B Rd", "3 C Rd"]),
        st.one_of(st.none(), st.integers(0, _DAYS)),
        st.integers(0, _DAYS),
        st.sampled_from(["school", "health"]),
    ),
    max_size=5,
    unique_by=(lambda row: (row[1] is None, row[2] if row[1] is None else row[1]),),
)


@settings(max_examples=examples(8), deadline=None)
@given(st.lists(ADDRESSES, min_size=8, max_size=20))
def test_households_on_every_day_equal_the_slow_belief(people: list[list[tuple[str, int | None, int, str]]]) -> None:
    """On every day the hub believes the newest dated address that it knows; without one, the newest undated one."""
    rows = [
        _said(source, chr(97 + who), "2024-01-01", address=home, postcode="PR1 1AA")
        | {"valid_from": None if since is None else _on(since), "known_from": _on(known)}
        for who, lived in enumerate(people)
        for home, since, known, source in lived
    ]
    if not rows:
        return
    with TemporaryDirectory() as folder:
        found, _ = _build(rows, Path(folder))
    names = _names(rows)
    for who, lived in enumerate(people):
        stays = [row for row in found if row["person_id"] == f"p{chr(97 + who)}"]
        for at in range(_DAYS + 2):
            here = [
                row
                for row in stays
                if row["valid_from"] <= _on(at)
                and row["known_from"] <= _on(at)
                and not (row["valid_to"] and row["valid_to"] <= _on(at) and row["end_known_from"] <= _on(at))
            ]
            newest = max(here, key=lambda row: row["valid_from"], default=None)
            assert (newest and names[newest["household_id"]]) == _believed(lived, at), (lived, at)


def _on(number: int) -> datetime.date:
    return _START + datetime.timedelta(days=number)


def _believed(lived: list[tuple[str, int | None, int, str]], at: int) -> str | None:
    dated = [(since, home) for home, since, known, _ in lived if since is not None and known <= at and since <= at]
    undated = [(known, home) for home, since, known, _ in lived if since is None and known <= at]
    return max(dated or undated, default=(0, None))[1]


def _names(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return the address of each household's pseudonym."""
    key = Key(KEY)
    with sql.connect(threads=1) as connection:
        connection.register("lived", table(rows))
        home = sql_pseudonym("'household'", households.address_key("address", "postcode"))
        found = connection.execute(f"SELECT DISTINCT {home}, address FROM lived", key.parameters).fetchall()
    return dict(found)


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


ETHNICITIES = {
    "WBRI": ("WBRI", "White: British", "White"),
    "wbri": ("WBRI", "White: British", "White"),
    "OOTH": ("OOTH", "Other: any other", "Other"),
    "REFU": ("REFU", "refused", "refused"),
    "NOBT": ("NOBT", "not obtained", "not obtained"),
    "W1": ("W1", "unknown code", "unknown code"),
    None: (None, "not recorded", "not recorded"),
}


@pytest.mark.parametrize("code", ETHNICITIES)
def test_groups_of_ethnicity(code: str | None, tmp_path: Path) -> None:
    [person] = _person([_said("school", "a1", "2024-01-01", ethnicity=code, gender="W")], tmp_path, ["school"])
    assert (person["ethnicity"], person["ethnicity_19"], person["ethnicity_5"]) == ETHNICITIES[code]
    assert (person["sex"], person["gender"]) == (None, "W")


def test_every_ethnicity_has_its_groups_and_what_is_none_is_in_none_of_them() -> None:
    listed = {one.code: one.groups for one in codes.read("ethnicity").codes}
    assert all({"ons_19", "ons_5"} <= set(groups) for groups in listed.values())
    none = {listed[code]["ons_5"] for code in ("REFU", "NOBT")} | {NOT_RECORDED, UNKNOWN_CODE}
    assert len(none) == 4
    assert {groups["ons_5"] for groups in listed.values()} == {"White", "Mixed", "Asian", "Black", "Other"} | (
        none - {NOT_RECORDED, UNKNOWN_CODE}
    )


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
