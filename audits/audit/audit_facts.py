"""The facts of an audit: what its manifest says of it; see `audits.audit.audit`."""

from collections.abc import Mapping

from audits.verdicts import Verdict
from hub.facts import Count, Digest, Facts


class LeakageTold(Facts):
    """What the checks of its feature set for leaks found, for pages that show no more (audits.limits.leakage)."""

    known: bool
    """False: nobody looked."""
    refusing: Count
    """Findings for which nothing is built, unless somebody says why it should be."""
    warning: Count
    despite: str | None
    """Why it was built although something refused."""
    not_done: tuple[str, ...]
    """Titles of the checks that could not be done."""


class AuditFacts(Facts):
    """What the manifest of an audit says."""

    schema_version: int
    partnership: str
    bundle: Digest
    """Of the bundle that was audited."""
    feature_set: Digest
    snapshot: Digest
    use_case_digest: Digest
    purpose: str
    """These four and the partnership as the bundle says them."""
    seed: int
    """Of every resample and sample."""
    verdict: Verdict
    """The worst of all groups."""
    verdicts: Mapping[str, Mapping[str, Verdict]]
    """On each level, by group and level."""
    leakage: LeakageTold
