"""Judging: what a model and the simpler ways beside it are worth on the test rows, and what it goes by.

    judgement, record = measure(matrix, rows, opponents, capacity, model, learned="train", seed=0, progress=silent)

Nothing is learned here, so a training, an update and whoever asks a published model again are judged alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.progress import Progress
from models.bundle.model import Model
from models.fitting.baselines import Opponents
from models.matrices import Matrix
from models.measuring import (
    capacities,
    importance,
    metrics,
    net_benefit,
    observed_expected,
    smooth_calibration,
    thresholds,
    verdicts,
)
from models.measuring.expected import expected_and_observed
from models.measuring.metrics import HEADLINE, JudgedRows, ModelAnswers
from models.measuring.shift import shift
from models.measuring.usual import usual
from models.one_thread import on_one_thread
from models.resampling import LEVEL, METHOD, RESAMPLES, Codes, Floats
from models.splits import Rows

MODEL = "model"


@dataclass(frozen=True)
class ExplainedRows:
    """Some of the test rows: their numbers, and what each indicator adds to their log-odds; the last adds the base."""

    names: tuple[str, ...]
    values: Floats
    contributions: Floats
    families: Codes

    @classmethod
    def of(cls, model: Model, test: Matrix, seed: int) -> "ExplainedRows":
        """Explain the test rows, or some of them where there are many."""
        rows = importance.some_rows(len(test.values), seed=seed)
        values = test.values[rows]
        return cls(model.names, values, model.contributions(values), test.families[rows])


@dataclass(frozen=True)
class Judgement:
    """The test rows, what each model answered for them, and why."""

    case: JudgedRows
    judged: dict[str, ModelAnswers]
    explained: ExplainedRows


@on_one_thread
def measure(
    matrix: Matrix,
    rows: Mapping[str, Rows],
    opponents: Opponents,
    capacity: int,
    model: Model,
    *,
    learned: str,
    seed: int,
    progress: Progress,
) -> tuple[Judgement, dict[str, Any]]:
    """Measure a model, and the simpler ones beside it, on the test rows; return the answers and what the record says.

    Args:
        matrix: all rows; families and people are known across the parts.
        rows: the rows of "train", "choose" and "test".
        opponents: the simpler ways that the model must beat.
        capacity: places at each date of looking.
        model: whatever made it.
        learned: the part that it learned from last, with which the test rows are compared.
        seed: of the resamples.
        progress: told of each step.
    """
    choose, test = (matrix.take(rows[name]) for name in ("choose", "test"))
    progress("Comparing the test dates with those that were learned from", 0, 1)
    whose = (matrix.families[rows[learned]], matrix.families[rows["test"]])
    moved = shift(matrix.take(rows[learned]), test, whose, seed=seed)
    progress("Measuring on the test dates", 0, 1)
    case = JudgedRows.of(test, capacity)
    judged = judge(model, opponents, choose, test)
    probabilities = judged[MODEL].certain
    explained = ExplainedRows.of(model, test, seed)
    against = opponents.names(model.form.algorithm)
    measured = metrics.measure(case, judged, against={MODEL: against}, seed=seed)
    in_bands = thresholds.measure(case, model.thresholds, probabilities, seed=seed)
    said = {name: verdicts.verdict(by_metric[HEADLINE]) for name, by_metric in measured.differences[MODEL].items()}
    days = np.unique(test.days).astype(str).tolist()
    numbers = {
        **measured.as_json(),
        **capacities.record(case, judged, seed=seed),
        **net_benefit.record(case, judged, seed=seed),
        **smooth_calibration.record(case, probabilities, seed=seed),
        **observed_expected.record(case, probabilities, _seen(matrix, rows), seed=seed),
        **importance.record(
            importance.measure(explained.contributions, explained.families, explained.names, seed=seed)
        ),
        "shift": moved.as_json(),
        "usual": usual(matrix.take(rows[learned])),
        "bands": {name: {key: one.as_json() for key, one in by.items()} for name, by in in_bands.items()},
        "offers_by_date": thresholds.by_date(case, model.thresholds, judged[MODEL], days),
        "expected_and_observed": expected_and_observed(case, probabilities),
        "verdict": {"on": HEADLINE, "against": said, "resamples": dict(measured.verdict_resamples[MODEL])},
        "opponents": {name: said for name, said in opponents.as_json().items() if name in against},
        "contributions": model.form.said,
        "interval": {
            "level": LEVEL,
            "method": METHOD,
            "resamples": RESAMPLES,
            "seed": seed,
        },
    }
    return Judgement(case, judged, explained), numbers


def _seen(matrix: Matrix, rows: Mapping[str, Rows]) -> NDArray[np.bool_]:
    """Say of each test row whether its person is in the part train."""
    return np.isin(matrix.people[rows["test"]], matrix.people[rows["train"]])


def judge(model: Model, opponents: Opponents, choose: Matrix, test: Matrix) -> dict[str, ModelAnswers]:
    """Return what the model and the simpler ways say of the test rows; a model that is one of them stands once."""
    margins = model.margins(test.values)
    others = opponents.answers(choose, test)
    return {
        MODEL: ModelAnswers(margins, model.calibration.probabilities(margins)),
        **{name: others[name] for name in opponents.names(model.form.algorithm)},
    }
