"""End date and conditions of a decision: a truth table."""

import datetime

import pytest

from ethics.acts.decisions import Condition, Outcome, check_terms
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
        (Outcome.APPROVED, 1, [], True),
        (Outcome.APPROVED, 365, [], True),
        (Outcome.APPROVED, 366, [], False),
        (Outcome.APPROVED, 0, [], False),
        (Outcome.APPROVED, -1, [], False),
        (Outcome.APPROVED, None, [], False),
        (Outcome.APPROVED, 90, [condition(0)], True),
        (Outcome.APPROVED, 90, [condition(90)], True),
        (Outcome.APPROVED, 90, [condition(30), condition(91)], False),
        (Outcome.APPROVED, 90, [condition(-1)], False),
        (Outcome.APPROVED, 90, [condition(1, owner="  ")], False),
        (Outcome.APPROVED, 90, [condition(1, owner="a\nb")], False),
        (Outcome.APPROVED, 90, [condition(1, words="Soon")], False),
        (Outcome.DECLINED, None, [], True),
        (Outcome.DECLINED, 90, [], False),
        (Outcome.DECLINED, None, [condition(1)], False),
        (Outcome.RETURNED, None, [], True),
        (Outcome.RETURNED, 90, [], False),
        (Outcome.RETURNED, None, [condition(1)], False),
    ],
)
def test_terms(outcome: Outcome, expires: int | None, conditions: list[Condition], fine: bool) -> None:
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
        check_terms(outcome=Outcome.APPROVED, expires_on=None, conditions=[], today=TODAY, approval_days=365)


@pytest.mark.parametrize("text", ["", " ", "no", "two words", "a b c\x00", "a b c\x1b[31m", "word " * 4001])
def test_words_that_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        checked_words(text, "The reasons")


def test_words_are_kept_without_space_around_them() -> None:
    assert (
        checked_words("  Families asked\nfor this – we did.\t ", "The reasons") == "Families asked\nfor this – we did."
    )
