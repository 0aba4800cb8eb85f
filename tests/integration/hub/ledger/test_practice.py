"""The mark of a demonstration: the first entry of a ledger, and nothing else, makes a workspace one."""

import shutil
from pathlib import Path

import pytest

from hub.errors import SentinelError
from hub.ledger import ledger, practice, verification
from hub.ledger.store import Store, open_store
from hub.workspace import Workspace
from tests.factories.ethics import unprotected


def append(store: Store, kind: str) -> None:
    """Append an entry."""
    with store.writing() as session:
        ledger.append(session, kind=kind, actor="hub", facts={"partnership": "example"}, at=store.now())


def test_a_workspace_without_a_ledger_is_none_and_gets_none_by_asking(tmp_path: Path) -> None:
    assert not practice.is_practice(Workspace(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_that_begins_with_the_mark_is_one_for_good(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    practice.begin(workspace, "example")
    assert practice.is_practice(workspace)
    with open_store(workspace) as store:
        append(store, "score")
        assert practice.is_practice_of(store)
        assert verification.verify(store).holds


@pytest.mark.parametrize("kinds", [[], ["score"], ["score", practice.KIND]])
def test_a_ledger_that_begins_otherwise_is_none(tmp_path: Path, kinds: list[str]) -> None:
    workspace = Workspace(tmp_path)
    with open_store(workspace) as store:
        for kind in kinds:
            append(store, kind)
    (tmp_path / ".sentinel-demo").write_text("demonstration", encoding="utf-8")
    assert not practice.is_practice(workspace)


@pytest.mark.parametrize("fits", [False, True])
def test_a_mark_that_was_put_into_the_first_entry_is_a_refusal(tmp_path: Path, fits: bool) -> None:
    workspace = Workspace(tmp_path)
    with open_store(workspace) as store:
        append(store, "score")
        append(store, "score")
        with store.reading() as session:
            first = ledger.entry_at(session, 1)
        assert first is not None
        forged = ledger._hash(1, first.at, practice.KIND, first.actor, first.facts, first.previous)
        hash_ = forged if fits else first.hash
        unprotected(store, f"UPDATE ledger_entry SET kind = '{practice.KIND}', hash = '{hash_}' WHERE seq = 1")
    with pytest.raises(SentinelError):
        practice.is_practice(workspace)


def test_a_demonstration_begins_anew_and_its_former_anchor_is_kept_aside(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "made", None, tmp_path / "elsewhere" / "anchor.json")
    anchors = []
    for _ in range(3):
        shutil.rmtree(workspace.root, ignore_errors=True)
        practice.begin(workspace, "example")
        anchors.append(workspace.anchor.read_bytes())
        assert practice.is_practice(workspace)
    kept = [path.read_bytes() for path in workspace.anchor.parent.iterdir()]
    assert all(content in kept for content in anchors)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_demonstration_leaves_the_anchor_of_a_ledger_that_is_there_alone(tmp_path: Path, elsewhere: bool) -> None:
    # SENTINEL_DATABASE_URL, or SENTINEL_ANCHOR, is that of a real partnership when somebody tries the demonstration.
    anchor = tmp_path / "anchor.json"
    real = Workspace(tmp_path / "real", f"sqlite:///{tmp_path / 'real.db'}", anchor)
    with open_store(real) as store:
        append(store, "score")
    before = anchor.read_bytes()
    demonstration = Workspace(tmp_path / "demo", None if elsewhere else real.database_url, anchor)
    with pytest.raises(SentinelError):
        practice.begin(demonstration, "example")
    assert anchor.read_bytes() == before
    with open_store(real) as store:
        append(store, "score")
