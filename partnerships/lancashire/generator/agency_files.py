"""What police, the youth justice service and the early help service deliver, and what is published about areas."""

import numpy as np
import pandas as pd
from columns import Coded, Column, Dates, Numbers, Text, coded
from extract_files import Extract
from extracts import WITH_ADDRESS, People, ended, numbered, only, spell, yes
from period import NONE
from places import DISTRICTS, Places

_POLICE_ETHNICITY = {
    "WBRI": "W1",
    "WIRI": "W2",
    "WOTH": "W9",
    "MWBC": "M1",
    "MWAS": "M3",
    "MOTH": "M9",
    "AIND": "A1",
    "APKN": "A2",
    "ABAN": "A3",
    "AOTH": "A9",
    "BCRB": "B1",
    "BAFR": "B2",
    "OOTH": "O9",
    "REFU": "N3",
    "NOBT": "NS",
    "": "",
}
_MAY_REPEAT = ("impossible_date", "future_date", "missing_key")
_OFFENCES = {"NEGLECT": "CONCERN", "ANTISOCIAL": "ANTI_SOCIAL"}
_NAMES = ("forename", "surname", "birth_date", "sex", "ethnicity")


def police(who: People, rows: pd.DataFrame) -> list[Extract]:
    """Return the files of police: dates as 31/12/2024, NULL for missing, their own codes."""
    of = who.records.where.of[who.rows]
    columns = who.columns("nominal_ref", *_NAMES, *WITH_ADDRESS)
    del columns["address_from"]
    where = who.records.where
    columns["birth_date"] = Dates(who.records.who.born[of], british=True)
    columns["recorded_on"] = Dates(where.recorded[who.rows], british=True)
    boys = who.delivery.children.sex[who.records.who.child[of]] == "M"
    columns["sex"] = Coded(boys.astype(np.int32), ("Female", "Male"))
    columns["ethnicity"] = Text(
        np.array([_POLICE_ETHNICITY[code] for code in who.records.who.ethnicity[of]], dtype=object)
    )
    offence = coded(rows["offence"].array)
    disposed = rows["disposed"].to_numpy()
    known = (disposed != NONE) & (rows["disposal_recorded"].to_numpy() <= who.delivery.known_by)
    events: dict[str, Column] = {
        "event_ref": Numbers(rows["incident"].to_numpy(), "LC", 7),
        "nominal_ref": who.ids(rows),
        "event_date": Dates(rows["day"].to_numpy(), british=True),
        "recorded_date": Dates(rows["recorded"].to_numpy(), british=True),
        "role": coded(rows["role"].array),
        "offence_group": Coded(offence.codes, [_OFFENCES.get(word, word) for word in offence.words]),
        "origin": Coded(rows["officer"].to_numpy(dtype=np.int32), ("PUBLIC", "POLICE")),
        "disposal": only(pd.Series(known), coded(rows["disposal"].array)),
        "disposal_date": Dates(np.where(known, disposed, NONE), british=True),
        "disposal_recorded_date": Dates(np.where(known, rows["disposal_recorded"], NONE), british=True),
    }
    return [
        Extract(
            "police_people.csv",
            columns,
            "nominal_ref",
            "nominal_ref",
            "birth_date",
            "NULL",
            british=True,
            bad=_MAY_REPEAT,
        ),
        Extract("police_events.csv", events, "event_ref", "nominal_ref", "event_date", "NULL", british=True),
    ]


def youth_justice(who: People, frames: dict[str, pd.DataFrame]) -> list[Extract]:
    """Return the files of the youth justice service: semicolons, CP1252, and no dates of recording for what it does."""
    outcomes, programmes, assessments = frames["youth_justice"], frames["programmes"], frames["youth_assessments"]
    decided: dict[str, Column] = {
        "outcome_id": numbered(outcomes, "YO"),
        "yj_id": who.ids(outcomes),
        "outcome_date": Dates(outcomes["day"].to_numpy()),
        "outcome": coded(outcomes["outcome"].array),
    }
    assessed: dict[str, Column] = {
        "assessment_id": numbered(assessments, "YA"),
        "yj_id": who.ids(assessments),
        "completed_date": Dates(assessments["day"].to_numpy()),
        "kind": coded(assessments["kind"].array),
    }
    helped: dict[str, Column] = {
        "intervention_id": numbered(programmes, "YI"),
        "yj_id": who.ids(programmes),
        "kind": coded(programmes["kind"].array),
        "start_date": Dates(programmes["day"].to_numpy()),
        "end_date": Dates(programmes["end"].to_numpy()),
        "completed": only(ended(programmes), yes(programmes["completed"])),
        "team": Coded(np.zeros(len(programmes), np.int32), ["Youth justice team"]),
    }
    people = who.columns("yj_id", "upn", *_NAMES, *WITH_ADDRESS)
    files = (
        ("people", people, "yj_id", "birth_date"),
        ("assessments", assessed, "assessment_id", "completed_date"),
        ("outcomes", decided, "outcome_id", "outcome_date"),
        ("interventions", helped, "intervention_id", "start_date"),
    )
    return [
        Extract(f"youth_justice_{name}.csv", columns, key, "yj_id", date, delimiter=";", encoding="cp1252")
        for name, columns, key, date in files
    ]


def early_help(who: People, episodes: pd.DataFrame, meetings: pd.DataFrame) -> list[Extract]:
    """Return the files of the early help service."""
    household = who.delivery.children.household[episodes["child"].to_numpy()]
    rows: dict[str, Column] = {
        "episode_id": numbered(episodes, "EE"),
        "person_id": who.ids(episodes),
        "family_id": Numbers(household + 1, "EF", 6),
        **spell(episodes, "start_date", "end_date", "recorded_on", "end_recorded_on"),
        "outcome": only(ended(episodes), coded(episodes["outcome"].array)),
        "team": coded(episodes["team"].array),
        "trusted_worker": yes(episodes["worker"]),
    }
    met: dict[str, Column] = {
        "contact_id": numbered(meetings, "EM"),
        "person_id": who.ids(meetings),
        "contact_date": Dates(meetings["day"].to_numpy()),
        "kept": yes(meetings["kept"]),
        "recorded_on": Dates(meetings["recorded"].to_numpy()),
    }
    people = who.columns("person_id", "upn", "nhs_number", *_NAMES, *WITH_ADDRESS)
    return [
        Extract("early_help_people.csv", people, "person_id", "person_id", "birth_date"),
        Extract("early_help_episodes.csv", rows, "episode_id", "person_id", "start_date"),
        Extract("early_help_contacts.csv", met, "contact_id", "person_id", "contact_date"),
    ]


def areas(places: Places) -> Extract:
    """Return the index of deprivation for the areas of the county, in the words in which it is published."""
    rank = (places.area_decile - 1) * 3284 + 100 + 17 * np.arange(len(places.area_code)) % 3000
    names = np.array([one.name for one in DISTRICTS], dtype=object)[places.area_district]
    columns: dict[str, Column] = {
        "LSOA code (2011)": Text(places.area_code),
        "LSOA name (2011)": Text(places.area_name),
        "Local Authority District name (2019)": Text(names),
        "Index of Multiple Deprivation (IMD) Rank": Text(np.array([f"{one:,}" for one in rank], dtype=object)),
        "Index of Multiple Deprivation (IMD) Decile": Numbers(places.area_decile),
    }
    quoted = frozenset({"Index of Multiple Deprivation (IMD) Rank"})
    key = "LSOA code (2011)"
    return Extract("areas_IMD2019.csv", columns, key, key, key, quoted=quoted, bad=())
