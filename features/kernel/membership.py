"""Who is in a cohort on a date, and whose outcome happened: both by the kernel that also fills the indicators."""

import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.declarations.catalogue import EventFilter, Over, Spells
from features.declarations.cohort import Cohort, OpenSpell
from features.declarations.measures import Measure
from features.declarations.use_cases import UseCase
from features.kernel.coding import NEVER
from features.kernel.plan import Column
from features.kernel.vectors import Looked, Vectors
from hub.publishing.snapshots import Snapshot
from hub.staging.reporting import Reported

_LONG_AGO = -(2**31)
_EPOCH = datetime.date(1970, 1, 1)


def columns(cohort: Cohort) -> tuple[Column, ...]:
    """Return the columns that the rules of a cohort read, in the order in which `members` reads them."""
    return tuple(
        Column(Measure.ANY, events=rule.events, window_days=rule.within_days)
        if rule.spell is None
        else _open(rule.spell)
        for rule in cohort.rules()
    )


def _open(spell: OpenSpell) -> Column:
    spells = Spells(starts=EventFilter(types=spell.starts), ends=EventFilter(types=spell.ends))
    return Column(Measure.IN_STATE, spells=spells, window_days=spell.started_within_days)


def members(
    cohort: Cohort, numbers: NDArray[np.float64], looked: Looked, birth_month: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Say which rows are in the cohort: every rule holds, as far as was known on the date.

    Whoever was known to have died is not in it.

    Args:
        cohort: the rules.
        numbers: float64, shape (columns, rows): the columns of `columns`.
        looked: the rows.
        birth_month: float64, shape (people,): months since January 1970, NaN where it is not known.
    """
    inside = np.ones(len(looked.as_of), dtype=np.bool_)
    for rule, found in zip(cohort.rules(), numbers, strict=True):
        inside &= found == float(rule.holds)
    if cohort.ages is not None:
        age = ages(looked, birth_month)
        inside &= (age >= cohort.ages.from_years) & (age < cohort.ages.below_years)
    return inside


def ages(looked: Looked, birth_month: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return completed years on each row's date, counted from the first day of the month of birth; NaN if not known.

    Before birth it is below 0.
    """
    month = looked.as_of.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    years: NDArray[np.float64] = np.floor((month - np.repeat(birth_month, np.diff(looked.starts))) / 12)
    return years


def birth_months(column: pa.ChunkedArray | pa.Array) -> NDArray[np.float64]:
    """Return `person.birth_month` as months since January 1970: float64, NaN where it is not known."""
    months = pc.add(pc.multiply(pc.subtract(pc.year(column), 1970), 12), pc.subtract(pc.month(column), 1))
    found = pc.fill_null(months.cast(pa.float64()), np.nan)
    found = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.float64)


def outcome_reported(snapshot: Snapshot, use_case: UseCase) -> Reported:
    """Return the days of which the outcome's own sources have told: what other sources bring says nothing about it.

    Those that tell until when somebody can be followed are among them.
    """
    return snapshot.reported_of(use_case.outcome_types)


def covers(reported: Reported, as_of_date: datetime.date, horizon_days: int) -> bool:
    """Say whether the outcome of a date of looking is known: all of `[as_of, as_of + horizon_days)` was told of."""
    return reported.covers(as_of_date, as_of_date + datetime.timedelta(days=horizon_days))


class Outcomes:
    """The outcome of a use case, worked out for one thread."""

    def __init__(self, use_case: UseCase, known_to: datetime.date, reported: Reported) -> None:
        """Compile the outcome as it is known on the last day of a snapshot.

        Args:
            use_case: its outcome and horizon.
            known_to: that day.
            reported: the days of which the outcome's own sources have told (`outcome_reported`).
        """
        self._horizon = use_case.horizon_days
        self._vectors = Vectors(
            [Column(Measure.ANY, events=use_case.outcome.events, window_days=use_case.horizon_days)]
        )
        self._known_to = known_to
        self._reported = reported

    def of(self, events: pa.Table, looked: Looked) -> pa.Array:
        """Return the outcome of each row: int8, 1 or 0, null unless its sources told of the whole horizon.

        It is 1 when an event of the outcome occurred in `[as_of_date, as_of_date + horizon_days)`. What counts is what
        is known on the snapshot's last day: an event that was withdrawn or corrected by then did not happen.

        Args:
            events: all own events of the same people.
            looked: the rows.
        """
        known = pc.and_(
            pc.less_equal(events["known_from"], self._known_to),
            pc.fill_null(pc.greater(events["known_to"], self._known_to), True),
        )
        always, never = (pa.scalar(day, pa.int32()).cast(pa.date32()) for day in (_LONG_AGO, NEVER))
        known_from = pc.if_else(known, always, never)
        events = events.set_column(events.column_names.index("known_from"), "known_from", known_from)
        ends = Looked(looked.person_ids, looked.starts, (looked.as_of + self._horizon).astype(np.int32))
        out = self._vectors.blank(len(ends.as_of))
        self._vectors.fill(Over.SELF, events, ends, out)
        return pa.array(out[0].astype(np.int8), mask=~self._told(looked.as_of))

    def _told(self, as_of: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Say of which rows the sources told of every day of the horizon, which may have gaps before and after it."""
        days, where = np.unique(as_of, return_inverse=True)
        told = [covers(self._reported, _EPOCH + datetime.timedelta(days=int(day)), self._horizon) for day in days]
        return np.array(told, dtype=bool)[where]
