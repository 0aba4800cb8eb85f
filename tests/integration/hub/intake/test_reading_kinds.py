"""Siblings of the cases of ../shared/cases: each kind of file that once failed, in other formats and other ways."""

import datetime
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.declarations.source_files import ColumnType
from hub.errors import InputError, NothingKeptError
from hub.intake import dry_run
from service.commands.cli import app
from tests.factories import harms
from tests.factories.adapter_reading import DELIVERED, read, table
from tests.factories.deliveries import PUPILS, SCHOOL, SECRET, Town

HEADER = "CHILD|SEX|DOB|ETHNIC|UPN|MOTHER|MC_DOB"
EPISODES = "CHILD|DECOM|RNE|LS|CIN|PLACE|PLACE_PROVIDER|DEC|REC|REASON_PLACE_CHANGE|HOME_POST|PL_POST|URN"
CHILDREN = table(f"{HEADER}\n1|1|05/03/2010|WBRI|UN1||\n2|2|06/04/2011|MWBC|A123456789012|0|")
STAYS = table(f"{EPISODES}\n1|01/05/2018|S|C2|N1|U1|PR1||||||\n2|02/06/2018|S|V2|N1|U1|PR1|01/07/2018|E4A||||")


def tried(folder: Path, adapter: str = "ssda903", **files: str | bytes) -> dry_run.DryRun:
    folder.mkdir(exist_ok=True, parents=True)
    for name, content in files.items():
        path = folder / f"{name}.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return dry_run.read(adapter, [folder], DELIVERED)


def said(found: dry_run.DryRun) -> dict[str, int]:
    return {one["notice"]: one["count"] for one in found.notices}


def test_a_table_of_no_use_stops_nothing_however_broken(tmp_path: Path) -> None:
    broken: dict[str, str | bytes] = {"uasc": b"\0\1", "previous_permanence": "a,b\n1,2\n"}
    found = tried(tmp_path, "ssda903", header=CHILDREN, episodes=STAYS, **broken)
    assert (found.people, found.failed, found.error) == (2, [], None)
    assert [one["notice"] for one in found.notices] == ["table_not_used", "table_not_used"]


def test_a_second_part_of_a_table_that_lacks_a_column_is_no_other_table(tmp_path: Path) -> None:
    half = CHILDREN.replace("ETHNIC,", "Ethnicity of child,")
    found = tried(tmp_path, header_a=CHILDREN, header_b=half, episodes=STAYS)
    assert [one["file"] for one in found.failed] == ["header_b.csv"]
    assert "ETHNIC" in found.failed[0]["message"]


def test_every_file_that_cannot_be_read_is_listed_and_the_others_are_read(tmp_path: Path) -> None:
    found = tried(tmp_path, header=CHILDREN, episodes="CHILD,DECOM\n1,2\n", oc2=b"\0", reviews="x\n1\n")
    assert [one["table"] for one in found.failed] == ["episodes", "oc2", "reviews"]
    assert isinstance(found.error, InputError)
    assert "2 more" in str(found.error)
    assert found.people == 2
    result = CliRunner().invoke(app, ["hub", "read", "ssda903", str(tmp_path), "--json"])
    assert result.exception is not None
    assert len(json.loads(result.stdout)["failed"]) == 3


def test_two_spellings_of_one_period_are_one_and_said(tmp_path: Path) -> None:
    files = {"header_2018-19": CHILDREN, "episodes_FY19": STAYS}
    found = tried(tmp_path, **files)
    assert found.people_by_period == {"2019": 2}
    assert said(found) == {"one_period": 1}
    assert "2018-19" in found.notices[0]["said"]


def test_the_folder_says_the_year(tmp_path: Path) -> None:
    assert tried(tmp_path / "2018-19", header=CHILDREN, episodes=STAYS).people_by_period == {"2019": 2}


def test_a_dead_child_is_not_lost_for_an_unused_column(tmp_path: Path) -> None:
    oc3 = table("CHILD|DOB|IN_TOUCH|ACTIV|ACCOM\n9|05/03/2000|DIED|0|99")
    found = tried(tmp_path, header=CHILDREN, episodes=STAYS, oc3=oc3)
    assert {one["type"] for one in found.events} >= {"death"}
    assert found.noticed == {"ACCOM: code": 1} or found.as_json()["quarantined"] == 0


@pytest.mark.parametrize(("decom", "rules"), [("04/03/2010", {"occurred_on: before_birth": 1}), ("05/03/2010", {})])
def test_care_begins_at_birth_and_not_a_day_before(decom: str, rules: dict[str, int], tmp_path: Path) -> None:
    stays = table(f"{EPISODES}\n1|{decom}|S|C2|N1|U1|PR1||||||")
    found = read("ssda903", {"header.csv": CHILDREN, "episodes.csv": stays}, tmp_path)
    assert found.unmapped().get("event placement_start", {}) == rules
    assert found.rules() == {}


def test_a_stay_that_ends_before_it_begins_breaks_a_rule(tmp_path: Path) -> None:
    stays = table(f"{EPISODES}\n1|01/05/2018|S|C2|N1|U1|PR1|30/04/2018|E4A||||")
    found = read("ssda903", {"header.csv": CHILDREN, "episodes.csv": stays}, tmp_path)
    assert found.rules() == {"episodes": {"DEC: before_start": 1}}


def test_an_unborn_child_may_be_referred(tmp_path: Path) -> None:
    census = harms.good("cin_census").xml
    early = census.replace("2010-03-14</PersonBirthDate>", "2018-12-01</PersonBirthDate>")
    late = census.replace("2010-03-14</PersonBirthDate>", "2019-12-01</PersonBirthDate>")
    for number, (text, rules) in enumerate([(early, {}), (late, {"event referral": {"occurred_on: before_birth": 1}})]):
        folder = tmp_path / str(number)
        folder.mkdir()
        found = read("cin_census", {"CIN.xml": text}, folder)
        assert {title: one for title, one in found.unmapped().items() if title == "event referral"} == rules


def test_two_children_with_one_pupil_number_are_said(tmp_path: Path) -> None:
    found = tried(tmp_path, header=CHILDREN.replace("UN1", "a123456789012"), episodes=STAYS)
    assert said(found) == {"identifier_shared": 2}


def test_zeros_that_one_table_lost_are_said(tmp_path: Path) -> None:
    found = tried(tmp_path, header=CHILDREN.replace("\n1,", "\n001,").replace("\n2,", "\n002,"), episodes=STAYS)
    assert said(found)["identifier_spelt_otherwise"] == 2


def test_months_before_days_are_no_guess(tmp_path: Path) -> None:
    lines = [
        f"{at}|1|{month:02d}/{day:02d}/2010|WBRI|UN1||" for at, (month, day) in enumerate([(3, 25), (4, 26), (5, 6)])
    ]
    found = tried(tmp_path, header=table(HEADER + "\n" + "\n".join(lines)), episodes=STAYS)
    [header] = [one for one in found.files if one["table"] == "header"]
    assert header["rules"] == {"DOB: date": 2, "DOB: date_order": 1}
    assert header["lines"]["DOB: date_order"] == [4]
    [notice] = [one for one in found.notices if one["notice"] == "date_order"]
    assert (notice["count"], "line 4" in notice["said"], "dates" in notice["remedy"]) == (1, True, True)


def test_one_slip_among_days_before_months_costs_its_own_row_only(tmp_path: Path) -> None:
    lines = [f"{at}|1|{day}/03/2010|WBRI|UN1||" for at, day in enumerate(["13", "14", "15", "06"])] + [
        "9|1|03/25/2010|WBRI|UN1||"
    ]
    found = tried(tmp_path, header=table(HEADER + "\n" + "\n".join(lines)), episodes=STAYS)
    assert found.files[0]["rules"] == {"DOB: date": 1}


def test_census_faults_name_elements_lines_and_years(tmp_path: Path) -> None:
    census = harms.good("cin_census").xml.replace("<ReferralSource>1A<", f"<ReferralSource>{SECRET}<")
    with pytest.raises(InputError) as refused:
        read("cin_census", {"CIN.xml": census.replace("<Year>2019<", "<Year>2031<")}, tmp_path)
    text = str(refused.value)
    assert "the element ReferralSource" in text
    assert "line 7" in text
    assert "of 2031, and known are the years 2018 to 2026" in text
    assert SECRET not in text


def test_one_wrong_child_is_set_aside_in_every_table_and_named(tmp_path: Path) -> None:
    census = harms.good("cin_census").xml.replace("<ReferralSource>1A<", f"<ReferralSource>{SECRET}<", 1)
    found = read("cin_census", {"CIN.xml": census}, tmp_path)
    rule = {"ReferralSource: schema": 1}
    assert found.rules() == {"children": rule, "referrals": rule, "assessments": rule}
    assert len(found.identity) == harms.ROWS - 1
    [notice] = found.facts[0]["notices"]
    assert (notice["notice"], notice["count"]) == ("xml_set_aside", 1)
    assert "line 7: the element ReferralSource" in notice["said"]
    assert SECRET not in notice["said"]


def test_a_fault_that_nothing_reads_costs_no_child(tmp_path: Path) -> None:
    review = "<AssessmentInternalReviewDate>soon</AssessmentInternalReviewDate><AssessmentAuthorisationDate>"
    census = harms.good("cin_census").xml.replace("<AssessmentAuthorisationDate>", review, 1)
    found = read("cin_census", {"CIN.xml": census}, tmp_path)
    assert found.rules() == {}
    assert [one["notice"] for one in found.facts[0]["notices"]] == ["xml_fault_not_used"]


def test_an_ingest_of_which_nothing_is_kept_has_its_own_exit_code(tmp_path: Path) -> None:
    town = Town(tmp_path, pupils="pupil_id,surname,birth_date,sex\nP1,a,2010-02-03,X\n")
    with pytest.raises(NothingKeptError) as raised:
        town.one()
    assert raised.value.exit_code == 11
    assert town.written() == []


def test_a_link_of_which_nothing_is_kept_has_its_own_exit_code(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("given_name: a\nfamily_name: b\n")
    (tmp_path / "a.csv").write_text("a,b\n1\n2\n")
    arguments = ["hub", "link", tmp_path / "a.csv", "--mapping", tmp_path / "m.yaml", "--out", tmp_path / "c.csv"]
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    assert isinstance(result.exception, NothingKeptError)


def test_a_partnership_adds_to_what_means_not_known(tmp_path: Path) -> None:
    town = Town(tmp_path, SCHOOL, pupils=PUPILS.replace("2010-02-03", "2007-07-07"))
    before = town.one()
    assert {str(row["date_of_birth"]) for row in town.identity(before)} == {"2007-07-07", "2011-12-31", "None"}
    path = tmp_path / "partnership" / "partnership.yaml"
    more = path.read_text() + "placeholders: {birthdays: [2007-07-07]}\n"
    path.write_text(more)
    from hub.declarations import partnership as partnerships

    town.partnership = partnerships.read(tmp_path / "partnership")
    after = town.one()
    assert {str(row["date_of_birth"]) for row in town.identity(after)} == {"2011-12-31", "None"}
    [file] = [one for one in after.extract.artefact.facts["files"] if one["table"] == "pupils"]
    assert file["noticed"] == {"birth_date: placeholder": {"rows": 1, "lines": [2]}}


def test_a_birthday_under_another_name_that_is_not_known_is_none(tmp_path: Path) -> None:
    renamed = (
        SCHOOL.replace(
            "    people:\n      - table: pupils",
            (
                "    derived: [{name: renamed, sql: 'SELECT pupil_id, birth_date AS born FROM pupils'}]\n"
                "    people:\n      - table: renamed"
            ),
        )
        .replace("family_name: surname", "")
        .replace("date_of_birth: birth_date", "date_of_birth: born")
    )
    renamed = renamed.replace("        sex: sex\n", "").replace(", not_before: 2000-01-01", "")
    report = Town(tmp_path, renamed, pupils=PUPILS.replace("2010-02-03", "1900-01-01")).one()
    assert [one["notice"] for one in report.extract.artefact.facts["notices"]] == ["placeholder_birthday"]


UNSUPPORTED: dict[str, tuple[str, str, str]] = {
    "ssda903": ("return.xml", "<?xml version='1.0'?><EXPSSDA903/>", "SSDA903 as XML"),
    "area": (
        "File_7_IoD2025.csv",
        "LSOA code (2021),LSOA name (2021),Index of Multiple Deprivation (IMD) Rank\nE01000001,a,1\n",
        "Indices of Deprivation of 2025",
    ),
    "school_census": ("census.xml", "<Message><PupilOnRoll/></Message>", "school census as XML"),
}


@pytest.mark.parametrize("adapter", UNSUPPORTED)
def test_what_is_not_supported_is_refused_by_name(adapter: str, tmp_path: Path) -> None:
    name, content, title = UNSUPPORTED[adapter]
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError) as refused:
        dry_run.read(adapter, [tmp_path], DELIVERED)
    assert title in refused.value.message
    assert "not supported" in refused.value.message
    assert refused.value.remedy


@pytest.mark.parametrize("name", ["File_7_-_All_IoD2019_Scores.csv", "File_2_-_IoD2019_Domains_of_Deprivation.csv"])
def test_files_2_and_7_of_the_indices_of_2019_are_read(name: str, tmp_path: Path) -> None:
    header = (
        "LSOA code (2011),LSOA name (2011),Local Authority District code (2019),Local Authority District name (2019),"
        "Index of Multiple Deprivation (IMD) Rank (where 1 is most deprived),"
        "Index of Multiple Deprivation (IMD) Decile (where 1 is most deprived 10% of LSOAs),Income Rank\n"
    )
    found = read("area", {name: header + "E01000001,City 1,E09000001,City,29199,9,1\n"}, tmp_path)
    assert [(row["area_id"], row["imd_decile"]) for row in found.areas] == [("E01000001", 9)]


def test_a_sheet_of_send_is_named_and_a_usual_one_is_not(tmp_path: Path) -> None:
    import openpyxl

    book: Any = openpyxl.Workbook()
    book.active.title = "List 1"
    book.active.append(["Child", "Date of EHC plan", "SEN support"])
    book.save(tmp_path / "Annex_A.xlsx")
    found = dry_run.read("annex_a", [tmp_path], DELIVERED)
    assert "inspection of special educational needs" in found.failed[0]["message"]


def test_numbers_in_a_column_of_dates_are_days_as_the_workbook_counts_them(tmp_path: Path) -> None:
    delivery = harms.good("annex_a")
    first = datetime.date(1899, 12, 30)
    one = delivery.tables[0]
    serial = one.changed(
        lambda _row, cell: f"#{(datetime.date.fromisoformat(cell) - first).days}", one.columns(ColumnType.DATE)
    )
    harms.write(replace(delivery, tables=(serial, *delivery.tables[1:])), tmp_path / "in")
    found = dry_run.read("annex_a", [tmp_path / "in"], DELIVERED)
    [contacts] = [file for file in found.files if file["table"] == "contacts"]
    assert (contacts["kept"], contacts["rules"]) == (harms.ROWS, {})
