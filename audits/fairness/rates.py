"""Counts and rates of a suggestion, by level of a group, with intervals from resampling people.

    tally = tally_people(person, level, levels, outcome, suggested)   # once for each group
    tally.rates()                                                     # [levels, rates], NaN where nothing is counted
    resampled(tally, draws(tally, 1000, rng))                         # the same for each resample

The four rates are Fairlearn's (`fairlearn.metrics`: selection_rate, false_negative_rate, false_positive_rate; precision
is scikit-learn's), worked out from counts over one joint code (person, level, outcome, suggested). Fairlearn answers 0
where nobody can be counted; here that is NaN, and callers say "not computed".

People are resampled, not rows: one person has a row on each date of looking, and those rows resemble each other.
People whose rows fall into the same cells are interchangeable for these counts, so drawing n people with replacement
is exactly one multinomial draw over the kinds of people.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]

NEITHER, WRONGLY_SUGGESTED, MISSED, FOUND = range(4)
"""The four cells of a row, code `2 * outcome + suggested`."""

RATES = ("selection_rate", "false_negative_rate", "false_positive_rate", "precision")
"""The rates, in the order of every array here."""

_NUMERATORS = ((WRONGLY_SUGGESTED, FOUND), (MISSED,), (WRONGLY_SUGGESTED,), (FOUND,))
_DENOMINATORS = (
    (NEITHER, WRONGLY_SUGGESTED, MISSED, FOUND),
    (MISSED, FOUND),
    (NEITHER, WRONGLY_SUGGESTED),
    (WRONGLY_SUGGESTED, FOUND),
)


def _cells_by_rate(cells: tuple[tuple[int, ...], ...]) -> Counts:
    found = np.zeros((4, len(RATES)), dtype=np.int64)
    for rate, inside in enumerate(cells):
        found[list(inside), rate] = 1
    return found


_IN_NUMERATOR = _cells_by_rate(_NUMERATORS)
_IN_DENOMINATOR = _cells_by_rate(_DENOMINATORS)


@dataclass(frozen=True, slots=True)
class Tally:
    """Everything that the rates of one group need.

    Attributes:
        kinds: rows of one person of each kind in each cell, shape [kinds, levels, 4].
        people: how many people are of each kind, shape [kinds].
    """

    kinds: Counts
    people: Counts

    def cells(self) -> Counts:
        """Return the rows in each cell, shape [levels, 4]."""
        return _sum_over_people(self.people, self.kinds)

    def people_in_cells(self) -> Counts:
        """Return the distinct people with a row in each cell, shape [levels, 4]."""
        return _sum_over_people(self.people, self.kinds > 0)

    def people_in_levels(self) -> Counts:
        """Return the distinct people with any row in each level, shape [levels]."""
        return _sum_over_people(self.people, self.kinds.sum(axis=2) > 0)

    def people_not_suggested(self) -> Counts:
        """Return the distinct people with a row without a suggestion in each level, shape [levels]."""
        return _sum_over_people(self.people, self.kinds[:, :, [NEITHER, MISSED]].sum(axis=2) > 0)

    def of_the_rest(self) -> "Tally":
        """Return the same people with, in place of each level, everyone's rows outside it."""
        return Tally(self.kinds.sum(axis=1, keepdims=True) - self.kinds, self.people)

    def rates(self) -> Numbers:
        """Return the rates, shape [levels, rates]; NaN where the denominator is 0."""
        return rates_of(self.cells())

    def people_with(self) -> tuple[Counts, Counts]:
        """Return, for each level and rate, the people in the denominator and the fewest people on one side of it.

        The sides are the people with a row in the numerator and those with a row in the denominator outside the
        numerator. Shape of both: [levels, rates].
        """
        denominator = self.kinds @ _IN_DENOMINATOR
        numerator = self.kinds @ _IN_NUMERATOR
        inside, with_it, without_it = (
            _sum_over_people(self.people, rows > 0) for rows in (denominator, numerator, denominator - numerator)
        )
        return inside, np.minimum(with_it, without_it)


def _sum_over_people(people: Counts, by_kind: Counts | npt.NDArray[np.bool_]) -> Counts:
    summed: Counts = np.tensordot(people, by_kind.astype(np.int64), axes=1)
    return summed


def tally_people(
    person: Counts, level: Counts, levels: int, outcome: npt.NDArray[np.bool_], suggested: npt.NDArray[np.bool_]
) -> Tally:
    """Count rows by person, level, outcome and suggestion.

    Args:
        person: number of the person of each row, from 0.
        level: number of the level of each row, from 0, below `levels`.
        levels: how many levels there are, also those without a row.
        outcome: whether the outcome happened, one a row.
        suggested: whether help was suggested, one a row.
    """
    width = 4 * levels
    code = person * width + level * 4 + 2 * outcome.astype(np.int64) + suggested
    people = int(person.max()) + 1 if len(person) else 0
    by_person = np.bincount(code, minlength=people * width).reshape(people, width)
    by_person = by_person[by_person.any(axis=1)]
    kinds, how_many = np.unique(by_person, axis=0, return_counts=True)
    return Tally(kinds.reshape(len(kinds), levels, 4).astype(np.int64), how_many.astype(np.int64))


def rates_of(cells: npt.NDArray[np.int64] | Numbers) -> Numbers:
    """Return numerator / denominator of each rate for counts of shape [..., 4]; NaN where the denominator is 0."""
    numerator = cells @ _IN_NUMERATOR
    denominator = cells @ _IN_DENOMINATOR
    empty = denominator == 0
    return np.where(empty, np.nan, numerator / np.where(empty, 1, denominator))


def draws(tally: Tally, resamples: int, rng: np.random.Generator) -> Counts:
    """Draw as many people as there are, with replacement; return how many of each kind, shape [resamples, kinds]."""
    total = int(tally.people.sum())
    return rng.multinomial(total, tally.people / total, size=resamples).astype(np.int64)


def resampled(tally: Tally, drawn: Counts) -> Numbers:
    """Return the rates of each resample, shape [resamples, levels, rates]; NaN where the denominator is 0."""
    kinds, levels, cells = tally.kinds.shape
    # Whole numbers below 2**53 add up exactly in floating point, in any order, so every machine gives the same bytes.
    counts = drawn.astype(np.float64) @ tally.kinds.reshape(kinds, levels * cells).astype(np.float64)
    return rates_of(counts.reshape(len(drawn), levels, cells))
