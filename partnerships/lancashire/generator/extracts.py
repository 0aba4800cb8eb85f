"""Extracts: what each agency delivers, as files in the agency's own words and formats."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from children import Flags
from columns import Coded, Column, Dates, Numbers, Text, coded
from deliveries import Delivery
from extract_files import Extract
from period import NONE
from places import DISTRICTS, IMD_YEAR, Ints, Places
from records import Records

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
    "REFU": "NS",
    "": "",
}
_YES = ("N", "Y")


@dataclass(frozen=True, slots=True)
class People:
    """The rows about people that one delivery of one source holds."""

    records: Records
    rows: Ints
    """Rows of `records.where`."""
    delivery: Delivery

    @property
    def of(self) -> Ints:
        """The record of each row."""
        return self.records.where.of[self.rows]

    def columns(self, key: str) -> dict[str, Column]:
        """Return all columns that any agency delivers; `key` names the agency's own identifier."""
        who, where, of = self.records.who, self.records.where, self.of
        given, family = self.delivery.corrected_names(self.records)
        if self.records.habits.capitals:
            family = np.array([name.upper() for name in family], dtype=object)
        return {
            key: Text(self.records.ids()[of]),
            "upn": Text(who.upn[of]),
            "nhs_number": Text(who.nhs_number[of]),
            "forename": Text(given[of]),
            "surname": Text(family[of]),
            "birth_date": Dates(who.born[of]),
            "sex": Text(self.delivery.children.sex[who.child[of]]),
            "ethnicity": Text(who.ethnicity[of]),
            "disability": Text(who.disability[of]),
            "address": Text(where.address[self.rows]),
            "postcode": Text(where.postcode[self.rows]),
            "lsoa": Text(where.area[self.rows]),
            "address_from": Dates(where.since[self.rows]),
            "recorded_on": Dates(where.recorded[self.rows]),
        }

    def ids(self, rows: pd.DataFrame) -> Numbers:
        """Return the agency's own identifier of the child of each row."""
        record = rows["record"].to_numpy() if "record" in rows else 0
        return Numbers(self.records.number[record, rows["child"].to_numpy()], self.records.habits.prefix, 6)


def people(records: Records, delivery: Delivery) -> People:
    """Return the rows about people that are known by the day of delivery."""
    return People(records, np.flatnonzero(records.where.recorded <= delivery.known_by), delivery)


def police(who: People, rows: pd.DataFrame) -> list[Extract]:
    """Return the files of police: dates as 31/12/2024, NULL for missing, their own codes."""
    columns = who.columns("nominal_ref")
    of = who.records.who.child[who.of]
    sex = Text(np.where(who.delivery.children.sex[of] == "M", "Male", "Female").astype(object))
    codes = np.array([_POLICE_ETHNICITY[code] for code in who.records.who.ethnicity[who.of]], dtype=object)
    kept = ("nominal_ref", "forename", "surname", "birth_date", "sex", "ethnicity_16", "address", "postcode", "lsoa")
    columns |= {"sex": sex, "ethnicity_16": Text(codes)}
    nominals = {name: columns[name] for name in (*kept, "recorded_on")}
    incidents: dict[str, Column] = {
        "incident_ref": Numbers(rows["incident"].to_numpy(), "LC", 7),
        "nominal_ref": who.ids(rows),
        "incident_date": Dates(rows["day"].to_numpy(), british=True),
        "recorded_date": Dates(rows["recorded"].to_numpy(), british=True),
        "involvement": coded(rows["role"].array),
        "offence_group": coded(rows["offence"].array),
        "origin": Coded(rows["officer"].to_numpy(dtype=np.int32), ("PUBLIC", "OFFICER")),
    }
    for name in ("birth_date", "recorded_on"):
        date = nominals[name]
        assert isinstance(date, Dates)
        nominals[name] = Dates(date.days, british=True)
    return [
        Extract("police_people.csv", nominals, "nominal_ref", "nominal_ref", "birth_date", "NULL", british=True),
        Extract(
            "police_incidents.csv", incidents, "incident_ref", "nominal_ref", "incident_date", "NULL", british=True
        ),
    ]


def school(who: People, roll: pd.DataFrame, attendance: pd.DataFrame, suspensions: pd.DataFrame) -> list[Extract]:
    """Return the files of the county's school census, attendance and exclusions."""
    pupils = {name: one for name, one in who.columns("pupil_id").items() if name != "nhs_number"}
    enrolments = _frame(who, roll, "E", person="pupil_id", key="enrolment_id") | {
        "school": coded(roll["school"].array),
        "census_date": Dates(roll["day"].to_numpy()),
        "year_group": Coded(roll["year"].to_numpy() + 2, [str(year) for year in range(-2, 16)]),
        "sen_provision": coded(roll["support"].array),
        "free_meals": Coded(roll["meals"].to_numpy(dtype=np.int32), _YES),
        "submitted_on": Dates(roll["recorded"].to_numpy()),
    }
    absences = _frame(who, attendance, "A", person="pupil_id", key="attendance_id") | {
        "term": coded(attendance["term"].array),
        "term_end": Dates(attendance["day"].to_numpy()),
        "sessions_possible": Numbers(attendance["possible"].to_numpy()),
        "sessions_missed": Numbers(attendance["missed"].to_numpy()),
        "sessions_unauthorised": Numbers(attendance["unauthorised"].to_numpy()),
        "submitted_on": Dates(attendance["recorded"].to_numpy()),
    }
    permanent = suspensions["permanent"].to_numpy(dtype=bool)
    exclusions = _frame(who, suspensions, "X", person="pupil_id", key="exclusion_id") | {
        "category": Coded(permanent.astype(np.int32), ("SUSP", "PERM")),
        "start_date": Dates(suspensions["day"].to_numpy()),
        "sessions": Numbers(np.where(permanent, NONE, suspensions["sessions"].to_numpy())),
        "reason": coded(suspensions["reason"].array),
        "submitted_on": Dates(suspensions["recorded"].to_numpy()),
    }
    return [
        Extract("school_pupils.csv", pupils, "pupil_id", "pupil_id", "birth_date", encoding="utf-8-sig"),
        Extract("school_enrolments.csv", enrolments, "enrolment_id", "pupil_id", "census_date"),
        Extract("school_attendance.csv", absences, "attendance_id", "pupil_id", "term_end"),
        Extract("school_exclusions.csv", exclusions, "exclusion_id", "pupil_id", "start_date"),
    ]


def social_care(who: People, frames: dict[str, pd.DataFrame]) -> list[Extract]:
    """Return the files of children's social care; `?` stands for missing."""
    contacts, episodes = frames["contacts"], frames["episodes"]
    factors, plans, workers = frames["factors"], frames["plans"], frames["social_workers"]
    ended = (episodes["end"] != NONE).to_numpy()
    made: dict[str, dict[str, Column]] = {
        "contacts": _frame(who, contacts, "CT")
        | {
            "contact_date": Dates(contacts["day"].to_numpy()),
            "contact_source": coded(contacts["source"].array),
            "outcome": coded(contacts["outcome"].array),
            "recorded_on": Dates(contacts["recorded"].to_numpy()),
        },
        "cin_episodes": _spells(who, episodes, "CE")
        | {
            "primary_need": coded(episodes["need"].array),
            "closure_reason": _where(ended, coded(episodes["closure"].array)),
        },
        "assessment_factors": _frame(who, factors, "AF")
        | {
            "completed_date": Dates(factors["day"].to_numpy()),
            "factor": coded(factors["factor"].array),
            "recorded_on": Dates(factors["recorded"].to_numpy()),
        },
        "cp_plans": _spells(who, plans, "PL") | {"category": coded(plans["category"].array)},
        "involvements": _spells(who, workers, "SW")
        | {
            "team": coded(workers["team"].array),
            "worker_role": Coded(np.zeros(len(workers), np.int32), ["Social worker"]),
        },
    }
    dates = {"contacts": "contact_date", "assessment_factors": "completed_date"}
    files = [
        Extract(f"csc_{name}.csv", columns, "row_id", "person_id", dates.get(name, "start_date"), "?")
        for name, columns in made.items()
    ]
    return [Extract("csc_people.csv", who.columns("person_id"), "person_id", "person_id", "birth_date", "?"), *files]


def youth_justice(who: People, outcomes: pd.DataFrame) -> list[Extract]:
    """Return the files of the youth justice service: semicolons, CP1252, and no dates of recording for outcomes."""
    columns = {name: one for name, one in who.columns("yj_id").items() if name not in ("nhs_number", "disability")}
    rows = _frame(who, outcomes, "YO", person="yj_id", key="outcome_id") | {
        "outcome_date": Dates(outcomes["day"].to_numpy()),
        "outcome": coded(outcomes["outcome"].array),
    }
    return [
        Extract("yj_people.csv", columns, "yj_id", "yj_id", "birth_date", delimiter=";", encoding="cp1252"),
        Extract("yj_outcomes.csv", rows, "outcome_id", "yj_id", "outcome_date", delimiter=";", encoding="cp1252"),
    ]


def early_help(who: People, episodes: pd.DataFrame, meetings: pd.DataFrame) -> list[Extract]:
    """Return the files of the early help service."""
    ended = (episodes["end"] != NONE).to_numpy()
    rows = _spells(who, episodes, "EE") | {
        "outcome": _where(ended, coded(episodes["outcome"].array)),
        "team": coded(episodes["team"].array),
        "trusted_worker": Coded(episodes["worker"].to_numpy(dtype=np.int32), _YES),
    }
    met = _frame(who, meetings, "EM") | {
        "meeting_date": Dates(meetings["day"].to_numpy()),
        "kept": Coded(meetings["kept"].to_numpy(dtype=np.int32), _YES),
        "recorded_on": Dates(meetings["recorded"].to_numpy()),
    }
    columns = {name: one for name, one in who.columns("person_id").items() if name != "disability"}
    return [
        Extract("eh_people.csv", columns, "person_id", "person_id", "birth_date"),
        Extract("eh_episodes.csv", rows, "row_id", "person_id", "start_date"),
        Extract("eh_meetings.csv", met, "row_id", "person_id", "meeting_date"),
    ]


def areas(places: Places) -> Extract:
    """Return the table of areas."""
    names = [one.name for one in DISTRICTS]
    columns: dict[str, Column] = {
        "area_id": Text(places.area_code),
        "area_name": Text(places.area_name),
        "district": Coded(places.area_district.astype(np.int32), names),
        "imd_decile": Numbers(places.area_decile),
        "imd_year": Coded(np.zeros(len(places.area_code), np.int32), [IMD_YEAR]),
    }
    return Extract("areas.csv", columns, "area_id", "area_id", "imd_year")


def _where(chosen: Flags, column: Coded) -> Coded:
    return Coded(np.where(chosen, column.codes, -1).astype(np.int32), column.words)


def _frame(
    who: People, rows: pd.DataFrame, prefix: str, *, person: str = "person_id", key: str = "row_id"
) -> dict[str, Column]:
    return {key: Numbers(rows["row"].to_numpy() + 1, prefix, 7), person: who.ids(rows)}


def _spells(who: People, rows: pd.DataFrame, prefix: str) -> dict[str, Column]:
    return _frame(who, rows, prefix) | {
        "start_date": Dates(rows["day"].to_numpy()),
        "end_date": Dates(rows["end"].to_numpy()),
        "recorded_on": Dates(rows["recorded"].to_numpy()),
        "end_recorded_on": Dates(rows["end_recorded"].to_numpy()),
    }
