"""The test dates one by one: what each model is worth at each, with an interval in closed form.

At one date each person is one row, so no resampling is needed: precision and recall have Wilson's interval, the area
under the curve that of Hanley and McNeil (1982). Siblings are taken as strangers here; the figures over all dates, with
their resamples, are those to rely on.
"""

import datetime
import math
from collections.abc import Mapping, Sequence

import numpy as np

from models.figures import Figure, NotComputed, Stated
from models.measuring.metrics import JudgedRows, ModelAnswers
from models.measuring.ranking import Ranking, TopOfEachDate
from models.resampling import Floats, wilson

BY_DATE = ("auc", "precision_at_capacity", "recall_at_capacity")
_NORMAL = 1.959963984540054

ByDate = Mapping[datetime.date, Mapping[str, Mapping[str, Stated]]]
"""Date → model → metric of `BY_DATE` → figure."""


def measure(case: JudgedRows, judged: Mapping[str, ModelAnswers], dates: Sequence[datetime.date]) -> ByDate:
    """Return each model's figures at each date.

    Args:
        case: the rows, whose date codes count through `dates`.
        judged: answers by name of the model.
        dates: the dates, in the order of time.
    """
    found = {}
    for code, day in enumerate(dates):
        rows = np.flatnonzero(case.dates == code)
        there = JudgedRows(
            case.outcomes[rows], case.people[rows], case.families[rows], np.zeros_like(rows), case.capacity
        )
        found[day] = {name: _of_one(there, one.scores[rows]) for name, one in judged.items()}
    return found


def area(value: float, positives: int, negatives: int) -> Figure:
    """Return an area under the ROC curve with its interval, cut at 0 and 1.

    Formula: variance = (A (1−A) + (p−1)(Q₁−A²) + (q−1)(Q₂−A²)) / pq with Q₁ = A/(2−A), Q₂ = 2A²/(1+A), for p rows with
    the outcome and q without. Hanley and McNeil 1982.
    """
    first, second = value / (2 - value), 2 * value**2 / (1 + value)
    spread = value * (1 - value) + (positives - 1) * (first - value**2) + (negatives - 1) * (second - value**2)
    half = _NORMAL * math.sqrt(max(0.0, spread) / (positives * negatives))
    return Figure(value, max(0.0, value - half), min(1.0, value + half), n=positives + negatives)


def _of_one(case: JudgedRows, scores: Floats) -> dict[str, Stated]:
    """Return the figures of one model at one date."""
    rows, positives = len(case.outcomes), int(case.outcomes.sum())
    if reason := case.too_few():
        return {name: NotComputed(rows, reason) for name in BY_DATE}
    ones = np.ones((1, rows))
    reached, offers, _ = (
        float(one[0]) for one in TopOfEachDate(scores, case.outcomes, case.dates, case.capacity).found(ones)
    )
    return {
        "auc": area(float(Ranking(scores, case.outcomes).auc(ones)[0]), positives, rows - positives),
        "precision_at_capacity": Figure(reached / offers, *wilson(reached, int(offers)), n=int(offers)),
        "recall_at_capacity": Figure(reached / positives, *wilson(reached, positives), n=positives),
    }
