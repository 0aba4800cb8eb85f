"""Decisions and whether they hold: conflicts, changes by a byte, expiry, withdrawal, replacement and tampering."""

import datetime
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from ethics.acts import decisions, evidence, proposals
from ethics.acts.decisions import Condition, Decision, DecisionOutcome, valid_decision
from ethics.dossier import dossier
from ethics.errors import ConflictOfInterestError, ExpiredError, NotAllowedError, NotApprovedError, WithdrawnError
from ethics.record.store import open_store
from hub.errors import ConfigurationError, InputError, LedgerError, SentinelError, StateError
from hub.ledger import ledger, verification
from hub.ledger.ledger import Entry
from hub.workspace import Workspace
from tests.factories import ledgers
from tests.factories.ethics import PEOPLE, PURPOSE, START, WORDS, Desk, desk, unprotected, write_partnership

UTC = datetime.UTC


@pytest.fixture
def made(tmp_path: Path) -> Desk:
    """Give a desk with something to propose."""
    return desk(tmp_path)


def now(made: Desk, purpose: str = PURPOSE) -> Decision:
    """Return the decision that holds now."""
    return valid_decision(made.store, purpose=purpose, at=made.clock())


def rows(made: Desk) -> int:
    """Return how many entries the ledger has."""
    return verification.verify(made.store).rows


def refused(made: Desk, error: type[SentinelError], call: Callable[[], object], match: str | None = None) -> None:
    """Check that a call is refused with exactly this error and writes nothing."""
    before = rows(made)
    with pytest.raises(error, match=match) as caught:
        call()
    assert type(caught.value) is error
    assert rows(made) == before


def test_a_decision_says_what_was_approved(made: Desk) -> None:
    number = made.recommended()
    conditions = (
        Condition("Families are told in writing", "Early help lead", datetime.date(2026, 4, 1)),
        Condition("Missed children are counted every month", "Analyst", datetime.date(2026, 5, 1)),
    )
    decided = made.decide(number, expires_on=datetime.date(2026, 6, 1), conditions=conditions)
    decided_at = made.clock.at
    found = now(made)
    canvas = dossier.read(made.store, made.partnership, number)["digests"]["canvas"]
    assert found == Decision(
        id=decided,
        proposal_id=number,
        purpose=PURPOSE,
        bundle=made.bundle,
        audit=made.audit,
        snapshot=made.snapshot,
        use_case_digest=made.use_case.digest,
        canvas_digest=canvas,
        policy_digest=evidence.policy(made.workspace, made.partnership, made.use_case.name).digest,
        decided_by="olga",
        counted=frozenset({"rita", "sam"}),
        quorum=2,
        conditions=conditions,
        decided_at=decided_at,
        expires_on=datetime.date(2026, 6, 1),
    )
    with made.store.reading() as session:
        entry = ledger.entry_at(session, decided)
    assert entry is not None
    assert (entry.kind, entry.actor) == ("decision", "olga")
    facts = entry.read_facts()
    for name in ("bundle", "audit", "snapshot", "use_case_digest", "canvas_digest", "policy_digest", "purpose"):
        assert facts[name] == getattr(found, name)


def test_nothing_holds_before_the_decision(made: Desk) -> None:
    for bring in (Desk.draft, Desk.submitted, Desk.under_review, Desk.recommended):
        bring(made)
        refused(made, NotApprovedError, lambda: now(made), "Nothing is approved")


@pytest.mark.parametrize("outcome", [DecisionOutcome.DECLINED, DecisionOutcome.RETURNED])
def test_nothing_holds_after_another_decision(made: Desk, outcome: DecisionOutcome) -> None:
    number = made.recommended()
    made.decide(number, outcome=outcome)
    refused(made, NotApprovedError, lambda: now(made))
    said = dossier.read(made.store, made.partnership, number)
    assert said["state"] == {"declined": "declined", "returned": "draft"}[outcome]
    assert [one["outcome"] for one in said["decisions"]] == [outcome]


def test_another_purpose_is_not_approved(made: Desk) -> None:
    made.approved()
    refused(made, NotApprovedError, lambda: now(made, "enforcement"))
    refused(made, NotApprovedError, lambda: now(made, PURPOSE.upper()))
    refused(made, NotApprovedError, lambda: now(made, ""))
    refused(made, NotApprovedError, lambda: now(made, "%"))


def test_the_boundaries_of_the_time_in_which_it_holds(made: Desk) -> None:
    number = made.recommended()
    made.decide(number, expires_on=datetime.date(2026, 6, 1))
    decided_at = now(made).decided_at
    microsecond = datetime.timedelta(microseconds=1)
    midnight = datetime.datetime(2026, 6, 1, tzinfo=UTC)
    summer = datetime.timezone(datetime.timedelta(hours=1))

    def at(moment: datetime.datetime) -> Decision:
        return valid_decision(made.store, purpose=PURPOSE, at=moment)

    for moment in (decided_at, decided_at + microsecond, midnight - microsecond):
        assert at(moment).proposal_id == number
    assert at(datetime.datetime(2026, 6, 1, 0, 59, tzinfo=summer)).proposal_id == number
    refused(made, NotApprovedError, lambda: at(decided_at - microsecond), "does not hold yet")
    refused(made, ExpiredError, lambda: at(midnight), "expired on 2026-06-01")
    refused(made, ExpiredError, lambda: at(datetime.datetime(2026, 6, 1, 1, 0, tzinfo=summer)))
    refused(made, ExpiredError, lambda: at(midnight + datetime.timedelta(days=4000)))
    refused(made, NotApprovedError, lambda: at(datetime.datetime(2026, 5, 1)))


@pytest.mark.parametrize(("days", "fine"), [(0, False), (1, True), (30, True), (31, False)])
def test_an_approval_lasts_at_most_as_long_as_the_use_case_allows(tmp_path: Path, days: int, fine: bool) -> None:
    made = desk(tmp_path, approval_days=30)
    number = made.recommended()
    expires_on = made.clock.at.date() + datetime.timedelta(days=days)
    if fine:
        made.decide(number, expires_on=expires_on)
        assert now(made).expires_on == expires_on
    else:
        refused(made, InputError, lambda: made.decide(number, expires_on=expires_on), "30 days")


def test_who_decides(made: Desk) -> None:
    number = made.recommended()
    for who in ("ana", "tom", "rita", "uma"):
        refused(made, NotAllowedError, partial(made.decide, number, by=who), "To approve is for the owner")
    made.decide(number, by="paul")


@pytest.mark.parametrize(
    ("who", "match"),
    [("ana", "ana proposed this"), ("tom", "tom trained this"), ("rita", "rita gave a recommendation")],
)
@pytest.mark.parametrize("outcome", DecisionOutcome)
def test_nobody_with_a_part_in_it_decides_even_when_made_owner(
    made: Desk, who: str, match: str, outcome: DecisionOutcome
) -> None:
    number = made.recommended(("rita", "sam", "uma"))
    write_partnership(made.folder, people=PEOPLE | {who: "owner", "max": "reviewer", "amy": "analyst"})
    refused(made, ConflictOfInterestError, lambda: made.decide(number, by=who, outcome=outcome), match)


def test_an_owner_who_trained_it_later_does_not_approve(made: Desk) -> None:
    number = made.recommended()
    made.trained_again("olga")
    refused(made, ConflictOfInterestError, lambda: made.decide(number), "olga trained this")
    made.decide(number, by="paul")


def change(path: Path) -> Callable[[], None]:
    """Change one byte of a file and return what restores it."""
    before = path.read_bytes()
    path.write_bytes(bytes([before[0] ^ 1]) + before[1:])

    def put_back() -> None:
        path.write_bytes(before)

    return put_back


@pytest.mark.parametrize("file", ["content.txt", "manifest.json"])
@pytest.mark.parametrize("kind", ["bundle", "audit", "snapshot"])
def test_one_changed_byte_stops_the_approval_and_nothing_else_does(made: Desk, kind: str, file: str) -> None:
    number = made.recommended()
    folder = getattr(made.workspace, f"{kind}s") / getattr(made, kind)
    restore = change(folder / file)
    refused(made, StateError, lambda: made.decide(number), f"no longer what was proposed: {kind} ")
    restore()
    (folder / "added.txt").write_text("x", encoding="utf-8")
    refused(made, StateError, lambda: made.decide(number), "no longer what was proposed")
    (folder / "added.txt").unlink()
    made.decide(number)
    assert now(made).proposal_id == number


def test_a_changed_byte_also_stops_proposing_and_submitting(made: Desk) -> None:
    number = made.answered()
    change(made.workspace.audits / made.audit / "content.txt")
    refused(
        made,
        StateError,
        lambda: proposals.submit(made.store, made.workspace, made.partnership, number, by="ana"),
        "no longer what was proposed: audit",
    )
    with pytest.raises(SentinelError, match="missing or differs"):
        made.draft()


def test_a_use_case_changed_since_it_was_proposed_stops_the_approval(made: Desk) -> None:
    number = made.recommended()
    write_partnership(made.folder, capacity=11)
    refused(made, StateError, lambda: made.decide(number), "0 of the 2 recommendations")
    made.recommend(number, by="rita")
    made.recommend(number, by="uma")
    refused(made, StateError, lambda: made.decide(number), "no longer as it was when the model was trained")
    (made.folder / "use_cases" / "early_help_offer.yaml").unlink()
    refused(made, ConfigurationError, lambda: made.decide(number), "no such file")
    write_partnership(made.folder)
    refused(made, StateError, lambda: made.decide(number), "1 of the 2 recommendations")  # sam's, from before
    made.recommend(number, by="rita")
    made.decide(number)


def test_a_canvas_changed_behind_the_record_stops_the_approval(made: Desk) -> None:
    number = made.recommended()
    unprotected(
        made.store,
        "UPDATE canvas_answer SET words = 'Everything was discussed with everybody at great length.' "
        "WHERE section = 'your_actions'",
    )
    refused(made, StateError, lambda: made.decide(number), "another canvas")


def test_what_has_changed_can_still_be_declined(made: Desk) -> None:
    number = made.recommended()
    change(made.workspace.bundles / made.bundle / "content.txt")
    write_partnership(made.folder, capacity=11)
    made.decide(number, outcome=DecisionOutcome.DECLINED)
    assert dossier.read(made.store, made.partnership, number)["state"] == "declined"


def test_a_returned_proposal_begins_a_new_round(made: Desk) -> None:
    number = made.recommended()
    made.decide(number, outcome=DecisionOutcome.RETURNED)
    said = dossier.read(made.store, made.partnership, number)
    assert (said["state"], said["round"], said["quorum"]["given"]) == ("draft", 2, 0)
    assert said["digests"]["canvas"] is None
    proposals.answer(made.store, made.partnership, number, {"your_actions": WORDS}, by="ana")
    proposals.submit(made.store, made.workspace, made.partnership, number, by="ana")
    proposals.start_review(made.store, made.workspace, made.partnership, number, by="uma")
    made.recommend(number, by="uma")
    refused(made, StateError, lambda: made.decide(number), "under review")
    made.recommend(number, by="rita")
    made.decide(number)
    assert now(made).proposal_id == number
    assert [one["outcome"] for one in dossier.read(made.store, made.partnership, number)["decisions"]] == [
        "returned",
        "approved",
    ]


@pytest.mark.parametrize("who", PEOPLE)
def test_who_withdraws_and_that_it_holds_at_once(made: Desk, who: str) -> None:
    number = made.approved()
    now(made)

    def withdraw() -> int:
        return decisions.withdraw(made.store, made.partnership, number, reasons=WORDS, by=who)

    if PEOPLE[who] == "analyst":
        refused(made, NotAllowedError, withdraw, "To withdraw is for the owner or the reviewer")
        now(made)
        return
    withdraw()
    refused(made, WithdrawnError, lambda: now(made), "was withdrawn")
    refused(made, StateError, withdraw, "The proposal is withdrawn")


def test_a_withdrawal_needs_reasons(made: Desk) -> None:
    number = made.approved()
    refused(made, InputError, lambda: decisions.withdraw(made.store, made.partnership, number, reasons=" ", by="olga"))
    now(made)


def test_a_withdrawn_approval_stays_withdrawn_after_its_time(made: Desk) -> None:
    number = made.approved(days=1)
    decisions.withdraw(made.store, made.partnership, number, reasons=WORDS, by="olga")
    made.clock.at += datetime.timedelta(days=50)
    refused(made, WithdrawnError, lambda: now(made))


def test_a_newer_approval_takes_the_place_of_the_older_and_says_so(made: Desk) -> None:
    first = made.approved()
    older = now(made)
    made.publish(made.use_case, seed=2)
    second = made.approved()
    newer = now(made)
    assert (newer.proposal_id, newer.bundle) == (second, made.bundle)
    said = dossier.read(made.store, made.partnership, first)
    assert (said["state"], said["acts_next"]) == ("superseded", "nobody: it is closed and kept as the record")
    assert dossier.read(made.store, made.partnership, second)["decisions"][0]["supersedes"] == older.id
    with made.store.reading() as session:
        [entry] = ledger.entries(session, kind="supersession")
    assert (entry.read_facts()["decision"], entry.read_facts()["by_proposal"]) == (older.id, second)
    refused(
        made,
        StateError,
        lambda: decisions.withdraw(made.store, made.partnership, first, reasons=WORDS, by="olga"),
        "superseded",
    )


def test_the_older_approval_does_not_come_back_when_the_newer_ends(made: Desk) -> None:
    made.approved(days=300)
    made.publish(made.use_case, seed=2)
    second = made.approved(days=10)
    made.clock.at += datetime.timedelta(days=11)
    refused(made, ExpiredError, lambda: now(made))
    decisions.withdraw(made.store, made.partnership, second, reasons=WORDS, by="olga")
    refused(made, WithdrawnError, lambda: now(made))


def test_a_proposal_in_the_making_does_not_disturb_the_approval_that_holds(made: Desk) -> None:
    first = made.approved()
    made.publish(made.use_case, seed=2)
    for bring in (Desk.draft, Desk.under_review, Desk.recommended):
        bring(made)
        assert now(made).proposal_id == first
    made.decide(made.recommended(), outcome=DecisionOutcome.DECLINED)
    assert now(made).proposal_id == first


def test_the_same_can_be_approved_again_after_a_withdrawal(made: Desk) -> None:
    decisions.withdraw(made.store, made.partnership, made.approved(), reasons=WORDS, by="uma")
    again = made.approved()
    assert now(made).proposal_id == again


FORGERIES = {
    "a later end": ["UPDATE decision SET expires_on = '2099-01-01'"],
    "another bundle": ["UPDATE decision SET bundle = '{x}'"],
    "another bundle in both": ["UPDATE decision SET bundle = '{x}'", "UPDATE proposal SET bundle = '{x}'"],
    "another purpose": ["UPDATE decision SET purpose = 'enforcement'", "UPDATE proposal SET purpose = 'enforcement'"],
    "other reasons": ["UPDATE decision SET reasons = 'Because.'"],
    "another decider": ["UPDATE decision SET decided_by = 'paul'"],
    "another moment": ["UPDATE decision SET decided_at = '2026-01-01T00:00:00.000000Z'"],
    "a damaged moment": ["UPDATE decision SET decided_at = 'yesterday'"],
    "a damaged end": ["UPDATE decision SET expires_on = 'never'"],
    "fewer conditions": ["DELETE FROM decision_condition"],
    "a later condition": ["UPDATE decision_condition SET due = '2027-01-01'"],
    "another round": ["UPDATE proposal SET round = 2"],
    "another canvas": ["UPDATE proposal SET canvas_digest = '{x}'"],
    "a changed state": ["UPDATE proposal SET state = 'recommended'"],
    "an unknown state": ["UPDATE proposal SET state = 'signed'"],
    "no entry": ["DELETE FROM ledger_entry WHERE kind = 'decision'"],
    "a changed entry": ["UPDATE ledger_entry SET actor = 'paul' WHERE kind = 'decision'"],
    "damaged facts": ["UPDATE ledger_entry SET facts = '[' WHERE kind = 'decision'"],
    "no end of the chain": ["DELETE FROM ledger_head"],
    "another end of the chain": ["UPDATE ledger_head SET hash = '{x}'"],
    "a changed entry before": ["UPDATE ledger_entry SET hash = '{x}' WHERE seq = 11"],
    "no record": ["DROP TABLE decision_condition"],
}


@pytest.fixture(scope="module")
def approved_record(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Make a record with one approval, once."""
    made = desk(tmp_path_factory.mktemp("approved"))
    made.approved()
    return made.workspace


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_record_that_does_not_agree_with_the_ledger_scores_nothing(
    approved_record: Workspace, tmp_path: Path, forgery: str
) -> None:
    at = START + datetime.timedelta(days=1)
    with open_store(ledgers.copied(approved_record, tmp_path)) as store:
        assert valid_decision(store, purpose=PURPOSE, at=at).id == 12
        unprotected(store, *(statement.replace("{x}", "f" * 64) for statement in FORGERIES[forgery]))
        for purpose in (PURPOSE, "enforcement"):
            with pytest.raises((NotApprovedError, LedgerError)):
                valid_decision(store, purpose=purpose, at=at)


def test_a_forged_end_with_its_entry_and_hash_forged_too_scores_nothing(made: Desk) -> None:
    made.approved()
    number = now(made).id
    made.draft()
    with made.store.reading() as session:
        entry = ledger.entry_at(session, number)
    assert entry is not None
    fields = {name: getattr(entry, name) for name in Entry.__slots__ if name != "hash"}
    fields["facts"] = entry.facts.replace("2026-05-31", "2099-01-01")
    assert fields["facts"] != entry.facts
    unprotected(
        made.store,
        "UPDATE decision SET expires_on = '2099-01-01'",
        f"UPDATE ledger_entry SET facts = '{fields['facts']}', hash = '{ledger._hash(**fields)}' WHERE seq = {number}",
    )
    with pytest.raises(LedgerError, match="does not hold at row 12: it was replaced"):
        now(made)


def test_hiding_a_withdrawal_does_not_bring_the_approval_back(made: Desk) -> None:
    number = made.approved()
    decisions.withdraw(made.store, made.partnership, number, reasons=WORDS, by="olga")
    unprotected(made.store, "UPDATE proposal SET state = 'approved'", "DELETE FROM withdrawal")
    with pytest.raises(WithdrawnError):
        now(made)


def test_hiding_a_newer_approval_does_not_bring_the_older_back(made: Desk) -> None:
    first = made.approved()
    made.publish(made.use_case, seed=2)
    second = made.approved()
    unprotected(
        made.store,
        f"DELETE FROM decision_condition WHERE decision_id IN (SELECT id FROM decision WHERE proposal_id = {second})",
        f"DELETE FROM decision WHERE proposal_id = {second}",
        f"UPDATE proposal SET state = 'declined' WHERE id = {second}",
        f"UPDATE proposal SET state = 'approved' WHERE id = {first}",
    )
    with pytest.raises(NotApprovedError, match="does not agree with the ledger"):
        now(made)


def test_inside_a_writer_the_answer_stays_true_until_it_has_written(made: Desk) -> None:
    from ethics.acts.approvals import decision_in

    number = made.approved()
    with made.store.writing() as session:
        found = decision_in(session, purpose=PURPOSE, at=made.clock())
        ledger.append(session, kind="score", actor="hub", facts={"decision": found.id}, at=made.clock())
    assert found.proposal_id == number


def test_asking_is_quick_however_long_the_ledger_is(made: Desk) -> None:
    made.approved()
    with made.store.writing() as session:
        for number in range(500):
            ledger.append(session, kind="score", actor="hub", facts={"number": number}, at=made.clock.at)
    begun = time.process_time()
    for _ in range(20):
        now(made)
    assert (time.process_time() - begun) / 20 < 0.1
