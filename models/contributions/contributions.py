"""What each indicator adds to a model's log-odds, exactly, and whose code says so.

    found = Contributions.of(text, booster)     # the trees of LightGBM's text, laid out for the kernel
    found.rows(matrix)                          # one row or many
    found.said                                  # whose values these are, and why they are LightGBM's where they are

They are path-dependent Shapley values (Lundberg 2020), the same that LightGBM's `pred_contrib` and SHAP's TreeExplainer
give. What the kernel does not explain (`trees` says what), LightGBM does. Nothing compiled is imported before `of`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.errors import IntegrityError
from models.contributions.trees import OutsideError, Trees, read
from models.resampling import Floats

TOLERANCE = 1e-9
"""Largest difference from LightGBM's own, in log-odds."""

_FEW = 3
"""So many rows cost less one by one than side by side."""

_PART_ROWS, _PART_NUMBERS = 128, 2**16
"""Rows that go through a tree together, and what they may bring: no more than a processor's second cache holds."""


@dataclass(frozen=True, slots=True)
class _Room:
    """A function of the kernel and the room that it works in."""

    fill: Callable[..., None]
    places: NDArray[np.int64]
    size: int


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Trees that are laid out."""

    layout: Any
    base: float
    few: _Room
    many: _Room

    @classmethod
    def of(cls, trees: Trees) -> "_Prepared":
        from models.contributions import kernel
        from models.contributions.layout import lay

        layout = lay(trees)
        _, splits, vectors, nodes, _, slots, _ = layout.trees.max(axis=0, initial=0).tolist()
        line, inputs, indicators = kernel.LANES, len(layout.inputs), trees.indicators
        part = min(_PART_ROWS, max(1, _PART_NUMBERS // (inputs + indicators) // line) * line)
        few = [-(-inputs // line) * line, -(-(splits + 1) // line) * line, *[(splits + 1) * line] * 2, indicators * line]
        many = [inputs * part, (splits + 1) * line, slots * nodes * line, indicators * part]
        return cls(
            layout, trees.base, _room(kernel.few_rows, few, line), _room(kernel.many_rows, many, line, at_the_end=part)
        )


def _room(fill: Callable[..., None], sizes: list[int], line: int, at_the_end: int = 0) -> _Room:
    ends = np.cumsum(sizes)
    return _Room(fill, np.array([0, *ends[:-1], at_the_end], dtype=np.int64), int(ends[-1]) + line)


@dataclass(frozen=True, slots=True)
class Contributions:
    """Explains the rows of one model.

    Attributes:
        booster: LightGBM's trees.
        outside: why the kernel does not explain them, to follow "because"; empty where it does.
    """

    booster: Any
    outside: str
    _prepared: _Prepared | None

    @classmethod
    def of(cls, text: str, booster: Any) -> "Contributions":
        """Prepare the trees of `text`, the native text from which LightGBM made `booster`."""
        try:
            return cls(booster, "", _Prepared.of(read(text)))
        except OutsideError as error:
            return cls(booster, str(error), None)

    @property
    def said(self) -> str:
        """Whose values these are, in words."""
        if self._prepared is None:
            return f"LightGBM's own contributions, because {self.outside}"
        return "exact Shapley values by the project's own kernel"

    def rows(self, matrix: Floats) -> Floats:
        """Return what each indicator adds to the log-odds of each row.

        Args:
            matrix: shape (rows, indicators); NaN is "no number".

        Returns:
            Shape (rows, indicators + 1); the last column is the base value, and each row sums to its log-odds.

        Raises:
            ValueError: the matrix has another number of columns.
        """
        rows = np.ascontiguousarray(matrix, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] != self.booster.num_feature():
            raise ValueError(f"the matrix needs {self.booster.num_feature()} columns, one per indicator")
        if self._prepared is None:
            return self.by_lightgbm(rows)
        return self._by_kernel(self._prepared.few if len(rows) <= _FEW else self._prepared.many, rows)

    def by_lightgbm(self, rows: Floats) -> Floats:
        """Return the same by LightGBM's own code."""
        threads = {"num_threads": 1} if len(rows) == 1 else {}
        return np.asarray(self.booster.predict(rows, pred_contrib=True, **threads), dtype=np.float64)

    def check(self, matrix: Floats) -> None:
        """Check both ways of the kernel, one row and many, against LightGBM's own values.

        Raises:
            IntegrityError: one differs by more than 1e-9.
        """
        if self._prepared is None or not len(matrix):
            return
        rows = np.ascontiguousarray(matrix, dtype=np.float64)
        expected = self.by_lightgbm(rows)
        for room in (self._prepared.few, self._prepared.many):
            if not np.all(np.abs(self._by_kernel(room, rows) - expected) <= TOLERANCE):
                raise IntegrityError(
                    "The model's contributions are not those that LightGBM gives for its golden rows.",
                    "Do not use it; use the library versions that its bundle names.",
                )

    def _by_kernel(self, room: _Room, rows: Floats) -> Floats:
        assert self._prepared is not None  # noqa: S101 - for the type checker: both callers have asked
        given = rows.view()
        given.flags.writeable = False  # of one type for numba, wherever it came from
        found = np.empty((len(rows), rows.shape[1] + 1))
        found[:, -1] = self._prepared.base
        room.fill(self._prepared.layout, given, np.empty(room.size), room.places, found)
        return found
