"""Every measure against a slow, obvious oracle in Python, and the edges of windows one by one."""

import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features import sql_form
from features.catalogue import Indicator, Over
from features.matrix import look, opened
from features.measures import Measure
from features.online import vector
from features.sql_form import statement
from hub.snapshots import open_snapshot
from hub.workspace import Workspace
from tests.factories.snapshots import snapshot
from tests.factories.use_cases import indicator, use_case

AS_OF = datetime.date(2024, 2, 29)
DAY = datetime.timedelta(days=1)


def rows_of(
    tmp: Path, indicators: list[Indicator], dates: list[datetime.date], **tables: Any
) -> dict[tuple[str, datetime.date], list[float | None]]:
    """Run the statement on drawn tables; return the values by person and date."""
    published = snapshot(Workspace(tmp), **tables)
    with opened(published, dates) as connection:
        look(connection, use_case())
        found = connection.execute(statement(indicators)).fetchall()
    return {(row[0], row[1]): list(row[2:]) for row in found}


@pytest.mark.parametrize(
    ("occurred_on", "known_from", "counts"),
    [
        ("2024-02-29", "2024-02-29", 0),  # on the date of looking: out
        ("2024-02-28", "2024-02-28", 1),  # the day before: in
        ("2024-01-30", "2024-01-30", 1),  # as_of - 30 days: in
        ("2024-01-29", "2024-01-29", 0),  # a day before the window: out
        ("2024-02-01", "2024-02-29", 1),  # known on the date itself: in
        ("2024-02-01", "2024-03-01", 0),  # known a day after: out
    ],
)
def test_window_edges(tmp_path: Path, occurred_on: str, known_from: str, counts: int) -> None:
    events = [{"person_id": "p1", "occurred_on": occurred_on, "known_from": known_from}]
    found = rows_of(tmp_path, [indicator(window_days=30)], [AS_OF], event=events)
    assert found == {("p1", AS_OF): [counts]}


@pytest.mark.parametrize(
    ("known_to", "counts"),
    [("2024-02-28", 0), ("2024-02-29", 0), ("2024-03-01", 1), (None, 1)],  # the day before, on the date, after, never
)
def test_what_was_withdrawn_by_the_date_does_not_count(tmp_path: Path, known_to: str | None, counts: int) -> None:
    events = [{"person_id": "p1", "occurred_on": "2024-02-01", "known_from": "2024-02-02", "known_to": known_to}]
    household = "person_id | household_id | valid_from\np1 | h | 2020-01-01\np2 | h | 2020-01-01"
    wanted = [indicator("own"), indicator("others", over="household")]
    found = rows_of(tmp_path, wanted, [AS_OF], event=events, household=household)
    assert (found["p1", AS_OF], found["p2", AS_OF]) == ([counts, 0], [0, counts])
    assert vector(open_snapshot(Workspace(tmp_path)), use_case(), wanted, "p1", as_of_date=AS_OF).tolist() == [
        counts,
        0,
    ]


def test_a_corrected_event_counts_once_on_every_date(tmp_path: Path) -> None:
    event = """
        person_id | event_id | occurred_on | known_from | known_to   | value
        p1        | wrong    | 2024-01-10  | 2024-01-15 | 2024-02-10 | 5
        p1        | right    | 2024-01-10  | 2024-02-10 | -          | 3
    """
    days = [datetime.date.fromisoformat(one) for one in ("2024-01-14", "2024-01-15", "2024-02-09", "2024-02-10")]
    found = rows_of(tmp_path, [indicator(), indicator("total", measure="sum")], days, event=event)
    assert [found["p1", one] for one in days] == [[0, 0], [1, 5], [1, 5], [1, 3]]


def test_filters_hold_on_every_column(tmp_path: Path) -> None:
    event = """
        person_id | source | event_type | role    | detail   | origin   | occurred_on
        p1        | police | incident   | victim  | violence | reported | 2024-01-01
        p1        | police | incident   | suspect | violence | reported | 2024-01-02
        p1        | police | incident   | -       | violence | reported | 2024-01-03
        p1        | police | incident   | victim  | theft    | reported | 2024-01-04
        p1        | police | incident   | victim  | violence | agency   | 2024-01-05
        p1        | police | missing    | victim  | violence | reported | 2024-01-06
        p1        | school | incident   | victim  | violence | reported | 2024-01-07
    """
    exact = {"types": ["incident"], "roles": ["victim"], "details": ["violence"], "origins": ["reported"]}
    wanted = [
        indicator("all_of_it", events=exact),
        indicator("any_role", events=exact | {"roles": None}),
        indicator("any_type", events=exact | {"types": ["incident", "missing"]}),
    ]
    assert rows_of(tmp_path, wanted, [AS_OF], event=event) == {("p1", AS_OF): [1, 3, 2]}


def test_household_counts_the_others_who_live_there_on_the_date(tmp_path: Path) -> None:
    household = """
        person_id | household_id | valid_from | valid_to   | known_from | end_known_from
        child     | h1           | 2023-01-01 | -          | -          | -
        sister    | h1           | 2023-01-01 | 2024-01-10 | -          | 2024-01-10
        brother   | h1           | 2023-01-01 | 2024-01-10 | -          | 2024-03-10
        cousin    | h1           | 2024-02-29 | -          | -          | -
        stranger  | h1           | 2024-01-01 | -          | 2024-04-01 | -
        neighbour | h2           | 2023-01-01 | -          | -          | -
    """
    event = [
        {"person_id": who, "occurred_on": "2024-01-05"}
        for who in ("child", "sister", "brother", "cousin", "stranger", "neighbour")
    ]
    wanted = [indicator("own"), indicator("others", over="household")]
    found = rows_of(tmp_path, wanted, [AS_OF], event=event, household=household)
    # The brother's move was not known yet and the cousin came on the day itself; the sister had left.
    assert found["child", AS_OF] == [1, 2]
    assert found["neighbour", AS_OF] == [1, 0]
    assert found["stranger", AS_OF] == [1, 0]


def oracle(one: Indicator, events: list[dict[str, Any]], as_of: datetime.date) -> float | None:
    """Work out one measure the slow way, event by event."""
    seen = [
        event
        for event in events
        if event["source"] in one.sources
        and event["event_type"] in one.events.types
        and event["occurred_on"] < as_of
        and event["known_from"] <= as_of
        and (event["known_to"] is None or as_of < event["known_to"])
        and (one.window_days is None or event["occurred_on"] >= as_of - one.window_days * DAY)
    ]
    values = [event["value"] for event in seen if event["value"] is not None]
    ages = [(as_of - event["occurred_on"]).days for event in seen]
    match one.measure:
        case Measure.COUNT:
            return len(seen)
        case Measure.ANY:
            return float(bool(seen))
        case Measure.DAYS_SINCE_LAST:
            return min(ages, default=None)
        case Measure.DAYS_SINCE_FIRST:
            return max(ages, default=None)
        case Measure.DISTINCT_SOURCES:
            return len({event["source"] for event in seen})
        case Measure.SUM:
            return sum(values)
        case Measure.MEAN:
            return sum(values) / len(values) if values else None
        case Measure.MINIMUM:
            return min(values, default=None)
        case Measure.MAXIMUM:
            return max(values, default=None)


DAYS = st.integers(-60, 3).map(lambda n: AS_OF + n * DAY)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "person_id": st.sampled_from(["p1", "p2", "p3"]),
            "source": st.sampled_from(["police", "school"]),
            "event_type": st.sampled_from(["incident", "other"]),
            "occurred_on": DAYS,
            "late": st.sampled_from([0, 0, 1, 30]),
            "held": st.sampled_from([None, None, 1, 20]),
            "value": st.one_of(st.none(), st.integers(-8, 8).map(float)),
        }
    ),
    max_size=40,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events=EVENTS, window=st.sampled_from([None, 1, 29, 30, 366]))
def test_measures_equal_the_oracle(events: list[dict[str, Any]], window: int | None) -> None:
    wanted = [
        indicator(f"{m}_{over}", measure=m, over=over, window_days=window)
        for m in sql_form._AGGREGATES
        for over in (Over.SELF, Over.HOUSEHOLD)
    ]
    whole = []
    for event in events:
        known, held = event["occurred_on"] + event.pop("late") * DAY, event.pop("held")
        whole.append(event | {"known_from": known, "known_to": None if held is None else known + held * DAY})
    people = [{"person_id": one, "birth_month": None} for one in ("p1", "p2", "p3", "p4")]
    household = [
        {"person_id": one, "household_id": "h", "valid_from": "2020-01-01", "known_from": "2020-01-01"}
        for one in ("p1", "p2", "p4")
    ]
    dates = [AS_OF, AS_OF - 29 * DAY]
    with TemporaryDirectory() as tmp:
        found = rows_of(Path(tmp), wanted, dates, event=whole, person=people, household=household)
    assert set(found) == {(one["person_id"], day) for one in people for day in dates}
    for (person, day), values in found.items():
        own = [event for event in whole if event["person_id"] == person]
        at_home = {"p1", "p2", "p4"} - {person} if person != "p3" else set()
        others = [event for event in whole if event["person_id"] in at_home]
        expected = [oracle(one, own if one.over is Over.SELF else others, day) for one in wanted]
        assert values == pytest.approx(expected, abs=1e-9)
