"""Audits: rates by group with 1,000 resamples of families against one pass of Fairlearn's MetricFrame without any.

And small numbers: none is found out in all that leaves a demonstration.
"""

from collections.abc import Iterator, Mapping

import fairlearn.metrics as fairlearn
import numpy as np
from sklearn.metrics import precision_score

from audits.fairness.fairness import fairness
from features.declarations.use_cases import FairnessPolicy
from tests.bench import Measured, Part, ratio
from tests.bench.small_numbers import cells_recovered

_ROWS, _PEOPLE = 20_000, 5_000


def _fairness(tiny: bool) -> Iterator[Measured]:
    """Yield how long rates by group with their intervals take, beside Fairlearn's without any."""
    rows, people = (400, 100) if tiny else (_ROWS, _PEOPLE)
    chance = np.random.default_rng(7)
    person = chance.integers(0, people, rows)
    family = chance.integers(0, people // 2, people)[person]
    outcome, suggested = chance.random(rows) < 0.1, chance.random(rows) < 0.08
    groups = {name: [str(one) for one in chance.integers(0, 6, rows)] for name in ("sex", "age", "area", "ethnicity")}
    policy = FairnessPolicy(tolerance=0.1, smallest_group=30)

    def ours() -> None:
        fairness(person, family, outcome, suggested, groups, policy, seed=7, resamples=1000)

    def theirs() -> None:
        metrics = {
            "selected": fairlearn.selection_rate,
            "missed": fairlearn.false_negative_rate,
            "wrongly": fairlearn.false_positive_rate,
            "precision": precision_score,
        }
        for values in groups.values():
            frame = fairlearn.MetricFrame(
                metrics=metrics, y_true=outcome, y_pred=suggested, sensitive_features=np.array(values)
            )
            assert len(frame.by_group)

    yield ratio("fairness_ratio", ours, theirs, "<= 3", tiny=tiny)


PARTS: Mapping[str, Part] = {"fairness": _fairness, "disclosure": cells_recovered}
