"""The kernel's part for measures of a state: unites the spells that were known on each date and measures them.

Only `features.kernel.walk` calls it.
"""

import numpy as np
from numpy.typing import NDArray

from features.declarations.measures import Measure
from features.kernel.coding import Coded
from features.kernel.compilation import compiled
from features.kernel.plan import CODES, Plan

_IN_STATE = CODES[Measure.IN_STATE]
_DAYS_IN_STATE = CODES[Measure.DAYS_IN_STATE]
_SHARE_IN_STATE = CODES[Measure.SHARE_IN_STATE]
_LONGEST_SPELL = CODES[Measure.LONGEST_SPELL]
_CURRENT_SPELL = CODES[Measure.CURRENT_SPELL]
_OPEN = -(2**62)


def fill_states(
    plan: Plan,
    events: Coded,
    row_start: NDArray[np.int64],
    as_of: NDArray[np.int32],
    out: NDArray[np.float64],
) -> None:
    """Fill the plan's columns of states; see `features.kernel.walk.fill`."""
    if len(plan.spell_starts):
        longest = int(np.diff(events.person_start).max(initial=0))
        mine, runs = np.empty(longest, dtype=np.int64), np.empty((longest, 2), dtype=np.int64)
        _fill_states(plan, events, row_start, as_of, out, mine, runs)


@compiled()
def _fill_states(
    plan: Plan,
    events: Coded,
    row_start: NDArray[np.int64],
    as_of: NDArray[np.int32],
    out: NDArray[np.float64],
    mine: NDArray[np.int64],
    runs: NDArray[np.int64],
) -> None:
    for person in range(len(row_start) - 1):
        for spell in range(len(plan.spell_starts)):
            match, starts = plan.spell_starts[spell], 0
            for event in range(events.person_start[person], events.person_start[person + 1]):
                if events.meets[events.signature[event], match]:
                    mine[starts] = event
                    starts += 1
            if starts:
                for row in range(row_start[person], row_start[person + 1]):
                    _states(plan, events, spell, mine[:starts], as_of[row], row, out, runs)


@compiled()
def _end_of(events: Coded, start: int, match: int, as_of: int) -> int:
    """Return the day of the first known end of a spell, or `_OPEN`."""
    episode, place = events.episode[start], events.next_end[start]
    if episode < 0:
        return _OPEN
    while place < len(events.ends):
        end = events.ends[place]
        if events.episode[end] != episode or events.occurred[end] >= as_of:
            return _OPEN
        if events.known_from[end] <= as_of < events.known_to[end] and events.meets[events.signature[end], match]:
            return int(events.occurred[end])
        place += 1
    return _OPEN


@compiled()
def _states(
    plan: Plan,
    events: Coded,
    spell: int,
    mine: NDArray[np.int64],
    as_of: int,
    row: int,
    out: NDArray[np.float64],
    runs: NDArray[np.int64],
) -> None:
    """Unite the spells that are known on a date and write their columns of one row."""
    number, newest_open = 0, _OPEN
    for place in range(len(mine)):
        start = mine[place]
        day = int(events.occurred[start])
        if day >= as_of:
            break
        if not (events.known_from[start] <= as_of < events.known_to[start]):
            continue
        end = _end_of(events, start, plan.spell_ends[spell], as_of)
        if end == _OPEN:
            newest_open, end = day, int(as_of)
        if number and day <= runs[number - 1, 1]:
            runs[number - 1, 1] = max(runs[number - 1, 1], end)
        else:
            runs[number, 0], runs[number, 1] = day, end
            number += 1
    for column in range(plan.state_start[spell], plan.state_start[spell + 1]):
        measure, window = plan.state_measure[column], plan.state_days[column]
        since = as_of - int(window)
        days, longest = 0, 0
        for place in range(number):
            length = runs[place, 1] - max(runs[place, 0], since)
            if length > 0:
                days += length
                longest = max(longest, length)
        number_now = np.nan
        if measure == _IN_STATE:
            number_now = 1.0 if newest_open != _OPEN and newest_open >= since else 0.0
        elif measure == _DAYS_IN_STATE:
            number_now = days
        elif measure == _SHARE_IN_STATE:
            number_now = days / window
        elif measure == _LONGEST_SPELL:
            number_now = longest
        elif measure == _CURRENT_SPELL and newest_open != _OPEN:
            number_now = as_of - max(runs[number - 1, 0], since)
        out[plan.state_column[column], row] = number_now
