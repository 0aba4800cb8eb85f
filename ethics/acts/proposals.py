"""A proposal from its first draft to the accountable owner's desk: propose, answer, submit, review, recommend.

Every function checks the rules, writes and enters the ledger in one transaction; a refusal leaves nothing behind.
`by` is an id of the partnership's panel.
"""

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import select

from ethics.acts import evidence, transitions
from ethics.errors import NotAllowedError
from ethics.record.records import CanvasAnswerRow, ProposalRow, RecommendationRow, TrainerRow
from ethics.rules import canvas
from ethics.rules.panel import checked_words, member
from ethics.rules.permissions import can_move
from ethics.rules.workflow import FIRST, Action
from hub.declarations.partnership import Partnership, Role
from hub.digests import digest_of
from hub.errors import InputError, StateError
from hub.ledger import ledger
from hub.ledger.store import Store
from hub.workspace import Workspace


class Recommendation(StrEnum):
    """What a reviewer recommends."""

    SUPPORT = "support"
    SUPPORT_WITH_CONDITIONS = "support_with_conditions"
    OPPOSE = "oppose"


def propose(store: Store, workspace: Workspace, partnership: Partnership, *, bundle: str, audit: str, by: str) -> int:
    """Propose to use a bundle, with the audit of it, for its purpose; return the proposal's number.

    Args:
        store: the record.
        workspace: where bundle, audit and snapshot lie.
        partnership: whose panel and use case count.
        bundle: digest of the bundle, or the beginning of it.
        audit: digest of the audit of that bundle, or the beginning of it.
        by: who proposes; an analyst.

    Raises:
        NotAllowedError: `by` is not an analyst.
        ConflictOfInterestError: it is not known who trained the model.
        SentinelError: see `ethics.acts.evidence.gather`.
    """
    person = member(partnership, by)
    if person.role is not Role.ANALYST:
        raise NotAllowedError(
            f"To propose is for the analyst; {by} is here as {person.role}.", "Roles stand in partnership.yaml."
        )
    subject = evidence.gather(workspace, partnership, bundle=bundle, audit=audit)
    trainers = evidence.trainers(workspace, subject.bundle)
    policy = evidence.policy(workspace, partnership, subject.use_case)
    digests = {name: getattr(subject, name) for name in type(subject).__slots__}
    facts = {
        **digests,
        "partnership": partnership.name,
        "trainers": sorted(trainers),
        "policy": policy.digest,
        "to": FIRST,
    }
    with store.writing() as session:
        others = session.scalars(select(ProposalRow.partnership).where(ProposalRow.partnership != partnership.name))
        if other := others.first():
            raise StateError(f"This record belongs to {other}.", "Each partnership has a database of its own.")
        now = ledger.moment(session, store.now())
        entry = ledger.append(session, kind=transitions.PROPOSED, actor=by, facts=facts, at=now)
        row = ProposalRow(id=entry.seq, partnership=partnership.name, proposed_by=by, proposed_at=now, **digests)
        row.state, row.round, row.changed_by_entry = FIRST, 1, entry.seq
        row.trainers = [TrainerRow(person=trainer) for trainer in sorted(trainers)]
        session.add(row)
    return entry.seq


def answer(store: Store, partnership: Partnership, number: int, answers: Mapping[str, str], *, by: str) -> None:
    """Keep answers to canvas sections of a draft; of several answers to a section the newest stands.

    Raises:
        InputError: `answers` is empty or names a section that the canvas does not have.
        StateError: the proposal is not a draft, or `by` did not propose it.
    """
    unknown = sorted(set(answers) - set(canvas.KEYS))
    if unknown or not answers:
        raise InputError(
            "These are not answers to sections of the canvas.", "`sentinel ethics canvas show` lists them."
        )
    if any(len(words) > canvas.MOST_CHARACTERS or "\0" in words for words in answers.values()):
        raise InputError(f"An answer is longer than {canvas.MOST_CHARACTERS} characters or not plain text.")
    kept = {key: answers[key].strip() for key in canvas.KEYS if key in answers}
    person = member(partnership, by)
    with store.writing() as session:
        now = ledger.moment(session, store.now())
        row = transitions.proposal(session, partnership, number)
        case = transitions.case_of(session, partnership, row)
        facts = {"answers": {key: digest_of(words) for key, words in kept.items()}}
        entry = transitions.make(session, row, case, Action.ANSWER, person, at=now, facts=facts)
        session.add_all(
            CanvasAnswerRow(id=entry.seq, section=key, proposal_id=number, words=words, answered_by=by, at=now)
            for key, words in kept.items()
        )


def submit(store: Store, workspace: Workspace, partnership: Partnership, number: int, *, by: str) -> None:
    """Hand a draft to the group: its canvas is complete and does not change from here on.

    Raises:
        StateError: it is not a draft, not `by`'s, its canvas has gaps, or something changed since it was proposed.
    """
    person = member(partnership, by)
    # Hashing a snapshot takes time, so it happens before the transaction; what a proposal is about cannot change.
    subject = transitions.read_subject(store, partnership, number)
    found = evidence.examine(workspace, partnership, subject)
    with store.writing() as session:
        row = transitions.proposal(session, partnership, number)
        case = transitions.case_of(session, partnership, row, changes=found.changes)
        digest = canvas.digest(transitions.answers_of(session, row))
        facts = {"canvas_digest": digest, "policy": found.policy.digest if found.policy else None}
        now = ledger.moment(session, store.now())
        transitions.make(session, row, case, Action.SUBMIT, person, at=now, facts=facts)
        row.canvas_digest = digest


def start_review(store: Store, workspace: Workspace, partnership: Partnership, number: int, *, by: str) -> None:
    """Take a submitted proposal up.

    Raises:
        StateError: it is not submitted, or `by` is not a reviewer apart from who proposed and trained.
    """
    person = member(partnership, by)
    trainers = evidence.trainers(workspace, transitions.read_subject(store, partnership, number).bundle)
    with store.writing() as session:
        row = transitions.proposal(session, partnership, number)
        case = transitions.case_of(session, partnership, row, trainers=trainers)
        now = ledger.moment(session, store.now())
        transitions.make(session, row, case, Action.START_REVIEW, person, at=now, facts={})


def recommend(
    store: Store,
    workspace: Workspace,
    partnership: Partnership,
    number: int,
    *,
    verdict: Recommendation,
    words: str,
    by: str,
) -> int:
    """Give a recommendation, or replace one's own; the one that completes the quorum ends the review.

    Returns:
        The recommendation's number.

    Raises:
        InputError: there are no words with it.
        StateError: the proposal is not under review, or `by` is not a reviewer apart from who proposed and trained.
    """
    person, said = member(partnership, by), checked_words(words, "The words of a recommendation")
    subject = transitions.read_subject(store, partnership, number)
    trainers = evidence.trainers(workspace, subject.bundle)
    policy = evidence.policy(workspace, partnership, subject.use_case).digest
    with store.writing() as session:
        now = ledger.moment(session, store.now())
        row = transitions.proposal(session, partnership, number)
        case = transitions.case_of(session, partnership, row, trainers=trainers)
        facts = {
            "verdict": verdict,
            "words": digest_of(said),
            "canvas_digest": row.canvas_digest,
            "policy": policy,
        }
        entry = transitions.make(session, row, case, Action.RECOMMEND, person, at=now, facts=facts)
        session.add(
            RecommendationRow(
                id=entry.seq, proposal_id=number, round=row.round, member=by, verdict=verdict, words=said, at=now
            )
        )
        session.flush()
        case = transitions.case_of(session, partnership, row, trainers=trainers, policy=policy)
        if can_move(Action.CONCLUDE, case, person):
            counted = {"counted": sorted(case.counted), "quorum": case.quorum}
            transitions.make(session, row, case, Action.CONCLUDE, person, at=now, facts=counted)
    return entry.seq
