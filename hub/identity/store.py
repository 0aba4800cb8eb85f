"""The folders of the identity store. Nobody but the hub's owner may look into them.

| path under `identity/` | what |
|---|---|
| pseudonym.key | the key of all pseudonyms |
| records/SOURCE/EXTRACT.parquet | who the people of an extract are (hub.tables.IDENTITY_RECORD) |
| quarantine/SOURCE/EXTRACT.parquet | rows of an extract that were set aside (hub.intake.quarantine.QUARANTINE) |
| tombstones.json | who was erased, as keyed pseudonyms (hub.intake.tombstones) |
| erasure.json | an erasure that has begun and not ended (hub.erasing.erasure) |
| ingest.lock | held while extracts come in |
| .draft-… | what an ingest is working on; gone when it ends |
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub import held_files, names, private_folders
from hub.errors import IntegrityError, StateError
from hub.workspace import Workspace

LOCK = "ingest.lock"
ERASURE = "erasure.json"
_DRAFT = ".draft-"


def records(workspace: Workspace, source: object, extract: str) -> Path:
    """Return the file with the identity rows of one extract.

    Raises:
        IntegrityError: the source, which a manifest may have named, has no name that may be part of a path.
    """
    return workspace.identity / "records" / names.checked(source, "source", IntegrityError) / f"{extract}.parquet"


def quarantined(workspace: Workspace, source: object, extract: str) -> Path:
    """Return the file with the quarantined rows of one extract.

    Raises:
        IntegrityError: as `records`.
    """
    return workspace.identity / "quarantine" / names.checked(source, "source", IntegrityError) / f"{extract}.parquet"


def secure(folder: Path) -> Path:
    """Make `folder` if it is missing, let only its owner into it, and return it."""
    return private_folders.make(folder)


def place(draft: Path, path: Path) -> None:
    """Give the finished file `draft` its name `path` by one rename, on disk before this returns."""
    secure(path.parent.parent)
    secure(path.parent)
    draft.chmod(0o600)
    _sync(draft)
    draft.rename(path)
    _sync(path.parent)


def write(workspace: Workspace, name: str, content: bytes) -> None:
    """Make the file `name` of the identity store hold `content`, by one rename, on disk before this returns."""
    folder = secure(workspace.identity)
    descriptor, draft = tempfile.mkstemp(prefix=_DRAFT, dir=folder)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    Path(draft).rename(folder / name)
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check(path: Path, sha256: str) -> None:
    """Check that the file `path` is there and has the digest `sha256`.

    Raises:
        IntegrityError: it is missing or has changed.
    """
    try:
        same = held_files.hashed(path) == sha256
    except OSError:
        same = False
    if not same:
        raise IntegrityError(
            f"{path} is missing or differs from what was ingested.",
            "Restore it from a copy, or ingest the extract anew.",
        )


@contextmanager
def working(workspace: Workspace, *, erasing: bool = False) -> Iterator[Path]:
    """Give a folder to work in, inside the identity store; it is gone afterwards, as are those that a kill left behind.

    Args:
        workspace: whose identity store.
        erasing: whether this is an erasure, which alone may work while an interrupted one waits to be ended.

    Raises:
        StateError: another ingest is at work in this workspace, or an erasure was interrupted.
    """
    secure(workspace.identity)
    with private_folders.lock_file(workspace.identity / LOCK) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StateError(
                f"Another ingest is at work in {workspace.root}.", "Wait until it has ended, then run this one again."
            ) from None
        if not erasing and (workspace.identity / ERASURE).exists():
            raise StateError(
                f"An erasure in {workspace.root} was interrupted.", "End it first with `sentinel hub erase --resume`."
            )
        for left in workspace.identity.glob(f"{_DRAFT}*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        folder = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=workspace.identity))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
