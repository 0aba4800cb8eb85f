"""What somebody must confirm before a delivery is taken: it is not what its day, its name or the one before suggests.

    require(of_day(delivered_on, today), confirmed=False, withdraw=False)     # or ConfirmationError: nothing is taken

| what | confirmed by |
|---|---|
| the day of delivery has not come yet | `--confirm` |
| most of what it says is of later days than the period in its name, or all of it of earlier ones | `--confirm` |
| exactly this delivery was withdrawn | `--confirm` |
| it takes much away of what the one before it said (hub.staging.taken_away) | `--withdraw` |
| it tells deaths and comes late, or corrects them away on the same day (hub.intake.late_deliveries) | `--withdraw` |
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from hub.dates import in_month
from hub.declarations.sources import Source
from hub.errors import StateError
from hub.staging import reporting

CONFIRM, WITHDRAW = "--confirm", "--withdraw"


class ConfirmationError(StateError):
    """A delivery is not what was to be expected; nothing was taken. A flag says that it is right nevertheless."""

    exit_code: ClassVar[int] = 14
    kind = "to-be-confirmed"


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that somebody must confirm.

    Attributes:
        plain: what is unusual, in a sentence; small numbers are withheld.
        flag: how it is confirmed.
        rows: what is taken away, for a table (hub.staging.taken_away.shown); none for other questions.
    """

    plain: str
    flag: str
    rows: tuple[Mapping[str, Any], ...] = ()


def of_day(delivered_on: datetime.date, today: datetime.date) -> list[Question]:
    """Return what is to be asked about a day of delivery: nothing is known from a day that has not come."""
    if delivered_on <= today:
        return []
    return [Question(f"The day of delivery, {delivered_on}, has not come yet: today is {today}.", CONFIRM)]


def of_period(source: Source, period: str | None, days: Sequence[tuple[str, int]]) -> list[Question]:
    """Return what is to be asked about a period and what stands in its files.

    Args:
        source: declares on which day its periods end.
        period: what the files' names say.
        days: for each month its first day and how many events are dated in it, sorted.
    """
    if period is None or source.period_ends is None or not days:
        return []
    counts = reporting.months_of(days)
    span = reporting.span_of_period(period, source.period_ends, counts)
    if span is None:
        return []
    inside = reporting.events_in(span, counts)
    after = reporting.events_in((span[1], datetime.date.max), counts)
    last = span[1] - datetime.timedelta(days=1)
    where = f"The files of {source.name} are named {period}, which is taken as the year from {span[0]} to {last}, but"
    if after > inside:
        return [Question(f"{where} more of what they say is of later days.", CONFIRM)]
    if not inside:
        return [
            Question(f"{where} nothing in them is of that year: the newest is of {in_month(counts[-1][0])}.", CONFIRM)
        ]
    return []


def require(questions: Sequence[Question], *, confirmed: bool, withdraw: bool) -> None:
    """Raise unless each question was answered by its flag.

    Raises:
        ConfirmationError: it says what is unusual, and with which flags it is right.
    """
    given = {CONFIRM: confirmed, WITHDRAW: withdraw}
    left = [one for one in questions if not given[one.flag]]
    if left:
        flags = " and ".join(sorted({one.flag for one in left}))
        raise ConfirmationError(
            f"Nothing was taken. {' '.join(one.plain for one in left)}",
            f"Ask the agency; if it is right, run it again with {flags}.",
        )
