"""Fairlearn is the definition of the rates: every point value is compared with it, and an audit that differs stops.

Fairlearn's functions are called on the rows of each level. Its `MetricFrame` gives the same numbers (a test holds that)
but walks all rows in Python, which takes minutes for a county.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from audits.fairness.fairness import Fairness
from audits.fairness.rates import RATES, rates_of
from hub.errors import IntegrityError


def check(
    outcome: npt.NDArray[np.bool_],
    suggested: npt.NDArray[np.bool_],
    groups: Mapping[str, Sequence[str]],
    found: Fairness,
) -> int:
    """Compare every point value with Fairlearn's; return how many were compared.

    Where nobody can be counted Fairlearn answers 0; there nothing is compared, and nothing is reported.

    Raises:
        IntegrityError: one differs.
    """
    from fairlearn.metrics import false_negative_rate, false_positive_rate, selection_rate
    from sklearn.metrics import precision_score

    metrics = dict(zip(RATES, (selection_rate, false_negative_rate, false_positive_rate, precision_score), strict=True))
    y_true, y_pred = outcome.astype(np.int64), suggested.astype(np.int64)
    compared = 0
    for group in found.groups:
        values = np.asarray(groups[group.name], dtype=object)
        for level in group.levels:
            rows = values == level.name
            ours = rates_of(np.array(level.cells))
            for column, rate in enumerate(RATES):
                if np.isnan(ours[column]):
                    continue
                if ours[column] != float(metrics[rate](y_true[rows], y_pred[rows])):
                    raise IntegrityError(
                        f"The {rate.replace('_', ' ')} of a level of {group.name} differs from Fairlearn's.",
                        "Do not use this audit; check the versions of the libraries.",
                    )
                compared += 1
    return compared
