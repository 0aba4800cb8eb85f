"""Days in words, as every page, report and answer says them: "1 April 2023", "April 2023"."""

import datetime


def in_words(day: datetime.date) -> str:
    """Return a day such as "1 April 2023"."""
    return f"{day.day} {in_month(day)}"


def in_month(day: datetime.date) -> str:
    """Return the month of a day, such as "April 2023"."""
    return f"{day:%B %Y}"
