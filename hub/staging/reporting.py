"""Of which days a source has told: the one answer to "up to which day does this source report".

    told = of_source(source, extracts)         # Reported: half-open spans of days
    told.covers(as_of, as_of + horizon)        # has it told of every day of this time?
    told.until                                 # the first day of which it has not told

The newest day of delivery of *any* source says nothing about this one. A delivery tells of the days before its own,
less the recording delay that the source declares. A return of a period tells of its year alone, however late it came.
A year of which no return came is a gap: nobody may take it for a year in which nothing happened.

| delivered on | delay | period, ends on | tells of |
|---|---|---|---|
| 2022-07-01 | 0 | – | all days before 2022-07-01 |
| 2022-07-01 | 14 | – | all days before 2022-06-17 |
| 2021-06-30 | 0 | 2021, 31 March | 2020-04-01 to 2021-03-31 |
| 2021-02-01 | 0 | 2021, 31 March | 2020-04-01 to 2021-01-31: it came before its year was over |
"""

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from hub.declarations.sources import Source
from hub.errors import IntegrityError
from hub.staging.extracts import Extract

Span = tuple[datetime.date, datetime.date]
"""The first day, which is in, and the first day after it, which is not."""

Months = Sequence[tuple[datetime.date, int]]
"""How many events are dated in each month, by its first day."""

_DAY = datetime.timedelta(days=1)
_YEAR = re.compile(r"(?:19|20)\d\d")
_TWO_YEARS = re.compile(r"(?P<first>(?:19|20)?\d\d)[^0-9]?(?P<last>(?:(?:19|20)?\d\d))")
_SHORT = re.compile(r"[A-Za-z]+[^0-9A-Za-z]?(?P<last>(?:19|20)?\d\d)")


@dataclass(frozen=True, slots=True)
class Reported:
    """The days of which a source has told.

    Attributes:
        spans: half-open, sorted, with a gap between any two; `date.min` stands for "as far back as it goes".
    """

    spans: tuple[Span, ...] = ()

    @classmethod
    def of(cls, spans: Iterable[Span]) -> Self:
        """Put spans together; those that touch or overlap become one, and empty ones are left out."""
        found: list[Span] = []
        for first, until in sorted(spans):
            if first >= until:
                continue
            if found and first <= found[-1][1]:
                found[-1] = found[-1][0], max(found[-1][1], until)
            else:
                found.append((first, until))
        return cls(tuple(found))

    @property
    def until(self) -> datetime.date | None:
        """The first day of which it has not told, however it goes on after gaps before; None when it told of none."""
        return self.spans[-1][1] if self.spans else None

    @property
    def last(self) -> datetime.date | None:
        """The last day of which it has told; None when it told of none."""
        return self.spans[-1][1] - _DAY if self.spans else None

    def covers(self, first: datetime.date, until: datetime.date) -> bool:
        """Say whether it told of every day of `[first, until)`."""
        return any(start <= first and until <= end for start, end in self.spans)

    def both(self, other: "Reported") -> "Reported":
        """Return the days of which both have told."""
        return Reported.of(
            (max(first, start), min(until, end)) for first, until in self.spans for start, end in other.spans
        )

    def as_json(self) -> list[list[str | None]]:
        """Return `[first or null, until]` for each span."""
        return [
            [None if first == datetime.date.min else first.isoformat(), until.isoformat()]
            for first, until in self.spans
        ]

    @classmethod
    def from_json(cls, said: Any) -> "Reported":
        """Read what `as_json` gives.

        Raises:
            IntegrityError: it is something else.
        """
        try:
            return cls.of((datetime.date.min if first is None else _date(first), _date(until)) for first, until in said)
        except (TypeError, ValueError):
            raise IntegrityError("A source does not say up to which day it reports.", "Publish anew.") from None


EVER = Reported(((datetime.date.min, datetime.date.max),))
"""All days."""


def _date(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def year_of(period: str) -> int | None:
    """Return the year in which a period ends, by its usual names; None when the name does not say one.

    2019, 2018-19, 2018_19, 2018/2019, 201819, 1819 and FY19 are all the year that ends in 2019.
    """
    text = period.strip()
    both = _TWO_YEARS.fullmatch(text)
    if both is not None and _follows(both["first"], both["last"]):
        return _century(both["last"])
    if _YEAR.fullmatch(text):
        return int(text)
    short = _SHORT.fullmatch(text)
    return None if short is None else _century(short["last"])


def _century(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _follows(first: str, last: str) -> bool:
    """Say whether the second of two years, of two or four digits, is the one after the first."""
    return _century(last) == _century(first) + 1


def span_of_period(period: str, ends: str, months: Months = ()) -> Span | None:
    """Return the year of days that a period's return tells of; None when the period's name says no year.

    Some name a return by the year in which it ends and some by the year in which it begins. It is taken to end in the
    year named, unless more than half as many events are dated in the year after: then it begins in the year named.

    | named | events of 2020/21 | of 2021/22 | tells of |
    |---|---|---|---|
    | 2021 | 900 | 2 (slips of the pen) | 2020-04-01 to 2021-03-31 |
    | 2021 | 700 (told again) | 900 | 2021-04-01 to 2022-03-31 |

    Args:
        period: such as 2021.
        ends: its last day, as MM-DD.
        months: how many events are dated in each month, by its first day.
    """
    year = year_of(period)
    if year is None:
        return None
    month, day = (int(part) for part in ends.split("-"))
    spans = [
        (datetime.date(one - 1, month, day) + _DAY, datetime.date(one, month, day) + _DAY) for one in (year, year + 1)
    ]
    earlier, later = (events_in(span, months) for span in spans)
    return spans[1] if later > earlier / 2 else spans[0]


def events_in(span: Span, months: Months) -> int:
    """Return how many events are dated in months that begin in `[first, until)`."""
    return sum(many for day, many in months if span[0] <= day < span[1])


def of_delivery(source: Source, delivered_on: datetime.date, period: str | None, months: Months = ()) -> Span:
    """Return the days of which one delivery of a source tells: see the table above.

    Args:
        source: its recording delay and when its periods end.
        delivered_on: the day of delivery.
        period: the period that it is of, if any.
        months: how many events are dated in each month, by its first day.
    """
    first, until = datetime.date.min, delivered_on - datetime.timedelta(days=source.delay_days)
    ends = source.period_ends
    of_period = None if period is None or ends is None else span_of_period(period, ends, months)
    if of_period is not None:
        first, until = of_period[0], min(until, of_period[1])
    return first, until


def months_of(said: Iterable[tuple[str, int]]) -> Months:
    """Return the fact `days` of an extract (hub.staging.extracts) as dates and counts."""
    return tuple((_date(day), many) for day, many in said)


def of_source(source: Source, extracts: Sequence[Extract]) -> Reported:
    """Return the days of which the extracts of one source that hold now have told."""
    return Reported.of(of_delivery(source, one.delivered_on, one.period, one.facts.days) for one in extracts)
