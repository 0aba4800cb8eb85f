"""Who trained what, as the ledger tells it: each training is the publication of its bundle."""

from pathlib import Path

import pytest

from hub.errors import ConfigurationError, LedgerError, NotFoundError
from hub.ledger import publications
from hub.workspace import Workspace
from models.bundle.trainings import newest, trainings, with_earlier


def said(workspace: Workspace, bundle: str, who: str, *, kind: str = "bundle", **more: str) -> None:
    """Publish a bundle as its training does."""
    run = {"run_id": "r1", "experiment": "lancashire/early_help_offer", **more}
    publications.record(workspace, kind=kind, digest=bundle, inputs={"feature_set": "f" * 64}, by=who, more=run)


def test_each_training_is_found_again(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "none yet")
    assert trainings(workspace) == []
    with pytest.raises(NotFoundError, match="No bundle was trained"):
        newest(workspace)
    said(workspace, "a" * 64, "ana")
    said(workspace, "b" * 64, "tom")
    said(workspace, "a" * 64, "tom")
    said(workspace, "c" * 64, "tom", kind="audit")
    assert [entry["trained_by"] for entry in trainings(workspace, "a" * 64)] == ["ana", "tom"]
    assert trainings(workspace, "b" * 64) == [
        {"bundle": "b" * 64, "trained_by": "tom", "run_id": "r1", "experiment": "lancashire/early_help_offer"}
    ]
    assert len(trainings(workspace)) == 3
    assert trainings(workspace, "c" * 64) == []
    assert newest(workspace) == "a" * 64


def test_a_line_in_a_file_makes_no_training(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    said(workspace, "a" * 64, "ana")
    workspace.bundles.mkdir()
    line = '{"bundle": "%s", "trained_by": "tom", "run_id": "r1", "experiment": "e"}\n' % ("b" * 64)
    (workspace.bundles / "trainings.jsonl").write_text(line, encoding="utf-8")
    assert [entry["trained_by"] for entry in trainings(workspace)] == ["ana"]


def test_trainings_of_a_ledger_that_cannot_be_read_are_not_simply_none(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    said(workspace, "a" * 64, "ana")
    database = workspace.ethics / "ethics.db"
    content = database.read_bytes()
    database.write_bytes(content[: len(content) // 2])
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        trainings(workspace)
    database.write_bytes(b"")
    with pytest.raises(LedgerError, match="The ledger is gone"):
        trainings(workspace)


def test_trees_that_updates_kept_are_followed_to_where_they_grew(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    said(workspace, "a" * 64, "ana")
    said(workspace, "b" * 64, "tom", trees_from="a" * 64)
    said(workspace, "c" * 64, "sue", trees_from="b" * 64)
    said(workspace, "d" * 64, "tom")
    said(workspace, "e" * 64, "tom", trees_from="f" * 64)

    def found(digest: str) -> dict[str, list[str]]:
        known = with_earlier(workspace, digest * 64)
        return {one[0]: [entry["trained_by"] for entry in entries] for one, entries in known.items()}

    assert found("c") == {"c": ["sue"], "b": ["tom"], "a": ["ana"]}
    assert found("a") == {"a": ["ana"]}
    assert found("d") == {"d": ["tom"]}
    assert found("e") == {"e": ["tom"], "f": []}, "the ledger knows nothing of f"
