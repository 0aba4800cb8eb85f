"""Whether an approval holds, read from the store at every call. Any doubt is a refusal.

An approval holds in `[decided_at, expires_on)`: from the moment of the decision up to, and not including, the day on
which it expires, which begins at midnight UTC.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ethics import ledger, transitions
from ethics.errors import ExpiredError, NotApprovedError, RecordError, WithdrawnError
from ethics.records import DecisionRow, ProposalRow, WithdrawalRow, utc_text
from ethics.store import Store
from ethics.workflow import Action, State
from hub.digests import digest_of

APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of an approval.

    Attributes:
        words: what must be done.
        owner: who sees to it: a role.
        due: the last day for it.
    """

    words: str
    owner: str
    due: datetime.date


@dataclass(frozen=True, slots=True)
class Decision:
    """An approval that holds.

    Attributes:
        id: the decision's number, which is its entry's in the ledger.
        proposal_id: the proposal's number.
        purpose: the one purpose it is for.
        bundle: digest of the approved model bundle.
        audit: digest of the audit that the decision rests on.
        snapshot: digest of the snapshot that both come from.
        use_case_digest: digest of the use case as it was approved.
        canvas_digest: digest of the canvas answers as they were approved.
        conditions: what must be done, by whom and when.
        decided_at: first moment at which it holds, in UTC.
        expires_on: first day (UTC) on which it no longer holds.
    """

    id: int
    proposal_id: int
    purpose: str
    bundle: str
    audit: str
    snapshot: str
    use_case_digest: str
    canvas_digest: str
    conditions: tuple[Condition, ...]
    decided_at: datetime.datetime
    expires_on: datetime.date


def valid_decision(store: Store, *, purpose: str, at: datetime.datetime) -> Decision:
    """Return the approval that holds for `purpose` at the moment `at`.

    The decision must agree with its own entry in the ledger, that entry with its neighbours, and neither the record
    nor the ledger may know of an end.

    Args:
        store: the record.
        purpose: what the caller wants to score for.
        at: the moment, with its time zone.

    Raises:
        WithdrawnError: the newest approval was withdrawn.
        ExpiredError: its time is over.
        NotApprovedError: there is none, or it cannot be told with certainty that it holds.
    """
    try:
        with store.reading() as session:
            return decision_in(session, purpose=purpose, at=at)
    except (RecordError, ValueError, TypeError):  # the last two: a field of the record is damaged
        raise NotApprovedError(
            "The ethics record cannot be read, so nothing is scored.", "Check that its database runs."
        ) from None


def ledger_facts(row: DecisionRow) -> dict[str, Any]:
    """Return what a decision's entry in the ledger says: digests in place of words."""
    conditions = [[condition.words, condition.owner, condition.due] for condition in row.conditions]
    plain = ("outcome", "purpose", "bundle", "audit", "snapshot", "use_case_digest", "canvas_digest", "supersedes")
    return {name: getattr(row, name) for name in plain} | {
        "expires_on": row.expires_on.isoformat() if row.expires_on else None,
        "reasons": digest_of(row.reasons),
        "conditions": digest_of(conditions),
    }


def newest_approval(session: Session, purpose: str) -> DecisionRow | None:
    """Return the newest approving decision for a purpose, whether or not it still holds."""
    query = select(DecisionRow).filter_by(purpose=purpose, outcome=APPROVED).order_by(DecisionRow.id.desc()).limit(1)
    return session.scalars(query).first()


def has_ended(row: DecisionRow, at: datetime.datetime) -> bool:
    """Say whether the time of an approval is over at the moment `at`."""
    return row.expires_on is None or at.astimezone(datetime.UTC).date() >= row.expires_on


def decision_in(session: Session, *, purpose: str, at: datetime.datetime) -> Decision:
    """Return the same as `valid_decision`, inside the caller's transaction.

    From `store.writing()` the answer stays true until that transaction ends: no withdrawal comes in between.

    Raises:
        ApprovalError: as `valid_decision`.
    """
    row = newest_approval(session, purpose)
    if row is None or at.tzinfo is None:
        raise NotApprovedError("Nothing is approved for this purpose.", "The accountable owner decides on a proposal.")
    proposal = session.get(ProposalRow, row.proposal_id)
    if _is_withdrawn(session, row) or (proposal is not None and proposal.state == State.WITHDRAWN):
        raise WithdrawnError(f"The approval {row.id} for this purpose was withdrawn.", "Nothing is scored with it.")
    if proposal is None or proposal.state != State.APPROVED or not _is_as_decided(session, row, proposal):
        raise NotApprovedError(
            f"The record of decision {row.id} does not agree with the ledger, so nothing is scored.",
            "Run `sentinel ledger verify`.",
        )
    if at < row.decided_at:
        raise NotApprovedError(f"The approval {row.id} does not hold yet.", "Check the clocks.")
    if row.expires_on is None or has_ended(row, at):
        raise ExpiredError(
            f"The approval {row.id} for this purpose expired on {row.expires_on}.", "Make a new proposal."
        )
    return Decision(
        **{name: getattr(row, name) for name in Decision.__slots__ if name not in ("conditions", "expires_on")},
        conditions=tuple(Condition(one.words, one.owner, one.due) for one in row.conditions),
        expires_on=row.expires_on,
    )


def _is_withdrawn(session: Session, row: DecisionRow) -> bool:
    """Say whether the record or the ledger knows of a withdrawal; either is enough."""
    if session.scalars(select(WithdrawalRow).filter_by(decision_id=row.id)).first() is not None:
        return True
    return _is_ended_by(session, row, Action.WITHDRAW)


def _is_ended_by(session: Session, row: DecisionRow, action: Action) -> bool:
    entries = ledger.entries(session, kind=transitions.KINDS[action], after=row.id)
    return any(entry.read_facts().get("decision") == row.id for entry in entries)


def _is_as_decided(session: Session, row: DecisionRow, proposal: ProposalRow) -> bool:
    """Say whether decision, proposal and the ledger's entry agree in everything."""
    entry = ledger.entry_at(session, row.id)
    if entry is None or _is_ended_by(session, row, Action.SUPERSEDE) or not ledger.is_chained(session, entry):
        return False
    if (entry.kind, entry.actor) != (transitions.KINDS[Action.APPROVE], row.decided_by):
        return False
    said = entry.read_facts()
    expected = ledger_facts(row) | {"proposal": proposal.id, "round": proposal.round}
    same = ("purpose", "bundle", "audit", "snapshot", "use_case_digest", "canvas_digest", "round")
    return (
        entry.at == utc_text(row.decided_at)
        and all(said.get(name) == value for name, value in expected.items())
        and all(getattr(proposal, name) == getattr(row, name) for name in same)
    )
