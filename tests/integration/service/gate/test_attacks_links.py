"""What a path leads to may change at any moment: links, pipes, renames; what is used is what was published."""

import datetime
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from hub import artefacts
from hub.publishing.snapshots import CURRENT
from tests.factories import attacked, snapshots, worlds
from tests.factories.attacked import World

SECONDS = 2.5


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with attacked.served(attacked.copied(tmp_path_factory.mktemp("links"))) as found:
        yield found


def test_an_older_snapshot_is_not_used_when_the_pointer_is_put_back(world: World) -> None:
    with world.undone():
        pointer = world.workspace.snapshots / CURRENT
        old = pointer.read_text(encoding="utf-8").strip()
        new = snapshots.snapshot(world.workspace, known_to="2025-01-31", **worlds._tables(5, 500)).digest
        answer = world.ask().json()
        assert answer["snapshot"]["digest"] == new
        artefacts.write_pointer(pointer, old)
        assert world.kind() == "not-published"
        artefacts.write_pointer(pointer, new)
        assert world.kind() == "scored"
    assert world.kind() == "scored"


def a_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def nothing(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("becomes", [a_link, a_pipe, a_folder, nothing], ids=lambda one: one.__name__)
@pytest.mark.parametrize(
    "name",
    [
        "snapshots/current",
        "bundles/*/model.txt",
        "audits/*/audit.json",
        "snapshots/*/event.parquet",
        "online/*/events*",
    ],
)
def test_what_is_no_file_of_its_own_is_refused_at_once(
    world: World, name: str, becomes: Callable[[Path], None]
) -> None:
    with world.undone():
        becomes(next(world.workspace.root.glob(name)))
        began = time.monotonic()
        assert world.kind() in {"changed", "not-found"}
        assert time.monotonic() - began < 2
    assert world.kind() == "scored"


@pytest.mark.parametrize("becomes", [a_pipe, a_folder, nothing], ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", ["partnership", "gateways", "use_cases/early_help_offer"])
def test_a_declaration_that_is_no_file_is_refused_at_once(
    world: World, name: str, becomes: Callable[[Path], None]
) -> None:
    path = world.folder / f"{name}.yaml"
    with world.undone():
        becomes(path)
        began = time.monotonic()
        assert world.kind() in {"configuration", "changed"}
        assert time.monotonic() - began < 2
        if path.is_dir():
            path.rmdir()
    assert world.kind() == "scored"


def a_folder_behind_a_link(world: World) -> Path:
    folder = world.folder / "use_cases"
    folder.rename(world.root / "elsewhere")
    folder.symlink_to(world.root / "elsewhere")
    return world.root / "elsewhere" / f"{worlds.USE_CASE}.yaml"


def a_file_behind_a_link(world: World) -> Path:
    path = world.folder / "gateways.yaml"
    path.rename(world.root / "elsewhere.yaml")
    path.symlink_to(world.root / "elsewhere.yaml")
    return world.root / "elsewhere.yaml"


def beside_links_that_lead_nowhere(world: World) -> Path:
    for name in ("a.yaml", "m.yaml", "z.yaml"):
        (world.folder / name).symlink_to("nowhere")
    return world.folder / "gateways.yaml"


def beside_a_folder_that_leads_to_itself(world: World) -> Path:
    (world.folder / "again").symlink_to(world.folder)
    return world.folder / "gateways.yaml"


@pytest.mark.parametrize(
    "hides",
    [
        a_folder_behind_a_link,
        a_file_behind_a_link,
        beside_links_that_lead_nowhere,
        beside_a_folder_that_leads_to_itself,
    ],
    ids=lambda one: one.__name__,
)
def test_no_link_hides_that_a_declaration_was_edited(world: World, hides: Callable[[World], Path]) -> None:
    with world.undone():
        path = hides(world)
        for _ in range(2):
            assert world.kind() == "scored"
            time.sleep(0.15)  # so that it is believed, and not read anew for being young
        path.write_text("{}", encoding="utf-8")
        assert world.kind() == "configuration"
        for link in (world.folder / "use_cases", world.folder / "again"):
            if link.is_symlink():
                link.unlink()
    shutil.rmtree(world.root / "elsewhere", ignore_errors=True)
    assert world.kind() == "scored"


@contextmanager
def swapping(path: Path, other: Path) -> Iterator[None]:
    """Put the other file in the place of the path and back, by renames, as quickly as can be, while the block runs."""
    stop, kept = threading.Event(), path.with_name(".kept")

    def work() -> None:
        while not stop.is_set():
            path.rename(kept)
            other.rename(path)
            time.sleep(0.001)
            path.rename(other)
            kept.rename(path)
            time.sleep(0.001)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_file_that_is_swapped_between_its_hash_and_its_use_is_never_used(world: World) -> None:
    true = world.ask().json()["probability"]
    with world.undone():
        path = next(world.workspace.online.glob("*/events.duckdb"))
        other = world.root / "forged.duckdb"
        shutil.copy(path, other)
        with duckdb.connect(str(other)) as connection:
            for (name,) in connection.execute("SHOW TABLES").fetchall():
                if name.startswith("event_"):
                    connection.execute(f"INSERT INTO {name} SELECT * FROM {name}")
        with swapping(path, other), world.asked(2) as answers:
            time.sleep(SECONDS)
        assert answers.probabilities <= {true}
        assert set(answers.kinds) <= {"scored", "changed", "not-found"}
        assert answers.kinds["changed"] > 0
    assert world.kind() == "scored"


def test_a_gateway_ends_on_its_day_whatever_marks_lie_about(world: World) -> None:
    with world.undone():
        ends = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=3)).date()
        world.declare("gateways", lambda said: said["gateways"][0].update(valid_to=ends.isoformat()))
        world.approve(days=20)
        assert world.kind() == "scored"
        shown = {"use_case": worlds.USE_CASE, "delivered_on": "2024-12-31"}
        world.declare("partnership", lambda said: said.update(demonstration=shown))
        for folder in (world.folder, world.workspace.root):
            (folder / ".demonstration").write_text("example", encoding="utf-8")
        assert world.kind() == "scored"
        world.ahead(days=5)
        assert world.kind() == "no-gateway"
        for folder in (world.folder, world.workspace.root):
            (folder / ".demonstration").unlink()
    assert world.kind() == "scored"
