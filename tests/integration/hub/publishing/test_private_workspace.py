"""Only their owner may enter a workspace and read its files, although the umask of most machines lets everybody."""

import datetime
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from features.online.vector import open_source
from hub.intake.ingest import ingest
from hub.linking.linkage import link
from hub.publishing.publish import publish
from hub.workspace import Workspace
from models.record import tracking
from tests.factories.counties import County
from tests.factories.identity import identity_row
from tests.factories.whole_snapshots import ASKED, published

ROOT = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def wide() -> Iterator[None]:
    """Work under the umask that most machines have."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def _open_to_others(folder: Path) -> list[str]:
    found = [folder, *folder.rglob("*")]
    return [f"{path.relative_to(folder)} {path.stat().st_mode:o}" for path in found if path.stat().st_mode & 0o077]


def test_a_workspace_made_by_the_library_has_nothing_for_others(tmp_path: Path) -> None:
    county = County(tmp_path / "hub", {"school": True, "police": False})
    rows = [identity_row("school", "1"), identity_row("police", "1"), identity_row("police", "2")]
    county.deliver(rows, ingested=False)
    workspace = Workspace(tmp_path / "made" / "here")
    [delivery] = (tmp_path / "hub").glob("delivery-*")
    ingest(workspace, county.partnership, delivery, datetime.date(2024, 6, 30))
    link(workspace, county.partnership)
    publish(workspace, county.partnership)
    assert _open_to_others(workspace.root.parent) == []


def test_what_is_derived_has_nothing_for_others(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "workspace")
    source = open_source(workspace, published(workspace.root, 20), ASKED)
    tracking.store_address(workspace)
    assert _open_to_others(workspace.online) == []
    assert _open_to_others(workspace.snapshots) == []
    source.close()


def test_a_command_narrows_a_workspace_that_others_may_enter(tmp_path: Path) -> None:
    root = tmp_path / "workspace" / "lancashire"
    (root / "snapshots").mkdir(parents=True)
    root.chmod(0o777)
    code = (
        "import os\nfrom hub.commands import cli, command_line\nos.umask(0o022)\n"
        "command_line.run(cli.app, name='hub')\n"
    )
    where = ["--workspace", str(tmp_path / "workspace"), "--partnership", str(ROOT / "partnerships" / "lancashire")]
    done = subprocess.run(
        [sys.executable, "-c", code, "snapshots", *where], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert root.stat().st_mode & 0o777 == 0o700


def test_whatever_a_command_writes_only_its_owner_may_read(tmp_path: Path) -> None:
    code = (
        "import os, sys, typer\nfrom pathlib import Path\nfrom hub.commands import command_line\nos.umask(0o022)\n"
        "app = typer.Typer()\n\n@app.command()\ndef write() -> None:\n"
        f"    folder = Path({str(tmp_path)!r}, 'folder')\n    folder.mkdir()\n    (folder / 'file').write_text('x')\n\n"
        "sys.argv = ['x']\ncommand_line.run(app, name='x')\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True)
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "folder" / "file").stat().st_mode & 0o777 == 0o600
