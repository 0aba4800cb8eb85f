"""The past built again from a newer snapshot: what changed it is told apart from what only looks like it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from features.leakage import lint, snapshot_changes
from features.leakage.leaks import Finding, LeakKind, Severity
from hub.disclosing.disclosure import SmallNumbers
from hub.publishing.snapshots import Snapshot
from hub.workspace import Workspace
from tests.factories.snapshots import snapshot
from tests.factories.use_cases import indicator, use_case

PEOPLE = [f"p{number:03}" for number in range(100)]
ASKED = use_case(as_of={"kind": "dates", "dates": ["2023-01-01", "2023-07-01", "2024-01-01"]})
OWN = indicator("own", window_days=700)
HOME = indicator("home", window_days=700, over="household")
Rows = list[dict[str, Any]]


def events(people: Sequence[str] = PEOPLE, **said: Any) -> Rows:
    ordinary = {"occurred_on": "2022-12-01", "known_from": "2022-12-02"}
    return [{"person_id": one, "event_id": f"e{one}", **ordinary, **said} for one in people]


def living(moved: Sequence[str] = ()) -> Rows:
    """Two and two live together; who moved lives alone."""
    return [
        {
            "person_id": one,
            "household_id": f"alone {one}" if one in moved else f"h{number // 2}",
            "valid_from": "2022-01-01",
        }
        for number, one in enumerate(PEOPLE)
    ]


def published(workspace: Workspace, known_to: str, held: Rows, homes: Rows | None = None) -> Snapshot:
    people = [{"person_id": one, "birth_month": "2012-01-01"} for one in PEOPLE]
    return snapshot(workspace, known_to=known_to, person=people, event=held, household=homes or living())


def compared(tmp_path: Path, then: Rows, now: Rows, homes: Rows | None = None) -> dict[LeakKind, list[Finding]]:
    workspace = Workspace(tmp_path)
    older = published(workspace, "2024-06-30", then)
    newer = published(workspace, "2024-12-31", now, homes)
    with lint._opened(newer, older) as connection:
        looked = snapshot_changes.check(connection, newer, older, ASKED.reading([OWN, HOME]), small=SmallNumbers())
    assert all(check.done for check, _ in looked)
    return {check.kind: found for check, found in looked}


BACK: Rows = [
    {**one, "event_id": f"late{one['person_id']}", "occurred_on": "2022-11-01", "known_from": "2022-11-02"}
    for one in events(PEOPLE[:20])
]


@pytest.mark.parametrize(
    ("then", "now", "own", "home"),
    [
        pytest.param(events(), events(), None, None, id="nothing changed"),
        pytest.param(events(), [*events(), *BACK], Severity.REFUSE, Severity.REFUSE, id="events with early dates came"),
        pytest.param(events(), [*events(), *BACK[:4]], Severity.WARN, Severity.WARN, id="a few came"),
        pytest.param(events(), events(PEOPLE[20:]), None, None, id="no longer held by the source"),
        pytest.param(
            events(),
            [*events(), *({**one, "known_from": "2024-08-01"} for one in BACK)],
            None,
            None,
            id="known only later",
        ),
        pytest.param(
            events(),
            [*events(PEOPLE[1:]), {**events(PEOPLE[:1])[0], "person_id": PEOPLE[2]}],
            None,
            None,
            id="linked to somebody else",
        ),
        pytest.param(
            events(),
            events(known_to="2024-07-01") + events(known_from="2024-07-01", event_id=None, detail="new"),
            None,
            None,
            id="corrected later, and kept as it was",
        ),
    ],
)
def test_causes_are_told_apart(
    tmp_path: Path, then: Rows, now: Rows, own: Severity | None, home: Severity | None
) -> None:
    now = [{**one, "event_id": one["event_id"] or f"n{one['person_id']}"} for one in now]
    found = {one.about: one.severity for one in compared(tmp_path, then, now)[LeakKind.VALUE_CHANGES]}
    assert found == {name: one for name, one in (("own", own), ("home", home)) if one is not None}


def test_another_home_is_not_another_event(tmp_path: Path) -> None:
    [found] = compared(tmp_path, events(), events(), living(PEOPLE[:30]))[LeakKind.VALUE_CHANGES]
    assert (found.about, found.severity) == ("home", Severity.WARN)
    assert found.evidence["children_by_events"] == 0
    assert found.evidence["children_by_household"] == 30


def test_old_dates_are_those_that_the_earlier_snapshot_covers(tmp_path: Path) -> None:
    older = published(Workspace(tmp_path), "2023-08-01", events())
    assert [str(day) for day in snapshot_changes.dates_to_compare(ASKED, older)] == ["2023-01-01", "2023-07-01"]
    many = use_case(as_of={"kind": "every_months", "first": "2021-01-01", "last": "2023-08-01", "months": 1})
    days = snapshot_changes.dates_to_compare(many, older)
    assert len(days) == snapshot_changes.MOST_DATES
    assert str(days[-1]) == "2023-08-01"
