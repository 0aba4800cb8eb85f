"""The simpler ways that stand beside every model, each made with the care that the model gets.

    opponents = fit(train, choose, constraints, rule)
    opponents.answers(choose, test)             # what each says of the test rows

| way | what it is |
|---|---|
| prevalence | everybody has the same probability: places go by lot |
| best_indicator | the one indicator, and the way, that orders `choose` best |
| simple_rule | what the use case declares; on a table, there is none |
| logistic_regression | `logistic` |
| points_card | `points` |
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.declarations.use_cases import SimpleRule
from models.additive.additive import LOGISTIC, POINTS, AdditiveForm
from models.fitting import calibrating, logistic, points
from models.fitting.logistic import Logistic
from models.fitting.points import PointsCard
from models.matrices import Matrix
from models.measuring.metrics import ModelAnswers
from models.measuring.ranking import Ranking
from models.opponents import BEST_INDICATOR, LOGISTIC_REGRESSION, OPPONENTS, POINTS_CARD, PREVALENCE, SIMPLE_RULE
from models.resampling import Floats

SAME_AS = {LOGISTIC: LOGISTIC_REGRESSION, POINTS: POINTS_CARD}
"""The opponent that a model of such an algorithm is."""


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
class Opponents:
    """The simpler ways, fitted.

    Attributes:
        best: the best single indicator.
        rule: what the use case declares; None on a table.
        logistic: the logistic regression.
        points: the card of points.
    """

    best: SimpleRule
    rule: SimpleRule | None
    logistic: Logistic
    points: PointsCard

    def names(self, algorithm: str) -> tuple[str, ...]:
        """Return those against which a model of this algorithm is held."""
        left_out = {SAME_AS.get(algorithm), SIMPLE_RULE if self.rule is None else None}
        return tuple(name for name in OPPONENTS if name not in left_out)

    def answers(self, choose: Matrix, test: Matrix) -> dict[str, ModelAnswers]:
        """Return what each says of the test rows; what has log-odds is calibrated on `choose` as a model is."""
        share = float(choose.outcomes.mean())
        level = np.full(len(test.outcomes), share)
        found = {
            PREVALENCE: ModelAnswers(np.zeros(len(test.outcomes)), level),
            BEST_INDICATOR: ModelAnswers(rule_scores(test, self.best)),
        }
        if self.rule is not None:
            found[SIMPLE_RULE] = ModelAnswers(rule_scores(test, self.rule))
        for name, form in ((LOGISTIC_REGRESSION, self.logistic.form), (POINTS_CARD, self.points.form)):
            found[name] = _calibrated(form, choose, test)
        return found

    def as_json(self) -> dict[str, Any]:
        """Return what the record keeps of them."""
        return {
            BEST_INDICATOR: {
                "chosen_by": "average precision on choose",
                "indicator": self.best.indicator,
                "highest_first": self.best.highest_first,
            },
            LOGISTIC_REGRESSION: self.logistic.as_json(),
            POINTS_CARD: self.points.as_json(),
        }


def fit(train: Matrix, choose: Matrix, constraints: Sequence[int], rule: SimpleRule | None) -> Opponents:
    """Fit all simpler ways.

    Args:
        train: rows to learn from.
        choose: rows on which a penalty, a size and the best indicator are chosen.
        constraints: 1, -1 or 0 for each indicator: it may only raise, only lower, or is free.
        rule: the simple rule of the use case, where there is one.
    """
    return Opponents(
        best_rule(choose), rule, logistic.fit(train, choose, constraints), points.fit(train, choose, constraints)
    )


def _calibrated(form: AdditiveForm, choose: Matrix, test: Matrix) -> ModelAnswers:
    margins = form.margins(test.values)
    platt = calibrating.fit(form.margins(choose.values), choose.outcomes)
    return ModelAnswers(margins, platt.probabilities(margins))
