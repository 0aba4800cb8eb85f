"""What a model is worth on the test dates, beside simpler ones: numbers with intervals (`verdicts`: in plain words).

    measured = measure(Case.of(test, use_case.capacity), {"model": Judged(margins, probabilities), ...},
                       against={"model": ("simple_rule",)})
    measured.figures["model"]["auc"].text()                              # "0.812 (0.790 to 0.833, n 9,431)"

Intervals resample families (see `resampling`); differences are paired: both models are measured on the same resamples.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.figures import NotComputed, Stated
from models.matrices import Matrix
from models.measuring import calibration, verdicts
from models.measuring.design_effects import design_effects
from models.measuring.ranking import Ranking, TopOfEachDate
from models.opponents import PREVALENCE
from models.resampling import RESAMPLES, Codes, Estimate, Floats, bootstrap

SMALLEST_CLASS = 10
"""Fewer rows than this with (or without) the outcome: nothing is computed."""

ORDER_METRICS = {
    "auc": "Chance that someone with the outcome is placed before someone without it (0.5 is chance)",
    "average_precision": "Precision, averaged over everyone with the outcome",
    "precision_at_capacity": "Share of offers that reach someone with the outcome, when all places are offered",
    "recall_at_capacity": "Share of those with the outcome who are offered help, when all places are offered",
}
"""Numbers about the order of people: higher is better. Each with its plain words."""

PROBABILITY_METRICS = {
    "brier": "Mean squared distance between probability and outcome (lower is better)",
    "log_loss": "Mean surprise at the outcome, in nats (lower is better)",
    "calibration_slope": "1: probabilities are spread as far as they should be; below 1: too far",
    "calibration_intercept": "0: as many have the outcome as expected; above 0: more than expected (log-odds)",
}
"""Numbers about probabilities. Each with its plain words."""

METRICS = {**ORDER_METRICS, **PROBABILITY_METRICS}
"""All numbers, in the order in which they are shown."""

HEADLINE = "precision_at_capacity"
"""The number on which the verdict rests: it is what people notice, offers that reach whom they should."""

_WITHOUT_A_LINE = "no line can be fitted: the outcome is perfectly separated, or all have one probability"
_AT_CAPACITY = ("precision_at_capacity", "recall_at_capacity")
# Newton's method stops after a step this small; the error left is about its square.
_ENOUGH = 1e-4

Differences = Mapping[str, Mapping[str, Mapping[str, Stated]]]


@dataclass(frozen=True, slots=True)
class JudgedRows:
    """Whom the models are judged on.

    Attributes:
        outcomes: 0 or 1, one a row.
        people: a code per person, from 0.
        families: a code per family, from 0: what intervals resample.
        dates: a code per as-of date, from 0.
        capacity: offers at each date.
    """

    outcomes: Floats
    people: Codes
    families: Codes
    dates: Codes
    capacity: int

    @classmethod
    def of(cls, matrix: Matrix, capacity: int) -> "JudgedRows":
        """Return the case of all rows of `matrix`; each has an outcome."""
        return cls(matrix.outcomes, matrix.people, matrix.families, matrix.day_codes, capacity)

    def too_few(self) -> str:
        """Return why nothing can be computed, or an empty string."""
        positives = int(self.outcomes.sum())
        for many, words in ((positives, "with"), (len(self.outcomes) - positives, "without")):
            if many < SMALLEST_CLASS:
                return f"fewer than {SMALLEST_CLASS} rows {words} the outcome"
        return ""


@dataclass(frozen=True, slots=True)
class ModelAnswers:
    """One model's answers, one a row: scores that order people and, unless it is only an order, probabilities."""

    scores: Floats
    probabilities: Floats | None = None

    @property
    def certain(self) -> Floats:
        """The probabilities, of a model that is known to have some.

        Raises:
            ValueError: it is only an order.
        """
        if self.probabilities is None:
            raise ValueError("it is an order, without probabilities")
        return self.probabilities


@dataclass(frozen=True, slots=True)
class Measured:
    """Numbers by model and metric, and differences by model, simpler model and metric of order.

    Attributes:
        figures: by model and metric.
        differences: by model, simpler model and metric of order.
        by_chance: by model, how many offers a shuffle of those who are level decides, and how many offers there are.
        verdict_resamples: by model and simpler model, how many resamples the difference has that a verdict rests on.
        design_effect: by metric, for the model that has differences: how many times the variance of its figure is what
            it would be if children were drawn one by one; None where it has no interval.
    """

    figures: Mapping[str, Mapping[str, Stated]]
    differences: Differences
    by_chance: Mapping[str, tuple[float, float]]
    verdict_resamples: Mapping[str, Mapping[str, int]]
    design_effect: Mapping[str, float | None]

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "places_by_chance": {
                model: {"places": round(places, 6), "offers": round(offers, 6)}
                for model, (places, offers) in self.by_chance.items()
            },
            "design_effect": dict(self.design_effect),
            "figures": {
                model: {name: figure.as_json() for name, figure in by_name.items()}
                for model, by_name in self.figures.items()
            },
            "differences": {
                model: {
                    other: {name: figure.as_json() for name, figure in by_name.items()}
                    for other, by_name in by_other.items()
                }
                for model, by_other in self.differences.items()
            },
        }


def measure(
    case: JudgedRows,
    judged: Mapping[str, ModelAnswers],
    *,
    against: Mapping[str, Sequence[str]],
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Measured:
    """Measure each model on `case`, and the differences asked for.

    Args:
        case: rows with outcomes.
        judged: answers by name of the model.
        against: for a model, the models whose metrics of order are taken from its own.
        resamples: how many resamples of families; the differences that verdicts rest on have as many as they need
            (`verdicts.LOOKS`), unless fewer than usual are asked for.
        seed: of the resamples.
    """
    kernels = {name: _numbers_of(case, one) for name, one in judged.items()}
    estimates: dict[str, Estimate] = {}
    rests_on: Mapping[verdicts.Pair, verdicts.HeadlineDifference] = {}
    reason = case.too_few()
    if not reason:

        def statistic(weights: Floats) -> dict[str, Floats]:
            found = {f"{name}.{key}": one for name, by in kernels.items() for key, one in by(weights).items()}
            for name, others in against.items():
                for other in others:
                    for key in ORDER_METRICS:
                        found[f"{name}-{other}.{key}"] = found[f"{name}.{key}"] - found[f"{other}.{key}"]
            return found

        estimates = bootstrap(statistic, case.families, resamples=resamples, seed=seed)
        scores = {name: one.scores for name, one in judged.items()}
        looks = verdicts.LOOKS if resamples >= RESAMPLES else (resamples,)
        rests_on = verdicts.differences(case, scores, against, looks=looks, seed=seed)
        estimates |= {f"{name}-{other}.{HEADLINE}": one.estimate for (name, other), one in rests_on.items()}
    sizes = _sizes(case)

    def stated(name: str, key: str, missing: str) -> Stated:
        if reason or f"{name}.{key}" not in estimates:
            return NotComputed(sizes[key], reason or missing)
        found = estimates[f"{name}.{key}"]
        if key in _AT_CAPACITY and sizes[HEADLINE] < SMALLEST_CLASS:
            return NotComputed(sizes[key], f"fewer than {SMALLEST_CLASS} offers")
        if key in _AT_CAPACITY and found.low == found.high and PREVALENCE not in name and "-" not in name:
            return NotComputed(sizes[key], f"{found.value:.3g} in all resamples, which does not say how sure it is")
        return found.stated(sizes[key], _WITHOUT_A_LINE)

    only_order = "an order, not a probability"
    return Measured(
        {name: {key: stated(name, key, only_order) for key in METRICS} for name in judged},
        {
            name: {other: {key: stated(f"{name}-{other}", key, "") for key in ORDER_METRICS} for other in others}
            for name, others in against.items()
        },
        {name: _top(case, one).by_chance() for name, one in judged.items()},
        {
            name: {other: rests_on[name, other].resamples for other in others if (name, other) in rests_on}
            for name, others in against.items()
        },
        {} if reason else design_effects(case.people, kernels, against, estimates, resamples, seed),
    )


def _numbers_of(case: JudgedRows, judged: ModelAnswers) -> Callable[[Floats], dict[str, Floats]]:
    """Return the function from row weights to every number of one model."""
    ranking = Ranking(judged.scores, case.outcomes)
    top = _top(case, judged)
    of_probabilities = None if judged.probabilities is None else _probability_numbers(case, judged.probabilities)

    def numbers(weights: Floats) -> dict[str, Floats]:
        precision, recall = top.precision_and_recall(weights)
        auc, average_precision = ranking.auc_and_average_precision(weights)
        found = {
            "auc": auc,
            "average_precision": average_precision,
            "precision_at_capacity": precision,
            "recall_at_capacity": recall,
        }
        return found if of_probabilities is None else {**found, **of_probabilities(weights)}

    return numbers


def _top(case: JudgedRows, judged: ModelAnswers) -> TopOfEachDate:
    return TopOfEachDate(judged.scores, case.outcomes, case.dates, case.capacity)


def _probability_numbers(case: JudgedRows, probabilities: Floats) -> Callable[[Floats], dict[str, Floats]]:
    outcomes = case.outcomes
    squares = (probabilities - outcomes) ** 2
    surprise = -np.log(np.where(outcomes > 0, probabilities, 1 - probabilities))
    logits = calibration.logit(probabilities)
    ones = np.ones((1, len(outcomes)))
    slope, intercept = (float(one[0]) for one in calibration.line(logits, outcomes, ones))
    start = (slope, intercept) if np.isfinite(slope) else None
    level = float(calibration.shift(logits, outcomes, ones)[0])

    def numbers(weights: Floats) -> dict[str, Floats]:
        rows = weights.sum(axis=1)
        return {
            "brier": weights @ squares / rows,
            "log_loss": weights @ surprise / rows,
            "calibration_slope": calibration.line(logits, outcomes, weights, start, _ENOUGH)[0],
            "calibration_intercept": calibration.shift(logits, outcomes, weights, level, _ENOUGH),
        }

    return numbers


def _sizes(case: JudgedRows) -> dict[str, int]:
    """Return what each metric's `n` is: its denominator."""
    offers = np.minimum(np.bincount(case.dates), case.capacity).sum()
    return {
        **dict.fromkeys(METRICS, len(case.outcomes)),
        "precision_at_capacity": int(offers),
        "recall_at_capacity": int(case.outcomes.sum()),
    }
