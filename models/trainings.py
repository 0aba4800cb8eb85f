"""Who trained which bundle, in which MLflow run: one line of JSON a training, appended to `trainings.jsonl`.

It stands beside the bundles, not in them, so that the same training by someone else gives the same bundle. The ethics
group reads it: whoever trained a model does not judge it.
"""

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from hub.errors import IntegrityError, NotFoundError
from hub.workspace import Workspace

_FILE = "trainings.jsonl"


def record(workspace: Workspace, *, bundle: str, trained_by: str, run_id: str, experiment: str) -> None:
    """Append one training and wait until it is on disk. The half line of an append that was cut off is taken away."""
    workspace.bundles.mkdir(parents=True, exist_ok=True)
    entry = {"bundle": bundle, "trained_by": trained_by, "run_id": run_id, "experiment": experiment}
    with (workspace.bundles / _FILE).open("a+b") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        stream.seek(0)
        whole = stream.read()
        stream.truncate(whole.rfind(b"\n") + 1)
        stream.write((json.dumps(entry, sort_keys=True) + "\n").encode("utf-8"))
        stream.flush()
        os.fsync(stream.fileno())


def trainings(workspace: Workspace, digest: str | None = None) -> list[dict[str, Any]]:
    """Return the trainings of one bundle (or of all), oldest first: `bundle`, `trained_by`, `run_id`, `experiment`.

    Raises:
        IntegrityError: a line is damaged; the message names it.
    """
    path: Path = workspace.bundles / _FILE
    if not path.exists():
        return []
    found = []
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines[:-1], start=1):
        try:
            entry = json.loads(line)
            found.append({name: str(entry[name]) for name in ("bundle", "trained_by", "run_id", "experiment")})
        except (ValueError, KeyError, TypeError):
            raise IntegrityError(
                f"{path}: line {number} is damaged, so it cannot be said who trained what.",
                "Restore the file from a copy.",
            ) from None
    return [entry for entry in found if digest is None or entry["bundle"] == digest]


def newest(workspace: Workspace) -> str:
    """Return the digest of the bundle that was trained last.

    Raises:
        NotFoundError: nothing was trained yet.
        IntegrityError: a line is damaged; the message names it.
    """
    found = trainings(workspace)
    if not found:
        raise NotFoundError("No bundle was trained in this workspace.", "Run `sentinel models train`.")
    return str(found[-1]["bundle"])
