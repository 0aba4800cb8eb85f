"""What every adapter and code list must say, and what the law and the trade know about some of them."""

import datetime

import pytest

from hub.declarations import adapter, codes, sources

EXPECTED = adapter.names()


def test_the_formats_that_the_hub_is_for_have_an_adapter() -> None:
    assert {"annex_a", "cin_census", "police_events", "school_census", "ssda903", "youth_justice"} <= {*EXPECTED}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_an_adapter_is_valid_and_says_what_each_column_means(name: str) -> None:
    declared = sources.check_adapter(name)
    assert declared.dangers, "nothing that misleads is named"
    for file in declared.source.files:
        assert file.meaning, f"{file.name} has no meaning"
        assert [column for column, one in file.columns.items() if not one.meaning] == []
        assert all(len(reason) > 20 for reason in file.refused.values())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_event_of_an_adapter_has_a_recording_date_or_an_assumption_in_the_open(name: str) -> None:
    source = sources.check_adapter(name).source
    bare = [event.type for event in source.events if event.known_from is None]
    assert not bare or source.assumed_recording is not None


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_words_of_an_adapter_do_not_label_children(name: str) -> None:
    text = adapter.path_of(name).read_text(encoding="utf-8").lower()
    for word in ("offenders", "troubled", "high-risk", "high risk", "at-risk", "perpetrator", "delinquent"):
        assert word not in text, word


@pytest.mark.parametrize("name", codes.names())
def test_a_code_list_is_valid(name: str) -> None:
    found = codes.read(name)
    assert found.publisher
    assert found.specification


def meaning(name: str, code: str, day: str) -> codes.Code | None:
    on = datetime.date.fromisoformat(day)
    found = [
        one
        for one in codes.read(name).codes
        if one.code == code and (one.valid_from or on) <= on and (one.valid_to is None or on < one.valid_to)
    ]
    assert len(found) <= 1
    return found[0] if found else None


BEFORE, AFTER = "2024-08-18", "2024-08-19"


@pytest.mark.parametrize("code", ["K", "Q", "C1", "C2", "J1", "Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7"])
def test_codes_of_the_register_that_began_in_august_2024(code: str) -> None:
    assert meaning("attendance", code, BEFORE) is None
    assert meaning("attendance", code, AFTER) is not None


@pytest.mark.parametrize("code", ["H", "J", "Y"])
def test_codes_of_the_register_that_ended_in_august_2024(code: str) -> None:
    assert meaning("attendance", code, BEFORE) is not None
    assert meaning("attendance", code, AFTER) is None


def test_every_session_code_counts_in_one_of_four_ways() -> None:
    ways = {one.groups["session"] for one in codes.read("attendance").codes}
    assert ways == {"present", "authorised_absence", "unauthorised_absence", "not_possible"}


@pytest.mark.parametrize("day", [BEFORE, AFTER])
def test_code_t_is_named_as_a_proxy_for_ethnicity_and_counts_only_as_an_authorised_absence(day: str) -> None:
    found = meaning("attendance", "T", day)
    assert found is not None
    assert found.groups == {"session": "authorised_absence"}
    assert "proxy for ethnicity" in (found.danger or "")


def test_the_ethnicity_codes_fall_into_five_groups_and_refusals_stay_apart() -> None:
    by_code = {one.code: one.groups for one in codes.read("ethnicity").codes}
    assert len(by_code) == 20
    groups = {group["ons_5"] for group in by_code.values()}
    assert groups == {"White", "Mixed", "Asian", "Black", "Other", "refused", "not obtained"}
    assert by_code["REFU"]["ons_5"] == "refused"
    assert by_code["NOBT"]["ons_5"] == "not obtained"
    assert by_code["CHNE"]["ons_5"] == "Asian"
    assert len({group["ons_19"] for group in by_code.values()}) == 20
    assert not any("Arab" in group["ons_19"] for group in by_code.values())
    assert "no code for Arab" in codes.read("ethnicity").about


def test_police_ethnicity_codes_become_codes_of_the_department_for_education() -> None:
    known = {one.code for one in codes.read("ethnicity").codes}
    assert {one.groups["dfe"] for one in codes.read("police_ethnicity").codes} <= known


def test_what_stands_for_a_faith_or_a_country_is_kept_under_the_harm_alone() -> None:
    themes = {one.code: one.groups["theme"] for one in codes.read("assessment_factor").codes}
    assert themes["22A"] == themes["18C"] == "physical_abuse"
    assert themes["23A"] == themes["17A"] == "emotional_abuse"
    assert themes["9A"] == "separated_from_family"


def test_counts_as_of_the_extract_are_refused() -> None:
    refused = {
        header: reason
        for file in sources.check_adapter("annex_a").source.files
        for header, reason in file.refused.items()
    }
    for header in (
        "Number of Referrals in Last 12 Months",
        "Number of Section 47 Enquiries in the last 12 months",
        "Number of ICPCs in the last 12 months",
        "Number of Placements in the Last 12 months",
        "Number of Episodes the Child has been ‘Missing’ from their Placement in the last 12 months",
    ):
        assert "as of the day of the extract" in refused[header]
