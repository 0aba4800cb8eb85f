"""Counts and rates of a suggestion, by level of a group, with intervals from resampling families.

    found = tally(family, level, levels, outcome, suggested)    # once for each group
    found.rates()                                               # [levels, rates], NaN where nothing is counted
    resampled(found, draws(found, 1000, rng))                   # the same for each resample

A tally is of units: people, whose numbers are told, or families, which are resampled.

The four rates are Fairlearn's (`fairlearn.metrics`: selection_rate, false_negative_rate, false_positive_rate; precision
is scikit-learn's), worked out from counts over one joint code (unit, level, outcome, suggested). Fairlearn answers 0
where nobody can be counted; here that is NaN, and callers say "not computed".

Families are resampled, not rows or people: one person has a row on each date of looking, brothers and sisters share a
home, and those rows resemble each other. Families whose rows fall into the same cells are interchangeable for these
counts, so drawing n families with replacement is exactly one multinomial draw over the kinds of families.
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
        kinds: rows of one unit of each kind in each cell, shape [kinds, levels, 4].
        units: how many units are of each kind, shape [kinds].
    """

    kinds: Counts
    units: Counts

    def cells(self) -> Counts:
        """Return the rows in each cell, shape [levels, 4]."""
        return _sum_over_units(self.units, self.kinds)

    def units_in_cells(self) -> Counts:
        """Return the distinct units with a row in each cell, shape [levels, 4]."""
        return _sum_over_units(self.units, self.kinds > 0)

    def units_in_levels(self) -> Counts:
        """Return the distinct units with any row in each level, shape [levels]."""
        return _sum_over_units(self.units, self.kinds.sum(axis=2) > 0)

    def units_not_suggested(self) -> Counts:
        """Return the distinct units with a row without a suggestion in each level, shape [levels]."""
        return _sum_over_units(self.units, self.kinds[:, :, [NEITHER, MISSED]].sum(axis=2) > 0)

    def of_the_rest(self) -> "Tally":
        """Return the same units with, in place of each level, everyone's rows outside it."""
        return Tally(self.kinds.sum(axis=1, keepdims=True) - self.kinds, self.units)

    def rates(self) -> Numbers:
        """Return the rates, shape [levels, rates]; NaN where the denominator is 0."""
        return rates_of(self.cells())

    def units_with(self) -> tuple[Counts, Counts]:
        """Return, for each level and rate, the units in the denominator and the fewest units on one side of it.

        The sides are the units with a row in the numerator and those with a row in the denominator outside the
        numerator. Shape of both: [levels, rates].
        """
        denominator = self.kinds @ _IN_DENOMINATOR
        numerator = self.kinds @ _IN_NUMERATOR
        inside, with_it, without_it = (
            _sum_over_units(self.units, rows > 0) for rows in (denominator, numerator, denominator - numerator)
        )
        return inside, np.minimum(with_it, without_it)


def _sum_over_units(units: Counts, by_kind: Counts | npt.NDArray[np.bool_]) -> Counts:
    summed: Counts = np.tensordot(units, by_kind.astype(np.int64), axes=1)
    return summed


def tally(
    unit: Counts, level: Counts, levels: int, outcome: npt.NDArray[np.bool_], suggested: npt.NDArray[np.bool_]
) -> Tally:
    """Count rows by unit, level, outcome and suggestion.

    Args:
        unit: number of the person, or of the family, of each row, from 0.
        level: number of the level of each row, from 0, below `levels`.
        levels: how many levels there are, also those without a row.
        outcome: whether the outcome happened, one a row.
        suggested: whether help was suggested, one a row.
    """
    width = 4 * levels
    code = unit * width + level * 4 + 2 * outcome.astype(np.int64) + suggested
    units = int(unit.max()) + 1 if len(unit) else 0
    by_unit = np.bincount(code, minlength=units * width).reshape(units, width)
    by_unit = by_unit[by_unit.any(axis=1)]
    kinds, how_many = np.unique(by_unit, axis=0, return_counts=True)
    return Tally(kinds.reshape(len(kinds), levels, 4).astype(np.int64), how_many.astype(np.int64))


def rates_of(cells: npt.NDArray[np.int64] | Numbers) -> Numbers:
    """Return numerator / denominator of each rate for counts of shape [..., 4]; NaN where the denominator is 0."""
    numerator = cells @ _IN_NUMERATOR
    denominator = cells @ _IN_DENOMINATOR
    empty = denominator == 0
    return np.where(empty, np.nan, numerator / np.where(empty, 1, denominator))


def draws(found: Tally, resamples: int, rng: np.random.Generator) -> Counts:
    """Draw as many units as there are, with replacement; return how many of each kind, shape [resamples, kinds]."""
    total = int(found.units.sum())
    return rng.multinomial(total, found.units / total, size=resamples).astype(np.int64)


def resampled(found: Tally, drawn: Counts) -> Numbers:
    """Return the rates of each resample, shape [resamples, levels, rates]; NaN where the denominator is 0."""
    kinds, levels, cells = found.kinds.shape
    # Whole numbers below 2**53 add up exactly in floating point, in any order, so every machine gives the same bytes.
    counts = drawn.astype(np.float64) @ found.kinds.reshape(kinds, levels * cells).astype(np.float64)
    return rates_of(counts.reshape(len(drawn), levels, cells))
