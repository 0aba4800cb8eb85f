"""Proposals up to the owner's desk: who may, when, and that a refusal or a failure leaves nothing behind."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from ethics.acts import decisions, evidence, proposals
from ethics.acts.proposals import Recommendation
from ethics.dossier import dossier
from ethics.dossier import text as dossier_text
from ethics.errors import ConflictOfInterestError, NotAllowedError
from ethics.rules.canvas import KEYS
from hub.errors import (
    InputError,
    IntegrityError,
    NotFoundError,
    NotPublishedError,
    RecordError,
    SentinelError,
    StateError,
)
from hub.ledger import ledger, verification
from hub.ledger.tables import Base
from tests.factories.audit_facts import audit_facts
from tests.factories.ethics import PEOPLE, WORDS, Desk, answers, desk, write_partnership


@pytest.fixture
def made(tmp_path: Path) -> Desk:
    """Give a desk with something to propose."""
    return desk(tmp_path)


def everything(made: Desk) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of all tables."""
    with made.store.reading() as session:
        return {
            table.name: sorted(map(tuple, session.execute(text(f"SELECT * FROM {table.name}"))), key=str)
            for table in Base.metadata.sorted_tables
        }


def refused(made: Desk, error: type[SentinelError], call: Callable[[], object], match: str | None = None) -> None:
    """Check that a call is refused with exactly this error and leaves nothing behind."""
    before = everything(made)
    with pytest.raises(error, match=match) as caught:
        call()
    assert type(caught.value) is error
    assert everything(made) == before


def state(made: Desk, number: int) -> str:
    """Return where a proposal stands."""
    return str(dossier.read(made.store, made.partnership, number)["state"])


def kinds(made: Desk) -> list[str]:
    """Return the kinds of all entries of the ledger, in order."""
    with made.store.reading() as session:
        return [entry.kind for entry in ledger.entries(session)]


def test_the_whole_way_leaves_one_entry_a_step(made: Desk) -> None:
    number = made.approved()
    decisions.withdraw(made.store, made.partnership, number, reasons=WORDS, by="uma")
    assert kinds(made) == [
        *["publication"] * 4,  # snapshot, feature set, bundle and audit
        "proposal",
        "canvas",
        "submission",
        "review",
        "recommendation",
        "recommendation",
        "quorum",
        "decision",
        "withdrawal",
    ]
    assert verification.verify(made.store).holds
    assert state(made, number) == "withdrawn"


def test_the_ledger_holds_digests_and_no_words(made: Desk) -> None:
    made.approved()
    with made.store.reading() as session:
        said = " ".join(entry.facts for entry in ledger.entries(session))
    assert made.bundle in said
    for words in (WORDS, "Families are told", "Early help lead", answers()["your_actions"]):
        assert words not in said


@pytest.mark.parametrize("who", PEOPLE)
def test_only_an_analyst_proposes(made: Desk, who: str) -> None:
    if PEOPLE[who] == "analyst":
        assert state(made, made.draft(by=who)) == "draft"
    else:
        refused(made, NotAllowedError, lambda: made.draft(by=who), "To propose is for the analyst")


def test_somebody_whom_the_panel_does_not_name_does_nothing(made: Desk) -> None:
    refused(made, NotFoundError, lambda: made.draft(by="zoe"), "names nobody")
    number = made.recommended()
    refused(made, NotFoundError, lambda: made.decide(number, by="zoe"))
    refused(made, NotFoundError, lambda: made.recommend(number, by="zoe"))


def test_a_bundle_that_nobody_is_known_to_have_trained_is_refused(made: Desk) -> None:
    made.publish(made.use_case, seed=2, trained_by=None)
    refused(made, NotPublishedError, made.draft, "The ledger does not know the bundle")
    line = {"bundle": made.bundle, "trained_by": "tom", "run_id": "r", "experiment": "e"}
    (made.workspace.bundles / "trainings.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    refused(made, NotPublishedError, made.draft, "The ledger does not know the bundle")
    with pytest.raises(ValueError, match="an actor in printable characters"):
        made.publish(made.use_case, seed=3, trained_by="")
    with pytest.raises(ConflictOfInterestError, match="not known who trained"):
        evidence.trainers(made.workspace, made.bundle)


@pytest.mark.parametrize("unknown", ["snapshot", "feature set", "bundle", "audit"])
def test_what_the_ledger_does_not_know_is_not_proposed(made: Desk, unknown: str) -> None:
    made.publish(made.use_case, seed=2, unknown=unknown)
    refused(made, NotPublishedError, made.draft, f"The ledger does not know the {unknown}")


@pytest.mark.parametrize("wrong", ["feature set", "bundle", "audit"])
def test_what_the_ledger_knows_as_made_from_something_else_is_not_proposed(made: Desk, wrong: str) -> None:
    made.publish(made.use_case, seed=2, otherwise=wrong)
    refused(made, NotPublishedError, made.draft, f"The {wrong} .* was published as made from something else")


def test_bundle_audit_snapshot_and_use_case_must_belong_together(made: Desk) -> None:
    first, first_audit = made.bundle, made.audit
    made.publish(made.use_case, seed=2)
    second = made.audit
    made.bundle, made.audit = first, second
    refused(made, StateError, made.draft, "about another bundle")
    made.audit = first_audit
    write_partnership(made.folder, capacity=11)
    refused(made, StateError, made.draft, "no longer as it was when the model was trained")
    write_partnership(made.folder)
    assert state(made, made.draft()) == "draft"


def test_an_audit_for_another_purpose_or_snapshot_is_refused(made: Desk) -> None:
    for name, value in (("purpose", "enforcement"), ("snapshot", "0" * 64), ("use_case_digest", "0" * 64)):
        about = {
            "bundle": made.bundle,
            "snapshot": made.snapshot,
            "use_case_digest": made.use_case.digest,
            "purpose": "early_help",
        } | {name: value}
        about = audit_facts(**about)
        made.audit = made._publish(made.workspace.audits, "audit", about)
        refused(made, StateError, made.draft, "do not name the same")


def test_a_manifest_that_does_not_say_what_is_needed_is_refused(made: Desk) -> None:
    made.audit = made._publish(made.workspace.audits, "audit", {"bundle": made.bundle})
    refused(made, IntegrityError, made.draft, "its fact schema_version is missing")


def test_what_does_not_exist_is_refused(made: Desk) -> None:
    audit, made.audit = made.audit, "0" * 64
    refused(made, NotFoundError, made.draft, "no audit")
    made.audit, made.bundle = audit, "0" * 64
    refused(made, NotFoundError, made.draft, "no bundle")


def test_the_beginning_of_a_digest_is_enough_and_the_whole_is_kept(made: Desk) -> None:
    number = proposals.propose(
        made.store, made.workspace, made.partnership, bundle=made.bundle[:8], audit=made.audit[:8], by="ana"
    )
    digests = dossier.read(made.store, made.partnership, number)["digests"]
    assert (digests["bundle"], digests["audit"], digests["snapshot"]) == (made.bundle, made.audit, made.snapshot)


def test_another_partnership_keeps_its_hands_off(made: Desk) -> None:
    number = made.approved()
    path = made.folder / "partnership.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace('"name": "example"', '"name": "elsewhere"', 1), encoding="utf-8"
    )
    assert made.partnership.name == "elsewhere"
    refused(made, StateError, lambda: made.decide(number), "one of example, not of elsewhere")
    refused(made, StateError, made.draft, "not one of elsewhere")


def test_a_canvas_with_gaps_is_not_submitted_and_the_gaps_are_named(made: Desk) -> None:
    number = made.draft()
    some = {key: words for key, words in answers().items() if key not in ("your_actions", "data_sources")}
    proposals.answer(made.store, made.partnership, number, some | {"data_sources": "TBC"}, by="ana")

    def submit() -> None:
        proposals.submit(made.store, made.workspace, made.partnership, number, by="ana")

    refused(made, StateError, submit, r"2 of the canvas sections.*Data sources \(.*\); Your actions \(no answer\)")
    rest = {key: answers()[key] for key in ("your_actions", "data_sources")}
    proposals.answer(made.store, made.partnership, number, rest, by="ana")
    submit()
    assert state(made, number) == "submitted"


def test_each_of_the_15_sections_is_needed(made: Desk) -> None:
    number = made.answered()
    for key in KEYS:
        proposals.answer(made.store, made.partnership, number, {key: ""}, by="ana")
        refused(
            made,
            StateError,
            lambda: proposals.submit(made.store, made.workspace, made.partnership, number, by="ana"),
            "1 of the canvas sections",
        )
        proposals.answer(made.store, made.partnership, number, {key: answers()[key]}, by="ana")


def test_only_the_proposer_answers_and_submits(made: Desk) -> None:
    number = made.answered()
    for who in ("tom", "rita", "olga"):
        refused(
            made,
            NotAllowedError,
            partial(proposals.answer, made.store, made.partnership, number, answers(), by=who),
        )
        refused(
            made,
            NotAllowedError,
            partial(proposals.submit, made.store, made.workspace, made.partnership, number, by=who),
        )


def test_a_submitted_canvas_does_not_change(made: Desk) -> None:
    number = made.submitted()
    refused(
        made,
        StateError,
        lambda: proposals.answer(made.store, made.partnership, number, answers(), by="ana"),
        "The proposal is submitted",
    )


@pytest.mark.parametrize("some", [{}, {"data_sauces": WORDS}, {"data_sources": "x" * 20_001}, {"data_sources": "a\0b"}])
def test_answers_that_are_none_are_refused(made: Desk, some: dict[str, str]) -> None:
    number = made.draft()
    refused(made, InputError, lambda: proposals.answer(made.store, made.partnership, number, some, by="ana"))


def test_older_answers_are_kept_and_the_newest_stands(made: Desk) -> None:
    number = made.answered()
    proposals.answer(made.store, made.partnership, number, {"data_sources": WORDS}, by="ana")
    sections = dossier.read(made.store, made.partnership, number)["canvas"]
    assert [one["answer"] for one in sections if one["section"] == "data_sources"] == [WORDS]
    with made.store.reading() as session:
        kept = session.execute(text("SELECT words FROM canvas_answer WHERE section = 'data_sources' ORDER BY id"))
        assert list(kept.scalars()) == [answers()["data_sources"], WORDS]


def test_who_recommends(made: Desk) -> None:
    number = made.under_review()
    refused(made, NotAllowedError, lambda: made.recommend(number, by="ana"))
    refused(made, NotAllowedError, lambda: made.recommend(number, by="olga"))
    refused(made, InputError, lambda: made.recommend(number, by="rita", words="fine"))
    made.recommend(number, by="rita")


@pytest.mark.parametrize(("quorum", "given"), [(2, 0), (2, 1), (2, 2), (3, 2), (3, 3)])
def test_the_quorum_counts_different_reviewers(tmp_path: Path, quorum: int, given: int) -> None:
    made = desk(tmp_path, quorum=quorum)
    number = made.under_review()
    for member in ("rita", "sam", "uma")[:given]:
        made.recommend(number, by=member)
        made.recommend(number, by=member, verdict=Recommendation.OPPOSE)
    expected = "recommended" if given >= quorum else "under review"
    assert state(made, number) == expected
    quorum_said = dossier.read(made.store, made.partnership, number)["quorum"]
    assert quorum_said == {"needed": quorum, "given": given}
    if given < quorum:
        refused(made, StateError, lambda: made.decide(number))
        refused(made, StateError, lambda: made.decide(number, against_advice=WORDS))
    else:  # all of them oppose it
        refused(made, StateError, lambda: made.decide(number), f"Only 0 of the {given} recommendations support it")
        made.decide(number, against_advice=WORDS)


def test_a_later_recommendation_takes_the_place_of_the_earlier_which_is_kept(made: Desk) -> None:
    number = made.under_review()
    first = made.recommend(number, by="rita", verdict=Recommendation.OPPOSE)
    second = made.recommend(number, by="rita", verdict=Recommendation.SUPPORT_WITH_CONDITIONS)
    said = dossier.read(made.store, made.partnership, number)["recommendations"]
    assert [(one["recommendation"], one["verdict"], one["stands"]) for one in said] == [
        (first, "oppose", False),
        (second, "support_with_conditions", True),
    ]


def test_recommendations_may_be_added_until_the_owner_decides(made: Desk) -> None:
    number = made.recommended()
    made.recommend(number, by="uma", verdict=Recommendation.OPPOSE)
    assert state(made, number) == "recommended"
    made.decide(number)
    refused(made, StateError, lambda: made.recommend(number, by="uma"))


def test_who_trained_neither_reviews_nor_recommends(tmp_path: Path) -> None:
    made = desk(tmp_path)
    made.publish(made.use_case, seed=3, trained_by="rita")
    number = made.submitted()
    refused(
        made,
        ConflictOfInterestError,
        lambda: proposals.start_review(made.store, made.workspace, made.partnership, number, by="rita"),
        "rita trained this model",
    )
    proposals.start_review(made.store, made.workspace, made.partnership, number, by="sam")
    refused(made, ConflictOfInterestError, lambda: made.recommend(number, by="rita"))


def test_who_trained_it_after_it_was_proposed_has_a_part_in_it_too(made: Desk) -> None:
    number = made.under_review()
    made.trained_again("sam")
    refused(made, ConflictOfInterestError, lambda: made.recommend(number, by="sam"), "sam trained this model")


def test_who_trained_after_recommending_no_longer_counts(made: Desk) -> None:
    number = made.recommended()
    made.trained_again("sam")
    refused(made, StateError, lambda: made.decide(number), "1 of the 2 recommendations")
    made.recommend(number, by="uma")
    made.decide(number)


def test_a_proposer_who_becomes_a_reviewer_does_not_judge_their_own(made: Desk) -> None:
    number = made.submitted()
    write_partnership(made.folder, people=PEOPLE | {"ana": "reviewer"})
    refused(
        made,
        ConflictOfInterestError,
        lambda: proposals.start_review(made.store, made.workspace, made.partnership, number, by="ana"),
        "ana proposed this",
    )


def test_a_reviewer_who_leaves_the_panel_no_longer_counts(made: Desk) -> None:
    number = made.recommended()
    write_partnership(made.folder, people={id_: role for id_, role in PEOPLE.items() if id_ != "sam"})
    made.recommend(number, by="rita")  # the panel is another one, so what was said before does not count
    refused(made, StateError, lambda: made.decide(number), "1 of the 2 recommendations")
    made.recommend(number, by="uma")
    made.decide(number)


STEPS: dict[str, tuple[str, Callable[[Desk], int], Callable[[Desk, int], object]]] = {
    "propose": ("proposal", lambda _: 0, lambda made, _: made.draft()),
    "answer": (
        "canvas_answer",
        Desk.draft,
        lambda made, number: proposals.answer(made.store, made.partnership, number, answers(), by="ana"),
    ),
    "submit": (
        "",
        Desk.answered,
        lambda made, number: proposals.submit(made.store, made.workspace, made.partnership, number, by="ana"),
    ),
    "start_review": (
        "",
        Desk.submitted,
        lambda made, number: proposals.start_review(made.store, made.workspace, made.partnership, number, by="rita"),
    ),
    "recommend": ("recommendation", Desk.under_review, lambda made, number: made.recommend(number, by="rita")),
    "decide": ("decision", Desk.recommended, lambda made, number: made.decide(number)),
    "withdraw": (
        "withdrawal",
        Desk.approved,
        lambda made, number: decisions.withdraw(made.store, made.partnership, number, reasons=WORDS, by="olga"),
    ),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fails", ["the record", "the ledger", "the end of the chain", "the state"])
def test_a_write_that_fails_half_way_leaves_neither_record_nor_ledger_entry(made: Desk, step: str, fails: str) -> None:
    table, before, call = STEPS[step]
    where = {
        "the record": f"INSERT ON {table}",
        "the ledger": "INSERT ON ledger_entry",
        "the end of the chain": "UPDATE ON ledger_head",
        "the state": "UPDATE OF state ON proposal",
    }[fails]
    if where == "INSERT ON " or (fails == "the state" and step in ("propose", "answer", "recommend")):
        return  # this step writes no such row
    number = before(made)
    with made.store.writing() as session:
        session.execute(text(f"CREATE TRIGGER broken BEFORE {where} BEGIN SELECT RAISE(ABORT, 'disk'); END"))
    kept = everything(made)
    with pytest.raises(RecordError):
        call(made, number)
    assert everything(made) == kept
    with made.store.writing() as session:
        session.execute(text("DROP TRIGGER broken"))
    call(made, number)
    assert everything(made) != kept
    assert verification.verify(made.store).holds


def test_a_row_of_the_record_without_its_entry_in_the_ledger_is_impossible(made: Desk) -> None:
    made.approved()
    for table in ("proposal", "recommendation", "decision", "canvas_answer"):
        with made.store.reading() as session:
            columns = [str(row[1]) for row in session.execute(text(f"PRAGMA table_info({table})"))]
        others = ", ".join(column for column in columns if column != "id")
        with pytest.raises(RecordError), made.store.writing() as session:
            session.execute(
                text(
                    f"INSERT INTO {table} (id, {others}) SELECT 9999, {others} FROM {table} WHERE 1 LIMIT 1"
                ).bindparams()
            )


def test_a_proposal_says_whether_the_future_shows_in_its_model(made: Desk) -> None:
    number = made.submitted()
    said = dossier.read(made.store, made.partnership, number, workspace=made.workspace)
    assert not said["leakage"]["known"], "this audit was made without the checks"
    assert "nobody looked whether the future shows" in dossier_text.text(said)
    found = {"known": True, "refusing": 2, "warning": 0, "despite": "it is a trial", "not_done": ["Cohort rules"]}
    told = dossier_text.text({**said, "leakage": found})
    assert "2 finding(s) say that it should not be built" in told
    assert "because: it is a trial" in told
    assert "Not looked for: Cohort rules." in told
    silent = dossier_text.text({**said, "leakage": {**found, "refusing": 0, "despite": None, "not_done": []}})
    assert "Leakage: nothing was found." in silent
