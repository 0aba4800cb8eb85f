"""Children's social care: contacts, children in need, assessments, child protection plans and social workers."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import period
from children import Children, Flags
from households import Households
from need import STATUTORY_HELP, Need
from period import NONE, Days

Floats = npt.NDArray[np.float64]

_CONTACT = (-5.5, 1.30)
_AFTER_INCIDENT = 0.35
_SIBLING_NAMED = 0.6
_GOES_ON = (-1.6, 0.80, 0.45)
_EVERYBODYS_EPISODE = 0.8
_SOURCES = np.array(["SCHOOL", "HEALTH", "FAMILY", "NEIGHBOUR", "OTHER_AGENCY"], dtype=object)
_SOURCE_SHARES = (0.36, 0.22, 0.16, 0.10, 0.16)
_NEEDS = np.array(["N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8", "N9"], dtype=object)
_NEED_SHARES = (0.50, 0.06, 0.05, 0.12, 0.17, 0.03, 0.01, 0.03, 0.03)
_FACTORS = {
    "DOMESTIC_ABUSE": (-0.6, 0.35),
    "PARENT_MENTAL_HEALTH": (-0.8, 0.25),
    "PARENT_SUBSTANCE_USE": (-1.5, 0.35),
    "NEGLECT": (-1.7, 0.45),
    "YOUNG_CARER": (-2.8, 0.10),
    "CHILD_MENTAL_HEALTH": (-2.0, 0.20),
}
_PLAN = (-2.6, 0.45)
_PLAN_CATEGORIES = np.array(["NEGLECT", "EMOTIONAL_ABUSE", "PHYSICAL_ABUSE", "SEXUAL_ABUSE"], dtype=object)
_PLAN_SHARES = (0.50, 0.36, 0.09, 0.05)
_CLOSURES = np.array(["NEEDS_MET", "STEPPED_DOWN", "MOVED", "OTHER"], dtype=object)
_TEAMS = np.array(["Assessment team East", "Assessment team Central", "Family safeguarding North"], dtype=object)


def chance(value: npt.ArrayLike) -> Floats:
    """Return 1 / (1 + exp(-value)), a probability in (0, 1)."""
    odds: Floats = 1.0 / (1.0 + np.exp(-np.asarray(value, dtype=np.float64)))
    return odds


class SocialCare:
    """What children's social care does, month by month: at most one contact a household and month."""

    def __init__(self, rng: np.random.Generator, homes: Households, children: Children) -> None:
        self._rng = rng
        self._children = children
        self._open_until = np.full(len(children), NONE, dtype=np.int32)
        self._lately: Floats = np.zeros(len(homes))
        self._contacts: list[pd.DataFrame] = []
        self._episodes: list[pd.DataFrame] = []

    def month(self, month: int, need: Need, present: Flags, incident: Days) -> pd.DataFrame:
        """Draw a month's contacts and what follows; return one row a household with `day`, `outcome` and `started`."""
        rng, household = self._rng, self._children.household
        first, after = int(period.MONTH_STARTS[month]), int(period.MONTH_STARTS[month + 1])
        free = present & (self._open_until < first)
        level = need.level
        index = free & (rng.random(len(level)) < 1 - np.exp(-np.exp(_CONTACT[0] + _CONTACT[1] * level)))
        told = (incident != NONE) & (rng.random(len(incident)) < _AFTER_INCIDENT)
        index |= free & told[household] & (rng.random(len(level)) < 0.7)
        reached = np.bincount(household[index], minlength=len(told)) > 0
        named = index | (free & reached[household] & (rng.random(len(level)) < _SIBLING_NAMED))
        count = np.maximum(1, np.bincount(household[named], minlength=len(told)))
        mean = np.bincount(household[named], weights=level[named], minlength=len(told)) / count
        day = np.where(told, np.minimum(incident + rng.integers(0, 5, len(told)), after - 1), 0)
        day = np.where(told, day, rng.integers(first, after, len(told)))
        goes_on = reached & (
            rng.random(len(told)) < chance(_GOES_ON[0] + _GOES_ON[1] * mean + _GOES_ON[2] * self._lately)
        )
        self._lately = 0.85 * self._lately + reached
        advice = np.where(rng.random(len(told)) < 0.45, "EARLY_HELP", "NFA").astype(object)
        outcome = np.where(goes_on, "REFERRAL", advice).astype(object)
        contact = pd.DataFrame({"day": np.where(reached, day, NONE), "outcome": outcome})
        self._record_contacts(np.flatnonzero(named), contact, told)
        contact["started"] = self._start_episodes(np.flatnonzero(named), contact, level, need)
        return contact

    def _record_contacts(self, child: npt.NDArray[np.int64], contact: pd.DataFrame, told: Flags) -> None:
        rng, of = self._rng, self._children.household[child]
        source = rng.choice(_SOURCES, len(told), p=_SOURCE_SHARES)
        day = contact["day"].to_numpy()
        lag = rng.integers(0, 4, len(told)) + np.where(rng.random(len(told)) < 0.05, rng.integers(10, 60, len(told)), 0)
        self._contacts.append(
            pd.DataFrame(
                {
                    "child": child,
                    "day": day[of],
                    "recorded": (day + lag)[of],
                    "source": np.where(told, "POLICE", source)[of],
                    "outcome": contact["outcome"].to_numpy()[of],
                }
            )
        )

    def _start_episodes(self, child: npt.NDArray[np.int64], contact: pd.DataFrame, level: Floats, need: Need) -> Days:
        """Start episodes for the children of a referral; return the day for each household, or NONE."""
        rng, household = self._rng, self._children.household
        referred = (contact["outcome"] == "REFERRAL").to_numpy() & (contact["day"] != NONE).to_numpy()
        wait = np.minimum(60, rng.lognormal(2.6, 0.7, len(contact))).astype(np.int64)
        start = contact["day"].to_numpy() + wait
        until = start + 45 + rng.gamma(2.0, 80.0, len(contact)).astype(np.int64)
        need_code = rng.choice(_NEEDS, len(contact), p=_NEED_SHARES)
        chosen = child[referred[household[child]] & (rng.random(len(child)) < _EVERYBODYS_EPISODE)]
        chosen = chosen[self._children.age_on(start[household])[chosen] < 17.9]
        of = household[chosen]
        end = until[of] + rng.integers(-20, 20, len(chosen))
        self._open_until[chosen] = end
        relieved = np.zeros(len(household), dtype=bool)
        relieved[chosen] = True
        need.relieve(relieved, STATUTORY_HELP)
        self._episodes.append(
            pd.DataFrame(
                {
                    "child": chosen,
                    "day": start[of],
                    "end": np.minimum(end, self._children.born[chosen] + int(18 * 365.25)),
                    "need": need_code[of],
                    "level": level[chosen],
                }
            )
        )
        started = np.full(len(contact), NONE, dtype=np.int32)
        started[of] = start[of]
        return started

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return contacts, episodes, assessment factors, plans and social workers."""
        episodes = pd.concat(self._episodes, ignore_index=True)
        episodes["recorded"] = episodes["day"] + self._rng.integers(0, 12, len(episodes))
        episodes["end_recorded"] = episodes["end"] + self._rng.integers(0, 20, len(episodes))
        episodes["closure"] = self._rng.choice(_CLOSURES, len(episodes), p=(0.5, 0.33, 0.07, 0.1))
        return {
            "contacts": pd.concat(self._contacts, ignore_index=True),
            "episodes": episodes,
            **self._assessments(episodes),
            "plans": self._plans(episodes),
            "social_workers": self._workers(episodes),
        }

    def _assessments(self, episodes: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Return one assessment an episode, which ends when it is authorised, and what they found."""
        found = []
        done = episodes["day"] + self._rng.integers(15, 46, len(episodes))
        recorded = done + self._rng.integers(0, 10, len(episodes))
        for name, (base, weight) in _FACTORS.items():
            yes = self._rng.random(len(episodes)) < chance(base + weight * episodes["level"])
            found.append(pd.DataFrame({"assessment": episodes.index, "factor": name})[yes])
        columns = {"day": episodes["day"], "recorded": episodes["recorded"], "end": done, "end_recorded": recorded}
        rows = pd.DataFrame({"episode": episodes.index, "child": episodes["child"], **columns})
        factors = pd.concat(found, ignore_index=True).sort_values(["assessment", "factor"], ignore_index=True)
        return {"assessments": rows, "factors": factors}

    def _plans(self, episodes: pd.DataFrame) -> pd.DataFrame:
        start = episodes["day"] + self._rng.integers(15, 60, len(episodes))
        yes = self._rng.random(len(episodes)) < chance(_PLAN[0] + _PLAN[1] * episodes["level"])
        yes &= start + 30 < episodes["end"]
        plans = pd.DataFrame(
            {"child": episodes["child"], "day": start, "end": episodes["end"], "episode": episodes.index}
        )[yes]
        plans = plans.reset_index(drop=True)
        plans["category"] = self._rng.choice(_PLAN_CATEGORIES, len(plans), p=_PLAN_SHARES)
        plans["recorded"] = plans["day"] + self._rng.integers(0, 8, len(plans))
        plans["end_recorded"] = plans["end"] + self._rng.integers(0, 15, len(plans))
        return plans

    def _workers(self, episodes: pd.DataFrame) -> pd.DataFrame:
        rows = episodes[["child", "day", "end", "recorded", "end_recorded"]].copy()
        rows["episode"] = np.arange(len(rows))
        rows["team"] = _TEAMS[self._rng.integers(0, len(_TEAMS), len(rows))]
        return rows
