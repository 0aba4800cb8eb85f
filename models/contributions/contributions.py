"""What each indicator adds to a model's log-odds, exactly, and whose code says so.

    found = Contributions.of(text, booster)     # the trees of LightGBM's text, laid out for the kernel
    found.rows(matrix)                          # of one row or many
    found.said                                  # whose values these are, and why they are LightGBM's where they are

They are path-dependent Shapley values (Lundberg 2020), the same that LightGBM's `pred_contrib` and SHAP's TreeExplainer
give. What the kernel does not explain (`trees` says what), LightGBM does. Nothing compiled is imported before `of`.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hub.errors import IntegrityError
from models.contributions.trees import OutsideError, Trees, read
from models.resampling import Floats

TOLERANCE = 1e-9
"""Largest difference from LightGBM's own, in log-odds."""

_REMEDY = "Do not use it; use the library versions that its bundle names."

_COMPARED = 28
"""Distinct indicators on a path up to which LightGBM's own values keep ten digits, for a row that goes to its end. At
36 they are off by 1e-9, at 40 by 1e-8, at 128 by more than they are; the kernel's are not (tests: whole fractions)."""

_FEW = 3
"""So many rows cost less one by one than side by side."""

_PART_ROWS, _PART_NUMBERS = 128, 2**16
"""Rows that go through a tree together, and what they may bring: no more than a processor's second cache holds."""


_Way: TypeAlias = Callable[[Floats], tuple[Floats, bool]]
"""From rows to what explains them, and whether a number in them is infinite."""


class _Few:
    """Explains rows one by one."""

    def __init__(self, trees: Trees, layout: Any) -> None:
        from models.contributions.kernel import LANES, few_rows

        _, splits, *_ = layout.trees.max(axis=0, initial=0).tolist()
        sizes = [len(layout.inputs), splits + 1, (splits + 1) * LANES, (splits + 1) * LANES, trees.indicators * LANES]
        self._fill, self._indicators, self._here = few_rows, trees.indicators, threading.local()
        self._places, self._room = _places(sizes, LANES)
        parts = (layout.inputs, layout.trees, layout.splits, layout.numbers, layout.taus, layout.weights)
        self._parts = (*parts, trees.base, self._places)

    def __call__(self, rows: Floats) -> tuple[Floats, bool]:
        try:
            room = self._here.room
        except AttributeError:
            room = self._here.room = np.empty(self._room)
        found = np.empty((len(rows), self._indicators + 1))
        return found, self._fill(*self._parts, room, rows, found)


class _Many:
    """Explains rows side by side."""

    def __init__(self, trees: Trees, layout: Any) -> None:
        from models.contributions.kernel import LANES, many_rows

        _, splits, _, nodes, _, slots, _ = layout.trees.max(axis=0, initial=0).tolist()
        numbers = len(layout.inputs) + trees.indicators
        part = min(_PART_ROWS, max(1, _PART_NUMBERS // numbers // LANES) * LANES)
        sizes = [len(layout.inputs) * part, splits * LANES, slots * nodes * LANES, trees.indicators * part]
        places, self._room = _places(sizes, LANES)
        self._fill, self._indicators = many_rows, trees.indicators
        self._parts = (layout, trees.base, np.append(places, part))

    def __call__(self, rows: Floats) -> tuple[Floats, bool]:
        found = np.empty((len(rows), self._indicators + 1))
        return found, self._fill(*self._parts, np.empty(self._room), rows, found)


def _places(sizes: Sequence[int], lanes: int) -> tuple[NDArray[np.int64], int]:
    """Return where parts of such sizes begin, each with a line of the processor's cache, and how long they are."""
    ends = np.cumsum([-(-size // lanes) * lanes for size in sizes])
    return np.array([0, *ends[:-1]], dtype=np.int64), int(ends[-1]) + lanes


@dataclass(frozen=True, slots=True)
class Contributions:
    """Explains the rows of one model.

    Attributes:
        booster: LightGBM's trees.
        outside: why the kernel does not explain them, to follow "because"; empty where it does.
    """

    booster: Any
    outside: str
    _indicators: int
    _longest: int
    _few: _Way
    _many: _Way

    @classmethod
    def of(cls, text: str, booster: Any) -> "Contributions":
        """Prepare the trees of `text`, the native text from which LightGBM made `booster`."""
        indicators = booster.num_feature()
        try:
            trees = read(text)
            from models.contributions.layout import lay

            layout = lay(trees)
            longest = 2 * int(layout.trees[:, 3].max(initial=0))
            return cls(booster, "", indicators, longest, _Few(trees, layout), _Many(trees, layout))
        except OutsideError as error:
            found = partial(_asked, booster)
            return cls(booster, str(error), indicators, 0, found, found)

    @property
    def said(self) -> str:
        """Whose values these are, in words."""
        if self.outside:
            return f"LightGBM's own contributions, because {self.outside}"
        return "exact Shapley values by the project's own kernel"

    def rows(self, matrix: Floats, *, infinite: bool = False) -> Floats:
        """Return what each indicator adds to the log-odds of each row.

        Args:
            matrix: shape (rows, indicators); NaN is "no number".
            infinite: whether an indicator may be infinite, as LightGBM takes it.

        Returns:
            Shape (rows, indicators + 1); the last column is the base value, and each row sums to its log-odds.

        Raises:
            ValueError: the matrix has another number of columns, or an indicator is infinite and may not be.
        """
        rows = self._given(matrix)
        found, seen = self._few(rows) if len(rows) <= _FEW else self._many(rows)
        if seen and not infinite:
            raise ValueError("an indicator is infinite")
        return found

    def check(self, matrix: Floats) -> None:
        """Check both ways of the kernel, one row and many: the sum of each row, and LightGBM's own values.

        Where a path asks for more than 28 indicators LightGBM's values are no measure, and the sums alone are checked.

        Raises:
            IntegrityError: one differs by more than 1e-9.
        """
        rows = self._given(matrix)
        margins = np.asarray(self.booster.predict(rows, raw_score=True), dtype=np.float64)
        for found, _ in (self._few(rows), self._many(rows)):
            if not np.all(np.abs(found.sum(axis=1) - margins) <= TOLERANCE):
                raise IntegrityError("The model's contributions do not add up to its log-odds.", _REMEDY)
            if self._longest > _COMPARED:
                continue
            if not np.all(np.abs(found - _by_lightgbm(self.booster, rows)) <= TOLERANCE):
                raise IntegrityError("The model's contributions are not those that LightGBM gives.", _REMEDY)

    def _given(self, matrix: Floats) -> Floats:
        """Return the matrix as the kernel reads it: that it is so wide is what keeps the kernel within it."""
        if matrix.ndim != 2 or matrix.shape[1] != self._indicators:
            raise ValueError(f"the matrix needs {self._indicators} columns, one per indicator")
        if matrix.flags.carray and matrix.dtype == np.float64:
            return matrix
        return np.array(matrix, dtype=np.float64, order="C")  # of one type for numba, which would compile anew


def _asked(booster: Any, rows: Floats) -> tuple[Floats, bool]:
    return _by_lightgbm(booster, rows), bool(np.isinf(rows).any())


def _by_lightgbm(booster: Any, rows: Floats) -> Floats:
    import lightgbm

    threads = {"num_threads": 1} if len(rows) == 1 else {}
    try:
        return np.asarray(booster.predict(rows, pred_contrib=True, **threads), dtype=np.float64)
    except lightgbm.basic.LightGBMError:
        raise IntegrityError("Neither the kernel nor LightGBM can explain such a model.", "Train it anew.") from None
