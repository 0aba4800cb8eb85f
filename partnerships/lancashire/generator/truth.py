"""Truth: who is who, what happened next, and what was planted. The product reads none of it unless it is asked to."""

import json
from pathlib import Path
from typing import Any

import faults
import numpy as np
import numpy.typing as npt
import pandas as pd
import period
from children import Children, Flags, Texts
from deliveries import Delivery
from events import Events
from households import Households
from period import NONE, iso
from places import Places
from planting import Planted
from records import Records

_YOUNGEST, _OLDEST = 4, 18
_SEEN_WITHIN = 190


def names_of(children: Children) -> Texts:
    """Return the name that truth gives to each child."""
    return np.array([f"T{number:06d}" for number in range(1, len(children) + 1)], dtype=object)


def people(records: tuple[Records, ...], children: Children, delivery: Delivery) -> pd.DataFrame:
    """Return one row a record that a delivery holds: source, source_person_id, true_person."""
    found = []
    for one in records:
        held = one.first <= delivery.known_by
        columns = {"source": one.habits.source, "source_person_id": one.ids()[held], "child": one.who.child[held]}
        found.append(pd.DataFrame(columns))
    rows = pd.concat(found, ignore_index=True)
    rows = rows.sort_values(["source", "source_person_id"], kind="stable", ignore_index=True)
    return rows.drop(columns="child").assign(true_person=names_of(children)[rows["child"]])


def facts(
    children: Children, homes: Households, records: tuple[Records, ...], here: Places, delivery: Delivery
) -> dict[str, Any]:
    """Return how many of everything there are."""
    held = {one.habits.source: one.first <= delivery.known_by for one in records}
    return {
        "children": len(children),
        "households": len(homes),
        "twins": int((children.twin_of >= 0).sum()),
        "areas": len(here.area_code),
        "people_held_twice": {one.habits.source: _held_twice(one, held[one.habits.source]) for one in records},
        "records": {source: int(known.sum()) for source, known in held.items()},
    }


def _held_twice(one: Records, held: Flags) -> int:
    _, times = np.unique(one.who.child[held], return_counts=True)
    return int((times > 1).sum())


def changes(
    records: tuple[Records, ...], rows: dict[str, pd.DataFrame], first: Delivery, later: Delivery
) -> dict[str, Any]:
    """Return what a later delivery holds that the first did not, and what it puts right or takes back."""
    new = {
        name: int(((frame["recorded"] > first.known_by) & (frame["recorded"] <= later.known_by)).sum())
        for name, frame in rows.items()
        if "recorded" in frame
    }
    known = rows["contacts"][rows["contacts"]["recorded"] <= later.known_by]
    incidents = first.rows(rows["police"])
    return {
        "delivered_on": iso([later.day])[0],
        "recorded_since": new,
        "names_put_right": {
            one.habits.source: int((later.name_was_wrong(one) & (one.first <= first.known_by)).sum()) for one in records
        },
        "dates_put_right": int(later.date_was_wrong(incidents).sum()),
        "withdrawn": [f"CT{known['row'].iloc[0] + 1:07d}"] if len(known) else [],
    }


def outcomes(children: Children, events: Events, delivered: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what was true for each eligible child at each date of looking.

    Columns: true_person, as_of_date, outcome (1 when help under section 17 began within 180 days, empty when the
    extracts end before that), need (what nobody sees; orders children as well as anyone could).
    """
    episodes, plans, roll = delivered["episodes"], delivered["plans"], delivered["roll"]
    found = []
    for as_of in period.AS_OF_DATES:
        age = _full_years(children, int(as_of))
        eligible = (age >= _YOUNGEST) & (age < _OLDEST)
        recent = roll[(roll["day"] >= as_of - _SEEN_WITHIN) & (roll["day"] < as_of) & (roll["recorded"] <= as_of)]
        eligible &= np.isin(np.arange(len(children)), recent["child"])
        for spells in (episodes, plans):
            known = spells[(spells["day"] < as_of) & (spells["recorded"] <= as_of)]
            ended = (known["end"] != NONE) & (known["end"] < as_of) & (known["end_recorded"] <= as_of)
            eligible &= ~np.isin(np.arange(len(children)), known[~ended]["child"])
        after = episodes[(episodes["day"] >= as_of) & (episodes["day"] < as_of + period.HORIZON_DAYS)]
        complete = as_of + period.HORIZON_DAYS <= period.LAST + 1
        child = np.flatnonzero(eligible)
        outcome = np.isin(child, after["child"]).astype(np.int64).astype(str) if complete else ""
        month = int(period.month_of(np.array([as_of - 1], dtype=np.int32))[0])
        rows = {
            "true_person": names_of(children)[child],
            "as_of_date": iso(np.full(len(child), as_of)),
            "outcome": outcome,
        }
        found.append(pd.DataFrame(rows).assign(need=np.round(events.need[month][child].astype(np.float64), 3)))
    return pd.concat(found, ignore_index=True)


def late_rows(frame: pd.DataFrame) -> int:
    """Return how many rows were recorded more than 60 days after they happened."""
    return int((frame["recorded"] - frame["day"] > 60).sum())


def _full_years(children: Children, as_of: int) -> npt.NDArray[np.int64]:
    """Return completed years on `as_of`, counted from the month of birth."""
    born = children.born.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    now = np.datetime64(as_of, "D").astype("datetime64[M]").astype(np.int64)
    years: npt.NDArray[np.int64] = (now - born) // 12
    return years


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write a file of the truth so that it is there whole or not at all."""
    _whole(path, frame.to_csv(index=False, lineterminator="\n"))


def write_json(found: dict[str, Any], path: Path) -> None:
    """Write figures of the truth so that they are there whole or not at all."""
    _whole(path, json.dumps(found, indent=2, ensure_ascii=False) + "\n")


def write_faults(planted: dict[str, Planted], children: Children, folder: Path) -> None:
    """Write which faults were planted: `faults.json`, and `faults/<name>.csv` with one row for each change."""
    found: dict[str, Any] = {}
    (folder / "faults").mkdir(exist_ok=True)
    for fault in faults.FAULTS:
        path = folder / "faults" / f"{fault.name}.csv"
        said: dict[str, Any] = {"planted": fault.name in planted, "plain": fault.plain, "leak": fault.leak}
        if fault.name not in planted:
            path.unlink(missing_ok=True)
            found[fault.name] = said
            continue
        one = planted[fault.name]
        said |= {"where": one.where, "how_many": len(one.rows)} | one.figures
        if "child" in one.rows:
            said["children"] = int(one.rows["child"].nunique())
            write(_named(one.rows, children), path)
            said["rows"] = f"faults/{fault.name}.csv"
        found[fault.name] = said
    write_json(found, folder / "faults.json")


def _named(rows: pd.DataFrame, children: Children) -> pd.DataFrame:
    dates = {
        name: iso(rows[name])
        for name in ("day", "end", "recorded", "end_recorded", "entered", "help_began")
        if name in rows
    }
    frame = rows.assign(**dates, true_person=names_of(children)[rows["child"]]).drop(columns="child")
    frame = frame[["true_person", *(name for name in frame if name != "true_person")]]
    return frame.sort_values(list(frame.columns), kind="stable", ignore_index=True)


def _whole(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(text.encode())
    part.replace(path)
