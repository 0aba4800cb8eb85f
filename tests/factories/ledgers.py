"""Ledgers: one copied with its anchor, one changed as somebody could who has its file."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hub.workspace import Workspace, utc_now


def copied(workspace: Workspace, root: Path, *, clock: Callable[[], Any] = utc_now) -> Workspace:
    """Copy the ledger of a workspace, and its anchor, into another one."""
    copy = Workspace(root, clock=clock)
    for source, target in ((workspace.ethics, copy.ethics), (workspace.anchor.parent, copy.anchor.parent)):
        shutil.rmtree(target, ignore_errors=True)
        if source.exists():
            shutil.copytree(source, target)
    return copy
