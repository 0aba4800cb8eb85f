"""The generated county that the stages are measured on, made once a run in a temporary folder."""

import json
import subprocess
import sys
from functools import cache, partial
from pathlib import Path

from hub import sql
from hub.declarations import partnership as partnerships
from hub.declarations.partnership import Partnership
from hub.workspace import Workspace
from tests.bench import ROOT
from tests.factories import kept

FOLDER = ROOT / "partnerships" / "lancashire"
CHILDREN, TINY = 5000, 40
SEED = 7
FEW = ("school", "police")
"""The sources that a tiny county reads."""
REPORT = "linkage.json"


@cache
def partnership() -> Partnership:
    """Return the partnership."""
    return partnerships.read(FOLDER)


def generate(folder: Path, children: int, events: int = 0) -> None:
    """Let the generator write its extracts into a folder."""
    command = [sys.executable, str(FOLDER / "generator"), "--out", str(folder), "--children", str(children)]
    command += ["--seed", str(SEED), "--events", str(events)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def delivered(tiny: bool) -> Path:
    """Return the folder of the extracts."""
    children = TINY if tiny else CHILDREN
    return kept.once(f"county of {children}", lambda folder: generate(folder, children))


def linked(tiny: bool) -> Path:
    """Return a folder with the workspace in which they are ingested and linked, and what was said of it (`REPORT`)."""
    return kept.once(f"linked county of {TINY if tiny else CHILDREN}", partial(_link, tiny))


def _link(tiny: bool, folder: Path) -> None:
    from hub.linking import linkage

    workspace = Workspace(folder / "workspace")
    read(workspace, tiny)
    report = linkage.link(workspace, partnership(), truth=delivered(tiny) / "truth" / "people.csv")
    (folder / REPORT).write_text(json.dumps(report.as_json()), encoding="utf-8")


def read(into: Workspace, tiny: bool) -> None:
    """Ingest what was delivered."""
    from hub.intake import ingest

    said = partnership().file.demonstration
    assert said is not None
    ingest.ingest(into, partnership(), delivered(tiny), said.delivered_on, sources=FEW if tiny else None)


def scans(folder: Path) -> list[str]:
    """Return a bare scan in SQL of each text file in a folder: every cell as text, in whatever encoding it came."""
    return [
        f"read_csv({sql.text(path.as_posix())}, all_varchar = true, encoding = '{_encoding(path)}')"
        for path in sorted(folder.glob("*.csv"))
    ]


def _encoding(path: Path) -> str:
    """Return what a bare scan must be told of a file: an agency may write another encoding than UTF-8."""
    with path.open(encoding="utf-8") as file:
        try:
            for _ in file:
                pass
        except UnicodeDecodeError:
            return "latin-1"
    return "utf-8"
