"""End date and conditions of a decision: a truth table."""

import datetime

import pytest

from ethics.acts.decisions import Condition, DecisionOutcome, check_terms
from ethics.rules.panel import checked_words
from hub.errors import InputError

TODAY = datetime.date(2026, 3, 2)


def day(number: int) -> datetime.date:
    """Return the day so many days after the day of the decision."""
    return TODAY + datetime.timedelta(days=number)


def condition(due: int, owner: str = "Early help lead", words: str = "Tell families in writing") -> Condition:
    """Return a condition that is due so many days after the decision."""
    return Condition(words, owner, day(due))


@pytest.mark.parametrize(
    ("outcome", "expires", "conditions", "fine"),
    [
        (DecisionOutcome.APPROVED, 1, [], True),
        (DecisionOutcome.APPROVED, 365, [], True),
        (DecisionOutcome.APPROVED, 366, [], False),
        (DecisionOutcome.APPROVED, 0, [], False),
        (DecisionOutcome.APPROVED, -1, [], False),
        (DecisionOutcome.APPROVED, None, [], False),
        (DecisionOutcome.APPROVED, 90, [condition(0)], True),
        (DecisionOutcome.APPROVED, 90, [condition(90)], True),
        (DecisionOutcome.APPROVED, 90, [condition(30), condition(91)], False),
        (DecisionOutcome.APPROVED, 90, [condition(-1)], False),
        (DecisionOutcome.APPROVED, 90, [condition(1, owner="  ")], False),
        (DecisionOutcome.APPROVED, 90, [condition(1, owner="a\nb")], False),
        (DecisionOutcome.APPROVED, 90, [condition(1, words="Soon")], False),
        (DecisionOutcome.DECLINED, None, [], True),
        (DecisionOutcome.DECLINED, 90, [], False),
        (DecisionOutcome.DECLINED, None, [condition(1)], False),
        (DecisionOutcome.RETURNED, None, [], True),
        (DecisionOutcome.RETURNED, 90, [], False),
        (DecisionOutcome.RETURNED, None, [condition(1)], False),
    ],
)
def test_terms(outcome: DecisionOutcome, expires: int | None, conditions: list[Condition], fine: bool) -> None:
    def check() -> None:
        check_terms(
            outcome=outcome,
            expires_on=None if expires is None else day(expires),
            conditions=conditions,
            today=TODAY,
            approval_days=365,
        )

    if fine:
        check()
    else:
        with pytest.raises(InputError):
            check()


def test_the_message_names_the_latest_day() -> None:
    with pytest.raises(InputError, match=r"The latest is 2027-03-02 \(--expires-on\)"):
        check_terms(outcome=DecisionOutcome.APPROVED, expires_on=None, conditions=[], today=TODAY, approval_days=365)


@pytest.mark.parametrize("text", ["", " ", "no", "two words", "a b c\x00", "a b c\x1b[31m", "word " * 4001])
def test_words_that_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        checked_words(text, "The reasons")


def test_words_are_kept_without_space_around_them() -> None:
    assert (
        checked_words("  Families asked\nfor this – we did.\t ", "The reasons") == "Families asked\nfor this – we did."
    )
