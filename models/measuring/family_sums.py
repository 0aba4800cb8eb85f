"""Sums by family, so that a number of all resamples is one product of matrices.

    sums = FamilySums.of(case.families, bins, case.outcomes, 30)
    sums.drawn(counts)                        # for each resample the sum of the outcomes in each bin

A family that was drawn twice counts twice with all its rows, so rows are added up within families first.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.resampling import Codes, Floats


@dataclass(frozen=True, slots=True)
class FamilySums:
    """The sums of a value over the rows of each family in each bin, shape (bins, families); most are 0."""

    matrix: Any

    @classmethod
    def of(cls, families: Codes, bins: Codes, values: Floats, size: int) -> "FamilySums":
        """Return the sums of `values`.

        Args:
            families: a code per family, from 0, one a row.
            bins: the bin of each row, from 0 to `size` - 1.
            values: one a row.
            size: how many bins there are.
        """
        from scipy.sparse import coo_array

        shape = (size, int(families.max()) + 1)
        return cls(coo_array((values, (bins, families)), shape=shape).tocsr())

    def drawn(self, counts: Floats) -> Floats:
        """Return the sums of resamples.

        Args:
            counts: how often each family was drawn, shape (resamples, families); any number is a weight.

        Returns:
            Shape (resamples, bins).
        """
        return np.asarray((self.matrix @ counts.T).T, dtype=np.float64)

    @property
    def all(self) -> Floats:
        """The sums of all rows, shape (bins,)."""
        return np.asarray(self.matrix.sum(axis=1), dtype=np.float64).ravel()
