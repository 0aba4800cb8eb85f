"""Many ask at once: the ledger's lock holds, a locked ledger keeps nobody waiting, two purposes do not meet."""

import datetime
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from audits.audit import audit as audits
from ethics.record.store import open_store
from features.batch.matrix import build
from features.declarations import use_cases
from hub.errors import ConfigurationError
from hub.ledger import ledger, verification
from hub.publishing.snapshots import open_snapshot
from models.fitting.training import train
from service.http.api import LIVE
from tests.factories import attacked, snapshots, worlds
from tests.factories.attacked import World

CLIENTS = 8
OTHER = {"name": "attendance_offer", "purpose": "attendance"}
_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=0)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Serve a world with two purposes, each with a model, an audit and an approval."""
    root = tmp_path_factory.mktemp("load")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(snapshots.GATEWAY, "purposes", [worlds.PURPOSE, OTHER["purpose"]])
        bundle, audit = worlds.make(root, children=250)
    (root / "world.json").write_text(json.dumps({"bundle": bundle, "audit": audit}), encoding="utf-8")
    found = World(root)
    for folder in ("use_cases", "canvases"):
        said = json.loads((found.folder / folder / f"{worlds.USE_CASE}.yaml").read_text(encoding="utf-8"))
        changed = said | OTHER if folder == "use_cases" else said
        (found.folder / folder / f"{OTHER['name']}.yaml").write_text(json.dumps(changed), encoding="utf-8")
    found.approve()
    found.approve(**other_model(found))
    with attacked.served(found):
        yield found


def other_model(world: World) -> dict[str, Any]:
    """Train and audit a model for the other purpose."""
    workspace, partnership = world.workspace, world.partnership
    use_case = use_cases.read(partnership, OTHER["name"])
    day = datetime.date(2026, 1, 1)
    built = build(workspace, open_snapshot(workspace), use_case, partnership=partnership, on=day)
    bundle = train(workspace, built, trained_by=worlds.ANALYST).digest
    return {"bundle": bundle, "audit": audits.run(workspace, partnership, bundle).digest}


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep the ledger's write lock in a process of its own while the block runs."""
    command = [sys.executable, "-c", _LOCK, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        yield


def test_while_the_ledger_is_locked_every_client_is_refused_within_two_seconds(world: World) -> None:
    def ask(_: int) -> tuple[str, float]:
        with world.client() as client:
            assert client.get(LIVE).is_success  # whatever a client needs to begin is there
            began = time.monotonic()
            return attacked.kind_of(world.ask(client)), time.monotonic() - began

    with locked(world.database), ThreadPoolExecutor(CLIENTS) as pool, world.client() as client:
        assert client.get(LIVE).is_success
        asked = [pool.submit(ask, number) for number in range(2 * CLIENTS)]
        lives = []
        while not all(one.done() for one in asked):
            began = time.monotonic()
            assert client.get(LIVE).is_success
            lives.append(time.monotonic() - began)
        answers = [one.result() for one in asked]
    assert {kind for kind, _ in answers} == {"record"}
    waited = sorted(seconds for _, seconds in answers)
    assert waited[len(waited) // 2] < 2  # one wait of a second, and not one more to write that there was no writing
    assert waited[-1] < 3
    assert sorted(lives)[len(lives) // 2] < 0.2
    assert world.kind() == "scored"


def test_a_process_that_opens_its_ledger_again_keeps_the_lock_that_it_holds(world: World) -> None:
    """Closing a file takes away every lock of the process on it, so SQLite alone may open it."""
    with world.store.writing() as session:
        ledger.append(session, kind="score", actor="test", facts={}, at=world.store.now())
        with pytest.raises(ConfigurationError):  # to open it is to write
            open_store(world.workspace, wait_seconds=0.1)
        with pytest.raises(subprocess.CalledProcessError):
            subprocess.run(
                [sys.executable, "-c", _LOCK, str(world.database)], input="", check=True, capture_output=True, text=True
            )
    assert world.kind() == "scored"


def test_one_purpose_is_scored_while_the_model_of_the_other_changes(world: World) -> None:
    model = world.workspace.bundles / world.bundle / "model.txt"
    with world.undone():
        with world.asked(CLIENTS // 2) as changing, world.asked(CLIENTS // 2, purpose=OTHER["purpose"]) as steady:
            for _ in range(8):
                before = changing.kinds.copy()
                attacked.flip(model)
                assert attacked.until(partial(more, changing, "changed", before["changed"]))
                attacked.flip(model)
                assert attacked.until(partial(more, changing, "scored", before["scored"] + 4))
        assert set(changing.kinds) == {"scored", "changed"}
        assert set(steady.kinds) == {"scored"}
        assert len(changing.probabilities) == 1
        assert len(steady.probabilities) == 1


def test_two_purposes_in_turn_read_no_model_again(world: World) -> None:
    for purpose in (worlds.PURPOSE, OTHER["purpose"]) * 3:
        assert world.kind(purpose=purpose) == "scored"
    before, times = bytes_read(world), 20
    for purpose in (worlds.PURPOSE, OTHER["purpose"]) * times:
        assert world.kind(purpose=purpose) == "scored"
    size = sum(path.stat().st_size for path in (world.workspace.bundles / world.bundle).iterdir())
    assert (bytes_read(world) - before) / (2 * times) < size / 4


def more(answers: attacked.Answers, kind: str, than: int) -> bool:
    """Say whether there are more answers of a kind than that."""
    return answers.kinds[kind] > than


def bytes_read(world: World) -> int:
    """Return how many bytes the server has read from files and sockets."""
    said = Path(f"/proc/{world.process}/io").read_text(encoding="ascii")
    return int(next(line for line in said.splitlines() if line.startswith("rchar")).split()[1])


def test_the_ledger_is_whole_after_all_of_that(world: World) -> None:
    assert world.sql("PRAGMA integrity_check") == [("ok",)]
    assert verification.verify(world.store).holds
    copy = world.root / "copy.db"
    shutil.copy(world.database, copy)
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT count(*) FROM ledger_entry").fetchone()[0] > 0
    connection.close()
