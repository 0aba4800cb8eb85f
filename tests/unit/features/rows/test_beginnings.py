"""Windows that reach back to before their source began."""

import datetime
from pathlib import Path

import pytest

from features.rows.beginnings import ShortWindow, beginnings, in_words, short_windows
from hub.workspace import Workspace
from tests.factories.snapshots import snapshot
from tests.factories.use_cases import indicator

DAY = datetime.date(2024, 1, 1)


@pytest.mark.parametrize(
    ("window", "began", "told"),
    [
        (365, 1000, None),
        (365, 365, None),
        (365, 364, 364),
        (365, 0, 0),
        (365, -30, 0),
        (None, 10, None),
    ],
    ids=["long before", "just", "a day short", "on the day", "later", "no window"],
)
def test_the_days_that_are_told(window: int | None, began: int, told: int | None) -> None:
    one = indicator("counted", window_days=window)
    begins = {"police": DAY - datetime.timedelta(days=began)}
    assert [short.told for short in short_windows([one], [DAY], begins)] == ([] if told is None else [told])


def test_the_last_source_to_begin_decides_and_one_without_events_says_nothing() -> None:
    one = indicator("counted", sources=["police", "school"], window_days=100)
    early, late = DAY - datetime.timedelta(days=900), DAY - datetime.timedelta(days=40)
    assert [short.told for short in short_windows([one], [DAY], {"police": early, "school": late})] == [40]
    assert not list(short_windows([one], [DAY], {"police": early}))
    assert not list(short_windows([one], [DAY], {}))


def test_a_few_old_events_are_no_beginning(tmp_path: Path) -> None:
    days = [datetime.date(1950, 1, 1), *(DAY + datetime.timedelta(days=number) for number in range(300))]
    events = [{"person_id": "ada", "occurred_on": day, "event_type": "incident", "source": "police"} for day in days]
    published = snapshot(Workspace(tmp_path), person=[{"person_id": "ada"}], event=events, known_to="2025-01-01")
    assert beginnings(published, ["police", "school"]) == {"police": DAY + datetime.timedelta(days=2)}


def test_each_length_of_window_is_a_sentence() -> None:
    found = [ShortWindow(f"i{at}", DAY, 1095, 200 + at) for at in range(5)] + [ShortWindow("j", DAY, 365, 100)]
    lines = in_words(found)
    assert len(lines) == 2
    assert "i0, i1, i2 and 2 more" in lines[1]
    assert "as few as 200 days" in lines[1]
    assert in_words([]) == []
