"""Which numbers of those that are told together must be withheld, so that the fewest people disappear.

    told = Told(fewest=10)
    north, south = told.number(3, "north"), told.number(40, "south")      # "north" is what is shown or withheld
    told.sum(told.number(43, "whole"), (north, south))                    # everybody knows that they add up
    told.withheld()                                                       # {"north", "south"}

Small numbers are withheld. Who knows the others can subtract, so others are withheld with them, until each small number
could be any from 1 to 10 for somebody who knows everything that is shown, how it adds up, and what is known anyway:
not even that it is small can be worked out.

Which others, is a small exact optimisation (the cell suppression problem; Fischetti and Salazar, Management Science 47
(2001) 1008-1027). A whole programme says what to withhold at the least cost: people, then numbers. Linear programmes
play the attacker: how low and how high can each small number be? Where that is too narrow, their dual prices say which
numbers give it away, as an inequality that every solution must fulfil, and the whole programme is asked again. An
attacker who counts in whole numbers finds out no more: each answer is checked at a table of whole numbers.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from hub.disclosing.programmes import (
    NEARLY,
    Mask,
    Numbers,
    TablePart,
    TableParts,
    are_whole,
    in_whole_numbers,
    matrix_of,
    solved,
)

Unit = Hashable
_Cut = tuple[Numbers, float]
# What each unit brings when it is withheld, and what all of them must bring together.

_ROUNDS = 30
# So many rounds, and not so many seconds: equal tables are withheld equally on every machine.


class Told:
    """Numbers that are told together."""

    def __init__(self, *, fewest: int) -> None:
        """Begin without a number; those from 1 to `fewest` - 1 are small."""
        self.fewest = fewest
        self.values: list[int] = []
        self.most: list[int] = []
        self.unit_of: list[int] = []
        self.units: dict[Unit, int] = {}
        self.people: list[int] = []
        self.forced: set[int] = set()
        self.small: list[int] = []
        self.relations: list[tuple[Mapping[int, int], float, float]] = []

    def number(
        self,
        value: int,
        unit: Unit | None,
        *,
        people: int | None = None,
        small: bool | None = None,
        most: int | None = None,
    ) -> int:
        """Add a number, and return its place.

        Args:
            value: the number.
            unit: what is shown or withheld together; None for a number that is not shown and yet adds up with others.
            people: how many people disappear with it; by default its value.
            small: whether it must be withheld and not be worked out either; by default when it is small.
            most: what it is at most, as everybody knows anyway; by default nobody knows.
        """
        place = len(self.values)
        self.values.append(value)
        self.most.append(2 * value + 10 * self.fewest if most is None else max(value, most))
        if unit is None:
            self.unit_of.append(-1)
        else:
            number = self.units.setdefault(unit, len(self.units))
            self.people += [0] * (number + 1 - len(self.people))
            self.people[number] = max(self.people[number], value if people is None else people)
            self.unit_of.append(number)
        if 0 < value < self.fewest if small is None else small:
            self.small.append(place)
            self.forced |= {self.unit_of[place]} - {-1}
        return place

    def withhold(self, unit: Unit) -> None:
        """Withhold a unit in any case."""
        self.forced.add(self.units[unit])

    def sum(self, whole: int, parts: Iterable[int]) -> None:
        """Say that everybody knows that `parts` add up to `whole`."""
        self.relation({whole: -1, **dict.fromkeys(parts, 1)}, 0, 0)

    def at_most(self, part: int, whole: int, *, times: int = 1) -> None:
        """Say that everybody knows that `part` is never more than `whole`, or than so many times it."""
        self.relation({whole: times, part: -1}, 0)

    def relation(self, factors: Mapping[int, int], least: float, most: float = np.inf) -> None:
        """Say that everybody knows that `least` <= the sum of factor × number <= `most`."""
        self.relations.append((factors, least, most))

    def withheld(self) -> frozenset[Unit]:
        """Return the units that are withheld: the small ones, and what else must be."""
        if not self.small:
            return frozenset(unit for unit, number in self.units.items() if number in self.forced)
        chosen = _Choice(self).chosen()
        return frozenset(unit for unit, number in self.units.items() if chosen[number])


@dataclass(slots=True)
class _Need:
    """That a small number can move in one direction, and what was seen of it.

    Attributes:
        place: the number.
        up: whether it must be able to be large, or else small.
        end: how large or small.
        certain: whether it can be so at all, when everything that can be withheld is.
        moved: for each table found in which it is so, the units of the numbers that differ there.
    """

    place: int
    up: bool
    end: float
    certain: bool = False
    moved: list[Mask] = field(default_factory=list)


class _Choice:
    """The optimisation."""

    def __init__(self, told: Told) -> None:
        self._values = np.array(told.values, dtype=np.float64)
        self._most = np.array(told.most, dtype=np.float64)
        self._unit = np.array(told.unit_of)
        units = len(told.units)
        self._forced = np.isin(np.arange(units), list(told.forced))
        self._cost = np.array(told.people, dtype=np.float64) + 1  # a withheld 0 costs something, too
        self._ends = np.array([[least, most] for _, least, most in told.relations]).reshape(-1, 2)
        self._relations = matrix_of([factors for factors, _, _ in told.relations], len(self._values))
        self._parts: tuple[bytes, TableParts] | None = None
        self._needs = [
            need
            for place in told.small
            for need in (
                _Need(place, False, 0.0),
                _Need(place, True, float(max(told.fewest, told.values[place]))),
            )
            if (need.end != told.values[place])
        ]
        equal = self._ends[:, 0] == self._ends[:, 1]
        self._cuts = list(self._bridges([told.relations[row][0] for row in np.flatnonzero(equal).tolist()]))

    def chosen(self) -> Mask:
        """Return which units are withheld."""
        withheld, rounds = self._forced, 0
        while found := self._cuts_of(withheld):
            self._cuts += found
            before, withheld, rounds = withheld, self._cheapest(), rounds + 1
            if rounds > _ROUNDS:
                withheld = before | withheld  # what was withheld once stays so, until enough is
            if (before == withheld).all():  # rounding: the same again is no answer
                self._cuts.append(((~withheld).astype(float), 1.0))
        return self._without_spare(withheld) if rounds > _ROUNDS else withheld

    def _bridges(self, sums: Iterable[Mapping[int, int]]) -> Iterator[_Cut]:
        """Yield for each number in each sum: when it is withheld, another of the sum is, or nothing is won by it."""
        several = np.bincount(self._unit[self._unit >= 0], minlength=len(self._cost)) > 1
        for factors in sums:
            inside = self._unit[[place for place, factor in factors.items() if factor]]
            if (inside < 0).any() or len(set(inside)) < 2:
                continue
            for unit in inside.tolist():
                if not several[unit]:
                    gains = np.zeros(len(self._cost))
                    gains[inside] = 1
                    gains[unit] = -1
                    yield gains, 0.0

    def _cuts_of(self, withheld: Mask) -> list[_Cut]:
        """Return what is still lacking; empty when every small number can move far enough."""
        return [cut for need in self._needs if (cut := self._cut(need, withheld)) is not None]

    def _without_spare(self, withheld: Mask) -> Mask:
        """Return what is left to withhold when all is shown again that can be, the dearest first."""
        for unit in np.argsort(-self._cost, kind="stable").tolist():
            if withheld[unit] and not self._forced[unit]:
                fewer = withheld & (np.arange(len(withheld)) != unit)
                if not self._cuts_of(fewer):
                    withheld = fewer
        return withheld

    def _cheapest(self) -> Mask:
        """Return the cheapest units to withhold that fulfil all inequalities found so far."""
        gains, lacking = np.array([gain for gain, _ in self._cuts]), np.array([lack for _, lack in self._cuts])
        dearest_first = np.argsort(-self._cost, kind="stable").tolist()

        def rounded(parts: Numbers) -> Numbers:
            """Withhold all that is withheld in part, and then show again what need not be withheld."""
            chosen = parts > NEARLY
            spare = gains @ chosen - lacking
            for unit in dearest_first:
                if chosen[unit] and not self._forced[unit] and (spare >= gains[:, unit]).all():
                    chosen[unit] = False
                    spare -= gains[:, unit]
            return chosen.astype(float)

        known, everything = {"A_ub": -gains, "b_ub": -lacking}, np.ones(len(self._cost))
        low = self._forced.astype(float)
        return in_whole_numbers(self._cost, known, low, everything, everything, rounded=rounded) > 0.5

    def _cut(self, need: _Need, withheld: Mask) -> _Cut | None:
        """Return None when a small number can move far enough, else an inequality that a solution must fulfil."""
        if any(not (moved & ~withheld).any() for moved in need.moved):
            return None
        found = self._furthest(need, withheld)
        enough = self._far_enough(need, found.table[need.place])
        if enough and (self._kept(need, found.table) or self._kept(need, self._in_whole_numbers(need, withheld))):
            return None
        if not need.certain:
            need.certain = True
            furthest = float(self._in_whole_numbers(need, np.ones_like(withheld))[need.place].round())
            need.end = min(need.end, furthest) if need.up else max(need.end, furthest)
            return self._cut(need, withheld)
        if enough:  # in fractions, but not in whole numbers: something else must be withheld
            return None if withheld.all() else ((~withheld).astype(float), 1.0)
        # By how much each unit, when it is withheld, can let the number move further: at most its dual price.
        prices = (self._most - self._values) * -found.upper + self._values * found.lower
        inside = self._unit >= 0
        gains = np.bincount(self._unit[inside], weights=prices[inside], minlength=len(self._cost))
        gains = np.ceil(gains.clip(min=0) - NEARLY)
        lacking = float(np.ceil(abs(need.end - found.table[need.place]) + gains @ withheld - NEARLY))
        return np.minimum(gains, lacking), lacking

    def _far_enough(self, need: _Need, value: float) -> bool:
        return value >= need.end - NEARLY if need.up else value <= need.end + NEARLY

    def _kept(self, need: _Need, table: Numbers) -> bool:
        """Keep a table of whole numbers for whatever is as far in it as it must be; say whether the number is."""
        if not are_whole(table):
            return False
        moved = np.zeros(len(self._cost), dtype=np.bool_)
        differs = (np.abs(table - self._values) > NEARLY) & (self._unit >= 0)
        moved[self._unit[differs]] = True
        for one in self._needs:
            if self._far_enough(one, table[one.place]):
                one.moved.append(moved)
        return self._far_enough(need, table[need.place])

    def _bounds(self, withheld: Mask) -> tuple[Numbers, Numbers]:
        """Return between what each number can be, when `withheld` units are not shown."""
        free = np.where(self._unit >= 0, withheld[self._unit], True)
        return np.where(free, 0.0, self._values), np.where(free, self._most, self._values)

    def _furthest(self, need: _Need, withheld: Mask) -> "_Furthest":
        """Return the table in which the number is furthest in its direction, with dual prices."""
        part, aim, low, high = self._asked(need, withheld)
        found = solved(aim, part.known, low, high)
        table, lower, upper = self._values.copy(), np.zeros(len(self._values)), np.zeros(len(self._values))
        table[part.places], lower[part.places], upper[part.places] = (
            found.x,
            found.lower.marginals,
            found.upper.marginals,
        )
        return _Furthest(table, lower, upper)

    def _in_whole_numbers(self, need: _Need, withheld: Mask) -> Numbers:
        """Return the table of whole numbers in which the number is furthest in its direction."""
        part, aim, low, high = self._asked(need, withheld)
        table = self._values.copy()
        table[part.places] = in_whole_numbers(aim, part.known, low, high, self._values[part.places])
        return table

    def _asked(self, need: _Need, withheld: Mask) -> tuple["TablePart", Numbers, Numbers, Numbers]:
        """Return the part of the table in which a number lies, the aim, and between what each number there can be."""
        low, high = self._bounds(withheld)
        key = withheld.tobytes()
        if self._parts is None or self._parts[0] != key:
            self._parts = key, TableParts(self._relations, self._ends, low < high)
        part = self._parts[1].of(need.place)
        aim = (part.places == need.place) * (-1.0 if need.up else 1.0)
        return part, aim, low[part.places], high[part.places]


@dataclass(frozen=True, slots=True)
class _Furthest:
    """A table in which a number is furthest, and what each number's bounds cost there (`scipy.optimize.linprog`)."""

    table: Numbers
    lower: Numbers
    upper: Numbers
