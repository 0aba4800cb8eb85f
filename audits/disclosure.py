"""Small counts leave only through here. Whatever goes into a report or its JSON is counted in people by this file.

1. A count below 10, also 0, is written as "fewer than 10".
2. A rate is shown only when at least 10 people are on both sides of it, for example 10 missed and 10 not missed.
3. A level of a group is shown by itself only when each kind of row in it comes from at least 10 people. Otherwise it is
   held back: only its number of people and the verdicts leave, and its figures are shown together with those of other
   levels. So many are held back that nobody can find a small count by adding and subtracting what is shown: each could
   still be any number from 0 to 9.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

SMALLEST = 10
FEWER = f"fewer than {SMALLEST}"
WITHHELD = "withheld"


def count(people: int) -> int | str:
    """Return a count that may leave: itself, or "fewer than 10"."""
    return people if people >= SMALLEST else FEWER


def may_show_rate(with_it: int, without_it: int) -> bool:
    """Say whether a rate may leave: at least 10 people had it and at least 10 did not."""
    return min(with_it, without_it) >= SMALLEST


def held_back(people: npt.NDArray[np.int64], size: npt.NDArray[np.int64]) -> tuple[bool, ...] | None:
    """Say for each level whether it is held back; None when nothing of the group may leave, not even sizes.

    Args:
        people: people in each level with each kind of row, shape [levels, kinds]; the totals of the kinds are public.
        size: people in each level, shape [levels].
    """
    held: npt.NDArray[np.bool_] = np.any(people < SMALLEST, axis=1)
    while held.any():
        small, tiny, total = people[held] < SMALLEST, size[held] < SMALLEST, people[held].sum(axis=0)
        # Who knows the sizes and the totals knows that a count is at least what does not fit into the other held
        # levels, and at most the size of its own level and the total of its kind.
        at_least = total - (size[held].sum() - size[held, np.newaxis])
        found_out = small & ~tiny[:, np.newaxis] & (at_least > 0)
        if not found_out.any() and total.min() >= SMALLEST and (not tiny.any() or size[held].max() >= 2 * SMALLEST):
            return tuple(held.tolist())
        if held.all():
            return None
        held[min(np.flatnonzero(~held), key=lambda level: int(size[level]))] = True
    return tuple(held.tolist())


def sizes(size: Sequence[int], held: Sequence[bool]) -> tuple[int | str, ...]:
    """Return each level's number of people: a small one as "fewer than 10", and then that of a bigger one withheld."""
    shown = [count(one) for one in size]
    if FEWER in shown:
        bigger = (level for level, one in enumerate(size) if held[level] and one >= 2 * SMALLEST)
        shown[min(bigger, key=lambda level: size[level])] = WITHHELD
    return tuple(shown)
