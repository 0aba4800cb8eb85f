"""Extracts: what each agency delivers, as CSV files in the agency's own words and formats."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import period
from children import Children, Texts
from events import Events
from period import NONE, british, iso
from places import DISTRICTS, IMD_YEAR, Places
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
    "NULL": "NULL",
}
_KNOWN_BY = period.DELIVERY - 1


@dataclass(frozen=True, slots=True)
class Extract:
    """One file of a delivery: its rows as text, and which columns are its key, its person and its main date."""

    name: str
    frame: pd.DataFrame
    key: str
    person: str
    date: str
    british: bool = False
    missing: str = ""
    delimiter: str = ","
    encoding: str = "utf-8"


def delivered(frame: pd.DataFrame, *, until: str | None = None) -> pd.DataFrame:
    """Return the rows that an extract of the four years holds: in the period and recorded before the day of delivery.

    With `until`, rows are spells: those that had not ended when the period began are in, and an end that had not
    come, or was not recorded yet, is NONE.
    """
    kept = frame[(frame["day"] <= period.LAST) & (frame["recorded"] <= _KNOWN_BY)]
    if until is None:
        return kept[kept["day"] >= period.FIRST].reset_index(drop=True)
    kept = kept[kept[until] >= period.FIRST].reset_index(drop=True)
    still_open = (kept[until] > period.LAST) | (kept["end_recorded"] > _KNOWN_BY)
    return kept.assign(
        **{until: kept[until].where(~still_open, NONE), "end_recorded": kept["end_recorded"].where(~still_open, NONE)}
    )


def police_rows(rng: np.random.Generator, children: Children, events: Events, held_twice: float) -> pd.DataFrame:
    """Return the incidents that police deliver, with the record (0 or 1) under which each stands."""
    rows = pd.concat([events.frames["domestic"], events.frames["police"]], ignore_index=True)
    fresh = rows["incident"].isna().to_numpy()
    incident = rows["incident"].fillna(0).to_numpy().astype(np.int64)
    incident[fresh] = incident.max(initial=0) + 1 + np.arange(fresh.sum())
    rows = delivered(rows.assign(incident=incident)).sort_values(["recorded", "incident", "child"], ignore_index=True)
    twice = rng.random(len(children)) < held_twice
    count = rows.groupby("child").cumcount().to_numpy()
    return rows.assign(record=(twice[rows["child"]] & (count % 2 == 1)).astype(np.int64))


def police(people: Records, rows: pd.DataFrame) -> list[Extract]:
    """Return the files of police: dates as 31/12/2024, NULL for missing, their own codes."""
    frame = people.frame.drop(columns=["upn", "nhs_number", "disability", "address_from"])
    frame = frame.rename(columns={"id": "nominal_ref", "ethnicity": "ethnicity_16"})
    frame["ethnicity_16"] = frame["ethnicity_16"].map(_POLICE_ETHNICITY)
    frame["sex"] = frame["sex"].map({"M": "Male", "F": "Female"})
    incidents = pd.DataFrame(
        {
            "incident_ref": _ids("LC", rows["incident"].to_numpy()),
            "nominal_ref": people.ids[rows["record"], rows["child"]],
            "incident_date": british(rows["day"]),
            "recorded_date": british(rows["recorded"]),
            "involvement": rows["role"].to_numpy(),
            "offence_group": rows["offence"].to_numpy(),
            "origin": np.where(rows["officer"].to_numpy(dtype=bool), "OFFICER", "PUBLIC"),
        }
    )
    return [
        Extract("police_people.csv", frame, "nominal_ref", "nominal_ref", "birth_date", british=True, missing="NULL"),
        Extract(
            "police_incidents.csv",
            incidents,
            "incident_ref",
            "nominal_ref",
            "incident_date",
            british=True,
            missing="NULL",
        ),
    ]


def school(people: Records, roll: pd.DataFrame, attendance: pd.DataFrame, suspensions: pd.DataFrame) -> list[Extract]:
    """Return the files of the county's school census, attendance and exclusions."""
    pupils = people.frame.drop(columns="nhs_number").rename(columns={"id": "pupil_id"})
    ids = people.ids[0]
    enrolments = _frame(roll, ids, "E", person="pupil_id", key="enrolment_id")
    enrolments = enrolments.assign(
        school=roll["school"],
        census_date=iso(roll["day"]),
        year_group=roll["year"].to_numpy(),
        sen_provision=roll["support"],
        free_meals=np.where(roll["meals"], "Y", "N"),
        submitted_on=iso(roll["recorded"]),
    )
    absences = _frame(attendance, ids, "A", person="pupil_id", key="attendance_id").assign(
        term=attendance["term"],
        term_end=iso(attendance["day"]),
        sessions_possible=attendance["possible"],
        sessions_missed=attendance["missed"],
        sessions_unauthorised=attendance["unauthorised"],
        submitted_on=iso(attendance["recorded"]),
    )
    exclusions = _frame(suspensions, ids, "X", person="pupil_id", key="exclusion_id").assign(
        category=np.where(suspensions["permanent"], "PERM", "SUSP"),
        start_date=iso(suspensions["day"]),
        sessions=np.where(suspensions["permanent"], "", suspensions["sessions"].astype(str)),
        reason=suspensions["reason"],
        submitted_on=iso(suspensions["recorded"]),
    )
    return [
        Extract("school_pupils.csv", pupils, "pupil_id", "pupil_id", "birth_date", encoding="utf-8-sig"),
        Extract("school_enrolments.csv", enrolments, "enrolment_id", "pupil_id", "census_date"),
        Extract("school_attendance.csv", absences, "attendance_id", "pupil_id", "term_end"),
        Extract("school_exclusions.csv", exclusions, "exclusion_id", "pupil_id", "start_date"),
    ]


def social_care(people: Records, frames: dict[str, pd.DataFrame]) -> list[Extract]:
    """Return the files of children's social care; `?` stands for missing."""
    ids = people.ids[0]
    contacts, episodes = frames["contacts"], frames["episodes"]
    factors, plans, workers = frames["factors"], frames["plans"], frames["social_workers"]
    made = {
        "contacts": _frame(contacts, ids, "CT").assign(
            contact_date=iso(contacts["day"]),
            contact_source=contacts["source"],
            outcome=contacts["outcome"],
            recorded_on=iso(contacts["recorded"]),
        ),
        "cin_episodes": _spells(episodes, ids, "CE").assign(
            primary_need=episodes["need"], closure_reason=_closures(episodes)
        ),
        "assessment_factors": _frame(factors, ids, "AF").assign(
            completed_date=iso(factors["day"]),
            factor=factors["factor"],
            recorded_on=iso(factors["recorded"]),
        ),
        "cp_plans": _spells(plans, ids, "PL").assign(category=plans["category"]),
        "involvements": _spells(workers, ids, "SW").assign(team=workers["team"], worker_role="Social worker"),
    }
    dates = {"contacts": "contact_date", "assessment_factors": "completed_date"}
    files = [
        Extract(f"csc_{name}.csv", frame, "row_id", "person_id", dates.get(name, "start_date"), missing="?")
        for name, frame in made.items()
    ]
    who = people.frame.rename(columns={"id": "person_id"})
    return [Extract("csc_people.csv", who, "person_id", "person_id", "birth_date", missing="?"), *files]


def youth_justice(people: Records, outcomes: pd.DataFrame) -> list[Extract]:
    """Return the files of the youth justice service: semicolons, CP1252, and no dates of recording for outcomes."""
    who = people.frame.drop(columns=["nhs_number", "disability"]).rename(columns={"id": "yj_id"})
    rows = _frame(outcomes, people.ids[0], "YO", person="yj_id", key="outcome_id").assign(
        outcome_date=iso(outcomes["day"]), outcome=outcomes["outcome"]
    )
    return [
        Extract("yj_people.csv", who, "yj_id", "yj_id", "birth_date", delimiter=";", encoding="cp1252"),
        Extract("yj_outcomes.csv", rows, "outcome_id", "yj_id", "outcome_date", delimiter=";", encoding="cp1252"),
    ]


def early_help(people: Records, episodes: pd.DataFrame, meetings: pd.DataFrame) -> list[Extract]:
    """Return the files of the early help service."""
    ids = people.ids[0]
    ended = (episodes["end"] != NONE).to_numpy()
    rows = _spells(episodes, ids, "EE").assign(
        outcome=np.where(ended, episodes["outcome"], ""),
        team=episodes["team"],
        trusted_worker=np.where(episodes["worker"].to_numpy(dtype=bool), "Y", "N"),
    )
    met = _frame(meetings, ids, "EM").assign(
        meeting_date=iso(meetings["day"]),
        kept=np.where(meetings["kept"].to_numpy(dtype=bool), "Y", "N"),
        recorded_on=iso(meetings["recorded"]),
    )
    who = people.frame.drop(columns="disability").rename(columns={"id": "person_id"})
    return [
        Extract("eh_people.csv", who, "person_id", "person_id", "birth_date"),
        Extract("eh_episodes.csv", rows, "row_id", "person_id", "start_date"),
        Extract("eh_meetings.csv", met, "row_id", "person_id", "meeting_date"),
    ]


def areas(places: Places) -> pd.DataFrame:
    """Return the table of areas."""
    names = np.array([one.name for one in DISTRICTS], dtype=object)
    columns = {"area_id": places.area_code, "area_name": places.area_name, "district": names[places.area_district]}
    return pd.DataFrame({**columns, "imd_decile": places.area_decile, "imd_year": IMD_YEAR})


def write(frame: pd.DataFrame, path: Path, *, delimiter: str = ",", encoding: str = "utf-8") -> None:
    """Write a CSV file so that it is there whole or not at all, with the same bytes on every system."""
    text = io.StringIO()
    frame.to_csv(text, index=False, sep=delimiter, lineterminator="\n")
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(text.getvalue().encode(encoding))
    part.replace(path)


def _ids(prefix: str, numbers: npt.NDArray[np.int64]) -> Texts:
    return np.array([f"{prefix}{number:07d}" for number in numbers], dtype=object)


def _frame(
    rows: pd.DataFrame, ids: Texts, prefix: str, *, person: str = "person_id", key: str = "row_id"
) -> pd.DataFrame:
    return pd.DataFrame({key: _ids(prefix, np.arange(1, len(rows) + 1)), person: ids[rows["child"].to_numpy()]})


def _spells(rows: pd.DataFrame, ids: Texts, prefix: str) -> pd.DataFrame:
    return _frame(rows, ids, prefix).assign(
        start_date=iso(rows["day"]),
        end_date=iso(rows["end"]),
        recorded_on=iso(rows["recorded"]),
        end_recorded_on=iso(rows["end_recorded"]),
    )


def _closures(episodes: pd.DataFrame) -> Texts:
    return np.where(episodes["end"] != NONE, episodes["closure"], "").astype(object)
