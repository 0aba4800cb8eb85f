"""Adapters of social care: small files of the format become dated events, involvements and families."""

from pathlib import Path

import pytest

from tests.factories.adapter_reading import Read, read, table

PERSON = """
    pers_person_id | pers_forename | pers_surname | pers_sex | pers_gender | pers_ethnicity | pers_dob            | pers_common_child_id
    P1             | Ada           | Byron        | F        | 02          | WBRI           | 2010-05-01 00:00:00 | 9434765919
    P2             | Bo            | Byron        | M        | 01          | local          | 01/05/2012          |
"""


FILES = {
    "ssd_person.csv": table(PERSON),
    "ssd_address.csv": table("""
        addr_person_id | addr_address_start_date | addr_address_postcode | addr_address_json
        P1             | 2015-01-01              | LA1 1AA               | {"HOUSE": "3", "STREET": "High Street", "TOWN": "Lancaster"}
        P1             | 2020-01-01              | CON                   | {}
        P2             | 2015-01-01              | LA1 1AA               | {not json
    """),
    "ssd_linked_identifiers.csv": table("""
        link_person_id | link_identifier_type       | link_identifier_value | link_valid_from_date | link_valid_to_date
        P1             | Unique Pupil Number        | A123456789012         | 2018-01-01           |
        P1             | Unique Pupil Number        | T123456789012         | 2016-01-01           | 2018-01-01
        P1             | Former Unique Pupil Number | T123456789012         |                      |
    """),
    "ssd_disability.csv": table("""
        disa_person_id | disa_disability_code
        P1             | AUT
        P2             | NONE
    """),
    "ssd_contacts.csv": table("""
        cont_contact_id | cont_person_id | cont_contact_date | cont_contact_source_code | recorded_date
        1               | P1             | 2023-01-05        | 2A                       |
        2               | P1             | 2023-02-05        | 6                        | 2023-02-06
    """),
    "ssd_cin_episodes.csv": table("""
        cine_referral_id | cine_person_id | cine_referral_date | cine_cin_primary_need_code | cine_referral_nfa | cine_close_reason | cine_close_date
        R1               | P1             | 2023-01-10         | N1                         | N                 | RC9               | 2023-06-01
        R2               | P2             | 2023-01-10         | N1                         | Y                 | RC8               | 2023-01-20
    """),
    "ssd_cin_assessments.csv": table("""
        cina_assessment_id | cina_person_id | cina_assessment_start_date | cina_assessment_auth_date
        A1                 | P1             | 2023-01-12                 | 2023-02-20
        A2                 | P2             | 2023-01-12                 |
    """),
    "ssd_assessment_factors.csv": table("""
        cinf_assessment_id | cinf_assessment_factors_json
        A1                 | {"3A": "Yes", "4B": "Yes", "15A": "No"}
        A2                 | ["2A"]
    """),
    "ssd_cla_episodes.csv": table("""
        clae_cla_episode_id | clae_person_id | clae_cla_episode_start_date | clae_cla_episode_start_reason | clae_cla_episode_ceased | clae_cla_episode_ceased_reason | clae_cla_id
        E1                  | P1             | 2023-03-01                  | S                             | 2023-04-01              | X1                             | L1
        E2                  | P1             | 2023-04-01                  | P                             | 2023-05-01              | E4A                            | L1
    """),
    "ssd_missing.csv": table("""
        miss_table_id | miss_person_id | miss_missing_episode_start_date | miss_missing_episode_type | miss_missing_episode_end_date
        M1            | P1             | 2023-03-05                      | M                         | 2023-03-06
    """),
    "ssd_professionals.csv": table("""
        prof_professional_id | prof_professional_job_title | prof_professional_department | prof_professional_name
        W1                   | Social worker               | Team North                   | Somebody
    """),
    "ssd_involvements.csv": table("""
        invo_involvements_id | invo_professional_id | invo_professional_team | invo_person_id | invo_involvement_start_date | invo_involvement_end_date | invo_referral_id | recorded_date
        1                    | W1                   |                        |                | 2023-01-11                  | 2023-05-01                | R1               | 2023-01-12
        2                    | W1                   | Team South             | P2             | 2023-01-11                  |                           |                  |
    """),
    "ssd_family.csv": table("""
        fami_family_id | fami_person_id
        F1             | P1
        F1             | P2
    """),
}


@pytest.fixture(scope="module")
def ssd(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """One delivery of the dataset, most of its tables left out."""
    return read("ssd", FILES, tmp_path_factory.mktemp("ssd"))


def test_ssd_people_have_sex_gender_identifiers_and_addresses_over_time(ssd: Read) -> None:
    assert ssd.rules() == {} == ssd.unmapped()
    rows = sorted(ssd.identity, key=lambda row: (row["source_person_id"], str(row["valid_from"])))
    assert [(row["source_person_id"], row["address"], row["locality"], row["postcode"]) for row in rows] == [
        ("P1", "3 High Street", "Lancaster", "LA1 1AA"),
        ("P1", None, None, None),
        ("P2", None, None, "LA1 1AA"),
    ]
    first, _, other = rows
    assert dict(first["identifiers"]) == {
        "upn": "A123456789012", "former_upn": "T123456789012", "nhs_number": "9434765919",
    }  # fmt: skip
    assert (first["sex"], first["gender"], first["ethnicity"]) == ("F", "02", "WBRI")
    assert (other["sex"], other["ethnicity"]) == ("M", None)  # a code that is not in the list is not known
    assert dict(first["attributes"]) == {"disability": "yes"}
    assert dict(other["attributes"]) == {"disability": "no"}


def test_ssd_events_have_the_assumed_delay_unless_the_day_of_recording_is_sent(ssd: Read) -> None:
    assert ssd.unmapped() == {}
    assert ssd.event("contact") == [
        ("P1", "2023-01-05", "2023-01-12", None, "school"),
        ("P1", "2023-02-05", "2023-02-06", None, "police"),
    ]
    # A referral without further action opens nothing.
    assert [row[0] for row in ssd.event("referral")] == ["P1", "P2"]
    assert ssd.event("cin_start") == [("P1", "2023-01-10", "2023-01-17", None, "abuse_or_neglect")]
    assert ssd.event("cin_end") == [("P1", "2023-06-01", "2023-06-08", None, "early_help")]
    # Factors count from the day the assessment was authorised; one answered No, and one not authorised yet, not at all.
    assert ssd.event("assessment_factor") == [
        ("P1", "2023-02-20", "2023-02-27", None, "domestic_abuse"),
        ("P1", "2023-02-20", "2023-02-27", None, "parent_mental_health"),
    ]
    assert [row[1] for row in ssd.event("cla_start") + ssd.event("cla_end")] == ["2023-03-01", "2023-05-01"]
    spells = {row["episode_id"] for row in ssd.events if row["event_type"] in ("cla_start", "cla_end")}
    assert len(spells) == 1
    assert {row["role"] for row in ssd.events if row["event_type"].startswith("missing")} == {"missing"}


def test_ssd_involvements_name_team_and_role_even_where_only_the_referral_says_the_child(ssd: Read) -> None:
    rows = {row["person"]: row for row in ssd.involvements}
    assert (rows["P1"]["team"], rows["P1"]["role"], str(rows["P1"]["known_from"])) == (
        "Team North", "Social worker", "2023-01-12",
    )  # fmt: skip
    assert str(rows["P1"]["valid_to"]) == "2023-05-01"
    assert rows["P2"]["team"] == "Team South"
    assert len({row["family_id"] for row in ssd.families}) == 1
    assert ssd.facts[0]["files"][-1]["table"] == "ssd_involvements"
    assert any(file.get("refused") == ["prof_professional_name"] for file in ssd.facts[0]["files"])


HEADER = "CHILD | SEX | DOB | ETHNIC | UPN | MOTHER | MC_DOB"
EPISODES = "CHILD | DECOM | RNE | LS | CIN | PLACE | DEC | REC"


def test_ssda903_years_add_up_and_nothing_is_known_before_its_return_is_due(tmp_path: Path) -> None:
    found = read(
        "ssda903",
        {
            "2022-header.csv": table(f"{HEADER}\n 7 | 2 | 01/02/2010 | NOBT | UN3 | 1.0 | 05/05/2022"),
            "2022-episodes.csv": table(f"{EPISODES}\n 7 | 10/06/2022 | S | C2 | N1 | U4 | 01/02/2023 | X1\n 7 | 01/02/2023 | P | C2 | N1 | K2 | |"),
            "2022-oc2.csv": table("CHILD|DOB|SDQ_SCORE|SDQ_REASON|CONVICTED|HEALTH_CHECK|IMMUNISATIONS|TEETH_CHECK|HEALTH_ASSESSMENT|SUBSTANCE_MISUSE|INTERVENTION_RECEIVED|INTERVENTION_OFFERED\n 7|01/02/2010|14||0|0|1|1|1|0|0|0"),
            "2022-reviews.csv": table("CHILD|DOB|REVIEW|REVIEW_CODE\n 7|01/02/2010|01/07/2022|PN1\n 7|01/02/2010|01/07/2024|PN4"),
            "2023-header.csv": table(f"{HEADER}\n 7 | 2 | 01/02/2010 | NOBT | A123456789012 | |\n 8 | 1 | 01/02/2011 | ZZZZ | UN1 | |"),
            "2023-episodes.csv": table(f"{EPISODES}\n 7 | 01/02/2023 | P | C2 | N1 | K2 | 05/05/2023 | E4A\n 7 | 06/06/2023 | L | C2 | N1 | Q9 | |"),
        },
        tmp_path,
    )  # fmt: skip
    # A return named after the year in which it begins: its last day is 31 March 2023.
    assert found.event("sdq") == [("7", "2023-03-31", "2023-06-30", 14.0, None)]
    assert found.event("cla_start") == [("7", "2022-06-10", "2023-06-30", None, "abuse_or_neglect")]
    assert found.event("cla_end") == [("7", "2023-05-05", "2024-06-30", None, "home")]
    assert found.event("placement_change") == [("7", "2023-02-01", "2023-06-30", None, "childrens_home")] * 2
    assert found.event("review") == [
        ("7", "2022-07-01", "2023-06-30", None, "took_part")
    ]  # one held after the year is none
    # The identifier of a child is the same in both years; UN3 is no pupil number.
    assert {row["record_key"] for row in found.identity if row["source_person_id"] == "7"} != set()
    assert [dict(row["identifiers"]) for row in found.identity if row["source_person_id"] == "7"] == [
        {"none:child_id": "7"}, {"none:child_id": "7", "upn": "A123456789012"},
    ]  # fmt: skip
    # An ethnicity and a placement that the specification does not have are set aside, with the rule.
    assert found.rules() == {"header": {"ETHNIC: code": 1}, "episodes": {"PLACE: code": 1}}


def test_early_help_has_episodes_meetings_and_the_team(tmp_path: Path) -> None:
    found = read(
        "early_help",
        {
            "early_help_people.csv": table("""
                person_id | forename | surname | birth_date | sex | ethnicity | address | postcode | address_from | recorded_on
                1         | Ada      | Byron   | 2010-05-01 | F   | REFU      | 3 High  | LA1 1AA  | 2020-01-01   | 2023-01-01
            """),
            "early_help_episodes.csv": table("""
                episode_id | person_id | family_id | start_date | end_date   | recorded_on | end_recorded_on | plan_agreed_on | outcome   | team       | trusted_worker
                E1         | 1         | F1        | 2023-01-02 | 2023-06-01 | 2023-01-05  | 2023-06-04      | 2023-02-01     | COMPLETED | Team North | Y
            """),
            "early_help_contacts.csv": table("""
                contact_id | person_id | contact_date | kept | recorded_on
                1          | 1         | 2023-01-10   | Y    | 2023-01-11
                2          | 1         | 2023-01-17   | N    | 2023-01-17
            """),
        },
        tmp_path,
    )
    assert found.event("early_help_start") == [("1", "2023-01-02", "2023-01-05", None, "with_trusted_worker")]
    assert found.event("early_help_end") == [("1", "2023-06-01", "2023-06-04", None, "completed")]
    assert found.event("early_help_plan") == [("1", "2023-02-01", "2023-02-01", None, None)]
    assert found.event("trusted_worker_meeting") == [("1", "2023-01-10", "2023-01-11", None, None)]
    assert found.event("trusted_worker_meeting_missed") == [("1", "2023-01-17", "2023-01-17", None, None)]
    assert found.involvements[0]["role"] == "Trusted worker"
    assert found.identity[0]["ethnicity"] == "REFU"
