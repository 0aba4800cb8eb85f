"""Every measure of events with numbers worked out by hand: kernel and oracle must both give them."""

import datetime
from collections.abc import Iterable
from math import log2

import pytest

from features.declarations.catalogue import Indicator, Over
from features.declarations.measures import DAYS_IN_MONTH, DEFINITIONS, Measure, Reads
from hub.errors import ConfigurationError
from tests.factories.histories import AS_OF, DAY, ago, of_each_measure
from tests.factories.streams import STATES, each, numbers, worked_out
from tests.factories.use_cases import indicator

# 90, 30, 28, 15, 7 and 1 days before 29 February 2024.
INCIDENTS = """
    event_id | occurred_on | event_type | source | detail | value
    e1       | 2023-12-01  | incident   | police | a      | 4
    e2       | 2024-01-30  | incident   | police | b      | 1
    e3       | 2024-02-01  | incident   | school | b      | -
    e4       | 2024-02-14  | incident   | police | -      | 2.5
    e5       | 2024-02-22  | incident   | school | a      | 0.5
    e6       | 2024-02-28  | incident   | police | c      | 6
    e7       | 2024-02-28  | other      | health | z      | 99
"""
BY_HAND: dict[Measure, dict[int | None, float | None]] = {
    Measure.COUNT: {None: 6, 90: 6, 30: 5, 29: 4, 6: 1},
    Measure.ANY: {None: 1, 90: 1, 30: 1, 29: 1, 6: 1},
    Measure.KNOWN: {None: 1, 90: 1, 30: 1, 29: 1, 6: 1},
    Measure.DAYS_SINCE_LAST: {None: 1, 90: 1, 30: 1, 29: 1, 6: 1},
    Measure.DAYS_SINCE_FIRST: {None: 90, 90: 90, 30: 30, 29: 28, 6: 1},
    Measure.DISTINCT_SOURCES: {None: 2, 90: 2, 30: 2, 29: 2, 6: 1},
    Measure.DISTINCT_DETAILS: {None: 3, 90: 3, 30: 3, 29: 3, 6: 1},
    Measure.SUM: {None: 14, 90: 14, 30: 10, 29: 9, 6: 6},
    Measure.MEAN: {None: 2.8, 90: 2.8, 30: 2.5, 29: 3, 6: 6},
    Measure.MINIMUM: {None: 0.5, 90: 0.5, 30: 0.5, 29: 0.5, 6: 6},
    Measure.MAXIMUM: {None: 6, 90: 6, 30: 6, 29: 6, 6: 6},
    Measure.LATEST: {None: 6, 90: 6, 30: 6, 29: 6, 6: 6},
    Measure.RATE: {90: 6 * 30.4375 / 90, 30: 5 * 30.4375 / 30, 29: 4 * 30.4375 / 29, 6: 30.4375 / 6},
    # In the last 5 days one (e6), in the last 7 days two (e5, e6).
    Measure.TREND: {
        90: 30.4375 * (2 / 7 - 4 / 83),
        30: 30.4375 * (2 / 7 - 3 / 23),
        29: 30.4375 * (2 / 7 - 2 / 22),
        6: 30.4375 * (1 / 5 - 0 / 1),
    },
    Measure.MEAN_CHANGE: {90: 3.25 - 2.5, 30: 3.25 - 1.75, 29: 3.25 - 2.5, 6: None},
    # a b b - a c: from a to b, from b to a, from a to c.
    Measure.CHANGES: {None: 3, 90: 3, 30: 2, 29: 2, 6: 0},
    Measure.ENTROPY: {
        None: -(0.8 * log2(0.4) + 0.2 * log2(0.2)),
        90: 1.5219280948873621,
        30: 1.5,
        29: log2(3),
        6: 0,
    },
}


def _of(measures: Iterable[Measure]) -> list[Indicator]:
    return [
        indicator(
            f"{measure}_{window or 'all'}",
            measure=measure,
            sources=["police", "school", "health"],
            events=None if measure is Measure.KNOWN else {"types": ["incident"]},
            window_days=window,
            recent_days=(5 if window == 6 else 7) if DEFINITIONS[measure].needs_recent else None,
        )
        for measure in measures
        for window in BY_HAND[measure]
    ]


def test_each_measure_of_events_by_hand() -> None:
    found = iter(numbers(INCIDENTS, *_of(BY_HAND)))
    for measure, expected in BY_HAND.items():
        assert {window: next(found) for window in expected} == pytest.approx(expected, abs=1e-12), measure


@pytest.mark.parametrize("measure", BY_HAND)
def test_each_measure_alone_reads_all_that_it_needs(measure: Measure) -> None:
    """Beside others it would borrow what they had read."""
    expected = BY_HAND[measure]
    found = dict(zip(expected, numbers(INCIDENTS, *_of([measure])), strict=True))
    assert found == pytest.approx(expected, abs=1e-12)
    turned = [{"value": "9", "detail": "y"}[name] for name in ("value", "detail")]
    rows = INCIDENTS.strip().splitlines()
    others = {"value": 5, "detail": 4}
    for field, at in others.items():
        changed = [rows[0], *(_with(row, at, turned[[*others].index(field)]) for row in rows[1:])]
        moved = numbers("\n".join(changed), *_of([measure])) != numbers(INCIDENTS, *_of([measure]))
        assert moved == (DEFINITIONS[measure].field == field), "what it declares to hang on is what it hangs on"


def _with(row: str, at: int, value: str) -> str:
    cells = [cell.strip() for cell in row.split("|")]
    return " | ".join([*cells[:at], value, *cells[at + 1 :]])


def test_every_measure_has_numbers_by_hand() -> None:
    of_states = {measure for measure, meant in DEFINITIONS.items() if meant.reads is Reads.SPELLS}
    assert set(BY_HAND) | of_states | {Measure.DISTINCT_KINDS} == set(Measure)
    assert of_states == set(STATES)
    assert DAYS_IN_MONTH == 365.25 / 12


def test_without_events_a_number_is_zero_or_there_is_none() -> None:
    counts = ("count", "any", "known", "distinct_sources", "distinct_details", "distinct_kinds", "sum", "rate", "trend")
    states = ("changes", "in_state", "days_in_state", "share_in_state", "longest_spell")
    none = ("days_since_last", "days_since_first", "mean", "minimum", "maximum", "latest", "mean_change", "entropy")
    expected = dict.fromkeys((*counts, *states), 0) | dict.fromkeys((*none, "current_spell"), None)
    wanted = of_each_measure(
        over=Over.SELF,
        window_days=30,
        recent_days=7,
        sources=["police"],
        spells={"starts": {"types": ["incident"]}, "ends": {"types": ["stop"]}},
    )
    told_too_late = [{"occurred_on": ago(2), "known_from": AS_OF + DAY, "value": 1.0, "detail": "a"}]
    of_another_source = [{"occurred_on": ago(2), "source": "school", "value": 1.0, "detail": "a"}]
    for found in each([[], told_too_late, of_another_source], *wanted):
        assert dict(zip((one.measure.value for one in wanted), found, strict=True)) == expected


def test_events_of_one_day_stand_in_the_order_of_their_pseudonyms() -> None:
    event = """
        event_id | occurred_on | detail | value
        e2       | 2024-02-01  | b      | 1
        e1       | 2024-02-01  | a      | -1e16
        e4       | 2024-02-01  | a      | -
        e3       | 2024-02-01  | b      | 1e16
    """
    wanted = [indicator(one, measure=one) for one in ("latest", "changes", "sum")]
    # From the newest to the oldest: 1e16 + 1 is 1e16, and less 1e16 is 0.
    assert numbers(event, *wanted) == [1e16, 2, 0]
    turned = event.replace("e1 ", "e5 ")
    assert numbers(turned, *wanted) == [-1e16, 1, 1]


def test_a_corrected_event_counts_once_on_every_date() -> None:
    event = """
        person_id | event_id | occurred_on | known_from | known_to   | value
        ada       | wrong    | 2024-01-10  | 2024-01-15 | 2024-02-10 | 5
        ada       | right    | 2024-01-10  | 2024-02-10 | -          | 3
    """
    days = [datetime.date.fromisoformat(one) for one in ("2024-01-14", "2024-01-15", "2024-02-09", "2024-02-10")]
    found = worked_out([indicator(), indicator("total", measure="sum")], [("ada", day) for day in days], event=event)
    assert list(found.values()) == [[0, 0], [1, 5], [1, 5], [1, 3]]


def test_filters_hold_on_every_column() -> None:
    event = """
        source | event_type | role    | detail   | origin   | occurred_on
        police | incident   | victim  | violence | reported | 2024-01-01
        police | incident   | suspect | violence | reported | 2024-01-02
        police | incident   | -       | violence | reported | 2024-01-03
        police | incident   | victim  | theft    | reported | 2024-01-04
        police | incident   | victim  | -        | reported | 2024-01-05
        police | incident   | victim  | violence | agency   | 2024-01-06
        police | incident   | victim  | violence | -        | 2024-01-07
        police | missing    | victim  | violence | reported | 2024-01-08
        school | incident   | victim  | violence | reported | 2024-01-09
    """
    exact = {"types": ["incident"], "roles": ["victim"], "details": ["violence"], "origins": ["reported"]}
    wanted = [
        indicator("all_of_it", events=exact),
        indicator("any_role", events=exact | {"roles": None}),
        indicator("two_roles", events=exact | {"roles": ["victim", "suspect"]}),
        indicator("any_detail", events=exact | {"details": None}),
        indicator("any_origin", events=exact | {"origins": None}),
        indicator("two_types", events=exact | {"types": ["incident", "missing"]}),
        indicator("two_sources", events=exact, sources=["school", "police"]),
        indicator("no_such_word", events=exact | {"roles": ["nobody"]}),
        indicator("known", measure="known", events=None, sources=["school"]),
        indicator("not_known", measure="known", events=None, sources=["health"]),
    ]
    assert numbers(event, *wanted) == [1, 3, 2, 3, 3, 2, 2, 0, 1, 0]


def test_a_kind_counts_once_however_often_it_happened_and_an_event_may_be_of_several() -> None:
    event = """
        event_type | role   | occurred_on
        incident   | victim | 2024-02-01
        incident   | victim | 2024-02-02
        exclusion  | -      | 2023-01-01
    """
    kinds = {
        "harmed": {"types": ["incident"], "roles": ["victim"]},
        "any_incident": {"types": ["incident"]},
        "excluded": {"types": ["exclusion"]},
        "missing": {"types": ["missing"]},
    }
    asked = {"measure": "distinct_kinds", "events": None, "kinds": kinds}
    assert numbers(event, indicator("ever", **asked), indicator("lately", window_days=30, **asked)) == [3, 2]


def test_sources_are_told_apart_however_many_a_snapshot_has_and_too_many_asked_for_are_refused() -> None:
    event = [{"occurred_on": "2024-02-01", "source": f"s{number:03}"} for number in range(130)]
    last = [f"s{number:03}" for number in range(67, 130)]
    assert numbers(event, indicator(measure="distinct_sources", sources=last)) == [63]
    with pytest.raises(ConfigurationError, match="read 64 sources"):
        numbers(event, indicator(measure="distinct_sources", sources=["s000", *last]))
