"""Levels of the comparisons, contradictions, and the sibling hypothesis, as truth tables over two records."""

import datetime
import functools
from typing import Any

import duckdb
import pytest

from hub import sql
from hub.linking import contradictions, records
from hub.weighing import comparisons, siblings
from hub.weighing.comparisons import COMPARISONS
from tests.factories.identity import identity_row, table


def _ask(expression: str, left: dict[str, Any], right: dict[str, Any], once: tuple[str, ...] = ("school",)) -> Any:
    """Return an SQL expression over the records `l` and `r`."""
    rows = [identity_row("a", "1") | left, identity_row("b", "2") | right]
    for key, row in zip("12", rows, strict=True):
        row["record_key"] = key
    connection = _connection()
    connection.register("identity_row", table(rows))
    records.build(connection, once)
    query = f"SELECT {expression} FROM record l, record r WHERE l.record_key = '1' AND r.record_key = '2'"
    [(found,)] = connection.execute(query).fetchall()
    return found


@functools.cache
def _connection() -> duckdb.DuckDBPyConnection:
    return sql.connect(threads=1)


def _level(comparison: str, left: dict[str, Any], right: dict[str, Any]) -> str:
    names = [label for label, *_ in COMPARISONS[comparison]]
    whens = " ".join(f"WHEN {comparisons.condition(comparison, name)} THEN {at}" for at, name in enumerate(names[:-1]))
    return names[_ask(f"CASE {whens} ELSE {len(names) - 1} END", left, right)]


def _day(text: str | None) -> datetime.date | None:
    return None if text is None else datetime.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("Ella", "Ella", "the same"),
        ("Ella", "ELLA ", "the same"),
        ("Ella", None, "null"),
        ("Tom", "Thomas", "another form of the name"),
        ("Thomas James", "Tom", "another form of the name"),
        ("Anne-Marie", "Anne", "another form of the name"),
        ("Amelia", "Amleia", "a letter differs"),
        ("Aisha", "Aysha", "a letter differs"),
        ("Catrin", "Kathryn", "alike"),
        ("T", "Theo", "an initial"),
        ("Alfie Joshua", "Joshua", "another form of the name"),
        ("Ella", "Emma", "different"),
        ("Jack", "Oliver", "different"),
    ],
)
def test_given_names(left: str | None, right: str | None, level: str) -> None:
    for one, other in ((left, right), (right, left)):
        assert _level("given_name", {"given_name": one}, {"given_name": other}) == level


def test_swapped_names_are_one_level_of_the_given_name_and_say_nothing_about_the_family_name() -> None:
    left, right = {"given_name": "Ali", "family_name": "Khan"}, {"given_name": "Khan", "family_name": "Ali"}
    assert _level("given_name", left, right) == "swapped with the family name"
    assert _level("family_name", left, right) == "null"


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("Smith", "smith", "the same"),
        ("Smith-Jones", "Jones", "a part or an earlier name is the same"),
        ("Clarke", "Klark", "alike"),
        ("Ashworth", "Ashwroth", "a letter differs"),
        ("Smith", "Patel", "different"),
        (None, "Patel", "null"),
    ],
)
def test_family_names(left: str | None, right: str | None, level: str) -> None:
    assert _level("family_name", {"family_name": left}, {"family_name": right}) == level


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("2010-05-06", "2010-05-06", "the same"),
        ("2010-05-06", "2010-06-05", "day and month swapped"),
        ("2010-05-06", "2011-05-06", "one digit"),
        ("2010-05-16", "2010-05-19", "one digit"),
        ("2010-05-12", "2010-05-21", "one digit"),
        ("2010-05-06", "2010-01-01", "only the year is known"),
        ("2010-05-06", "2011-05-07", "two digits"),
        ("2010-05-06", "2013-11-27", "different"),
        ("2010-05-06", "2010-05-29", "two of day, month and year"),
        ("2010-05-06", "2011-03-29", "within a year"),
        ("2010-05-06", "1984-11-27", "a generation apart"),
        ("2010-05-06", None, "null"),
    ],
)
def test_birthdays(left: str | None, right: str | None, level: str) -> None:
    for one, other in ((left, right), (right, left)):
        assert _level("date_of_birth", {"date_of_birth": _day(one)}, {"date_of_birth": _day(other)}) == level


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        (("1 Mill Road", "PR1 1AA"), ("1 Mill Rd", "pr11aa"), "one address"),
        (("1 Mill Road", "PR1 1AA"), ("2 Mill Rd", "PR1 1AA"), "one postcode"),
        (("1 Mill Road", "PR1 1AA"), (None, "PR1 1AA"), "one postcode"),
        (("1 Mill Road", "PR1 1AA"), ("1 Mlil Road, Leyland", "PR1 1AA"), "one address, misspelt"),
        (("1 Mill Road", "PR1 1AA"), ("1 Mill Road", "BB1 1AA"), "one house and street"),
        (("1 Mill Road", "PR1 1AA"), ("3 Mill Road", "BB1 1AA"), "different"),
        (("1 Mill Road", "PR1 1AA"), ("8 Park Lane", "PR1 1AB"), "a postcode with a character apart"),
        (("1 Mill Road", None), (None, "BB1 1AA"), "null"),
        ((None, None), ("1 Mill Road", "BB1 1AA"), "null"),
    ],
)
def test_the_place_is_one_comparison(
    left: tuple[str | None, str | None], right: tuple[str | None, str | None], level: str
) -> None:
    one, other = ({"address": address, "postcode": postcode} for address, postcode in (left, right))
    assert _level("place", one, other) == level


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("ella.smith@mail.uk", "Ella.Smith@mail.uk", "the same"),
        ("ella.smith@mail.uk", "ella.smith@post.org", "the same before the @"),
        ("ella.smith@mail.uk", "ela.smith@mail.uk", "nearly the same"),
        ("ella.smith@mail.uk", "j.jones@mail.uk", "different"),
        (None, "j.jones@mail.uk", "null"),
    ],
)
def test_emails(left: str | None, right: str | None, level: str) -> None:
    assert _level("email", {"email": left}, {"email": right}) == level


def test_a_name_in_the_place_of_the_other_is_seen_when_one_is_missing() -> None:
    left, right = {"given_name": "Ella", "family_name": None}, {"given_name": None, "family_name": "Ella"}
    assert _level("given_name", left, right) == "null"
    assert _level("family_name", left, right) == "it is the other's given name"


def test_kinds_of_which_one_person_may_have_two_and_birthdays_that_are_often_wrong_forbid_nothing() -> None:
    one: dict[str, Any]
    other: dict[str, Any]
    one, other = {"identifiers": {"card": "A123"}}, {"identifiers": {"card": "B777"}}
    assert _ask(contradictions.reason("10"), one, other) == contradictions.IDENTIFIERS
    assert _ask(contradictions.reason("10", ["card"]), one, other) == ""
    one, other = {"date_of_birth": _day("2010-05-06")}, {"date_of_birth": _day("2013-11-27")}
    assert _ask(contradictions.reason("-9", ["date_of_birth"]), one, other) == ""


IDENTIFIERS = [
    ({"upn": "A1"}, {"upn": "a-1"}, "one is the same", ""),
    ({"upn": "A1"}, {"nhs_number": "A1"}, "null", ""),
    ({"upn": "A1"}, {}, "null", ""),
    ({"upn": "A123"}, {"upn": "A124"}, "a character apart", ""),
    ({"upn": "A123"}, {"upn": "B777"}, "different", contradictions.IDENTIFIERS),
    (
        {"upn": "A123", "nhs_number": "9"},
        {"upn": "B777", "nhs_number": "9"},
        "one is the same",
        contradictions.IDENTIFIERS,
    ),
]


@pytest.mark.parametrize(("left", "right", "level", "reason"), IDENTIFIERS)
def test_identifiers(left: dict[str, str], right: dict[str, str], level: str, reason: str) -> None:
    one, other = {"identifiers": left}, {"identifiers": right}
    assert _level("identifiers", one, other) == level
    assert _ask(contradictions.reason("10"), one, other) == reason


@pytest.mark.parametrize(
    ("left", "right", "evidence", "reason"),
    [
        ({}, {}, -5, ""),
        ({"date_of_birth": _day("2010-05-06")}, {"date_of_birth": _day("2013-11-27")}, -5, contradictions.BIRTHDAYS),
        ({"date_of_birth": _day("2010-05-06")}, {"date_of_birth": _day("2013-11-27")}, 1, ""),
        ({"date_of_birth": _day("2010-05-06")}, {"date_of_birth": _day("2010-06-05")}, -1, ""),
        ({"date_of_birth": _day("2010-05-06")}, {"date_of_birth": None}, -1, ""),
        (
            {"date_of_birth": _day("2010-05-06"), "identifiers": {"upn": "A"}},
            {"date_of_birth": _day("2013-11-27"), "identifiers": {"upn": "A"}},
            -1,
            "",
        ),
        ({"source": "school"}, {"source": "school"}, 30, contradictions.ONE_RECORD),
        ({"source": "police"}, {"source": "police"}, 30, ""),
    ],
)
def test_contradictions(left: dict[str, Any], right: dict[str, Any], evidence: float, reason: str) -> None:
    assert _ask(contradictions.reason(repr(evidence)), left, right) == reason


def test_shares_of_a_comparison_make_one() -> None:
    for name, levels in COMPARISONS.items():
        for at in (2, 3):
            assert sum(float(level[at] or 0) for level in levels) == pytest.approx(1, abs=0.02), name
    declared = {
        name: [label for label, *_ in levels if label != "null"]
        for name, levels in COMPARISONS.items()
        if name != "place"
    }
    for relation in (siblings.SIBLINGS, siblings.PARENTS):
        assert {name: [*shares] for name, shares in relation.items()} == declared


def _twins(given: str, **values: Any) -> dict[str, Any]:
    same = {"family_name": "Smith", "date_of_birth": _day("2010-05-06"), "sex": "F"}
    return {**same, "address": "1 Mill Road", "postcode": "PR1 1AA", "given_name": given, **values}


@pytest.mark.parametrize(
    ("left", "right", "likely"),
    [
        (_twins("Ella"), _twins("Ella"), False),
        (_twins("Ella"), _twins("Emma"), True),
        (_twins("Ella"), _twins("Grace"), True),
        (_twins("Ella"), _twins("Jack", sex="M"), True),
        (_twins("Ella"), _twins("Ella", date_of_birth=_day("2010-06-05")), False),
        (_twins("Ella"), _twins("Grace", date_of_birth=_day("2013-11-27")), True),
        (_twins("Ella"), _twins("Ella", date_of_birth=_day("1981-11-27")), True),
        (_twins("Ella", identifiers={"upn": "A"}), _twins("Emma", identifiers={"upn": "A"}), False),
    ],
)
def test_when_siblings_are_as_likely_as_one_person(left: dict[str, Any], right: dict[str, Any], likely: bool) -> None:
    start = comparisons.starting_values(tuple(COMPARISONS), 0.0001)
    ratio = _ask(siblings.likelihood(start, siblings.Ratio(2.0, 1.0)), left, right)
    assert (ratio > 0.3) is likely


def test_sibling_pairs_are_counted_by_what_only_siblings_show() -> None:
    home = {"family_name": "Smith", "address": "1 Mill Road", "postcode": "PR1 1AA"}
    rows = [
        identity_row("school", "1", given_name="Ella", date_of_birth=_day("2010-05-06"), **home),
        identity_row("school", "2", given_name="Jack", date_of_birth=_day("2013-11-27"), **home),
        identity_row("health", "3", given_name="Ella", date_of_birth=_day("2010-05-06"), **home),
        identity_row("school", "4", given_name="Noah", date_of_birth=_day("2013-11-27"), **home),
        identity_row(
            "school", "5", given_name="Mia", date_of_birth=_day("2001-08-19"), **{**home, "family_name": "Li"}
        ),
    ]
    with sql.connect() as connection:
        connection.register("identity_row", table(rows))
        records.build(connection, ("school", "health"))
        # Ella and Jack, Ella and Noah, each twice; Jack and Noah are twins and Mia has another name.
        assert siblings.ratio(connection, 0).siblings == pytest.approx((4 + 12) / 2)
        assert siblings.ratio(connection, 998).siblings == pytest.approx((4 + 12) / 1000)
        # Half of the true pairs are at one address, so half of the siblings are thought to be at two.
        place = {"one address": 0.5}
        assert siblings.ratio(connection, 998, place).siblings == pytest.approx((8 + 12) / 1000)
        # Nobody here is a parent: there are some all the same, as in any population.
        assert siblings.ratio(connection, 998).parents == siblings._FEWEST_PARENTS > 1.2 / 1000
        # Eight siblings for one true pair: then their parents are near.
        assert siblings.ratio(connection, 0).parents == pytest.approx(siblings._PARENTS_OF_SIBLINGS * 8)
