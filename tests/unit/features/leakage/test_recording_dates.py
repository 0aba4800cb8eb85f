"""Which dates of recording are believed: stamped records, and what came in dated back with a later delivery."""

from pathlib import Path
from typing import Any

import pytest

from features.leakage import recording_dates
from features.leakage.leaks import Check, Finding, Severity
from hub import artefacts, sql
from hub.disclosing.disclosure import SmallNumbers
from hub.publishing.snapshots import Snapshot
from hub.staging import extracts
from hub.workspace import Workspace
from tests.factories.extracts import extract_facts
from tests.factories.snapshots import snapshot

RECORDED = {"mapped": 100, "assumed": 0, "delivery": 0, "first_seen_earlier": 0}
RECORDED |= {"lifted": 0, "after_delivery": 0, "backdated": 0}
FIRST, SECOND = "2024-01-10", "2024-04-10"


def extract(workspace: Workspace, day: str, **recorded: int) -> str:
    facts = extract_facts(delivered_on=day, known_from=RECORDED | recorded)
    with artefacts.publish(workspace.extracts, extracts.KIND, facts) as draft:
        pass
    return draft.digest


def looked(workspace: Workspace, published: Snapshot) -> tuple[Check, list[Finding]]:
    with sql.connect() as connection:
        connection.execute(f"CREATE VIEW event AS FROM {sql.parquet(published.path('event'))}")
        return recording_dates.check(connection, workspace, published, ["police"], small=SmallNumbers())


def of_extracts(workspace: Workspace, events: list[dict[str, Any]], *digests: tuple[str, str]) -> Snapshot:
    held = [{"digest": digest, "source": "police", "delivered_on": day} for digest, day in digests]
    return snapshot(workspace, known_to=SECOND, facts={"extracts": held}, event=events)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.mark.parametrize(
    ("recorded", "severity"),
    [
        ({}, None),
        ({"assumed": 100, "mapped": 0}, None),
        ({"delivery": 9}, None),
        ({"delivery": 100, "mapped": 0}, Severity.REFUSE),
        ({"first_seen_earlier": 60, "mapped": 40}, Severity.REFUSE),
        ({"delivery": 20}, Severity.WARN),
    ],
)
def test_records_stamped_with_the_day_of_delivery(
    workspace: Workspace, recorded: dict[str, int], severity: Severity | None
) -> None:
    digest = extract(workspace, SECOND, **recorded)
    check, found = looked(workspace, of_extracts(workspace, [], (digest, SECOND)))
    assert [one.severity for one in found] == ([] if severity is None else [severity])
    assert check.done
    assert "Delivered once" in check.why_not


def rows(many: int, occurred: str, known: str, *, gone: str | None = None) -> list[dict[str, Any]]:
    said = {"occurred_on": occurred, "known_from": known, "known_to": gone}
    return [{"person_id": f"p{number:02}", "event_id": f"{occurred}{known}{number}", **said} for number in range(many)]


@pytest.mark.parametrize(
    ("events", "is_found"),
    [
        pytest.param(rows(12, "2023-06-01", SECOND), True, id="dated before a delivery that lacked them"),
        pytest.param(rows(9, "2023-06-01", SECOND), False, id="too few"),
        pytest.param(rows(12, "2023-12-20", SECOND), False, id="within a month: recorded while it was delivered"),
        pytest.param(rows(12, "2023-06-01", "2024-02-01"), False, id="recorded late, and says so"),
        pytest.param(rows(12, "2023-06-01", FIRST), False, id="came with the first delivery"),
        pytest.param(
            rows(12, "2023-06-01", SECOND) + rows(12, "2023-06-03", "2023-06-04", gone=SECOND), False, id="put right"
        ),
        pytest.param(
            rows(12, "2023-06-01", SECOND) + rows(500, "2024-03-01", "2024-03-02"), False, id="a few among many"
        ),
    ],
)
def test_what_came_in_dated_back(workspace: Workspace, events: list[dict[str, Any]], is_found: bool) -> None:
    extract(workspace, FIRST)
    digest = extract(workspace, SECOND)
    check, found = looked(workspace, of_extracts(workspace, events, (digest, SECOND)))
    assert check.why_not == ""
    assert [(one.about, one.severity) for one in found] == ([("police", Severity.REFUSE)] if is_found else [])
    if is_found:
        assert found[0].evidence["records_dated_back"] == 12
        assert "were dated back" in found[0].plain


def test_without_its_extracts_nothing_is_said(workspace: Workspace) -> None:
    check, found = looked(workspace, of_extracts(workspace, [], ("0" * 64, SECOND)))
    assert not check.done
    assert "not in this workspace" in check.why_not
    assert found == []
