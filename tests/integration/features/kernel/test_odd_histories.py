"""Odd histories through a whole build: nobody is lost, nothing is guessed, and odd dates are counted."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from features.batch.matrix import build
from features.declarations.catalogue import Indicator
from features.rows.feature_sets import FeatureSet
from hub.errors import InputError
from hub.workspace import Workspace
from tests.factories import permissions
from tests.factories.snapshots import drawn, snapshot
from tests.factories.use_cases import indicator, use_case

JAN, JUL, NEW = datetime.date(2023, 1, 1), datetime.date(2023, 7, 1), datetime.date(2024, 1, 1)
BUSY = 100_000

PERSON = """
    person_id | birth_month
    busy      | 2012-01-01
    dead      | 2010-01-01
    far       | 1900-01-01
    flat      | 2012-01-01
    none      | -
    nulls     | -
    stays     | 2012-01-01
    unborn    | 2022-06-01
"""
EVENT = """
    person_id | event_type | occurred_on | known_from | known_to   | value | detail | episode_id
    dead      | incident   | 2022-12-01  | 2022-12-01 | -          | 1     | a      | -
    dead      | death      | 2023-03-10  | 2023-04-01 | -          | -     | -      | -
    dead      | incident   | 2023-05-01  | 2023-05-01 | -          | 1     | a      | -
    far       | incident   | 1900-01-01  | 1900-01-01 | -          | 2     | a      | -
    far       | incident   | 9999-12-31  | 2022-01-01 | -          | 4     | b      | -
    far       | incident   | 2022-12-31  | 2022-12-31 | 9999-12-31 | 8     | c      | -
    far       | start      | 1900-01-01  | 1900-01-01 | -          | -     | -      | s1
    far       | stop       | 9999-12-31  | 2022-01-01 | -          | -     | -      | s1
    nulls     | incident   | 2022-12-31  | 2022-12-31 | -          | -     | -      | -
    nulls     | start      | 2022-12-02  | 2022-12-02 | -          | -     | -      | -
    nulls     | stop       | 2022-12-04  | 2022-12-04 | -          | -     | -      | -
    stays     | start      | 2022-12-02  | 2022-12-02 | -          | -     | -      | s2
    stays     | stop       | 2022-12-02  | 2022-12-02 | -          | -     | -      | s2
    stays     | start      | 2022-12-10  | 2022-12-10 | -          | -     | -      | s3
    stays     | stop       | 2022-12-01  | 2022-12-01 | -          | -     | -      | s3
    unborn    | incident   | 2022-01-10  | 2022-01-10 | -          | 1     | a      | -
    unborn    | incident   | 2022-08-10  | 2022-08-10 | -          | 1     | a      | -
"""
HOUSEHOLD = """
    person_id | household_id | valid_from | valid_to   | end_known_from
    none      | h            | 1900-01-01 | 9999-12-31 | 1900-01-01
    nulls     | h            | 1900-01-01 | -          | -
"""
SPELLS = {"starts": {"types": ["start"]}, "ends": {"types": ["stop"]}}
INDICATORS: tuple[Indicator, ...] = (
    indicator("ever"),
    indicator("in_a_year", window_days=365),
    indicator("others", over="household"),
    indicator("nothing", events={"types": ["never_recorded"]}),
    indicator("since_nothing", events={"types": ["never_recorded"]}, measure="days_since_last"),
    indicator("known", events=None, measure="known"),
    indicator("first", measure="days_since_first"),
    indicator("total", measure="sum"),
    indicator("newest", measure="latest"),
    indicator("kinds", measure="distinct_details"),
    indicator("mixed", measure="entropy"),
    indicator("changed", measure="changes"),
    indicator("open", events=None, spells=SPELLS, measure="in_state"),
    indicator("days", events=None, spells=SPELLS, measure="days_in_state"),
    indicator("now", events=None, spells=SPELLS, measure="current_spell", window_days=36_600),
)


def _busy() -> list[dict[str, Any]]:
    """Return 100,000 incidents in the 365 days before the first date of looking, each with a value of 1."""
    days = [(JAN - datetime.timedelta(days=1 + number)).isoformat() for number in range(365)]
    return [
        {"person_id": "busy", "occurred_on": days[number % 365], "value": 1.0, "detail": "ab"[number % 2]}
        for number in range(BUSY)
    ]


def _flat() -> list[dict[str, Any]]:
    """Return 40 incidents on the day before the first date of looking, and 3 on it."""
    days = ["2022-12-31"] * 40 + ["2023-01-01"] * 3
    return [{"person_id": "flat", "occurred_on": day, "value": float(n), "detail": "a"} for n, day in enumerate(days)]


def _built(folder: Path, event: list[dict[str, Any]], **said: Any) -> FeatureSet:
    workspace = Workspace(folder)
    published = snapshot(workspace, person=PERSON, event=event, household=HOUSEHOLD, known_to="2024-03-30", **said)
    declared = permissions.declared()
    return build(
        workspace, published, use_case().reading(INDICATORS), partnership=declared, on=datetime.date(2025, 1, 1)
    )


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> FeatureSet:
    """All odd people in one snapshot."""
    return _built(tmp_path_factory.mktemp("odd"), [*_busy(), *_flat(), *drawn(EVENT)])


def _numbers(found: FeatureSet, person: str, day: datetime.date = JAN) -> dict[str, float | None]:
    [row] = [row for row in found.matrix().to_pylist() if (row["person_id"], row["as_of_date"]) == (person, day)]
    return {one.name: row[one.name] for one in INDICATORS}


def test_everybody_is_looked_at_on_every_date_but_the_one_who_is_known_to_have_died(odd: FeatureSet) -> None:
    rows = [(row["person_id"], row["as_of_date"]) for row in odd.matrix().to_pylist()]
    people = [row["person_id"] for row in drawn(PERSON)]
    expected = [(one, day) for one in people for day in (JAN, JUL, NEW)]
    assert rows == [row for row in expected if row not in (("dead", JUL), ("dead", NEW))]
    assert odd.artefact.facts["rows"] == {"2023-01-01": 8, "2023-07-01": 7, "2024-01-01": 7}


def test_odd_dates_are_counted_by_source_and_stay_in(odd: FeatureSet) -> None:
    assert odd.artefact.facts["odd_events"] == {"police": {"before_birth": 1, "after_death": 1, "far": 4}}
    assert _numbers(odd, "unborn")["ever"] == 2


def test_a_hundred_thousand_events_are_all_counted(odd: FeatureSet) -> None:
    found = _numbers(odd, "busy")
    assert (found["ever"], found["in_a_year"], found["total"]) == (BUSY, BUSY, BUSY)
    assert (found["first"], found["kinds"], found["mixed"]) == (365, 2, 1)
    assert _numbers(odd, "busy", NEW)["in_a_year"] == 0


def test_without_events_there_is_zero_or_no_number_and_never_a_guess(odd: FeatureSet) -> None:
    zeros = {"ever", "in_a_year", "nothing", "known", "total", "kinds", "changed", "open", "days"}
    found = _numbers(odd, "none")
    assert found.pop("others") == 1, "the other one in the household, whose stay has an end that stands for none"
    assert found == {name: 0 if name in zeros else None for name in found}
    for person in ("busy", "flat", "far"):
        assert (_numbers(odd, person)["nothing"], _numbers(odd, person)["since_nothing"]) == (0, None)


def test_the_year_1900_counts_and_the_year_9999_has_not_come(odd: FeatureSet) -> None:
    for day in (JAN, JUL, NEW):
        since = (day - datetime.date(1900, 1, 1)).days
        found = _numbers(odd, "far", day)
        assert (found["ever"], found["first"], found["total"], found["newest"], found["kinds"]) == (2, since, 10, 8, 2)
        assert (found["open"], found["days"], found["now"]) == (1, since, 36_600)


def test_events_of_one_day_are_all_in_from_the_day_after(odd: FeatureSet) -> None:
    first, later = _numbers(odd, "flat"), _numbers(odd, "flat", JUL)
    assert (first["ever"], first["total"], first["mixed"], first["first"]) == (40, sum(range(40)), 0, 1)
    assert (later["ever"], later["total"], later["newest"]) == (43, sum(range(43)), 42)


def test_nothing_but_nulls_is_an_event_without_value_detail_or_end(odd: FeatureSet) -> None:
    found = _numbers(odd, "nulls")
    assert (found["ever"], found["total"], found["newest"], found["kinds"], found["mixed"]) == (1, 0, None, 0, None)
    assert (found["open"], found["days"], found["now"]) == (1, 30, 30), "no episode: no end is its end"


def test_a_spell_of_no_length_is_none_and_an_end_before_its_start_is_no_end(odd: FeatureSet) -> None:
    found = _numbers(odd, "stays")
    assert (found["open"], found["days"], found["now"]) == (1, 22, 22)


def test_a_snapshot_without_any_event_has_rows_all_the_same(tmp_path: Path) -> None:
    found = _built(tmp_path, [])
    assert found.artefact.facts["rows"] == {"2023-01-01": 8, "2023-07-01": 8, "2024-01-01": 8}
    assert found.artefact.facts["odd_events"] == {}
    zeros = {"ever", "in_a_year", "others", "nothing", "known", "total", "kinds", "changed", "open", "days"}
    for row in found.matrix().to_pylist():
        assert {name: row[name] for name in zeros} == dict.fromkeys(zeros, 0)
        assert {name for name, value in row.items() if value is None} - {"outcome"} == {
            one.name for one in INDICATORS
        } - zeros


def test_when_all_have_died_nobody_is_in_the_cohort_and_that_is_said(tmp_path: Path) -> None:
    deaths = [
        {"person_id": row["person_id"], "event_type": "death", "occurred_on": "2022-05-05"} for row in drawn(PERSON)
    ]
    with pytest.raises(InputError, match="Nobody is in the cohort"):
        _built(tmp_path, deaths)
