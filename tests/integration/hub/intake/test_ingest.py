"""From a delivery to extracts: gateways, mapping, recording dates, pseudonyms, re-delivery."""

import datetime
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from hub import artefacts
from hub.errors import ConfigurationError, GatewayError, InputError, IntegrityError, SentinelError, StateError
from hub.identity import pseudonyms
from hub.identity import store as identity_store
from hub.staging import extracts
from hub.tables import AREA, IDENTITY_RECORD, STAGED_EVENT, STAGED_INVOLVEMENT
from tests.factories.deliveries import ABSENCES, DELIVERED, PUPILS, SCHOOL, SECRET, Town

TEAMS = """
  - name: areas
    title: Areas
    agency: council
    gateways: [areas_only]
    files:
      - name: lsoas
        file: lsoas.csv
        columns: {code: {}, decile: {type: integer}}
    areas:
      - {table: lsoas, id: code, imd_decile: decile, imd_vintage: "'2019'"}
"""


def _day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def _refused(town: Town, kind: type[SentinelError]) -> str:
    before = town.written()
    with pytest.raises(kind) as raised:
        town.ingest()
    assert town.written() == before
    assert SECRET not in str(raised.value)
    return str(raised.value)


def test_people_and_events_become_an_extract_without_names(tmp_path: Path) -> None:
    town = Town(tmp_path)
    report = town.one()
    key = pseudonyms.open_key(town.workspace, may_create=False)
    assert {(row["record_key"], row["source_person_id"]) for row in town.identity(report)} == {
        (key.record_key("school", one), one) for one in ("P1", "P2", "P3")
    }
    rows = {
        (row["record_key"], row["occurred_on"], row["known_from"], row["value"], row["event_type"], row["source"])
        for row in town.staged(report)
    }
    first, second = key.record_key("school", "P1"), key.record_key("school", "P2")
    assert rows == {
        (first, _day("2024-03-04"), _day("2024-03-20"), 2.0, "absence", "school"),
        (first, _day("2024-05-06"), DELIVERED, 1.0, "absence", "school"),  # nobody says when it was recorded
        (second, _day("2024-05-07"), _day("2024-05-07"), None, "absence", "school"),
    }
    for name in ("event.parquet", "involvement.parquet", "family.parquet", "area.parquet", "manifest.json"):
        content = (report.extract.path / name).read_bytes()
        assert not any(text.encode() in content for text in (SECRET, "O'Brien", "P1"))
    assert extracts.verify(town.workspace, report.extract) == 7


def test_every_table_has_its_schema_and_order(tmp_path: Path) -> None:
    town = Town(tmp_path)
    report = town.one()
    paths = {
        IDENTITY_RECORD: identity_store.records(town.workspace, "school", report.digest),
        STAGED_EVENT: report.extract.path / "event.parquet",
        STAGED_INVOLVEMENT: report.extract.path / "involvement.parquet",
        AREA: report.extract.path / "area.parquet",
    }
    for table, path in paths.items():
        found = pq.read_table(path)
        assert found.schema.remove_metadata() == table.schema
        assert table.conform(found).equals(found)


def test_the_identity_store_is_for_its_owner_only(tmp_path: Path) -> None:
    old = os.umask(0o000)
    try:
        town = Town(tmp_path)
        town.one()
    finally:
        os.umask(old)
    folders = [town.workspace.identity, *(path for path in town.workspace.identity.rglob("*") if path.is_dir())]
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}
    files = list(town.workspace.identity.rglob("*.parquet"))
    assert len(files) == 2
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert not list(town.workspace.identity.glob(".draft-*"))


def test_the_counts_add_up(tmp_path: Path) -> None:
    sources = SCHOOL + '        where: "sessions > 1 OR sessions IS NULL"\n'
    absences = ABSENCES + "P9,2024-03-04,5,\nP1,2024-03-04,5,2025-01-07\nP1,2024-03-05,0,\n"
    report = Town(tmp_path, sources, absences=absences.replace("2025-01-07", "2024-12-31")).one()
    people, events = report.extract.artefact.facts["mapped"]
    assert (people["rows"], people["mapped"], people["quarantined"]) == (3, 3, 0)
    assert events == {
        "mapping": "events.0",
        "title": "event absence",
        "table": "absences",
        "rows": 6,
        "not_mapped": 2,
        "mapped": 3,
        "quarantined": 1,
        "rules": {"person: not_listed": 1},
    }
    assert report.row() == {
        "source": "school",
        "delivered_on": "2025-01-06",
        "rows_in": 9,
        "quarantined": 1,
        "people": 3,
        "events": 3,
        "extract": report.digest[:12],
        "state": "ingested",
    }


def test_equal_events_stay_several_and_known_from_is_never_before_the_event(tmp_path: Path) -> None:
    absences = (
        "pupil_id,day,sessions,recorded_on\n" + "P1,2024-03-04,2,2024-03-01\n" * 3 + "P1,2024-03-04,2,2024-04-01\n"
    )
    town = Town(tmp_path, absences=absences)
    report = town.one()
    rows = town.staged(report)
    assert len({row["event_id"] for row in rows}) == 4
    assert sorted(row["known_from"] for row in rows) == [_day("2024-03-04")] * 3 + [_day("2024-04-01")]
    assert report.extract.artefact.facts["known_from"]["lifted"] == 3


def test_an_assumption_stamps_what_has_no_recording_date(tmp_path: Path) -> None:
    assumed = (
        "\n    assumed_recording: {lag_days: 10, because: Registers close after ten days at the latest.}\n    files:"
    )
    town = Town(tmp_path, SCHOOL.replace("\n    files:", assumed, 1), absences=ABSENCES + "P1,2025-01-02,1,\n")
    report = town.one()
    found = {row["occurred_on"]: row["known_from"] for row in town.staged(report)}
    assert found == {
        _day("2024-03-04"): _day("2024-03-20"),
        _day("2024-05-06"): _day("2024-05-16"),
        _day("2024-05-07"): _day("2024-05-07"),
        _day("2025-01-02"): DELIVERED,  # it is in the delivery, so it was known by then
    }
    assert (
        report.extract.artefact.facts["known_from"]["mapped"],
        report.extract.artefact.facts["known_from"]["assumed"],
    ) == (2, 2)
    assert report.extract.artefact.facts["assumed_recording"]["lag_days"] == 10


def test_the_same_delivery_again_is_a_no_op(tmp_path: Path) -> None:
    town = Town(tmp_path)
    first, before = town.one(), town.written()
    again = town.one()
    assert (first.is_new, again.is_new, again.digest) == (True, False, first.digest)
    assert again.row()["state"] == "was here already"
    assert town.written() == before


def test_identity_rows_that_got_lost_are_made_again(tmp_path: Path) -> None:
    town = Town(tmp_path)
    first = town.one()
    path = identity_store.records(town.workspace, "school", first.digest)
    content = path.read_bytes()
    path.unlink()
    with pytest.raises(IntegrityError, match="is missing or differs"):
        extracts.verify(town.workspace, first.extract)
    again = town.one()
    assert (again.is_new, again.digest, path.read_bytes()) == (True, first.digest, content)


def test_a_later_delivery_replaces_and_keeps_the_day_of_first_sight(tmp_path: Path) -> None:
    town = Town(tmp_path)
    first = town.one(_day("2024-06-01"))
    town.deliver(absences=ABSENCES + "P3,2024-05-01,4,\n", pupils=PUPILS + "P4,Doe,,\n")
    second = town.one(_day("2024-09-01"))
    third = town.one(_day("2024-10-01"))
    assert [one.digest for one in extracts.current_extracts(town.workspace)] == [third.digest]
    assert [one.digest for one in extracts.all_extracts(town.workspace)] == [first.digest, second.digest, third.digest]
    known = {(row["occurred_on"], row["value"]): row["known_from"] for row in town.staged(third)}
    assert known[_day("2024-05-06"), 1.0] == _day("2024-06-01")
    assert known[_day("2024-05-01"), 4.0] == _day("2024-09-01")
    assert third.extract.artefact.facts["known_from"] == {
        "mapped": 2,
        "assumed": 0,
        "delivery": 0,
        "first_seen_earlier": 2,
        "lifted": 0,
        "after_delivery": 0,
        "backdated": 0,
    }
    seen = {row["source_person_id"]: row["known_from"] for row in town.identity(third)}
    assert seen == dict.fromkeys(("P1", "P2", "P3"), _day("2024-06-01")) | {"P4": _day("2024-09-01")}
    ids = [{row["event_id"] for row in town.staged(one)} for one in (first, second, third)]
    assert ids[0] < ids[1] == ids[2]


def test_a_correction_on_the_same_day_supersedes(tmp_path: Path) -> None:
    town = Town(tmp_path)
    wrong = town.one()
    town.deliver(absences=ABSENCES.replace(",2,", ",3,"))
    right = town.one()
    assert right.extract.artefact.facts["supersedes"] == [wrong.digest]
    assert [one.digest for one in extracts.current_extracts(town.workspace)] == [right.digest]
    town.deliver(absences=ABSENCES)
    assert town.one().row()["state"] == "was here already, replaced since"


def test_a_source_without_a_gateway_on_the_day_is_refused_by_name(tmp_path: Path) -> None:
    town = Town(tmp_path, SCHOOL.replace("[duty]", "[old_duty]"))
    message = _refused(town, GatewayError)
    assert message.startswith(
        "The source school has no valid gateway for any purpose on 2025-01-06: "
        "old_duty holds from 2020-01-01 to 2024-12-31."
    )
    assert not town.workspace.root.exists()
    [report] = town.ingest(_day("2024-12-31"), used_on=_day("2024-12-31"))
    assert report.extract.artefact.facts["gateway"] == "old_duty"
    town.declare(SCHOOL.replace("[duty]", "[areas_only]"))
    assert "areas_only is for areas only" in _refused(town, GatewayError)


def test_an_old_delivery_is_not_read_after_its_gateway_ended(tmp_path: Path) -> None:
    town = Town(tmp_path, SCHOOL.replace("[duty]", "[old_duty]"))
    with pytest.raises(GatewayError, match="on 2025-01-01: old_duty holds from 2020-01-01 to 2024-12-31") as refused:
        town.ingest(_day("2024-12-31"), used_on=_day("2025-01-01"))
    assert "Ask its owner (Head of early help) to renew it" in refused.value.remedy
    assert not town.workspace.root.exists()


def test_a_gateway_for_areas_is_enough_for_areas(tmp_path: Path) -> None:
    town = Town(tmp_path, SCHOOL + TEAMS, lsoas="code,decile\nE1,1\nE2,11\nE1,1\nE1,2\n,3\nE3,\n")
    school, areas = town.ingest()
    assert areas.extract.artefact.facts["gateway"] == "areas_only"
    assert [(row["area_id"], row["imd_decile"], row["imd_vintage"]) for row in town.staged(areas, "area")] == [
        ("E1", 1, "2019"),
        ("E3", None, "2019"),
    ]
    assert town.quarantined(areas) == [
        ("lsoas.csv", 3, "areas.0", ["imd_decile: allowed"]),
        ("lsoas.csv", 4, "areas.0", ["duplicate"]),
        ("lsoas.csv", 5, "areas.0", ["duplicate_differs"]),
        ("lsoas.csv", 6, "areas.0", ["id: required"]),
    ]
    assert [one.source for one in town.ingest(sources=["areas"])] == ["areas"]
    assert school.is_new


def test_only_the_named_sources_are_asked_for(tmp_path: Path) -> None:
    town = Town(tmp_path, SCHOOL + TEAMS)
    assert "the file lsoas.csv of the source areas is missing" in _refused(town, InputError)
    assert [one.source for one in town.ingest(sources=["school"])] == ["school"]
    with pytest.raises(ConfigurationError, match=r"there is no source called scool\. Did you mean school\?"):
        town.ingest(sources=["scool"])


def test_one_bad_source_keeps_all_of_a_delivery_out(tmp_path: Path) -> None:
    town = Town(tmp_path, SCHOOL + TEAMS, lsoas="code,decile\n")
    assert "lsoas.csv (source areas): an empty extract" in _refused(town, InputError)
    assert town.written() == []


INVOLVEMENTS = (
    SCHOOL
    + """
    involvements:
      - table: absences
        person: pupil_id
        team: "'Welfare'"
        role: "'Officer'"
        valid_from: day
        valid_to: recorded_on
"""
)


def test_involvements(tmp_path: Path) -> None:
    absences = (
        "pupil_id,day,sessions,recorded_on\nP1,2024-03-04,2,2024-03-20\nP1,2024-05-06,1,\nP2,2024-05-07,?,2024-05-01\n"
    )
    town = Town(tmp_path, INVOLVEMENTS, absences=absences)
    report = town.one()
    columns = ("agency", "team", "role", "valid_from", "valid_to", "known_from", "end_known_from")
    rows = [tuple(row[name] for name in columns) for row in town.staged(report, "involvement")]
    assert rows == [
        ("council", "Welfare", "Officer", _day("2024-03-04"), _day("2024-03-20"), DELIVERED, DELIVERED),
        ("council", "Welfare", "Officer", _day("2024-05-06"), None, DELIVERED, None),
    ]
    assert town.quarantined(report) == [("absences.csv", 4, "involvements.0", ["valid_to: before_start"])]


FAMILIES = (
    SCHOOL
    + """
    families:
      - table: absences
        person: pupil_id
        family: sessions
        relation: "'child'"
        valid_from: "CASE WHEN day < DATE '2024-05-01' THEN day END"
        valid_to: recorded_on
"""
)


def test_families(tmp_path: Path) -> None:
    first = "pupil_id,day,sessions,recorded_on\nP1,2024-03-04,2,\nP2,2024-05-06,2,\nP3,2024-05-07,?,\n"
    town = Town(tmp_path, FAMILIES, absences=first)
    one = town.one(_day("2024-06-01"))
    columns = ("relation", "valid_from", "valid_to", "known_from", "end_known_from", "source")
    june = _day("2024-06-01")
    rows = town.staged(one, "family")
    assert {tuple(row[name] for name in columns) for row in rows} == {
        ("child", _day("2024-03-04"), None, june, None, "school"),
        ("child", None, None, june, None, "school"),
    }
    assert len({row["family_id"] for row in rows}) == 1
    assert (len(rows[0]["family_id"]), one.extract.artefact.facts["rows"]["family"]) == (32, 2)
    assert town.quarantined(one) == [("absences.csv", 4, "families.0", ["family: required"])]
    later = (
        "pupil_id,day,sessions,recorded_on\nP1,2024-03-04,2,2024-05-01\nP2,2024-05-06,2,\nP2,2024-03-04,2,2024-03-01\n"
        "P9,2024-03-04,2,\n"
    )
    town.deliver(absences=later)
    two = town.one(_day("2024-09-01"))
    assert {tuple(row[name] for name in columns) for row in town.staged(two, "family")} == {
        # The end was before the first delivery, which lacked it: it is known from the second.
        ("child", _day("2024-03-04"), _day("2024-05-01"), june, _day("2024-09-01"), "school"),
        ("child", None, None, june, None, "school"),
    }
    assert [one for one in town.quarantined(two) if one[2] == "families.0"] == [
        ("absences.csv", 4, "families.0", ["valid_to: before_start"]),
        ("absences.csv", 5, "families.0", ["person: not_listed"]),
    ]
    assert two.extract.artefact.facts["history"]["family"] == {"backdated": 0, "gone": 0}
    town.declare(FAMILIES.replace("valid_to: recorded_on", 'valid_to: "day + 300"'))
    town.deliver(absences="pupil_id,day,sessions,recorded_on\nP1,2024-03-04,2,\n")
    three = town.one(_day("2024-12-01"))
    assert town.quarantined(three) == [("absences.csv", 2, "families.0", ["valid_to: future"])]
    assert three.extract.artefact.facts["history"]["family"] == {"backdated": 0, "gone": 2}


def test_a_corrected_delivery_keeps_what_was_known_before(tmp_path: Path) -> None:
    """Rows without recording dates, with one from before the first delivery, and a child who is not sent again."""
    first = (
        "pupil_id,day,sessions,recorded_on\nP1,2024-03-04,2,\nP1,2024-03-05,1,\nP2,2024-03-05,3,\nP3,2024-03-06,4,\n"
    )
    town = Town(tmp_path, absences=first)
    june, september = _day("2024-06-01"), _day("2024-09-01")
    town.one(june)
    second = "pupil_id,day,sessions,recorded_on\nP1,2024-03-04,5,\nP2,2024-03-05,3,\nP2,2024-05-05,1,2024-05-06\n"
    town.deliver(absences=second, pupils="\n".join(PUPILS.splitlines()[:3]) + "\n")
    report = town.one(september)
    rows = {(row["occurred_on"], row["value"]): (row["known_from"], row["known_to"]) for row in town.staged(report)}
    assert rows == {
        (_day("2024-03-04"), 2.0): (june, september),  # corrected
        (_day("2024-03-04"), 5.0): (september, None),
        (_day("2024-03-05"), 1.0): (june, september),  # withdrawn
        (_day("2024-03-05"), 3.0): (june, None),
        (_day("2024-03-06"), 4.0): (june, None),  # the child is not in this delivery, so nothing is said of it
        (_day("2024-05-05"), 1.0): (september, None),  # recorded in May, and yet the delivery of June lacked it
    }
    told = report.extract.artefact.facts["history"]["event"]
    assert told | {"withdrawn_before": 0, "not_delivered": 0, "left_out": 0} == told
    assert {name: told[name] for name in ("kept", "new", "corrected", "withdrawn", "absent")} == {
        "kept": 1, "new": 2, "corrected": 1, "withdrawn": 1, "absent": 1,
    }  # fmt: skip
    assert report.extract.artefact.facts["known_from"]["backdated"] == 1
    assert report.extract.artefact.facts["since"] == {"absence": "2024-03-04"}
    again = town.one(_day("2024-10-01"))
    assert {
        (row["occurred_on"], row["value"]): (row["known_from"], row["known_to"]) for row in town.staged(again)
    } == rows


def test_a_name_spelt_anew_moves_nobody_and_a_backdated_address_counts_from_its_delivery(tmp_path: Path) -> None:
    address = "        address: home\n        valid_from: since\n        known_from: since\n        valid_to: until\n"
    sources = (
        SCHOOL.replace("        sex: sex\n", f"        sex: sex\n{address}")
        .replace(
            "          sex: {allowed: [F, M]}\n",
            "          sex: {allowed: [F, M]}\n          home: {}\n"
            "          since: {type: date}\n          until: {type: date}\n",
        )
        .replace("unique: [pupil_id]", "unique: [pupil_id, home]")
    )
    header = "pupil_id,surname,birth_date,sex,home,since,until\n"
    town = Town(tmp_path, sources, pupils=header + "P1,Smit,2010-02-03,F,1 Mill Road,2024-01-01,\n")
    town.one(_day("2024-06-01"))
    town.deliver(
        pupils=header + "P1,Smith,2010-02-03,F,1 Mill Road,2024-01-01,2024-05-01\n"
        "P1,Smith,2010-02-03,F,2 Bank Street,2024-05-01,\n"
    )
    report = town.one(_day("2024-09-01"))
    found = {row["address"]: (row["known_from"], row["end_known_from"]) for row in town.identity(report)}
    assert found == {
        "1 Mill Road": (_day("2024-01-01"), _day("2024-09-01")),
        "2 Bank Street": (_day("2024-09-01"), None),
    }
    assert report.extract.artefact.facts["history"]["identity"] == {"backdated": 1}


ASSAULTS = (
    SCHOOL
    + """
  - name: assaults
    title: Assaults seen in emergency departments
    agency: council
    gateways: [areas_only]
    level: area
    files:
      - name: seen
        file: seen.csv
        columns: {code: {}, day: {type: date}, weapon: {}, how_many: {type: integer}, told: {type: date}}
    area_events:
      - {type: assault, table: seen, area: code, occurred_on: day, known_from: told, value: how_many, detail: weapon}
"""
)


def test_figures_about_areas(tmp_path: Path) -> None:
    header = "code,day,weapon,how_many,told\n"
    town = Town(
        tmp_path, ASSAULTS, seen=header + "E1,2024-03-01,KNIFE,2,2024-04-15\nE2,2024-03-01,,1,\n,2024-03-01,,1,\n"
    )
    _, first = town.ingest(_day("2024-06-01"))
    columns = ("area_id", "event_type", "occurred_on", "known_from", "value", "detail", "source")
    may = (_day("2024-03-01"), _day("2024-06-01"), 1.0, None, "assaults")
    assert [tuple(row[name] for name in columns) for row in town.staged(first, "area_event")] == [
        ("E1", "assault", _day("2024-03-01"), _day("2024-04-15"), 2.0, "KNIFE", "assaults"),
        ("E2", "assault", *may),
    ]
    assert town.quarantined(first) == [("seen.csv", 4, "area_events.0", ["area: required"])]
    town.deliver(seen=header + "E2,2024-03-01,,1,\nE3,2024-03-02,,1,2024-04-15\n")
    _, second = town.ingest(_day("2024-09-01"))
    assert [tuple(row[name] for name in columns) for row in town.staged(second, "area_event")] == [
        ("E2", "assault", *may),
        ("E3", "assault", _day("2024-03-02"), _day("2024-09-01"), 1.0, None, "assaults"),
    ]
    assert second.extract.artefact.facts["history"]["area_event"] == {"backdated": 1}


_VALUE, _DERIVED = "value: sessions", "    derived: [{{name: older, sql: {}}}]\n    people:"
MISTAKES = {
    "unknown column": (_VALUE, "value: session", "events.0.value: there is no column session; did you mean sessions?"),
    "wrong type": ("on: day", "on: sessions", "events.0.occurred_on: this is BIGINT, and it must be a date. Declare"),
    "two values": (_VALUE, 'value: "sessions, day"', "value: this is TUPLE(BIGINT, DATE), and it must be a number"),
    "no expression": (_VALUE, 'value: "sessions +"', "value: not a SELECT that DuckDB understands: syntax error"),
    "escape": (_VALUE, 'value: "1) FROM absences; DROP TABLE absences; SELECT (1"', "events.0.value: not a SELECT"),
    "file": (_VALUE, "value: \"(SELECT 1 FROM read_csv('/x'))\"", "the table function read_csv may not be used"),
    "clock": (_VALUE, 'value: "current_date - day"', "events.0.value: current_date gives another answer each day"),
    "truth": (_VALUE, f'{_VALUE}\n        where: "sessions"', "this is BIGINT, and it must be true or false"),
    "aggregate": (_VALUE, 'value: "max(sessions)"', "source school: events.0: "),
    "date format": (
        "file: pupils.csv",
        'file: pupils.csv\n        dates: ["%Y-%Q"]',
        "Failed to parse format specifier",
    ),
    "table name": ("name: absences\n", "name: delivery\n", "every source has a table delivery already"),
    "folder": ("file: pupils.csv", "file: ../pupils.csv", "files.0.file: a file name, without any folder"),
    "derived": ("    people:", _DERIVED.format("SELECT born FROM pupils"), "derived.0.sql: there is no column born; "),
    "derived statement": ("    people:", _DERIVED.format("DROP TABLE pupils"), "derived.0.sql: not a SELECT"),
    "derived table": ("    people:", _DERIVED.format("FROM pupil"), "no table pupil above it; did you mean pupils?"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_sources_yaml_is_named_before_a_row_is_read(name: str, tmp_path: Path) -> None:
    old, new, message = MISTAKES[name]
    assert old in SCHOOL
    sources = SCHOOL.replace(old, new)
    if name == "table name":
        sources = sources.replace("table: absences", "table: delivery")
    error = _refused(Town(tmp_path, sources, pupils="not even a header"), ConfigurationError)
    assert message in error
    [line] = re.findall(rf"^{tmp_path}/partnership/sources.yaml:(\d+): ", error)
    changed = [n for n, text in enumerate(sources.splitlines(), 1) if text not in SCHOOL.splitlines()]
    assert int(line) in range(changed[0] - 5, changed[-1] + 1)


def test_an_expression_that_fails_on_a_row_is_named_without_its_value(tmp_path: Path) -> None:
    sources = SCHOOL.replace("family_name: surname", 'family_name: "CAST(CAST(surname AS INTEGER) AS VARCHAR)"')
    message = _refused(Town(tmp_path, sources), ConfigurationError)
    assert "people.0.family_name: it fails on at least one row (ConversionException)." in message
    sources = SCHOOL.replace(
        "    people:", "    derived: [{name: d, sql: SELECT surname::INT AS n FROM pupils}]\n    people:"
    )
    message = _refused(Town(tmp_path / "b", sources), ConfigurationError)
    assert "derived.0.sql: it fails on at least one row" in message


def test_an_expression_may_not_give_several_rows(tmp_path: Path) -> None:
    message = _refused(Town(tmp_path, SCHOOL.replace("value: sessions", 'value: "unnest([1, 2])"')), ConfigurationError)
    assert "events.0: one of its fields gives several rows for one" in message


def test_the_key_may_not_get_lost(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.one()
    (town.workspace.identity / "pseudonym.key").unlink()
    assert "the key of the pseudonyms is gone" in _refused(town, IntegrityError)


def test_two_ingests_at_once_are_one_too_many(tmp_path: Path) -> None:
    town = Town(tmp_path)
    with identity_store.working(town.workspace), pytest.raises(StateError, match="Another ingest is at work"):
        town.ingest()
    assert town.one().is_new


def test_progress_is_told_and_lines_stay_right_in_a_large_file(tmp_path: Path) -> None:
    rows = 130_000
    bad = {7, 99_999, 123_456, 129_999}
    absences = "pupil_id,day,sessions,recorded_on\n" + "".join(
        f"P1,2024-03-04,{'x' if n in bad else n % 10},\n" for n in range(rows)
    )
    town = Town(tmp_path, absences=absences)
    told: list[tuple[str, int, int]] = []
    [report] = town.ingest(progress=lambda *step: told.append(step))
    assert [line for _, line, _, _ in town.quarantined(report)] == [n + 2 for n in sorted(bad)]
    assert report.extract.artefact.facts["rows"]["event"] == rows - len(bad)
    assert len({row["event_id"] for row in town.staged(report)}) == rows - len(bad)
    assert told == [
        ("Reading pupils of school", 0, 4),
        ("Reading absences of school", 1, 4),
        ("Mapping school", 2, 4),
        ("Publishing school", 3, 4),
    ]


KILLED = """
import datetime, os, sys
from pathlib import Path
from hub.declarations import partnership
from hub.intake import ingest
from hub.workspace import Workspace

steps, root = int(sys.argv[1]), Path(sys.argv[2])
calls = 0
def dying(function):
    def call(*given, **more):
        global calls
        calls += 1
        if calls > steps:
            os._exit(9)
        return function(*given, **more)
    return call
os.rename, os.fsync = dying(os.rename), dying(os.fsync)
Path.rename = lambda self, target: os.rename(self, target)
there = partnership.read(root / "partnership")
ingest.ingest(Workspace(root / "workspace"), there, root / "delivery", datetime.date(2025, 1, 6))
"""


@pytest.mark.parametrize("steps", [0, 5, 10])
def test_a_kill_leaves_no_extract_without_its_identity_rows(steps: int, tmp_path: Path) -> None:
    town = Town(tmp_path, SCHOOL + TEAMS, lsoas="code,decile\nE1,1\n")
    ended = subprocess.run([sys.executable, "-c", KILLED, str(steps), str(tmp_path)], check=False, capture_output=True)
    assert ended.returncode == 9, ended.stderr
    for one in extracts.all_extracts(town.workspace):
        assert extracts.verify(town.workspace, one) == 7
    town.ingest()
    assert len(extracts.current_extracts(town.workspace)) == 2
    assert not list(town.workspace.identity.glob(".draft-*"))
    assert not [path for path in town.written() if "identity/.draft" in path]


def test_facts_tell_no_time_of_day_and_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    town = Town(tmp_path)
    first = town.one()
    manifest = (first.extract.path / artefacts.MANIFEST).read_bytes()
    for path in sorted(town.workspace.extracts.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    again = town.one()
    assert (again.extract.path / artefacts.MANIFEST).read_bytes() == manifest
    assert SECRET not in json.dumps(again.facts.as_json())
