"""A model in memory: trees or a sum of terms, the calibration after them and the bands.

It is made only from bytes that were checked against a bundle's digest (see `bundles`): LightGBM's text parser can abort
or hang on damaged bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hub.errors import IntegrityError
from models.bundle import forms
from models.bundle.forms import Form
from models.measuring.calibration import Calibration
from models.measuring.thresholds import Thresholds
from models.resampling import Floats

GOLDEN_TOLERANCE = 1e-9
"""Largest difference from a golden probability: far below what a person could notice, above a processor's last bits."""


@dataclass(frozen=True)
class Model:
    """A calibrated model.

    Attributes:
        names: the indicators, in the order of a matrix's columns.
        calibration: from margin to probability.
        thresholds: from probability to band.
        form: what gives margins and contributions.
    """

    names: tuple[str, ...]
    calibration: Calibration
    thresholds: Thresholds
    form: Form

    @classmethod
    def parse(cls, text: str, names: Sequence[str], calibration: Calibration, thresholds: Thresholds) -> "Model":
        """Parse a model's text, which the caller has checked byte for byte.

        Raises:
            IntegrityError: it cannot be parsed, or its indicators are not `names` in that order.
        """
        return cls(tuple(names), calibration, thresholds, forms.parse(text, names))

    def margins(self, matrix: Floats) -> Floats:
        """Return log-odds before calibration, shape (rows,).

        Args:
            matrix: float64, shape (rows, indicators); NaN is "no number".

        Raises:
            ValueError: the matrix has another shape, or holds an infinite number.
        """
        return self.form.margins(self._checked(matrix))

    def probabilities(self, matrix: Floats) -> Floats:
        """Return calibrated probabilities of the outcome, shape (rows,), strictly between 0 and 1."""
        return self.calibration.probabilities(self.margins(matrix))

    def contributions(self, matrix: Floats) -> Floats:
        """Return what each indicator adds to the log-odds before calibration: its SHAP value (Lundberg 2020).

        Shape (rows, indicators + 1); the last column is the base value, and each row sums to its margin. Whose code
        gives them, `form.said` says.

        Raises:
            ValueError: as `margins`.
        """
        return self.form.contributions(matrix)

    def bands(self, probabilities: Floats) -> list[str]:
        """Return the band of each probability: offer_help, talk_about_it or no_suggestion."""
        return self.thresholds.bands(probabilities)

    def check_golden(self, golden: Mapping[str, Any]) -> int:
        """Check that the golden rows get the probabilities that they got when the model was trained.

        So are their contributions, as far as the form can.

        Returns:
            How many rows were checked.

        Raises:
            IntegrityError: one differs by more than 1e-9.
        """
        rows = np.array(golden["rows"], dtype=np.float64)
        given = self.probabilities(rows)
        expected = np.array(golden["probabilities"], dtype=np.float64)
        if given.shape != expected.shape or not np.all(np.abs(given - expected) <= GOLDEN_TOLERANCE):
            raise IntegrityError(
                "The model gives other probabilities here than where it was trained.",
                "Use the library versions that its bundle names.",
            )
        self.form.check(rows)
        return len(given)

    def require_algorithm(self, algorithm: str) -> None:
        """Check that the model is of the algorithm that its facts name.

        Raises:
            IntegrityError: it is of another.
        """
        if self.form.algorithm != algorithm:
            raise IntegrityError(f"The model is no {algorithm} model, as its facts say.", "Train it anew.")

    def _checked(self, matrix: Floats) -> Floats:
        if matrix.ndim != 2 or matrix.shape[1] != len(self.names):
            raise ValueError(f"the matrix needs {len(self.names)} columns, one per indicator")
        if np.isinf(matrix).any():
            raise ValueError("an indicator is infinite")
        return np.ascontiguousarray(matrix, dtype=np.float64)
