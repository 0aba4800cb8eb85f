"""The ledger's time never runs backwards; how it is taken up again when its time, its anchor or its copy is wrong."""

import datetime
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethics.acts.approvals import decision_in, valid_decision
from ethics.errors import NotApprovedError
from ethics.record.store import open_store as open_record
from hub.errors import ClockError, LedgerError, RecordError
from hub.ledger import ledger, verification
from hub.ledger.anchor import Anchor
from hub.ledger.seals import Head
from hub.ledger.store import HEAD, Store, head_of, open_store
from hub.ledger.tables import from_utc_text, utc_text
from hub.workspace import Workspace
from tests.examples import examples
from tests.factories import ledgers
from tests.factories.ethics import PURPOSE, START, WORDS, Clock, desk

SECOND = datetime.timedelta(seconds=1)
MICROSECOND = datetime.timedelta(microseconds=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give a ledger with one entry, written at START."""
    with open_store(Workspace(tmp_path, clock=Clock())) as made:
        append(made, START)
        yield made


def append(store: Store, at: datetime.datetime) -> datetime.datetime:
    """Append an entry; return when it counts as written."""
    with store.writing() as session:
        return from_utc_text(ledger.append(session, kind="score", actor="hub", facts={}, at=at).at)


@pytest.mark.parametrize(
    ("before", "written"),
    [
        (-SECOND, START + SECOND),
        (-MICROSECOND, START + MICROSECOND),
        (0 * SECOND, START),
        (MICROSECOND, START),
        (59 * SECOND, START),
        (60 * SECOND, START),
        (60 * SECOND + MICROSECOND, None),
        (61 * SECOND, None),
        (datetime.timedelta(days=400), None),
    ],
    ids=str,
)
def test_how_much_before_the_last_entry_something_is_written(
    store: Store, before: datetime.timedelta, written: datetime.datetime | None
) -> None:
    if written is not None:
        assert append(store, START - before) == written
        assert verification.verify(store).rows == 2
        return
    with pytest.raises(ClockError, match=r"last entry was written at 2026-03-02T09:30 \(UTC\).*sentinel ledger resume"):
        append(store, START - before)
    assert verification.verify(store).rows == 1


def test_what_is_a_little_early_does_not_let_the_next_be_earlier_still(store: Store) -> None:
    assert append(store, START - 59 * SECOND) == START
    assert append(store, START - 60 * SECOND) == START
    with pytest.raises(ClockError):
        append(store, START - 61 * SECOND)


@given(st.lists(st.integers(-90, 90), max_size=12))
@settings(max_examples=examples(20), deadline=None)
def test_no_entry_is_stamped_before_the_one_in_front_of_it(steps: list[int]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder, open_store(Workspace(Path(folder))) as store:
        at, stamped = START, [START]
        append(store, START)
        for step in steps:
            at += step * SECOND
            if at + 60 * SECOND < stamped[-1]:
                with pytest.raises(ClockError):
                    append(store, at)
            else:
                stamped.append(append(store, at))
                assert stamped[-1] == max(at, stamped[-2])
        assert stamped == sorted(stamped)
        assert verification.verify(store).rows == len(stamped)


def test_everything_in_one_write_happens_at_one_moment_and_never_before_the_last_entry(store: Store) -> None:
    with store.writing() as session:
        first = ledger.moment(session, START - 59 * SECOND)
        assert first == START
        assert ledger.moment(session, START + 5 * SECOND) == first, "asked again, the same"
        assert from_utc_text(ledger.append(session, kind="score", actor="hub", facts={}, at=first).at) == first
    with store.writing() as session:
        assert ledger.moment(session, START + 5 * SECOND) == START + 5 * SECOND
    with pytest.raises(ClockError), store.writing() as session:
        ledger.moment(session, START - 61 * SECOND)


def test_the_first_entry_may_be_of_any_time(tmp_path: Path) -> None:
    with open_store(Workspace(tmp_path)) as store:
        with store.writing() as session:
            assert ledger.moment(session, START) == START
        assert append(store, datetime.datetime(1999, 1, 1, tzinfo=datetime.UTC)).year == 1999


def test_entries_that_lie_ahead_of_the_clock_show(store: Store) -> None:
    append(store, store.now() + 50 * SECOND)
    assert verification.verify(store).holds
    append(store, store.now() + 90 * SECOND)
    state = verification.verify(store)
    assert (state.holds, state.broken) == (False, 3)
    assert "lies ahead of this machine's clock" in state.why


def test_an_entry_out_of_time_shows_although_its_chain_holds(tmp_path: Path) -> None:
    with open_store(Workspace(tmp_path)) as store:
        append(store, START)
        with store.writing() as session:  # as only other code than `ledger.append` writes it
            head: Head = session.info[HEAD]
            ledger._add(session, head, "score", "hub", {}, utc_text(START - SECOND))
        state = verification.verify(store)
        assert (state.holds, state.broken) == (False, 2)
        assert "its time is before that of the entry in front of it" in state.why


# ---- an approval and the clock


def test_an_approval_is_not_told_by_a_clock_that_runs_before_the_ledger(tmp_path: Path) -> None:
    made = desk(tmp_path)
    with made.store as store:
        number = made.approved(days=10)
        last = made.clock.at
        append(store, last + datetime.timedelta(days=400))  # the clock was wrong by 400 days …
        for at in (last + SECOND, last + datetime.timedelta(days=400) - 61 * SECOND):  # … and is set right
            with pytest.raises(ClockError):
                valid_decision(store, purpose=PURPOSE, at=at)
            with pytest.raises(ClockError), store.writing() as session:
                decision_in(session, purpose=PURPOSE, at=at)
        made.clock.at = last
        ledger.resume(store, actor="olga", reasons=WORDS)
        with pytest.raises(NotApprovedError, match="before the ledger had to be taken up again"):
            valid_decision(store, purpose=PURPOSE, at=made.clock())
        again = made.approved()
        assert again != number
        assert valid_decision(store, purpose=PURPOSE, at=made.clock()).proposal_id == again
        assert verification.verify(store).holds


# ---- taking it up


def test_taking_it_up_says_who_why_and_what_was_there(store: Store) -> None:
    with store.reading() as session:
        before = head_of(session)
    entry = ledger.resume(store, actor="olga", reasons="It was restored.")
    assert (entry.seq, entry.kind, entry.actor) == (2, ledger.RESUMPTION, "olga")
    assert entry.read_facts() == {
        "reasons": "It was restored.",
        "ledger": [1, before.hash],
        "ledger_time": utc_text(START),
        "anchor": [[1, before.hash]],
    }
    assert store.anchor.heads() == (Head(entry.seq, entry.hash, entry.at),)
    assert verification.verify(store).holds
    append(store, store.now())


def test_taking_it_up_sets_its_time_back_and_the_next_entries_follow_the_new_one(store: Store) -> None:
    append(store, START + datetime.timedelta(days=400))
    at = from_utc_text(ledger.resume(store, actor="olga", reasons=WORDS).at)
    assert at < START + datetime.timedelta(days=1)
    assert append(store, at - 59 * SECOND) == at
    with pytest.raises(ClockError):
        append(store, at - 61 * SECOND)
    assert verification.verify(store).holds, "only where it was taken up does its time run backwards"


def _put_back(workspace: Workspace, earlier: Workspace) -> None:
    shutil.copy(earlier.ethics / "ethics.db", workspace.ethics / "ethics.db")


def _forgotten(workspace: Workspace, _: Workspace) -> None:
    workspace.anchor.unlink()


def _damaged(workspace: Workspace, _: Workspace) -> None:
    workspace.anchor.write_bytes(b"\xff")


def _other_key(workspace: Workspace, _: Workspace) -> None:
    Anchor(workspace.anchor).key_path.write_bytes(bytes(32))


def _no_key(workspace: Workspace, _: Workspace) -> None:
    Anchor(workspace.anchor).key_path.unlink()


@pytest.mark.parametrize("broken", [_put_back, _forgotten, _damaged, _other_key, _no_key])
def test_after_any_break_no_older_approval_holds_and_what_is_decided_anew_does(tmp_path: Path, broken: object) -> None:
    assert callable(broken)
    made = desk(tmp_path)
    made.approved()
    earlier = ledgers.copied(made.workspace, tmp_path / "earlier")
    made.publish(made.use_case, seed=2)
    older = made.approved()
    made.store.close()
    broken(made.workspace, earlier)
    with open_record(made.workspace) as store:
        with pytest.raises(LedgerError):
            append(store, made.clock())
        ledger.resume(store, actor="olga", reasons=WORDS)
        with pytest.raises(NotApprovedError, match="before the ledger had to be taken up again"):
            valid_decision(store, purpose=PURPOSE, at=made.clock())
        with pytest.raises(NotApprovedError), store.writing() as session:
            decision_in(session, purpose=PURPOSE, at=made.clock())
        made.store = store
        made.publish(made.use_case, seed=3)
        again = made.approved()
        assert again != older
        assert valid_decision(store, purpose=PURPOSE, at=made.clock()).proposal_id == again
        assert verification.verify(store).holds


def test_a_ledger_without_the_row_for_its_end_cannot_be_taken_up(store: Store) -> None:
    with closing(sqlite3.connect(str(store.engine.url.database), isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER ledger_head_no_delete")
        connection.execute("DELETE FROM ledger_head")
    with pytest.raises(LedgerError, match="does not end where its last row says"):
        ledger.resume(store, actor="olga", reasons=WORDS)


def test_taking_it_up_when_the_database_refuses_leaves_the_anchor_as_it_was(tmp_path: Path) -> None:
    with open_store(Workspace(tmp_path), wait_seconds=0.1) as store:
        append(store, START)
        known = store.anchor.heads()
        with closing(sqlite3.connect(str(store.engine.url.database), isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            with pytest.raises(RecordError):
                ledger.resume(store, actor="olga", reasons=WORDS)
            connection.execute("ROLLBACK")
        assert store.anchor.heads() == known
        append(store, START)


def test_what_was_put_aside_is_never_written_over(store: Store) -> None:
    anchors = []
    for _ in range(3):
        anchors.append(store.anchor.path.read_bytes())
        ledger.resume(store, actor="olga", reasons=WORDS)
    kept = [path.read_bytes() for path in store.anchor.path.parent.iterdir()]
    assert all(content in kept for content in anchors)
