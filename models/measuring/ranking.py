"""How well an order finds people: exact numbers for orders with ties, on many weighted resamples at once.

A rule such as "most absences first" puts many people level. Level people are taken as if shuffled: every number here is
its expected value over all orders of those who are level, in closed form, without drawing any order.

Weights have shape (resamples, rows) and are whole numbers: a weight of 2 stands for two people level with each other.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.resampling import Codes, Floats, codes


class Ranking:
    """Rows put in order by one score, highest first.

    Args:
        scores: one a row; -inf comes last, NaN is not allowed.
        outcomes: one a row, 0 or 1.
    """

    def __init__(self, scores: Floats, outcomes: Floats) -> None:
        self._order = np.argsort(-scores, kind="stable")
        ordered = scores[self._order]
        self._starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self._outcomes = outcomes[self._order]

    def _levels(self, weights: Floats) -> tuple[Floats, Floats]:
        """Return the weight of those with the outcome, and of everyone, in each group of level rows."""
        ordered = weights[:, self._order]
        return _by_group(ordered * self._outcomes, self._starts), _by_group(ordered, self._starts)

    def auc(self, weights: Floats) -> Floats:
        """Return the area under the ROC curve: the chance that someone with the outcome comes before someone without.

        Formula: (pairs in order + ½ pairs level) / pairs. Range 0 to 1, 0.5 is chance. Hanley and McNeil 1982.

        Returns:
            Shape (resamples,); NaN where nobody, or everybody, has the outcome.
        """
        return _auc(*self._levels(weights))

    def auc_and_average_precision(self, weights: Floats) -> tuple[Floats, Floats]:
        """Return both, for what one alone takes nearly."""
        levels = self._levels(weights)
        return _auc(*levels), _average_precision(*levels)

    def average_precision(self, weights: Floats) -> Floats:
        """Return the mean, over people with the outcome, of the precision down to each of them.

        Formula for one group of m level rows, r with the outcome, after n rows of which p have it, with the harmonic
        difference d = H(n+m) - H(n):  (r/m) [(p+1) d + (r-1)/(m-1) (m - (n+1) d)],  summed and divided by all with the
        outcome. Without level rows it is scikit-learn's `average_precision_score`. Range above 0 to 1; the share of
        people with the outcome is chance.

        Returns:
            Shape (resamples,); NaN where nobody has the outcome.
        """
        return _average_precision(*self._levels(weights))


class TopOfEachDate:
    """Offers to the first `capacity` people of each date of looking.

    Args:
        scores: one a row; -inf comes last, NaN is not allowed.
        outcomes: one a row, 0 or 1.
        dates: one code a row, equal for rows of the same as-of date.
        capacity: offers at each date.
    """

    def __init__(self, scores: Floats, outcomes: Floats, dates: Codes, capacity: int) -> None:
        self._order = np.lexsort((-scores, dates))
        ordered, days = scores[self._order], dates[self._order]
        new_day = np.r_[True, days[1:] != days[:-1]]
        self._starts = np.flatnonzero(new_day | np.r_[True, ordered[1:] != ordered[:-1]])
        self._outcomes = outcomes[self._order]
        first_group = np.flatnonzero(new_day[self._starts])
        self._first_of_day = np.repeat(first_group, np.diff(np.r_[first_group, len(self._starts)]))
        self._capacity = float(capacity)

    def found(self, weights: Floats) -> tuple[Floats, Floats, Floats]:
        """Return, each of shape (resamples,), offers that reach someone with the outcome, offers, and all with it.

        Formula for the level rows at the edge: (places left) x (share of them with the outcome), exactly the expected
        number over all orders. Fewer people than places at a date: everyone is offered help.
        """
        everyone, positives, before = self._levels(weights)
        return *_offered(everyone, positives, before, self._capacity), positives.sum(axis=1)

    def at(self, weights: Floats, capacities: Sequence[int]) -> list[tuple[Floats, Floats]]:
        """Return offers that reach someone with the outcome, and offers, as `found`, for each of several capacities."""
        levels = self._levels(weights)
        return [_offered(*levels, float(one)) for one in capacities]

    def _levels(self, weights: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the weight of each group of level rows, of those in it with the outcome, and of all before it."""
        ordered = weights[:, self._order]
        everyone = _by_group(ordered, self._starts)
        positives = _by_group(ordered * self._outcomes, self._starts)
        before = np.cumsum(everyone, axis=1) - everyone
        return everyone, positives, before - before[:, self._first_of_day]

    def by_chance(self) -> tuple[float, float]:
        """Return how many offers a shuffle of those who are level decides, and how many offers there are."""
        size = np.diff(np.r_[self._starts, len(self._order)]).astype(np.float64)
        before = np.cumsum(size) - size
        places = np.clip(self._capacity - (before - before[self._first_of_day]), 0, size)
        return float(places[places < size].sum()), float(places.sum())

    def precision_and_recall(self, weights: Floats) -> tuple[Floats, Floats]:
        """Return, each of shape (resamples,) and from 0 to 1, precision and recall at capacity.

        Precision is offers that reach someone with the outcome / offers. Recall is the same / all with the outcome;
        NaN where nobody has it.
        """
        reached, offers, positives = self.found(weights)
        return ratio(reached, offers), ratio(reached, positives)


def foremost(scores: Floats, dates: Codes, capacity: int) -> Codes:
    """Return the rows that get a place, by date and then by score: the first `capacity` of each date.

    Of rows that are level at the last place, the earlier ones get it.

    Args:
        scores: one a row; the highest comes first.
        dates: one code a row, equal for rows of the same as-of date.
        capacity: places at each date.
    """
    order = np.lexsort((-scores, dates))
    ordered = dates[order]
    return order[np.arange(len(order)) - np.searchsorted(ordered, ordered) < capacity]


def level_with_others(scores: Floats, dates: Codes, held: Codes) -> npt.NDArray[np.bool_]:
    """Say of each row whether, at its date, rows with its very score are both among `held` and not among them.

    Args:
        scores: one a row.
        dates: one code a row, equal for rows of the same as-of date.
        held: rows that get a place.
    """
    inside = np.zeros(len(scores), dtype=np.bool_)
    inside[held] = True
    level = codes(dates * len(scores) + codes(scores))
    everyone, with_place = np.bincount(level), np.bincount(level, weights=inside)
    return ((with_place > 0) & (with_place < everyone))[level]


def _offered(everyone: Floats, positives: Floats, before: Floats, capacity: float) -> tuple[Floats, Floats]:
    places = np.clip(capacity - before, 0, everyone)
    share = np.divide(positives, everyone, out=np.zeros_like(everyone), where=everyone > 0)
    return (places * share).sum(axis=1), places.sum(axis=1)


def _auc(positives: Floats, everyone: Floats) -> Floats:
    negatives = everyone - positives
    before = np.cumsum(positives, axis=1) - positives
    pairs = positives.sum(axis=1) * negatives.sum(axis=1)
    return ratio((negatives * (before + positives / 2)).sum(axis=1), pairs)


def _average_precision(positives: Floats, everyone: Floats) -> Floats:
    down_to = np.cumsum(everyone, axis=1)
    before = down_to - everyone
    positives_before = np.cumsum(positives, axis=1) - positives
    harmonic = np.concatenate([[0.0], np.cumsum(1.0 / np.arange(1.0, down_to[:, -1].max() + 1.0))])
    difference = harmonic[down_to.astype(np.intp)] - harmonic[before.astype(np.intp)]
    more = np.divide(positives - 1, everyone - 1, out=np.zeros_like(everyone), where=everyone > 1)
    inside = (positives_before + 1) * difference + more * (everyone - (before + 1) * difference)
    share = np.divide(positives, everyone, out=np.zeros_like(everyone), where=everyone > 0)
    return ratio((share * inside).sum(axis=1), positives.sum(axis=1))


def _by_group(ordered: Floats, starts: Codes) -> Floats:
    if len(starts) == ordered.shape[1]:
        return ordered
    return np.asarray(np.add.reduceat(ordered, starts, axis=1), dtype=np.float64)


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Return numerator / denominator, NaN where the denominator is not above 0."""
    return np.divide(numerator, denominator, out=np.full_like(numerator, np.nan), where=denominator > 0)
