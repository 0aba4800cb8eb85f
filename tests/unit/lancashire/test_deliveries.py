"""A later delivery, Parquet, the register, and bytes that hang on nothing but the wishes."""

import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.factories import lancashire

LATER = "2025-04-07"


@pytest.fixture(scope="module")
def twice() -> Path:
    return lancashire.county(600, "--deliver-also", LATER)


def cells(path: Path) -> list[list[str]]:
    return [line.split(",") for line in path.read_text(encoding="utf-8-sig").splitlines()]


def facts(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "truth" / f"delivered-{LATER}.json").read_text(encoding="utf-8"))
    return found


def test_the_first_delivery_does_not_know_of_the_second(twice: Path, tmp_path: Path) -> None:
    alone = lancashire.generate(tmp_path, children=600)
    for path in alone.iterdir():
        if path.is_file():
            assert path.read_bytes() == (twice / path.name).read_bytes(), path.name


def test_a_later_delivery_holds_the_rows_before_but_one_and_those_recorded_since(twice: Path) -> None:
    later = twice / f"delivered-{LATER}"
    before, now = (
        {row[0]: row for row in cells(folder / "ssd_contacts.csv")[1:] if not row[0].startswith("Q") and row[1]}
        for folder in (twice, later)
    )
    gone = before.keys() - now.keys()
    assert gone == set(facts(twice)["withdrawn"])
    assert len(now.keys() - before.keys()) == facts(twice)["recorded_since"]["contacts"]
    assert all(row[4] >= "2025-01-06" for key, row in now.items() if key not in before)
    assert all(row == now[key] for key, row in before.items() if key not in gone)


def test_names_and_dates_are_put_right(twice: Path) -> None:
    said = facts(twice)
    first, second = (
        {row[0]: row for row in cells(folder / "ssd_person.csv")[1:] if not row[0].startswith("Q") and row[0]}
        for folder in (twice, twice / f"delivered-{LATER}")
    )
    different = [key for key, row in first.items() if second[key] != row]
    assert 0 < len(different) <= said["names_put_right"]["children_social_care"]
    events = [
        {(row[0], row[1]): row for row in cells(folder / "police_events.csv")[1:] if row[0].startswith("LC") and row[1]}
        for folder in (twice, twice / f"delivered-{LATER}")
    ]
    moved = [key for key, row in events[0].items() if key in events[1] and events[1][key][2] != row[2]]
    assert 0 < len(moved) <= said["dates_put_right"] + 8, "bad rows copy a few"


@pytest.mark.parametrize("day", ["2025-01-06", "2024-12-01", "2026-01-01"])
def test_a_second_delivery_is_later_than_the_first(tmp_path: Path, day: str) -> None:
    done = lancashire.run("--out", tmp_path / "none", "--deliver-also", day)
    assert done.returncode == 2
    assert "after the first delivery" in done.stderr


def test_bytes_do_not_hang_on_how_many_rows_are_in_memory(tmp_path: Path) -> None:
    county = lancashire.module("county")
    digests = []
    for name, batch in (("a", 97), ("b", 100_000)):
        wanted = county.Wanted(250, 4, plant=frozenset({"twins"}), events=30_000, batch=batch)
        county.generate(tmp_path / name, wanted)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        digests.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files})
    assert digests[0] == digests[1]
    assert "attendance_sessions.csv" in digests[0]


def test_parquet_holds_what_the_csv_holds(tmp_path: Path) -> None:
    lancashire.generate(tmp_path / "csv", children=40)
    lancashire.generate(tmp_path / "parquet", "--format", "parquet", children=40)
    names = sorted(path.name.split(".")[0] for path in (tmp_path / "csv").iterdir() if path.is_file())
    assert sorted(path.stem for path in (tmp_path / "parquet").glob("*.parquet")) == names
    for source in lancashire.declared().sources:
        for file in source.files:
            if (path := lancashire.path_of(tmp_path / "csv", file)) is None:
                continue
            header, *rows = lancashire.lines(tmp_path / "csv", file)
            packed = tmp_path / "parquet" / f"{path.name.split('.')[0]}.parquet"
            table = duckdb.execute(f"FROM read_parquet('{packed}')")
            assert [column[0] for column in table.description or ()] == header
            assert [list(row) for row in table.fetchall()] == rows, path.name


def test_the_register_marks_each_session_once_and_agrees_with_the_term(tmp_path: Path) -> None:
    folder = lancashire.generate(tmp_path, "--events", "60000", children=400)
    source = lancashire.declared().source("attendance")
    connection = duckdb.connect()
    lancashire.load_source(connection, folder, source)
    rows, marks, weekends, late = connection.execute(
        """SELECT count(*), count(DISTINCT (pupil_id, session_date, session)),
                  count(*) FILTER (dayofweek(session_date) IN (0, 6)), count(*) FILTER (submitted_on < session_date)
           FROM sessions"""
    ).fetchall()[0]
    assert rows == marks > 20_000
    assert (weekends, late) == (0, 0)
    assert connection.execute("SELECT count(*) FROM marks").fetchall() == [(rows,)], "each code was in use on its day"
    [(by_mark, by_term)] = connection.execute(
        """SELECT (SELECT avg((counts_as <> 'present')::INT) FROM marks),
                  (SELECT sum(sessions_missed) / sum(sessions_possible) FROM terms)"""
    ).fetchall()
    assert by_mark == pytest.approx(by_term, rel=0.2)
    total = sum(json.loads((folder / "truth" / "planted.json").read_text())["rows"].values())
    assert 60_000 <= total < 62_000


def test_what_was_backdated_later_appears_only_later_and_with_an_early_date(tmp_path: Path) -> None:
    folder = lancashire.generate(tmp_path, "--plant", "backdated_leak", "--deliver-also", LATER, children=600)
    first, second = (
        {row[0]: row for row in cells(one / "ssd_cin_assessments.csv")[1:] if not row[0].startswith("Q")}
        for one in (folder, folder / f"delivered-{LATER}")
    )
    new = [row for key, row in second.items() if key not in first]
    assert any(row[6] and row[6] < "2025-01-01" for row in new), "an indicator of the past changes between the two"
