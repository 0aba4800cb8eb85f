"""Who trained what: one line a training, whole or not there."""

from pathlib import Path

import pytest

from hub.errors import IntegrityError
from hub.workspace import Workspace
from models.trainings import record, trainings


def said(workspace: Workspace, bundle: str, who: str) -> None:
    """Record a training."""
    record(workspace, bundle=bundle, trained_by=who, run_id="r1", experiment="lancashire/early_help_offer")


def test_each_training_is_found_again(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "none yet")
    assert trainings(workspace) == []
    said(workspace, "a" * 64, "ana")
    said(workspace, "b" * 64, "tom")
    said(workspace, "a" * 64, "tom")
    assert [entry["trained_by"] for entry in trainings(workspace, "a" * 64)] == ["ana", "tom"]
    assert len(trainings(workspace)) == 3
    assert trainings(workspace, "c" * 64) == []


def test_a_line_that_was_cut_off_never_happened(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    said(workspace, "a" * 64, "ana")
    path = workspace.bundles / "trainings.jsonl"
    path.write_bytes(path.read_bytes() + b'{"bundle": "bbb')
    assert len(trainings(workspace)) == 1
    said(workspace, "c" * 64, "tom")
    assert [entry["trained_by"] for entry in trainings(workspace)] == ["ana", "tom"]


@pytest.mark.parametrize("line", [b"not json", b"[]", b'{"bundle": "x"}', b"\xff"])
def test_a_damaged_line_is_named(tmp_path: Path, line: bytes) -> None:
    workspace = Workspace(tmp_path)
    said(workspace, "a" * 64, "ana")
    path = workspace.bundles / "trainings.jsonl"
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(IntegrityError, match="line 2 is damaged"):
        trainings(workspace)
