"""The forms that a model may have: LightGBM's trees, or a sum of one term for each indicator.

    form = parse(text, names)
    form.margins(matrix)            # log-odds before calibration
    form.contributions(matrix)      # what each indicator adds to them

Whatever trains, audits, updates or serves a model asks its form, and does not know which it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from hub.errors import IntegrityError
from models.additive.additive import AdditiveForm
from models.contributions.contributions import Contributions
from models.resampling import Floats

LIGHTGBM = "lightgbm"


class Form(Protocol):
    """What a model works out of rows of numbers, before calibration."""

    @property
    def algorithm(self) -> str:
        """Which kind of form it is: "lightgbm", "logistic" or "points"."""

    @property
    def said(self) -> str:
        """Whose contributions these are, in words."""

    def margins(self, matrix: Floats) -> Floats:
        """Return log-odds, shape (rows,)."""

    def contributions(self, matrix: Floats) -> Floats:
        """Return what each indicator adds, shape (rows, indicators + 1); the last column is the base."""

    def check(self, matrix: Floats) -> None:
        """Check contributions of some rows; raises `IntegrityError`."""


@dataclass(frozen=True)
class TreeForm:
    """LightGBM's trees.

    Attributes:
        booster: the trees, as LightGBM walks them.
        explained: the same trees, as the kernel of contributions walks them.
    """

    booster: Any
    explained: Contributions
    algorithm: str = LIGHTGBM

    @classmethod
    def parse(cls, text: str, names: Sequence[str]) -> "TreeForm":
        """Parse LightGBM's native text, which the caller has checked byte for byte: damaged bytes can abort or hang it.

        Raises:
            IntegrityError: it cannot be parsed, or its indicators are not `names` in that order.
        """
        import lightgbm

        try:
            booster = lightgbm.Booster(model_str=text)
        except lightgbm.basic.LightGBMError:
            raise IntegrityError("The model's text cannot be read by LightGBM.", "Train it anew.") from None
        if booster.feature_name() != list(names):
            raise IntegrityError("The model was trained on other indicators than its bundle says.", "Train it anew.")
        return cls(booster, Contributions.of(text, booster))

    @property
    def said(self) -> str:
        """Whose contributions these are, in words."""
        return self.explained.said

    def margins(self, matrix: Floats) -> Floats:
        """Return log-odds, shape (rows,)."""
        # One row is one thread's work: waking LightGBM's others cost up to 16 ms for it on a busy machine.
        threads = {"num_threads": 1} if len(matrix) == 1 else {}
        return np.asarray(self.booster.predict(matrix, raw_score=True, **threads), dtype=np.float64)

    def contributions(self, matrix: Floats) -> Floats:
        """Return exact Shapley values, shape (rows, indicators + 1); the last column is the base value."""
        return self.explained.rows(matrix)

    def check(self, matrix: Floats) -> None:
        """Check the kernel against LightGBM's own values; raises `IntegrityError`."""
        self.explained.check(matrix)


def parse(text: str, names: Sequence[str]) -> Form:
    """Return the form of a model's text: JSON is a sum, all else LightGBM's native text.

    Raises:
        IntegrityError: it cannot be read, or is of other indicators than `names`.
    """
    if text.startswith("{"):
        return AdditiveForm.parse(text, names)
    return TreeForm.parse(text, names)
