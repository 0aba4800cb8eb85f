"""Adapters of schools, police, youth justice and others: small files of the format become dated events."""

import datetime
from pathlib import Path

import pytest

from hub.errors import InputError
from tests.factories.adapter_reading import read, table


def test_the_school_census_says_who_is_on_roll_and_who_moved(tmp_path: Path) -> None:
    found = read(
        "school_census",
        {
            "school_census_pupils_2024.csv": table("""
                pupil_id | upn           | forename | surname | birth_date | sex | ethnicity | estab | census_date | year_group | sen_provision | free_meals | submitted_on | Language
                1        | A123456789012 | Ada      | Byron   | 2013-05-01 | F   | WROM      | 100   | 2024-01-18  | 6          | K             | Y          | 2024-02-15   | ENG
                1        | A123456789012 | Ada      | Byron   | 2013-05-01 | F   | WROM      | 200   | 2024-10-03  | 7          | E             | N          | 2024-11-01   | ENG
                2        | B123456789012 | Bo       | Byron   | 2014-05-01 | M   | NOBT      | 100   | 2024-01-18  | 5          | N             | N          |              | ENG
                2        | B123456789012 | Bo       | Byron   | 2014-05-01 | M   | NOBT      | 300   | 2024-10-03  | 6          | S             | N          | 2024-11-01   | ENG
                2        | B123456789012 | Bo       | Byron   | 2014-05-01 | M   | NOBT      | 400   | 2025-01-16  | 6          | N             | N          | 2025-02-01   | ENG
            """),
            "school_census_addresses.csv": table("""
                pupil_id | address | postcode | lsoa      | address_from | recorded_on
                1        | 3 High  | LA1 1AA  | E01000001 | 2020-01-01   | 2020-01-05
            """),
        },
        tmp_path,
    )
    # A statement is no longer in use in October 2024, so that row is set aside.
    assert found.rules() == {"pupils": {"sen_provision: code_date": 1}}
    assert found.event("on_roll") == [
        ("1", "2024-01-18", "2024-02-15", None, "100"),
        ("1", "2024-10-03", "2024-11-01", None, "200"),
        ("2", "2024-01-18", "2024-02-29", None, "100"),  # six weeks where no date of submission is sent
        ("2", "2025-01-16", "2025-02-01", None, "400"),
    ]
    assert [(row[0], row[4]) for row in found.event("special_needs_support")] == [("1", "support"), ("1", "plan")]
    assert [row[0] for row in found.event("free_school_meals")] == ["1"]
    # From primary to secondary school is no move.
    assert [(row[0], row[1]) for row in found.event("school_move")] == [("2", "2025-01-16")]
    assert {(row["source_person_id"], row["ethnicity"], row["area_id"]) for row in found.identity} == {
        ("1", "WROM", "E01000001"), ("2", "NOBT", None),
    }  # fmt: skip


DELIVERED_IN_MAY = datetime.date(2025, 5, 20)
MARKS = """
    pupil_id | session_date | session | code | submitted_on
"""


def test_attendance_counts_each_mark_by_the_meaning_of_its_day(tmp_path: Path) -> None:
    marks = [
        ("1", "2024-04-15", "AM", "/", "2024-04-16"),
        ("1", "2024-04-15", "PM", "T", "2024-04-16"),
        ("1", "2024-04-16", "AM", "J", "2024-04-16"),  # an interview was attendance before August 2024
        ("1", "2024-04-16", "PM", "O", "2024-04-16"),
        ("1", "2024-04-17", "AM", "Y", "2024-04-18"),  # and could not be expected
        ("1", "2024-04-17", "PM", "J1", "2024-04-18"),  # not in use yet
        ("1", "2024-08-19", "AM", "C", "2024-08-20"),  # the day of the change: one of its two meanings counts
        ("1", "2024-09-10", "AM", "J1", "2024-09-11"),
        ("1", "2024-09-10", "PM", "\\", "2024-09-11"),
        ("1", "2024-09-11", "AM", "H", "2024-09-12"),  # not in use any more
        ("1", "2024-09-11", "PM", "Y1", "2024-09-12"),
        ("1", "2024-09-12", "AM", "%", "2024-09-12"),
    ]
    text = table(MARKS + "\n".join("|".join(mark) for mark in marks))
    found = read("attendance", {"attendance_sessions.csv": text}, tmp_path)
    assert found.rules() == {"sessions": {"code: code": 1, "code: code_date": 2}}
    assert found.event("term_absence") == [
        ("1", "2024-07-31", "2024-07-31", 0.5, "2024 summer"),  # T and O of /, T, J, O
        ("1", "2024-12-31", "2024-12-31", pytest.approx(2 / 3), "2024 autumn"),  # C and J1 of C, J1 and \
    ]
    assert [row[3] for row in found.event("term_absence_unauthorised")] == [0.25, 0.0]
    assert found.event("term_attended_well") == []
    # The letter T leaves the register in no detail, role or value of any event.
    assert not {"T", "R", "Y5"} & {str(row[name]) for row in found.events for name in ("detail", "role", "value")}


def test_a_term_that_is_not_over_gives_no_totals_and_ready_totals_go_before(tmp_path: Path) -> None:
    found = read(
        "attendance",
        {
            "attendance_pupils.csv": table("pupil_id | upn\n 1 | A123456789012"),
            "attendance_sessions.csv": table(MARKS + "1|2025-01-10|AM|I|\n 2|2025-05-10|AM|I|"),
            "attendance_terms.csv": table("""
                pupil_id | term        | term_end   | sessions_possible | sessions_missed | sessions_unauthorised | submitted_on
                1        | 2025 spring | 2025-04-04 | 100               | 3               |                       | 2025-04-20
            """),
        },
        tmp_path,
        DELIVERED_IN_MAY,
    )
    assert found.event("term_absence") == [("1", "2025-04-04", "2025-04-20", 0.03, "2025 spring")]
    assert found.event("term_absence_unauthorised") == []
    assert [row[0] for row in found.event("term_attended_well")] == ["1"]
    assert sorted(row["source_person_id"] for row in found.identity) == ["1", "2"]


def test_exclusions_have_reasons_by_their_date(tmp_path: Path) -> None:
    found = read(
        "exclusions",
        {
            "exclusions.csv": table("""
                pupil_id | category | start_date | sessions | reason | submitted_on
                1        | SUSP     | 2024-01-10 | 3        | DB     | 2024-01-20
                1        | PERM     | 2024-03-10 |          | OW     |
                2        | SUSP     | 2024-01-10 | 2        | OT     | 2024-01-20
                2        | SUSP     | 2019-01-10 | 2        | OT     | 2019-01-20
            """)
        },
        tmp_path,
    )
    assert found.rules() == {"exclusions": {"reason: code_date": 1}}
    assert found.event("suspension") == [
        ("1", "2024-01-10", "2024-01-20", 1.5, "disruption"),
        ("2", "2019-01-10", "2019-01-20", 1.0, "other"),
    ]
    assert found.event("permanent_exclusion") == [("1", "2024-03-10", "2024-03-24", None, "weapon")]


def test_police_records_keep_role_and_who_began_apart(tmp_path: Path) -> None:
    found = read(
        "police_events",
        {
            "police_people.csv": table("""
                nominal_ref | forename | surname | birth_date | sex    | ethnicity | address | postcode | recorded_on | IC code | gang_flag
                N1          | Ada      | Byron   | 01/05/2010 | Female | O2        | 3 High  | LA1 1AA  | 02/01/2023  | IC1     | Y
                N2          | Ada      | Byron   | 01/05/2010 | U      | BCRB      | 3 High  | LA1 1AA  | 02/01/2023  | IC3     | N
            """),
            "police_events.csv": table("""
                event_ref | nominal_ref | event_date | recorded_date | role    | offence_group  | origin | disposal  | disposal_date | disposal_recorded_date
                1         | N1          | 01/01/2023 | 02/01/2023    | WITNESS | DOMESTIC_ABUSE | PUBLIC |           |               |
                2         | N2          | 01/02/2023 | 20/02/2023    | SUSPECT | DRUGS          | POLICE | NO_ACTION | 01/05/2023    | 03/05/2023
                3         | N2          | 01/02/2023 | 20/02/2023    | ARREST  | DRUGS          | POLICE |           |               |
                4         | N2          | 01/02/2023 | 20/02/2023    | VICTIM  | DRUGS          | OTHER  |           |               |
            """),
        },
        tmp_path,
    )
    assert found.rules() == {"events": {"origin: allowed": 1, "role: allowed": 1}}
    rows = [(row["person"], row["role"], row["detail"], row["origin"]) for row in found.events]
    assert sorted(rows) == [
        ("N1", "witness", "domestic_abuse", "reported"),
        ("N2", "suspect", "drugs", "agency"),
        ("N2", "suspect", "no_action", "agency"),
    ]
    assert found.event("police_incident")[1][2] == "2023-02-20"
    assert found.event("police_disposal") == [("N2", "2023-05-01", "2023-05-03", None, "no_action")]
    who = {row["source_person_id"]: (row["sex"], row["ethnicity"]) for row in found.identity}
    assert who == {"N1": ("F", "OOTH"), "N2": (None, "BCRB")}  # there is no code for Arab
    assert found.facts[0]["files"][0]["refused"] == ["ic_code", "gang_flag"]


def test_youth_justice_tells_help_that_was_finished_from_orders(tmp_path: Path) -> None:
    found = read(
        "youth_justice",
        {
            "youth_justice_people.csv": table("""
                yj_id | forename | surname | birth_date | sex | ethnicity | address | postcode | address_from | recorded_on
                1     | Ada      | Byron   | 2008-05-01 | F   | WBRI      | 3 High  | LA1 1AA  | 2020-01-01   | 2023-01-01
            """),
            "youth_justice_outcomes.csv": table("""
                outcome_id | yj_id | outcome_date | outcome
                1          | 1     | 2023-01-10   | DIVERSION
                2          | 1     | 2012-01-10   | YOUTH_CAUTION
            """),
            "youth_justice_interventions.csv": table("""
                intervention_id | yj_id | kind      | start_date | end_date   | completed | team
                1               | 1     | MENTORING | 2023-02-01 | 2023-05-01 | Y         | Prevention team
                2               | 1     | ORDER     | 2023-02-01 | 2023-05-01 | Y         |
            """),
        },
        tmp_path,
    )
    assert found.rules() == {"outcomes": {"outcome: code_date": 1}}
    assert found.event("youth_justice_outcome") == [("1", "2023-01-10", "2023-01-24", None, "diversion")]
    assert found.event("prevention_completed") == [("1", "2023-05-01", "2023-05-15", None, None)]
    assert [row["team"] for row in found.involvements] == ["Prevention team"]


def test_participation_keeps_not_known_apart_from_neither_learning_nor_working(tmp_path: Path) -> None:
    found = read(
        "nccis",
        {
            "nccis_people.csv": table("""
                yp_id | forename | surname | birth_date
                1     | Ada      | Byron   | 2007-05-01
            """),
            "nccis_activities.csv": table("""
                yp_id | activity | start_date | end_date   | confirmed_on
                1     | 210      | 2023-09-01 | 2024-02-01 | 2023-09-20
                1     | 540      | 2024-02-01 | 2024-05-01 |
                1     | 810      | 2024-05-01 |            | 2024-05-10
            """),
        },
        tmp_path,
    )
    assert [(row[1], row[2], row[4]) for row in found.event("participation_start")] == [
        ("2023-09-01", "2023-09-20", "eet"),
        ("2024-02-01", "2024-03-03", "neet"),
        ("2024-05-01", "2024-05-10", "not_known"),
    ]


def test_assaults_seen_in_hospital_are_counts_of_places_and_a_file_about_people_is_refused(tmp_path: Path) -> None:
    rows = """
        attendance_date | lsoa      | weapon{0}
        2024-01-01      | E01000001 | KNIFE{1}
        2024-01-20      | E01000001 | KNIFE{1}
        2024-01-20      | E01000001 | FIST_OR_FOOT{1}
        2025-12-20      | E01000001 | KNIFE{1}
    """
    found = read("ae_assaults", {"ae_assaults.csv": table(rows.format("", ""))}, tmp_path)
    assert [row["area_id"] for row in found.areas] == ["E01000001"]
    counts = [
        (str(row["occurred_on"]), str(row["known_from"]), row["value"], row["detail"]) for row in found.area_events
    ]
    assert sorted(counts) == [
        ("2024-01-01", "2024-02-16", 1.0, "fist_or_foot"),
        ("2024-01-01", "2024-02-16", 2.0, "knife"),  # December 2025 is not over on its last day
    ]
    assert found.events == [] == found.identity
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(InputError, match="it holds the column date_of_birth"):
        read("ae_assaults", {"ae_assaults.csv": table(rows.format("|Date of birth", "|2010-01-01"))}, other)


def test_areas_of_2021_have_the_decile_of_the_areas_of_2011_in_them(tmp_path: Path) -> None:
    found = read(
        "area",
        {
            "File_1_IMD2019.csv": table("""
                LSOA code (2011) | LSOA name (2011) | Local Authority District code (2019) | Local Authority District name (2019) | Index of Multiple Deprivation (IMD) Rank | Index of Multiple Deprivation (IMD) Decile
                E1               | Old 1            | D1                                   | Old district                         | 100                                      | 1
                E2               | Old 2            | D1                                   | Old district                         | 29,199                                   | 9
                E3               | Old 3            | D1                                   | Old district                         | 16,000                                   | 5
            """),
            "lsoa11_lsoa21_ltla22.csv": table("""
                lsoa11_name | lsoa11_code | change_code | lsoa21_name | lsoa21_code | ltla22_name | ltla22_code
                Old 1       | E1          | U           | Old 1       | E1          | New         | N1
                Old 2       | E2          | M           | Both        | E9          | New         | N1
                Old 3       | E3          | M           | Both        | E9          | New         | N1
                Old 3       | E3          | S           | Part        | E8          | New         | N1
                Wales       | W1          | U           | Wales       | W1          | Cardiff     | W6
            """),
        },
        tmp_path,
    )
    rows = {
        row["area_id"]: (row["name"], row["local_authority"], row["imd_decile"], row["imd_vintage"])
        for row in found.areas
    }
    assert rows == {
        "E1": ("Old 1", "New", 1, "2019"),
        "E2": ("Old 2", "New", 9, "2019"),
        "E3": ("Old 3", "New", 5, "2019"),
        "E9": ("Both", "New", 7, "2019"),  # the mean rank of the two, 22,600
        "E8": ("Part", "New", 5, "2019"),
        "W1": ("Wales", "Cardiff", None, None),
    }
    figures = {
        row["area_id"]: (
            row["event_type"],
            str(row["occurred_on"]),
            str(row["known_from"]),
            row["value"],
            row["detail"],
        )
        for row in found.area_events
    }
    assert figures == {
        area: ("area_deprivation", "2019-09-26", "2019-09-26", float(decile), "2019")
        for area, (_, _, decile, _) in rows.items()
        if decile is not None
    }
