"""What follows in children's social care: enquiries, conferences, visits, care, and what is done for children in care.

All of it follows from episodes and plans that are already there, so nothing here changes who is helped when.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from period import LAST
from places import Ints
from social_care import chance

_ENQUIRY = (-2.4, 0.35)
_VISIT_DAYS = 20
_CARE = (-4.2, 0.55)
_PLACEMENTS = np.array(["U6", "U3", "U4", "K2", "P1", "H5"], dtype=object)
_PLACEMENT_SHARES = (0.55, 0.2, 0.08, 0.09, 0.05, 0.03)
_MOVES = 0.0025
_MISSING = 0.0011
_REFERRED_IN_VAIN = 0.08


def frames(
    rng: np.random.Generator, born: npt.NDArray[np.int32], found: dict[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Return the frames beside contacts, episodes, factors and plans; days after LAST are in the future.

    Args:
        rng: the source of chance.
        born: birthday of each child.
        found: `contacts`, `episodes` and `plans`.
    """
    episodes, plans = found["episodes"], found["plans"]
    enquiries, conferences = _protection(rng, episodes, plans)
    care = _care(rng, episodes)
    placements = _placements(rng, care)
    return {
        "referrals_in_vain": _referrals_in_vain(rng, found["contacts"]),
        "enquiries": enquiries,
        "conferences": conferences,
        "visits": _visits(rng, plans),
        "care": placements,
        "reviews": _recorded(rng, _every(care, 90, 180), 10),
        "health": _recorded(rng, _every(care, 25, 365), 15),
        "questionnaires": _questionnaires(rng, care, born),
        "missing": _missing(rng, care),
    }


def _referrals_in_vain(rng: np.random.Generator, contacts: pd.DataFrame) -> pd.DataFrame:
    """Return referrals that were looked at and closed without further action."""
    chosen = (contacts["outcome"] == "NFA").to_numpy() & (rng.random(len(contacts)) < _REFERRED_IN_VAIN)
    rows = contacts.loc[chosen, ["child", "day", "recorded"]].reset_index(drop=True)
    rows["end"] = rows["day"] + rng.integers(3, 30, len(rows))
    return rows.assign(end_recorded=np.maximum(rows["end"] + rng.integers(0, 8, len(rows)), rows["recorded"]))


def _protection(
    rng: np.random.Generator, episodes: pd.DataFrame, plans: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return enquiries under section 47 and initial conferences: each plan had both, some episodes had one in vain."""
    begun = episodes["day"].to_numpy()
    before = np.maximum(plans["day"].to_numpy() - 15, begun[plans["episode"].to_numpy()])
    other = np.flatnonzero(rng.random(len(episodes)) < chance(_ENQUIRY[0] + _ENQUIRY[1] * episodes["level"]))
    other = np.setdiff1d(other, plans["episode"].to_numpy())
    child = np.concatenate([plans["child"].to_numpy(), episodes["child"].to_numpy()[other]])
    day = np.concatenate([before, begun[other] + rng.integers(0, 15, len(other))])
    enquiries = pd.DataFrame({"child": child, "day": day, "end": day + rng.integers(5, 15, len(day))})
    held = np.concatenate([plans["day"].to_numpy(), day[len(plans) :] + rng.integers(12, 20, len(other))])
    plan = np.arange(len(day)) < len(plans)
    conferences = pd.DataFrame({"child": child, "day": held, "plan": plan})
    conferences = conferences[plan | (rng.random(len(day)) < 0.2)].reset_index(drop=True)
    return _spells(rng, enquiries), _recorded(rng, conferences, 8)


def _visits(rng: np.random.Generator, plans: pd.DataFrame) -> pd.DataFrame:
    """Return the visits of a social worker to children under a plan, about every three weeks."""
    visits = _every(plans, _VISIT_DAYS, _VISIT_DAYS)
    visits["day"] += rng.integers(-4, 5, len(visits))
    return _recorded(rng, visits.assign(seen=rng.random(len(visits)) < 0.93), 9)


def _care(rng: np.random.Generator, episodes: pd.DataFrame) -> pd.DataFrame:
    """Return times in care: some weeks after help began, until shortly before it ends."""
    chosen = rng.random(len(episodes)) < chance(_CARE[0] + _CARE[1] * episodes["level"])
    start = episodes["day"] + rng.integers(14, 90, len(episodes))
    end = episodes["end"] - rng.integers(1, 20, len(episodes))
    rows = pd.DataFrame(
        {"child": episodes["child"], "day": start, "end": end, "need": episodes["need"], "level": episodes["level"]}
    )
    return rows[chosen & (end > start + 20)].reset_index(drop=True)


def _placements(rng: np.random.Generator, care: pd.DataFrame) -> pd.DataFrame:
    """Return where children in care lived: one row a placement, `care` numbers the time in care."""
    days = (care["end"] - care["day"]).to_numpy()
    moves = np.minimum(rng.poisson(_MOVES * days), 6)
    of = np.repeat(np.arange(len(care)), moves + 1)
    first = np.concatenate([[True], of[1:] != of[:-1]])[: len(of)]
    at = np.where(first, 0.0, rng.random(len(of)))
    order = np.lexsort((at, of))
    start = care["day"].to_numpy()[of] + (at[order] * days[of]).astype(np.int64)
    last = np.concatenate([of[1:] != of[:-1], [True]])[: len(of)]
    end = np.where(last, care["end"].to_numpy()[of], np.concatenate([start[1:], [0]])[: len(of)])
    rows = pd.DataFrame(
        {
            "care": of,
            "child": care["child"].to_numpy()[of],
            "day": start,
            "end": end,
            "first": first,
            "last": last,
            "need": care["need"].to_numpy()[of],
            "kind": rng.choice(_PLACEMENTS, len(of), p=_PLACEMENT_SHARES),
        }
    )
    return _spells(rng, rows)


def _questionnaires(rng: np.random.Generator, care: pd.DataFrame, born: npt.NDArray[np.int32]) -> pd.DataFrame:
    rows = _every(care, 60, 365)
    age = (rows["day"].to_numpy() - born[rows["child"].to_numpy()]) / 365.25
    score = np.round(13 + 3 * care["level"].to_numpy()[rows["of"].to_numpy()] + 5 * rng.normal(size=len(rows)))
    rows = rows.assign(score=np.clip(score, 0, 40).astype(np.int64))
    return _recorded(rng, rows[(age >= 4) & (age < 17)].reset_index(drop=True), 20)


def _missing(rng: np.random.Generator, care: pd.DataFrame) -> pd.DataFrame:
    days = (care["end"] - care["day"]).to_numpy()
    of = np.repeat(np.arange(len(care)), rng.poisson(_MISSING * days))
    day = care["day"].to_numpy()[of] + (rng.random(len(of)) * days[of]).astype(np.int64)
    rows = pd.DataFrame({"child": care["child"].to_numpy()[of], "day": day})
    return _spells(rng, rows.assign(end=day + rng.geometric(0.6, len(of)) - 1))


def _every(spells: pd.DataFrame, first: int, step: int) -> pd.DataFrame:
    """Return a row `first` days after each spell began and then every `step` days while spell and period last."""
    start, end = spells["day"].to_numpy(), np.minimum(spells["end"].to_numpy(), LAST)
    times = np.maximum(0, (end - start - first + step) // step).astype(np.int64)
    of = np.repeat(np.arange(len(spells)), times)
    number = np.arange(len(of)) - np.repeat(np.cumsum(times) - times, times)
    return pd.DataFrame({"of": of, "child": spells["child"].to_numpy()[of], "day": start[of] + first + step * number})


def _recorded(rng: np.random.Generator, rows: pd.DataFrame, within: int) -> pd.DataFrame:
    return rows.assign(recorded=rows["day"] + rng.integers(0, within, len(rows)))


def _spells(rng: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    recorded: Ints = rows["day"].to_numpy() + rng.integers(0, 10, len(rows))
    ended: Ints = rows["end"].to_numpy() + rng.integers(0, 14, len(rows))
    return rows.assign(recorded=recorded, end_recorded=np.maximum(ended, recorded))
