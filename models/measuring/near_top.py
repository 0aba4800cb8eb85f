"""Offers at capacity on many resamples of families, looking only at rows that a place can come to."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from models.measuring.ranking import TopOfEachDate
from models.resampling import Codes, Floats


class CapacityRows(Protocol):
    """Rows with outcomes, dates and families; see `metrics.JudgedRows`."""

    @property
    def outcomes(self) -> Floats:
        """0 or 1, one a row."""

    @property
    def families(self) -> Codes:
        """A code per family, from 0."""

    @property
    def dates(self) -> Codes:
        """A code per as-of date, from 0."""


def at_capacities(
    scores: Floats, case: CapacityRows, capacities: Sequence[int]
) -> Callable[[Floats], list[tuple[Floats, Floats]]]:
    """Return the function from how often each family was drawn to `TopOfEachDate.at`.

    Counts have shape (resamples, families). Only rows that a place can come to are looked at; a resample in which these
    do not fill the places is worked out on all rows.

    Args:
        scores: one a row.
        case: the rows.
        capacities: offers at each date.
    """
    most = max(capacities)
    near = _within_reach(scores, case.dates, most)
    of_near = TopOfEachDate(scores[near], case.outcomes[near], case.dates[near], most)
    of_all = TopOfEachDate(scores, case.outcomes, case.dates, most)
    of_day = (case.dates[near][:, None] == np.arange(case.dates.max() + 1)).astype(np.float64)
    needed = np.where(of_day.sum(axis=0) < np.bincount(case.dates), most, 0)

    def found(counts: Floats) -> list[tuple[Floats, Floats]]:
        weights = counts[:, case.families[near]]
        pairs = of_near.at(weights, capacities)
        if len(short := np.flatnonzero((weights @ of_day < needed).any(axis=1))):
            whole = of_all.at(counts[short][:, case.families], capacities)
            for (reached, offers), (reached_too, offers_too) in zip(pairs, whole, strict=True):
                reached[short], offers[short] = reached_too, offers_too
        return pairs

    return found


def _within_reach(scores: Floats, dates: Codes, capacity: int) -> Codes:
    """Return the rows that nearly every resample gives its places to: the foremost of each date, level ones whole."""
    reach = capacity + 8 * int(np.sqrt(capacity)) + 32
    order = np.lexsort((-scores, dates))
    days, ordered = dates[order], scores[order]
    last = np.minimum(np.searchsorted(days, days) + reach, np.searchsorted(days, days, side="right")) - 1
    return np.sort(order[ordered >= ordered[last]])
