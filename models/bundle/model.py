"""A model in memory: LightGBM's trees, the calibration after them and the bands.

It is made only from bytes that were checked against a bundle's digest (see `bundles`): LightGBM's text parser can abort
or hang on damaged bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hub.errors import IntegrityError
from models.contributions.contributions import Contributions
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
        booster: LightGBM's trees.
        explained: the same trees, as the kernel of contributions walks them.
    """

    names: tuple[str, ...]
    calibration: Calibration
    thresholds: Thresholds
    booster: Any
    explained: Contributions

    @classmethod
    def parse(cls, text: str, names: Sequence[str], calibration: Calibration, thresholds: Thresholds) -> "Model":
        """Parse LightGBM's native text, which the caller has checked byte for byte.

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
        return cls(tuple(names), calibration, thresholds, booster, Contributions.of(text, booster))

    def margins(self, matrix: Floats) -> Floats:
        """Return log-odds before calibration, shape (rows,).

        Args:
            matrix: float64, shape (rows, indicators); NaN is "no number".

        Raises:
            ValueError: the matrix has another shape, or holds an infinite number.
        """
        # One row is one thread's work: waking LightGBM's others cost up to 16 ms for it on a busy machine.
        threads = {"num_threads": 1} if len(matrix) == 1 else {}
        return np.asarray(self.booster.predict(self._checked(matrix), raw_score=True, **threads), dtype=np.float64)

    def probabilities(self, matrix: Floats) -> Floats:
        """Return calibrated probabilities of the outcome, shape (rows,), strictly between 0 and 1."""
        return self.calibration.probabilities(self.margins(matrix))

    def contributions(self, matrix: Floats) -> Floats:
        """Return what each indicator adds to the log-odds before calibration: its SHAP value (Lundberg 2020).

        Shape (rows, indicators + 1); the last column is the base value, and each row sums to its margin. Whose code
        gives them, `explained.said` says.

        Raises:
            ValueError: as `margins`.
        """
        return self.explained.rows(matrix)

    def bands(self, probabilities: Floats) -> list[str]:
        """Return the band of each probability: offer_help, talk_about_it or no_suggestion."""
        return self.thresholds.bands(probabilities)

    def check_golden(self, golden: Mapping[str, Any]) -> int:
        """Check that the golden rows get the probabilities that they got when the model was trained.

        What the kernel says of their contributions is checked against LightGBM's own.

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
        self.explained.check(rows)
        return len(given)

    def _checked(self, matrix: Floats) -> Floats:
        if matrix.ndim != 2 or matrix.shape[1] != len(self.names):
            raise ValueError(f"the matrix needs {len(self.names)} columns, one per indicator")
        if np.isinf(matrix).any():
            raise ValueError("an indicator is infinite")
        return np.ascontiguousarray(matrix, dtype=np.float64)
