"""What schools deliver: the census with addresses, attendance by term or session, and exclusions."""

import numpy as np
import pandas as pd
from columns import Coded, Column, Dates, Numbers, coded, looked
from extract_files import Extract
from extracts import WITH_ADDRESS, People, numbered, yes
from period import NONE

_PUPIL = ("upn", "forename", "surname", "birth_date", "sex")
_YEARS = [str(year) for year in range(-2, 16)]


def census(who: People, roll: pd.DataFrame) -> list[Extract]:
    """Return the school census: a byte-order mark before the addresses, as spreadsheets leave it."""
    record = who.record_of(roll)
    known = who.persons("pupil_id")
    columns: dict[str, Column] = {
        name: looked(known[name], record) for name in ("pupil_id", *_PUPIL, "ethnicity", "disability")
    }
    columns |= {
        "estab": coded(roll["school"].array),
        "census_date": Dates(roll["day"].to_numpy()),
        "year_group": Coded((roll["year"].to_numpy() + 2).astype(np.int32), _YEARS),
        "sen_provision": coded(roll["support"].array),
        "free_meals": yes(roll["meals"]),
        "submitted_on": Dates(roll["recorded"].to_numpy()),
    }
    addresses = who.columns("pupil_id", *WITH_ADDRESS)
    return [
        Extract("school_census_pupils.csv", columns, "pupil_id", "pupil_id", "census_date"),
        Extract("school_census_addresses.csv", addresses, "pupil_id", "pupil_id", "address_from", encoding="utf-8-sig"),
    ]


def attendance(who: People, terms: pd.DataFrame) -> list[Extract]:
    """Return attendance by term: packed, because it is long, and the pupils it is about."""
    columns: dict[str, Column] = {
        "pupil_id": who.ids(terms),
        "term": coded(terms["term"].array),
        "term_end": Dates(terms["day"].to_numpy()),
        "sessions_possible": Numbers(terms["possible"].to_numpy()),
        "sessions_missed": Numbers(terms["missed"].to_numpy()),
        "sessions_unauthorised": Numbers(terms["unauthorised"].to_numpy()),
        "submitted_on": Dates(terms["recorded"].to_numpy()),
    }
    return [
        _pupils("attendance_pupils.csv", who),
        Extract("attendance_terms.csv.gz", columns, "pupil_id", "pupil_id", "term_end"),
    ]


def exclusions(who: People, rows: pd.DataFrame) -> list[Extract]:
    """Return suspensions and permanent exclusions."""
    permanent = rows["permanent"].to_numpy(dtype=bool)
    columns: dict[str, Column] = {
        "exclusion_id": numbered(rows, "X"),
        "pupil_id": who.ids(rows),
        "category": Coded(permanent.astype(np.int32), ("SUSP", "PERM")),
        "start_date": Dates(rows["day"].to_numpy()),
        "sessions": Numbers(np.where(permanent, NONE, rows["sessions"].to_numpy())),
        "reason": coded(rows["reason"].array),
        "submitted_on": Dates(rows["recorded"].to_numpy()),
    }
    return [
        _pupils("exclusions_pupils.csv", who),
        Extract("exclusions.csv", columns, "pupil_id", "pupil_id", "start_date"),
    ]


def _pupils(name: str, who: People) -> Extract:
    known, held, last = who.persons("pupil_id"), who.held, who.last_rows()
    columns: dict[str, Column] = {column: looked(known[column], held) for column in ("pupil_id", *_PUPIL)}
    columns["postcode"] = coded(who.records.where.postcode[last])
    columns["recorded_on"] = Dates(who.records.first[held])
    return Extract(name, columns, "pupil_id", "pupil_id", "birth_date")
