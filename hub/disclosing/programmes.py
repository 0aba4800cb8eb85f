"""Programmes: linear ones by HiGHS, those in whole numbers by branch and bound, and a table cut into its parts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

NEARLY = 1e-6
_NODES = 60
# So many branches, and not so many seconds: equal tables are solved equally on every machine.


@dataclass(frozen=True, slots=True)
class TablePart:
    """Numbers that hang together: those that are not shown, and those that are shown and add up with them."""

    places: npt.NDArray[np.int64]
    known: Mapping[str, Any]


class TableParts:
    """A table in the parts into which it falls where numbers are shown: each is a small programme of its own."""

    def __init__(self, relations: Any, ends: Numbers, free: Mask) -> None:
        from scipy.sparse import bmat
        from scipy.sparse.csgraph import connected_components

        self._relations, self._ends, self._free = relations, ends, free
        own = relations.multiply(free[None, :]).tocsr()
        _, labels = connected_components(bmat([[None, own], [own.T, None]]), directed=False)
        self._of_row, self._of_place = labels[: relations.shape[0]], labels[relations.shape[0] :]
        self._made: dict[int, TablePart] = {}

    def of(self, place: int) -> TablePart:
        """Return the part in which a number lies."""
        label = int(self._of_place[place])
        if label not in self._made:
            rows = np.flatnonzero(self._of_row == label)
            inside = self._relations[rows]
            places = np.union1d(inside.indices, [place]).astype(np.int64)
            self._made[label] = TablePart(places, _known(inside[:, places], self._ends[rows]))
        return self._made[label]


def _known(relations: Any, ends: Numbers) -> dict[str, Any]:
    """Return what is known in the words of `scipy.optimize.linprog`."""
    from scipy.sparse import vstack

    equal, above = ends[:, 0] == ends[:, 1], np.isfinite(ends[:, 1])
    return {
        "A_eq": relations[equal],
        "b_eq": ends[equal, 0],
        "A_ub": vstack([-relations[~equal], relations[~equal & above]], format="csr"),
        "b_ub": np.concatenate([-ends[~equal, 0], ends[~equal & above, 1]]),
    }


def matrix_of(rows: Sequence[Mapping[int, int]], columns: int) -> Any:
    """Return rows of factors by column as one sparse array, shape (rows, columns)."""
    from scipy.sparse import csr_array

    entries = [(row, place, factor) for row, factors in enumerate(rows) for place, factor in factors.items()]
    at, places, factors = np.array(entries, dtype=np.int64).reshape(-1, 3).T
    return csr_array((factors.astype(float), (at, places)), shape=(len(rows), columns))


def are_whole(numbers: Numbers) -> bool:
    """Say whether all of them are whole."""
    return bool(np.abs(numbers - numbers.round()).max(initial=0) <= NEARLY)


def solved(aim: Numbers, known: Mapping[str, Numbers], low: Numbers, high: Numbers) -> Any:
    """Return the numbers between `low` and `high` that fulfil what is known at the least value of `aim`."""
    from scipy.optimize import linprog

    return linprog(aim, **known, bounds=np.column_stack([low, high]), method="highs")


def in_whole_numbers(
    aim: Numbers,
    known: Mapping[str, Numbers],
    low: Numbers,
    high: Numbers,
    start: Numbers,
    *,
    rounded: Callable[[Numbers], Numbers] = np.round,
) -> Numbers:
    """Return the whole numbers with the least value of `aim`, by branch and bound (Land and Doig 1960).

    HiGHS's own programmes in whole numbers sometimes write to standard output, where JSON goes; its linear ones do not.

    Args:
        aim: what one of each number costs, a whole number.
        known: what the numbers fulfil.
        low: the least that each can be.
        high: the most.
        start: whole numbers that fulfil it, to begin with.
        rounded: makes whole numbers of others, that may fulfil all of it.
    """
    best, least = start, float(aim @ start)
    open_ = [(low, high)]
    for _ in range(_NODES):
        if not open_:
            break
        low, high = open_.pop()
        found = solved(aim, known, low, high)
        if found.status != 0 or found.fun > least - 1 + NEARLY:
            continue
        numbers = found.x.round() if are_whole(found.x) else rounded(found.x)
        if aim @ numbers < least and _fulfil(numbers, known):
            best, least = numbers, float(aim @ numbers)
        if are_whole(found.x):
            continue
        at = int(np.argmax(np.abs(found.x - found.x.round())))
        below, above = high.copy(), low.copy()
        below[at], above[at] = np.floor(found.x[at]), np.ceil(found.x[at])
        open_ += [(low, below), (above, high)]
    return best


def _fulfil(numbers: Numbers, known: Mapping[str, Numbers]) -> bool:
    equal = known["A_eq"] @ numbers - known["b_eq"] if "A_eq" in known else np.zeros(0)
    over = known["A_ub"] @ numbers - known["b_ub"]
    return bool(np.abs(equal).max(initial=0) <= NEARLY and over.max(initial=0) <= NEARLY)
