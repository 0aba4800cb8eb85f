"""The anchor: how far the ledger had come, kept outside its database and sealed with a key that the database lacks.

Whoever can write the database can write a whole chain that holds. So the head of the chain (number, hash, time) also
stands in a file elsewhere, with an HMAC-SHA256 (RFC 2104) over it. Before a write is kept, the anchor says which head
may come next; after it, the anchor says that it came. A kill in between leaves both heads named, and either is true:

    anchor.prepare(head, following)      # in the write, before it is kept: the head is `head` or `following`
    anchor.settle(following)             # after it: the head is `following`, and nothing before it

A database that was put back to an earlier copy, lost its tail, was chained anew or got an entry from anybody who does
not hold the key has another head than these.
"""

import fcntl
import hmac
import itertools
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hub import keys, private_folders, regular_files
from hub.errors import LedgerError, RecordError
from hub.ledger import seals
from hub.ledger.seals import Head

_PATIENCE_SECONDS, _PAUSE_SECONDS = 1.0, 0.002
_MOVED = "The ledger's anchor moved on while something was written: another database took the place of this one."


@dataclass(frozen=True, slots=True)
class Anchor:
    """The anchor of one ledger.

    Attributes:
        path: the file; its key lies beside it, with the suffix .key.
    """

    path: Path

    @property
    def key_path(self) -> Path:
        """The file with the key of the seal."""
        return self.path.with_suffix(".key")

    def heads(self) -> tuple[Head, ...]:
        """Return the heads that the ledger may have: one, or two when a write was cut off; none without an anchor.

        Raises:
            LedgerError: the anchor is damaged, or its seal is not that of its key.
        """
        try:
            with self._locked(fcntl.LOCK_SH) as key:
                content = _read(self.path)
        except FileNotFoundError:
            if self.path.exists():
                raise LedgerError("The key of the ledger's anchor is gone.", seals.REMEDY) from None
            return ()
        except OSError as error:
            raise LedgerError(f"The ledger's anchor cannot be read ({type(error).__name__}).", seals.REMEDY) from None
        return seals.parsed(content, key)

    def check(self, head: Head) -> None:
        """Raise LedgerError unless the chain that ends with `head` is the one that the anchor knows.

        An empty ledger without an anchor is a new one.
        """
        heads = self.heads()
        if not heads:
            if head.seq:
                raise LedgerError(
                    f"The ledger has {head.seq} entries and no anchor ({self.path}), so it cannot be told whether it "
                    "is whole.",
                    seals.REMEDY,
                )
            return
        if head not in heads:
            raise LedgerError(_difference(head, heads[-1]), seals.REMEDY)

    def prepare(self, head: Head, following: Head) -> None:
        """Say that the ledger ends with `head` and may next end with `following`; it is on disk when this returns.

        Raises:
            LedgerError: the anchor cannot be written, or has moved on from `head` meanwhile.
        """
        is_new = not self.path.exists()
        with self._writing(os.O_CREAT) as (descriptor, key):
            if not is_new and head not in seals.parsed(os.pread(descriptor, seals.BYTES + 1, 0), key):
                raise LedgerError(_MOVED, seals.REMEDY)
            os.pwrite(descriptor, seals.content((head, following), key), 0)
            os.fdatasync(descriptor)

    def settle(self, following: Head) -> None:
        """Say that the ledger ends with `following`, which was prepared.

        Raises:
            LedgerError: the anchor cannot be written, or says something else: what was kept lies in another file.
        """
        with self._writing(0) as (descriptor, key):
            heads = seals.parsed(os.pread(descriptor, seals.BYTES + 1, 0), key)
            if heads[-1] != following:
                raise LedgerError(_MOVED, seals.REMEDY)
            if len(heads) > 1:
                os.pwrite(descriptor, seals.content((following,), key), 0)

    @contextmanager
    def held(self, seconds: float) -> Iterator[None]:
        """Let nobody else go from `check` to `settle` while the block runs, in whatever file their database is.

        The database's own lock holds for one file only; somebody may have put another one in its place.

        Args:
            seconds: how long to wait for somebody else.

        Raises:
            RecordError: somebody else holds it for longer.
        """
        try:
            private_folders.make_missing(self.path.parent)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            lock = os.fdopen(os.open(self.path.with_suffix(".lock"), flags, 0o600), "rb")
            try:
                _wait_for(lock, fcntl.LOCK_EX, seconds)
            except OSError:
                lock.close()
                raise
        except OSError as error:
            raise RecordError(
                f"The ledger's anchor cannot be held ({type(error).__name__}); nothing was kept.", "Try again."
            ) from None
        with lock:
            yield

    def set_aside(self) -> list[tuple[Path, Path]]:
        """Put file, key and mark under other names, so that the next write begins a new anchor; nothing is deleted."""
        moved = []
        for path in (self.path, self.key_path, self._mark_path):
            if path.exists():
                ended = (path.with_name(f"{path.name}.ended-{number}") for number in itertools.count(1))
                kept = next(one for one in ended if not one.exists())
                path.replace(kept)
                moved.append((path, kept))
        return moved

    def put_back(self, moved: Sequence[tuple[Path, Path]]) -> None:
        """Put back what `set_aside` gave, in the place of what may have been begun since."""
        for path, kept in moved:
            kept.replace(path)

    @property
    def is_of_practice(self) -> bool:
        """Whether a mark beside the anchor, sealed with its key, says that its ledger is a demonstration's."""
        try:
            said = regular_files.read(self._mark_path, most=seals.BYTES)
            with self._locked(fcntl.LOCK_SH) as key:
                return hmac.compare_digest(said, seals.mark(key))
        except OSError:
            return False

    def mark_practice(self) -> None:
        """Put that mark there, so that the next demonstration may put the anchor aside.

        Raises:
            LedgerError: the mark cannot be written.
        """
        try:
            if not self.path.exists():
                private_folders.make_missing(self.path.parent)
                keys.make_key(self.key_path)
            with self._locked(fcntl.LOCK_EX) as key:
                descriptor = os.open(self._mark_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(seals.mark(key))
        except OSError as error:
            raise LedgerError(f"The ledger's anchor cannot be marked ({type(error).__name__}).", seals.REMEDY) from None

    @property
    def _mark_path(self) -> Path:
        return self.path.with_suffix(".demonstration")

    @contextmanager
    def _writing(self, flags: int) -> Iterator[tuple[int, bytes]]:
        """Let one process after the other change the file, in its place and always with as many bytes.

        It costs one write and no change of the folder. What is given is the open file and the key.
        """
        try:
            if not self.path.exists():
                private_folders.make_missing(self.path.parent)
                keys.make_key(self.key_path)
            with self._locked(fcntl.LOCK_EX) as key:
                descriptor = os.open(self.path, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK | flags, 0o600)
                try:
                    yield descriptor, key
                finally:
                    os.close(descriptor)
        except OSError as error:
            raise LedgerError(
                f"The ledger's anchor cannot be written ({type(error).__name__}).", seals.REMEDY
            ) from None

    @contextmanager
    def _locked(self, how: int) -> Iterator[bytes]:
        """Hold the lock of the file, which is on its key, and give the key.

        Raises:
            OSError: there is no key, it is no regular file, or somebody holds the lock for longer than a second.
            IntegrityError: the key is damaged.
        """
        with regular_files.opened(self.key_path) as lock:
            _wait_for(lock, how, _PATIENCE_SECONDS)
            yield keys.read_open_key(lock, self.key_path, "the ledger's anchor")


def _wait_for(lock: IO[bytes], how: int, seconds: float) -> None:
    """Take the lock of an open file.

    Raises:
        BlockingIOError: somebody else holds it for longer than so many seconds.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(lock, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _read(path: Path) -> bytes:
    """Return the bytes of a small regular file, and never wait for a pipe.

    Raises:
        OSError: it is missing, or cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(seals.BYTES + 1) or b""


def _difference(head: Head, known: Head) -> str:
    if head.seq < known.seq:
        return f"The ledger ends with entry {head.seq}, and its anchor knows {known.seq}: it was put back or cut off."
    if head.seq > known.seq:
        return (
            f"The ledger ends with entry {head.seq}, and its anchor knows {known.seq}: entries were added past the "
            "anchor, or a write under another account was not anchored here."
        )
    return f"The ledger's entry {head.seq} is not the one that its anchor knows: it was written anew."
