"""Columns as of the day of the extract: what stands behind a mapped field, and what the records themselves tell."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from features.declarations.event_fields import readers
from features.leakage import extract_columns
from features.leakage.leaks import Finding, LeakKind, Severity
from hub import sql
from hub.declarations.mapped_columns import behind
from hub.declarations.sources import Source
from hub.workspace import Workspace
from tests.factories import permissions
from tests.factories.snapshots import snapshot
from tests.factories.use_cases import indicator, use_case

SOURCE: dict[str, Any] = {
    "name": "council_help",
    "title": "Help of the council",
    "agency": "council",
    "gateways": ["working_together"],
    "files": [
        {
            "name": "people",
            "file": "people.csv",
            "unique": ["ref"],
            "columns": {"ref": {}, "sex": {}, "visits": {"type": "integer"}, "cppl_cp_plan_latest_category": {}},
        },
        {
            "name": "plans",
            "file": "plans.csv",
            "columns": {"ref": {}, "began": {"type": "date"}, "reason": {}, "current_status": {}},
        },
    ],
    "derived": [
        {
            "name": "joined",
            "sql": "SELECT plans.*, visits AS how_often, upper(reason) AS why FROM plans JOIN people USING (ref)",
        },
        {"name": "wide", "sql": "SELECT *, how_often * 2 AS twice FROM joined"},
    ],
    "people": [{"table": "people", "id": "ref", "sex": "sex"}],
}


def source(**event: Any) -> Source:
    mapped = {"type": "plan", "table": "joined", "person": "ref", "occurred_on": "began", **event}
    return Source.model_validate({**SOURCE, "events": [mapped]})


@pytest.mark.parametrize(
    ("table", "expression", "columns"),
    [
        ("plans", "reason", {("plans", "reason")}),
        ("joined", "why || 'x'", {("plans", "reason")}),
        ("joined", "how_often", {("people", "visits")}),
        ("wide", "CASE WHEN twice > 3 THEN began END", {("people", "visits"), ("plans", "began")}),
        ("wide", "WHY", {("plans", "reason")}),
        ("joined", "ref", {("people", "ref"), ("plans", "ref")}),
        ("joined", "'always'", set()),
        ("joined", None, set()),
    ],
)
def test_columns_are_followed_through_derived_tables(
    table: str, expression: str | None, columns: set[tuple[str, str]]
) -> None:
    assert behind(source(), table, expression) == columns


def looked(tmp_path: Path, events: list[dict[str, Any]], *, declared: Source | None = None) -> list[Finding]:
    partnership = permissions.declared()
    if declared is not None:
        partnership = replace(partnership, sources=(declared,))
    published = snapshot(Workspace(tmp_path), event=events)
    asked = [
        indicator("kinds", sources=["council_help"], events={"types": ["plan"]}, measure="distinct_details"),
        indicator("most", sources=["council_help"], events={"types": ["plan"]}, measure="maximum"),
        indicator("times", sources=["council_help"], events={"types": ["plan"]}),
    ]
    with sql.connect() as connection:
        connection.execute(f"CREATE VIEW event AS FROM {sql.parquet(published.path('event'))}")
        check, found = extract_columns.check(connection, partnership, readers(use_case().reading(asked)))
    assert check.done
    return found


@pytest.mark.parametrize(
    ("event", "severity", "about"),
    [
        pytest.param({"detail": "reason"}, None, [], id="written with the event"),
        pytest.param({"detail": "current_status"}, Severity.WARN, ["kinds"], id="its name says so"),
        pytest.param({"value": "how_often"}, Severity.WARN, ["most"], id="a file about people without a date"),
        pytest.param({"detail": "ref"}, None, [], id="a key is no value"),
        pytest.param({"detail": "current_status", "value": "visits"}, Severity.WARN, ["kinds", "most"], id="two"),
        pytest.param(
            {"table": "people", "occurred_on": "DATE '2020-01-01'", "detail": "cppl_cp_plan_latest_category"},
            Severity.REFUSE,
            ["kinds"],
            id="an adapter refuses it",
        ),
        pytest.param(
            {"where": "current_status = 'OPEN'"}, Severity.WARN, ["kinds", "most", "times"], id="whether it is there"
        ),
    ],
)
def test_what_the_declarations_tell(
    tmp_path: Path, event: dict[str, Any], severity: Severity | None, about: list[str]
) -> None:
    found = looked(tmp_path, [], declared=source(**event))
    assert sorted(one.about for one in found) == about
    assert {one.severity for one in found} == ({severity} if about else set())
    assert {one.kind for one in found} == ({LeakKind.AS_OF_EXTRACT} if about else set())


def plans(first: int, last: int, **said: Any) -> list[dict[str, Any]]:
    """Return one event for each number, its detail and dates as said."""
    ordinary = {"event_type": "plan", "source": "council_help", "occurred_on": "2023-01-01", "known_from": "2023-01-02"}
    return [
        {**ordinary, "person_id": f"p{number:03}", "episode_id": f"e{number:03}", **said}
        for number in range(first, last)
    ]


def numbered(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**one, "event_id": f"x{number:05}"} for number, one in enumerate(events)]


ENDED = plans(0, 40, event_type="plan_end", occurred_on="2023-06-01", known_from="2023-06-02")


@pytest.mark.parametrize(
    ("events", "about"),
    [
        pytest.param(
            [*plans(0, 40, detail="done"), *ENDED, *plans(40, 60, detail=None)], ["kinds"], id="told only at the end"
        ),
        pytest.param(
            [*plans(0, 40, detail="closed"), *ENDED, *plans(40, 60, detail="open")], ["kinds"], id="its state"
        ),
        pytest.param([*plans(0, 40, detail="home"), *ENDED, *plans(40, 60, detail="home")], [], id="told at the start"),
        pytest.param([*plans(0, 40, detail="done"), *ENDED, *plans(40, 49, detail=None)], [], id="too few are open"),
        pytest.param(
            [
                *plans(0, 20, detail="a", known_to="2023-04-01"),
                *plans(0, 20, detail="b", known_from="2023-04-01"),
                *plans(20, 60, detail="a"),
            ],
            ["kinds"],
            id="changed by a later delivery",
        ),
        pytest.param(
            [
                *plans(0, 5, detail="a", known_to="2023-04-01"),
                *plans(0, 5, detail="b", known_from="2023-04-01"),
                *plans(5, 60, detail="a"),
            ],
            [],
            id="a few were put right",
        ),
        pytest.param(
            [
                *plans(0, 20, detail="a", known_to="2023-04-01", value=1.0),
                *plans(0, 20, detail="a", known_from="2023-04-01", value=2.0),
                *plans(20, 60, detail="a", value=1.0),
            ],
            ["most"],
            id="another value",
        ),
    ],
)
def test_what_the_records_tell(tmp_path: Path, events: list[dict[str, Any]], about: list[str]) -> None:
    found = looked(tmp_path, numbered(events))
    assert [(one.about, one.severity) for one in found] == [(name, Severity.REFUSE) for name in about]
