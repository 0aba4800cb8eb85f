"""The looks that an audit judges: one look is one person on one date of looking, of the test dates only.

Nothing of the dates that the model was trained or chosen on comes in here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.rows.feature_sets import FeatureSet
from hub import facts
from hub.errors import IntegrityError
from models.bundle.bundles import Bundle
from models.bundle.model import Model
from models.matrices import Matrix, of_feature_set
from models.measuring.thresholds import OFFER_HELP
from models.resampling import Codes, Floats


@dataclass(frozen=True)
class Looks:
    """The test rows and what the model says of them.

    Attributes:
        matrix: the indicators' numbers, outcomes, dates and a code per person.
        groups: for each group of the use case, the level of each row.
        probabilities: calibrated, one a row.
        bands: the band of each row.
    """

    matrix: Matrix
    groups: Mapping[str, list[str]]
    probabilities: Floats
    bands: npt.NDArray[np.str_]

    @property
    def outcome(self) -> npt.NDArray[np.bool_]:
        """Whether the outcome followed, one a row."""
        return self.matrix.outcomes > 0

    @property
    def suggested(self) -> npt.NDArray[np.bool_]:
        """Whether help was suggested, one a row: the band is offer_help."""
        return np.asarray(self.bands == OFFER_HELP)

    @property
    def units(self) -> tuple[Codes, Codes]:
        """A code per person, and one per family, one a row."""
        return self.matrix.people, self.matrix.families

    def people_where(self, rows: npt.NDArray[np.bool_]) -> int:
        """Return how many distinct people have a row for which `rows` is true."""
        return len(np.unique(self.matrix.people[rows]))


def looks(bundle: Bundle, feature_set: FeatureSet, model: Model) -> Looks:
    """Return the test rows of `feature_set`, with the model's answers.

    Raises:
        IntegrityError: the feature set is not the one that the bundle was trained on, its tables do not belong
            together, or it has another number of test rows than the bundle was measured on.
    """
    _same_inputs(bundle, feature_set)
    table, groups = feature_set.matrix(), feature_set.groups()
    for key in ("person_id", "as_of_date"):
        if not table[key].equals(groups[key]):
            raise IntegrityError(
                f"feature set {feature_set.digest[:12]}: matrix and groups are not about the same rows.",
                "Build it anew.",
            )
    whole = of_feature_set(feature_set)
    days = np.array(bundle.facts.splits.test, dtype="datetime64[D]")
    rows = np.flatnonzero(np.isin(whole.days, days) & ~np.isnan(whole.outcomes) & whole.followed)
    expected = bundle.metrics["parts"]["test"]["rows"]
    if len(rows) != expected:
        raise IntegrityError(
            f"The feature set has {len(rows):,} rows on the test dates; the bundle was measured on {expected:,}.",
            "Train and audit anew.",
        )
    matrix = whole.take(rows)
    probabilities = model.probabilities(matrix.values)
    levels = {group.name: groups[group.name].take(rows).to_pylist() for group in bundle.use_case.groups}
    return Looks(matrix, levels, probabilities, np.array(model.bands(probabilities)))


def _same_inputs(bundle: Bundle, feature_set: FeatureSet) -> None:
    said = {
        "feature_set": feature_set.digest,
        "snapshot": feature_set.snapshot_digest,
        "use_case_digest": feature_set.use_case.digest,
    }
    for name in facts.differing(bundle.facts, said):
        raise IntegrityError(
            f"Bundle {bundle.digest[:12]} and its feature set do not name the same {name.replace('_', ' ')}.",
            "Train and audit anew.",
        )
