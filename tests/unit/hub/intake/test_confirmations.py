"""What must be confirmed before a delivery is taken, and how much taken away is much: truth tables."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.declarations.sources import Source
from hub.disclosing.disclosure import SmallNumbers
from hub.intake import confirmations
from hub.intake.confirmations import CONFIRM, WITHDRAW, ConfirmationError, Question
from hub.staging.taken_away import Loss, shown
from tests.examples import examples
from tests.oracles import published
from tests.oracles.attacker import Attacker

TODAY = datetime.date(2021, 6, 30)
CARE = Source.model_validate({"name": "care", "adapter": "ssda903", "agency": "council", "gateways": ["duty"]})


@pytest.mark.parametrize(("delivered_on", "asked"), [("2021-06-29", 0), ("2021-06-30", 0), ("2021-07-01", 1)])
def test_a_day_of_delivery_that_has_not_come_is_asked_about(delivered_on: str, asked: int) -> None:
    assert len(confirmations.of_day(datetime.date.fromisoformat(delivered_on), TODAY)) == asked


@pytest.mark.parametrize(
    ("period", "days", "asked"),
    [
        pytest.param("2021", [("2020-06-01", 10)], "", id="of its year"),
        pytest.param("2021", [("2015-06-01", 90), ("2021-03-01", 1)], "", id="mostly told again"),
        pytest.param("2021", [("2021-06-01", 10)], "", id="named by the year in which it begins"),
        pytest.param("2021", [("2019-06-01", 10)], "nothing in them is of that year", id="of an earlier year"),
        pytest.param("2021", [("2020-06-01", 3), ("2022-06-01", 10)], "of later days", id="of a later year"),
        pytest.param("2021", [("2020-06-01", 30), ("2022-06-01", 2)], "", id="a slip of the pen"),
        pytest.param("2021", [], "", id="nothing dated"),
        pytest.param("spring", [("2015-06-01", 10)], "", id="no year in the name"),
        pytest.param(None, [("2015-06-01", 10)], "", id="no period"),
    ],
)
def test_content_of_another_year_than_its_name_is_asked_about(
    period: str | None, days: list[tuple[str, int]], asked: str
) -> None:
    found = confirmations.of_period(CARE, period, days)
    assert [one.flag for one in found] == [CONFIRM] * bool(asked)
    assert all(asked in one.plain for one in found)


ODD, MUCH = Question("The day is odd.", CONFIRM), Question("Much goes.", WITHDRAW)


@pytest.mark.parametrize(
    ("questions", "confirmed", "withdraw", "left"),
    [
        ([], False, False, ""),
        ([ODD], False, True, "--confirm"),
        ([ODD], True, False, ""),
        ([MUCH], True, False, "--withdraw"),
        ([MUCH], False, True, ""),
        ([ODD, MUCH], False, False, "--confirm and --withdraw"),
        ([ODD, MUCH], True, True, ""),
    ],
)
def test_each_question_is_answered_by_its_own_flag(
    questions: list[Question], confirmed: bool, withdraw: bool, left: str
) -> None:
    if not left:
        confirmations.require(questions, confirmed=confirmed, withdraw=withdraw)
        return
    with pytest.raises(ConfirmationError, match=left) as raised:
        confirmations.require(questions, confirmed=confirmed, withdraw=withdraw)
    assert raised.value.exit_code == 14


@pytest.mark.parametrize(
    ("kind", "records", "of", "much"),
    [
        ("death", 1, 1000, True),
        ("death", 0, 1000, False),
        ("absence", 9, 9, False),
        ("absence", 10, 200, False),
        ("absence", 11, 200, True),
        ("involvements", 11, 200, True),
        ("people", 50, 200, False),
        ("people", 51, 200, True),
    ],
)
def test_how_much_is_much(kind: str, records: int, of: int, much: bool) -> None:
    assert Loss(kind, records, of, records).is_much == much


def test_small_numbers_of_a_loss_are_withheld() -> None:
    groups = {"sex": {"female": 12, "male": 4, "not recorded": 0}}
    said = Loss("absence", 16, 40, 16, groups).as_json(SmallNumbers())
    assert (said["records"], said["of"]) == (16, 40)
    held, few = {"withheld": "withheld"}, {"withheld": "fewer than 10"}
    assert said["groups"]["sex"] == {"female": held, "male": held, "not recorded": 0}
    deaths = Loss("death", 9, 20, 9, {"sex": {"female": 9, "male": 0}}).as_json(SmallNumbers())
    assert deaths["records"] == deaths["people"] == few
    assert {row["group"]: row["people"] for row in shown("care", [deaths])} == {
        "everybody": "fewer than 10",
        "sex: female": "withheld",
    }
    # The two that are left stand in the delivery that whoever reads this holds.
    nearly_all = Loss("absence", 10, 12, 10).as_json(SmallNumbers())
    assert (nearly_all["records"], nearly_all["of"]) == (10, 12)


def _loss(levels: dict[str, int], more: int, left: int) -> Loss:
    people = sum(levels.values())
    return Loss("absence", people + more, people + more + left, people, {"sex": levels})


_LEVELS = st.dictionaries(st.sampled_from(["female", "male", "not recorded"]), st.integers(0, 30), min_size=1)


@settings(max_examples=examples(60), deadline=None)
@given(st.builds(_loss, _LEVELS, st.integers(0, 12), st.integers(0, 30)))
def test_nobody_finds_a_small_number_of_a_loss_out(loss: Loss) -> None:
    attacker = Attacker()
    published.losses(attacker, "school", [loss.as_json(SmallNumbers())])
    assert attacker.recovered() == []
    assert attacker.known_small() == []
