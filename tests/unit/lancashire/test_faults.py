"""Faults by switch: each changes what it says, says what it changed, and none is there unasked."""

import csv
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.factories import lancashire

CHILDREN = 900
ALL = lancashire.module("faults").NAMES
SOUTH_ASIAN = ("APKN", "ABAN", "AIND")


@pytest.fixture(scope="module")
def planted() -> Iterator[tuple[Path, duckdb.DuckDBPyConnection]]:
    folder = lancashire.county(CHILDREN, "--plant", "all")
    connection = lancashire.kept_events(folder)
    yield folder, connection
    connection.close()


@cache
def truth(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "truth" / "faults.json").read_text(encoding="utf-8"))
    return found


def changed(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "truth" / truth(folder)[name]["rows"]).open(encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def one(connection: duckdb.DuckDBPyConnection, statement: str) -> Any:
    [(found,)] = connection.execute(statement).fetchall()
    return found


def test_nothing_is_planted_unasked(county: Path) -> None:
    found = truth(county)
    assert tuple(found) == ALL
    assert not any(fault["planted"] for fault in found.values())
    assert list((county / "truth" / "faults").iterdir()) == []


@pytest.mark.parametrize("name", ALL)
def test_truth_names_each_row_that_was_planted(name: str, planted: tuple[Path, duckdb.DuckDBPyConnection]) -> None:
    folder, _ = planted
    said = truth(folder)[name]
    rows = changed(folder, name)
    assert said["planted"]
    assert said["where"]
    assert len(rows) == said["how_many"] > 0
    assert len({row["true_person"] for row in rows}) == said["children"]


def test_one_fault_is_planted_alone_and_gone_when_it_is_not_asked_for_again(tmp_path: Path) -> None:
    folder = lancashire.generate(tmp_path, "--plant", "late_recording", children=60)
    assert [name for name, fault in truth(folder).items() if fault["planted"]] == ["late_recording"]
    lancashire.generate(tmp_path, children=60)
    assert list((tmp_path / "truth" / "faults").iterdir()) == []


@pytest.mark.parametrize(("given", "said"), [("late", "there is no fault late"), ("twins,twin", "no fault twin;")])
def test_an_unknown_fault_is_refused_by_name(tmp_path: Path, given: str, said: str) -> None:
    done = lancashire.run("--out", tmp_path / "none", "--plant", given)
    assert done.returncode == 2
    assert said in done.stderr
    assert "late_recording" in done.stderr
    assert not (tmp_path / "none").exists()


def test_faults_are_listed_in_plain_words() -> None:
    done = lancashire.run("--list-faults")
    assert [line.split(": ")[0] for line in done.stdout.splitlines()] == list(ALL)
    assert all(len(line.split()) > 8 for line in done.stdout.splitlines())


def test_over_recording_adds_what_officers_bring_up(planted: tuple[Path, duckdb.DuckDBPyConnection]) -> None:
    folder, connection = planted
    areas = ", ".join(f"'{area}'" for area in truth(folder)["over_recording"]["areas"])
    rates = dict(
        connection.execute(
            f"""WITH pupil AS (SELECT true_person, any_value(lsoa) IN ({areas}) AS there FROM school.addresses
                               JOIN main.truth ON source = 'school' AND source_person_id = pupil_id GROUP BY 1)
                SELECT there, count(event_id) / count(DISTINCT true_person) FROM pupil LEFT JOIN event
                ON person_id = true_person AND event_type = 'police_incident' AND origin = 'agency'
                WHERE there IS NOT NULL GROUP BY 1"""
        ).fetchall()
    )
    assert rates[True] > 1.5 * rates[False]
    day, person = (changed(folder, "over_recording")[0][name] for name in ("day", "true_person"))
    known = f"SELECT count(*) FROM main.truth WHERE true_person = '{person}'"
    assert one(connection, known) > 0
    assert day >= "2019-01-01"


def test_labels_are_biased_and_truth_keeps_what_was_changed(planted: tuple[Path, duckdb.DuckDBPyConnection]) -> None:
    folder, connection = planted
    groups = dict(
        connection.execute(
            """SELECT true_person, any_value(ethnicity) FROM main.truth JOIN school.pupils
               ON source = 'school' AND source_person_id = pupil_id GROUP BY 1"""
        ).fetchall()
    )
    starts = "SELECT person_id, occurred_on::VARCHAR FROM event WHERE event_type = 'cin_start'"
    begun = set(connection.execute(starts).fetchall())
    found = {"not recorded": 0, "recorded without more need": 0}
    for row in changed(folder, "biased_labels"):
        key = "not_recorded_for" if row["change"] == "not recorded" else "recorded_more_for"
        assert groups.get(row["true_person"]) in (None, "REFU", "NOBT", *truth(folder)["biased_labels"][key])
        stands = (row["true_person"], row["day"]) in begun
        # The last ones are recorded after the delivery.
        assert stands == (key == "recorded_more_for") or row["day"] > "2024-12-20"
        found[row["change"]] += 1
    assert min(found.values()) > 0


def test_a_proxy_tells_the_group(planted: tuple[Path, duckdb.DuckDBPyConnection]) -> None:
    _, connection = planted
    groups = ", ".join(f"'{code}'" for code in SOUTH_ASIAN)
    shares = dict(
        connection.execute(
            f"""SELECT ethnicity IN ({groups}), avg(value) FROM event
                JOIN truth ON true_person = person_id AND truth.source = 'school'
                JOIN (SELECT DISTINCT pupil_id, ethnicity FROM school.pupils) ON pupil_id = source_person_id
                WHERE event_type = 'term_absence_unauthorised' GROUP BY 1"""
        ).fetchall()
    )
    assert shares[True] > 1.7 * shares[False]


LEAK = """SELECT avg((EXISTS (FROM event f WHERE f.person_id = s.person_id AND f.event_type = 'assessment_factor'
              AND f.detail = 'domestic_abuse' AND f.occurred_on < s.occurred_on AND f.known_from < s.occurred_on
              AND f.occurred_on >= s.occurred_on - 190))::INT)
          FROM event s WHERE s.event_type = 'cin_start' AND s.occurred_on >= '2021-09-01'"""


def test_a_backdated_record_gives_the_outcome_away(
    planted: tuple[Path, duckdb.DuckDBPyConnection], events: duckdb.DuckDBPyConnection
) -> None:
    folder, connection = planted
    assert one(connection, LEAK) > 0.6
    assert one(events, LEAK) < 0.15
    for row in changed(folder, "backdated_leak"):
        assert row["end_recorded"] < row["help_began"] < row["entered"]


def test_police_record_late(planted: tuple[Path, duckdb.DuckDBPyConnection], events: duckdb.DuckDBPyConnection) -> None:
    late = "SELECT avg((known_from - occurred_on >= 60)::INT) FROM event WHERE event_type = 'police_incident'"
    assert one(planted[1], late) > 0.5
    assert one(events, late) < 0.1


def test_names_of_some_groups_are_misspelt_more_often(planted: tuple[Path, duckdb.DuckDBPyConnection]) -> None:
    _, connection = planted
    groups = ", ".join(f"'{code}'" for code in SOUTH_ASIAN)
    shares = dict(
        connection.execute(
            f"""WITH name AS (SELECT DISTINCT true_person, ethnicity, forename, upper(surname) AS surname
                              FROM school.pupils JOIN main.truth ON pupil_id = source_person_id AND source = 'school')
                SELECT ethnicity IN ({groups}), avg((p.forename <> n.forename OR upper(p.surname) <> n.surname)::INT)
                FROM (SELECT DISTINCT nominal_ref, forename, surname FROM police.people) p
                JOIN main.truth t ON t.source = 'police' AND t.source_person_id = nominal_ref
                JOIN name n USING (true_person) GROUP BY 1"""
        ).fetchall()
    )
    assert shares[True] > shares[False] + 0.15


def test_more_twins_and_first_names_that_begin_alike(
    planted: tuple[Path, duckdb.DuckDBPyConnection], county: Path
) -> None:
    figures = [json.loads((folder / "truth" / "planted.json").read_text()) for folder in (planted[0], county)]
    assert figures[0]["twins"] > 2 * figures[1]["twins"]


def test_the_feed_about_patients_holds_what_is_refused(
    planted: tuple[Path, duckdb.DuckDBPyConnection], county: Path
) -> None:
    [file] = lancashire.declared().source("ae_assaults").files
    assert set(lancashire.lines(planted[0], file)[0]) & {*file.refused, "nhs_number"}
    assert not set(lancashire.lines(county, file)[0]) & {*file.refused, "nhs_number"}
