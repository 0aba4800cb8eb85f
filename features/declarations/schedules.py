"""Schedules: the as-of dates of a use case, declared in one of three ways. Each gives its dates by `scheduled()`."""

import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from hub.yaml_documents import Document

_MOST_MONTHS = 12 * 100


class FixedDates(Document):
    """As-of dates, one by one."""

    kind: Literal["dates"] = Field(description="dates")
    dates: tuple[datetime.date, ...] = Field(min_length=3, description="The dates of looking.")

    def scheduled(self) -> tuple[datetime.date, ...]:
        """Return the as-of dates, sorted, each once."""
        return tuple(sorted(set(self.dates)))


class EveryMonths(Document):
    """As-of dates on the same day of every n-th month."""

    kind: Literal["every_months"] = Field(description="every_months")
    first: datetime.date = Field(description="The first date of looking; its day is at most 28.")
    last: datetime.date = Field(description="No date of looking is after it.")
    months: int = Field(ge=1, le=24, description="Months from one date to the next.")

    @model_validator(mode="after")
    def _day_in_every_month(self) -> Self:
        if self.first.day > 28:
            raise ValueError("first: take a day up to 28, which every month has")
        return self

    def scheduled(self) -> tuple[datetime.date, ...]:
        """Return the as-of dates, sorted."""
        found: list[datetime.date] = []
        for count in range(0, _MOST_MONTHS, self.months):
            year, month = divmod(self.first.year * 12 + self.first.month - 1 + count, 12)
            day = datetime.date(year, month + 1, self.first.day)
            if day > self.last:
                break
            found.append(day)
        return tuple(found)


class DaysAfterStarts(Document):
    """As-of dates some days after named starts, such as the first days of a term."""

    kind: Literal["days_after_starts"] = Field(description="days_after_starts")
    starts: dict[str, datetime.date] = Field(min_length=1, description="Named start dates.")
    days: tuple[int, ...] = Field(min_length=1, description="Days after each start.")

    def scheduled(self) -> tuple[datetime.date, ...]:
        """Return the as-of dates, sorted, each once."""
        dates = {start + datetime.timedelta(days=day) for start in self.starts.values() for day in self.days}
        return tuple(sorted(dates))


Schedule = Annotated[FixedDates | EveryMonths | DaysAfterStarts, Field(discriminator="kind")]
