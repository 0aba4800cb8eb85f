"""A model that adds up one number for each indicator: log-odds = intercept + f1(x1) + … + fk(xk).

    form = AdditiveForm.parse(text, names)
    form.margins(matrix)                # log-odds before calibration
    form.contributions(matrix)          # f(x) less its mean over the rows that it was learned from, and the base

| algorithm | what a term is |
|---|---|
| logistic | weight x sign(x) log(1 + |x|), x no further than it was learned from; a number of its own for none |
| points | whole points for the band that the number is in, or for having none, times one unit for all |

Of a sum, Shapley values need no walk: each indicator adds its own term, so that what it adds is the term less its mean
(Lundberg and Lee 2017, corollary 1), whichever values the others have. The means are those of the rows to learn from.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.errors import IntegrityError
from models.resampling import Floats

LOGISTIC = "logistic"
POINTS = "points"
_TOLERANCE = 1e-9
_SAID = {
    LOGISTIC: "exact, since the model is a sum: what each indicator adds to a logistic regression, less its mean",
    POINTS: "exact, since the model is a sum: the points of each indicator, less their mean",
}

Finite = Annotated[float, Field(allow_inf_nan=False)]
WholePoints = Annotated[int, Field(ge=-1000, le=1000)]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CurveTerm(_Frozen):
    """weight x sign(x) log(1 + |x|), and a number where there is none; x no further than it was learned from."""

    indicator: str
    weight: Finite
    low: Finite
    """The lowest number that was learned from; a lower one counts as this."""
    high: Finite
    """The highest; a higher one counts as this."""
    missing: Finite
    mean: Finite
    """Of the term, over the rows that were learned from, in log-odds."""

    def of(self, numbers: Floats) -> Floats:
        """Return the term of each number, in log-odds."""
        return np.where(
            np.isnan(numbers), self.missing, self.weight * logarithmic(np.clip(numbers, self.low, self.high))
        )


class PointsTerm(_Frozen):
    """Points for each band of numbers, and points where there is none.

    Bands are [-∞, first cut), [first cut, second cut), …, [last cut, ∞).
    """

    indicator: str
    whole: bool
    """Whether every number that was learned from is whole."""
    cuts: tuple[Finite, ...]
    points: tuple[WholePoints, ...]
    missing: WholePoints
    mean: Finite
    """Of the points, over the rows that were learned from."""

    def of(self, numbers: Floats) -> Floats:
        """Return the points of each number."""
        found = np.array(self.points, dtype=np.float64)[np.searchsorted(self.cuts, numbers, side="right")]
        return np.where(np.isnan(numbers), float(self.missing), found)


class _LogisticText(_Frozen):
    algorithm: Literal["logistic"]
    intercept: Finite
    terms: tuple[CurveTerm, ...]


class _PointsText(_Frozen):
    algorithm: Literal["points"]
    intercept: Finite
    unit: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    """Log-odds of one point."""
    terms: tuple[PointsTerm, ...]


def logarithmic(numbers: Floats) -> Floats:
    """Return sign(x) log(1 + |x|): the step from 0 to 1 counts for more than that from 20 to 21."""
    return np.asarray(np.sign(numbers) * np.log1p(np.abs(numbers)), dtype=np.float64)


@dataclass(frozen=True)
class AdditiveForm:
    """An additive model.

    Attributes:
        algorithm: "logistic" or "points".
        names: the indicators, in the order of a matrix's columns; not all need a term.
        intercept: log-odds where every term is 0.
        unit: log-odds of one point; 1 of a logistic regression.
        terms: at most one for each indicator.
    """

    algorithm: str
    names: tuple[str, ...]
    intercept: float
    unit: float
    terms: tuple[CurveTerm, ...] | tuple[PointsTerm, ...]

    @classmethod
    def parse(cls, text: str, names: Sequence[str]) -> "AdditiveForm":
        """Read a model's text, which `text` wrote and whose bytes the caller has checked.

        Raises:
            IntegrityError: it is no such text, or its indicators are not among `names`.
        """
        read: _LogisticText | _PointsText
        try:
            said = json.loads(text)
            kind = said.get("algorithm") if isinstance(said, dict) else None
            read = (_PointsText if kind == POINTS else _LogisticText).model_validate_json(text)
        except (ValueError, ValidationError, RecursionError):
            raise IntegrityError("The model's text is no additive model.", "Train it anew.") from None
        asked = [term.indicator for term in read.terms]
        if len({*asked}) != len(asked) or not {*asked} <= {*names}:
            raise IntegrityError("The model was trained on other indicators than its bundle says.", "Train it anew.")
        for term in read.terms:
            if isinstance(term, PointsTerm) and (
                len(term.points) != len(term.cuts) + 1 or list(term.cuts) != sorted({*term.cuts})
            ):
                raise IntegrityError("The bands of the model's points are not in order.", "Train it anew.")
        unit = read.unit if isinstance(read, _PointsText) else 1.0
        return cls(read.algorithm, tuple(names), read.intercept, unit, read.terms)

    @property
    def text(self) -> str:
        """The model as its file holds it: the same terms give the same bytes."""
        unit: Mapping[str, Any] = {"unit": self.unit} if self.algorithm == POINTS else {}
        terms = [term.model_dump(mode="json") for term in self.terms]
        said = {"algorithm": self.algorithm, "intercept": self.intercept, **unit, "terms": terms}
        return json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @property
    def said(self) -> str:
        """Whose contributions these are, in words."""
        return _SAID[self.algorithm]

    @property
    def base(self) -> float:
        """Mean log-odds over the rows that were learned from."""
        return self.intercept + self.unit * sum(term.mean for term in self.terms)

    def margins(self, matrix: Floats) -> Floats:
        """Return log-odds before calibration, shape (rows,); NaN in the matrix is "no number"."""
        return np.asarray(self.intercept + self.unit * self.totals(matrix), dtype=np.float64)

    def totals(self, matrix: Floats) -> Floats:
        """Return the sum of the terms of each row, shape (rows,): of a card, its points."""
        found = np.zeros(len(matrix))
        for term in self.terms:
            found += term.of(matrix[:, self.names.index(term.indicator)])
        return found

    def contributions(self, matrix: Floats) -> Floats:
        """Return what each indicator adds, shape (rows, indicators + 1); the last column is the base.

        Raises:
            ValueError: the matrix has another number of columns, or an indicator is infinite.
        """
        if matrix.ndim != 2 or matrix.shape[1] != len(self.names):
            raise ValueError(f"the matrix needs {len(self.names)} columns, one per indicator")
        if np.isinf(matrix).any():
            raise ValueError("an indicator is infinite")
        return np.column_stack([self.terms_of(matrix) - self.means, np.full(len(matrix), self.base)])

    def terms_of(self, matrix: Floats) -> Floats:
        """Return the term of each indicator in log-odds, shape (rows, indicators); 0 for one that has none."""
        found = np.zeros((len(matrix), len(self.names)))
        for term in self.terms:
            at = self.names.index(term.indicator)
            found[:, at] = self.unit * term.of(matrix[:, at])
        return found

    @property
    def means(self) -> Floats:
        """Mean of each indicator's term over the rows that were learned from, in log-odds, shape (indicators,)."""
        by_name = {term.indicator: term.mean for term in self.terms}
        return np.array([self.unit * by_name.get(name, 0.0) for name in self.names])

    def check(self, matrix: Floats) -> None:
        """Check that contributions add up to the log-odds.

        Raises:
            IntegrityError: a row's do not, to 1e-9.
        """
        if not np.all(np.abs(self.contributions(matrix).sum(axis=1) - self.margins(matrix)) <= _TOLERANCE):
            raise IntegrityError("The model's contributions do not add up to its log-odds.", "Do not use it.")
