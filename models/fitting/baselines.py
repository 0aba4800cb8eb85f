"""The simpler ways that stand beside every model: one rule that fits in a sentence, and a logistic regression.

Each is made with the care that the model gets: a rule says who comes first among those who are level, and the logistic
regression sees counts on a logarithmic scale, with the penalty that did best on `choose`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.declarations.use_cases import SimpleRule
from models.matrices import Matrix
from models.measuring.ranking import Ranking
from models.resampling import Floats

SIMPLE_RULE = "simple_rule"
LOGISTIC_REGRESSION = "logistic_regression"
OPPONENTS = (SIMPLE_RULE, LOGISTIC_REGRESSION)
"""Whom a model must beat, each with a verdict of its own."""

PENALTIES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
"""What the penalty is chosen from: scikit-learn's C, the strongest penalty first."""


def rule_scores(matrix: Matrix, rule: SimpleRule) -> Floats:
    """Return scores that order people as the rule does; equal scores are level in all its steps.

    No number comes last, whichever way a step goes.

    Args:
        matrix: the rows.
        rule: its first step, and what orders those who are level.
    """
    keys = []
    for step in rule.steps:
        numbers = matrix.column(step.indicator)
        directed = numbers if step.highest_first else -numbers
        keys.append(np.where(np.isnan(numbers), -np.inf, directed))
    order = np.lexsort(keys[::-1])
    columns = np.column_stack(keys)[order]
    rises = np.r_[False, (columns[1:] != columns[:-1]).any(axis=1)]
    scores = np.empty(len(order))
    scores[order] = np.cumsum(rises)
    return scores


def best_rule(choose: Matrix) -> SimpleRule:
    """Return the one indicator, and the way, by which the rows of `choose` are ordered best.

    By average precision; of equal ones the first indicator, highest first. No number comes last.
    """
    ones = np.ones((1, len(choose.outcomes)))
    rules = [SimpleRule(indicator=name, highest_first=highest) for name in choose.names for highest in (True, False)]
    return max(
        rules,
        key=lambda rule: round(
            float(Ranking(rule_scores(choose, rule), choose.outcomes).average_precision(ones)[0]), 6
        ),
    )


@dataclass(frozen=True, slots=True)
class Logistic:
    """The logistic regression that did best on `choose`.

    Attributes:
        penalty: its C.
        margins: log-odds of the rows of each part that was asked for, by name.
        tried: average precision on `choose` by C.
    """

    penalty: float
    margins: Mapping[str, Floats]
    tried: Mapping[float, float]

    def as_json(self) -> dict[str, Any]:
        """Return what the record keeps of it."""
        return {
            "scale": "sign(x) * log(1 + |x|), mean 0, deviation 1; no number: the median and a column that says so",
            "chosen_by": "average precision on choose; of equal ones the stronger penalty",
            "penalty": self.penalty,
            "tried": {str(one): round(figure, 6) for one, figure in self.tried.items()},
        }


def logistic(train: Matrix, parts: Mapping[str, Matrix], *, choose: str = "choose") -> Logistic:
    """Fit logistic regressions on `train` and return the one that orders the rows of `choose` best.

    Numbers are taken as sign(x) log(1 + |x|), so that the step from 0 to 1 counts for more than that from 20 to 21. A
    missing number becomes the median of `train`, with a yes/no column beside it that says it was missing; columns are
    scaled to mean 0 and deviation 1; penalty L2. Solved by Newton's method to the last digits, so that the result does
    not hang on how many threads added the sums.

    Args:
        train: rows with outcomes.
        parts: rows to answer for, by name.
        choose: the part on which the penalty is chosen; its rows have outcomes.
    """
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    scaled = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True), StandardScaler()
    )
    columns = scaled.fit_transform(_logarithmic(train.values))
    asked = {name: scaled.transform(_logarithmic(part.values)) for name, part in parts.items()}
    ones = np.ones((1, len(parts[choose].outcomes)))
    tried: dict[float, float] = {}
    margins: dict[float, dict[str, Floats]] = {}
    for penalty in PENALTIES:
        model = LogisticRegression(C=penalty, solver="newton-cholesky", tol=1e-10, max_iter=200)
        model.fit(columns, train.outcomes)
        margins[penalty] = {
            name: np.asarray(model.decision_function(one), dtype=np.float64) for name, one in asked.items()
        }
        ranking = Ranking(margins[penalty][choose], parts[choose].outcomes)
        tried[penalty] = float(ranking.average_precision(ones)[0])
    best = min(PENALTIES, key=lambda one: (-round(tried[one], 6), one))
    return Logistic(best, margins[best], tried)


def _logarithmic(values: Floats) -> Floats:
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)), dtype=np.float64)
