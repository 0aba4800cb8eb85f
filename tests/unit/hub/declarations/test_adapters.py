"""Adapters and code lists: every one in the package is whole, and a source takes from it what it should."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from hub import sql
from hub.declarations import adapter as adapters
from hub.declarations import codes, sources
from hub.declarations.codes import Code, CodeList
from hub.declarations.mapping import Declaration
from hub.declarations.source_files import SourceFile
from hub.declarations.sources import Source
from hub.errors import ConfigurationError, InputError
from hub.intake import transformation as transformations
from hub.intake.validation import compile_rules

DAY = datetime.date(2025, 1, 6)


@pytest.mark.parametrize("name", adapters.names())
def test_every_adapter_is_whole_and_its_sql_can_run(name: str) -> None:
    source = sources.of_adapter(name)
    lists = {one: codes.read(one) for one in source.code_lists}
    rules = {file.name: compile_rules(file, source.starts, DAY, lists) for file in source.files}
    with sql.connect() as connection:
        transformations.prepare(connection, Declaration(adapters.path_of(name), 0, source), rules, DAY, "2024")
    for file in source.files:
        assert file.meaning, file.name
        assert all(column.meaning for column in file.columns.values()), file.name


@pytest.mark.parametrize("name", codes.names())
def test_every_code_list_is_whole(name: str) -> None:
    assert codes.read(name).name == name


def test_the_adapters_of_the_plan_are_there() -> None:
    assert {
        "ssd", "school_census", "attendance", "exclusions", "ssda903", "annex_a", "cin_census", "police_events",
        "youth_justice", "early_help", "nccis", "ae_assaults", "area",
    } <= set(adapters.names())  # fmt: skip


def source(**more: Any) -> Source:
    return Source.model_validate(
        {"name": "care", "adapter": "ssda903", "agency": "council", "gateways": ["duty"]} | more
    )


def test_a_source_takes_files_and_mappings_from_its_adapter() -> None:
    found = source()
    assert found.title == adapters.open_adapter("ssda903").title
    assert found.sector == "social_care"
    assert found.each_delivery == "period"
    assert "header" in [file.name for file in found.files]


def test_a_layout_changes_a_file_and_nothing_else() -> None:
    layout = {"header": {"file": "CLA.csv", "delimiter": ";", "encoding": "CP1252", "headers": {"SEX": ["Gender"]}}}
    [header] = [file for file in source(layout=layout).files if file.name == "header"]
    [plain] = [file for file in source().files if file.name == "header"]
    assert (header.file, header.separator, header.encoding) == ("CLA.csv", ";", "cp1252")
    assert "Gender" in header.columns["SEX"].headers
    assert header.columns["DOB"] == plain.columns["DOB"]


def test_events_may_be_left_out() -> None:
    types = {event.type for event in source().events}
    one = sorted(types)[0]
    assert {event.type for event in source(events_left_out=[one]).events} == types - {one}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"adapter": "ssda904"}, "no adapter called ssda904; did you mean ssda903"),
        ({"files": []}, "files comes from the adapter"),
        ({"sector": "police"}, "sector comes from the adapter"),
        ({"layout": {"heater": {}}}, "no file heater; did you mean header"),
        ({"layout": {"header": {"headers": {"NAME": ["x"]}}}}, "has no column NAME"),
        ({"layout": {"header": {"encoding": "utf-16"}}}, "the encoding is"),
        ({"layout": {"header": {"dates": ["%d/%m/%y"]}}}, "year of four digits"),
        ({"events_left_out": ["nothing"]}, "no event nothing"),
    ],
)
def test_what_an_adapter_gives_may_not_be_repeated_or_misspelt(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        source(**more)


def test_a_refused_column_may_not_be_declared() -> None:
    with pytest.raises(ValidationError, match=r"must not be used .* counted as of the extract"):
        SourceFile.model_validate(
            {
                "name": "t",
                "file": "t.csv",
                "columns": {"last_12_months": {}},
                "refused": {"Last 12 months": "counted as of the extract"},
            }
        )


def test_an_unknown_adapter_names_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match="did you mean annex_a"):
        adapters.open_adapter("annexa")


SESSION = CodeList(
    name="session",
    title="Session",
    codes=(
        Code(code="C", meaning="old", valid_to=datetime.date(2024, 8, 19)),
        Code(code="C1", meaning="new", valid_from=datetime.date(2024, 8, 19)),
        Code(code="L", meaning="late"),
        Code(code="T", meaning="a", valid_from=datetime.date(2020, 1, 1), valid_to=datetime.date(2021, 1, 1)),
        Code(code="T", meaning="b", valid_from=datetime.date(2022, 1, 1)),
    ),
)


@pytest.mark.parametrize(
    ("code", "day", "broken"),
    [
        ("L", "1990-01-01", []), ("C", "2024-08-18", []), ("C", "2024-08-19", ["code_date"]), ("C1", "2024-08-19", []),
        ("C1", "2024-08-18", ["code_date"]), ("X", "2024-08-18", ["code"]), ("", "2024-08-18", []), ("C", "", []),
        ("T", "2020-12-31", []), ("T", "2021-06-01", ["code_date"]), ("T", "2022-01-01", []),
        ("c", "2024-01-01", ["code"]),
    ],
)  # fmt: skip
def test_a_code_holds_while_it_is_in_use(code: str, day: str, broken: list[str]) -> None:
    declared = SourceFile.model_validate(
        {
            "name": "t",
            "file": "t.csv",
            "columns": {"code": {"codes": "session", "codes_on": "day"}, "day": {"type": "date"}},
        }
    )
    rules = compile_rules(declared, {}, DAY, {"session": SESSION})
    with sql.connect() as connection:
        cells = f'(SELECT {sql.text(code)} AS "cell 0", {sql.text(day)} AS "cell 1")'
        [(found,)] = connection.execute(f"SELECT {rules.rules.labels} FROM ({rules.select(cells)})").fetchall()
    assert [label.removeprefix("code: ") for label in found] == broken


@pytest.mark.parametrize(
    "dates",
    [
        [(None, None), (None, None)],
        [(None, "2021-01-02"), ("2021-01-01", None)],
        [("2021-01-01", None), ("2022-01-01", None)],
        [("2021-01-01", "2021-01-01")],
    ],
)
def test_a_code_has_one_meaning_on_one_day(dates: list[tuple[str | None, str | None]]) -> None:
    listed = [{"code": "T", "meaning": "m", "valid_from": start, "valid_to": end} for start, end in dates]
    with pytest.raises(ValidationError):
        CodeList.model_validate({"name": "t", "title": "Title", "codes": listed})


def test_a_person_in_a_feed_about_areas_stops_all_of_it(tmp_path: Path) -> None:
    from hub.intake import dry_run

    path = tmp_path / "ae_assaults.csv"
    path.write_text("attendance_date,lsoa\n2024-01-02,E01000001\n")
    assert dry_run.read("ae_assaults", [path], DAY).as_json()["kept"] == 1
    path.write_text("attendance_date,lsoa,NHS number\n2024-01-02,E01000001,9434765919\n")
    with pytest.raises(InputError, match="single person") as raised:
        dry_run.read("ae_assaults", [path], DAY)
    assert "9434765919" not in str(raised.value)
