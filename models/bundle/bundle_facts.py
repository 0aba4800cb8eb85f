"""The facts of a bundle: what its manifest says of it; see `models.bundle.bundles`."""

import datetime
from collections.abc import Mapping

from hub.facts import Count, Digest, Facts


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
    algorithm: str
    candidate: str
    """Name of the chosen candidate among those that were tried."""
    parameters: Mapping[str, bool | int | float | str | tuple[int, ...]]
    """LightGBM's parameters."""
    rounds: Count
    """Trees."""
    libraries: Mapping[str, str]
    """Version of Python and of each library that took part."""
    splits: SplitFacts
