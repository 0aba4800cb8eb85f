"""Days in words."""

import datetime

from hub import dates


def test_a_day_has_no_nought_before_it_and_its_month_is_a_word() -> None:
    day = datetime.date(2023, 4, 1)
    assert (dates.in_words(day), dates.in_month(day)) == ("1 April 2023", "April 2023")
