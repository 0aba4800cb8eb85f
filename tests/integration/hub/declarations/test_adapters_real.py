"""Real and openly licensed files, read where they lie: what they give, and which rows are set aside and why."""

import datetime
from collections import Counter
from pathlib import Path

import pytest

from tests.factories.adapter_reading import Read, read_folder
from tests.shared_data import FOLDER, needs

ON = datetime.date(2026, 6, 30)


@pytest.fixture(scope="module")
def returns(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Five years of SSDA903 returns."""
    return read_folder("ssda903", [FOLDER / "ssda903"], tmp_path_factory.mktemp("ssda903"), ON)


@needs("ssda903")
def test_five_returns_keep_every_child_and_the_same_child_has_one_key(returns: Read) -> None:
    heads = [next(file for file in facts["files"] if file["table"] == "header") for facts in returns.facts]
    assert [file["kept"] for file in heads] == [819, 572, 362, 226, 144]
    years = Counter(row["record_key"] for row in returns.identity)
    assert sum(count == 5 for count in years.values()) == 144
    assert len({(row["source_person_id"], row["record_key"]) for row in returns.identity}) == len(years) == 820


@needs("ssda903")
def test_every_row_of_the_returns_is_kept_or_set_aside_by_a_named_rule(returns: Read) -> None:
    broken: Counter[str] = Counter()
    for facts in returns.facts:
        for file in facts["files"]:
            assert file["rows"] == file["kept"] + file["quarantined"]
            broken.update({f"{file['table']}: {rule}": count for rule, count in file["rules"].items()})
    # ACCOM 01 and 02 are no codes of the specification, and nothing uses them: their rows stay, and are said. A review that lies after the day of delivery was not held. A
    # child has one review on a day: of rows that differ only in how the child took part, the first stays.
    assert broken == {
        "reviews: REVIEW: future": 20,
        "reviews: duplicate": 1,
        "reviews: duplicate_differs": 11,
    }
    assert returns.unmapped() == {}
    noticed = [file["noticed"]["ACCOM: code"] for facts in returns.facts for file in facts["files"] if file["noticed"]]
    assert sum(one["rows"] for one in noticed) == 24
    assert all(one["lines"] for one in noticed)


@needs("ssda903")
def test_nothing_of_a_year_is_known_before_the_return_was_due(returns: Read) -> None:
    for row in returns.events:
        # What ended on 1 April ended with the year before.
        last = row["occurred_on"] - datetime.timedelta(days=row["event_type"] in ("cla_end", "placement_end", "death"))
        assert row["known_from"] >= datetime.date(last.year + (last.month > 3), 6, 30)
    # Late entries about an earlier year stand in a later return, and are known with that.
    known = Counter(str(row["known_from"]) for row in returns.events)
    assert known == {
        "2018-06-30": 7697, "2019-06-30": 5911, "2020-06-30": 4176, "2021-06-30": 2880, "2022-06-30": 2024,
    }  # fmt: skip
    kinds = Counter(row["event_type"] for row in returns.events)
    assert kinds["placement_start"] == 1460 + 974 + 648 + 402 + 253
    assert kinds["sdq"] == 957


@needs("annex_a")
def test_the_workbook_of_annex_a_is_read_and_its_counts_are_refused(tmp_path: Path) -> None:
    found = read_folder("annex_a", [FOLDER / "annex_a" / "Annex_A.xlsx"], tmp_path, ON)
    files = found.facts[0]["files"]
    assert len(files) == 11
    assert sum(file["rows"] for file in files) == sum(file["kept"] for file in files) == 59
    assert sum("12 months" in header.lower() for file in files for header in file.get("refused", ())) == 8
    assert found.event("contact")[0][1:] == ("2020-09-16", "2020-09-23", None, "police")
    assert found.event("cla_end") == [("3623204", "2020-09-22", "2020-09-29", None, "special_guardianship")]
    who = {row["source_person_id"]: row for row in found.identity}
    assert (who["9212044"]["gender"], who["9212044"]["sex"], who["9212044"]["ethnicity"]) == ("female", None, "WBRI")
    assert who["13981739"]["ethnicity"] == "WBRI"
    assert "7105179" not in who  # an adopter
    assert all(row["ethnicity"] is None or len(row["ethnicity"]) == 4 for row in found.identity)


@needs("area")
def test_small_areas_of_england_have_their_decile_and_its_year(tmp_path: Path) -> None:
    found = read_folder("area", [FOLDER / "area"], tmp_path, ON)
    assert [(file["rows"], file["quarantined"]) for file in found.facts[0]["files"]] == [(32844, 0), (35795, 0)]
    areas = {row["area_id"]: row for row in found.areas}
    assert len(areas) == 36778
    city = areas["E01000001"]
    assert (city["name"], city["local_authority"], city["imd_decile"], city["imd_vintage"]) == (
        "City of London 001A", "City of London", 9, "2019",
    )  # fmt: skip
    without = [row for row in areas.values() if row["imd_decile"] is None]
    assert {code[0] for code, row in areas.items() if row["imd_decile"] is None} == {"W"}
    assert all(row["imd_vintage"] is None for row in without)
