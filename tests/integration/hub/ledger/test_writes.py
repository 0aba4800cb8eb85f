"""Group commit: who waits together is written together, who is refused is refused alone, and nobody hears too early."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from hub.errors import ClockError, LedgerError, NotFoundError, RecordError, SentinelError, StateError
from hub.ledger import ledger, verification, writes
from hub.ledger.anchor import Anchor
from hub.ledger.ledger import Entry
from hub.ledger.store import Store, open_store
from hub.ledger.writes import Writes
from hub.workspace import Workspace
from tests.factories.ethics import START
from tests.factories.servers import until

WAIT_SECONDS = 0.5


class UnexpectedError(Exception):
    """An error that nobody foresaw, with a word that must not be told."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give an empty ledger whose writes wait for half a second."""
    with open_store(Workspace(tmp_path), wait_seconds=WAIT_SECONDS) as made:
        yield made


def job(number: int, *, refuses: Exception | None = None, late: bool = False) -> Callable[[Session], Entry]:
    """Return a job that appends an entry, or raises: before it has written anything, or after."""

    def do(session: Session) -> Entry:
        if refuses is not None and not late:
            raise refuses
        entry = ledger.append(session, kind="score", actor="hub", facts={"number": number}, at=START)
        if refuses is not None:
            raise refuses
        return entry

    return do


def numbers(store: Store) -> list[int]:
    """Return what the jobs that were kept have written."""
    with store.reading() as session:
        return [entry.read_facts()["number"] for entry in ledger.entries(session)]


@contextmanager
def together(store: Store, *jobs: Callable[[Session], Any]) -> Iterator[list[Future[Any]]]:
    """Let jobs wait in one transaction: a first one is inside until all others have come."""
    one, go = Writes(store), threading.Event()

    def first(session: Session) -> Entry:
        go.wait(20)
        return job(0)(session)

    with ThreadPoolExecutor(len(jobs) + 1) as pool:
        answers = [pool.submit(one.do, first)]
        assert until(lambda: one._writing.locked())
        for number, waits in enumerate(jobs, start=1):
            answers.append(pool.submit(one.do, waits))
            assert until(partial(_waiting, one, number))
        go.set()
        yield answers


def _waiting(one: Writes, number: int) -> bool:
    return len(one._waiting) == number


def commits(store: Store) -> list[int]:
    """Return a list that grows with every transaction that is kept."""
    found: list[int] = []
    event.listen(store.engine, "commit", lambda _: found.append(1))
    return found


def test_those_who_wait_are_written_together_in_their_order(store: Store) -> None:
    kept = commits(store)
    with together(store, *(job(number) for number in range(1, 31))) as answers:
        assert [answer.result(20).seq for answer in answers] == list(range(1, 32))
    assert len(kept) == 2, "the first alone, all the others together"
    assert numbers(store) == list(range(31))
    assert verification.verify(store).holds


def test_never_more_than_so_many_are_written_together(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writes, "MOST_TOGETHER", 4)
    kept = commits(store)
    with together(store, *(job(number) for number in range(1, 10))) as answers:
        assert [answer.result(20).seq for answer in answers] == list(range(1, 11))
    assert len(kept) == 1 + 3


@pytest.mark.parametrize(
    "refusal", [StateError("no"), ClockError("early"), LedgerError("other"), NotFoundError("none")]
)
def test_who_refuses_before_writing_refuses_only_itself(store: Store, refusal: SentinelError) -> None:
    with together(store, job(1), job(2, refuses=refusal), job(3)) as (first, one, refused, other):
        assert [answer.result(20).seq for answer in (first, one, other)] == [1, 2, 3]
        assert refused.exception(20) is refusal
    assert numbers(store) == [0, 1, 3]
    assert verification.verify(store).holds


@pytest.mark.parametrize("error", [UnexpectedError("Aoife"), ZeroDivisionError("Aoife"), ValueError("Aoife")])
@pytest.mark.parametrize("late", [False, True])
def test_an_unexpected_error_keeps_nothing_of_its_transaction_and_its_text_is_not_told(
    store: Store, error: Exception, late: bool
) -> None:
    with together(store, job(1), job(2, refuses=error, late=late), job(3)) as (first, *others):
        assert first.result(20).seq == 1
        for answer in others:
            failed = answer.exception(20)
            assert type(failed) is RecordError
            assert type(error).__name__ in str(failed)
            assert "Aoife" not in str(failed)
    assert numbers(store) == [0]
    with together(store, job(4)) as answers:  # and the writer goes on
        assert [answer.result(20).seq for answer in answers] == [2, 3]


def test_a_refusal_after_it_has_written_keeps_nothing_of_its_transaction(store: Store) -> None:
    with together(store, job(1), job(2, refuses=StateError("no"), late=True), job(3)) as (first, *others):
        assert first.result(20).seq == 1
        assert [type(answer.exception(20)) for answer in others] == [StateError] * 3
    assert numbers(store) == [0]


def test_nobody_hears_of_a_write_before_it_is_on_disk_and_anchored(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go, inner = threading.Event(), threading.Event(), Anchor.settle

    def settle(*given: Any) -> None:
        reached.set()
        go.wait(20)
        inner(*given)

    monkeypatch.setattr(Anchor, "settle", settle)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(Writes(store).do, job(7))
        assert reached.wait(20)
        assert numbers(store) == [7], "it is kept already"
        time.sleep(0.1)
        assert not answer.done()
        go.set()
        assert answer.result(20).seq == 1


@pytest.mark.parametrize("step", ["prepare", "settle"])
def test_what_cannot_be_anchored_is_answered_to_nobody(
    store: Store, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with monkeypatch.context() as patch:

        def fails(*_: Any) -> None:
            raise LedgerError("The ledger's anchor cannot be written (OSError).")

        patch.setattr(Anchor, step, fails)
        with pytest.raises(LedgerError, match="cannot be written"):
            Writes(store).do(job(1))
    assert numbers(store) == ([] if step == "prepare" else [1])
    Writes(store).do(job(2))
    assert verification.verify(store).holds


def test_beyond_so_many_who_wait_nobody_is_taken_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writes, "MOST_WAITING", 3)
    one, go = Writes(store), threading.Event()

    def first(session: Session) -> Entry:
        go.wait(20)
        return job(0)(session)

    with ThreadPoolExecutor(5) as pool:
        answers = [pool.submit(one.do, first)]
        assert until(lambda: one._writing.locked())
        answers += [pool.submit(one.do, job(number)) for number in (1, 2, 3)]
        assert until(lambda: len(one._waiting) == 3)
        began = time.monotonic()
        with pytest.raises(RecordError, match="cannot take this on at once; nothing was kept"):
            one.do(job(9))
        assert time.monotonic() - began < 0.5
        go.set()
        assert len([answer.result(20) for answer in answers]) == 4
    assert 9 not in numbers(store)
    assert one.do(job(10)).seq == 5


def test_who_waits_too_long_for_its_turn_takes_its_write_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writes, "PATIENCE_SECONDS", 0.2)
    one, go = Writes(store), threading.Event()

    def first(session: Session) -> Entry:
        go.wait(20)
        return job(0)(session)

    with ThreadPoolExecutor(2) as pool:
        inside = pool.submit(one.do, first)
        assert until(lambda: one._writing.locked())
        with pytest.raises(RecordError, match="nothing was kept"):
            one.do(job(1))
        go.set()
        assert inside.result(20).seq == 1
    assert one.do(job(2)).seq == 2
    assert numbers(store) == [0, 2], "what was taken back is not written later"


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Hold the database's write lock as another process."""
    with closing(sqlite3.connect(str(store.engine.url.database), isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def test_a_locked_database_is_a_refusal_within_the_time_it_was_given(store: Store) -> None:
    one = Writes(store)
    with locked(store):
        began = time.monotonic()
        with pytest.raises(RecordError, match="could not be read or written"):
            one.do(job(1))
        assert WAIT_SECONDS * 0.8 < time.monotonic() - began < WAIT_SECONDS + 1
    assert one.do(job(2)).seq == 1


def test_all_who_wait_behind_a_locked_database_are_refused_together_and_not_one_after_the_other(store: Store) -> None:
    one = Writes(store)
    with locked(store), ThreadPoolExecutor(16) as pool:
        began = time.monotonic()
        answers = [pool.submit(one.do, job(number)) for number in range(16)]
        assert {type(answer.exception(20)) for answer in answers} == {RecordError}
        assert time.monotonic() - began < 2 * WAIT_SECONDS + 1
    assert numbers(store) == []
    assert one.do(job(1)).seq == 1


def test_each_answer_stands_in_the_ledger_under_its_number(store: Store) -> None:
    one, refused = Writes(store), StateError("no")

    def ask(number: int) -> tuple[int, int | None]:
        try:
            return number, one.do(job(number, refuses=refused if number % 5 == 0 else None)).seq
        except StateError:
            return number, None

    with ThreadPoolExecutor(8) as pool:
        answers = dict(pool.map(ask, range(200)))
    written = numbers(store)
    assert {number: seq for number, seq in answers.items() if seq} == {
        number: seq for seq, number in enumerate(written, start=1)
    }
    assert sorted(number for number, seq in answers.items() if seq is None) == list(range(0, 200, 5))
    assert verification.verify(store).holds
