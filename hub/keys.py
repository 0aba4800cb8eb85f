"""Secret keys in files: 32 random bytes, readable only by their owner, written once and whole."""

import os
import secrets
import tempfile
from pathlib import Path
from typing import BinaryIO

from hub import private_folders, regular_files
from hub.errors import IntegrityError

BYTES = 32


def read_key(path: Path, what: str) -> bytes:
    """Return the key in a file.

    Args:
        path: the file.
        what: whose key it is, for the message, such as "the pseudonyms".

    Raises:
        IntegrityError: it is gone or damaged.
    """
    try:
        with regular_files.opened(path) as stream:
            return read_open_key(stream, path, what)
    except OSError:
        raise IntegrityError(f"{path}: the key of {what} is gone.", "Restore it from a copy.") from None


def read_open_key(stream: BinaryIO, path: Path, what: str) -> bytes:
    """Return the key in an open file.

    Args:
        stream: the file, from its beginning.
        path: where it lies, for the message.
        what: whose key it is.

    Raises:
        IntegrityError: it is damaged.
    """
    secret = stream.read(BYTES + 1)
    if len(secret) != BYTES:
        raise IntegrityError(f"{path}: the key of {what} is damaged.", "Restore it from a copy.")
    return secret


def make_key(path: Path) -> None:
    """Write a random key under its name in one step: whole, and never over another one."""
    private_folders.make_missing(path.parent)
    descriptor, draft = tempfile.mkstemp(prefix=".draft-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_bytes(BYTES))
            stream.flush()
            os.fsync(stream.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        pass  # another process was first; its key is the key
    finally:
        Path(draft).unlink()
