"""Truth: who is who, what happened next, and what was planted. The product reads none of it unless it is asked to."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import period
from children import Children, Texts
from events import Events
from period import NONE, iso
from records import Records

_YOUNGEST, _OLDEST = 4, 18
_SEEN_WITHIN = 190


def names_of(children: Children) -> Texts:
    """Return the name that truth gives to each child."""
    return np.array([f"T{number:06d}" for number in range(1, len(children) + 1)], dtype=object)


def people(records: list[Records], children: Children) -> pd.DataFrame:
    """Return one row a record: source, source_person_id, true_person."""
    rows = pd.concat([record.truth() for record in records], ignore_index=True)
    rows = rows.sort_values(["source", "id"], kind="stable", ignore_index=True)
    columns = {"source": rows["source"], "source_person_id": rows["id"]}
    return pd.DataFrame({**columns, "true_person": names_of(children)[rows["child"]]})


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
