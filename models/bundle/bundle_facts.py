"""The facts of a bundle: what its manifest says of it; see `models.bundle.bundles`."""

import datetime
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from hub.facts import Count, Digest, Facts, FigureFact
from models.measuring.closed_test import LadderStep


class DroppedFacts(Facts):
    """An as-of date that is in no part, and why."""

    as_of_date: datetime.date
    reason: str


class SplitFacts(Facts):
    """The as-of dates of each part, sorted, and those that were dropped (models.splits)."""

    train: tuple[datetime.date, ...]
    choose: tuple[datetime.date, ...]
    test: tuple[datetime.date, ...]
    dropped: tuple[DroppedFacts, ...]

    def part(self, name: str) -> tuple[datetime.date, ...]:
        """Return the dates of "train", "choose" or "test"."""
        return {"train": self.train, "choose": self.choose, "test": self.test}[name]


class LadderTestFacts(Facts):
    """One test of the ladder (models.measuring.closed_test); how many rows and families it saw, the update says."""

    step: LadderStep
    """What it supposes is enough."""
    statistic: float
    degrees: Count
    design_effect: float
    """How many times the variance of strangers families have."""
    p: float
    """Chance of so large a statistic where the step is enough."""


class OrderFacts(Facts):
    """Whether an update changed the order of children, looked at on every row of the feature set, date by date."""

    unchanged: bool
    """No two rows of a date stand the other way round, become level, or are no longer level."""
    rows: Count
    """Rows that were looked at, also those whose outcome is not known yet."""
    dates: Count
    moved: Count
    """Rows with another number of rows of their date before them."""
    places: Count
    """Offers at all dates, when all places are offered."""
    places_kept: Count
    """Those of them that go to the same child as before; of rows level at the last place the earlier one counts."""


class EarlierFacts(Facts):
    """What trees that were kept come from, by the names of that time, the oldest first."""

    bundles: tuple[Digest, ...]
    feature_sets: tuple[Digest, ...]
    snapshots: tuple[Digest, ...]


class UpdateFacts(Facts):
    """How a bundle came from an earlier one."""

    asked: str
    """"auto", or the step that somebody asked for."""
    step: LadderStep
    """What was changed."""
    closed_test: LadderStep
    """Where the closed test ends, whatever was asked."""
    why: str
    """In words, with the figures of each test."""
    tests: tuple[LadderTestFacts, ...]
    rows: Count
    """Rows of the part `choose` that the tests looked at."""
    families: Count
    families_with_outcome: Count
    terms: Count
    """Contributions with a coefficient of their own in the full revision."""
    intercept: FigureFact
    """Of the old model on `choose`, its log-odds as they are: 0 where as many have the outcome as it expects."""
    slope: FigureFact
    """Of the old model on `choose`: 1 where its probabilities are spread as far as they should be."""
    saved_by_refit: FigureFact | None = Field(default=None, exclude_if=lambda saved: saved is None)
    """Log loss on `choose` of all fitted anew, less that of the old trees with level and spread; below 0: it is better.
    Only where that was tried."""
    order: OrderFacts
    earlier: EarlierFacts | None = Field(default=None, exclude_if=lambda earlier: earlier is None)
    """Where its trees come from; none where all was fitted anew."""


class BundleFacts(Facts):
    """What the manifest of a bundle says."""

    schema_version: int
    partnership: str
    snapshot: Digest
    """Of the snapshot that its feature set was built from, by its name of that time."""
    feature_set: Digest
    """Of what it was trained and tested on, by its name of that time."""
    known_to: datetime.date
    """The last day that the snapshot covers."""
    use_case: str
    """Its name."""
    use_case_digest: Digest
    purpose: str
    """The one purpose for which it may be approved."""
    seed: int
    algorithm: Literal["lightgbm", "logistic", "points"]
    candidate: str
    """Name of the chosen candidate among those that were tried."""
    parameters: Mapping[str, bool | int | float | str | tuple[int, ...]]
    """What it was made with: of trees, LightGBM's parameters."""
    rounds: Count
    """Trees; 0 where there are none."""
    never_missing: tuple[str, ...]
    """Indicators that had a number in every row to learn from: without one, there is nothing that was learned."""
    libraries: Mapping[str, str]
    """Version of Python and of each library that took part."""
    splits: SplitFacts
    updated_from: Digest | None = Field(default=None, exclude_if=lambda digest: digest is None)
    """The bundle that this one is an update of; none where it was trained."""
    update: UpdateFacts | None = Field(default=None, exclude_if=lambda update: update is None)
    """How it came from that; none where it was trained. Where trees were kept, the part `train` of
    `splits` says on which dates they were grown."""
