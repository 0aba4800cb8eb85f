"""What stands behind a decision: as many recommendations, for exactly this, as its entry says that the quorum was."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from ethics.acts import transitions, verification
from ethics.record.records import DecisionRow, ProposalRow
from ethics.rules import canvas
from ethics.rules.workflow import Action, ProposalState
from hub.ledger.chain import Followed
from hub.ledger.ledger import Entry

FEWEST = 2
"""The smallest quorum that a partnership can have."""


@dataclass(frozen=True, slots=True)
class Backing:
    """What a decision rests on, as its entry says and its recommendations bear out; the numbers of its entries."""

    counted: frozenset[str]
    quorum: int
    entries: frozenset[int]


def backing(session: Session, followed: Followed, row: DecisionRow, proposal: ProposalRow) -> Backing | None:
    """Return what stands behind a decision; None unless decision, proposal, recommendations and ledger all agree."""
    about = followed.about("proposal", proposal.id)
    entry, proposed = about.get(row.id), followed.at(proposal.id)
    if entry is None or proposed is None or is_ended_by(followed, row, Action.SUPERSEDE):
        return None
    about[proposal.id] = proposed
    if (
        proposal.state != ProposalState.APPROVED
        or proposal.changed_by_entry != row.id
        or not followed.same(session, about)
    ):
        return None
    if verification.faults(session, about, proposal=proposal.id):
        return None
    said = entry.read_facts()
    same = ("purpose", "bundle", "audit", "snapshot", "use_case_digest", "canvas_digest", "round")
    if said.get("action") != Action.APPROVE or any(getattr(proposal, name) != getattr(row, name) for name in same):
        return None
    answers = transitions.answers_of(session, proposal)
    if canvas.digest(answers) != row.canvas_digest:
        return None
    counted, quorum = said.get("counted"), said.get("quorum")
    if not isinstance(counted, list) or not isinstance(quorum, int) or len(set(counted)) < max(quorum, FEWEST):
        return None
    apart = {proposal.proposed_by, row.decided_by, *(trainer.person for trainer in proposal.trainers)}
    given = transitions.recommendations_of(session, proposal)
    supporting = 0
    for name in set(counted):
        if name in apart or name not in given or not _is_about(row, about.get(given[name].id)):
            return None
        supporting += given[name].verdict != transitions.OPPOSE
    if supporting < quorum and row.against_advice is None:
        return None
    return Backing(frozenset(counted), quorum, frozenset(about))


def _is_about(row: DecisionRow, recommended: Entry | None) -> bool:
    """Say whether a recommendation is from before a decision, on the canvas and under the policy decided on."""
    if recommended is None or recommended.seq >= row.id:
        return False
    said = recommended.read_facts()
    return (said.get("canvas_digest"), said.get("policy")) == (row.canvas_digest, row.policy_digest)


def is_ended_by(followed: Followed, row: DecisionRow, action: Action) -> bool:
    """Say whether a later entry ends this decision, or any of its purpose: rows may have been renumbered meanwhile."""
    for entry in followed.entries(transitions.KINDS[action], after=row.id):
        facts = entry.read_facts()
        if facts.get("decision") == row.id or facts.get("purpose") == row.purpose:
            return True
    return False
