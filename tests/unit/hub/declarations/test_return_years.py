"""The year of a return, as people spell it."""

import pytest

from hub.declarations.return_years import year_in, year_of


@pytest.mark.parametrize(
    "name",
    [
        "SSDA903_2018-19_header.csv", "header_2018_19.csv", "header 2018-2019.csv", "1819_header.csv", "h201819.csv",
        "FY19 header.csv", "FY18-19.csv", "fy2019.csv", "2019-header.csv", "header2019.csv", "18-19 header.csv",
        "header_20190331.csv", "31 March 2019 header.csv", "header 2018 to 2019.csv", "header_31-03-2019.csv",
    ],
)  # fmt: skip
def test_these_are_the_return_of_march_2019(name: str) -> None:
    assert year_in(name) == "2019"


@pytest.mark.parametrize(
    ("name", "year"),
    [
        ("2018-header.csv", "2018"),
        ("header_2020-21.csv", "2021"),
        ("header_2021.csv", "2021"),
        ("header_1920.csv", "2020"),
        ("header_2011-12.csv", "2012"),
        ("header.csv", None),
        ("header_2019-07-15.csv", None),
        ("header 2019 of 2017.csv", None),
        ("batch 1213 of 2019.csv", None),
    ],
)
def test_others_are_of_another_year_or_do_not_say(name: str, year: str | None) -> None:
    assert year_in(name) == year


@pytest.mark.parametrize(
    ("label", "folders", "year"),
    [
        ("header.csv", ["2018-19", "returns"], "2019"),
        ("header.csv", ["19", "2018"], "2019"),
        ("2018-19/header.csv", ["all 2016"], "2019"),
        ("2018/19/header.csv", ["all 2016"], "2019"),
        ("header_2018.csv", ["2018-19"], "2018"),
        ("header.csv", ["in", "2018-19"], None),
    ],
)
def test_a_folder_tells_where_the_name_does_not(label: str, folders: list[str], year: str | None) -> None:
    assert year_of(label, folders)[0] == year
