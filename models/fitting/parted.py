"""A feature set's rows by the parts of its split.

    parted = Parted.of(feature_set)
    parted.train.values, parted.choose.outcomes, parted.test.days

What each part is for, `fitting` says.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from features.rows.feature_sets import FeatureSet
from hub.errors import StateError
from models import splits
from models.matrices import Matrix, of_feature_set
from models.resampling import Codes
from models.splits import Rows, Splits


@dataclass(frozen=True)
class Parted:
    """A feature set's rows by the parts of its split.

    Attributes:
        matrix: all of them.
        dates: which dates are in which part.
        rows: which rows are.
    """

    matrix: Matrix
    dates: Splits
    rows: dict[str, Rows]

    @classmethod
    def of(cls, feature_set: FeatureSet) -> "Parted":
        """Read a feature set and split it; raises as `split`."""
        matrix = of_feature_set(feature_set)
        return cls(matrix, *split(feature_set, matrix))

    @cached_property
    def train(self) -> Matrix:
        """The rows that trees are grown on."""
        return self.matrix.take(self.rows["train"])

    @cached_property
    def choose(self) -> Matrix:
        """The rows that choose and calibrate."""
        return self.matrix.take(self.rows["choose"])

    @cached_property
    def test(self) -> Matrix:
        """The rows that decide nothing."""
        return self.matrix.take(self.rows["test"])

    def part(self, name: str) -> Matrix:
        """Return the rows of "train", "choose" or "test"."""
        return {"train": self.train, "choose": self.choose, "test": self.test}[name]

    def families(self, name: str) -> Codes:
        """Return the family of each row of a part, the same number in every part."""
        return self.matrix.families[self.rows[name]]


def split(feature_set: FeatureSet, matrix: Matrix) -> tuple[Splits, dict[str, Rows]]:
    """Split a feature set by time and check it for leakage on the very rows.

    A date on which any outcome is not known yet is in no part.

    Raises:
        NotEnoughError: a part is empty, or holds nobody with (or without) the outcome.
        LeakageError: a part's outcomes are still open when the next begins.
    """
    use_case = feature_set.use_case
    open_days = np.unique(matrix.days[np.isnan(matrix.outcomes)])
    found = splits.split_dates(
        np.unique(matrix.days).tolist(), open_days.tolist(), use_case.validation, use_case.horizon_days
    )
    rows = splits.rows_of(found, matrix.days, matrix.outcomes, matrix.followed)
    splits.check_no_leakage(rows, matrix.days, use_case.horizon_days)
    return found, rows


def require_numbers(parts: Mapping[str, Matrix], learned: Collection[str]) -> None:
    """Check that rows of later parts have a number wherever every row had one that a model learned from.

    Args:
        parts: the rows, by the name of their part.
        learned: the indicators of which that is so.

    Raises:
        StateError: one of them has none in a row: nothing was learned about that.
    """
    for name, part in parts.items():
        always = np.isin(part.names, list(learned))
        missing = np.isnan(part.values[:, always]).sum(axis=0)
        if missing.any():
            named = np.array(part.names)[always][missing > 0]
            told = ", ".join(f"{one} in {count:,} rows" for one, count in zip(named, missing[missing > 0], strict=True))
            raise StateError(
                f"In the part {name} of the split there is no number for {told}; in every row to learn from there is "
                "one, so that nothing was learned about its absence.",
                "Train on dates on which it may be missing too, or leave the indicator out.",
            )


def counts_of(matrix: Matrix, part: Rows) -> dict[str, int]:
    """Return what the record says of the size of a part; `not_followed` are looks on its dates that are in none."""
    inside = matrix.take(part)
    return {
        "rows": len(inside.values),
        "people": inside.people_count,
        "with_outcome": inside.positives,
        "not_followed": len(not_followed(matrix, part)),
    }


def not_followed(matrix: Matrix, part: Rows) -> Rows:
    """Return the rows on the dates of a part that are in no part, since they were not followed to their end."""
    return np.flatnonzero(np.isin(matrix.days, np.unique(matrix.days[part])) & ~matrix.followed)
