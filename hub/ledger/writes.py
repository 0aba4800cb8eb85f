"""Group commit: one writer, many requests a write.

    writes = Writes(store)
    entry = writes.do(lambda session: ledger.append(session, kind="score", actor="local", facts={...}, at=...))

Every request hands in what it wants to write and waits until it is on disk. One thread takes all that are waiting into
one transaction, so that eight requests cost one wait for the disk and not eight. What one of them refuses (a
SentinelError before it wrote anything) is its own refusal; the others are kept.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitedTooLong
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from hub.errors import RecordError, SentinelError
from hub.ledger.store import HEAD, Store

_T = TypeVar("_T")
Job = Callable[[Session], _T]
MOST_WAITING = 512
"""How many may wait at once; beyond that nothing more is taken on."""
MOST_TOGETHER = 64
"""How many are written together."""
PATIENCE_SECONDS = 5.0
"""How long a request waits for its write. What it wrote may be kept after that, but no answer leaves."""
_BUSY = "The ledger cannot take this on at once; nothing was kept."
_REMEDY = "Try again in a moment."


class Writes:
    """The one writer of a process. Safe for many threads."""

    def __init__(self, store: Store) -> None:
        """Start the writer's thread.

        Args:
            store: the open ledger.
        """
        self._store = store
        self._waiting: queue.Queue[tuple[Job[Any], Future[Any]] | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    def do(self, job: Job[_T]) -> _T:
        """Do `job` in a writing session and return what it returns once that is on disk.

        Args:
            job: may raise a SentinelError before it has written anything; it is called once.

        Raises:
            RecordError: the ledger refuses, is locked by somebody else for longer than a second, or too many wait.
            SentinelError: what the job raised.
        """
        answer: Future[_T] = Future()
        try:
            self._waiting.put_nowait((job, answer))
        except queue.Full:
            raise RecordError(_BUSY, _REMEDY) from None
        try:
            return answer.result(timeout=PATIENCE_SECONDS)
        except WaitedTooLong:
            answer.cancel()
            raise RecordError(_BUSY, _REMEDY) from None

    def close(self) -> None:
        """Write what is waiting, and end."""
        self._waiting.put(None)
        self._thread.join(timeout=PATIENCE_SECONDS)

    def _run(self) -> None:
        while True:
            taken = [self._waiting.get()]
            while len(taken) < MOST_TOGETHER and taken[-1] is not None:
                try:
                    taken.append(self._waiting.get_nowait())
                except queue.Empty:
                    break
            together = [one for one in taken if one is not None and one[1].set_running_or_notify_cancel()]
            if together:
                self._write(together)
            if taken[-1] is None:
                return

    def _write(self, together: list[tuple[Job[Any], Future[Any]]]) -> None:
        """Write some jobs in one transaction, and tell each what became of it."""
        done: list[tuple[Future[Any], Any]] = []
        refused: list[tuple[Future[Any], SentinelError]] = []
        try:
            with self._store.writing() as session:
                for job, answer in together:
                    head = session.info[HEAD]
                    try:
                        done.append((answer, job(session)))
                    except SentinelError as error:
                        if session.info[HEAD] != head:  # it had written: nothing of this transaction can be kept
                            raise
                        refused.append((answer, error))
        except SentinelError as error:
            self._tell_all(together, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing was kept, and its text is not told
            failed = RecordError(f"The ledger could not be written ({type(error).__name__}); nothing was kept.")
            self._tell_all(together, failed)
        else:
            for answer, value in done:
                answer.set_result(value)
            for answer, refusal in refused:
                answer.set_exception(refusal)

    @staticmethod
    def _tell_all(together: list[tuple[Job[Any], Future[Any]]], error: SentinelError) -> None:
        for _, answer in together:
            answer.set_exception(error)
