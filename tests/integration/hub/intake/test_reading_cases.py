"""The small inputs of ../shared/cases that failed once, each with its right answer."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.errors import InputError, NothingKeptError, SentinelError
from service.commands.cli import app
from tests.factories.adapter_reading import Read, read_folder
from tests.shared_data import FOLDER

CASES = FOLDER.parent / "cases"
ADAPTERS = {"s903": "ssda903", "cin": "cin_census", "sc": "school_census", "annex": "annex_a"}
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="needs ../shared/cases, see tests/shared_data.py")


@dataclass
class Answer:
    """What `sentinel hub read` gave for a case."""

    facts: dict[str, Any]
    error: SentinelError | None

    def file(self, table: str) -> dict[str, Any]:
        [found] = [one for one in self.facts["files"] if one["table"] == table]
        return found

    def notice(self, what: str) -> list[dict[str, Any]]:
        return [one for one in self.facts["notices"] if one["notice"] == what]

    def unmapped(self) -> dict[str, dict[str, int]]:
        return {one["title"]: one["rules"] for one in self.facts["mappings"] if one["rules"]}


def adapter(case: str) -> str:
    return ADAPTERS[case.partition("_")[0]]


def answer(case: str) -> Answer:
    result = CliRunner().invoke(app, ["hub", "read", adapter(case), str(CASES / case / "in"), "--json"])
    assert result.exception is None or isinstance(result.exception, SentinelError), result.output
    return Answer(json.loads(result.stdout), result.exception)


def staged(case: str, folder: Path) -> Read:
    return read_folder(adapter(case), [CASES / case / "in"], folder)


@pytest.mark.parametrize(
    ("case", "kept", "people"),
    [
        ("s903_sw_episodes", 4, 2),
        ("s903_year_2018-19", 4, 2),
        ("s903_two_naming_styles", 8, 2),
        ("s903_unused_column", 5, 2),
        ("s903_null_strings", 4, 2),
        ("s903_excel_dates", 4, 2),
        ("s903_blank_rows", 4, 2),
        ("cin_sex_element", 3, 1),
        ("cin_empty_factors", 3, 1),
        ("sc_reception_R", 60, 60),
        ("annex_dob_1900", 22, 2),
    ],
)
def test_nothing_is_lost(case: str, kept: int, people: int) -> None:
    found = answer(case)
    assert (found.error, found.facts["kept"], found.facts["quarantined"]) == (None, kept, 0)
    assert found.facts["people"] == people
    assert found.unmapped() == {}


def test_a_table_that_is_not_used_is_left_alone_and_said() -> None:
    assert list(answer("s903_sw_episodes").facts["left_alone"]) == ["sw_episodes.csv"]


def test_2018_19_is_the_return_of_march_2019() -> None:
    assert answer("s903_year_2018-19").facts["people_by_period"] == {"2019": 2}
    both = answer("s903_two_naming_styles")
    assert both.facts["people_by_period"] == {"2018": 2, "2019": 2}
    assert len(both.notice("one_period")) == 1


def test_a_wrong_code_where_nothing_reads_it_is_counted() -> None:
    found = answer("s903_unused_column")
    assert found.facts["noticed"] == {"CONVICTED: boolean": 1, "MOTHER: boolean": 1}
    assert found.file("header")["noticed"]["MOTHER: boolean"]["lines"] == [2]


def test_what_means_missing_is_missing_everywhere(tmp_path: Path) -> None:
    ends = staged("s903_null_strings", tmp_path).event("placement_end")
    assert [one[:2] for one in ends] == [("2", "2019-07-01")]


def test_a_time_at_midnight_is_a_day(tmp_path: Path) -> None:
    found = staged("s903_excel_dates", tmp_path)
    assert sorted(str(row["date_of_birth"]) for row in found.identity) == ["2010-03-05", "2011-04-06"]


def test_an_episode_before_birth_breaks_a_rule() -> None:
    found = answer("s903_before_birth")
    assert found.unmapped()["event cla_start"] == {"occurred_on: before_birth": 1}
    assert found.unmapped()["event placement_start"] == {"occurred_on: before_birth": 1}


def test_rows_of_commas_are_blank() -> None:
    found = answer("s903_blank_rows")
    assert (found.file("header")["blank_lines"], found.file("episodes")["blank_lines"]) == (3, 1)


def test_identifiers_that_a_spreadsheet_changed_are_said_with_a_remedy() -> None:
    found = answer("s903_float_ids_only")
    assert [one["count"] for one in found.notice("identifier_with_fraction")] == [2]
    others = found.notice("identifier_spelt_otherwise")
    assert others[0]["count"] == 2
    assert "text" in others[0]["remedy"]


def test_the_census_says_its_year_and_records_sex(tmp_path: Path) -> None:
    assert answer("cin_sex_element").facts["people_by_period"] == {"2024": 1}
    [child] = staged("cin_sex_element", tmp_path).identity
    assert (child["sex"], child["gender"]) == ("M", None)


def test_pupils_before_and_outside_school_years_are_read() -> None:
    found = answer("sc_reception_R")
    assert found.facts["noticed"] == {"year_group: no_year": 2}


def test_yes_and_no_are_read_and_a_code_out_of_use_is_named(tmp_path: Path) -> None:
    found = answer("sc_codes")
    assert found.facts["quarantined_by_rule"] == {"sen_provision: code_date": 1}
    assert [one[0] for one in staged("sc_codes", tmp_path).event("free_school_meals")] == ["1", "2"]


def test_one_row_in_another_encoding_is_named_and_the_rest_keeps_its_letters(tmp_path: Path) -> None:
    found = answer("sc_mixed_encoding")
    assert found.facts["quarantined_by_rule"] == {"encoding": 1}
    assert found.file("pupils")["lines"] == {"encoding": [4]}
    names = sorted(row["given_name"] for row in staged("sc_mixed_encoding", tmp_path).identity)
    assert names == ["Jürg", "Zoë"]


def test_a_delivery_of_which_nothing_is_kept_has_its_own_exit_code() -> None:
    found = answer("sc_all_quarantined")
    assert isinstance(found.error, NothingKeptError)
    assert found.error.exit_code == 11
    assert "birth_date: date_century (60)" in found.error.message


def test_a_workbook_is_told_about_sheets_and_rows_of_headers() -> None:
    found = answer("annex_title_row")
    assert isinstance(found.error, InputError)
    said = str(found.error)
    assert "delimiter" not in said
    assert "List 1" in said
    assert "row 3 holds 6 of them" in said
    assert "header_row" in said


def test_a_placeholder_is_no_birthday_and_is_counted(tmp_path: Path) -> None:
    assert answer("annex_dob_1900").facts["noticed"] == {"date_of_birth: placeholder": 2}
    assert "1900-01-01" not in {str(row["date_of_birth"]) for row in staged("annex_dob_1900", tmp_path).identity}


@pytest.mark.parametrize(
    ("file", "lines"), [("b.csv", 1), ("b_undefined.csv", 1)], ids=["cp1252", "neither UTF-8 nor CP1252"]
)
def test_link_names_the_row_in_another_encoding(file: str, lines: int, tmp_path: Path) -> None:
    case = CASES / "link_mixed_encoding"
    arguments = ["hub", "link", case / "a.csv", case / file, "--mapping", case / "m.yaml", "--out", tmp_path / "c.csv"]
    result = CliRunner().invoke(app, [str(one) for one in arguments] + ["--json"])
    assert result.exception is None, result.output
    second = json.loads(result.stdout)["files"][1]
    content = (case / file).read_bytes().splitlines()
    foreign = [number for number, line in enumerate(content, 1) if not _is_utf8(line)]
    assert second["quarantine"] == [{"line": line, "rule": "encoding"} for line in foreign]
    assert len(foreign) >= lines


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
