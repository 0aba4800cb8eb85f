"""The accountable owner's decision, and the end of an approval before its time.

decide(store, workspace, partnership, 7, outcome=Outcome.APPROVED, reasons="…", by="owner", expires_on=…)
valid_decision(store, purpose="early_help", at=now)     # Decision, or the reason why none holds
withdraw(store, partnership, 7, reasons="…", by="reviewer_a")
"""

import datetime
from collections.abc import Mapping, Sequence
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from ethics.acts import evidence, transitions
from ethics.acts.approvals import APPROVED, Condition, Decision, newest_approval, valid_decision
from ethics.record import facts as record_facts
from ethics.record.records import ConditionRow, DecisionRow, ProposalRow, WithdrawalRow
from ethics.rules.panel import checked_words, member
from ethics.rules.permissions import check_move
from ethics.rules.workflow import Action, ProposalState
from hub.declarations.partnership import Partnership, Person
from hub.digests import digest_of
from hub.errors import InputError, StateError
from hub.ledger import ledger
from hub.ledger.store import Store
from hub.workspace import Workspace

__all__ = ["Condition", "Decision", "DecisionOutcome", "check_terms", "decide", "valid_decision", "withdraw"]


class DecisionOutcome(StrEnum):
    """What the accountable owner decides."""

    APPROVED = "approved"
    DECLINED = "declined"
    RETURNED = "returned"


_ACTIONS: Mapping[DecisionOutcome, Action] = {
    DecisionOutcome.APPROVED: Action.APPROVE,
    DecisionOutcome.DECLINED: Action.DECLINE,
    DecisionOutcome.RETURNED: Action.RETURN,
}


def check_terms(
    *,
    outcome: DecisionOutcome,
    expires_on: datetime.date | None,
    conditions: Sequence[Condition],
    today: datetime.date,
    approval_days: int,
) -> None:
    """Raise InputError unless the end date and the conditions are such as an approval may have.

    An approval ends after `today` and at most `approval_days` later; each condition has words, an owner and a date
    from `today` on and not after the approval's end. What is not an approval has neither.
    """
    if outcome is not DecisionOutcome.APPROVED:
        if expires_on is not None or conditions:
            raise InputError(
                "Only an approval has an end date and conditions.", "Say what should change in the reasons."
            )
        return
    latest = today + datetime.timedelta(days=approval_days)
    if expires_on is None:
        raise InputError("An approval needs the day on which it expires.", f"The latest is {latest} (--expires-on).")
    if not today < expires_on <= latest:
        raise InputError(
            f"An approval must expire after {today} and at the latest on {latest}; {expires_on} is outside.",
            f"The use case allows {approval_days} days.",
        )
    for condition in conditions:
        checked_words(condition.words, "The words of a condition")
        if not condition.owner.strip() or not condition.owner.isprintable() or len(condition.owner) > 200:
            raise InputError("A condition needs an owner: the role that sees to it.")
        if not today <= condition.due <= expires_on:
            raise InputError(
                f"A condition is due from {today} on and not after the approval's end; {condition.due} is outside."
            )


def decide(
    store: Store,
    workspace: Workspace,
    partnership: Partnership,
    number: int,
    *,
    outcome: DecisionOutcome,
    reasons: str,
    by: str,
    expires_on: datetime.date | None = None,
    conditions: Sequence[Condition] = (),
    against_advice: str | None = None,
) -> int:
    """Decide on a recommended proposal; return the decision's number.

    An approval takes the place of an older one for the same purpose, in the same write.

    Args:
        store: the record.
        workspace: where bundle, audit and snapshot lie; all their digests are computed anew.
        partnership: whose panel, quorum and use case count.
        number: the proposal.
        outcome: approved, declined or returned.
        reasons: why, in words that the group and the proposer understand.
        by: who decides; an accountable owner with no part in model, proposal or recommendations.
        expires_on: for an approval, the first day (UTC) on which it no longer holds.
        conditions: for an approval, what must be done, by whom and when.
        against_advice: for an approval that fewer than the quorum support: why nevertheless, in writing.

    Raises:
        InputError: reasons, end date or conditions are not such as a decision may have.
        StateError: the state, the person or a rule does not allow it, or something changed since it was proposed.
    """
    person, said = member(partnership, by), checked_words(reasons, "The reasons")
    subject = transitions.read_subject(store, partnership, number)
    approving = outcome is DecisionOutcome.APPROVED
    # Hashing a snapshot takes time, so it happens before the transaction; what a proposal is about cannot change.
    trainers = evidence.trainers(workspace, subject.bundle) if approving else frozenset()
    found = evidence.examine(workspace, partnership, subject) if approving else None
    policy = evidence.policy(workspace, partnership, subject.use_case).digest if approving else None
    against = None if against_advice is None else checked_words(against_advice, "The reasons against advice")
    with store.writing() as session:
        now = ledger.moment(session, store.now())
        row = transitions.proposal(session, partnership, number)
        changes, days = (found.changes, found.approval_days) if found else (None, 0)
        case = transitions.case_of(
            session,
            partnership,
            row,
            trainers=trainers,
            changes=changes,
            policy=policy,
            against_advice=against is not None,
        )
        action = _ACTIONS[outcome]
        check_move(action, case, person)
        check_terms(outcome=outcome, expires_on=expires_on, conditions=conditions, today=now.date(), approval_days=days)
        decision = _new_decision(row, outcome, said, by, now, expires_on, conditions)
        decision.policy_digest = policy
        decision.against_advice = against if approving and len(case.supporting) < case.quorum else None
        if approving:
            decision.supersedes = _supersede(session, partnership, row, person, now)
        counts = {"counted": sorted(case.counted), "supporting": sorted(case.supporting), "quorum": case.quorum}
        facts = record_facts.of_decision(decision) | counts
        entry = transitions.make(session, row, case, action, person, at=now, facts=facts)
        decision.id = entry.seq
        session.add(decision)
        if outcome is DecisionOutcome.RETURNED:
            row.round += 1
            row.canvas_digest = None
    return entry.seq


def withdraw(store: Store, partnership: Partnership, number: int, *, reasons: str, by: str) -> int:
    """Stop an approved proposal's use, at once; return the withdrawal's number.

    Args:
        store: the record.
        partnership: whose panel counts.
        number: the proposal.
        reasons: why.
        by: the accountable owner or any reviewer; stopping asks for nothing more.

    Raises:
        InputError: there are no reasons.
        StateError: the proposal is not approved, or `by` is neither owner nor reviewer.
    """
    person, said = member(partnership, by), checked_words(reasons, "The reasons")
    with store.writing() as session:
        now = ledger.moment(session, store.now())
        row = transitions.proposal(session, partnership, number)
        case = transitions.case_of(session, partnership, row)
        check_move(Action.WITHDRAW, case, person)
        query = select(DecisionRow).filter_by(proposal_id=number, outcome=APPROVED)
        decision = session.scalars(query).one()
        facts = {"decision": decision.id, "purpose": row.purpose, "bundle": row.bundle, "reasons": digest_of(said)}
        entry = transitions.make(session, row, case, Action.WITHDRAW, person, at=now, facts=facts)
        session.add(WithdrawalRow(id=entry.seq, decision_id=decision.id, withdrawn_by=by, at=now, reasons=said))
    return entry.seq


def _new_decision(
    row: ProposalRow,
    outcome: DecisionOutcome,
    reasons: str,
    by: str,
    at: datetime.datetime,
    expires_on: datetime.date | None,
    conditions: Sequence[Condition],
) -> DecisionRow:
    if row.canvas_digest is None:
        raise StateError(f"Proposal {row.id} has no canvas digest.", "It was never submitted.")
    return DecisionRow(
        proposal_id=row.id,
        round=row.round,
        outcome=outcome,
        purpose=row.purpose,
        bundle=row.bundle,
        audit=row.audit,
        snapshot=row.snapshot,
        use_case_digest=row.use_case_digest,
        canvas_digest=row.canvas_digest,
        decided_by=by,
        decided_at=at,
        reasons=reasons,
        expires_on=expires_on,
        conditions=[
            ConditionRow(position=position, words=one.words.strip(), owner=one.owner.strip(), due=one.due)
            for position, one in enumerate(conditions, start=1)
        ],
    )


def _supersede(
    session: Session, partnership: Partnership, newer: ProposalRow, person: Person, at: datetime.datetime
) -> int | None:
    """Close the approval that stands for the purpose, if there is one, and return its decision's number."""
    older = session.scalars(select(ProposalRow).filter_by(purpose=newer.purpose, state=ProposalState.APPROVED)).first()
    standing = newest_approval(session, newer.purpose)
    if older is None or standing is None:
        return None
    case = transitions.case_of(session, partnership, older)
    facts = {"decision": standing.id, "purpose": older.purpose, "bundle": older.bundle, "by_proposal": newer.id}
    transitions.make(session, older, case, Action.SUPERSEDE, person, at=at, facts=facts)
    return standing.id
