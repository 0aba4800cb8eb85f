"""Figures of an update: how the old model stands on newer rows, and the new one beside it."""

from typing import Any

import numpy as np

from models.bundle.bundles import Bundle
from models.bundle.model import Model
from models.figures import NotComputed, Stated
from models.fitting.fitting import MODEL, Fitted
from models.fitting.parted import Parted
from models.measuring import calibration, metrics
from models.measuring.metrics import ModelAnswers
from models.resampling import Codes, Floats, bootstrap


def calibration_before(log_odds: Floats, parted: Parted, seed: int) -> dict[str, Stated]:
    """Return intercept and slope of the old model on `choose`, with intervals of families."""
    outcomes, enough = parted.choose.outcomes, 1e-6
    slope, intercept = (float(one[0]) for one in calibration.line(log_odds, outcomes, np.ones((1, len(log_odds)))))
    start = (slope, intercept) if np.isfinite(slope) else None

    def statistic(weights: Floats) -> dict[str, Floats]:
        return {
            "intercept": calibration.shift(log_odds, outcomes, weights, enough=enough),
            "slope": calibration.line(log_odds, outcomes, weights, start, enough)[0],
        }

    found = bootstrap(statistic, parted.choose.families, seed=seed)
    reason = "it does not converge: the outcome is perfectly separated"
    return {name: one.stated(len(outcomes), reason) for name, one in found.items()}


def beside(old_model: Model, fitted: Fitted, parted: Parted, old: Bundle, seed: int) -> dict[str, Any]:
    """Return how the old model does on the new test dates, and the update less the old one, paired over families.

    It is said, and decides nothing. `reported_before` are test dates on which the old bundle was reported already: who
    asks for an update may have been moved by them.
    """
    margins = old_model.margins(parted.test.values)
    before = ModelAnswers(margins, old_model.calibration.probabilities(margins))
    answers = {"after": fitted.judged[MODEL], "before": before}
    measured = metrics.measure(fitted.case, answers, against={"after": ("before",)}, seed=seed).as_json()
    again = set(old.facts.splits.test) & set(parted.dates.test)
    return {
        "before": measured["figures"]["before"],
        "after_minus_before": {
            **measured["differences"]["after"]["before"],
            "log_loss": _on_test(fitted, before, seed).as_json(),
        },
        "reported_before": [day.isoformat() for day in sorted(again)],
    }


def _on_test(fitted: Fitted, before: ModelAnswers, seed: int) -> Stated:
    case, after = fitted.case, fitted.judged[MODEL]
    if reason := case.too_few():
        return NotComputed(len(case.outcomes), reason)
    return surprise_saved(case.outcomes, case.families, after.certain, before.certain, seed)


def surprise_saved(outcomes: Floats, families: Codes, first: Floats, second: Floats, seed: int) -> Stated:
    """Return the mean log loss of the first probabilities less that of the second, in nats; below 0: it is better."""
    surprise, other = (-np.log(np.where(outcomes > 0, one, 1 - one)) for one in (first, second))

    def statistic(weights: Floats) -> dict[str, Floats]:
        return {"saved": weights @ (surprise - other) / weights.sum(axis=1)}

    return bootstrap(statistic, families, seed=seed)["saved"].stated(len(outcomes), "there are no rows")
