"""The bundle that is looked at, with the rows that it was learned from and is tested on."""

from dataclasses import dataclass
from functools import cached_property

from features.rows.feature_sets import FeatureSet
from hub.errors import StateError
from models.bundle.bundles import Bundle
from models.bundle.model import Model
from models.fitting.candidates import directions
from models.fitting.parted import Parted
from models.fitting.refits import Recipe, RefitRows
from models.measuring.metrics import JudgedRows, ModelAnswers
from models.resampling import Codes, Floats


@dataclass(frozen=True)
class Subject:
    """A bundle and its rows.

    Attributes:
        bundle: the published bundle.
        model: the same, loaded.
        feature_set: what it was learned from.
        parted: the same by parts.
    """

    bundle: Bundle
    model: Model
    feature_set: FeatureSet
    parted: Parted

    @classmethod
    def of(cls, bundle: Bundle, feature_set: FeatureSet) -> "Subject":
        """Return a bundle with its rows, after its model was loaded in a process of its own.

        Raises:
            StateError: its trees were kept by an update; the rows that they learned from are not those of its feature
                set.
            IntegrityError: a byte of either has changed.
        """
        if bundle.facts.update is not None and bundle.facts.update.earlier is not None:
            raise StateError(
                f"The bundle {bundle.digest[:12]} is an update that kept earlier trees: its feature set is not what "
                "they learned from.",
                f"Ask about the bundle {bundle.facts.update.earlier.bundles[0][:12]}, or train anew.",
            )
        bundle.rehearse()
        return cls(bundle, bundle.load(), feature_set, Parted.of(feature_set))

    @cached_property
    def recipe(self) -> Recipe:
        """How the model was made."""
        return Recipe.of(self.bundle.facts, directions(self.bundle.indicators), self.bundle.calibration.method)

    @cached_property
    def rows(self) -> RefitRows:
        """The rows of the parts."""
        return RefitRows.of(self.parted)

    @cached_property
    def log_odds(self) -> Floats:
        """What the model says of the test rows, after calibration."""
        return self.model.calibration.log_odds(self.model.margins(self.rows.test.values))

    @property
    def capacity(self) -> int:
        """Places at each date."""
        return self.bundle.use_case.capacity

    @property
    def dates(self) -> Codes:
        """A code for the date of each test row."""
        return self.rows.test.day_codes

    @cached_property
    def case(self) -> JudgedRows:
        """The test rows."""
        return JudgedRows.of(self.rows.test, self.capacity)

    @cached_property
    def answers(self) -> ModelAnswers:
        """What the model says of them."""
        margins = self.model.margins(self.rows.test.values)
        return ModelAnswers(margins, self.model.calibration.probabilities(margins))
