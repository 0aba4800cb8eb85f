"""The extracts: what is in them, what is planted in them, and that every good row can be true."""

import csv
import datetime
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from hub.source_files import ColumnType, SourceFile
from tests.factories import lancashire
from tests.unit.lancashire.conftest import CHILDREN

FILES = [file for source in lancashire.declared().sources for file in source.files]
FIRST, LAST = datetime.date(2021, 1, 1), datetime.date(2024, 12, 31)


def planted(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "truth" / "planted.json").read_text(encoding="utf-8"))
    return found


def rows(connection: duckdb.DuckDBPyConnection, statement: str) -> list[tuple[Any, ...]]:
    return connection.execute(statement).fetchall()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.file)
def test_every_declared_column_is_in_the_file(county: Path, file: SourceFile) -> None:
    encoding = "utf-8-sig" if file.encoding == "utf-8" else file.encoding
    with (county / file.file).open(encoding=encoding, newline="") as opened:
        header = next(csv.reader(opened, delimiter=file.delimiter))
    assert set(file.columns) <= set(header)
    assert len(set(header)) == len(header)


def test_every_file_is_declared(county: Path) -> None:
    assert {path.name for path in county.glob("*.csv")} == {file.file for file in FILES}


def test_faults_found_are_the_faults_planted(county: Path) -> None:
    truth = planted(county)
    seen = 0
    for file in FILES:
        connection = duckdb.connect()
        lancashire.load(connection, county, file)
        [(total, good)] = rows(connection, f"SELECT count(*), count(*) FILTER (len(faults) = 0) FROM typed_{file.name}")
        assert total == truth["rows"][file.file]
        found = dict(
            rows(connection, f"SELECT unnest(faults) AS fault, count(*) FROM typed_{file.name} GROUP BY fault")
        )
        expected = {kind: count for kind, count in truth["bad_rows"].get(file.file, {}).items() if count}
        assert found == expected, file.file
        assert total - good == sum(expected.values()), file.file
        seen += sum(expected.values())
    assert seen > 50, "nearly every file has some"


def test_good_rows_hold_no_date_after_the_delivery(county: Path) -> None:
    looked = 0
    for file in FILES:
        connection = duckdb.connect()
        lancashire.load(connection, county, file)
        for column, declared in file.columns.items():
            if declared.type is ColumnType.DATE:
                [(last,)] = rows(connection, f"SELECT max({column}) FROM {file.name}")
                assert last is None or last < datetime.date(2025, 1, 6), (file.file, column)
                looked += 1
    assert looked > 30


def test_events_are_of_the_period_known_by_the_delivery_and_about_somebody(events: duckdb.DuckDBPyConnection) -> None:
    spells = "event_type IN ('cin_start', 'cp_plan_start', 'early_help_start')"
    [(first, last, known, earliest, nobody)] = rows(
        events,
        f"""SELECT min(occurred_on) FILTER (NOT {spells}), max(occurred_on), max(known_from), min(occurred_on),
                   count(*) FILTER (person_id IS NULL) FROM event""",
    )
    assert first >= FIRST
    assert last <= LAST
    assert known <= datetime.date(2025, 1, 6)
    assert earliest >= datetime.date(2019, 1, 1)
    assert nobody == 0, "each good event is about a person whom truth knows"


def test_nothing_is_known_before_it_happened(events: duckdb.DuckDBPyConnection) -> None:
    assert rows(events, "SELECT event_type, count(*) FROM event WHERE known_from < occurred_on GROUP BY ALL") == []


def test_police_know_some_things_late(events: duckdb.DuckDBPyConnection) -> None:
    [(week, quarter, total)] = rows(
        events,
        """SELECT count(*) FILTER (known_from - occurred_on > 7), count(*) FILTER (known_from - occurred_on > 90),
                  count(*) FROM event WHERE source = 'police'""",
    )
    assert 0.03 < week / total < 0.25
    assert quarter > 0


def test_spells_end_after_they_begin_and_only_once(events: duckdb.DuckDBPyConnection) -> None:
    for start, end in (
        ("cin_start", "cin_end"),
        ("cp_plan_start", "cp_plan_end"),
        ("early_help_start", "early_help_end"),
    ):
        [(ends, wrong, open_)] = rows(
            events,
            f"""SELECT count(e.occurred_on), count(*) FILTER (e.occurred_on <= s.occurred_on),
                       count(*) FILTER (e.occurred_on IS NULL)
                FROM (FROM event WHERE event_type = '{start}') s LEFT JOIN (FROM event WHERE event_type = '{end}') e
                USING (person_id, source, episode_id)""",
        )
        [(total,)] = rows(events, f"SELECT count(*) FROM event WHERE event_type = '{end}'")
        assert wrong == 0, start
        assert ends == total, "every end has one beginning"
        assert open_ > 0, "some were still open on the day of delivery"


def test_no_child_has_two_open_spells_of_help(events: duckdb.DuckDBPyConnection) -> None:
    for start, end in (("cin_start", "cin_end"), ("early_help_start", "early_help_end")):
        overlaps = rows(
            events,
            f"""WITH spell AS (
                    SELECT s.person_id, s.episode_id, s.occurred_on AS a,
                           coalesce(e.occurred_on, DATE '9999-01-01') AS b
                    FROM (FROM event WHERE event_type = '{start}') s
                    LEFT JOIN (FROM event WHERE event_type = '{end}') e USING (person_id, source, episode_id))
                SELECT count(*) FROM spell l JOIN spell r ON l.person_id = r.person_id AND l.episode_id < r.episode_id
                WHERE l.a < r.b AND r.a < l.b""",
        )
        assert overlaps == [(0,)], start


def test_people_files_hold_every_record_that_truth_names_and_no_other(county: Path) -> None:
    connection = duckdb.connect()
    with (county / "truth" / "people.csv").open(encoding="utf-8") as opened:
        truth = [(row["source"], row["source_person_id"], row["true_person"]) for row in csv.DictReader(opened)]
    held: set[tuple[str, str]] = set()
    for source in lancashire.declared().sources:
        for people in source.people:
            file = next(one for one in source.files if one.name == people.table)
            lancashire.load(connection, county, file)
            held |= {(source.name, key) for (key,) in rows(connection, f"SELECT DISTINCT {people.id} FROM {file.name}")}
    assert len({row[:2] for row in truth}) == len(truth)
    assert {row[:2] for row in truth} == held
    assert 0.95 * CHILDREN < len({row[2] for row in truth}) <= CHILDREN
    twice = [row[0] for row in truth if sum(other[0] == row[0] and other[2] == row[2] for other in truth) > 1]
    assert set(twice) == {"police"}
    assert len(twice) == 2 * planted(county)["people_held_twice"]["police"]


def test_twins_share_birthday_surname_and_address(county: Path) -> None:
    connection = duckdb.connect()
    file = next(file for file in FILES if file.name == "pupils")
    lancashire.load(connection, county, file)
    pairs = rows(
        connection,
        """SELECT DISTINCT l.pupil_id, r.pupil_id, l.forename = r.forename FROM pupils l JOIN pupils r
           ON l.pupil_id < r.pupil_id AND l.birth_date = r.birth_date AND l.surname = r.surname
           AND l.address = r.address AND l.postcode = r.postcode""",
    )
    assert len(pairs) >= 0.4 * planted(county)["twins"] / 2 > 0
    assert not any(same for _, _, same in pairs), "no twins have one name"


def test_families_share_a_postcode_and_some_moved(county: Path) -> None:
    connection = duckdb.connect()
    file = next(file for file in FILES if file.name == "pupils")
    lancashire.load(connection, county, file)
    [(shared,)] = rows(
        connection,
        """SELECT count(*) FROM (SELECT postcode FROM pupils WHERE postcode IS NOT NULL
           GROUP BY postcode HAVING count(DISTINCT address) > 2)""",
    )
    [(moved,)] = rows(connection, "SELECT count(*) FROM (SELECT pupil_id FROM pupils GROUP BY ALL HAVING count(*) > 1)")
    assert shared > 10
    assert 0.1 < moved / CHILDREN < 0.4


def test_nothing_looks_like_a_real_person(county: Path) -> None:
    connection = duckdb.connect()
    for file in FILES:
        lancashire.load(connection, county, file)
        for column, pattern in (
            ("upn", "Z000[0-9]{9}"),
            ("nhs_number", "999[0-9]{7}"),
            ("postcode", "ZL[0-9]{1,2} ?[0-9][A-Z]{2}"),
            ("lsoa", "E01L[0-9]{5}"),
            ("area_id", "E01L[0-9]{5}"),
        ):
            if column in file.columns:
                [(wrong,)] = rows(
                    connection, f"SELECT count(*) FROM {file.name} WHERE NOT regexp_full_match({column}, '{pattern}')"
                )
                assert wrong == 0, (file.file, column)
