"""What a proposal is about: one bundle, the audit of exactly that bundle, their snapshot and use case, and who trained.

Every file of bundle, audit and snapshot is read and compared with its digest, and the ledger must know that each of
them was published here, from each other. Nothing is parsed but the manifests.
"""

from dataclasses import dataclass, fields
from typing import Any

from audits.audit import audit as audits
from ethics.errors import ConflictOfInterestError
from ethics.rules.policy import Policy, policy_of
from features.declarations import use_cases
from features.declarations.use_cases import UseCase
from features.levels import label_cards
from hub.artefacts import Artefact
from hub.declarations.partnership import Partnership
from hub.errors import NotPublishedError, SentinelError, StateError
from hub.facts import differing
from hub.ledger import practice, publications
from hub.ledger.publications import Publications
from hub.publishing import snapshots
from hub.workspace import Workspace
from models.bundle.bundles import BundleFacts, open_manifest
from models.bundle.trainings import with_earlier

BUNDLE = "bundle"
AUDIT = "audit"
FEATURE_SET = "feature set"


@dataclass(frozen=True, slots=True)
class ProposedSubject:
    """What is proposed, by digests.

    Attributes:
        purpose: the one purpose.
        use_case: name of the use case.
        bundle: digest of the model bundle.
        audit: digest of the audit of that bundle.
        snapshot: digest of the snapshot that both come from.
        use_case_digest: digest of the use case's meaning.
    """

    purpose: str
    use_case: str
    bundle: str
    audit: str
    snapshot: str
    use_case_digest: str


def gather(workspace: Workspace, partnership: Partnership, *, bundle: str, audit: str) -> ProposedSubject:
    """Open and check everything that a proposal is about.

    Args:
        workspace: where the artefacts lie.
        partnership: whose use case it must be, as it stands now.
        bundle: digest of the bundle, or the beginning of it.
        audit: digest of the audit, or the beginning of it.

    Raises:
        NotFoundError: there is no such bundle, audit or snapshot.
        NotPublishedError: the ledger does not know one of them, or knows it as made from something else.
        IntegrityError: a file has changed, or a manifest does not say what is needed.
        StateError: bundle, audit, snapshot and use case do not belong together.
    """
    return _gather(workspace, partnership, bundle, audit)[0]


def _gather(workspace: Workspace, partnership: Partnership, bundle: str, audit: str) -> tuple[ProposedSubject, UseCase]:
    model, said = open_manifest(workspace, bundle)
    report, judged = audits.open_manifest(workspace, audit)
    if judged.bundle != model.digest:
        raise StateError(
            f"The audit {report.digest[:12]} is about another bundle.", "Run `sentinel audits run` for this one."
        )
    for name in differing(judged, {name: getattr(said, name) for name in ("purpose", "snapshot", "use_case_digest")}):
        raise StateError(
            f"Bundle and audit do not name the same {name.replace('_', ' ')}.",
            "Run the audit again for this bundle.",
        )
    snapshot = snapshots.open_snapshot(workspace, said.snapshot, verify=True)
    if snapshot.facts.partnership != partnership.name:
        raise StateError(f"The snapshot is not one of {partnership.name}.", "Give its own partnership.")
    use_case = use_cases.read(partnership, said.use_case)
    if use_case.digest != said.use_case_digest:
        raise StateError(
            f"The use case {use_case.name} is no longer as it was when the model was trained.", "Train and audit anew."
        )
    if use_case.purpose != said.purpose:
        raise StateError(f"The bundle is for another purpose than the use case {use_case.name}.")
    model.verify()
    report.verify()
    _require_published(publications.read(workspace), model, said, report, snapshot.artefact)
    about = (model.digest, report.digest, snapshot.digest, use_case.digest)
    return ProposedSubject(use_case.purpose, use_case.name, *about), use_case


def _require_published(
    known: Publications, model: Artefact, said: BundleFacts, report: Artefact, snapshot: Artefact
) -> None:
    """Raise NotPublishedError unless the ledger knows all of them, the feature set between them, and what from what."""
    known.require(snapshots.KIND, snapshot.digest)
    chain = (
        (known.require(FEATURE_SET, said.feature_set), {"snapshot": snapshot.digest}),
        (known.require(BUNDLE, model.digest), {"feature_set": said.feature_set}),
        (known.require(AUDIT, report.digest), {"bundle": model.digest}),
    )
    for publication, made_from in chain:
        inputs = publication.inputs
        if "rewritten_from" not in inputs and any(inputs.get(name) != digest for name, digest in made_from.items()):
            raise NotPublishedError(
                f"The {publication.kind} {publication.digest[:12]} was published as made from something else.",
                "Make it anew with Sentinel's own commands.",
            )


@dataclass(frozen=True, slots=True)
class Examination:
    """What a second look at a proposal's subject found.

    Attributes:
        changes: what is no longer as it was proposed, in words; none when all digests are the same.
        approval_days: longest time of an approval, from the use case as it was read; 0 when it could not be.
        policy: the rules as they are declared now; None when they could not be read.
    """

    changes: tuple[str, ...]
    approval_days: int = 0
    policy: Policy | None = None


def examine(workspace: Workspace, partnership: Partnership, proposed: ProposedSubject) -> Examination:
    """Compute all digests anew and compare them with what was proposed."""
    try:
        found, use_case = _gather(workspace, partnership, proposed.bundle, proposed.audit)
    except SentinelError as error:
        return Examination((error.message.rstrip("."),))
    changes = (
        f"another {field.name.replace('_', ' ')}"
        for field in fields(ProposedSubject)
        if getattr(found, field.name) != getattr(proposed, field.name)
    )
    return Examination(tuple(changes), use_case.approval_days, policy(workspace, partnership, use_case.name))


def policy(workspace: Workspace, partnership: Partnership, use_case: str) -> Policy:
    """Return the policy for a use case as the partnership's files and the ledger's first entry say it now."""
    found = use_cases.read(partnership, use_case)
    return policy_of(partnership, found, practice=practice.is_practice(workspace))


def trainers(workspace: Workspace, bundle: str) -> frozenset[str]:
    """Return the ids of everybody who trained `bundle`, or a bundle whose trees an update of it kept.

    Raises:
        ConflictOfInterestError: no training of one of them is known, or one names nobody.
    """
    known = with_earlier(workspace, bundle).values()
    named = [training["trained_by"] for of_one in known for training in of_one]
    if not all(known) or not all(named):
        raise ConflictOfInterestError(
            "It is not known who trained this model, so nobody can be shown to be independent of it.",
            "Train it again with `sentinel models train`, which records who did.",
        )
    return frozenset(named)


def leakage(workspace: Workspace, audit: str) -> dict[str, Any]:
    """Return what the checks for leaks found, as the audit tells it: nobody may have to look for it.

    Keys: `known`, `refusing`, `warning`, `despite`, `not_done`. An audit that is gone or has changed is not known.
    """
    try:
        _, said = audits.open_manifest(workspace, audit)
    except SentinelError:
        return {**_NOT_LOOKED}
    return said.leakage.as_json()


def label_card(partnership: Partnership, use_case: str, use_case_digest: str) -> dict[str, str]:
    """Return the label card of the outcome that is estimated; none when the use case is no longer what was proposed."""
    try:
        found = use_cases.read(partnership, use_case)
    except SentinelError:
        return {}
    return label_cards.card(found.outcome) if found.digest == use_case_digest else {}


_NOT_LOOKED: dict[str, Any] = {"known": False, "refusing": 0, "warning": 0, "despite": None, "not_done": []}
