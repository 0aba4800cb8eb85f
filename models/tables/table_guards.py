"""What a table must not bring: a group under another name among the indicators, or an indicator that is the outcome."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.types as kinds
from numpy.typing import NDArray

from hub.errors import InputError
from models.matrices import Matrix
from models.measuring.ranking import Ranking
from models.resampling import Codes

FEWEST_ROWS = 10
"""Fewer rows on one side say nothing."""
_MOST_VALUES = 200
_TOLD, _WRONGLY = 0.99, 0.01
_SPLITS = 3
_TOO_GOOD = 0.99
_NONE = -1


def require_no_group_in(path: Path, table: pa.Table, indicators: Sequence[str], groups: Sequence[str]) -> None:
    """Check that no indicator has values by which nearly all of one group, and hardly anybody else, can be known.

    So is a group under another name, whole or one group of it, also where some cells are wrong, where a title stands
    for a sex, or where emptiness says it: at least 99 of 100 rows of the group have one of these values, and at most 1
    of 100 others, with at least ten rows on either side. An indicator of more values is split where it tells most.
    Rows whose group is not recorded are left aside.

    Raises:
        InputError: it names both columns.
    """
    for group in groups:
        levels = _coded(table[group])
        for name in indicators:
            for values in _values(table[name]):
                known = (levels != _NONE) & (values != _NONE)
                if not known.any() or not _tells(values[known], levels[known]):
                    continue
                raise InputError(
                    f"{path}: the indicator {name} is the group {group} under another name, or a part of it: one "
                    "tells the other.",
                    "A model never sees a group. Leave the column out of the file.",
                )


def _coded(column: pa.ChunkedArray) -> Codes:
    """Return a code per value, from 0; -1 where the cell is empty."""
    found = column.combine_chunks().dictionary_encode().indices
    return np.asarray(found.fill_null(_NONE).to_numpy(zero_copy_only=False), dtype=np.intp)


def _values(column: pa.ChunkedArray) -> list[Codes]:
    """Return codes of an indicator's values: without empty cells, with emptiness as a value, and as emptiness alone.

    Of many numbers, each split in two.
    """
    found = _coded(column)
    if found.max(initial=0) < _MOST_VALUES or not (kinds.is_floating(column.type) or kinds.is_integer(column.type)):
        return [found, found - _NONE, (found == _NONE).astype(np.intp)]
    numbers = np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)
    cuts = np.unique(np.quantile(numbers[np.isfinite(numbers)], np.linspace(0.01, 0.99, 99)))
    middles = (cuts[1:] + cuts[:-1]) / 2
    widest = middles[np.argsort(np.diff(cuts))[-_SPLITS:]]
    return [np.where(np.isnan(numbers), 0, 1 + (numbers > cut)).astype(np.intp) for cut in widest]


def _tells(values: Codes, levels: Codes) -> bool:
    """Say whether some values are those of nearly all rows of a level, and of hardly any other.

    Of all values these are the ones that more often go with the level than not.
    """
    counts = np.zeros((int(values.max()) + 1, int(levels.max()) + 1))
    np.add.at(counts, (values, levels), 1)
    inside = counts.sum(axis=0)
    outside = counts.sum() - inside
    enough = (inside >= FEWEST_ROWS) & (outside >= FEWEST_ROWS)
    everyone = counts.sum(axis=1, keepdims=True)
    taken = (counts > everyone / 2) & (everyone >= FEWEST_ROWS)
    right = np.where(taken, counts, 0).sum(axis=0) / np.maximum(inside, 1)
    wrong = np.where(taken, everyone - counts, 0).sum(axis=0) / np.maximum(outside, 1)
    told: NDArray[np.bool_] = (right >= _TOLD) & (wrong <= _WRONGLY) & enough
    return bool(told.any())


def too_good(train: Matrix) -> dict[str, float]:
    """Return the indicators that alone order the outcome nearly perfectly, each with its AUC.

    An indicator that is the outcome under another name, or was written down after it, makes a model that is worth
    nothing. No number comes last, whichever way it goes.
    """
    if min(train.positives, len(train.outcomes) - train.positives) < FEWEST_ROWS:
        return {}
    found = {}
    ones = np.ones((1, len(train.outcomes)))
    for at, name in enumerate(train.names):
        numbers = train.values[:, at]
        for scores in (numbers, -numbers):
            area = float(Ranking(np.where(np.isnan(scores), -np.inf, scores), train.outcomes).auc(ones)[0])
            if area >= _TOO_GOOD:
                found[name] = area
    return found
