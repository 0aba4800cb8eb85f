"""Who is in a cohort, what an outcome is, and which group a person is in."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from features.rows import unpublished
from features.rows.parts import PartMaker, split, streams
from hub.workspace import Workspace
from tests.factories.snapshots import snapshot
from tests.factories.use_cases import indicator, use_case

AS_OF = datetime.date(2024, 3, 1)


def cohort_of(tmp_path: Path, rule: dict[str, Any], **tables: Any) -> set[str]:
    published = snapshot(Workspace(tmp_path), **tables)
    asked = use_case(cohort={"plain": "people of the test"} | rule)
    return set(unpublished.of(published, asked, [AS_OF])["person_id"].to_pylist())


def outcomes_of(tmp_path: Path, event: list[dict[str, Any]], *, known_to: str) -> list[tuple[Any, ...]]:
    published = snapshot(Workspace(tmp_path), event=event, known_to=known_to)
    found = unpublished.of(published, use_case(horizon_days=90), [AS_OF])
    return [tuple(row.values()) for row in found.select(["person_id", "as_of_date", "outcome"]).to_pylist()]


def test_ages_are_completed_years_and_half_open(tmp_path: Path) -> None:
    person = """
        person_id    | birth_month
        turned_4     | 2020-03-01
        still_3      | 2020-04-01
        turned_17    | 2007-03-01
        turned_18    | 2006-03-01
        not_recorded | -
    """
    rule = {"ages": {"from_years": 4, "below_years": 18}}
    assert cohort_of(tmp_path, rule, person=person) == {"turned_4", "turned_17"}


@pytest.mark.parametrize(
    ("occurred_on", "known_from", "is_in"),
    [
        ("2024-02-29", "2024-02-29", True),
        ("2024-03-01", "2024-03-01", False),
        ("2024-02-20", "2024-02-20", True),
        ("2024-02-19", "2024-02-19", False),
        ("2024-02-25", "2024-03-02", False),
    ],
)
def test_recent_event(tmp_path: Path, occurred_on: str, known_from: str, is_in: bool) -> None:
    event = [{"person_id": "p", "occurred_on": occurred_on, "known_from": known_from}]
    rule = {"with_recent_event": {"events": {"types": ["incident"]}, "within_days": 10}}
    assert (cohort_of(tmp_path, rule, event=event) == {"p"}) is is_in


def test_open_spell_needs_a_start_without_an_end_of_its_own_episode_as_known(tmp_path: Path) -> None:
    event = """
        person_id      | event_type | episode_id | occurred_on | known_from
        open           | start      | a          | 2024-01-01  | -
        ended          | start      | b          | 2024-01-01  | -
        ended          | stop       | b          | 2024-02-01  | -
        other_ended    | start      | c          | 2024-01-01  | -
        other_ended    | stop       | d          | 2024-02-01  | -
        ends_today     | start      | e          | 2024-01-01  | -
        ends_today     | stop       | e          | 2024-03-01  | -
        end_not_known  | start      | f          | 2024-01-01  | -
        end_not_known  | stop       | f          | 2024-02-01  | 2024-03-02
        starts_today   | start      | g          | 2024-03-01  | -
        long_ago       | start      | h          | 2023-01-01  | -
    """
    spell = {"starts": ["start"], "ends": ["stop"]}
    still_open = {"open", "other_ended", "ends_today", "end_not_known", "long_ago"}
    assert cohort_of(tmp_path / "with", {"with_open_spell": spell}, event=event) == still_open
    recent = spell | {"started_within_days": 90}
    assert cohort_of(tmp_path / "recent", {"with_open_spell": recent}, event=event) == still_open - {"long_ago"}
    closed = {"ended", "starts_today"}
    assert cohort_of(tmp_path / "without", {"without_open_spell": spell}, event=event) == closed


@pytest.mark.parametrize(
    ("known_to", "is_in"), [("2024-02-29", False), ("2024-03-01", False), ("2024-03-02", True), (None, True)]
)
def test_a_cohort_goes_by_what_was_not_withdrawn_by_the_date(tmp_path: Path, known_to: str | None, is_in: bool) -> None:
    event = [{"person_id": "p", "occurred_on": "2024-02-25", "known_to": known_to}]
    rule = {"with_recent_event": {"events": {"types": ["incident"]}, "within_days": 10}}
    assert (cohort_of(tmp_path / "recent", rule, event=event) == {"p"}) is is_in
    assert (
        cohort_of(tmp_path / "ever", {"without_event_ever": {"types": ["incident"]}}, event=event) == {"p"}
    ) != is_in
    start, stop = (event[0] | {"event_type": name, "episode_id": "a"} for name in ("start", "stop"))
    spell = {"with_open_spell": {"starts": ["start"], "ends": ["stop"]}}
    assert (cohort_of(tmp_path / "open", spell, event=[start]) == {"p"}) is is_in
    assert (cohort_of(tmp_path / "ended", spell, event=[start | {"known_to": None}, stop]) == {"p"}) != is_in


@pytest.mark.parametrize(("known_to", "outcome"), [("2024-06-30", 0), ("2024-07-01", 0), ("2024-07-02", 1), (None, 1)])
def test_an_outcome_that_was_withdrawn_by_the_end_did_not_happen(
    tmp_path: Path, known_to: str | None, outcome: int
) -> None:
    event = [{"person_id": "p", "event_type": "cin_start", "occurred_on": "2024-03-05", "known_to": known_to}]
    assert outcomes_of(tmp_path, event, known_to="2024-07-01") == [("p", AS_OF, outcome)]


def test_without_event_ever(tmp_path: Path) -> None:
    event = """
        person_id | event_type | occurred_on
        before    | cin_start  | 2019-01-01
        today     | cin_start  | 2024-03-01
        other     | incident   | 2019-01-01
    """
    rule = {"without_event_ever": {"types": ["cin_start"]}}
    assert cohort_of(tmp_path, rule, event=event) == {"today", "other"}


@pytest.mark.parametrize(
    ("occurred_on", "outcome"),
    [("2024-02-29", 0), ("2024-03-01", 1), ("2024-05-29", 1), ("2024-05-30", 0)],
)
def test_outcome_is_in_the_half_open_horizon(tmp_path: Path, occurred_on: str, outcome: int) -> None:
    event = [{"person_id": "p", "event_type": "cin_start", "occurred_on": occurred_on}]
    assert outcomes_of(tmp_path / "whole", event, known_to="2024-05-30") == [("p", AS_OF, outcome)]
    early = outcomes_of(tmp_path / "early", event, known_to="2024-05-29")
    assert early == [("p", AS_OF, None)], "a horizon that is not complete has no outcome, not a 0"


def test_an_outcome_that_was_recorded_late_counts_when_it_is_known_at_the_end(tmp_path: Path) -> None:
    event = [{"person_id": "p", "event_type": "cin_start", "occurred_on": "2024-03-05", "known_from": "2024-08-01"}]
    assert outcomes_of(tmp_path / "before", event, known_to="2024-07-31") == [("p", AS_OF, 0)]
    assert outcomes_of(tmp_path / "after", event, known_to="2024-08-01") == [("p", AS_OF, 1)]


@pytest.mark.parametrize(
    ("occurred_on", "known_from", "is_in"),
    [
        ("2024-02-01", "2024-02-01", False),
        ("2024-02-29", "2024-03-01", False),  # known on the date itself
        ("2024-02-29", "2024-03-02", True),  # nobody could know
        ("2024-03-01", "2024-03-01", True),  # on the date: not before it
    ],
)
def test_nobody_who_is_known_to_have_died_is_in_a_cohort(
    tmp_path: Path, occurred_on: str, known_from: str, is_in: bool
) -> None:
    event = [{"person_id": "p", "event_type": "death", "occurred_on": occurred_on, "known_from": known_from}]
    assert (cohort_of(tmp_path, {}, event=event) == {"p"}) is is_in


def test_groups_have_plain_words_bands_and_a_place_for_what_is_not_recorded(tmp_path: Path) -> None:
    person = [
        {"person_id": "a", "sex": "F", "birth_month": "2014-03-01", "attributes": [("send", "E")], "area_id": "A"},
        {"person_id": "b", "sex": "X", "birth_month": "2009-02-01", "attributes": [("send", "")], "area_id": "B"},
        {"person_id": "c", "birth_month": "2020-02-01"},
        {"person_id": "d"},
    ]
    area = [{"area_id": "A", "imd_decile": 2}, {"area_id": "B", "imd_decile": 10}]
    asked = use_case(
        groups=[
            {"name": "sex", "plain": "Sex", "column": "person.sex", "labels": {"F": "Female"}},
            {"name": "age", "plain": "Age", "column": "age", "bands": [5, 10, 15]},
            {"name": "send", "plain": "Needs", "column": "person.attributes.send", "labels": {"E": "Plan"}},
            {"name": "deprivation", "plain": "Decile", "column": "area.imd_decile", "bands": [2, 3, 10]},
        ]
    )
    published = snapshot(Workspace(tmp_path), person=person, area=area)
    maker = PartMaker(published, asked, [AS_OF])
    (partition,) = split(published, streams(published, [indicator()], maker.overs, tmp_path), 1)
    groups = maker.part(partition.people, partition.events).groups.to_pylist()
    found = {row.pop("person_id"): tuple(list(row.values())[1:]) for row in groups}
    assert found == {
        "a": ("Female", "10 to 14", "Plan", "2"),
        "b": ("X", "15 and over", "not recorded", "10 and over"),
        "c": ("not recorded", "below 5", "not recorded", "not recorded"),
        "d": ("not recorded", "not recorded", "not recorded", "not recorded"),
    }
