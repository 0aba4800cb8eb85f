"""Folders that only their owner may enter: everything in a workspace lies in such ones, whatever the umask.

private_folders.make(workspace.features)
private_folders.narrow(workspace.root)          # an existing workspace that was made with wider rights
"""

import os
import stat
from pathlib import Path

from hub.errors import StateError

_OTHERS = 0o077


def make(folder: Path) -> Path:
    """Make `folder` and whatever is missing above it, for its owner alone; narrow it when it is wider; return it.

    Raises:
        StateError: it is there and belongs to somebody else, or is no folder.
    """
    missing, at = [], folder
    while not at.exists() and at != at.parent:
        missing.append(at)
        at = at.parent
    try:
        for one in reversed(missing):
            one.mkdir(mode=0o700, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise StateError(f"{folder} is not in a folder.", "Name another workspace.") from None
    narrow(folder)
    return folder


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


def keep_to_owner() -> None:
    """From now on this process makes files and folders that only its owner may read."""
    os.umask(_OTHERS)
