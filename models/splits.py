"""Splitting a feature set by time: train on earlier dates of looking, choose on later ones, test on the last.

    splits = split_dates(dates, open_, use_case.validation, use_case.horizon_days)   # which dates, which were dropped
    folds = folds_of(splits.train, use_case.validation.folds, use_case.horizon_days)   # earlier dates, then later ones
    rows = rows_of(splits, as_of_dates, outcomes, followed)              # row numbers of each part
    check_no_leakage(rows, as_of_dates, use_case.horizon_days)           # once more, on the very rows

Between two parts lies a gap: an as-of date whose horizon `[as_of, as_of + horizon_days)` reaches past the first as-of
date of the next part is dropped, so that no outcome that a model learned from was still open when the next part begins.
"""

import datetime
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.declarations.validation import Folds, ValidationPlan
from hub.errors import StateError

PARTS = ("train", "choose", "test")
"""The parts, in the order of time."""

Days = npt.NDArray[np.datetime64]
Rows = npt.NDArray[np.intp]


class LeakageError(StateError):
    """A part of the split would let a model learn from what lies in a later part."""

    kind = "leakage"


class NotEnoughError(StateError):
    """A part of the split has no rows, or nobody with (or nobody without) the outcome."""

    kind = "not-enough"


@dataclass(frozen=True, slots=True)
class Dropped:
    """An as-of date that is in no part, and why."""

    as_of_date: datetime.date
    reason: str


@dataclass(frozen=True, slots=True)
class Splits:
    """The as-of dates of each part, sorted, and those that were dropped."""

    train: tuple[datetime.date, ...]
    choose: tuple[datetime.date, ...]
    test: tuple[datetime.date, ...]
    dropped: tuple[Dropped, ...]

    def part(self, name: str) -> tuple[datetime.date, ...]:
        """Return the dates of "train", "choose" or "test"."""
        return {"train": self.train, "choose": self.choose, "test": self.test}[name]

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form for a bundle's facts."""
        dates = {name: [day.isoformat() for day in self.part(name)] for name in PARTS}
        dropped = [{"as_of_date": one.as_of_date.isoformat(), "reason": one.reason} for one in self.dropped]
        return {**dates, "dropped": dropped}


def split_dates(
    complete: Iterable[datetime.date], open_: Iterable[datetime.date], plan: ValidationPlan, horizon: int
) -> Splits:
    """Say which as-of dates are in which part.

    Args:
        complete: as-of dates on which every outcome is known.
        open_: as-of dates whose horizon is not complete in the snapshot; none is used.
        plan: the half-open ranges of the use case.
        horizon: days after an as-of date in which the outcome counts, `[as_of, as_of + horizon)`.

    Raises:
        NotEnoughError: a part has no as-of date left; the message names the part and what was dropped.
    """
    dropped = [Dropped(day, "its horizon is not complete in the snapshot") for day in set(open_)]
    days = sorted(set(complete) - set(open_))
    ranges = {"train": plan.train, "choose": plan.choose, "test": plan.test}
    kept = {name: [day for day in days if ranges[name].holds(day)] for name in PARTS}
    for day in days:
        if not any(one.holds(day) for one in ranges.values()):
            dropped.append(Dropped(day, "it is in no part of the use case's plan"))
    for name, following in (("choose", "test"), ("train", "choose")):
        if not kept[following]:
            continue
        first = kept[following][0]
        late = [day for day in kept[name] if day + datetime.timedelta(days=horizon) > first]
        reason = f"its horizon of {horizon} days reaches past {first}, the first date of the part {following}"
        dropped.extend(Dropped(day, reason) for day in late)
        kept[name] = [day for day in kept[name] if day not in late]
    dropped.sort(key=lambda one: one.as_of_date)
    for name in PARTS:
        if not kept[name]:
            raise NotEnoughError(_empty_part(name, dropped, ranges[name].first, ranges[name].until), _EMPTY_REMEDY)
    return Splits(tuple(kept["train"]), tuple(kept["choose"]), tuple(kept["test"]), tuple(dropped))


_FEW_REMEDY = "Widen its range of dates in the use case, or look again at the cohort and the outcome."
_EMPTY_REMEDY = "Change `validation` or `as_of` in the use case, or publish a newer snapshot."


def _empty_part(name: str, dropped: list[Dropped], first: datetime.date, until: datetime.date) -> str:
    here = [one for one in dropped if first <= one.as_of_date < until]
    why = "".join(f" {one.as_of_date} was dropped: {one.reason}." for one in here)
    return f"The part {name} has no date of looking from {first} to before {until}.{why}"


@dataclass(frozen=True, slots=True)
class Fold:
    """Dates to learn from, and later ones that are held out to compare candidates on."""

    learn: tuple[datetime.date, ...]
    held: tuple[datetime.date, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"learn": [day.isoformat() for day in self.learn], "held": [day.isoformat() for day in self.held]}


def folds_of(train: Sequence[datetime.date], folds: Folds | None, horizon: int) -> tuple[Fold, ...]:
    """Return the folds of the dates to train on, the earliest first; none where none are declared.

    Args:
        train: the dates of the part "train", sorted.
        folds: as the use case declares them.
        horizon: days after a date in which the outcome counts: whatever a fold learns from was over before its first
            date that is held out.

    Raises:
        NotEnoughError: a fold has no date to learn from; the message names it.
    """
    if folds is None:
        return ()
    found = []
    for number in range(folds.number):
        last = len(train) - (folds.number - 1 - number) * folds.dates
        held = tuple(train[max(last - folds.dates, 0) : max(last, 0)])
        learn = [day for day in train if held and day + datetime.timedelta(days=horizon) <= held[0]]
        learn = learn[-folds.learn_dates :] if folds.learn_dates is not None else learn
        if not learn:
            what = f"holds out {held[0]}" if held else "has no date to hold out"
            told = f"Fold {number + 1} of {folds.number} {what}, and no earlier date to train on has a horizon of "
            remedy = "Ask for fewer folds or fewer dates in `validation.folds`, or look on earlier dates."
            raise NotEnoughError(f"{told}{horizon} days that was over by then.", remedy)
        found.append(Fold(tuple(learn), held))
    return tuple(found)


def rows_of_folds(folds: Sequence[Fold], train: Rows, as_of_dates: Days) -> tuple[tuple[Rows, Rows], ...]:
    """Return for each fold the rows to learn from and those that are held out.

    Args:
        folds: the dates.
        train: the rows of the part "train".
        as_of_dates: one date a row of the whole matrix.
    """

    def on(days: tuple[datetime.date, ...]) -> Rows:
        return train[np.isin(as_of_dates[train], np.array(days, dtype="datetime64[D]"))]

    return tuple((on(fold.learn), on(fold.held)) for fold in folds)


def check_fold(
    number: int, days: Days, outcomes: npt.NDArray[np.float64], learn: Rows, held: Rows, horizon: int
) -> None:
    """Check on the very rows that a fold learns from nothing that was open on its first date held out.

    Raises:
        LeakageError: it does.
        NotEnoughError: there is nobody with, or nobody without the outcome on one side.
    """
    for rows, what in ((learn, "to learn from"), (held, "held out")):
        positives = int(outcomes[rows].sum())
        if positives in (0, len(rows)):
            which = "without" if positives else "with"
            told = f"Fold {number} has nobody {which} the outcome among {len(rows):,} rows {what}."
            raise NotEnoughError(told, _FEW_REMEDY)
    last = days[learn].max() + np.timedelta64(horizon, "D")
    if last > days[held].min():
        raise LeakageError(
            f"Outcomes that fold {number} learns from are open until {last}, but it holds out {days[held].min()}.",
            "Nothing was trained. Make folds with models.splits.folds_of.",
        )


def rows_of(
    splits: Splits, as_of_dates: Days, outcomes: npt.NDArray[np.float64], followed: npt.NDArray[np.bool_]
) -> dict[str, Rows]:
    """Return the row numbers of each part, in the order of the matrix.

    Args:
        splits: which dates are in which part.
        as_of_dates: one date a row.
        outcomes: one a row, 0, 1 or NaN; a row without an outcome is never in.
        followed: whether the outcome can be known, one a row; one that cannot be known is never in.

    Raises:
        NotEnoughError: a part has no rows, nobody with the outcome, or nobody without it.
    """
    found: dict[str, Rows] = {}
    for name in PARTS:
        days = np.array(splits.part(name), dtype="datetime64[D]")
        rows = np.flatnonzero(np.isin(as_of_dates, days) & ~np.isnan(outcomes) & followed)
        positives = int(outcomes[rows].sum())
        if len(rows) == 0:
            raise NotEnoughError(f"The part {name} of the split has no rows: nobody was in the cohort.", _FEW_REMEDY)
        if positives in (0, len(rows)):
            which = "without" if positives else "with"
            raise NotEnoughError(
                f"The part {name} of the split has nobody {which} the outcome among {len(rows):,} rows.", _FEW_REMEDY
            )
        found[name] = rows
    return found


def check_no_leakage(rows: dict[str, Rows], as_of_dates: Days, horizon: int) -> None:
    """Check on the very rows that each part's last horizon ends no later than the next part's first as-of date.

    Raises:
        LeakageError: `max(as_of of a part) + horizon > min(as_of of the next part)`, or a row is in two parts.
    """
    for name, following in itertools.pairwise(PARTS):
        last = as_of_dates[rows[name]].max() + np.timedelta64(horizon, "D")
        first = as_of_dates[rows[following]].min()
        if last > first:
            raise LeakageError(
                f"Outcomes of the part {name} are open until {last}, but the part {following} begins on {first}.",
                "Nothing was trained. Split the dates with models.splits.split_dates.",
            )
    if len(np.unique(np.concatenate([rows[name] for name in PARTS]))) != sum(len(rows[name]) for name in PARTS):
        raise LeakageError("A row is in two parts of the split.", "Nothing was trained.")
