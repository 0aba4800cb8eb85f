"""The register: a mark for each pupil and session of the last school days, for counties of millions of rows.

A row is worked out from its number alone, so the register never stands in memory and its bytes hang on no batch.
"""

from collections.abc import Callable
from dataclasses import dataclass

import lots
import numpy as np
import numpy.typing as npt
import pandas as pd
import period
from columns import Coded, Column, Dates, Words, looked
from extract_files import Extract
from extracts import People
from places import Ints

_MARKS = ("/", "\\", "I", "M", "C", "O", "N", "G")
_PRESENT, _ILL, _APPOINTMENT, _LEAVE, _ABSENT, _NO_REASON, _HOLIDAY = 0, 2, 3, 4, 5, 6, 7
_LATEST_DAYS = 7


@dataclass(frozen=True, slots=True)
class _Rows:
    """Which day, pupil and session each row of the register is about: days one after the other, pupils within."""

    seed: int
    days: Ints
    pupils: list[Ints]
    """For each day, the rows of `terms` of the pupils who could have come."""
    starts: Ints
    """The number of the first row of each day, and of the row after the last."""
    terms: pd.DataFrame

    def __len__(self) -> int:
        return int(self.starts[-1])

    def at(self, start: int, stop: int) -> tuple[Ints, Ints, Ints]:
        """Return day, row of `terms` and session (0 or 1) of the rows [start, stop)."""
        number = np.arange(start, min(stop, len(self)))
        which = np.searchsorted(self.starts, number, side="right") - 1
        within = number - self.starts[which]
        first, last = (int(which[0]), int(which[-1])) if len(which) else (0, -1)
        parts = [self.pupils[day][within[which == day] // 2] for day in range(first, last + 1)]
        row = np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
        return self.days[which], row, within % 2

    def marks(self, start: int, stop: int) -> npt.NDArray[np.int32]:
        """Return the code of each mark, by its place in `_MARKS`."""
        day, row, session = self.at(start, stop)
        child = self.terms["child"].to_numpy()[row]
        possible, missed = self.terms["possible"].to_numpy()[row], self.terms["missed"].to_numpy()[row]
        unauthorised = self.terms["unauthorised"].to_numpy()[row]
        luck = lots.uniform(self.seed, "mark", child, day, session)
        why = lots.uniform(self.seed, "reason", child, day, session)
        absent = luck * possible < missed
        without_leave = absent & (luck * possible < unauthorised)
        excused = np.where(why < 0.75, _ILL, np.where(why < 0.9, _APPOINTMENT, _LEAVE))
        unexcused = np.where(why < 0.6, _ABSENT, np.where(why < 0.8, _NO_REASON, _HOLIDAY))
        found = np.where(without_leave, unexcused, np.where(absent, excused, _PRESENT + session))
        return found.astype(np.int32)


@dataclass(frozen=True, slots=True)
class _Computed:
    rows: int
    of: Callable[[int, int], Column]

    def __len__(self) -> int:
        return self.rows

    def text(self, start: int, stop: int) -> Words:
        """Return the values [start, stop) as text."""
        part = self.of(start, stop)
        return part.text(0, len(part))


def write_down(who: People, terms: pd.DataFrame, rows: int) -> Extract | None:
    """Return the register of the last school days, about `rows` rows long; None when there is nothing to write.

    Args:
        who: the pupils of the attendance source.
        terms: attendance by term, whenever it was handed in: how much of each term a child missed.
        rows: how many rows are wanted; whole days are written.
    """
    known = np.zeros(len(who.delivery.children), dtype=bool)
    known[who.records.who.child[who.held]] = True
    found = _last_days(who, terms, known, rows)
    if not len(found):
        return None
    ids = looked(who.persons("pupil_id")["pupil_id"], who.record_of(terms))

    def pupil(start: int, stop: int) -> Column:
        return looked(ids, found.at(start, stop)[1])

    def day(start: int, stop: int) -> Column:
        return Dates(found.at(start, stop)[0])

    def session(start: int, stop: int) -> Column:
        return Coded(found.at(start, stop)[2].astype(np.int32), ("AM", "PM"))

    def submitted(start: int, stop: int) -> Column:
        day, row, _ = found.at(start, stop)
        after = lots.uniform(found.seed, "submitted", terms["child"].to_numpy()[row], day) * _LATEST_DAYS
        return Dates(day + 1 + after.astype(np.int64))

    columns: dict[str, Column] = {
        "pupil_id": _Computed(len(found), pupil),
        "session_date": _Computed(len(found), day),
        "session": _Computed(len(found), session),
        "code": _Computed(len(found), lambda start, stop: Coded(found.marks(start, stop), _MARKS)),
        "submitted_on": _Computed(len(found), submitted),
    }
    return Extract("attendance_sessions.csv", columns, "pupil_id", "pupil_id", "session_date", bad=("missing_key",))


def _last_days(who: People, terms: pd.DataFrame, known: npt.NDArray[np.bool_], wanted: int) -> _Rows:
    days: list[int] = []
    pupils: list[Ints] = []
    total = 0
    for term in reversed(period.TERMS):
        own = np.flatnonzero((terms["term"] == term.name).to_numpy() & known[terms["child"].to_numpy()])
        for day in reversed(_school_days(term)):
            if total >= wanted or not len(own):
                break
            if day + _LATEST_DAYS <= who.delivery.known_by:
                days.append(day)
                pupils.append(own)
                total += 2 * len(own)
    starts = np.concatenate([[0], np.cumsum([2 * len(own) for own in reversed(pupils)])]).astype(np.int64)
    return _Rows(who.delivery.seed, np.array(days[::-1], dtype=np.int64), pupils[::-1], starts, terms)


def _school_days(term: period.Term) -> list[int]:
    first = int(period.MONTH_STARTS[term.first_month])
    # 1 January 1970 was a Thursday.
    return [day for day in range(first + 2, term.end + 1) if (day + 3) % 7 < 5]
