"""What must stand behind a decision: written by somebody who holds database, anchor and key, but had no group.

Every forgery here has hashes that fit and an anchor that agrees: `ledger.append` itself writes its entries. What is
missing is what the group and the owner would have done.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ethics.acts import proposals, transitions
from ethics.acts import verification as record
from ethics.acts.approvals import Decision, decision_in, valid_decision
from ethics.acts.decisions import Condition, DecisionOutcome
from ethics.acts.proposals import Recommendation
from ethics.errors import NotApprovedError
from ethics.record import facts as record_facts
from ethics.record.records import (
    CanvasAnswerRow,
    ConditionRow,
    DecisionRow,
    ProposalRow,
    RecommendationRow,
    TrainerRow,
)
from ethics.record.store import open_store
from ethics.rules.policy import policy_of
from ethics.rules.workflow import Action, ProposalState
from hub.digests import digest_of
from hub.errors import InputError, StateError
from hub.ledger import ledger, verification
from hub.ledger.store import Store
from hub.workspace import Workspace
from tests.factories import ledgers
from tests.factories.ethics import PEOPLE, PURPOSE, START, WORDS, Clock, Desk, desk, unprotected, write_partnership

AGAINST = "The families asked for it and the owner weighed that."


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Desk]:
    """Give a desk with something to propose."""
    found = desk(tmp_path)
    with found.store:
        yield found


@dataclass(frozen=True)
class Reviewed:
    """A ledger with one proposal under review.

    Attributes:
        store: the open ledger.
        clock: its clock.
        number: the proposal.
        policy: digest of the policy.
    """

    store: Store
    clock: Clock
    number: int
    policy: str


@pytest.fixture(scope="module")
def under_review(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, int]:
    """Make it, once."""
    found = desk(tmp_path_factory.mktemp("reviewed"))
    with found.store:
        return found, found.under_review()


@pytest.fixture
def reviewed(under_review: tuple[Desk, int], tmp_path: Path) -> Iterator[Reviewed]:
    """Give a copy of it."""
    found, number = under_review
    policy = policy_of(found.partnership, found.use_case, practice=False)
    clock = Clock(found.clock.at)
    with open_store(ledgers.copied(found.workspace, tmp_path, clock=clock)) as store:
        yield Reviewed(store, clock, number, policy.digest)


@dataclass(frozen=True)
class Given:
    """One recommendation that is written by hand.

    Attributes:
        by: who gave it.
        verdict: what its row says.
        said: what its entry says that its row does not.
        about: facts of its entry that are others than they should be.
        late: written after the decision.
        kind: of its entry.
    """

    by: str
    verdict: Recommendation = Recommendation.SUPPORT
    said: Recommendation | None = None
    about: dict[str, Any] = field(default_factory=dict)
    late: bool = False
    kind: str = transitions.KINDS[Action.RECOMMEND]


@dataclass(frozen=True)
class Forged:
    """A decision that is written by hand, with all that it says.

    Attributes:
        given: the recommendations that are written with it.
        counted: whom its entry counts.
        quorum: how many its entry says were needed.
        by: who decided, by its row.
        actor: who decided, by its entry; the same.
        against_advice: why against advice.
        policy: digest of the policy; that of now.
        facts: facts of its entry that are others than its row says.
        row: what row and entry say otherwise than the proposal.
        answered: words that were put into the canvas, with an entry, after it was submitted.
        state: the proposal's state afterwards.
        kind: of its entry.
    """

    given: tuple[Given, ...] = (Given("rita"), Given("sam"))
    counted: Any = ("rita", "sam")
    quorum: Any = 2
    by: str = "olga"
    actor: str = ""
    against_advice: str | None = None
    policy: str | None = "now"
    facts: dict[str, Any] = field(default_factory=dict)
    row: dict[str, Any] = field(default_factory=dict)
    answered: str | None = None
    state: ProposalState = ProposalState.APPROVED
    kind: str = transitions.KINDS[Action.APPROVE]

    def write(self, made: Reviewed) -> int:
        """Write it for a proposal under review; return its number."""
        policy = made.policy if self.policy == "now" else self.policy
        with made.store.writing() as session:
            row = session.get(ProposalRow, made.number)
            assert row is not None
            if self.answered is not None:
                _answer(made, session, row, self.answered)
            for one in self.given:
                if not one.late:
                    _give(made, session, row, one, policy)
            decision = self._decision(made, session, row, policy)
            for one in self.given:
                if one.late:
                    _give(made, session, row, one, policy)
        return decision

    def _decision(self, made: Reviewed, session: Session, row: ProposalRow, policy: str | None) -> int:
        at = made.clock()
        names = ("purpose", "bundle", "audit", "snapshot", "use_case_digest", "canvas_digest", "round")
        decision = DecisionRow(
            **{name: getattr(row, name) for name in names} | self.row,
            proposal_id=row.id,
            outcome=DecisionOutcome.APPROVED,
            decided_by=self.by,
            decided_at=at,
            reasons=WORDS,
            expires_on=at.date() + datetime.timedelta(days=30),
            policy_digest=policy,
            against_advice=self.against_advice,
            supersedes=None,
            conditions=[ConditionRow(position=1, words="Families are told", owner="Lead", due=at.date())],
        )
        counted = list(self.counted) if isinstance(self.counted, tuple) else self.counted
        said = record_facts.of_decision(decision) | {"counted": counted, "supporting": counted, "quorum": self.quorum}
        said |= {"proposal": row.id, "round": decision.round, "action": Action.APPROVE}
        said |= {"from": ProposalState.RECOMMENDED, "to": self.state} | self.facts
        entry = ledger.append(session, kind=self.kind, actor=self.actor or self.by, facts=said, at=at)
        decision.id = row.changed_by_entry = entry.seq
        row.state = self.state
        session.add(decision)
        session.flush()
        return entry.seq


def _answer(made: Reviewed, session: Session, row: ProposalRow, words: str) -> None:
    at, section = made.clock(), "your_actions"
    said = {"answers": {section: digest_of(words)}, "proposal": row.id, "round": row.round, "action": Action.ANSWER}
    said |= {"from": row.state, "to": row.state}
    entry = ledger.append(session, kind=transitions.KINDS[Action.ANSWER], actor="ana", facts=said, at=at)
    session.add(
        CanvasAnswerRow(id=entry.seq, section=section, proposal_id=row.id, words=words, answered_by="ana", at=at)
    )
    session.flush()


def _give(made: Reviewed, session: Session, row: ProposalRow, one: Given, policy: str | None) -> None:
    at = made.clock()
    said = {
        "verdict": one.said or one.verdict,
        "words": digest_of(WORDS),
        "canvas_digest": row.canvas_digest,
        "policy": policy,
        **{"proposal": row.id, "round": row.round, "action": Action.RECOMMEND},
        **{"from": row.state, "to": row.state},
        **one.about,
    }
    entry = ledger.append(session, kind=one.kind, actor=one.by, facts=said, at=at)
    session.add(
        RecommendationRow(
            id=entry.seq, proposal_id=row.id, round=row.round, member=one.by, verdict=one.verdict, words=WORDS, at=at
        )
    )
    session.flush()


def decision(made: Desk | Reviewed) -> Decision:
    """Return the decision that holds, asked for outside a write and inside one."""
    at = made.clock()
    found = valid_decision(made.store, purpose=PURPOSE, at=at)
    with made.store.writing() as session:
        assert decision_in(session, purpose=PURPOSE, at=at) == found
    return found


WHOLE = Forged()
SUPPORTED: dict[str, Forged] = {
    "as the group and the owner would have written it": WHOLE,
    "three of three": replace(
        WHOLE, given=(Given("rita"), Given("sam"), Given("uma")), counted=("rita", "sam", "uma"), quorum=3
    ),
    "more than were needed": replace(
        WHOLE, given=(Given("rita"), Given("sam"), Given("uma")), counted=("rita", "sam", "uma")
    ),
    "one who opposes beside a quorum": replace(
        WHOLE, given=(Given("rita"), Given("sam"), Given("uma", Recommendation.OPPOSE)), counted=("rita", "sam", "uma")
    ),
    "support with conditions": replace(
        WHOLE, given=(Given("rita"), Given("sam", Recommendation.SUPPORT_WITH_CONDITIONS))
    ),
    "all oppose it, and the owner says why": replace(
        WHOLE, given=(Given("rita", Recommendation.OPPOSE), Given("sam", Recommendation.OPPOSE)), against_advice=AGAINST
    ),
    "one opposes it, and the owner says why": replace(
        WHOLE, given=(Given("rita"), Given("sam", Recommendation.OPPOSE)), against_advice=AGAINST
    ),
}
ANA, TOM, OLGA = Given("ana"), Given("tom"), Given("olga")
FORGERIES: dict[str, Forged] = {
    "no recommendation": replace(WHOLE, given=()),
    "none, and none counted": replace(WHOLE, given=(), counted=(), quorum=0),
    "none, and the owner says why": replace(WHOLE, given=(), counted=(), quorum=0, against_advice=AGAINST),
    "one of two": replace(WHOLE, given=(Given("rita"),)),
    "one, and one is a quorum": replace(WHOLE, given=(Given("rita"),), counted=("rita",), quorum=1),
    "one counted twice": replace(WHOLE, given=(Given("rita"),), counted=("rita", "rita")),
    "fewer than its own quorum": replace(WHOLE, quorum=3),
    "fewer than its own quorum, and the owner says why": replace(WHOLE, quorum=3, against_advice=AGAINST),
    "one counted twice, and the owner says why": replace(
        WHOLE, given=(Given("rita"),), counted=("rita", "rita"), against_advice=AGAINST
    ),
    "a quorum that is no number": replace(WHOLE, quorum="2"),
    "a quorum that is true": replace(WHOLE, given=(Given("rita"),), counted=("rita",), quorum=True),
    "nobody says who counted": replace(WHOLE, counted=None),
    "who counted is a name": replace(WHOLE, counted="rita"),
    "both oppose it": replace(WHOLE, given=(Given("rita", Recommendation.OPPOSE), Given("sam", Recommendation.OPPOSE))),
    "one of two opposes it": replace(WHOLE, given=(Given("rita"), Given("sam", Recommendation.OPPOSE))),
    "it changed its mind": replace(WHOLE, given=(Given("rita"), Given("sam"), Given("sam", Recommendation.OPPOSE))),
    "one by who proposed it": replace(WHOLE, given=(Given("rita"), ANA), counted=("rita", "ana")),
    "one by who trained it": replace(WHOLE, given=(Given("rita"), TOM), counted=("rita", "tom")),
    "one by who decides": replace(WHOLE, given=(Given("rita"), OLGA), counted=("rita", "olga")),
    "a row that supports and an entry that opposes": replace(
        WHOLE, given=(Given("rita"), Given("sam", said=Recommendation.OPPOSE))
    ),
    "a row that opposes and an entry that supports": replace(
        WHOLE,
        given=(Given("rita"), Given("sam", Recommendation.OPPOSE, said=Recommendation.SUPPORT)),
        against_advice=AGAINST,
    ),
    "under another policy": replace(WHOLE, given=(Given("rita"), Given("sam", about={"policy": "e" * 64}))),
    "under no policy": replace(WHOLE, given=(Given("rita"), Given("sam", about={"policy": None}))),
    "on another canvas": replace(WHOLE, given=(Given("rita"), Given("sam", about={"canvas_digest": "e" * 64}))),
    "in other words": replace(WHOLE, given=(Given("rita"), Given("sam", about={"words": "e" * 64}))),
    "in another round": replace(WHOLE, given=(Given("rita"), Given("sam", about={"round": 2}))),
    "about another proposal": replace(WHOLE, given=(Given("rita"), Given("sam", about={"proposal": 9_999}))),
    "after the decision": replace(WHOLE, given=(Given("rita"), Given("sam", late=True))),
    "an entry of another kind": replace(WHOLE, given=(Given("rita"), Given("sam", kind="review"))),
    "a decision under no policy": replace(WHOLE, policy=None),
    "a decision whose entry is somebody else's": replace(WHOLE, actor="paul"),
    "a decision whose entry is of another kind": replace(WHOLE, kind="quorum"),
    "a decision whose entry is no approval": replace(WHOLE, facts={"action": Action.DECLINE}),
    "an entry about another bundle": replace(WHOLE, facts={"bundle": "e" * 64}),
    "an entry about another audit": replace(WHOLE, facts={"audit": "e" * 64}),
    "an entry about another snapshot": replace(WHOLE, facts={"snapshot": "e" * 64}),
    "an entry for another purpose": replace(WHOLE, facts={"purpose": "enforcement"}),
    "an entry under another policy": replace(WHOLE, facts={"policy_digest": "e" * 64}),
    "an entry with another end": replace(WHOLE, facts={"expires_on": "2099-01-01"}),
    "an entry with other conditions": replace(WHOLE, facts={"conditions": "e" * 64}),
    "an entry with other reasons": replace(WHOLE, facts={"reasons": "e" * 64}),
    "an entry that does not go against advice": replace(WHOLE, against_advice=AGAINST, facts={"against_advice": None}),
    "an entry about another proposal": replace(WHOLE, facts={"proposal": 9_999}),
    "an entry of another round": replace(WHOLE, facts={"round": 2}),
    **{
        f"a decision, with its entry, about another {name}": replace(WHOLE, row={name: value})
        for name, value in {
            "bundle": "e" * 64,
            "audit": "e" * 64,
            "snapshot": "e" * 64,
            "use_case_digest": "e" * 64,
            "round": 2,
        }.items()
    },
    "a canvas that was answered anew after it was submitted": replace(WHOLE, answered=WORDS),
    "a proposal that is not approved": replace(WHOLE, state=ProposalState.RECOMMENDED),
    "a proposal that was superseded": replace(WHOLE, state=ProposalState.SUPERSEDED),
}


@pytest.mark.parametrize("how", SUPPORTED)
def test_what_the_group_and_the_owner_would_have_written_holds(reviewed: Reviewed, how: str) -> None:
    forged = SUPPORTED[how]
    number = forged.write(reviewed)
    found = decision(reviewed)
    assert (found.id, found.counted, found.quorum) == (number, set(forged.counted), forged.quorum)
    assert verification.verify(reviewed.store).holds
    assert record.verify(reviewed.store) == []


@pytest.mark.parametrize("how", FORGERIES)
def test_a_decision_that_nobody_stands_behind_opens_nothing(reviewed: Reviewed, how: str) -> None:
    FORGERIES[how].write(reviewed)
    assert verification.verify(reviewed.store).holds, "the chain itself is right"
    with pytest.raises(NotApprovedError):
        decision(reviewed)


# ---- the record, changed under a decision that the group gave

AFTERWARDS: dict[str, str] = {
    "a verdict": "UPDATE recommendation SET verdict = 'support_with_conditions' WHERE member = 'sam'",
    "the words of a recommendation": "UPDATE recommendation SET words = 'No.' WHERE member = 'sam'",
    "who recommended": "UPDATE recommendation SET member = 'uma' WHERE member = 'sam'",
    "when it was recommended": "UPDATE recommendation SET at = '2026-03-01T00:00:00.000000Z' WHERE member = 'sam'",
    "in which round": "UPDATE recommendation SET round = 2 WHERE member = 'sam'",
    "a recommendation is gone": "DELETE FROM recommendation WHERE member = 'sam'",
    "a recommendation that does not count is gone": "DELETE FROM recommendation WHERE member = 'uma'",
    "all recommendations are gone": "DELETE FROM recommendation",
    "who trained": "UPDATE proposal_trainer SET person = 'xenia'",
    "nobody trained": "DELETE FROM proposal_trainer",
    "one more trained": "INSERT INTO proposal_trainer SELECT id, 'zoe' FROM proposal",
    "a reviewer trained": "INSERT INTO proposal_trainer SELECT id, 'rita' FROM proposal",
    "who proposed": "UPDATE proposal SET proposed_by = 'tom'",
    "an answer of the canvas": "UPDATE canvas_answer SET words = 'No.' WHERE section = 'your_actions'",
    "an answer is gone": "DELETE FROM canvas_answer WHERE section = 'your_actions'",
    "the reasons": "UPDATE decision SET reasons = 'Because.'",
    "why against advice": f"UPDATE decision SET against_advice = '{AGAINST}'",
    "the policy": f"UPDATE decision SET policy_digest = '{'e' * 64}'",
    "no policy": "UPDATE decision SET policy_digest = NULL",
    "the end": "UPDATE decision SET expires_on = '2099-01-01'",
    "a condition": "UPDATE decision_condition SET words = 'Nothing.'",
    "a condition is gone": "DELETE FROM decision_condition",
    "the step that it stands at": "UPDATE proposal SET changed_by_entry = 9",
}


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Make a record with an approval by three reviewers, with a condition, once."""
    made = desk(tmp_path_factory.mktemp("decided"))
    with made.store:
        number = made.recommended(("rita", "sam", "uma"))
        made.decide(number, conditions=(Condition("Families are told", "Lead", made.clock.at.date()),))
    return made.workspace


@pytest.mark.parametrize("what", AFTERWARDS)
def test_a_row_that_was_changed_behind_a_decision_ends_it_and_is_named(
    decided: Workspace, tmp_path: Path, what: str
) -> None:
    at = START + datetime.timedelta(days=1)
    with open_store(ledgers.copied(decided, tmp_path)) as store:
        assert valid_decision(store, purpose=PURPOSE, at=at).conditions
        assert record.verify(store) == []
        unprotected(store, AFTERWARDS[what])
        with pytest.raises(NotApprovedError):
            valid_decision(store, purpose=PURPOSE, at=at)
        assert record.verify(store) != []


# ---- fewer than a quorum in support


@pytest.mark.parametrize("quorum", [2, 3])
@pytest.mark.parametrize("opposing", [0, 1, 2, 3])
@pytest.mark.parametrize("says_why", [False, True])
def test_without_a_quorum_in_support_an_approval_needs_the_owners_reasons(
    tmp_path: Path, quorum: int, opposing: int, says_why: bool
) -> None:
    made = desk(tmp_path, quorum=quorum)
    with made.store as store:
        number = made.under_review()
        for position, member in enumerate(("rita", "sam", "uma")):
            verdict = Recommendation.OPPOSE if position < opposing else Recommendation.SUPPORT_WITH_CONDITIONS
            made.recommend(number, by=member, verdict=verdict)
        supporting = 3 - opposing
        against = AGAINST if says_why else None
        if supporting < quorum and not says_why:
            with pytest.raises(StateError, match=rf"Only {supporting} of the 3 recommendations support it"):
                made.decide(number, against_advice=against)
            with pytest.raises(NotApprovedError):
                decision(made)
            made.decide(number, outcome=DecisionOutcome.DECLINED)
            return
        decided = made.decide(number, against_advice=against)
        assert decision(made).id == decided
        with store.reading() as session:
            row = session.get(DecisionRow, decided)
            entry = ledger.entry_at(session, decided)
        assert row is not None
        assert entry is not None
        kept = AGAINST if supporting < quorum else None
        assert row.against_advice == kept, "kept where it was needed, and only there"
        said = entry.read_facts()
        assert said["against_advice"] == (digest_of(AGAINST) if kept else None)
        assert said["supporting"] == sorted(("rita", "sam", "uma")[opposing:])


def test_reasons_against_advice_are_words(made: Desk) -> None:
    number = made.under_review()
    for member in ("rita", "sam"):
        made.recommend(number, by=member, verdict=Recommendation.OPPOSE)
    for words in ("", " ", "why not", "because\0"):
        with pytest.raises((InputError, StateError), match="The reasons against advice"):
            made.decide(number, against_advice=words)
    with pytest.raises(NotApprovedError):
        decision(made)


# ---- recommendations under another policy


@pytest.mark.parametrize("changed", [{"capacity": 11}, {"quorum": 3}, {"people": PEOPLE | {"xenia": "reviewer"}}])
def test_what_was_recommended_under_another_policy_does_not_count_at_the_decision(
    made: Desk, changed: dict[str, Any]
) -> None:
    number = made.under_review()
    made.recommend(number, by="rita")
    write_partnership(made.folder, **changed)
    made.recommend(number, by="sam")
    write_partnership(made.folder)
    with pytest.raises(StateError):
        made.decide(number)
    made.recommend(number, by="sam")
    made.decide(number)
    assert decision(made).counted == {"rita", "sam"}


def test_a_recommendation_that_completes_the_quorum_concludes_only_with_those_under_its_policy(made: Desk) -> None:
    number = made.under_review()
    made.recommend(number, by="rita")
    write_partnership(made.folder, capacity=11)
    made.recommend(number, by="sam")
    with made.store.reading() as session:
        state = session.execute(text("SELECT state FROM proposal")).scalar()
    assert state == "under_review"


def test_a_trainer_of_whom_only_the_ledger_knows_has_a_part_in_it_too(made: Desk) -> None:
    number = made.recommended()
    made.trained_again("rita")
    with pytest.raises(StateError, match="1 of the 2 recommendations"):
        made.decide(number)
    with made.store.reading() as session:
        assert [row.person for row in session.query(TrainerRow)] == ["tom"]
    with pytest.raises(StateError, match="rita trained this model"):
        proposals.recommend(
            made.store,
            made.workspace,
            made.partnership,
            number,
            verdict=Recommendation.SUPPORT,
            words=WORDS,
            by="rita",
        )
