"""Erasing a person everywhere: the hub, the feature sets, and a list of the models and approvals that used them."""

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from ethics.acts.approvals import APPROVED, has_ended
from ethics.record.records import DecisionRow, WithdrawalRow
from features.batch import erasure as feature_erasure
from features.rows import feature_sets as feature_sets_
from hub import artefacts
from hub.erasing import erasure
from hub.erasing.erasure import Erased, ErasureSubject
from hub.errors import SentinelError, StateError
from hub.ledger import ledger
from hub.ledger.store import Store
from hub.progress import Progress, silent
from hub.publishing import snapshots
from hub.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, and who should look at what.

    Attributes:
        hub: what became of the hub's own artefacts.
        feature_sets: old digest → new digest of each feature set that was written anew.
        bundles: models whose training saw the person.
        approvals: decisions about those models, with what became of them.
        ledger_entry: number of the entry that records the erasure.
    """

    hub: Erased
    feature_sets: dict[str, str]
    bundles: list[dict[str, Any]] = field(default_factory=list)
    approvals: list[dict[str, Any]] = field(default_factory=list)
    ledger_entry: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form: digests and counts, nothing about the person."""
        return {
            **self.hub.as_json(),
            "feature_sets": dict(self.feature_sets),
            "models": list(self.bundles),
            "approvals": list(self.approvals),
            "ledger_entry": self.ledger_entry,
        }


def erase(
    workspace: Workspace,
    store: Store,
    subject: ErasureSubject | None,
    *,
    by: str,
    reference: str,
    progress: Progress = silent,
) -> Done:
    """Erase a person, or end an erasure that was interrupted, and write in the ledger that it was done.

    Args:
        workspace: where everything lies.
        store: the ethics record.
        subject: whom; None only ends an interrupted erasure.
        by: who does it.
        reference: the number of the request, without anything personal.
        progress: called at every step.
    """
    now = store.now()
    before = erasure.interrupted(workspace)
    if subject is None:
        if before is None:
            raise StateError(
                "No erasure was interrupted here.", "Say whom to erase, with --person or --source and --id."
            )
        reference, by = before[0] or reference, before[1] or by
    feature_sets: dict[str, str] = {}

    def also(people: Collection[str], renamed: dict[str, str]) -> None:
        feature_sets.update(feature_erasure.rewrite(workspace, people, renamed))

    hub = erasure.erase(workspace, subject, on=now.date(), reference=reference, by=by, also=also, progress=progress)
    # Once more: a service may have been at work on one from a snapshot that is gone now.
    feature_erasure.forget(workspace)
    bundles = _bundles(workspace, _names_before(workspace, hub, feature_sets, every=before is not None))
    approvals = _approvals(store, [one["bundle"] for one in bundles], now)
    facts = {
        "reference": reference,
        "snapshots": dict(hub.snapshots),
        "feature_sets": dict(feature_sets),
        "extracts": dict(hub.extracts),
        "bundles": [one["bundle"] for one in bundles],
        "approvals": [one["decision"] for one in approvals],
    }
    with store.writing() as session:
        entry = ledger.append(session, kind="erasure", actor=by, facts=facts, at=now)
        number = entry.seq
    return Done(hub, feature_sets, bundles, approvals, number)


def _names_before(workspace: Workspace, hub: Erased, feature_sets: Mapping[str, str], *, every: bool) -> set[str]:
    """Return every name that the snapshots and feature sets which were written anew ever had.

    A bundle names what it was trained on by the name of that time, and an earlier erasure may have renamed it since.

    Args:
        workspace: where they lie.
        hub: what became of the snapshots.
        feature_sets: old digest → new digest.
        every: those too that were written anew before this run: an erasure that was interrupted may have done so.
    """
    found = {*hub.snapshots, *feature_sets}
    now = {*hub.snapshots.values(), *feature_sets.values()}
    for folder, kind in ((workspace.snapshots, snapshots.KIND), (workspace.features, feature_sets_.KIND)):
        for digest in artefacts.digests_in(folder):
            if every or digest in now:
                found |= set(artefacts.open_artefact(folder, digest, kind).facts.get("rewritten_from", ()))
    return found


def _bundles(workspace: Workspace, old: Collection[str]) -> list[dict[str, Any]]:
    found = []
    for digest in artefacts.digests_in(workspace.bundles):
        try:
            facts = artefacts.open_artefact(workspace.bundles, digest, "bundle").facts
        except SentinelError as error:
            found.append({"bundle": digest, "use_case": None, "purpose": None, "state": error.message})
            continue
        if _learned_from(facts) & set(old):
            row = {"bundle": digest, "use_case": facts.get("use_case"), "purpose": facts.get("purpose")}
            found.append({**row, "state": "its training saw the person"})
    return found


def _learned_from(facts: Mapping[str, Any]) -> set[Any]:
    """Return what a bundle was made from, also what trees come from that an update kept."""
    earlier = (facts.get("update") or {}).get("earlier") or {}
    return {
        facts.get("snapshot"),
        facts.get("feature_set"),
        *earlier.get("snapshots", ()),
        *earlier.get("feature_sets", ()),
    }


def _approvals(store: Store, bundles: Collection[str], now: datetime.datetime) -> list[dict[str, Any]]:
    with store.reading() as session:
        rows = session.scalars(
            select(DecisionRow).where(DecisionRow.bundle.in_(list(bundles)), DecisionRow.outcome == APPROVED)
        ).all()
        withdrawn = set(session.scalars(select(WithdrawalRow.decision_id)).all())
        return [
            {
                "decision": row.id,
                "purpose": row.purpose,
                "bundle": row.bundle,
                "expires_on": row.expires_on.isoformat() if row.expires_on else None,
                "state": "withdrawn" if row.id in withdrawn else "expired" if has_ended(row, now) else "stands",
            }
            for row in rows
        ]
