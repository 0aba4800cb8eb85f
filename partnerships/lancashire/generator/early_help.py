"""Early help: offers to whole families, whether they were seen through, and the worker whom a family trusts."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import period
from children import Children, Flags
from households import Households
from need import COMPLETED_HELP, TRUSTED_WORKER, Need
from period import NONE
from social_care import chance

_OFFER = (-5.0, 0.55)
_ADVISED = 0.45
_COMPLETES = (0.9, -0.30, 0.35)
_WORKER = 0.55
_MEETINGS_A_MONTH = 2.2
_KEPT = (1.3, -0.25)
_TEAMS = np.array(["Family hub East", "Family hub Central", "Family hub North"], dtype=object)


class EarlyHelp:
    """What the early help service does, month by month: at most one episode of a family at a time."""

    def __init__(self, rng: np.random.Generator, homes: Households, children: Children) -> None:
        self._rng = rng
        self._children = children
        count = len(homes)
        self._start = np.full(count, NONE, dtype=np.int32)
        self._end = np.full(count, NONE, dtype=np.int32)
        self._outcome = np.full(count, "", dtype=object)
        self._worker = np.zeros(count, dtype=bool)
        self._team = _TEAMS[rng.integers(0, len(_TEAMS), count)]
        self._episodes: list[pd.DataFrame] = []
        self._meetings: list[pd.DataFrame] = []

    def month(self, month: int, need: Need, present: Flags, contact: pd.DataFrame) -> None:
        """Close what ends, offer help to some families, and hold this month's meetings."""
        first, after = int(period.MONTH_STARTS[month]), int(period.MONTH_STARTS[month + 1])
        active = self._start != NONE
        started = contact["started"].to_numpy()
        stepped_up = active & (started != NONE) & (started < self._end)
        self._end[stepped_up] = started[stepped_up]
        self._outcome[stepped_up] = "STEPPED_UP"
        self._close(active & (self._end < after), need)
        self._meet(first, after, need, present)
        self._offer(first, after, need, present, contact)

    def _close(self, ending: Flags, need: Need) -> None:
        household = self._children.household
        completed = ending & (self._outcome == "COMPLETED")
        need.relieve(completed[household], COMPLETED_HELP)
        need.relieve((completed & self._worker)[household], TRUSTED_WORKER)
        self._write(ending[household])
        self._start[ending] = NONE

    def _write(self, children: Flags) -> None:
        child = np.flatnonzero(children)
        of = self._children.household[child]
        columns = {"day": self._start, "end": self._end, "outcome": self._outcome, "worker": self._worker}
        rows = {name: values[of] for name, values in columns.items()}
        self._episodes.append(pd.DataFrame({"child": child, **rows, "team": self._team[of]}))

    def _meet(self, first: int, after: int, need: Need, present: Flags) -> None:
        rng, household = self._rng, self._children.household
        with_worker = (self._start != NONE) & self._worker
        child = np.flatnonzero(with_worker[household] & present & (self._children.age_on(first) >= 4))
        child = np.repeat(child, rng.poisson(_MEETINGS_A_MONTH, len(child)))
        day = rng.integers(first, after, len(child))
        inside = (day > self._start[household[child]]) & (day <= self._end[household[child]])
        child, day = child[inside], day[inside]
        kept = rng.random(len(child)) < chance(_KEPT[0] + _KEPT[1] * need.level[child])
        self._meetings.append(pd.DataFrame({"child": child, "day": day, "kept": kept}))
        # Being listened to helps a little at once, every month.
        met = np.zeros(len(household), dtype=bool)
        met[child[kept]] = True
        need.relieve(met, 0.12)

    def _offer(self, first: int, after: int, need: Need, present: Flags, contact: pd.DataFrame) -> None:
        rng, household = self._rng, self._children.household
        count = len(self._start)
        chances = chance(_OFFER[0] + _OFFER[1] * need.family)
        advised = ((contact["day"] != NONE) & (contact["outcome"] == "EARLY_HELP")).to_numpy()
        chances = np.where(advised, _ADVISED, chances)
        free = (self._start == NONE) & (self._end < first) & (contact["started"] == NONE).to_numpy()
        free &= np.bincount(household[present], minlength=count) > 0
        starts = free & (rng.random(count) < chances)
        day = rng.integers(first, after, count)
        members = np.maximum(1, np.bincount(household[present], minlength=count))
        attachment = np.bincount(household[present], need.attachment[present], minlength=count) / members
        completes = rng.random(count) < chance(_COMPLETES[0] + _COMPLETES[1] * need.family + _COMPLETES[2] * attachment)
        gave_up = np.where(rng.random(count) < 0.85, "DISENGAGED", "MOVED_AWAY").astype(object)
        length = np.where(completes, rng.integers(110, 260, count), rng.integers(30, 150, count))
        self._start[starts] = day[starts]
        self._end[starts] = (day + length)[starts]
        self._outcome[starts] = np.where(completes, "COMPLETED", gave_up)[starts]
        self._worker[starts] = (rng.random(count) < _WORKER)[starts]

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return episodes and meetings, one row a child; episodes that are still open have an end after LAST."""
        self._write((self._start != NONE)[self._children.household])
        episodes = pd.concat(self._episodes, ignore_index=True)
        # Help is for the whole family, but only for the children who were born and under 18 when it began.
        age = (episodes["day"] - self._children.born[episodes["child"]]) / 365.25
        episodes = episodes[(age >= 0) & (age < 18)].reset_index(drop=True)
        episodes["recorded"] = episodes["day"] + self._lags(len(episodes))
        episodes["end_recorded"] = episodes["end"] + self._lags(len(episodes))
        meetings = pd.concat(self._meetings, ignore_index=True)
        meetings["recorded"] = meetings["day"] + self._lags(len(meetings))
        return {"early_help": episodes, "meetings": meetings}

    def _lags(self, count: int) -> npt.NDArray[np.int64]:
        late = np.where(self._rng.random(count) < 0.06, self._rng.integers(20, 120, count), 0)
        return self._rng.integers(0, 10, count) + late
