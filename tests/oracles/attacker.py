"""Somebody who wants to find small numbers out, and knows everything that was published and how it hangs together.

    attacker = Attacker()
    attacker.sum("all", ["north", "south"])
    attacker.read("all", 43, table="levels")
    attacker.read("south", 40, table="levels")
    attacker.read("north", {"withheld": "withheld"}, table="levels")
    attacker.recovered()                        # [Recovered("levels", "north", 3, 3)]

It is a programme in whole numbers: for each withheld number it asks how low and how high it can be. It shares no line
with `hub.disclosing`, which plays an attacker to choose what is withheld: this one reads what was published.

A number counts as recovered when it is found out exactly (and is not 0, which is about nobody), or is known to lie in 1
to 9 with fewer than `PROTECTION` steps between the least and the most that it can be. The words "fewer than 10" say 1
to 9, which is 8 steps wide: whoever can say less than these words has learnt something.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

FEWEST = 10
PROTECTION = FEWEST - 2
MANY = 10**6
_Row = tuple[Mapping[str, float], float, float]
_ROUNDED, _SLACK = 0.5e-6, 2e-5
# To how much shares are rounded, and what the solver needs to be sure of itself.


@dataclass(frozen=True, slots=True)
class Recovered:
    """A withheld number that was found out, with the least and the most that it can be."""

    table: str
    number: str
    low: int
    high: int


class Attacker:
    """Knows numbers by name, what they can be, and how they add up."""

    def __init__(self, fewest: int = FEWEST) -> None:
        self.fewest = fewest
        self._low: dict[str, float] = {}
        self._high: dict[str, float] = {}
        self._relations: list[_Row] = []
        self.withheld: dict[str, str] = {}
        self._stated: set[str] = set()

    def number(self, name: str, low: float = 0, high: float = MANY) -> str:
        """Know that a number lies between two others; return its name."""
        self._low[name] = max(low, self._low.get(name, 0))
        self._high[name] = min(high, self._high.get(name, MANY))
        return name

    def read(self, name: str, value: Any, *, table: str, stated: bool = True) -> None:
        """Read a number that is shown, or the words in its place.

        Args:
            name: of the number.
            value: as it stands in the document.
            table: where it stands.
            stated: it is the number that is withheld. Else it is one of several that a withheld share tells: whoever
                finds a large one of them out has not found the share.
        """
        if value is None:
            return
        if isinstance(value, int):
            self.number(name, value, value)
            return
        words = value["withheld"] if isinstance(value, Mapping) else value
        self.number(name)
        if words.startswith("fewer than"):
            self.number(name, 1, int(words.split()[-1]) - 1)
        self.withheld.setdefault(name, table)
        if stated:
            self._stated.add(name)

    def relation(self, factors: Mapping[str, float], low: float = 0, high: float = 0) -> None:
        """Know that low <= the sum of factor × number <= high."""
        for name in factors:
            self.number(name)
        self._relations.append((factors, low, high))

    def sum(self, whole: str, parts: Iterable[str]) -> None:
        """Know that parts add up to a whole."""
        self.relation({whole: -1, **dict.fromkeys(parts, 1)})

    def at_most(self, part: str, whole: str, times: float = 1) -> None:
        """Know that a number is at most so many times another one."""
        self.relation({whole: times, part: -1}, 0, np.inf)

    def share(self, part: str, whole: str, value: float, *, digits: float = _ROUNDED) -> None:
        """Know a share, rounded: part - value × whole is next to nothing."""
        self.relation({part: 1, whole: -value - digits}, -np.inf, _SLACK)
        self.relation({part: 1, whole: -value + digits}, -_SLACK, np.inf)

    def numbers(self) -> list[str]:
        """Return the names of all numbers that it knows of."""
        return [*self._low]

    def recovered(self) -> list[Recovered]:
        """Return the withheld numbers that are found out."""
        self._tighten()
        found: list[Recovered] = []
        for names, rows in self._components():
            asked = [name for name in names if name in self.withheld]
            if asked:
                found += self._found(names, rows, asked)
        return sorted(set(found), key=lambda one: (one.table, one.number))

    def known_small(self) -> list[str]:
        """Return the numbers from 1 to 9 that are known exactly, one relation at a time, withheld or never so."""
        self._tighten()
        return sorted(name for name, low in self._low.items() if 0 < low == self._high[name] < self.fewest)

    def ends(self, asked: str) -> tuple[int, int]:
        """Return the least and the most that a number can be."""
        self._tighten()
        for names, rows in self._components():
            if asked in names and self._low[asked] < self._high[asked]:
                tables = self._tables(names, rows)
                return tables.end(asked, 1), tables.end(asked, -1)
        return round(self._low[asked]), round(self._high[asked])

    def _found(self, names: Sequence[str], rows: Sequence[_Row], asked: Sequence[str]) -> Iterator[Recovered]:
        tables = self._tables(names, rows)
        for name in asked:
            low, high = round(self._low[name]), round(self._high[name])
            if low < high:
                if self._is_safe(name, *tables.seen(name)):
                    continue
                low = tables.end(name, 1)
                if self._is_safe(name, *tables.seen(name)):
                    continue
                high = tables.end(name, -1)
            if not self._is_safe(name, low, high):
                yield Recovered(self.withheld[name], name, low, high)

    def _is_safe(self, name: str, low: int, high: int) -> bool:
        """Say whether a number that can be so low and so high is not found out; wider ends only make it safer."""
        if low >= high:
            exactly = low == high > 0 and (name in self._stated or high < self.fewest)
            return low == high and not exactly
        return low < 1 or high >= self.fewest or high - low >= PROTECTION

    def _tables(self, names: Sequence[str], rows: Sequence[_Row]) -> "_Tables":
        free = [name for name in names if self._low[name] < self._high[name]]
        place = {name: at for at, name in enumerate(free)}
        matrix, known = np.zeros((len(rows), len(free))), np.zeros((len(rows), 1))
        for row, (factors, _, _) in enumerate(rows):
            for name, factor in factors.items():
                if name in place:
                    matrix[row, place[name]] += factor
                else:
                    known[row] += factor * self._low[name]
        ends = np.array([[low, high] for _, low, high in rows]).reshape(-1, 2) - known
        bounds = np.array([[self._low[name], self._high[name]] for name in free]).reshape(-1, 2)
        return _Tables(place, matrix, ends, bounds)

    def _tighten(self) -> None:
        """Narrow what each number can be by one relation at a time, in whole numbers, as long as that narrows any."""
        waiting = dict.fromkeys(range(len(self._relations)))
        uses: dict[str, list[int]] = {}
        for row, (factors, _, _) in enumerate(self._relations):
            for name in factors:
                uses.setdefault(name, []).append(row)
        for _ in range(200 * len(self._relations)):
            if not waiting:
                return
            row = next(iter(waiting))
            del waiting[row]
            for name in self._narrowed(*self._relations[row]):
                waiting.update(dict.fromkeys(uses[name]))

    def _narrowed(self, factors: Mapping[str, float], low: float, high: float) -> Iterator[str]:
        """Narrow the numbers of one relation; yield those that are narrower now."""
        least = {name: min(of * self._low[name], of * self._high[name]) for name, of in factors.items()}
        most = {name: max(of * self._low[name], of * self._high[name]) for name, of in factors.items()}
        all_least, all_most = sum(least.values()), sum(most.values())
        for name, of in factors.items():
            if not of:
                continue
            ends = [(low - (all_most - most[name])) / of, (high - (all_least - least[name])) / of]
            below, above = np.ceil(min(ends) - 1e-6), np.floor(max(ends) + 1e-6)
            if below > self._low[name] or above < self._high[name]:
                self._low[name], self._high[name] = max(below, self._low[name]), min(above, self._high[name])
                yield name

    def _components(self) -> Iterator[tuple[list[str], list[_Row]]]:
        """Yield numbers that hang together; those that are known tie nothing together."""
        names = list(self._low)
        place = {name: at for at, name in enumerate(names)}
        free = {name for name in names if self._low[name] < self._high[name]}
        pairs = [
            (place[first], place[name])
            for factors, _, _ in self._relations
            if (inside := [name for name in factors if name in free])
            for first in inside[:1]
            for name in inside[1:]
        ]
        ones, others = zip(*pairs, strict=True) if pairs else ((), ())
        graph = csr_array((np.ones(len(pairs)), (ones, others)), shape=(len(names), len(names)))
        _, group = connected_components(graph, directed=False)
        rows: dict[int, list[_Row]] = {}
        inside_of: dict[int, dict[str, None]] = {}
        for name in free:
            inside_of.setdefault(group[place[name]], {})[name] = None
        for row in self._relations:
            first = next((name for name in row[0] if name in free), None)
            if first is not None:
                rows.setdefault(group[place[first]], []).append(row)
                inside_of[group[place[first]]].update(dict.fromkeys(row[0]))
        for component, names_inside in inside_of.items():
            yield [*names_inside], rows.get(component, [])
        for name in self.withheld:
            if name not in free:
                yield [name], []


class _Tables:
    """All tables of whole numbers that fulfil what is known, between `bounds`; those that were seen are remembered."""

    def __init__(self, place: Mapping[str, int], matrix: np.ndarray, ends: np.ndarray, bounds: np.ndarray) -> None:
        self._place, self._matrix, self._ends, self._bounds = place, csr_array(matrix), ends, bounds
        above, below = np.isfinite(ends[:, 0]), np.isfinite(ends[:, 1])
        self._most = csr_array(np.vstack([-matrix[above], matrix[below]]))
        self._at_most = np.concatenate([-ends[above, 0], ends[below, 1]])
        self._seen = np.array([np.full(len(bounds), MANY), np.full(len(bounds), -1)])

    def seen(self, name: str) -> tuple[int, int]:
        """Return how low and high a number was in the tables seen so far; nothing was seen where low is above high."""
        low, high = self._seen[:, self._place[name]].tolist()
        return low, high

    def end(self, name: str, sign: int) -> int:
        """Return the least (sign 1) or the most (sign -1) that a number can be."""
        aim = np.zeros(len(self._bounds))
        aim[self._place[name]] = sign
        loose = linprog(aim, A_ub=self._most, b_ub=self._at_most, bounds=self._bounds)
        assert loose.status == 0, f"what was published contradicts itself: {loose.message}"
        table = loose.x if np.abs(loose.x - loose.x.round()).max() < 1e-6 else self._in_whole_numbers(aim)
        whole = table.round().astype(int)
        self._seen = np.array([np.minimum(self._seen[0], whole), np.maximum(self._seen[1], whole)])
        return int(whole[self._place[name]])

    def _in_whole_numbers(self, aim: np.ndarray) -> np.ndarray:
        with _quietly():
            found = milp(
                aim,
                constraints=LinearConstraint(self._matrix, self._ends[:, 0], self._ends[:, 1]),
                integrality=np.ones(len(self._bounds)),
                bounds=Bounds(self._bounds[:, 0], self._bounds[:, 1]),
            )
        assert found.x is not None, f"what was published contradicts itself: {found.message}"
        return np.asarray(found.x)


@contextmanager
def _quietly() -> Iterator[None]:
    """HiGHS writes to standard output sometimes."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
