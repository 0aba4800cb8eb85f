"""Labels of days of which the outcome's source has not told: not known, and named by the check."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from features.leakage import lint, not_reported
from features.leakage.leaks import Finding, Severity
from features.rows import unpublished
from hub.declarations import partnership as partnerships
from hub.publishing.snapshots import Snapshot
from hub.workspace import Workspace
from tests.factories.deliveries import partnership
from tests.factories.snapshots import snapshot
from tests.factories.use_cases import use_case

DAY = datetime.timedelta(days=1)
DATES = ["2020-07-01", "2021-01-01", "2021-07-01"]
ASKED = use_case(as_of={"kind": "dates", "dates": DATES}, horizon_days=180)
SOURCES = """
sources:
  - name: NAME
    title: The source of the test
    agency: council
    gateways: [duty]
    files: [{name: one, file: one.csv, columns: {id: {}, day: {type: date}}}]
    people: [{table: one, id: id}]
    events: [{type: cin_start, table: one, person: id, occurred_on: day}]
"""


def _declared(tmp_path: Path, name: str = "returns") -> partnerships.Partnership:
    return partnership(tmp_path / "partnership", SOURCES.replace("NAME", name))


def _events(source: str, first: str, last: str, every: int, **said: Any) -> list[dict[str, Any]]:
    day, end = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
    found: list[dict[str, Any]] = []
    while day <= end:
        one = {"person_id": f"p{len(found) % 7}", "event_id": f"{source}{len(found):05}", "source": source}
        found.append(one | {"occurred_on": day.isoformat(), "event_type": "cin_start"} | said)
        day += every * DAY
    return found


def _checked(tmp_path: Path, published: Snapshot, name: str = "returns") -> list[Finding]:
    with lint._opened(published, None) as connection:
        check, found = not_reported.check(connection, _declared(tmp_path, name), published, ASKED)
    assert check.done
    return found


def _published(tmp_path: Path, returns_told: str, events: list[dict[str, Any]]) -> Snapshot:
    police = _events("police", "2019-01-01", "2022-06-20", 7, event_type="incident")
    types = {"returns": ["cin_start"], "police": ["incident"]}
    told = {"police": "2022-07-01", "returns": returns_told}
    return snapshot(
        Workspace(tmp_path / "workspace"),
        known_to="2022-07-01",
        event=police + events,
        facts={"sources": {name: {"types": types[name], "reported": [[None, told[name]]]} for name in types}},
    )


def test_a_newer_delivery_of_another_source_makes_no_label_known(tmp_path: Path) -> None:
    published = _published(tmp_path, "2021-04-01", _events("returns", "2019-01-01", "2021-03-28", 9))
    days = [datetime.date.fromisoformat(one) for one in DATES]
    matrix = unpublished.of(published, ASKED, days).to_pylist()
    unknown = {row["as_of_date"].isoformat() for row in matrix if row["outcome"] is None}
    known = {row["as_of_date"].isoformat() for row in matrix if row["outcome"] is not None}
    assert (known, unknown) == ({"2020-07-01"}, {"2021-01-01", "2021-07-01"})
    [one] = _checked(tmp_path, published)
    assert (one.about, one.severity) == ("returns", Severity.WARN)
    assert "2021-01-01, 2021-07-01" in one.plain
    assert "2021-03-31" in one.plain


def test_an_extract_that_is_older_than_its_day_of_delivery_refuses(tmp_path: Path) -> None:
    old = _events("returns", "2019-01-01", "2021-03-28", 9)
    [one] = _checked(tmp_path, _published(tmp_path, "2022-07-01", old))
    assert (one.about, one.severity, one.evidence["dates"]) == ("returns", Severity.REFUSE, 2)
    assert one.evidence["longest_silence_before"] == 9


@pytest.mark.parametrize("last", ["2022-06-25", "2022-06-01"])
def test_a_source_that_was_silent_as_long_before_is_not_named(tmp_path: Path, last: str) -> None:
    assert _checked(tmp_path, _published(tmp_path, "2022-07-01", _events("returns", "2019-01-01", last, 9))) == []


def test_records_that_come_later_than_declared_are_named(tmp_path: Path) -> None:
    told = _events("returns", "2019-01-01", "2022-06-28", 3)
    late = [one | {"known_from": str(datetime.date.fromisoformat(one["occurred_on"]) + 250 * DAY)} for one in told]
    there = [one for one in late if one["known_from"] <= "2022-07-01"]
    found = _checked(tmp_path, _published(tmp_path, "2022-07-01", there))
    assert [(one.severity, one.evidence.get("days_19_in_20")) for one in found if "19 in 20" in one.plain] == [
        (Severity.WARN, 250)
    ]


def test_a_source_of_the_outcome_that_is_not_there_is_named(tmp_path: Path) -> None:
    published = _published(tmp_path, "2022-07-01", _events("returns", "2019-01-01", "2022-06-28", 3))
    found = _checked(tmp_path, published, name="census")
    assert [one.about for one in found] == ["census"]


def test_a_source_of_indicators_that_ended_is_named(tmp_path: Path) -> None:
    events = _events("returns", "2019-01-01", "2022-06-28", 3) + _events("police", "2019-01-01", "2020-02-01", 7)
    sources = {
        "police": {"types": ["incident"], "reported": [[None, "2020-03-01"]]},
        "returns": {"types": ["cin_start"], "reported": [[None, "2022-07-01"]]},
    }
    published = snapshot(
        Workspace(tmp_path / "workspace"), known_to="2022-07-01", event=events, facts={"sources": sources}
    )
    [one] = _checked(tmp_path, published)
    assert (one.about, one.evidence["dates"]) == ("police", 3)
