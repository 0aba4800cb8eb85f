"""Folders that only their owner may enter: everything in a workspace lies in such ones, whatever the umask.

private_folders.make(workspace.features)
private_folders.narrow(workspace.root)          # an existing workspace that was made with wider rights
"""

import os
import stat
from pathlib import Path
from typing import TextIO

from hub.errors import StateError

_OTHERS = 0o077


def make(folder: Path) -> Path:
    """Make `folder` and whatever is missing above it, for its owner alone; narrow it when it is wider; return it.

    Raises:
        StateError: it is there and belongs to somebody else, or is no folder.
    """
    try:
        make_missing(folder)
    except (FileExistsError, NotADirectoryError):
        raise StateError(f"{folder} is not in a folder.", "Name another workspace.") from None
    narrow(folder)
    return folder


def make_missing(folder: Path) -> None:
    """Make `folder` and whatever is missing above it, for its owner alone; one that is there stays as it is.

    Raises:
        OSError: something above it is no folder, or may not be written.
    """
    missing, at = [], folder
    while not at.exists() and at != at.parent:
        missing.append(at)
        at = at.parent
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)


def narrow(folder: Path) -> None:
    """Let only its owner into `folder`; nothing happens where there is none.

    Raises:
        StateError: others may enter it, and it belongs to somebody else; or it is no folder.
    """
    try:
        found = folder.stat()
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(found.st_mode):
        raise StateError(f"{folder} is not a folder.", "Move it away, or name another workspace.")
    if found.st_mode & _OTHERS:
        try:
            folder.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
        except PermissionError:
            raise StateError(
                f"Others may enter {folder}, and it belongs to somebody else.", "Have its owner run `chmod 700` on it."
            ) from None


def lock_file(path: Path) -> TextIO:
    """Open a file to lock; it is made for its owner alone when it is not there."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600), "w")


def keep_to_owner() -> None:
    """From now on this process makes files and folders that only its owner may read."""
    os.umask(_OTHERS)
