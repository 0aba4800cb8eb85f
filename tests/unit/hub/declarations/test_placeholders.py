"""The list of what is written for "not known"."""

import datetime

import pytest

from hub.declarations import placeholders
from hub.declarations.placeholders import BIRTHDAYS, FAMILY_NAMES, GIVEN_NAMES


def test_every_birthday_is_a_day_and_stands_once() -> None:
    assert [datetime.date.fromisoformat(day).isoformat() for day in BIRTHDAYS] == sorted(set(BIRTHDAYS))


@pytest.mark.parametrize("names", [GIVEN_NAMES, FAMILY_NAMES])
def test_names_are_in_small_letters_with_single_blanks_and_stand_once(names: tuple[str, ...]) -> None:
    assert list(names) == [" ".join(name.casefold().split()) for name in names]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("name", "names", "nobody"),
    [
        ("Unborn", GIVEN_NAMES, True), ("  TWIN  One ", GIVEN_NAMES, True), ("TBC", FAMILY_NAMES, True),
        ("Redacted", FAMILY_NAMES, True), ("Ann", GIVEN_NAMES, False), ("Na", FAMILY_NAMES, False),
        ("Baby", FAMILY_NAMES, True), ("Testa", FAMILY_NAMES, False),
    ],
)  # fmt: skip
def test_a_name_is_told_whatever_its_letters(name: str, names: tuple[str, ...], nobody: bool) -> None:
    assert placeholders.is_name(name, names) is nobody


def test_a_partnership_adds_birthdays() -> None:
    day = datetime.date(2007, 7, 7)
    assert not placeholders.is_birthday(day)
    assert placeholders.is_birthday(day, (day,))
    assert placeholders.is_birthday(datetime.date(1900, 1, 1))
    assert placeholders.every_birthday((day,))[-1] == "2007-07-07"
