"""Every measure and every edge of its window with numbers worked out by hand: kernel and oracle must both give them."""

import datetime
from math import log2
from typing import Any

import pytest

from features.catalogue import Indicator
from features.measures import DAYS_IN_MONTH, DEFINITIONS, Measure, Reads
from tests.factories.histories import AS_OF, DAY, of_rows
from tests.factories.snapshots import drawn
from tests.factories.streams import differences, filled
from tests.factories.use_cases import indicator
from tests.oracles.measures import prepare

Rows = str | list[dict[str, Any]]


def worked_out(
    indicators: list[Indicator], looked: list[tuple[str, datetime.date]], **tables: Rows
) -> dict[tuple[str, datetime.date], list[float | None]]:
    """Return the kernel's numbers by person and date; they are the oracle's too. None stands for no number."""
    rows = {name: drawn(given) if isinstance(given, str) else given for name, given in tables.items()}
    histories = of_rows(looked, **rows)
    with histories.connection() as connection:
        prepare(connection)
        numbers = filled(histories, connection, indicators)
        assert differences(histories, connection, indicators, numbers) == []
    pairs = zip(*histories.looked.to_pydict().values(), strict=True)
    return {
        pair: [None if number != number else number for number in row]
        for pair, row in zip(pairs, numbers.T.tolist(), strict=True)
    }


def numbers(event: Rows, *indicators: Indicator, as_of_date: datetime.date = AS_OF) -> list[float | None]:
    """Return the numbers of the one person "ada" on one date."""
    rows = drawn(event) if isinstance(event, str) else event
    named = [{"person_id": "ada"} | row for row in rows]
    return worked_out(list(indicators), [("ada", as_of_date)], event=named)["ada", as_of_date]


def ago(days: int) -> datetime.date:
    return AS_OF - days * DAY


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


@pytest.mark.parametrize("measure", BY_HAND)
def test_each_measure_of_events_by_hand(measure: Measure) -> None:
    wanted = [
        indicator(
            f"in_{window or 'all'}",
            measure=measure,
            sources=["police", "school", "health"],
            events=None if measure is Measure.KNOWN else {"types": ["incident"]},
            window_days=window,
            recent_days=(5 if window == 6 else 7) if DEFINITIONS[measure].needs_recent else None,
        )
        for window in BY_HAND[measure]
    ]
    assert numbers(INCIDENTS, *wanted) == pytest.approx(list(BY_HAND[measure].values()), abs=1e-12)


def test_every_measure_has_numbers_by_hand() -> None:
    of_states = {measure for measure, meant in DEFINITIONS.items() if meant.reads is Reads.SPELLS}
    assert set(BY_HAND) | of_states | {Measure.DISTINCT_KINDS} == set(Measure)
    assert of_states == set(STATES)
    assert DAYS_IN_MONTH == 365.25 / 12


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        *((one, 0) for one in ("count", "any", "known", "distinct_sources", "distinct_details", "distinct_kinds")),
        *((one, 0) for one in ("sum", "rate", "trend", "changes")),
        *((one, 0) for one in ("in_state", "days_in_state", "share_in_state", "longest_spell")),
        *((one, None) for one in ("days_since_last", "days_since_first", "mean", "minimum", "maximum", "latest")),
        *((one, None) for one in ("mean_change", "entropy", "current_spell")),
    ],
)
def test_without_events_a_number_is_zero_or_there_is_none(measure: str, expected: float | None) -> None:
    meant = DEFINITIONS[Measure(measure)]
    incident = {"types": ["incident"]}
    read: dict[Reads, dict[str, Any]] = {
        Reads.EVENTS: {},
        Reads.KINDS: {"events": None, "kinds": {"one": incident}},
        Reads.SPELLS: {"events": None, "spells": {"starts": incident, "ends": {"types": ["stop"]}}},
        Reads.NOTHING: {"events": None},
    }
    recent = 7 if meant.needs_recent else None
    one = indicator("one", measure=measure, window_days=30, recent_days=recent, **read[meant.reads])
    told_too_late = [{"occurred_on": ago(2), "known_from": AS_OF + DAY, "value": 1.0, "detail": "a"}]
    of_another_source = [{"occurred_on": ago(2), "source": "school", "value": 1.0, "detail": "a"}]
    for event in ([], told_too_late, of_another_source):
        assert numbers(event, one) == [expected]


@pytest.mark.parametrize(
    ("occurred_on", "known_from", "known_to", "counts"),
    [
        ("2024-02-29", "2024-02-29", None, 0),  # on the date of looking: out
        ("2024-02-28", "2024-02-28", None, 1),  # the day before: in
        ("2024-01-30", "2024-01-30", None, 1),  # as_of - 30 days: in
        ("2024-01-29", "2024-01-29", None, 0),  # a day before the window: out
        ("2024-02-01", "2024-02-29", None, 1),  # known on the date itself: in
        ("2024-02-01", "2024-03-01", None, 0),  # known a day after: out
        ("2024-02-01", "2024-02-02", "2024-02-28", 0),  # withdrawn the day before: out
        ("2024-02-01", "2024-02-02", "2024-02-29", 0),  # withdrawn on the date: out
        ("2024-02-01", "2024-02-02", "2024-03-01", 1),  # withdrawn the day after: in
        ("2024-02-01", "2024-02-02", "2024-02-02", 0),  # withdrawn as soon as known: never in
        ("2024-02-01", "2024-02-02", "9999-12-31", 1),
    ],
)
def test_edges_of_the_window_and_of_what_was_known(
    occurred_on: str, known_from: str, known_to: str | None, counts: int
) -> None:
    given = {"occurred_on": occurred_on, "known_from": known_from, "known_to": known_to}
    event = [given | {"event_type": one, "event_id": one, "episode_id": "x"} for one in ("incident", "start")]
    expected = [counts, counts, None if not counts else (AS_OF - datetime.date.fromisoformat(occurred_on)).days, counts]
    found = numbers(
        event,
        indicator("count", window_days=30),
        indicator("kinds", measure="distinct_kinds", events=None, kinds={"a": {"types": ["incident"]}}, window_days=30),
        indicator("last", measure="days_since_last", window_days=30),
        indicator(
            "state",
            measure="in_state",
            events=None,
            spells={"starts": {"types": ["start"]}, "ends": {"types": ["stop"]}},
            window_days=30,
        ),
    )
    assert found == expected


@pytest.mark.parametrize(
    ("as_of_date", "window", "counts"),
    [
        ("2024-03-01", 1, 1),  # the window is 29 February alone
        ("2024-02-29", 1, 0),
        ("2025-02-28", 365, 1),  # 365 days before is 29 February 2024
        ("2025-03-01", 365, 0),
        ("2025-03-01", 366, 1),
        ("2028-02-29", 1461, 1),  # four years, one of them with a leap day
        ("2028-02-29", 1460, 0),
    ],
)
def test_windows_are_days_of_the_calendar_with_leap_days(as_of_date: str, window: int, counts: int) -> None:
    event = [{"occurred_on": "2024-02-29"}]
    day = datetime.date.fromisoformat(as_of_date)
    assert numbers(event, indicator(window_days=window), as_of_date=day) == [counts]


def test_an_event_long_ago_or_before_birth_counts_and_one_in_the_far_future_does_not() -> None:
    event = [{"occurred_on": day} for day in ("1900-01-01", "1969-12-31", "2024-02-28", "9999-12-31")]
    wanted = [
        indicator("ever"),
        indicator("long", window_days=36_600),
        indicator("first", measure="days_since_first"),
        indicator("recent", window_days=19_783),  # 31 December 1969 is 19,783 days before
    ]
    assert numbers(event, *wanted) == [3, 2, (AS_OF - datetime.date(1900, 1, 1)).days, 2]


@pytest.mark.parametrize(("days", "expected"), [(6, 1), (7, 1), (8, -1), (30, -1), (31, 0)])
def test_the_recent_days_of_a_trend_are_half_open_too(days: int, expected: int) -> None:
    trend = indicator("trend", measure="trend", window_days=30, recent_days=7)
    rate = {1: 30.4375 / 7, -1: -30.4375 / 23, 0: 0}[expected]
    assert numbers([{"occurred_on": ago(days)}], trend) == pytest.approx([rate], abs=1e-12)


@pytest.mark.parametrize(
    ("days", "expected"),
    [((7, 8), 2.0 - 5.0), ((6, 7), None), ((8, 30), None), ((7, 30), 2.0 - 5.0), ((7, 31), None), ((1, 8), 2.0 - 5.0)],
)
def test_a_change_of_means_needs_values_on_both_sides(days: tuple[int, int], expected: float | None) -> None:
    event: list[dict[str, Any]] = [
        {"occurred_on": ago(day), "value": value} for day, value in zip(days, (2.0, 5.0), strict=True)
    ]
    silent = [{"occurred_on": ago(day)} for day in (1, 7, 8, 30)]
    change = indicator("change", measure="mean_change", window_days=30, recent_days=7)
    assert numbers(event + silent, change) == [expected]


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


STATES = (
    Measure.IN_STATE,
    Measure.DAYS_IN_STATE,
    Measure.SHARE_IN_STATE,
    Measure.LONGEST_SPELL,
    Measure.CURRENT_SPELL,
)
START, STOP = "start", "stop"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        # (type, days ago, episode); then in_state, days, longest and current in a window of 30 days.
        ([(START, 10, "x")], (1, 10, 10, 10)),
        ([(START, 20, "x"), (STOP, 5, "x")], (0, 15, 15, None)),
        ([(START, 20, "x"), (STOP, 1, "x")], (0, 19, 19, None)),
        ([(START, 1, "x")], (1, 1, 1, 1)),
        ([(START, 0, "x")], (0, 0, 0, None)),  # it begins on the date
        ([(START, 20, "x"), (STOP, 0, "x")], (1, 20, 20, 20)),  # it ends on the date
        ([(START, 20, "x"), (STOP, 20, "x")], (0, 0, 0, None)),  # on one day
        ([(START, 20, "x"), (STOP, 21, "x")], (1, 20, 20, 20)),  # an end before the start
        ([(START, 20, "x"), (STOP, 5, "y")], (1, 20, 20, 20)),  # another episode
        ([(START, 20, None), (STOP, 5, None)], (1, 20, 20, 20)),  # no episode never matches
        ([(STOP, 5, "x")], (0, 0, 0, None)),
        ([(START, 30, "x")], (1, 30, 30, 30)),
        ([(START, 31, "x")], (0, 30, 30, 30)),  # it began before the window
        ([(START, 400, "x"), (STOP, 20, "x")], (0, 10, 10, None)),
        ([(START, 400, "x"), (STOP, 30, "x")], (0, 0, 0, None)),
        ([(START, 400, "x"), (STOP, 29, "x")], (0, 1, 1, None)),
        # Of several ends the first counts.
        ([(START, 20, "x"), (STOP, 15, "x"), (STOP, 5, "x")], (0, 5, 5, None)),
        # An episode that begins again.
        ([(START, 20, "x"), (STOP, 15, "x"), (START, 10, "x")], (1, 15, 10, 10)),
        ([(START, 20, "x"), (START, 18, "x"), (STOP, 15, "x")], (0, 5, 5, None)),
        # Two that touch are one run; a day between them breaks it.
        ([(START, 20, "x"), (STOP, 10, "x"), (START, 10, "y"), (STOP, 5, "y")], (0, 15, 15, None)),
        ([(START, 20, "x"), (STOP, 11, "x"), (START, 10, "y"), (STOP, 5, "y")], (0, 14, 9, None)),
        # Two that overlap count once, also one within the other.
        ([(START, 25, "x"), (STOP, 15, "x"), (START, 20, "y")], (1, 25, 25, 25)),
        ([(START, 25, "x"), (STOP, 5, "x"), (START, 20, "y"), (STOP, 15, "y")], (0, 20, 20, None)),
        ([(START, 20, "x"), (STOP, 15, "x"), (START, 10, "y")], (1, 15, 10, 10)),
        ([(START, 28, "x"), (STOP, 15, "x"), (START, 10, "y")], (1, 23, 13, 10)),
        ([(START, 40, "x"), (START, 10, "y"), (STOP, 5, "y")], (0, 30, 30, 30)),
    ],
)
def test_each_measure_of_a_state_by_hand(told: list[Any], expected: tuple[float | None, ...]) -> None:
    event = [{"event_type": kind, "occurred_on": ago(days), "episode_id": episode} for kind, days, episode in told]
    in_state, days, longest, current = expected
    assert days is not None
    assert numbers(event, *of_states(30)) == [in_state, days, days / 30, longest, current]


def of_states(window: int | None) -> list[Indicator]:
    spells = {"starts": {"types": [START]}, "ends": {"types": [STOP]}}
    return [
        indicator(one, measure=one, events=None, spells=spells, window_days=window)
        for one in STATES
        if window is not None or not DEFINITIONS[one].needs_window
    ]


def test_a_state_of_all_time_is_not_cut() -> None:
    event = [
        {"event_type": START, "occurred_on": ago(4000), "episode_id": "x"},
        {"event_type": STOP, "occurred_on": ago(3000), "episode_id": "x"},
        {"event_type": START, "occurred_on": ago(500), "episode_id": "y"},
    ]
    assert numbers(event, *of_states(None)) == [1, 1500, 1000, 500]


@pytest.mark.parametrize(
    ("late", "gone", "is_open"),
    [(0, None, 0), (AS_OF, None, 0), (AS_OF + DAY, None, 1), (0, AS_OF, 1), (0, AS_OF + DAY, 0)],
)
def test_an_end_counts_while_it_is_known(late: Any, gone: Any, is_open: int) -> None:
    event = [
        {"event_type": START, "occurred_on": ago(20), "episode_id": "x"},
        {"event_type": STOP, "occurred_on": ago(5), "episode_id": "x", "known_from": late or ago(5), "known_to": gone},
    ]
    days, current = (20, 20) if is_open else (15, None)
    assert numbers(event, *of_states(30)) == [is_open, days, days / 30, days, current]


def test_a_start_counts_while_it_is_known() -> None:
    event = [{"event_type": START, "occurred_on": ago(20), "known_from": ago(10), "known_to": ago(3)}]
    known = {0: 0, 3: 0, 4: 1, 10: 1, 11: 0}
    for days, is_open in known.items():
        assert numbers(event, *of_states(30)[:1], as_of_date=ago(days)) == [is_open]


def test_the_filters_of_a_spell_and_its_sources_hold_for_starts_and_ends() -> None:
    event = """
        source | event_type | detail | occurred_on | episode_id
        school | placement  | foster | 2024-02-01  | x
        school | move       | other  | 2024-02-10  | x
        police | move       | home   | 2024-02-12  | x
        school | move       | home   | 2024-02-20  | x
        school | placement  | other  | 2024-01-01  | y
    """
    spells = {
        "starts": {"types": ["placement"], "details": ["foster"]},
        "ends": {"types": ["move"], "details": ["home"]},
    }
    days = indicator("days", measure="days_in_state", events=None, spells=spells, sources=["school"])
    assert numbers(event, days) == [19]


ALL_HERE = [(one, AS_OF) for one in ("child", "sister", "brother", "cousin", "stranger", "neighbour")]
INCIDENT_EACH: list[dict[str, Any]] = [
    {"person_id": one, "event_id": f"e-{one}", "occurred_on": "2024-01-05", "value": float(number)}
    for number, (one, _) in enumerate(ALL_HERE, 1)
]


def test_household_counts_the_others_who_live_there_on_the_date() -> None:
    household = """
        person_id | household_id | valid_from | valid_to   | known_from | end_known_from
        child     | h1           | 2023-01-01 | -          | -          | -
        sister    | h1           | 2023-01-01 | 2024-01-10 | -          | 2024-01-10
        brother   | h1           | 2023-01-01 | 2024-01-10 | -          | 2024-03-10
        cousin    | h1           | 2024-02-29 | -          | -          | -
        stranger  | h1           | 2024-01-01 | -          | 2024-04-01 | -
        neighbour | h2           | 2023-01-01 | -          | -          | -
    """
    wanted = [
        indicator("own"),
        indicator("others", over="household"),
        indicator("sum", over="household", measure="sum"),
    ]
    found = worked_out(wanted, ALL_HERE, event=INCIDENT_EACH, household=household)
    # The brother's move was not known yet and the cousin came on the day itself; the sister had left.
    assert found["child", AS_OF] == [1, 2, 3 + 4]
    assert found["brother", AS_OF] == [1, 2, 1 + 4]
    assert found["sister", AS_OF] == [1, 0, 0]
    assert found["neighbour", AS_OF] == [1, 0, 0]
    assert found["stranger", AS_OF] == [1, 0, 0]


def test_siblings_are_the_other_children_of_the_families_each_once() -> None:
    family = """
        person_id | family_id | relation | valid_from | valid_to   | end_known_from
        child     | f1        | child    | 2020-01-01 | -          | -
        child     | f2        | sibling  | 2020-01-01 | -          | -
        sister    | f1        | child    | 2020-01-01 | -          | -
        sister    | f2        | sibling  | 2020-01-01 | -          | -
        brother   | f2        | -        | 2020-01-01 | -          | -
        cousin    | f1        | child    | 2020-01-01 | 2024-02-29 | 2024-02-29
        stranger  | f1        | parent   | 2020-01-01 | -          | -
        neighbour | f3        | child    | 2020-01-01 | -          | -
    """
    wanted = [indicator("own"), indicator("others", over="siblings"), indicator("sum", over="siblings", measure="sum")]
    found = worked_out(wanted, ALL_HERE, event=INCIDENT_EACH, family=family)
    assert found["child", AS_OF] == [1, 2, 2 + 3], "in two families with the sister; the parent is none"
    assert found["sister", AS_OF] == [1, 2, 1 + 3]
    assert found["brother", AS_OF] == [1, 2, 1 + 2], "he stands in one family only"
    assert [found[one, AS_OF][1] for one in ("cousin", "stranger", "neighbour")] == [0, 0, 0]


def test_figures_are_those_of_the_area_of_the_household_on_the_date() -> None:
    household = """
        person_id | household_id | area_id | valid_from | known_from
        child     | h1           | A       | 2023-01-01 | -
        child     | h2           | B       | 2024-02-01 | 2024-03-01
        sister    | h1           | A       | 2023-01-01 | -
        sister    | h2           | B       | 2024-02-01 | 2024-02-29
        brother   | h3           | -       | 2023-01-01 | -
    """
    area_event = """
        area_id | source | event_type | occurred_on | known_from | value
        A       | health | assault    | 2024-02-01  | -          | 3
        A       | health | assault    | 2024-02-01  | 2024-03-01 | 50
        B       | health | assault    | 2024-02-01  | -          | 7
        B       | health | assault    | 2024-02-29  | -          | 90
    """
    asked = {"over": "area", "sources": ["health"], "events": {"types": ["assault"]}}
    wanted = [
        indicator("sum", measure="sum", **asked),
        indicator("of_victims", **asked | {"events": {"types": ["assault"], "roles": ["victim"]}}),
    ]
    found = worked_out(wanted, ALL_HERE[:3], household=household, area_event=area_event)
    assert found == {("child", AS_OF): [3, 0], ("sister", AS_OF): [7, 0], ("brother", AS_OF): [0, 0]}
