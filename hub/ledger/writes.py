"""Group commit: one writer at a time, many requests a write.

    writes = Writes(store)
    entry = writes.do(lambda session: ledger.append(session, kind="score", actor="local", facts={...}, at=...))

Every request hands in what it wants to write and waits until it is on disk. Whoever finds nobody writing takes all
that are waiting into one transaction, so that eight requests cost one wait for the disk and not eight, and a single
one waits for no other thread. What one of them refuses (a SentinelError before it wrote anything) is its own refusal;
the others are kept.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from hub.errors import RecordError, SentinelError
from hub.ledger.store import WRITTEN, Store

_T = TypeVar("_T")
Job = Callable[[Session], _T]
MOST_WAITING = 512
"""How many may wait at once; beyond that nothing more is taken on."""
MOST_TOGETHER = 64
"""How many are written together."""
PATIENCE_SECONDS = 5.0
"""How long a request waits for its write to begin; then it is taken back."""
IMPATIENT_SECONDS = 0.5
"""Who has waited for as long when the ledger turns out to be locked is refused with those who tried."""
_BUSY = "The ledger cannot take this on at once; nothing was kept."
_REMEDY = "Try again in a moment."


class Writes:
    """The writes of a process. Safe for many threads."""

    def __init__(self, store: Store) -> None:
        """Take the store.

        Args:
            store: the open ledger.
        """
        self._store = store
        self._waiting: deque[tuple[Job[Any], Future[Any], float]] = deque()
        self._writing = threading.Lock()

    def do(self, job: Job[_T]) -> _T:
        """Do `job` in a writing session and return what it returns once that is on disk.

        Args:
            job: may raise a SentinelError before it has written anything; it is called once.

        Raises:
            RecordError: the ledger refuses, is locked by somebody else for longer than a second, or too many wait.
            SentinelError: what the job raised.
        """
        answer: Future[_T] = Future()
        if len(self._waiting) >= MOST_WAITING:
            raise RecordError(_BUSY, _REMEDY)
        self._waiting.append((job, answer, time.monotonic()))
        while not answer.done():
            if self._writing.acquire(timeout=PATIENCE_SECONDS):
                try:
                    if not answer.done():
                        self._write(self._taken())
                finally:
                    self._writing.release()
            elif answer.cancel():  # nobody has begun to write it
                raise RecordError(_BUSY, _REMEDY)
        return answer.result()

    def _taken(self) -> list[tuple[Job[Any], Future[Any]]]:
        """Return the next jobs to be written together, in the order in which they came."""
        taken: list[tuple[Job[Any], Future[Any]]] = []
        while self._waiting and len(taken) < MOST_TOGETHER:
            job, answer, _ = self._waiting.popleft()
            if answer.set_running_or_notify_cancel():
                taken.append((job, answer))
        return taken

    def _impatient(self) -> list[Future[Any]]:
        """Return who has waited for long while somebody else kept the ledger locked; they are not to wait once more."""
        found: list[Future[Any]] = []
        while self._waiting and self._waiting[0][2] < time.monotonic() - IMPATIENT_SECONDS:
            _, answer, _ = self._waiting.popleft()
            if answer.set_running_or_notify_cancel():
                found.append(answer)
        return found

    def _write(self, together: list[tuple[Job[Any], Future[Any]]]) -> None:
        """Write some jobs in one transaction, and tell each what became of it."""
        done: list[tuple[Future[Any], Any]] = []
        refused: list[tuple[Future[Any], SentinelError]] = []
        failed: SentinelError | None = None
        begun = False
        try:
            with self._store.writing() as session:
                begun = True
                for job, answer in together:
                    session.info[WRITTEN] = False
                    try:
                        done.append((answer, job(session)))
                    except SentinelError as error:
                        if session.info[WRITTEN]:  # it had begun to: nothing of this transaction can be kept
                            raise
                        refused.append((answer, error))
        except SentinelError as error:
            failed = error
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing was kept, and its text is not told
            failed = RecordError(f"The ledger could not be written ({type(error).__name__}); nothing was kept.")
        if failed is not None:
            for answer in [one for _, one in together] + ([] if begun else self._impatient()):
                answer.set_exception(failed)
            return
        for answer, value in done:
            answer.set_result(value)
        for answer, refusal in refused:
            answer.set_exception(refusal)
