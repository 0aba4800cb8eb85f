"""How much there is to learn from about the smallest group that the audit will judge.

A model learns of a group what its rows tell. Where few of a group had the outcome, what is learned of the others is
applied to them: the whole may be large enough, and a group still too small.
"""

from typing import Any

import numpy as np

from features.rows.feature_sets import NOT_RECORDED, FeatureSet
from models.matrices import Matrix
from models.sample_size import sample_size
from models.splits import Rows


def smallest_group(feature_set: FeatureSet, matrix: Matrix, train: Rows) -> dict[str, Any] | None:
    """Return the group with the fewest rows with the outcome to learn from, and what Riley et al. (2019) say of it.

    People of whom a group was not recorded are none, and a group without rows to learn from is no group.

    Args:
        feature_set: whose groups the audit will judge.
        matrix: its rows as numbers.
        train: the rows to learn from.

    Returns:
        `group`, `level`, and the record of `sample_size` (without any with, or without, the outcome only `rows` and
        `outcomes`); None where the use case has a single group.
    """
    table, outcomes = feature_set.groups(), matrix.outcomes[train]
    found: list[tuple[int, int, str, str]] = []
    for group in feature_set.use_case.groups:
        levels = np.array(table[group.name].take(train).to_pylist(), dtype=object)
        names = sorted({*levels} - {NOT_RECORDED, None})
        if len(names) > 1:
            inside = [levels == name for name in names]
            found += [
                (int(outcomes[one].sum()), int(one.sum()), group.name, str(name))
                for one, name in zip(inside, names, strict=True)
            ]
    if not found:
        return None
    with_outcome, rows, group_name, level = min(found)
    told: dict[str, Any] = {"group": group_name, "level": level, "rows": rows, "outcomes": with_outcome}
    if 0 < with_outcome < rows:
        told |= sample_size(rows, with_outcome, len(matrix.names)).as_json()
    return told
