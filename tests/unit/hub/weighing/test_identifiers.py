"""Identifiers are trusted until the records show that one person often has two."""

import datetime

import pytest

from hub import sql
from hub.linking import records
from hub.weighing import comparisons, identifiers
from tests.factories.identity import identity_row, table


def _trust(kind: str, wrong: int, pairs: int = 400) -> identifiers.Trust:
    rows = []
    for number in range(pairs):
        known = {"given_name": "Ella", "family_name": f"Smith{chr(97 + number // 26)}{chr(97 + number % 26)}"}
        known |= {"postcode": "PR1 1AA"}
        born = datetime.date(2010, 1, 1) + datetime.timedelta(days=number)
        for source in "ab":
            value = f"{source if number < wrong else ''}{number * 7919:09}"
            value = value.replace("a", "111").replace("b", "222")
            rows.append(identity_row(source, str(number), date_of_birth=born, identifiers={kind: value}, **known))
    with sql.connect() as connection:
        connection.register("identity_row", table(rows))
        records.build(connection, ("a", "b"))
        assumed = comparisons.starting_values(["identifiers"], 0.001).m["identifiers"]
        return identifiers.trust(connection, assumed)


@pytest.mark.parametrize(
    ("kind", "wrong", "doubtful"),
    [("card", 0, ()), ("card", 2, ()), ("card", 20, ("card",)), ("nhs_number", 20, ()), ("upn", 20, ())],
)
def test_a_kind_is_doubtful_when_many_sure_pairs_have_two(kind: str, wrong: int, doubtful: tuple[str, ...]) -> None:
    found = _trust(kind, wrong)
    assert found.doubtful == doubtful
    assert sum(found.shares.values()) == pytest.approx(1)
    assert found.shares["different"] == pytest.approx((wrong + 1.5) / 500, abs=0.001)


def test_too_few_pairs_show_nothing() -> None:
    assert _trust("card", 20, 40).doubtful == ()


def test_birthdays_that_are_often_wrong_are_doubtful() -> None:
    assert identifiers.doubtful_birthdays({"date_of_birth": {"the same": 0.9}}) == ()
    assert identifiers.doubtful_birthdays({"date_of_birth": {"the same": 0.4}}) == ("date_of_birth",)
    assert identifiers.doubtful_birthdays({}) == ()
