"""The card of points: at most ten indicators, whole points for bands of each, made to be added up on paper.

Indicators come in one by one: the next is the one whose bands would lower the loss most by one Newton step (a score
test; Rao 1948), if they lower it by more than `LEAST_GAIN` for each band. After each all points are fitted anew by a
logistic regression whose steps may not go against the expected direction. Of the cards with one, two, … indicators
the one is taken that orders `choose` best; of equal ones the smaller.

Points. Log-odds of the bands are divided by a unit and rounded. The unit is the largest (the fewest points) for which
the card keeps 99 % of what the unrounded one explains of `train`, the largest number of points for a band being at
most twenty. Log-odds of a total are then a line through the totals of `train`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from models.additive import newton
from models.additive.additive import POINTS, AdditiveForm, PointsTerm
from models.fitting.point_bands import PENALTY, Banded, banded
from models.matrices import Matrix
from models.measuring import calibration
from models.measuring.ranking import Ranking
from models.resampling import Floats

MOST_INDICATORS = 10
"""So many fit on a card that somebody adds up."""
LEAST_GAIN = 2.0
"""Least fall of the loss for each band, in nats: about what Akaike's criterion asks, twice over."""
_MOST_POINTS = 20
_KEPT = 0.99
_DECIMALS = 10


@dataclass(frozen=True, slots=True)
class PointsCard:
    """The card that did best on `choose`.

    Attributes:
        form: its terms.
        indicators: how many came in; one whose bands all got the same points has no term.
        tried: average precision and log loss on `choose`, by how many came in.
    """

    form: AdditiveForm
    indicators: int
    tried: dict[int, tuple[float, float]]

    @property
    def parameters(self) -> dict[str, Any]:
        """What it was made with."""
        return {"indicators": self.indicators, "most_indicators": MOST_INDICATORS}

    def as_json(self) -> dict[str, Any]:
        """Return what the record keeps of it."""
        return {
            "chosen_by": "average precision on choose; of equal ones the fewer indicators",
            "indicators": [term.indicator for term in self.form.terms],
            "tried": {str(one): round(figure, 6) for one, (figure, _) in self.tried.items()},
        }


def fit(train: Matrix, choose: Matrix, constraints: Sequence[int]) -> PointsCard:
    """Fit cards on `train` and return the one that orders the rows of `choose` best.

    Args:
        train: rows with outcomes.
        choose: rows with outcomes, on which the number of indicators is chosen.
        constraints: 1, -1 or 0 for each indicator: it may only raise, only lower, or is free.
    """
    every = _in_bands(train, constraints)
    ones = np.ones((1, len(choose.outcomes)))
    cards: dict[int, AdditiveForm] = {}
    tried: dict[int, tuple[float, float]] = {}
    for number, (taken, solved) in enumerate(_one_by_one(train, every), 1):
        card = cards[number] = _rounded(train, taken, solved)
        margins = card.margins(choose.values)
        surprise = np.logaddexp(0.0, np.where(choose.outcomes > 0, -margins, margins)).mean()
        precision = Ranking(card.totals(choose.values), choose.outcomes).average_precision(ones)
        tried[number] = float(precision[0]), float(surprise)
    if not cards:
        return PointsCard(_nothing(train), 0, {})
    best = min(cards, key=lambda one: (-round(tried[one][0], 6), one))
    return PointsCard(cards[best], best, tried)


def card(train: Matrix, constraints: Sequence[int], indicators: int) -> AdditiveForm:
    """Fit one card on `train`, with so many indicators or as many as are worth their points.

    Args:
        train: rows with outcomes.
        constraints: as for `fit`.
        indicators: how many at most.
    """
    found = _one_by_one(train, _in_bands(train, constraints))[:indicators]
    return _rounded(train, *found[-1]) if found else _nothing(train)


def _in_bands(train: Matrix, constraints: Sequence[int]) -> list[Banded]:
    return [one for at, sign in enumerate(constraints) if (one := banded(train.values[:, at], at, sign)) is not None]


def _one_by_one(train: Matrix, every: Sequence[Banded]) -> list[tuple[list[Banded], newton.Solved]]:
    """Return the indicators that are taken, and their coefficients, after each that comes in."""
    rows = len(train.outcomes)
    taken: list[Banded] = []
    columns: list[Floats] = []
    expected = np.full(rows, train.outcomes.mean())
    found = []
    left = list(every)
    while left and len(taken) < MOST_INDICATORS:
        off, spread = train.outcomes - expected, expected * (1 - expected)
        gains = [one.gain(off, spread) for one in left]
        best = int(np.argmax([round(gain - LEAST_GAIN * one.size, 6) for gain, one in zip(gains, left, strict=True)]))
        if gains[best] <= LEAST_GAIN * left[best].size:
            break
        taken = [*taken, left.pop(best)]
        columns.append(taken[-1].columns())
        whole = np.column_stack(columns)
        lower, upper = (np.concatenate(side) for side in zip(*(one.bounds() for one in taken), strict=True))
        solved = newton.solve(whole, train.outcomes, c=PENALTY, lower=lower, upper=upper)
        expected = 1 / (1 + np.exp(-(solved.intercept + whole @ solved.weights)))
        found.append((taken, solved))
    return found


def _rounded(train: Matrix, taken: Sequence[Banded], solved: newton.Solved) -> AdditiveForm:
    """Return the card with the fewest points that keeps nearly all that the unrounded one explains."""
    bands, at = [], 0
    for one in taken:
        steps = solved.weights[at : at + len(one.cuts)]
        missing = [float(solved.weights[at + len(one.cuts)])] if one.missing else [0.0]
        numbers = np.r_[0.0, np.cumsum(steps), missing]
        at += one.size
        used = numbers if one.missing else numbers[:-1]
        bands.append(numbers - used.min())
    largest = max(float(one.max()) for one in bands)
    if largest <= 0:
        return _nothing(train)
    whole = _line(train.outcomes, np.sum([one[of.codes] for one, of in zip(bands, taken, strict=True)], axis=0)).loss
    share = float(train.outcomes.mean())
    nothing = -len(train.outcomes) * (share * np.log(share) + (1 - share) * np.log(1 - share))
    for most in range(1, _MOST_POINTS + 1):
        given = [np.rint(one / largest * most).astype(int) for one in bands]
        totals = np.sum([one[of.codes] for one, of in zip(given, taken, strict=True)], axis=0).astype(np.float64)
        line = _line(train.outcomes, totals)
        if nothing - line.loss >= _KEPT * (nothing - whole) or most == _MOST_POINTS:
            break
    if not line.unit > 0:
        return _nothing(train)
    terms = []
    for one, whole_points in zip(taken, given, strict=True):
        absent = int(whole_points[-1]) if one.missing else int(whole_points[0])
        cuts, worth = _joined(one.cuts, whole_points[:-1].tolist())
        term = PointsTerm(
            indicator=train.names[one.at], whole=one.whole, cuts=cuts, points=worth, missing=absent, mean=0.0
        )
        mean = round(float(term.of(train.values[:, one.at]).mean()), _DECIMALS)
        if cuts or absent != worth[0]:
            terms.append(term.model_copy(update={"mean": mean}))
    intercept, unit = round(line.intercept, _DECIMALS), round(line.unit, _DECIMALS)
    return AdditiveForm(POINTS, train.names, intercept, unit, tuple(terms))


def _joined(cuts: Sequence[float], points: Sequence[int]) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Return the bands without cuts at which the points stay the same."""
    kept = [cut for cut, (below, above) in zip(cuts, pairwise(points), strict=True) if below != above]
    worth = [points[0], *(above for below, above in pairwise(points) if below != above)]
    return tuple(kept), tuple(worth)


@dataclass(frozen=True, slots=True)
class _Line:
    """Log-odds = intercept + unit x total, and the sum of the surprise that is left, in nats; 0 or more."""

    intercept: float
    unit: float
    loss: float


def _line(outcomes: Floats, totals: Floats) -> _Line:
    """Return the best line through the totals: those who share a total are added up first."""
    values, codes = np.unique(np.round(totals, _DECIMALS), return_inverse=True)
    counts, positives = np.bincount(codes).astype(np.float64), np.bincount(codes, outcomes)
    slope, intercept = (float(one[0]) for one in calibration.line(values, positives / counts, counts[None]))
    if not slope > 0:  # also where all totals are alike, or where no line can be found
        share = positives.sum() / counts.sum()
        slope, intercept = 0.0, float(np.log(share / (1 - share)))
    margins = intercept + slope * values
    return _Line(intercept, slope, float((counts * np.logaddexp(0.0, margins) - positives * margins).sum()))


def _nothing(train: Matrix) -> AdditiveForm:
    """Return the card on which nothing has points."""
    share = float(train.outcomes.mean())
    return AdditiveForm(POINTS, train.names, round(float(np.log(share / (1 - share))), _DECIMALS), 1.0, ())
