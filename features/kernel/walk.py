"""The kernel: fills every window × condition × measure for all as-of dates of each person, in one compiled pass.

For each person the events are listed by condition. For each condition and each as-of date the list is walked back from
the last event before the date; running numbers (count, sum, minimum…) are kept, and whenever the walk leaves a window,
that window's columns are written. Each event is thus looked at once for all windows. Nobody but `kernel.vectors`
calls it; the same code serves the batch, one child online, and Spark.

What each measure means stands in `declarations.measures`; a slow form of it in plain SQL is the oracle of the tests.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.declarations.measures import DAYS_IN_MONTH, Measure
from features.kernel.coding import Coded
from features.kernel.compilation import compiled, still
from features.kernel.plan import CODES, Plan
from features.kernel.states import fill_states

_COUNT = CODES[Measure.COUNT]
_ANY = CODES[Measure.ANY]
_DAYS_SINCE_LAST = CODES[Measure.DAYS_SINCE_LAST]
_DAYS_SINCE_FIRST = CODES[Measure.DAYS_SINCE_FIRST]
_DISTINCT_SOURCES = CODES[Measure.DISTINCT_SOURCES]
_DISTINCT_DETAILS = CODES[Measure.DISTINCT_DETAILS]
_SUM = CODES[Measure.SUM]
_MEAN = CODES[Measure.MEAN]
_MINIMUM = CODES[Measure.MINIMUM]
_MAXIMUM = CODES[Measure.MAXIMUM]
_LATEST = CODES[Measure.LATEST]
_RATE = CODES[Measure.RATE]
_TREND = CODES[Measure.TREND]
_MEAN_CHANGE = CODES[Measure.MEAN_CHANGE]
_CHANGES = CODES[Measure.CHANGES]
_ENTROPY = CODES[Measure.ENTROPY]
_PAST_ALL = 2**62


def fill(
    plan: Plan, events: Coded, row_start: NDArray[np.int64], as_of: NDArray[np.int32], out: NDArray[np.float64]
) -> None:
    """Fill the plan's columns of `out`, which holds the numbers of people without events already.

    Args:
        plan: the columns.
        events: the events of the same persons in the same order; whole persons only.
        row_start: int64, shape (persons + 1,): offsets of each person's rows.
        as_of: int32, shape (rows,): days since 1970, rising within a person.
        out: float64, shape (columns, rows), NaN where there is no number; each column contiguous.
    """
    plan, events, rows = still(plan), still(events), still(_Rows(row_start, as_of))
    lengths, starts, touched = np.zeros((3, len(plan.wanted)), dtype=np.int64)
    longest = int(np.diff(events.person_start).max(initial=0))
    most = int(np.diff(events.match_start).max(initial=0))
    scratch = _Scratch(
        lengths,
        starts,
        touched,
        np.empty(longest * most, dtype=np.int64),
        np.zeros(events.details[0], dtype=np.int64),
        np.empty(longest, dtype=np.int64),
        np.zeros((len(plan.edge_days), 5)),
    )
    _fill(plan, events, rows.start, rows.as_of, out, scratch)
    fill_states(plan, events, rows.start, rows.as_of, out)


class _Rows(NamedTuple):
    start: NDArray[np.int64]
    as_of: NDArray[np.int32]


class _Scratch(NamedTuple):
    """Room for the work on one person; `_fill` leaves `lengths`, `details` and `compared` as zeros.

    Attributes:
        lengths: how many events meet each condition.
        starts: where those of each condition begin in `rows_of`.
        touched: the conditions that any event meets.
        rows_of: the events, by condition.
        details: how often each detail was seen.
        seen: the details that were seen.
        compared: for each edge of a trend or mean_change what had been counted at its recent edge.
    """

    lengths: NDArray[np.int64]
    starts: NDArray[np.int64]
    touched: NDArray[np.int64]
    rows_of: NDArray[np.int64]
    details: NDArray[np.int64]
    seen: NDArray[np.int64]
    compared: NDArray[np.float64]


@compiled()
def _fill(
    plan: Plan,
    events: Coded,
    row_start: NDArray[np.int64],
    as_of: NDArray[np.int32],
    out: NDArray[np.float64],
    scratch: _Scratch,
) -> None:
    lengths, starts, touched, rows_of, details, seen, compared = scratch
    for person in range(len(row_start) - 1):
        first, last = events.person_start[person], events.person_start[person + 1]
        if first == last or row_start[person] == row_start[person + 1]:
            continue
        # List the person's events by condition, in order.
        used = 0
        for event in range(first, last):
            signature = events.signature[event]
            for place in range(events.match_start[signature], events.match_start[signature + 1]):
                match = events.match_of[place]
                if plan.wanted[match]:
                    if lengths[match] == 0:
                        touched[used] = match
                        used += 1
                    lengths[match] += 1
        offset = 0
        for place in range(used):
            starts[touched[place]] = offset
            offset += lengths[touched[place]]
            lengths[touched[place]] = 0
        for event in range(first, last):
            signature = events.signature[event]
            for place in range(events.match_start[signature], events.match_start[signature + 1]):
                match = events.match_of[place]
                if plan.wanted[match]:
                    rows_of[starts[match] + lengths[match]] = event
                    lengths[match] += 1
        for place in range(used):
            match = touched[place]
            if plan.edge_start[match] == plan.edge_start[match + 1]:
                continue
            mine = rows_of[starts[match] : starts[match] + lengths[match]]
            before = 0
            for row in range(row_start[person], row_start[person + 1]):
                while before < len(mine) and events.occurred[mine[before]] < as_of[row]:
                    before += 1
                if before:
                    _walk_back(plan, events, match, mine[:before], as_of[row], row, out, details, seen, compared)
        for column in range(len(plan.kind_column)):
            asked = 0
            for place in range(plan.kind_start[column], plan.kind_start[column + 1]):
                asked += lengths[plan.kind_match[place]]
            if asked == 0:
                continue
            for row in range(row_start[person], row_start[person + 1]):
                kinds = 0.0
                for place in range(plan.kind_start[column], plan.kind_start[column + 1]):
                    match = plan.kind_match[place]
                    mine = rows_of[starts[match] : starts[match] + lengths[match]]
                    kinds += _happened(events, mine, as_of[row], plan.kind_days[column])
                out[plan.kind_column[column], row] = kinds
        for place in range(used):
            lengths[touched[place]] = 0


@compiled(inline="always")
def _walk_back(
    plan: Plan,
    events: Coded,
    match: int,
    mine: NDArray[np.int64],
    as_of: int,
    row: int,
    out: NDArray[np.float64],
    details: NDArray[np.int64],
    seen: NDArray[np.int64],
    compared: NDArray[np.float64],
) -> None:
    """Walk back over one condition's events before a date and write its columns of one row."""
    edge, stop = plan.edge_start[match], plan.edge_start[match + 1]
    number, with_value, with_detail, changes, different = 0, 0, 0, 0, 0
    total, smallest, largest, latest = 0.0, np.nan, np.nan, np.nan
    youngest, oldest, newer_detail = 0, 0, -1
    sources = np.uint64(0)
    for place in range(len(mine) - 1, -2, -1):
        # One step more than there are events: it leaves every window, those of all time too.
        age = as_of - int(events.occurred[mine[place]]) if place >= 0 else _PAST_ALL
        while edge < stop and age > plan.edge_days[edge]:
            measure, recent, number_now = plan.edge_measure[edge], plan.edge_recent[edge], np.nan
            if plan.edge_is_recent[edge]:
                other = plan.edge_whole[edge]
                compared[other, 0], compared[other, 1], compared[other, 2] = number, total, with_value
                edge += 1
                continue
            if measure == _COUNT:
                number_now = float(number)
            elif measure == _ANY:
                number_now = 1.0 if number else 0.0
            elif measure == _SUM:
                number_now = total
            elif measure == _RATE:
                number_now = number * DAYS_IN_MONTH / plan.edge_days[edge]
            elif measure == _TREND:
                lately = compared[edge, 0]
                earlier = number - lately
                number_now = DAYS_IN_MONTH * (lately / recent - earlier / (plan.edge_days[edge] - recent))
            elif measure == _DISTINCT_SOURCES:
                number_now = _bits(sources)
            elif measure == _DISTINCT_DETAILS:
                number_now = different
            elif measure == _CHANGES:
                number_now = changes
            elif measure == _DAYS_SINCE_LAST:
                number_now = youngest if number else np.nan
            elif measure == _DAYS_SINCE_FIRST:
                number_now = oldest if number else np.nan
            elif measure == _MEAN:
                number_now = total / with_value if with_value else np.nan
            elif measure == _MINIMUM:
                number_now = smallest
            elif measure == _MAXIMUM:
                number_now = largest
            elif measure == _LATEST:
                number_now = latest
            elif measure == _ENTROPY:
                number_now = _entropy(details, seen, different, with_detail)
            elif measure == _MEAN_CHANGE and compared[edge, 2] and compared[edge, 4]:
                number_now = compared[edge, 1] / compared[edge, 2] - compared[edge, 3] / compared[edge, 4]
            out[plan.edge_column[edge], row] = number_now
            edge += 1
        if edge == stop:
            break
        event = mine[place]
        if not (events.known_from[event] <= as_of < events.known_to[event]):
            continue
        if number == 0:
            youngest = age
        oldest = age
        number += 1
        sources |= np.uint64(1) << np.uint64(events.source[event])
        value = events.value[event]
        if not np.isnan(value):
            if with_value == 0:
                smallest, largest, latest = value, value, value
            smallest, largest = min(smallest, value), max(largest, value)
            total += value
            with_value += 1
            if plan.means_change[match]:
                for other in range(plan.edge_start[match], stop):
                    if plan.edge_measure[other] == _MEAN_CHANGE and age > plan.edge_recent[other]:
                        compared[other, 3] += value
                        compared[other, 4] += 1.0
        detail = events.detail[event]
        if detail >= 0:
            if newer_detail >= 0 and detail != newer_detail:
                changes += 1
            newer_detail = detail
            with_detail += 1
            if plan.reads_details[match]:
                if details[detail] == 0:
                    seen[different] = detail
                    different += 1
                details[detail] += 1
    for place in range(different):
        details[seen[place]] = 0
    if plan.means_change[match]:
        compared[plan.edge_start[match] : stop] = 0.0


@compiled()
def _bits(word: np.uint64) -> int:
    """Return how many bits of a word are set."""
    number = 0
    while word:
        word &= word - np.uint64(1)
        number += 1
    return number


@compiled()
def _entropy(details: NDArray[np.int64], seen: NDArray[np.int64], different: int, number: int) -> float:
    """Return Shannon's entropy of the details in bits; NaN without any."""
    if different == 0:
        return np.nan
    bits = 0.0
    if different > 1:
        for place in range(different):
            share = details[seen[place]] / number
            bits -= share * np.log2(share)
    return bits


@compiled()
def _happened(events: Coded, mine: NDArray[np.int64], as_of: int, days: int) -> float:
    """Return 1 when one of the events is inside the window and known, else 0."""
    for place in range(len(mine) - 1, -1, -1):
        event = mine[place]
        age = as_of - int(events.occurred[event])
        if age > days:
            return 0.0
        if age > 0 and events.known_from[event] <= as_of < events.known_to[event]:
            return 1.0
    return 0.0
