"""The one place where a proposal's state is written: each move together with its entry in the ledger."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ethics.acts.evidence import ProposedSubject
from ethics.record.records import CanvasAnswerRow, ProposalRow, RecommendationRow
from ethics.rules import canvas
from ethics.rules.permissions import MoveCase, check_move
from ethics.rules.workflow import Action, ProposalState
from hub.declarations.partnership import Partnership, Person, Role
from hub.errors import LedgerError, NotFoundError, StateError
from hub.ledger import ledger
from hub.ledger.ledger import Entry
from hub.ledger.store import Store

PROPOSED = "proposal"
OPPOSE = "oppose"

# The kind of the ledger's entry for each action.
KINDS: Mapping[Action, str] = {
    Action.ANSWER: "canvas",
    Action.SUBMIT: "submission",
    Action.START_REVIEW: "review",
    Action.RECOMMEND: "recommendation",
    Action.CONCLUDE: "quorum",
    Action.APPROVE: "decision",
    Action.DECLINE: "decision",
    Action.RETURN: "decision",
    Action.WITHDRAW: "withdrawal",
    Action.SUPERSEDE: "supersession",
}


def proposal(session: Session, partnership: Partnership, number: int) -> ProposalRow:
    """Return a proposal of this partnership.

    Raises:
        NotFoundError: there is none with this number.
        StateError: it is another partnership's.
        LedgerError: the ledger's entry of this number is about something else.
    """
    row = session.get(ProposalRow, number)
    if row is None:
        raise NotFoundError(f"There is no proposal {number}.", "`sentinel ethics list` shows those there are.")
    entry = ledger.entry_at(session, number)
    if entry is None or entry.kind != PROPOSED or entry.read_facts().get("bundle") != row.bundle:
        raise LedgerError(
            f"The record of proposal {number} does not agree with the ledger.", "Run `sentinel ledger verify`."
        )
    if row.partnership != partnership.name:
        raise StateError(
            f"Proposal {number} is one of {row.partnership}, not of {partnership.name}.", "Give its own --partnership."
        )
    return row


def read_subject(store: Store, partnership: Partnership, number: int) -> ProposedSubject:
    """Return what a proposal of this partnership is about, which never changes.

    Raises:
        NotFoundError: there is none with this number.
        StateError: it is another partnership's.
    """
    with store.reading() as session:
        row = proposal(session, partnership, number)
        return ProposedSubject(row.purpose, row.use_case, row.bundle, row.audit, row.snapshot, row.use_case_digest)


def answers_of(session: Session, row: ProposalRow) -> dict[str, str]:
    """Return the newest answer to each canvas section that has one, in the canvas's order."""
    rows = session.scalars(select(CanvasAnswerRow).filter_by(proposal_id=row.id).order_by(CanvasAnswerRow.id))
    newest = {answer.section: answer.words for answer in rows}
    return {key: newest[key] for key in canvas.KEYS if key in newest}


def recommendations_of(session: Session, row: ProposalRow) -> dict[str, RecommendationRow]:
    """Return the newest recommendation of each person in the proposal's present round, by their ids."""
    query = select(RecommendationRow).filter_by(proposal_id=row.id, round=row.round).order_by(RecommendationRow.id)
    return {recommendation.member: recommendation for recommendation in session.scalars(query)}


def policy_at(session: Session, number: int) -> str | None:
    """Return the digest of the policy under which entry `number` was written; None when it does not say."""
    entry = ledger.entry_at(session, number)
    said = entry.read_facts().get("policy") if entry is not None else None
    return said if isinstance(said, str) else None


def case_of(
    session: Session,
    partnership: Partnership,
    row: ProposalRow,
    *,
    trainers: Iterable[str] = (),
    changes: tuple[str, ...] | None = None,
    policy: str | None = None,
    against_advice: bool = False,
) -> MoveCase:
    """Return what the rules look at.

    Args:
        session: the open session.
        partnership: its panel says who counts and how many are needed.
        row: the proposal.
        trainers: who trained, as known now; they are added to those known when it was proposed.
        changes: what is no longer as proposed; None when nobody has looked.
        policy: digest of the policy as it is now: what was recommended under another one does not count; None counts
            all, for looking only.
        against_advice: whether the owner has written why to approve although fewer than the quorum support it.
    """
    everyone = frozenset(trainers) | {trainer.person for trainer in row.trainers}
    answers = answers_of(session, row)
    given = recommendations_of(session, row)
    recommended_by = frozenset(given)
    standing = {name for name, one in given.items() if policy in (None, policy_at(session, one.id))}
    reviewers = {person.id for person in partnership.file.panel.people if person.role is Role.REVIEWER}
    counted = frozenset((standing & reviewers) - everyone - {row.proposed_by})
    if changes is not None and row.canvas_digest not in (None, canvas.digest(answers)):
        changes = (*changes, "another canvas")
    return MoveCase(
        state=ProposalState(row.state),
        proposer=row.proposed_by,
        trainers=everyone,
        recommended_by=recommended_by,
        counted=counted,
        supporting=frozenset(name for name in counted if given[name].verdict != OPPOSE),
        against_advice=against_advice,
        quorum=partnership.file.panel.quorum,
        canvas_gaps=tuple(str(gap) for gap in canvas.gaps(answers)),
        changes=changes,
    )


def make(
    session: Session,
    row: ProposalRow,
    case: MoveCase,
    action: Action,
    person: Person,
    *,
    at: datetime.datetime,
    facts: Mapping[str, Any],
) -> Entry:
    """Make a move that the rules allow, and write its entry in the ledger in the same transaction.

    Args:
        session: from `store.writing()`.
        row: the proposal.
        case: what the rules look at.
        action: what is done.
        person: by whom.
        at: when.
        facts: what else the entry holds; no names.

    Raises:
        StateError: the rules do not allow it.
    """
    move = check_move(action, case, person)
    said = {"proposal": row.id, "round": row.round, "action": action, "from": move.start, "to": move.end}
    entry = ledger.append(session, kind=KINDS[action], actor=person.id, facts={**facts, **said}, at=at)
    row.state = move.end
    row.changed_by_entry = entry.seq
    session.flush()
    return entry
