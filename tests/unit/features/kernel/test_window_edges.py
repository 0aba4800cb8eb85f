"""Edges of windows and of what was known, by hand: kernel and oracle must both be right."""

import datetime
from typing import Any

import pytest

from tests.factories.histories import AS_OF, ago
from tests.factories.snapshots import drawn
from tests.factories.streams import each, numbers, of_states, worked_out
from tests.factories.use_cases import indicator

EDGES = """
    occurred_on | known_from | known_to   | counts
    2024-02-29  | 2024-02-29 | -          | 0
    2024-02-28  | 2024-02-28 | -          | 1
    2024-01-30  | 2024-01-30 | -          | 1
    2024-01-29  | 2024-01-29 | -          | 0
    2024-02-01  | 2024-02-29 | -          | 1
    2024-02-01  | 2024-03-01 | -          | 0
    2024-02-01  | 2024-02-02 | 2024-02-28 | 0
    2024-02-01  | 2024-02-02 | 2024-02-29 | 0
    2024-02-01  | 2024-02-02 | 2024-03-01 | 1
    2024-02-01  | 2024-02-02 | 2024-02-02 | 0
    2024-02-01  | 2024-02-02 | 9999-12-31 | 1
"""


def test_edges_of_the_window_and_of_what_was_known() -> None:
    """On 29 February, 30 days: on the date is out, 30 days before is in; known on it is in, withdrawn on it is out."""
    cases, expected = [], []
    for row in drawn(EDGES):
        counts = int(row.pop("counts") or "")
        days = (AS_OF - datetime.date.fromisoformat(row["occurred_on"] or "")).days
        cases.append([row | {"event_type": one, "event_id": one, "episode_id": "x"} for one in ("incident", "start")])
        expected.append([counts, counts, days if counts else None, counts])
    kinds = {"a": {"types": ["incident"]}}
    found = each(
        cases,
        indicator("count", window_days=30),
        indicator("kinds", measure="distinct_kinds", events=None, kinds=kinds, window_days=30),
        indicator("last", measure="days_since_last", window_days=30),
        of_states(30)[0],
    )
    assert found == expected


def test_windows_are_days_of_the_calendar_with_leap_days() -> None:
    days = [datetime.date.fromisoformat(one) for one in ("2024-02-29", "2024-03-01", "2025-02-28", "2025-03-01")]
    days.append(datetime.date(2028, 2, 29))
    wanted = [indicator(f"in_{window}", window_days=window) for window in (1, 365, 366, 1460, 1461)]
    event = [{"person_id": "ada", "occurred_on": "2024-02-29"}]
    found = worked_out(wanted, [("ada", day) for day in days], event=event)
    assert list(found.values()) == [
        [0, 0, 0, 0, 0],
        [1, 1, 1, 1, 1],  # the window of one day is 29 February alone
        [0, 1, 1, 1, 1],  # 365 days before is 29 February 2024
        [0, 0, 1, 1, 1],
        [0, 0, 0, 0, 1],  # four years, one of them with a leap day
    ]


def test_an_event_long_ago_or_before_birth_counts_and_one_in_the_far_future_does_not() -> None:
    event = [{"occurred_on": day} for day in ("1900-01-01", "1969-12-31", "2024-02-28", "9999-12-31")]
    wanted = [
        indicator("ever"),
        indicator("long", window_days=36_600),
        indicator("first", measure="days_since_first"),
        indicator("recent", window_days=19_783),  # 31 December 1969 is 19,783 days before
    ]
    assert numbers(event, *wanted) == [3, 2, (AS_OF - datetime.date(1900, 1, 1)).days, 2]


def test_the_recent_days_of_a_trend_are_half_open_too() -> None:
    trend = indicator("trend", measure="trend", window_days=30, recent_days=7)
    lately, before = 30.4375 / 7, -30.4375 / 23
    found = each([[{"occurred_on": ago(days)}] for days in (6, 7, 8, 30, 31)], trend)
    assert [one for [one] in found] == pytest.approx([lately, lately, before, before, 0], abs=1e-12)


def test_a_change_of_means_needs_values_on_both_sides() -> None:
    expected = {(7, 8): -3, (6, 7): None, (8, 30): None, (7, 30): -3, (7, 31): None, (1, 8): -3}
    silent: list[dict[str, Any]] = [{"occurred_on": ago(day)} for day in (1, 7, 8, 30)]
    cases = [
        [*silent, {"occurred_on": ago(late), "value": 2.0}, {"occurred_on": ago(early), "value": 5.0}]
        for late, early in expected
    ]
    change = indicator("change", measure="mean_change", window_days=30, recent_days=7)
    assert [one for [one] in each(cases, change)] == list(expected.values())
