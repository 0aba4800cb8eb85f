"""The Open University's real data: every number that the hub comes to, counted again with Python's csv module alone."""

import csv
import datetime
import os
from collections import Counter
from functools import cache
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from ethics.rules import canvas
from features.declarations import catalogue, use_cases
from hub.declarations import partnership as partnerships
from hub.identity import store as identity_store
from hub.intake import ingest
from hub.staging.extract_reports import ExtractReport
from hub.workspace import Workspace

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("SENTINEL_SHARED_DATA", ROOT.parent / "shared" / "data"))
DATA = SHARED / "oulad"
FOLDER = ROOT / "partnerships" / "open_university"
STARTS = {"2013B": (2013, 2, 1), "2013J": (2013, 10, 1), "2014B": (2014, 2, 1), "2014J": (2014, 10, 1)}
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the Open University's published data are not in {DATA}")


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    with (DATA / f"{name}.csv").open(newline="", encoding="utf-8") as stream:
        rows = csv.reader(stream)
        header = next(rows)
        return tuple(dict(zip(header, row, strict=True)) for row in rows)


def _days(text: str) -> int | None:
    return None if text in ("", "?") else int(text)


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, ExtractReport]:
    """Ingest the data once."""
    there = partnerships.read(FOLDER)
    assert there.file.demonstration is not None
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    [report] = ingest.ingest(workspace, there, DATA, there.file.demonstration.delivered_on)
    return workspace, report


def _counts(report: ExtractReport) -> dict[str, int]:
    types = pq.read_table(report.extract.path / "event.parquet", columns=["event_type"])["event_type"]
    return {str(one["values"]): int(one["counts"]) for one in pc.value_counts(types).to_pylist()}


@needs_data
def test_all_rows_are_kept_and_everybody_is_one_person(delivered: tuple[Workspace, ExtractReport]) -> None:
    workspace, report = delivered
    assert {file["file"]: (file["rows"], file["quarantined"]) for file in report.extract.artefact.facts["files"]} == {
        "studentInfo.csv": (32_593, 0),
        "studentRegistration.csv": (32_593, 0),
        "assessments.csv": (206, 0),
        "studentAssessment.csv": (173_912, 0),
    }
    assert (report.extract.artefact.facts["rows"]["identity"], report.extract.artefact.facts["people"]) == (
        32_593,
        28_785,
    )
    assert report.quarantined == 0
    identity = pq.read_table(identity_store.records(workspace, report.source, report.digest))
    assert pc.count_distinct(identity["record_key"]).as_py() == 28_785
    assert set(identity["source_person_id"].to_pylist()) == {row["id_student"] for row in _rows("studentInfo")}


@needs_data
def test_events_are_those_that_python_counts(delivered: tuple[Workspace, ExtractReport]) -> None:
    _, report = delivered
    expected: Counter[str] = Counter()
    registered, left = {}, {}
    for row in _rows("studentRegistration"):
        study = row["code_module"], row["code_presentation"], row["id_student"]
        registered[study], left[study] = _days(row["date_registration"]), _days(row["date_unregistration"])
        expected["registration"] += registered[study] is not None
        until = left[study]
        began = until is None or until > 0
        expected["registration_cancelled"] += not began
        expected["withdrawal"] += began and left[study] is not None
        for name in ("module_started", "previous_attempts", "credits_studied"):
            expected[name] += began
    assert expected["withdrawal"] + expected["registration_cancelled"] == 10_072

    handed_in, owes_nothing = {}, set()
    for row in _rows("studentAssessment"):
        if row["is_banked"] == "1":
            owes_nothing.add((row["id_assessment"], row["id_student"]))
        else:
            handed_in[row["id_assessment"], row["id_student"]] = int(row["date_submitted"])
    expected["submission"] = expected["submission_timing"] = len(handed_in)

    deadlines: dict[tuple[str, str], list[tuple[str, int]]] = {}
    ends: dict[tuple[str, str], int] = {}
    deadline_of: dict[str, int | None] = {}
    missed: set[tuple[str, str]] = set()
    for row in _rows("assessments"):
        day = _days(row["date"])
        course = row["code_module"], row["code_presentation"]
        deadline_of[row["id_assessment"]] = day
        ends[course] = max(day or 0, ends.get(course, 0))
        if row["assessment_type"] != "Exam" and day is not None:
            deadlines.setdefault(course, []).append((row["id_assessment"], day))
    for (module, presentation, student), since in registered.items():
        until = left[module, presentation, student]
        expected["module_ended"] += until is None or (until > 0 and until > ends[module, presentation])
        for assessment, day in deadlines[module, presentation]:
            on_it = (since or 0) <= day and (until is None or until > day)
            in_time = handed_in.get((assessment, student), 10_000) <= day
            if on_it and not in_time and (assessment, student) not in owes_nothing:
                missed.add((assessment, student))
    expected["deadline_missed"] = len(missed)
    assert _counts(report) == dict(expected)

    late = expected_overdue = 0
    for (assessment, student), day in handed_in.items():
        deadline = deadline_of.get(assessment)
        late += deadline is not None and day > deadline
        expected_overdue += deadline is not None and day > deadline and (assessment, student) in missed
    events = pq.read_table(report.extract.path / "event.parquet", columns=["event_type", "episode_id", "detail"])
    begun = events.filter(pc.equal(events["event_type"], "deadline_missed"))["episode_id"]
    handed = events.filter(pc.equal(events["event_type"], "submission_timing"))
    assert pc.sum(pc.ends_with(handed["detail"], "_late")).as_py() == late
    assert pc.count_distinct(begun).as_py() == len(missed), "each piece of work is overdue by itself"
    assert pc.sum(pc.is_in(handed["episode_id"], begun)).as_py() == expected_overdue, "until it comes in"


@needs_data
def test_the_busiest_students_submissions_have_the_right_dates_and_marks(
    delivered: tuple[Workspace, ExtractReport],
) -> None:
    workspace, report = delivered
    identity = pq.read_table(identity_store.records(workspace, report.source, report.digest))
    rows = _rows("studentAssessment")
    [(student, _)] = Counter(row["id_student"] for row in rows).most_common(1)
    [key] = set(identity.filter(pc.equal(identity["source_person_id"], student))["record_key"].to_pylist())
    events = pq.read_table(report.extract.path / "event.parquet", filters=[("record_key", "=", key)]).to_pylist()
    assessments = {row["id_assessment"]: row for row in _rows("assessments")}
    marks, timing = [], []
    for row in rows:
        if row["id_student"] == student and row["is_banked"] == "0":
            of = assessments[row["id_assessment"]]
            submitted = _start(of["code_presentation"]) + datetime.timedelta(days=int(row["date_submitted"]))
            known = submitted + datetime.timedelta(days=1 if of["assessment_type"] == "CMA" else 14)
            marks.append((submitted, known, float(row["score"]) if row["score"] not in ("", "?") else None))
            deadline = _days(of["date"])
            early = None if deadline is None else deadline - int(row["date_submitted"])
            timing.append((submitted, submitted + datetime.timedelta(days=1), early))
    assert len(marks) > 20
    for name, expected in (("submission", marks), ("submission_timing", timing)):
        found = [(row["occurred_on"], row["known_from"], row["value"]) for row in events if row["event_type"] == name]
        assert sorted(found, key=str) == sorted(expected, key=str)


def _start(presentation: str) -> datetime.date:
    return datetime.date(*STARTS[presentation])


def test_the_use_case_the_indicators_and_the_canvas_fit_together() -> None:
    there = partnerships.read(FOLDER)
    assert there.file.demonstration is not None
    use_case = use_cases.read(there, there.file.demonstration.use_case)
    assert len(use_case.scheduled()) == 12
    assert len(use_case.indicators) == 40
    assert 42 <= len(catalogue.read(FOLDER).indicators) <= 55
    answers = canvas.read(canvas.path_of(there.folder, use_case.name))
    assert canvas.gaps(answers) == ()
    inputs = {kind for one in catalogue.read(FOLDER).indicators for kind in one.types()}
    assert inputs <= {event.type for source in there.sources for event in source.events}
