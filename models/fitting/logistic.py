"""The logistic regression: counts on a logarithmic scale, and the penalty that orders `choose` best.

Numbers are taken as sign(x) log(1 + |x|), so that the step from 0 to 1 counts for more than that from 20 to 21. A
missing number becomes the median of `train`, with a yes/no column beside it that says it was missing; columns are
scaled to mean 0 and deviation 1; penalty L2. An indicator with an expected direction may not go against it, as in the
trees.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.additive import newton
from models.additive.additive import LOGISTIC, AdditiveForm, CurveTerm, logarithmic
from models.matrices import Matrix
from models.measuring.ranking import Ranking
from models.resampling import Floats

PENALTIES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
"""What the penalty is chosen from: scikit-learn's C, the strongest penalty first."""

_LEAST_ROWS = 10
_SAME = 1e-9
# A column in which fewer than ten rows differ from the usual number, by more than rounding, says nothing: scaled to a
# deviation of 1 it would give three rows a weight that later ones pay for.
_DECIMALS = 10
# The last bits of a sum depend on how many threads added it; ten decimals do not.


@dataclass(frozen=True, slots=True)
class Logistic:
    """The logistic regression that did best on `choose`.

    Attributes:
        form: its terms.
        penalty: its C.
        tried: average precision and log loss on `choose` by C.
    """

    form: AdditiveForm
    penalty: float
    tried: dict[float, tuple[float, float]]

    @property
    def parameters(self) -> dict[str, Any]:
        """What it was made with."""
        return {"C": self.penalty, "scale": "sign(x) * log(1 + |x|)"}

    def as_json(self) -> dict[str, Any]:
        """Return what the record keeps of it."""
        return {
            "scale": "sign(x) * log(1 + |x|), mean 0, deviation 1; no number: the median and a column that says so",
            "chosen_by": "average precision on choose; of equal ones the stronger penalty",
            "penalty": self.penalty,
            "tried": {str(one): round(figure, 6) for one, (figure, _) in self.tried.items()},
        }


@dataclass(frozen=True, slots=True)
class _Columns:
    """Scaled columns of the rows to learn from, and how they came of the numbers.

    Attributes:
        values: shape (rows, indicators and those that say that a number is missing).
        median: of each indicator, on the logarithmic scale.
        mean: of each column, before it was scaled.
        deviation: of each column; 1 where (nearly) all are alike: of such a column nothing is learned.
        missing: the indicators that have a column that says so.
    """

    values: Floats
    median: Floats
    mean: Floats
    deviation: Floats
    missing: Sequence[int]


def fit(train: Matrix, choose: Matrix, constraints: Sequence[int]) -> Logistic:
    """Fit logistic regressions on `train` and return the one that orders the rows of `choose` best.

    Args:
        train: rows with outcomes.
        choose: rows with outcomes, on which the penalty is chosen.
        constraints: 1, -1 or 0 for each indicator: it may only raise, only lower, or is free.
    """
    columns = _scaled(train.values)
    lower, upper = _bounds(columns, constraints)
    ones = np.ones((1, len(choose.outcomes)))
    forms: dict[float, AdditiveForm] = {}
    tried: dict[float, tuple[float, float]] = {}
    found = None
    for penalty in PENALTIES:
        found = newton.solve(columns.values, train.outcomes, c=penalty, lower=lower, upper=upper, start=found)
        forms[penalty] = _form(train.names, train.values, columns, found)
        margins = forms[penalty].margins(choose.values)
        surprise = np.logaddexp(0.0, np.where(choose.outcomes > 0, -margins, margins)).mean()
        precision = Ranking(np.round(margins, _DECIMALS), choose.outcomes).average_precision(ones)
        tried[penalty] = float(precision[0]), float(surprise)
    best = min(PENALTIES, key=lambda one: (-round(tried[one][0], 6), one))
    return Logistic(forms[best], best, tried)


def at(train: Matrix, constraints: Sequence[int], penalty: float) -> AdditiveForm:
    """Fit one logistic regression, with this penalty, on `train`; arguments are those of `fit`."""
    columns = _scaled(train.values)
    lower, upper = _bounds(columns, constraints)
    found = newton.solve(columns.values, train.outcomes, c=penalty, lower=lower, upper=upper)
    return _form(train.names, train.values, columns, found)


def _bounds(columns: _Columns, constraints: Sequence[int]) -> tuple[Floats, Floats]:
    """Return the least and the largest value of each coefficient."""
    signs = np.r_[np.asarray(constraints, dtype=np.float64), np.zeros(len(columns.missing))]
    return np.where(signs > 0, 0.0, -np.inf), np.where(signs < 0, 0.0, np.inf)


def _scaled(values: Floats) -> _Columns:
    numbers = logarithmic(values)
    absent = np.isnan(numbers)
    known = [numbers[~absent[:, at], at] for at in range(numbers.shape[1])]
    median = np.array([np.median(one) if len(one) else 0.0 for one in known])
    missing = np.flatnonzero(absent.any(axis=0)).tolist()
    columns = np.column_stack([np.where(absent, median, numbers), absent[:, missing].astype(np.float64)])
    mean, deviation = columns.mean(axis=0), columns.std(axis=0)
    usual = np.median(columns, axis=0)
    near = np.abs(columns - usual) <= _SAME * np.maximum(1.0, np.abs(usual))
    told = (~near).sum(axis=0) >= _LEAST_ROWS
    scaled = np.where(told, (columns - mean) / np.where(told, deviation, 1.0), 0.0)
    return _Columns(scaled, median, np.where(told, mean, 0.0), np.where(told, deviation, 1.0), missing)


def _form(names: Sequence[str], values: Floats, columns: _Columns, found: newton.Solved) -> AdditiveForm:
    """Return the terms on the numbers as they are, instead of the scaled ones."""
    weights = found.weights / columns.deviation
    of_missing = np.zeros(len(names))
    of_missing[columns.missing] = weights[len(names) :]
    terms = []
    for at, name in enumerate(names):
        weight = round(float(weights[at]), _DECIMALS)
        missing = round(float(weights[at] * columns.median[at] + of_missing[at]), _DECIMALS)
        known = values[np.isfinite(values[:, at]), at]
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
        term = CurveTerm(indicator=name, weight=weight, low=low, high=high, missing=missing, mean=0.0)
        mean = round(float(term.of(values[:, at]).mean()), _DECIMALS)
        terms.append(term.model_copy(update={"mean": mean}))
    intercept = round(found.intercept - float(weights @ columns.mean), _DECIMALS)
    return AdditiveForm(LOGISTIC, tuple(names), intercept, 1.0, tuple(terms))
