"""The card of points: at most ten indicators, whole points for bands of each, made to be added up on paper.

Bands. Of each indicator up to four cuts: every value that it has where they are few, else the quantiles .05, .5, .75
and .9 of those above 0 (of all, where few are above 0), in two digits, so that no cut is one child's own number. Each
band holds at least forty rows to learn from.

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
import numpy.typing as npt

from models.additive import newton
from models.additive.additive import POINTS, AdditiveForm, PointsTerm
from models.matrices import Matrix
from models.measuring import calibration
from models.measuring.ranking import Ranking
from models.resampling import Floats

MOST_INDICATORS = 10
"""So many fit on a card that somebody adds up."""
LEAST_GAIN = 2.0
"""Least fall of the loss for each band, in nats: about what Akaike's criterion asks, twice over."""
_MOST_CUTS = 4
_LEAST_ROWS = 40
_QUANTILES = (0.05, 0.5, 0.75, 0.9)
_MOST_POINTS = 20
_KEPT = 0.99
_PENALTY = 10.0
_DECIMALS = 10

Bands = npt.NDArray[np.intp]


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


@dataclass(frozen=True, slots=True)
class _Banded:
    """One indicator in bands; its steps are the columns of a regression.

    Attributes:
        at: which indicator.
        cuts: where bands begin, but for the first.
        whole: whether every number is whole.
        codes: the band of each row to learn from; one more than the last where there is no number.
        sign: 1, -1 or 0: each band may only raise, only lower, or is free.
        missing: whether some rows have no number.
    """

    at: int
    cuts: tuple[float, ...]
    whole: bool
    codes: Bands
    sign: int
    missing: bool

    @property
    def size(self) -> int:
        """How many columns it has."""
        return len(self.cuts) + self.missing

    def columns(self) -> Floats:
        """Return shape (rows, size): whether a number reaches each cut, and whether there is none."""
        last = len(self.cuts)
        known = self.codes <= last
        steps = [known & (self.codes >= number) for number in range(1, last + 1)]
        return np.column_stack([*steps, *([~known] if self.missing else [])]).astype(np.float64)

    def bounds(self) -> tuple[Floats, Floats]:
        """Return the least and the largest value of each coefficient."""
        free = [np.inf] * self.missing
        upper = np.array([np.inf if self.sign >= 0 else 0.0] * len(self.cuts) + free)
        lower = np.array([0.0 if self.sign > 0 else -np.inf] * len(self.cuts) + [-one for one in free])
        return lower, upper

    def gain(self, off: Floats, spread: Floats) -> float:
        """Return by how much one Newton step of these columns would lower the loss, about.

        Args:
            off: outcome less what is expected, one a row.
            spread: expected x (1 - expected), one a row.
        """
        from scipy.optimize import lsq_linear

        bands = len(self.cuts) + 2
        pulls, weights = (np.bincount(self.codes, one, bands) for one in (off, spread))
        reaches = np.zeros((self.size, bands))
        for number in range(len(self.cuts)):
            reaches[number, number + 1 : -1] = 1
        if self.missing:
            reaches[-1, -1] = 1
        gradient, curvature = reaches @ pulls, (reaches * weights) @ reaches.T
        # The intercept moves along, so that only how bands differ counts.
        with_it = reaches @ weights
        curvature -= np.outer(with_it, with_it) / weights.sum()
        root = np.linalg.cholesky(curvature + np.eye(self.size) / _PENALTY)
        goal = np.linalg.solve(root, gradient)
        found = lsq_linear(root.T, goal, self.bounds(), method="bvls").x
        return float(gradient @ found - found @ curvature @ found / 2)


def fit(train: Matrix, choose: Matrix, constraints: Sequence[int]) -> PointsCard:
    """Fit cards on `train` and return the one that orders the rows of `choose` best.

    Args:
        train: rows with outcomes.
        choose: rows with outcomes, on which the number of indicators is chosen.
        constraints: 1, -1 or 0 for each indicator: it may only raise, only lower, or is free.
    """
    banded = _all_banded(train, constraints)
    ones = np.ones((1, len(choose.outcomes)))
    cards: dict[int, AdditiveForm] = {}
    tried: dict[int, tuple[float, float]] = {}
    for number, (taken, solved) in enumerate(_one_by_one(train, banded), 1):
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
    found = _one_by_one(train, _all_banded(train, constraints))[:indicators]
    return _rounded(train, *found[-1]) if found else _nothing(train)


def _all_banded(train: Matrix, constraints: Sequence[int]) -> list[_Banded]:
    return [one for at, sign in enumerate(constraints) if (one := _banded(train.values[:, at], at, sign)) is not None]


def _banded(numbers: Floats, at: int, sign: int) -> _Banded | None:
    """Return an indicator in bands, or None where all its rows would be in one."""
    known = np.isfinite(numbers)
    there = numbers[known]
    cuts: list[float] = []
    left = np.sort(there)
    for cut in _wanted(there):
        below = int(np.searchsorted(left, cut))
        since = int(np.searchsorted(left, cuts[-1])) if cuts else 0
        if below - since >= _LEAST_ROWS and len(left) - below >= _LEAST_ROWS:
            cuts.append(cut)
    missing = int((~known).sum()) >= _LEAST_ROWS
    if not cuts and not missing:
        return None
    codes = np.where(known, np.searchsorted(cuts, numbers, side="right"), len(cuts) + 1)
    return _Banded(at, tuple(cuts), _whole(there), codes.astype(np.intp), sign, missing)


def _wanted(there: Floats) -> list[float]:
    values = np.unique(there)
    if len(values) <= _MOST_CUTS + 1:
        return [float(one) for one in values[1:]]
    above = there[there > 0]
    if len(above) < _LEAST_ROWS:
        above = there
    cuts = {_two_digits(float(one)) for one in np.quantile(above, _QUANTILES)}
    return sorted({float(np.ceil(cut)) for cut in cuts} if _whole(there) else cuts)


def _whole(numbers: Floats) -> bool:
    return bool(np.array_equal(numbers, np.rint(numbers)))


def _two_digits(number: float) -> float:
    return float(f"{number:.2g}")


def _one_by_one(train: Matrix, banded: Sequence[_Banded]) -> list[tuple[list[_Banded], newton.Solved]]:
    """Return the indicators that are taken, and their coefficients, after each that comes in."""
    rows = len(train.outcomes)
    taken: list[_Banded] = []
    columns: list[Floats] = []
    expected = np.full(rows, train.outcomes.mean())
    found = []
    left = list(banded)
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
        solved = newton.solve(whole, train.outcomes, c=_PENALTY, lower=lower, upper=upper)
        expected = 1 / (1 + np.exp(-(solved.intercept + whole @ solved.weights)))
        found.append((taken, solved))
    return found


def _rounded(train: Matrix, taken: Sequence[_Banded], solved: newton.Solved) -> AdditiveForm:
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
    """Log-odds = intercept + unit x total, and the sum of the surprise that is left; NaN where there is none."""

    intercept: float
    unit: float
    loss: float


def _line(outcomes: Floats, totals: Floats) -> _Line:
    """Return the best line through the totals: those who share a total are added up first."""
    values, codes = np.unique(np.round(totals, _DECIMALS), return_inverse=True)
    counts, positives = np.bincount(codes).astype(np.float64), np.bincount(codes, outcomes)
    slope, intercept = (float(one[0]) for one in calibration.line(values, positives / counts, counts[None]))
    margins = intercept + slope * values
    return _Line(intercept, slope, float((counts * np.logaddexp(0.0, margins) - positives * margins).sum()))


def _nothing(train: Matrix) -> AdditiveForm:
    """Return the card on which nothing has points."""
    share = float(train.outcomes.mean())
    return AdditiveForm(POINTS, train.names, round(float(np.log(share / (1 - share))), _DECIMALS), 1.0, ())
