"""Fairness of a suggestion by group: rates, differences from everyone else, and a verdict on each.

    found = fairness(person, family, outcome, suggested, groups, use_case.fairness, seed=7)
    found.groups[0].levels[0].rates["false_negative_rate"].verdict

Intervals are 95 % percentile intervals over resamples of families: brothers and sisters are alike, and often stand in
different levels. Where fewer than 10 families are on one side of a rate, for example when nobody was missed, resampling
cannot show how uncertain it is: its interval may have no width at all. There the interval is widened to hold the Wilson
score interval with families as the unit (for differences Newcombe's method 10 for independent proportions, 1998). How
many there are is told in people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audits.fairness.rates import RATES, Counts, Tally, draws, resampled, tally
from audits.verdicts import Verdict, verdict, worst
from features.declarations.use_cases import FairnessPolicy as Policy
from hub.digests import sha256_bytes
from hub.figures import Figure, NotComputed, Stated, wilson
from models.resampling import Codes, interval

RESAMPLES = 1000
_FEW_ON_A_SIDE = 10


@dataclass(frozen=True, slots=True)
class RateOfLevel:
    """One rate of one level.

    Attributes:
        rate: the rate, between 0 and 1; `n` is the people in its denominator.
        difference: this rate minus everyone else's, between -1 and 1; `n` is the people in the level's denominator.
        verdict: what may be said of the difference.
    """

    rate: Stated
    difference: Stated
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class GroupLevel:
    """One level of a group, such as one age band.

    Attributes:
        name: the level's words.
        people: distinct people in it.
        cells: rows that are neither, wrongly suggested, missed, found.
        people_in_cells: distinct people with such a row, likewise.
        people_not_suggested: distinct people with a row without a suggestion.
        rates: by the name of the rate.
    """

    name: str
    people: int
    cells: tuple[int, int, int, int]
    people_in_cells: tuple[int, int, int, int]
    people_not_suggested: int
    rates: Mapping[str, RateOfLevel]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of its rates."""
        return worst(one.verdict for one in self.rates.values())


@dataclass(frozen=True, slots=True)
class GroupFairness:
    """One way of dividing people, with its levels sorted by name."""

    name: str
    levels: tuple[GroupLevel, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of its levels."""
        return worst(level.verdict for level in self.levels)


@dataclass(frozen=True, slots=True)
class Fairness:
    """All groups.

    Attributes:
        everyone: all rows as one level; its differences are not computed.
        groups: in the order of the use case.
        resamples: how often families were resampled.
    """

    everyone: GroupLevel
    groups: tuple[GroupFairness, ...]
    resamples: int

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of its groups."""
        return worst(group.verdict for group in self.groups)


def fairness(
    person: Codes,
    family: Codes,
    outcome: npt.NDArray[np.bool_],
    suggested: npt.NDArray[np.bool_],
    groups: Mapping[str, Sequence[str]],
    policy: Policy,
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> Fairness:
    """Work out rates, differences and verdicts.

    Args:
        person: a code per person, from 0, one a row.
        family: a code per family, from 0, one a row; rows of one family are resampled together.
        outcome: whether the outcome happened, one a row.
        suggested: whether help was suggested, one a row.
        groups: for each group, the level of each row.
        policy: the tolerance and the smallest group of the use case.
        seed: with the group's name, decides the resamples: adding a group leaves the others' intervals as they are.
        resamples: how many resamples of families.
    """

    def tallies(level: npt.NDArray[np.int64], levels: int) -> tuple[Tally, Tally]:
        people, families = (tally(one.astype(np.int64), level, levels, outcome, suggested) for one in (person, family))
        return people, families

    whole = tallies(np.zeros(len(person), dtype=np.int64), 1)
    everyone = _levels(("everyone",), whole, policy, _rng(seed, ""), resamples)[0]
    found = []
    for name, values in groups.items():
        names, level = np.unique(np.asarray(values, dtype=object).astype(str), return_inverse=True)
        words, of = tuple(str(one) for one in names), tallies(level.astype(np.int64), len(names))
        found.append(GroupFairness(name, _levels(words, of, policy, _rng(seed, name), resamples)))
    return Fairness(everyone, tuple(found), resamples)


def _rng(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, int(sha256_bytes(name.encode())[:8], 16)])


def _levels(
    names: tuple[str, ...], tallies: tuple[Tally, Tally], policy: Policy, rng: np.random.Generator, resamples: int
) -> tuple[GroupLevel, ...]:
    """Return the levels of a group, from its tallies of people and of families."""
    of_people, of_families = tallies
    drawn = draws(of_families, resamples, rng)
    own = _Side(of_people, of_families, drawn)
    others = _Side(of_people.of_the_rest(), of_families.of_the_rest(), drawn)
    cells, people_in_cells, people = of_people.cells(), of_people.units_in_cells(), of_people.units_in_levels()
    not_suggested = of_people.units_not_suggested()
    return tuple(
        GroupLevel(
            name,
            int(people[level]),
            tuple(cells[level].tolist()),
            tuple(people_in_cells[level].tolist()),
            int(not_suggested[level]),
            {rate: _rate(own, others, (level, column), policy) for column, rate in enumerate(RATES)},
        )
        for level, name in enumerate(names)
    )


class _Side:
    """The rates of the levels, or of everyone else, and what their intervals are made from."""

    def __init__(self, of_people: Tally, of_families: Tally, drawn: Counts) -> None:
        self.rates = of_people.rates()
        self.resamples = resampled(of_families, drawn)
        self.people, _ = of_people.units_with()
        self.families, self.fewest = of_families.units_with()


def _rate(own: _Side, others: _Side, at: tuple[int, int], policy: Policy) -> RateOfLevel:
    people, people_in_rest = int(own.people[at]), int(others.people[at])
    smallest = policy.smallest_group
    if people < smallest:
        short = NotComputed(people, f"{smallest} people are needed to judge it")
        return RateOfLevel(short, short, Verdict.TOO_FEW)
    own_rate, other_rate = float(own.rates[at]), float(others.rates[at])
    low, high = interval(own.resamples[:, *at])
    if own.fewest[at] < _FEW_ON_A_SIDE:
        families = int(own.families[at])
        wide = wilson(own_rate * families, families)
        low, high = min(low, wide[0]), max(high, wide[1])
    rate = Figure(own_rate, low, high, people)
    if people_in_rest < smallest:
        short = NotComputed(people_in_rest, f"{smallest} other people are needed to compare with")
        return RateOfLevel(rate, short, Verdict.TOO_FEW)
    low, high = interval(own.resamples[:, *at] - others.resamples[:, *at])
    if min(own.fewest[at], others.fewest[at]) < _FEW_ON_A_SIDE:
        wide = newcombe(own_rate, int(own.families[at]), other_rate, int(others.families[at]))
        low, high = min(low, wide[0]), max(high, wide[1])
    difference = Figure(own_rate - other_rate, low, high, people)
    said = verdict(
        difference,
        people=people,
        people_in_rest=people_in_rest,
        smallest_group=smallest,
        tolerance=policy.tolerance,
    )
    return RateOfLevel(rate, difference, said)


def newcombe(rate: float, many: int, other: float, others: int) -> tuple[float, float]:
    """Return the 95 % interval of `rate - other` for independent proportions (Newcombe 1998, method 10)."""
    low, high = wilson(rate * many, many)
    other_low, other_high = wilson(other * others, others)
    below = float(np.hypot(rate - low, other_high - other))
    above = float(np.hypot(high - rate, other - other_low))
    return rate - other - below, rate - other + above
