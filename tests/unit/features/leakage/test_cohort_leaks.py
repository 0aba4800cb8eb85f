"""Cohort rules that use what came later: stamped sources, and children whom nobody had told of yet."""

import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from features.declarations.event_fields import readers
from features.leakage import cohort_leaks, lint
from features.leakage.leaks import Finding, Severity
from features.rows import unpublished
from hub.disclosing.disclosure import SmallNumbers
from hub.workspace import Workspace
from tests.factories.snapshots import snapshot
from tests.factories.use_cases import use_case

AS_OF = datetime.date(2024, 1, 1)
PEOPLE = [f"p{number:03}" for number in range(200)]


def looked(tmp_path: Path, rule: dict[str, Any], stamped: set[str], **tables: Any) -> list[Finding]:
    published = snapshot(Workspace(tmp_path), person=[{"person_id": one} for one in PEOPLE], **tables)
    asked = use_case(cohort={"plain": "Children of the test", **rule})
    keys = pa.table({"person_id": PEOPLE, "as_of_date": pa.array([AS_OF] * len(PEOPLE), pa.date32())})
    with lint._opened(published, None) as connection:
        check, found = cohort_leaks.check(
            connection, readers(asked), keys, stamped, people="children", small=SmallNumbers()
        )
    assert check.done
    return found


def known(people: list[str], day: str) -> list[dict[str, Any]]:
    return [{"person_id": one, "occurred_on": day, "known_from": day} for one in people]


@pytest.mark.parametrize(
    ("tables", "about"),
    [
        pytest.param({"event": known(PEOPLE, "2024-01-01")}, [], id="known on the date"),
        pytest.param({"event": known(PEOPLE[:180], "2023-01-01")}, ["cohort"], id="never known"),
        pytest.param(
            {"event": known(PEOPLE[:180], "2023-01-01") + known(PEOPLE[180:], "2024-01-02")},
            ["cohort"],
            id="known later",
        ),
        pytest.param({"event": known(PEOPLE[:195], "2023-01-01")}, [], id="few"),
        pytest.param(
            {
                "event": known(PEOPLE[:180], "2023-01-01"),
                "household": [
                    {"person_id": one, "household_id": "h", "valid_from": "2023-01-01"} for one in PEOPLE[180:]
                ],
            },
            [],
            id="known by an address",
        ),
    ],
)
def test_children_whom_nobody_had_told_of(tmp_path: Path, tables: dict[str, Any], about: list[str]) -> None:
    found = looked(tmp_path, {}, set(), **tables)
    assert [(one.about, one.severity) for one in found] == [(name, Severity.WARN) for name in about]


@pytest.mark.parametrize(
    ("rule", "stamped", "about"),
    [
        ({"without_event_ever": {"types": ["incident"]}}, {"police"}, ["cohort.without_event_ever"]),
        ({"without_event_ever": {"types": ["incident"]}}, {"school"}, []),
        ({"without_event_ever": {"types": ["other"]}}, {"police"}, []),
        (
            {"without_open_spell": {"starts": ["incident"], "ends": ["other"]}},
            {"police"},
            ["cohort.without_open_spell"],
        ),
        ({}, {"police"}, []),
    ],
)
def test_rules_that_read_stamped_records(
    tmp_path: Path, rule: dict[str, Any], stamped: set[str], about: list[str]
) -> None:
    found = looked(tmp_path, rule, stamped, event=known(PEOPLE, "2023-01-01"))
    assert [(one.about, one.severity) for one in found] == [(name, Severity.REFUSE) for name in about]


def test_rows_until_somebody_are_those_of_everybody_up_to_them(tmp_path: Path) -> None:
    published = snapshot(Workspace(tmp_path), event=known(PEOPLE[::2], "2023-01-01"))
    asked = use_case()
    until = unpublished.last_of(published, 30)
    assert until == PEOPLE[58]
    assert unpublished.last_of(published, 100) is None
    few, every = (unpublished.of(published, asked, [AS_OF], until=one) for one in (until, None))
    assert len(every) == 100
    assert few.equals(every.slice(0, 30))
