"""Somebody who can write the workspace's files: what was not published by a command here is never used."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from audits.audit.audit import open_audit
from audits.verdicts import Verdict
from hub import artefacts
from hub.errors import ConfigurationError, IntegrityError, NotPublishedError
from hub.workspace import Workspace
from tests.factories import attacked
from tests.factories.attacked import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with attacked.served(attacked.copied(tmp_path_factory.mktemp("files"))) as found:
        yield found


def forged(parent: Path, digest: str, kind: str, change: Callable[[Path], None], **facts: object) -> str:
    """Copy an artefact, change it, and give it the manifest and the name that fit."""
    old = artefacts.open_artefact(parent, digest, kind)
    with artefacts.publish(parent, kind, dict(old.facts) | facts) as draft:
        for name in old.files:
            (draft.path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(old.path / name, draft.path / name)
        change(draft.path)
    return str(draft.digest)


def other_values(folder: Path) -> None:
    with duckdb.connect(str(folder / "events.duckdb")) as connection:
        tables = [name for (name,) in connection.execute("SHOW TABLES").fetchall() if name.startswith("event_")]
        for table in tables:
            connection.execute(f"UPDATE {table} SET occurred = occurred + 200")


def test_a_forged_online_source_with_the_same_facts_is_not_served(world: World) -> None:
    with world.undone():
        true = world.ask().json()
        online: Path = world.workspace.online
        digest = world.entries("score")[-1].read_facts()["online_source"]
        forgery = forged(online, digest, "online source", other_values)
        shutil.rmtree(online / digest)  # only the forged one is left to be found by its facts
        answer = world.ask().json()
        assert answer["probability"] == true["probability"]
        used = world.entries("score")[-1].read_facts()["online_source"]
        assert used not in (forgery, digest)  # it was made anew


def unchanged(_: Path) -> None:
    """Leave the files as they are: only a fact differs."""


def test_a_forged_snapshot_behind_the_pointer_is_not_served(world: World) -> None:
    with world.undone():
        snapshots = world.workspace.snapshots
        current = (snapshots / "current").read_text(encoding="utf-8").strip()
        digest = forged(snapshots, current, "snapshot", unchanged, known_to="2024-12-30")
        artefacts.write_pointer(snapshots / "current", digest)
        assert world.kind() == "not-published"
    assert world.kind() == "scored"


@pytest.mark.parametrize("content", ["", "current", "../" * 10, "0" * 64, "\0" * 64])
def test_a_pointer_to_nonsense_is_refused(world: World, content: str) -> None:
    with world.undone():
        (world.workspace.snapshots / "current").write_text(content, encoding="utf-8")
        assert world.kind() in {"changed", "not-found", "not-published"}
    assert world.kind() == "scored"


def proposed(world: World, *, bundle: str = "", audit: str = "") -> None:
    world.under_review(bundle=bundle, audit=audit)


def test_a_bundle_made_by_hand_cannot_be_proposed(world: World) -> None:
    with world.undone():
        bundle = forged(world.workspace.bundles, world.bundle, "bundle", unchanged, seed=99)
        audit = forged(world.workspace.audits, world.audit, "audit", unchanged, bundle=bundle)
        line = json.dumps({"bundle": bundle, "trained_by": "nobody", "run_id": "r", "experiment": "e"})
        (world.workspace.bundles / "trainings.jsonl").write_text(line + "\n", encoding="utf-8")
        with pytest.raises(NotPublishedError):
            proposed(world, bundle=bundle, audit=audit)


def test_an_edited_audit_cannot_be_proposed(world: World) -> None:
    said = open_audit(world.workspace, world.audit).facts.verdict
    with world.undone():
        other = next(one.value for one in Verdict if one is not said)
        audit = forged(world.workspace.audits, world.audit, "audit", unchanged, verdict=other)
        with pytest.raises(NotPublishedError):
            proposed(world, audit=audit)
    with world.undone():
        audit = forged(world.workspace.audits, world.audit, "audit", unchanged, verdict="nothing at all to see")
        with pytest.raises(IntegrityError, match="its fact verdict"):
            proposed(world, audit=audit)


def test_a_manifest_whose_use_case_leads_elsewhere_is_not_read(world: World) -> None:
    with world.undone():
        bundle = forged(
            world.workspace.bundles,
            world.bundle,
            "bundle",
            unchanged,
            use_case="../../example/use_cases/early_help_offer",
        )
        audit = forged(world.workspace.audits, world.audit, "audit", unchanged, bundle=bundle)
        with pytest.raises(ConfigurationError, match="name"):
            proposed(world, bundle=bundle, audit=audit)


def bundle_replaced(workspace: Workspace, digest: str) -> None:
    """The folder is another one under the same name."""
    folder = workspace.bundles / digest
    shutil.copytree(folder, folder.with_name("other"))
    attacked.flip(folder.with_name("other") / "model.txt", 2000)
    folder.rename(folder.with_name("first"))
    folder.with_name("other").rename(folder)


def test_a_folder_that_takes_the_place_of_a_bundle_is_seen(world: World) -> None:
    with world.undone():
        bundle_replaced(world.workspace, world.bundle)
        assert world.kind() == "changed"
    assert world.kind() == "scored"
