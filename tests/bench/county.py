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

FOLDER = Path(__file__).parents[2] / "partnerships" / "lancashire"
CHILDREN, TINY = 5000, 40
SEED = 7
FEW = ("school", "police")
"""The sources that a tiny county reads."""


@cache
def partnership() -> Partnership:
    """Return the partnership."""
    return partnerships.read(FOLDER)


@cache
def workspace(tiny: bool) -> Workspace:
    """Return a workspace that is removed when the process ends."""
    root = Path(tempfile.mkdtemp(prefix="sentinel-bench-tiny-" if tiny else "sentinel-bench-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return Workspace(root)


@cache
def delivered(tiny: bool) -> Path:
    """Generate the extracts and return their folder."""
    folder = workspace(tiny).root / "delivered"
    command = [sys.executable, str(FOLDER / "generator"), "--out", str(folder)]
    children = TINY if tiny else CHILDREN
    subprocess.run(
        [*command, "--children", str(children), "--seed", str(SEED)], check=True, capture_output=True, text=True
    )
    return folder


@cache
def snapshot(tiny: bool) -> Snapshot:
    """Ingest, link and publish, and return the snapshot."""
    from hub.linking import linkage
    from hub.publishing import publish

    read(workspace(tiny), tiny)
    linkage.link(workspace(tiny), partnership())
    return publish.publish(workspace(tiny), partnership())


def read(into: Workspace, tiny: bool) -> None:
    """Ingest what was delivered."""
    from hub.intake import ingest

    said = partnership().file.demonstration
    assert said is not None
    ingest.ingest(into, partnership(), delivered(tiny), said.delivered_on, sources=FEW if tiny else None)
