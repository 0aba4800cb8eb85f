"""Assaults seen in emergency departments: figures about places, as the law allows, or wrongly about patients."""

import lots
import numpy as np
import pandas as pd
import period
from children import Children
from columns import Column, Dates, Looked, Text, coded, looked
from extract_files import Extract
from places import Places
from planting import Planted

_EACH_AREA = 9.0
_BY_DEPRIVATION = 0.45
_YOUNGEST = 8
_SHARED_AFTER = 30
_TIMES = np.array(["MORNING", "AFTERNOON", "EVENING", "NIGHT"], dtype=object)
_PLACES = np.array(["STREET", "HOME", "LICENSED_PREMISES", "PARK", "SCHOOL", "OTHER"], dtype=object)
_WEAPONS = np.array(["FIST_OR_FOOT", "NONE", "KNIFE", "GLASS_OR_BOTTLE", "BLUNT", "UNKNOWN"], dtype=object)
OF_PATIENTS = ("nhs_number", "birth_date", "sex")
"""What a feed of areas must not hold, and the fault `ae_person_level` adds."""


def frame(seed: int, here: Places, children: Children) -> pd.DataFrame:
    """Return the assaults of the four years, one row each, with the child who was hurt."""
    rng = lots.stream(seed, len(children), "assaults")
    area = np.repeat(
        np.arange(len(here.area_code)), rng.poisson(_EACH_AREA * np.exp(_BY_DEPRIVATION * here.area_deprivation))
    )
    count = len(area)
    day = rng.integers(period.FIRST, period.LAST + 1, count)
    old_enough = np.flatnonzero(children.age_on(period.FIRST) >= _YOUNGEST)
    if not len(old_enough):
        old_enough = np.arange(len(children))
    rows = pd.DataFrame(
        {
            "day": day,
            "recorded": day + _SHARED_AFTER,
            "area": area,
            "time": rng.choice(_TIMES, count, p=(0.1, 0.25, 0.35, 0.3)),
            "place": rng.choice(_PLACES, count, p=(0.35, 0.2, 0.15, 0.1, 0.08, 0.12)),
            "weapon": rng.choice(_WEAPONS, count, p=(0.5, 0.15, 0.1, 0.05, 0.1, 0.1)),
            "child": rng.choice(old_enough, count),
        }
    )
    return rows.sort_values(["day", "area"], kind="stable", ignore_index=True)


def extract(rows: pd.DataFrame, here: Places, children: Children, *, person_level: bool) -> Extract:
    """Return the feed of the hospital trust; with `person_level`, one that may never be read."""
    columns: dict[str, Column] = {
        "attendance_date": Dates(rows["day"].to_numpy()),
        "time_band": coded(rows["time"].array),
        "lsoa": looked(Text(here.area_code), rows["area"].to_numpy()),
        "location_type": coded(rows["place"].array),
        "weapon": coded(rows["weapon"].array),
    }
    if person_level:
        child = rows["child"].to_numpy()
        hurt: tuple[Looked | Dates, ...] = (
            looked(Text(children.nhs_number), child),
            Dates(children.born[child]),
            looked(Text(children.sex), child),
        )
        columns |= dict(zip(OF_PATIENTS, hurt, strict=True))
    return Extract(
        "ae_assaults.csv", columns, "lsoa", "lsoa", "attendance_date", bad=("impossible_date", "missing_key")
    )


def planted(rows: pd.DataFrame) -> Planted:
    """Say whom the feed is wrongly about."""
    where = ["ae_assaults.csv: columns about patients, for which the whole file has to be refused"]
    return Planted(where, {"columns": list(OF_PATIENTS)}, rows[["child", "day"]].copy())
