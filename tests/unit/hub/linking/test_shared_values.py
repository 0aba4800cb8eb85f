"""Values that too many share: which birthdays are odd, and what is set aside of records."""

import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import sql
from hub.declarations.placeholders import Placeholders
from hub.linking import records, shared_values
from hub.linking.shared_values import COMMON, LISTED
from tests.examples import examples
from tests.factories.identity import identity_row, table

_FIRST = datetime.date(2005, 1, 1)


def _years(people: int, seed: int = 1) -> dict[datetime.date, int]:
    """Return how many of so many people were born on each day of ten years, by chance."""
    days = np.random.default_rng(seed).integers(0, 3652, people)
    return {
        _FIRST + datetime.timedelta(days=int(day)): int(many)
        for day, many in zip(*np.unique(days, return_counts=True), strict=True)
    }


def _common(born: dict[datetime.date, int]) -> set[datetime.date]:
    days = sorted(born)
    odd = shared_values.common(days, np.array([float(born[day]) for day in days]))
    return {day for day, is_odd in zip(days, odd.tolist(), strict=True) if is_odd}


@settings(max_examples=examples(30), deadline=None)
@given(people=st.integers(0, 20_000), seed=st.integers(0, 1_000))
def test_chance_alone_makes_no_birthday_odd(people: int, seed: int) -> None:
    assert _common(_years(people, seed)) == set()


@settings(max_examples=examples(30), deadline=None)
@given(
    people=st.integers(1_000, 20_000),
    share=st.floats(0.005, 0.1),
    day=st.dates(datetime.date(1900, 1, 1), datetime.date(2014, 12, 31)),
)
def test_a_birthday_of_half_a_percent_is_odd_and_no_other_is(people: int, share: float, day: datetime.date) -> None:
    born = _years(people)
    added = max(round(share * people), 12)
    assert _common(born | {day: born.get(day, 0) + added}) in ({day}, _of_its_kind(born, day))


def _of_its_kind(born: dict[datetime.date, int], day: datetime.date) -> set[datetime.date]:
    """Return all days of this day of the year: 1 January stands for itself in no year when it does not in one."""
    return {one for one in born if (one.month, one.day) == (day.month, day.day)} | {day}


def test_one_january_of_many_years_is_odd_though_no_year_is() -> None:
    born = _years(3_000)
    assigned = [datetime.date(year, 1, 1) for year in range(2005, 2015)]
    few = born | {day: born.get(day, 0) + 4 for day in assigned}
    assert set(assigned) <= _common(few)


def test_thirty_children_who_were_given_1_january_of_five_years_are_enough() -> None:
    born = _years(3_000)
    assigned = [datetime.date(year, 1, 1) for year in range(2005, 2010)]
    few = born | {day: born.get(day, 0) + 6 for day in assigned}
    assert set(assigned) <= _common(few)
    other = [datetime.date(year, 6, 15) for year in range(2005, 2010)]
    assert not set(other) & _common(born | {day: born.get(day, 0) + 2 for day in other})


@pytest.mark.parametrize("precision", ["month", "year"])
def test_coarse_birthdays_are_not_odd(precision: str) -> None:
    coarse: dict[datetime.date, int] = {}
    for day, many in _years(4_000).items():
        known = day.replace(day=1) if precision == "month" else day.replace(month=1, day=1)
        coarse[known] = coarse.get(known, 0) + many
    assert _common(coarse) == set()


def test_many_records_of_one_person_are_not_many_people() -> None:
    # Each of 2,000 people stands under two to five names, each misspelt in its own way.
    chance = np.random.default_rng(5)
    born: dict[datetime.date, int] = {}
    for day in chance.integers(0, 20_000, 2_000).tolist():
        born[_FIRST - datetime.timedelta(days=day)] = int(chance.integers(2, 6))
    assert _common(born) == set()


def _built(rows: list[dict[str, Any]], more: Placeholders | None = None) -> tuple[records.Built, list[tuple[Any, ...]]]:
    with sql.connect(threads=1) as connection:
        connection.register("identity_row", table(rows))
        built = records.build(connection, ("a", "b"), placeholders=more)
        found = connection.execute(
            "SELECT given_name, family_name, date_of_birth, postcodes, emails, identifiers FROM record ORDER BY number"
        ).fetchall()
    return built, found


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"given_name": "Unborn"}, (None, "smith")),
        ({"given_name": "TWIN ONE"}, (None, "smith")),
        ({"given_name": "Baby Girl Two"}, (None, "smith")),
        ({"given_name": "Unborn Baby"}, (None, "smith")),
        ({"given_name": "Redacted", "family_name": "Redacted"}, (None, None)),
        ({"given_name": "Master"}, (None, "smith")),
        ({"given_name": "Testa"}, ("testa", "smith")),
        ({"given_name": "Ada One"}, ("ada one", "smith")),
        ({"given_name": "A"}, ("a", "smith")),
        ({"given_name": "Pearl"}, ("pearl", "smith")),
    ],
)
def test_names_that_are_nobodys(said: dict[str, str], kept: tuple[str | None, str | None]) -> None:
    _, [record] = _built([identity_row("a", "1", **{"given_name": "Ada", "family_name": "Smith"} | said)])
    assert record[:2] == kept


def test_a_partnership_adds_its_own_words_and_days() -> None:
    day = datetime.date(1985, 5, 5)
    rows = [identity_row("a", "1", given_name="Whoever", family_name="Anyone", date_of_birth=day)]
    more = Placeholders(birthdays=(day,), given_names=("whoever",), family_names=("anyone",))
    built, [record] = _built(rows, more)
    assert record[:3] == (None, None, None)
    assert [(one.comparison, one.why, one.records) for one in built.aside] == [
        ("given_name", LISTED, 1),
        ("family_name", LISTED, 1),
        ("date_of_birth", LISTED, 1),
    ]


def _strangers(many: int, **shared: Any) -> list[dict[str, Any]]:
    letters = "abcdefghijklmnoprstuvwyz"
    return [
        identity_row(
            "a",
            str(at),
            given_name=f"{letters[at % 24]}{letters[at * 7 % 24]}ke",
            family_name=f"{letters[at * 5 % 24]}{letters[at * 11 % 24]}son",
            date_of_birth=datetime.date(2000 + at % 15, 1 + at % 12, 1 + at * 13 % 28),
            **{"postcode": f"PR{at % 9} {at % 8}AA", **shared},
        )
        for at in range(many)
    ]


@pytest.mark.parametrize(
    ("shared", "place", "comparison"),
    [
        ({"address": "1 Home Road", "postcode": "PR9 9ZZ"}, 3, "place"),
        ({"email": "office@school.example"}, 4, "email"),
    ],
)
def test_a_place_or_an_address_of_many_families_says_nothing(
    shared: dict[str, str], place: int, comparison: str
) -> None:
    others = [
        identity_row("b", str(at), given_name="Ada", postcode=f"LA{at} 1AA", address=f"{at} Hill") for at in range(60)
    ]
    built, found = _built([*_strangers(24, **shared), *others])
    assert (comparison, COMMON) in {(one.comparison, one.why) for one in built.aside}
    assert built.aside[0].shown == ()  # where a refuge is stands in no report
    if place == 4:
        assert all(record[place] == [] for record in found)
    else:
        [(homes,)] = [(len({str(one[place]) for one in found[:24]}),)]
        assert homes == 1  # the postcode stays: it is that of a street


def test_a_family_of_one_home_and_one_address_keeps_both() -> None:
    rows = _strangers(6, address="1 Home Road", postcode="PR9 9ZZ", email="we@home.example")
    built, found = _built([row | {"family_name": "Smith"} for row in rows])
    assert built.aside == ()
    assert all(record[3] == ["pr99zz"] and record[4] == ["we@home.example"] for record in found)


def test_an_identifier_of_many_people_is_nobodys() -> None:
    rows = _strangers(6)
    for number, row in enumerate(rows):
        row["source"], row["identifiers"] = "c", [("case", "0000000"), ("upn", f"A{number}")]
    built, found = _built(rows)
    assert [(one.comparison, one.values, one.records) for one in built.aside] == [("identifiers", 1, 6)]
    assert all(len(record[5]) == 1 for record in found)
