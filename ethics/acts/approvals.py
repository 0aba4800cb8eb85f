"""Whether an approval holds, read from the store at every call. Any doubt is a refusal.

An approval holds in `[decided_at, expires_on)`: from the moment of the decision up to, and not including, the day on
which it expires, which begins at midnight UTC. It also ends when the ledger had to be taken up again after a break.

The decision is not trusted by itself: the ledger must hold from its first entry to its end (`hub.ledger.chain`), every
row about the proposal must agree with its entry (`ethics.acts.verification`), and the recommendations must be as many
as the decision says that the quorum was. That the quorum, the reviewers and the owner are those of
the partnership is for the caller to check, who has the partnership's files (`check_policy`).
"""

import datetime
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ethics.acts import backings
from ethics.errors import ExpiredError, NotApprovedError, PolicyChangedError, WithdrawnError
from ethics.record.records import DecisionRow, ProposalRow, WithdrawalRow
from ethics.rules.policy import Policy
from ethics.rules.workflow import Action, ProposalState
from hub.errors import RecordError
from hub.ledger import ledger
from hub.ledger.chain import Chain, Followed
from hub.ledger.statements import run
from hub.ledger.store import HEAD, STATE, Store, head_of

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
        policy_digest: digest of the policy under which it was given.
        decided_by: the accountable owner.
        counted: ids of the reviewers whose recommendations count.
        quorum: how many had to count.
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
    policy_digest: str
    decided_by: str
    counted: frozenset[str]
    quorum: int
    conditions: tuple[Condition, ...]
    decided_at: datetime.datetime
    expires_on: datetime.date


def valid_decision(
    store: Store, *, purpose: str, at: datetime.datetime, standing: "Standing | None" = None
) -> Decision:
    """Return the approval that holds for `purpose` at the moment `at`.

    The decision and all rows about its proposal must agree with their entries in the ledger, the ledger must hold from
    its first entry on, and neither the record nor the ledger may know of an end.

    Args:
        store: the record.
        purpose: what the caller wants to score for.
        at: the moment, with its time zone.
        standing: what was looked at before, for who asks often.

    Raises:
        WithdrawnError: the newest approval was withdrawn.
        ExpiredError: its time is over.
        NotApprovedError: there is none, or it cannot be told with certainty that it holds.
        LedgerError: the chain does not hold.
    """
    found = standing or Standing()
    try:
        found.chain.catch_up(store)
        with store.reading() as session:
            return found.decision_in(session, purpose=purpose, at=at)
    except RecordError:
        raise NotApprovedError(
            "The ethics record cannot be read, so nothing is scored.", "Check that its database runs."
        ) from None


def newest_approval(session: Session, purpose: str) -> DecisionRow | None:
    """Return the newest approving decision for a purpose, whether or not it still holds."""
    query = select(DecisionRow).filter_by(purpose=purpose, outcome=APPROVED).order_by(DecisionRow.id.desc()).limit(1)
    return session.scalars(query).first()


def has_ended(row: DecisionRow | Decision, at: datetime.datetime) -> bool:
    """Say whether the time of an approval is over at the moment `at`."""
    return row.expires_on is None or at.astimezone(datetime.UTC).date() >= row.expires_on


def decision_in(session: Session, *, purpose: str, at: datetime.datetime) -> Decision:
    """Return the same as `valid_decision`, inside the caller's transaction.

    From `store.writing()` the answer stays true until that transaction ends: no withdrawal comes in between.

    Raises:
        ApprovalError: as `valid_decision`.
        LedgerError: the chain does not hold.
        ClockError: the present moment is before the end of the ledger.
    """
    return Standing().decision_in(session, purpose=purpose, at=at)


@dataclass(frozen=True, slots=True)
class _Seen:
    """One approval that was looked at whole: what was read, the numbers of its entries, and of what was followed.

    `state` names the database's state in which it was read last (`hub.ledger.store.STATE`).
    """

    state: object
    rows: object
    entries: frozenset[int]
    number: int
    decision: Decision


@dataclass
class Standing:
    """The approvals that were looked at whole, each with the rows that were read, for a gate that asks often.

    Whether an approval stands follows from those rows and the chain, and nothing else; so while they are the same, to
    the last character, only the time is looked at anew.

    Attributes:
        chain: the ledger as far as it was followed.
    """

    chain: Chain = field(default_factory=Chain)
    _seen: dict[str, _Seen] = field(default_factory=dict)

    def decision_in(self, session: Session, *, purpose: str, at: datetime.datetime) -> Decision:
        """Return the same as the function `decision_in`, and raise the same."""
        followed, state = self.chain.follow(session), session.info.get(STATE)
        seen = self._seen.get(purpose)
        if seen is not None and state is not None and (seen.state, seen.number) == (state, followed.number):
            return _in_time(session, seen.decision, at)
        rows = _rows(session, purpose)
        if (
            seen is None
            or (seen.rows, seen.number) != (rows, followed.number)
            or not followed.same(session, seen.entries)
        ):
            self._seen.pop(purpose, None)
            try:
                decision, entries = _standing(session, followed, purpose)
            except (ValueError, TypeError, SQLAlchemyError):
                raise NotApprovedError(
                    "A field of the ethics record is damaged, so nothing is scored.", "Run `sentinel ledger verify`."
                ) from None
            seen = _Seen(state, rows, entries, followed.number, decision)
        self._seen[purpose] = replace(seen, state=state)
        return _in_time(session, seen.decision, at)


_NEWEST = """
    SELECT decision.id, decision.proposal_id, decision.*, proposal.*
    FROM decision LEFT JOIN proposal ON proposal.id = decision.proposal_id
    WHERE decision.purpose = ? AND decision.outcome = 'approved'
    ORDER BY decision.id DESC LIMIT 1"""
_OF_PROPOSAL = (
    "SELECT person FROM proposal_trainer WHERE proposal_id = ? ORDER BY person",
    "SELECT * FROM canvas_answer WHERE proposal_id = ? ORDER BY id, section",
    "SELECT * FROM recommendation WHERE proposal_id = ? ORDER BY id",
    "SELECT * FROM decision WHERE proposal_id = ? ORDER BY id",
)
_OF_DECISION = (
    "SELECT * FROM decision_condition WHERE decision_id = ? ORDER BY position",
    "SELECT * FROM withdrawal WHERE decision_id = ?",
)


def _rows(session: Session, purpose: str) -> object:
    """Return every row of the record on which the answer for a purpose rests; none when nothing is approved for it."""
    newest = run(session, _NEWEST, purpose)
    found = [newest]
    for decision, proposal, *_ in newest:
        found += [run(session, statement, proposal) for statement in _OF_PROPOSAL]
        found += [run(session, statement, decision) for statement in _OF_DECISION]
    return found


def _in_time(session: Session, decision: Decision, at: datetime.datetime) -> Decision:
    """Return the decision when it holds at the moment `at`."""
    if at.tzinfo is None:
        raise NotApprovedError("Nothing can be approved at a moment without its time zone.")
    ledger.check_clock(session.info.get(HEAD) or head_of(session), at)
    if at < decision.decided_at:
        raise NotApprovedError(f"The approval {decision.id} does not hold yet.", "Check the clocks.")
    if has_ended(decision, at):
        raise ExpiredError(
            f"The approval {decision.id} for this purpose expired on {decision.expires_on}.", "Make a new proposal."
        )
    return decision


def _standing(session: Session, followed: Followed, purpose: str) -> tuple[Decision, frozenset[int]]:
    """Return the newest approval for a purpose, and the entries about it, unless something ended it or it is not whole.

    Raises:
        ApprovalError: it was withdrawn, superseded, or does not agree with the ledger or its recommendations.
    """
    row = newest_approval(session, purpose)
    if row is None or row.purpose != purpose:  # to the letter, whatever the column's collation says
        raise NotApprovedError("Nothing is approved for this purpose.", "The accountable owner decides on a proposal.")
    proposal = session.get(ProposalRow, row.proposal_id)
    if _is_withdrawn(session, followed, row) or (proposal is not None and proposal.state == ProposalState.WITHDRAWN):
        raise WithdrawnError(f"The approval {row.id} for this purpose was withdrawn.", "Nothing is scored with it.")
    if followed.entries(ledger.RESUMPTION, after=row.id):
        raise NotApprovedError(
            f"The approval {row.id} is from before the ledger had to be taken up again, so it does not hold any more.",
            "Propose it again, so that the group and the owner decide anew.",
        )
    backing = backings.backing(session, followed, row, proposal) if proposal is not None else None
    if backing is None or row.policy_digest is None or row.expires_on is None:
        raise NotApprovedError(
            f"The record of decision {row.id} does not agree with the ledger, so nothing is scored.",
            "Run `sentinel ledger verify`.",
        )
    apart = ("conditions", "expires_on", "counted", "quorum", "policy_digest")
    decision = Decision(
        **{name: getattr(row, name) for name in Decision.__slots__ if name not in apart},
        policy_digest=row.policy_digest,
        counted=backing.counted,
        quorum=backing.quorum,
        conditions=tuple(Condition(one.words, one.owner, one.due) for one in row.conditions),
        expires_on=row.expires_on,
    )
    return decision, backing.entries


def _is_withdrawn(session: Session, followed: Followed, row: DecisionRow) -> bool:
    """Say whether the record or the ledger knows of a withdrawal; either is enough."""
    if session.scalars(select(WithdrawalRow).filter_by(decision_id=row.id)).first() is not None:
        return True
    return backings.is_ended_by(followed, row, Action.WITHDRAW)


def check_policy(decision: Decision, policy: Policy) -> None:
    """Check that a decision was given under the policy as it is declared now, by its reviewers and one of its owners.

    Raises:
        PolicyChangedError: panel, quorum, a gateway, a source, an indicator or the day of use is another one.
    """
    if (
        decision.policy_digest != policy.digest
        or decision.quorum != policy.quorum
        or not decision.counted <= policy.reviewers
        or decision.decided_by not in policy.owners
    ):
        raise PolicyChangedError(
            "The panel, the quorum, a gateway, a source, an indicator or the day of use is not as it was when this was "
            "approved.",
            "Restore the partnership's files, or propose again under the new ones.",
        )
