"""Whether an approval holds, read from the store at every call. Any doubt is a refusal.

An approval holds in `[decided_at, expires_on)`: from the moment of the decision up to, and not including, the day on
which it expires, which begins at midnight UTC. It also ends when the ledger had to be taken up again after a break.

The decision is not trusted by itself: its entry in the ledger, the recommendations behind it and their entries must
agree with it, and be as many as it says that the quorum was. That the quorum, the reviewers and the owner are those of
the partnership is for the caller to check, who has the partnership's files (`check_policy`).
"""

import datetime
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ethics import transitions
from ethics.errors import ExpiredError, NotApprovedError, PolicyChangedError, WithdrawnError
from ethics.policy import Policy
from ethics.records import DecisionRow, ProposalRow, RecommendationRow, WithdrawalRow
from ethics.workflow import Action, State
from hub.digests import digest_of
from hub.errors import RecordError
from hub.ledger import ledger
from hub.ledger.store import HEAD, Store, head_of, run
from hub.ledger.tables import utc_text

APPROVED = "approved"
FEWEST = 2
"""The smallest quorum that a partnership can have."""


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
    return {name: getattr(row, name) for name in _PLAIN} | {
        "expires_on": row.expires_on.isoformat() if row.expires_on else None,
        "reasons": digest_of(row.reasons),
        "against_advice": None if row.against_advice is None else digest_of(row.against_advice),
        "conditions": digest_of(conditions),
    }


_PLAIN = (
    "outcome",
    "purpose",
    "bundle",
    "audit",
    "snapshot",
    "use_case_digest",
    "canvas_digest",
    "policy_digest",
    "supersedes",
)


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
        ClockError: the present moment is before the end of the ledger.
    """
    return _in_time(session, _standing(session, purpose), at)


@dataclass
class Standing:
    """The approvals that were looked at whole, each with the rows that were read, for a gate that asks often.

    Whether an approval stands follows from those rows and nothing else; so while they are the same, to the last
    character, only the time is looked at anew.
    """

    _seen: dict[str, tuple[object, Decision]] = field(default_factory=dict)

    def decision_in(self, session: Session, *, purpose: str, at: datetime.datetime) -> Decision:
        """Return the same as the function `decision_in`, and raise the same."""
        rows = _rows(session, purpose)
        seen = self._seen.get(purpose)
        if rows is None or seen is None or seen[0] != rows:
            self._seen.pop(purpose, None)
            found = _standing(session, purpose)
            if rows is not None:
                self._seen[purpose] = rows, found
        else:
            found = seen[1]
        return _in_time(session, found, at)


_NEWEST = """
    SELECT decision.id, decision.proposal_id, decision.*, proposal.*
    FROM decision LEFT JOIN proposal ON proposal.id = decision.proposal_id
    WHERE decision.purpose = ? AND decision.outcome = 'approved'
    ORDER BY decision.id DESC LIMIT 1"""
_OF_PROPOSAL = (
    "SELECT person FROM proposal_trainer WHERE proposal_id = ? ORDER BY person",
    "SELECT * FROM recommendation WHERE proposal_id = ? ORDER BY id",
    "SELECT * FROM ledger_entry WHERE seq IN (SELECT id FROM recommendation WHERE proposal_id = ?) ORDER BY seq",
)
_OF_DECISION = (
    "SELECT * FROM decision_condition WHERE decision_id = ? ORDER BY position",
    "SELECT * FROM withdrawal WHERE decision_id = ?",
    "SELECT * FROM ledger_entry WHERE seq BETWEEN ? - 1 AND ? + 1 ORDER BY seq",
    "SELECT * FROM ledger_entry WHERE seq > ? AND kind IN "
    f"('{transitions.KINDS[Action.WITHDRAW]}', '{transitions.KINDS[Action.SUPERSEDE]}', '{ledger.RESUMPTION}') "
    "ORDER BY seq",
)


def _rows(session: Session, purpose: str) -> object:
    """Return every row on which the answer for a purpose rests; None when nothing is approved for it."""
    newest = run(session, _NEWEST, purpose)
    if not newest:
        return None
    decision, proposal = newest[0][:2]
    found = [newest]
    found += [run(session, statement, proposal) for statement in _OF_PROPOSAL]
    found += [run(session, statement, *[decision] * statement.count("?")) for statement in _OF_DECISION]
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


def _standing(session: Session, purpose: str) -> Decision:
    """Return the newest approval for a purpose unless something ended it or the record does not bear it out.

    Raises:
        ApprovalError: it was withdrawn, superseded, or does not agree with the ledger or its recommendations.
    """
    row = newest_approval(session, purpose)
    if row is None:
        raise NotApprovedError("Nothing is approved for this purpose.", "The accountable owner decides on a proposal.")
    proposal = session.get(ProposalRow, row.proposal_id)
    if _is_withdrawn(session, row) or (proposal is not None and proposal.state == State.WITHDRAWN):
        raise WithdrawnError(f"The approval {row.id} for this purpose was withdrawn.", "Nothing is scored with it.")
    if ledger.entries(session, kind=ledger.RESUMPTION, after=row.id):
        raise NotApprovedError(
            f"The approval {row.id} is from before the ledger had to be taken up again, so it does not hold any more.",
            "Propose it again, so that the group and the owner decide anew.",
        )
    backing = _backing(session, row, proposal) if proposal is not None and proposal.state == State.APPROVED else None
    if backing is None or row.policy_digest is None or row.expires_on is None:
        raise NotApprovedError(
            f"The record of decision {row.id} does not agree with the ledger, so nothing is scored.",
            "Run `sentinel ledger verify`.",
        )
    apart = ("conditions", "expires_on", "counted", "quorum", "policy_digest")
    return Decision(
        **{name: getattr(row, name) for name in Decision.__slots__ if name not in apart},
        policy_digest=row.policy_digest,
        counted=backing.counted,
        quorum=backing.quorum,
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


@dataclass(frozen=True, slots=True)
class _Backing:
    """What a decision rests on, as its entry says and its recommendations bear out."""

    counted: frozenset[str]
    quorum: int


def _backing(session: Session, row: DecisionRow, proposal: ProposalRow) -> _Backing | None:
    """Return what stands behind a decision; None unless decision, proposal, recommendations and ledger all agree."""
    entry = ledger.entry_at(session, row.id)
    if entry is None or _is_ended_by(session, row, Action.SUPERSEDE) or not ledger.is_chained(session, entry):
        return None
    if (entry.kind, entry.actor) != (transitions.KINDS[Action.APPROVE], row.decided_by):
        return None
    said = entry.read_facts()
    expected = ledger_facts(row) | {"proposal": proposal.id, "round": proposal.round}
    same = ("purpose", "bundle", "audit", "snapshot", "use_case_digest", "canvas_digest", "round")
    if (
        entry.at != utc_text(row.decided_at)
        or any(said.get(name) != value for name, value in expected.items())
        or any(getattr(proposal, name) != getattr(row, name) for name in same)
    ):
        return None
    counted, quorum = said.get("counted"), said.get("quorum")
    if not isinstance(counted, list) or not isinstance(quorum, int) or len(set(counted)) < max(quorum, FEWEST):
        return None
    apart = {proposal.proposed_by, row.decided_by, *(trainer.person for trainer in proposal.trainers)}
    given = transitions.recommendations_of(session, proposal)
    supporting = 0
    for name in set(counted):
        if name in apart or name not in given or not _is_as_recommended(session, row, given[name]):
            return None
        supporting += given[name].verdict != transitions.OPPOSE
    if supporting < quorum and row.against_advice is None:
        return None
    return _Backing(frozenset(counted), quorum)


def _is_as_recommended(session: Session, row: DecisionRow, given: RecommendationRow) -> bool:
    """Say whether a recommendation agrees with its entry, and is about the canvas and under the policy decided on."""
    entry = ledger.entry_at(session, given.id)
    if entry is None or not entry.holds or given.id >= row.id:
        return False
    said = entry.read_facts()
    return (entry.kind, entry.actor, entry.at) == (
        transitions.KINDS[Action.RECOMMEND],
        given.member,
        utc_text(given.at),
    ) and all(
        said.get(name) == value
        for name, value in {
            "proposal": row.proposal_id,
            "round": row.round,
            "verdict": given.verdict,
            "words": digest_of(given.words),
            "canvas_digest": row.canvas_digest,
            "policy": row.policy_digest,
        }.items()
    )


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
