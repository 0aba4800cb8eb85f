"""One proposal as a lay reviewer wants to see it, and the list of all: plain values for pages and for JSON."""

import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ethics.acts import evidence, transitions
from ethics.acts.approvals import has_ended
from ethics.record.records import DecisionRow, ProposalRow, RecommendationRow, WithdrawalRow
from ethics.rules import canvas
from ethics.rules.permissions import MoveCase, open_moves
from ethics.rules.workflow import ProposalState, StateOwner, in_words, owner_of
from hub.declarations.partnership import Partnership, Person
from hub.ledger.store import Store
from hub.workspace import Workspace


def listed(store: Store, partnership: Partnership) -> list[dict[str, Any]]:
    """Return one row a proposal, oldest first: number, purpose, state, who acts next, who proposed, bundle, expiry."""
    with store.reading() as session:
        rows = session.scalars(select(ProposalRow).filter_by(partnership=partnership.name).order_by(ProposalRow.id))
        return [_line(session, partnership, row, store.now()) for row in rows]


def read(
    store: Store,
    partnership: Partnership,
    number: int,
    *,
    person: Person | None = None,
    workspace: Workspace | None = None,
) -> dict[str, Any]:
    """Return everything about one proposal.

    Args:
        store: the record.
        partnership: whose proposal it is.
        number: the proposal.
        person: when given, also what this person may do now.
        workspace: when given, also what the checks for leaks found, from the audit that it is about.

    Raises:
        NotFoundError: there is none with this number.
    """
    with store.reading() as session:
        row = transitions.proposal(session, partnership, number)
        case = transitions.case_of(session, partnership, row, changes=())
        said = _line(session, partnership, row, store.now())
        said |= {
            "partnership": row.partnership,
            "use_case": row.use_case,
            "round": row.round,
            "proposed_at": row.proposed_at.isoformat(timespec="seconds"),
            "trained_by": sorted(case.trainers),
            "digests": {
                "bundle": row.bundle,
                "audit": row.audit,
                "snapshot": row.snapshot,
                "use_case": row.use_case_digest,
                "canvas": row.canvas_digest,
            },
            "outcome_card": evidence.label_card(partnership, row.use_case, row.use_case_digest),
            "canvas": _canvas(transitions.answers_of(session, row)),
            "canvas_gaps": list(case.canvas_gaps),
            "quorum": {"needed": case.quorum, "given": len(case.counted)},
            "recommendations": _recommendations(session, row, case),
            "decisions": [_decision(session, one) for one in _decisions(session, row)],
        }
        if workspace is not None:
            said["leakage"] = evidence.leakage(workspace, row.audit)
        if person is not None:
            said["open_to_you"] = [move.action.value for move in open_moves(case, person)]
        return said


def _line(session: Session, partnership: Partnership, row: ProposalRow, now: datetime.datetime) -> dict[str, Any]:
    state = ProposalState(row.state)
    case = transitions.case_of(session, partnership, row)
    approvals = [one for one in _decisions(session, row) if one.expires_on is not None]
    is_expired = state is ProposalState.APPROVED and any(has_ended(one, now) for one in approvals)
    return {
        "proposal": row.id,
        "purpose": row.purpose,
        "state": in_words(state) + (", expired" if is_expired else ""),
        "acts_next": _acts_next(state, case, is_expired),
        "proposed_by": row.proposed_by,
        "bundle": row.bundle[:12],
        "expires_on": approvals[-1].expires_on.isoformat() if approvals and approvals[-1].expires_on else None,
    }


def _acts_next(state: ProposalState, case: MoveCase, is_expired: bool) -> str:
    owner = owner_of(state)
    if is_expired:
        return "nobody: its time is over, a new proposal is needed"
    if state is ProposalState.APPROVED:
        return f"nobody until it expires; {owner} sees to the conditions"
    if owner is StateOwner.PROPOSER:
        return f"{owner} ({case.proposer}): {len(canvas.SECTIONS) - len(case.canvas_gaps)} of 15 sections answered"
    if state is ProposalState.UNDER_REVIEW:
        return f"{owner}: {len(case.counted)} of {case.quorum} recommendations given"
    return owner.value


def _canvas(answers: dict[str, str]) -> list[dict[str, str | None]]:
    return [
        {
            "section": section.key,
            "title": section.title,
            "group": section.group,
            "question": section.question,
            "answer": answers.get(section.key),
        }
        for section in canvas.SECTIONS
    ]


def _recommendations(session: Session, row: ProposalRow, case: MoveCase) -> list[dict[str, Any]]:
    """Return all recommendations, oldest first; `stands` says which are the newest of their person in this round."""
    standing = {one.id for one in transitions.recommendations_of(session, row).values()}
    query = select(RecommendationRow).filter_by(proposal_id=row.id).order_by(RecommendationRow.id)
    return [
        {
            "recommendation": one.id,
            "round": one.round,
            "member": one.member,
            "verdict": one.verdict,
            "words": one.words,
            "at": one.at.isoformat(timespec="seconds"),
            "stands": one.id in standing,
            "counts": one.id in standing and one.member in case.counted,
        }
        for one in session.scalars(query)
    ]


def _decisions(session: Session, row: ProposalRow) -> list[DecisionRow]:
    return list(session.scalars(select(DecisionRow).filter_by(proposal_id=row.id).order_by(DecisionRow.id)))


def _decision(session: Session, row: DecisionRow) -> dict[str, Any]:
    ended = session.scalars(select(WithdrawalRow).filter_by(decision_id=row.id)).first()
    return {
        "decision": row.id,
        "round": row.round,
        "outcome": row.outcome,
        "decided_by": row.decided_by,
        "decided_at": row.decided_at.isoformat(timespec="seconds"),
        "reasons": row.reasons,
        "against_advice": row.against_advice,
        "conditions": [{"words": one.words, "owner": one.owner, "due": one.due.isoformat()} for one in row.conditions],
        "expires_on": row.expires_on.isoformat() if row.expires_on else None,
        "supersedes": row.supersedes,
        "withdrawal": None
        if ended is None
        else {
            "withdrawal": ended.id,
            "withdrawn_by": ended.withdrawn_by,
            "at": ended.at.isoformat(timespec="seconds"),
            "reasons": ended.reasons,
        },
    }
