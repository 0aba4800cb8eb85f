"""The extracts: what is in them, what is planted in them, and that every good row can be true."""

import csv
import datetime
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from hub.declarations.source_files import ColumnType, SourceFile, alike
from tests.factories import lancashire
from tests.unit.lancashire.conftest import CHILDREN

SOURCES = lancashire.declared().sources
# A partnership fills what it has of a format: some optional files are not delivered here.
LEFT_OUT = {
    "ssd_mother.csv",
    "ssd_early_help_episodes.csv",
    "ssd_send.csv",
    "ssd_ehcp_requests.csv",
    "ssd_ehcp_assessment.csv",
    "ssd_ehcp_named_plan.csv",
    "ssd_professionals.csv",
    "attendance_sessions*.csv",
    "*lsoa11*lsoa21*.csv",
}
FILES = [file for source in SOURCES for file in source.files if file.file not in LEFT_OUT]
FIRST, LAST = datetime.date(2021, 1, 1), datetime.date(2024, 12, 31)


def planted(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "truth" / "planted.json").read_text(encoding="utf-8"))
    return found


def rows(connection: duckdb.DuckDBPyConnection, statement: str) -> list[tuple[Any, ...]]:
    return connection.execute(statement).fetchall()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.file)
def test_every_declared_column_is_in_the_file(county: Path, file: SourceFile) -> None:
    [header, *_] = lancashire.lines(county, file)
    held = {alike(name) for name in header}
    for name, column in file.columns.items():
        if not column.optional:
            assert held & {alike(one) for one in (name, *column.headers)}, name
    assert not held & {alike(name) for name in file.refused}
    assert len(held) == len(header)


def test_every_file_is_declared(county: Path) -> None:
    declared = {path.name for file in FILES if (path := lancashire.path_of(county, file)) is not None}
    assert {path.name for path in county.iterdir() if path.is_file()} == declared
    assert len(declared) == len(FILES)


@pytest.fixture(scope="module")
def loaded(county: Path) -> Iterator[list[tuple[SourceFile, duckdb.DuckDBPyConnection]]]:
    """Each file, every column of it, in a DuckDB of its own: names occur in two sources."""
    connections = [(file, duckdb.connect()) for file in FILES]
    for file, connection in connections:
        lancashire.load(connection, county, file)
    yield connections
    for _, connection in connections:
        connection.close()


def test_faults_found_are_the_faults_planted(
    county: Path, loaded: list[tuple[SourceFile, duckdb.DuckDBPyConnection]]
) -> None:
    truth = planted(county)
    seen = 0
    for file, connection in loaded:
        path = lancashire.path_of(county, file)
        assert path is not None
        [(total, good)] = rows(connection, f"SELECT count(*), count(*) FILTER (len(faults) = 0) FROM typed_{file.name}")
        assert total == truth["rows"][path.name]
        found = dict(
            rows(connection, f"SELECT unnest(faults) AS fault, count(*) FROM typed_{file.name} GROUP BY fault")
        )
        expected = {kind: count for kind, count in truth["bad_rows"].get(path.name, {}).items() if count}
        assert found == expected, file.file
        assert total - good == sum(expected.values()), file.file
        seen += sum(expected.values())
    assert seen > 80, "nearly every file has some"


def test_good_rows_hold_no_date_after_the_delivery(
    loaded: list[tuple[SourceFile, duckdb.DuckDBPyConnection]],
) -> None:
    looked = 0
    for file, connection in loaded:
        for column, declared in file.columns.items():
            if declared.type is ColumnType.DATE:
                [(last,)] = rows(connection, f"SELECT max({column}) FROM {file.name}")
                assert last is None or last < datetime.date(2025, 1, 6), (file.file, column)
                looked += 1
    assert looked > 30


def test_events_are_of_the_period_known_by_the_delivery_and_about_somebody(events: duckdb.DuckDBPyConnection) -> None:
    # What had begun before the first day, and had not ended by then, is there from its beginning.
    spells = "(event_type LIKE '%_start' OR event_type = 'referral')"
    [(first, last, known, earliest, nobody)] = rows(
        events,
        f"""SELECT min(occurred_on) FILTER (NOT {spells}), max(occurred_on), max(known_from), min(occurred_on),
                   count(*) FILTER (person_id IS NULL) FROM event WHERE event_type <> 'police_disposal'""",
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
        ("s47_start", "s47_end"),
        ("placement_start", "placement_end"),
        ("youth_justice_help_start", "youth_justice_help_end"),
    ):
        [(ends, wrong, open_)] = rows(
            events,
            f"""SELECT count(e.occurred_on), count(*) FILTER (e.occurred_on < s.occurred_on),
                       count(*) FILTER (e.occurred_on IS NULL)
                FROM (FROM event WHERE event_type = '{start}') s LEFT JOIN (FROM event WHERE event_type = '{end}') e
                USING (person_id, source, episode_id)""",
        )
        [(total,)] = rows(events, f"SELECT count(*) FROM event WHERE event_type = '{end}'")
        assert wrong == 0, start
        assert ends == total, "every end has one beginning"
        assert open_ > 0 or start == "s47_start", "some were still open on the day of delivery"


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


def test_people_files_hold_every_record_that_truth_names_and_no_other(
    county: Path, events: duckdb.DuckDBPyConnection
) -> None:
    with (county / "truth" / "people.csv").open(encoding="utf-8") as opened:
        truth = [(row["source"], row["source_person_id"], row["true_person"]) for row in csv.DictReader(opened)]
    held: set[tuple[str, str]] = set()
    for source in SOURCES:
        for people in source.people:
            found = rows(events, f"SELECT DISTINCT {people.id} FROM {source.name}.{people.table}")
            held |= {(source.name, key) for (key,) in found}
    assert len({row[:2] for row in truth}) == len(truth)
    assert {row[:2] for row in truth} == held
    assert 0.95 * CHILDREN < len({row[2] for row in truth}) <= CHILDREN
    times = Counter((source, person) for source, _, person in truth)
    assert {source for (source, _), count in times.items() if count > 1} == {"police"}
    assert sum(count > 1 for count in times.values()) == planted(county)["people_held_twice"]["police"]


def test_twins_share_birthday_surname_and_address(county: Path, events: duckdb.DuckDBPyConnection) -> None:
    pairs = rows(
        events,
        """WITH pupil AS (SELECT DISTINCT pupil_id, forename, surname, birth_date, address, postcode
                          FROM school.pupil_addresses)
           SELECT DISTINCT l.pupil_id, r.pupil_id, l.forename = r.forename FROM pupil l JOIN pupil r
           ON l.pupil_id < r.pupil_id AND l.birth_date = r.birth_date AND l.surname = r.surname
           AND l.address = r.address AND l.postcode = r.postcode""",
    )
    assert len(pairs) >= 0.4 * planted(county)["twins"] / 2 > 0
    assert not any(same for _, _, same in pairs), "no twins have one name"


def test_families_share_a_postcode_and_some_moved(events: duckdb.DuckDBPyConnection) -> None:
    [(shared,)] = rows(
        events,
        """SELECT count(*) FROM (SELECT postcode FROM school.addresses WHERE postcode IS NOT NULL
           GROUP BY postcode HAVING count(DISTINCT address) > 2)""",
    )
    [(moved,)] = rows(
        events, "SELECT count(*) FROM (SELECT pupil_id FROM school.addresses GROUP BY ALL HAVING count(*) > 1)"
    )
    assert shared > 10
    assert 0.1 < moved / CHILDREN < 0.4


def test_nothing_looks_like_a_real_person(loaded: list[tuple[SourceFile, duckdb.DuckDBPyConnection]]) -> None:
    for file, connection in loaded:
        for column, pattern in (
            ("upn", "Z000[0-9]{9}"),
            ("nhs_number", "999[0-9]{7}"),
            ("postcode", "ZL[0-9]{1,2} ?[0-9][A-Z]{2}"),
            ("lsoa", "E01L[0-9]{5}"),
            ("addr_lsoa", "E01L[0-9]{5}"),
            ("addr_address_postcode", "ZL[0-9]{1,2} ?[0-9][A-Z]{2}"),
            ("lsoa_2011", "E01L[0-9]{5}"),
        ):
            if column in file.columns:
                [(wrong,)] = rows(
                    connection, f"SELECT count(*) FROM {file.name} WHERE NOT regexp_full_match({column}, '{pattern}')"
                )
                assert wrong == 0, (file.file, column)
