"""The facts of a feature set: what its manifest says of it; see `features.rows.feature_sets`."""

import datetime
from collections.abc import Mapping

from pydantic import Field

from features.declarations.use_cases import UseCase
from hub.facts import Count, Digest, Earlier, Facts, FigureFact
from hub.publishing.snapshots import LinkageFacts, SourceFacts


class OddEvents(Facts):
    """How many events of a source have odd dates; see `features.rows.odd_events`."""

    before_birth: Count
    after_death: Count
    far: Count


class FindingFacts(Facts):
    """One leak, as `features.leakage.leaks.Finding` says it."""

    kind: str
    severity: str
    about: str
    plain: str
    evidence: Mapping[str, int | str | FigureFact]
    remedy: str
    whole: str = Field(default="", exclude_if=lambda whole: not whole)
    parts: tuple[str, ...] = Field(default=(), exclude_if=lambda parts: not parts)


class CheckFacts(Facts):
    """Whether one kind of leak was looked for, as `features.leakage.leaks.Check` says it."""

    kind: str
    done: bool
    looked_at: str
    why_not: str


class LeakageFacts(Facts):
    """What the checks for leaks found (`features.leakage.lint.of_build`)."""

    findings: tuple[FindingFacts, ...]
    checks: tuple[CheckFacts, ...]
    earlier_snapshot: str | None
    """Digest of the earlier snapshot that was compared; None when there was none."""
    despite: str | None
    """Why it was built although something refused; None when nothing did."""


class FeatureSetFacts(Facts):
    """What the manifest of a feature set says."""

    schema_version: int
    partnership: str
    snapshot: str
    """Digest of the snapshot that it was built from."""
    known_to: datetime.date
    """The last day that the snapshot covers."""
    use_case: UseCase
    """Whole, as it was when the set was built; its indicators are the matrix's columns, in order."""
    use_case_digest: Digest
    code_digest: Digest
    """Of the code that works out indicators (features.kernel.code)."""
    coverage: tuple[str, ...]
    """The sources of the columns of the coverage."""
    rows: Mapping[datetime.date, Count]
    """Rows on each date of looking."""
    outcomes: Mapping[datetime.date, Count | None]
    """How many of these have the outcome; None unless the outcome's own sources told of the whole horizon."""
    not_followed: Mapping[datetime.date, Mapping[str, Count]]
    """On each date with any: looks that were not followed to their end, by why (features.rows.followed)."""
    begins: Mapping[str, datetime.date]
    """For each source with events: the day before which hardly anything happened (features.rows.beginnings)."""
    odd_events: Mapping[str, OddEvents]
    """For each source that has any."""
    sources: Mapping[str, SourceFacts]
    """Of the sources that are read, what the snapshot says."""
    linkage: LinkageFacts
    """What the snapshot says."""
    leakage: LeakageFacts | None = Field(default=None, exclude_if=lambda leakage: leakage is None)
    """Not written by what was made before anybody looked for leaks."""
    rewritten_from: Earlier = ()
