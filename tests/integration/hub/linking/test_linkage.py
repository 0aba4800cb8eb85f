"""Linkage over real extracts: twins stay apart, people keep their ids, and the report measures itself."""

import csv
import datetime
import logging
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from hub.errors import IntegrityError, NotFoundError, StateError
from hub.figures import Figure, NotComputed
from hub.identity import person_ids, persons
from hub.identity import store as identity_store
from hub.linking import linkage
from hub.linking.linkage import LinkageReport
from hub.staging import admitted
from tests.factories import identity
from tests.factories.counties import County
from tests.factories.identity import identity_row
from tests.factories.snapshots import drawn

SOURCES = {"school": True, "police": False}
HOME = {"address": "1 Mill Road", "postcode": "PR1 1AA"}


def _rows(text: str) -> list[dict[str, Any]]:
    """Read drawn people: source, id, given, family, born, home; more columns are identifiers."""
    found = []
    for row in drawn(text):
        said = {name: row[name] for name in row if name not in {"source", "id", "given", "family", "born", "home"}}
        address, postcode = (row["home"] or "").split(",") if row.get("home") else (None, None)
        found.append(
            identity_row(
                str(row["source"]),
                str(row["id"]),
                given_name=row["given"],
                family_name=row["family"],
                date_of_birth=datetime.date.fromisoformat(row["born"]) if row["born"] else None,
                address=address,
                postcode=postcode,
                identifiers={name: value for name, value in said.items() if value},
            )
        )
    return found


def _people(county: County) -> set[frozenset[str]]:
    """Return who is one person, records written as `source id`."""
    table = persons.open_map(county.workspace).table().to_pylist()
    found: dict[str, set[str]] = {}
    names = _names(county)
    for row in table:
        found.setdefault(row["person_id"], set()).add(names[row["record_key"]])
    return {frozenset(records) for records in found.values()}


def _names(county: County) -> dict[str, str]:
    rows = []
    for extract in admitted.admitted_extracts(county.workspace, county.partnership)[0]:
        rows += pq.read_table(identity_store.records(county.workspace, extract.source, extract.digest)).to_pylist()
    return {row["record_key"]: f"{row['source']} {row['source_person_id']}" for row in rows}


def _ids(county: County) -> dict[str, str]:
    """Return `source id` → person_id."""
    names = _names(county)
    table = persons.open_map(county.workspace).table().to_pylist()
    return {names[row["record_key"]]: row["person_id"] for row in table if row["present"]}


# Household by household: a small truth about twins, forms of names, namesakes elsewhere, fathers and identifiers.
HOUSEHOLDS = """
source | id | given       | family | born       | home               | upn | nhs_number
school | 1  | Ella        | Hill   | 2010-05-06 | 1 Mill Rd,PR1 1AA  |     |
school | 2  | Grace       | Hill   | 2010-05-06 | 1 Mill Rd,PR1 1AA  |     |
police | 1  | ELLA        | HILL   | 2010-05-06 | 1 Mill Rd,PR1 1AA  |     |
police | 2  | GRACE       | HILL   | 2010-06-05 | 1 Mill Rd,PR1 1AA  |     |
police | 3  | JACK        | HILL   | 2010-05-06 | 1 Mill Rd,PR1 1AA  |     |
school | 10 | Thomas      | Wood   | 2008-02-13 | 4 Bank St,PR2 2BB  |     |
police | 10 | TOM         | WOOD   | 2008-02-13 | 4 Bank St,PR2 2BB  |     |
police | 11 | THOMAS      | WOOD   | 2008-03-13 | 9 Far Lane,BB7 7XX |     |
police | 12 | OLIVER      | WOOD   | 2011-07-21 | 4 Bank St,PR2 2BB  |     |
school | 20 | Mohammed Ali| Khan   | 2009-01-22 | 7 High St,PR3 3CC  | U7  |
police | 20 | ALI         | KHAN   | 2009-01-22 | 7 High St,PR3 3CC  | U7  |
school | 30 | Amelia      | Reed   | 2012-10-10 | 2 Park Ave,PR4 4DD |     | 111111
police | 30 | AMELIA      | REED   | 2012-10-10 | 2 Park Ave,PR4 4DD |     | 999222
school | 40 | Singh       | Arjun  | 2007-12-01 | 5 Lea Rd,PR5 5EE   |     |
police | 40 | ARJUN       | SINGH  | 2007-12-01 | 5 Lea Rd,PR5 5EE   |     |
school | 50 | Mia         | Cole   | 2010-09-09 | 8 Kay St,PR6 6FF   |     |
school | 51 | Max         | Cole   | 2010-09-09 | 8 Kay St,PR6 6FF   |     |
police | 50 |             | COLE   | 2010-09-09 |                    |     |
school | 60 | Noah        | Fox    | 2003-04-04 | 3 Ash Rd,PR7 7GG   |     |
police | 60 | NOAH        | FOX    | 1975-11-28 | 3 Ash Rd,PR7 7GG   |     |
school | 70 | Ibrahim     | Shah   | 2006-06-16 | 1 Oak Rd,PR8 1AA   |     |
school | 71 | Ibrahim     | Shah   | 2006-06-16 | 2 Elm Rd,PR9 2BB   |     |
police | 70 | IBRAHIM     | SHAH   | 2006-06-16 |                    |     |
"""
TOGETHER = {
    frozenset({"school 1", "police 1"}),
    frozenset({"school 2", "police 2"}),
    frozenset({"school 10", "police 10"}),
    frozenset({"school 20", "police 20"}),
    frozenset({"school 40", "police 40"}),
}


def test_twins_namesakes_fathers_and_identifiers(tmp_path: Path) -> None:
    county = County(tmp_path, SOURCES)
    county.deliver(_rows(HOUSEHOLDS))
    report = linkage.link(county.workspace, county.partnership)
    found = _people(county)
    assert {people for people in found if len(people) > 1} == TOGETHER
    assert report.people == len(found)
    assert report.method == "splink"
    assert "too few records" in report.why
    assert report.refused["different identifiers"] == 1
    assert report.refused["a brother or sister is as likely"] >= 1
    assert report.refused["two candidates are about equally good"] == 4


def _truth(path: Path, rows: list[dict[str, Any]], truth: dict[str, int]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["source", "source_person_id", "true_person"])
        writer.writerows(sorted({(row["source"], row["source_person_id"], truth[row["record_key"]]) for row in rows}))
    return path


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[County, LinkageReport, Path]:
    """A town of families with five sources, linked and measured."""
    folder = tmp_path_factory.mktemp("town")
    county = County(folder, {**dict.fromkeys(identity.COVERAGE, True), "police": False})
    rows, truth = identity.town(800, seed=5)
    county.deliver(rows)
    path = _truth(folder / "truth.csv", rows, truth)
    return county, linkage.link(county.workspace, county.partnership, truth=path), path


def test_a_town_of_families_is_linked_with_precision_first(town: tuple[County, LinkageReport, Path]) -> None:
    _, report, _ = town
    assert isinstance(report.precision, Figure)
    assert isinstance(report.recall, Figure)
    assert report.precision.value >= 0.995
    assert report.recall.value >= 0.95
    assert report.precision.n > 1500
    assert "learnt from these records" in report.why
    assert report.refused["a brother or sister is as likely"] > 10
    groups = {(row["group"], row["level"]) for row in report.groups}
    assert {("sex", "F"), ("source", "police"), ("ethnicity", "APKN"), ("ethnicity", "not recorded")} <= groups
    for row in report.groups:
        if "value" in row["precision"] and row["precision"]["n"] >= 100:
            assert row["precision"]["value"] >= 0.99, row


def test_linking_again_changes_nothing(town: tuple[County, LinkageReport, Path]) -> None:
    county, report, path = town
    again = linkage.link(county.workspace, county.partnership, truth=path)
    assert again.map_digest == report.map_digest
    assert again.as_json() == report.as_json()
    assert again.changes == {"new": 0, "kept": report.people, "merged": 0, "split": 0}


def test_the_map_holds_probabilities_of_links_and_none_for_a_record_alone(
    town: tuple[County, LinkageReport, Path],
) -> None:
    county, report, _ = town
    rows = persons.open_map(county.workspace).table().to_pylist()
    assert len(rows) == report.records
    sizes: dict[str, int] = {}
    for row in rows:
        sizes[row["person_id"]] = sizes.get(row["person_id"], 0) + 1
    for row in rows:
        assert (row["probability"] is None) == (sizes[row["person_id"]] == 1)
        assert row["probability"] is None or row["probability"] >= linkage.THRESHOLD


def test_nobody_holds_two_records_of_one_source_or_two_identifiers(town: tuple[County, LinkageReport, Path]) -> None:
    for people in _people(town[0]):
        sources = [name.split(" ")[0] for name in people if not name.startswith("police")]
        assert len(sources) == len(set(sources))


def test_the_same_files_and_key_give_the_same_people_elsewhere(tmp_path: Path) -> None:
    digests = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        county = County(tmp_path / name, SOURCES)
        county.deliver(_rows(HOUSEHOLDS))
        digests.append(linkage.link(county.workspace, county.partnership).map_digest)
    assert digests[0] == digests[1]


BEFORE = """
source | id | given | family | born       | home              | nhs_number
school | 1  | Ann   | Hill   | 2010-05-06 | 1 Mill Rd,PR1 1AA |
police | 1  | ANN   | HILL   |            | 9 Far Ln,BB7 7XX  |
school | 2  | Ben   | Wood   | 2009-03-04 | 4 Bank St,PR2 2BB |
police | 2  | BEN   | WOOD   | 2009-03-04 | 4 Bank St,PR2 2BB |
"""
AFTER = """
source | id | given | family | born       | home              | nhs_number
school | 1  | Ann   | Hill   | 2010-05-06 | 1 Mill Rd,PR1 1AA |
police | 1  | ANN   | HILL   | 2010-05-06 | 1 Mill Rd,PR1 1AA |
school | 2  | Ben   | Wood   | 2009-03-04 | 4 Bank St,PR2 2BB | 111111
police | 2  | BEN   | WOOD   | 2009-03-04 | 4 Bank St,PR2 2BB | 999222
police | 3  | CAT   | WOOD   | 2011-03-04 | 4 Bank St,PR2 2BB |
"""


def test_ids_stay_over_deliveries_and_merges_and_splits_are_on_record(tmp_path: Path) -> None:
    county = County(tmp_path, SOURCES)
    county.deliver(_rows(BEFORE), on="2024-01-31")
    assert linkage.link(county.workspace, county.partnership).changes["new"] == 3
    first = _ids(county)
    assert first["school 2"] == first["police 2"]

    county.deliver(_rows(AFTER), on="2024-06-30")
    changes = linkage.link(county.workspace, county.partnership).changes
    second = _ids(county)
    assert changes == {"new": 2, "kept": 2, "merged": 1, "split": 1}
    assert second["school 1"] == second["police 1"]
    assert second["school 1"] in {first["school 1"], first["police 1"]}
    assert {second["school 2"], second["police 2"]} > {first["school 2"]}
    log = persons.open_map(county.workspace).log().to_pylist()
    assert [(row["change"], row["cause"], str(row["changed_on"])) for row in log] == [
        ("merged", person_ids.CHANGED, "2024-06-30"),
        ("split", "different identifiers", "2024-06-30"),
    ]
    assert log[0]["person_id"] in set(first.values()) - set(second.values())
    assert log[1]["other_id"] not in set(first.values())

    # The police record disappears and comes back: the same person_id.
    county.deliver(_rows(BEFORE.replace("police | 1  | ANN", "police | 4  | ZOE")), on="2024-09-30")
    linkage.link(county.workspace, county.partnership)
    county.deliver(_rows(AFTER), on="2024-12-31")
    linkage.link(county.workspace, county.partnership)
    assert _ids(county)["police 1"] == second["police 1"]
    assert len(list((county.workspace.identity / "persons").iterdir())) == 3  # two maps and the pointer


def test_one_source_of_single_records_needs_no_linkage(tmp_path: Path) -> None:
    county = County(tmp_path, {"school": True})
    county.deliver(_rows(HOUSEHOLDS))
    report = linkage.link(county.workspace, county.partnership)
    assert (report.method, report.records, report.people) == ("none", 11, 11)
    assert report.why == "all records come from one source, which holds one record a person"
    assert report.precision == NotComputed(0, "no truth was given")


def test_records_without_anything_to_compare_stay_people_of_their_own(tmp_path: Path) -> None:
    county = County(tmp_path, SOURCES)
    county.deliver([identity_row(source, number) for source in SOURCES for number in "12"])
    report = linkage.link(county.workspace, county.partnership)
    assert (report.method, report.people) == ("none", 4)
    assert "no names, birthdays or shared identifiers" in report.why


def test_identifiers_alone_link(tmp_path: Path) -> None:
    county = County(tmp_path, {"school": True, "police": True})
    county.deliver(
        [identity_row(source, number, identifiers={"upn": f"U{number}55"}) for source in SOURCES for number in "1357"]
    )
    report = linkage.link(county.workspace, county.partnership)
    assert (report.records, report.people) == (8, 4)


def test_a_source_that_is_no_longer_declared_is_left_out_by_name(tmp_path: Path) -> None:
    county = County(tmp_path, SOURCES)
    county.deliver(_rows(HOUSEHOLDS))
    county.declare(sources=["school"])
    report = linkage.link(county.workspace, county.partnership)
    assert report.left_out == {"police": "sources.yaml does not declare it any more"}
    assert report.records == 11


def test_nothing_was_ingested(tmp_path: Path) -> None:
    county = County(tmp_path, SOURCES)
    with pytest.raises(NotFoundError, match="Run `sentinel hub ingest`"):
        linkage.link(county.workspace, county.partnership)
    with pytest.raises(NotFoundError, match="Run `sentinel hub link`"):
        persons.open_map(county.workspace)


def test_changed_identity_rows_and_a_second_linkage_at_once_are_refused(tmp_path: Path) -> None:
    county = County(tmp_path, SOURCES)
    county.deliver(_rows(HOUSEHOLDS))
    with identity_store.working(county.workspace), pytest.raises(StateError):
        linkage.link(county.workspace, county.partnership)
    [path, *_] = sorted((county.workspace.identity / "records").rglob("*.parquet"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(IntegrityError, match="differs from its digest"):
        linkage.link(county.workspace, county.partnership)
    assert not (county.workspace.identity / "persons").exists()


def test_nothing_personal_is_printed_or_logged(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    county = County(tmp_path, SOURCES)
    county.deliver(_rows(HOUSEHOLDS.replace("Grace", "Zaphodine").replace("GRACE", "ZAPHODINE")))
    with caplog.at_level(logging.DEBUG):
        report = linkage.link(county.workspace, county.partnership)
    said = capfd.readouterr()
    for text in (said.out, said.err, caplog.text, str(report.as_json())):
        assert "zaphod" not in text.lower()
