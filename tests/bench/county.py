"""The generated county that the stages are measured on, made once a run in a temporary folder."""

import atexit
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from hub.declarations import partnership as partnerships
from hub.declarations.partnership import Partnership
from hub.publishing.snapshots import Snapshot
from hub.workspace import Workspace

FOLDER = Path("partnerships/lancashire")
CHILDREN = 5000
SEED = 7


@cache
def partnership() -> Partnership:
    """Return the partnership."""
    return partnerships.read(FOLDER)


@cache
def workspace() -> Workspace:
    """Return a workspace that is removed when the process ends."""
    root = Path(tempfile.mkdtemp(prefix="sentinel-bench-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return Workspace(root)


@cache
def delivered() -> Path:
    """Generate the extracts and return their folder."""
    folder = workspace().root / "delivered"
    command = [sys.executable, str(FOLDER / "generator"), "--out", str(folder)]
    subprocess.run(
        [*command, "--children", str(CHILDREN), "--seed", str(SEED)], check=True, capture_output=True, text=True
    )
    return folder


@cache
def snapshot() -> Snapshot:
    """Ingest, link and publish, and return the snapshot."""
    from hub.intake import ingest
    from hub.linking import linkage
    from hub.publishing import publish

    said = partnership().file.demonstration
    assert said is not None
    ingest.ingest(workspace(), partnership(), delivered(), said.delivered_on)
    linkage.link(workspace(), partnership())
    return publish.publish(workspace(), partnership())
