"""Kills: ingest, link and publish end at a random moment, and nothing is torn or lost.

    python -m tests.bench.kills --times 200 --seed 1

A county has a published snapshot. A second delivery comes in, is linked and published by a process that is killed
(SIGKILL) somewhere on its way. Then every artefact must be whole, the pointer must name the old snapshot or the new
one, no extract may be gone, and the same commands, run again, must end in the very snapshot of an uninterrupted run.

The process is forked from one that has loaded everything and done nothing, so that the moments fall into the work.
"""

import argparse
import datetime
import importlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from hub import artefacts
from hub.errors import SentinelError
from hub.intake import ingest
from hub.linking import linkage
from hub.publishing import publish
from hub.publishing.snapshots import CURRENT, open_snapshot
from hub.rebuilding import verification
from hub.workspace import Workspace
from tests.factories.counties import County
from tests.factories.identity import town

FIRST, SECOND = "2024-06-30", "2024-09-30"
# What the work imports late, so that the moments fall into the work.
for _name in ("splink", "alembic.command", "hub.linking.engine"):
    importlib.import_module(_name)


@dataclass(slots=True)
class Kills:
    """What was found.

    Attributes:
        kills: processes killed on their way.
        finished: processes that had ended before the moment came.
        old, new: after how many kills the pointer named the old snapshot, or the new one.
        torn: after how many something was neither old nor new.
        lost: after how many an extract was gone, or the work could not be ended as if nothing had been.
    """

    kills: int = 0
    finished: int = 0
    old: int = 0
    new: int = 0
    torn: int = 0
    lost: int = 0


def _in_child(action: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            action()
            os._exit(0)
        except BaseException as error:  # noqa: BLE001 - the parent hears of it by the exit code
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(1)
    return child


def _ended_well(child: int) -> bool:
    return os.waitpid(child, 0)[1] == 0


def _county(root: Path) -> County:
    return County(root, {"school": True, "police": False, "social_care": True})


def _write(root: Path, people: int) -> None:
    """Write two deliveries, ingest, link and publish the first one."""
    county = _county(root)
    rows, _ = town(people)
    named = {"school": "school", "police": "police"}
    given = [{**row, "source": named.get(row["source"], "social_care")} for row in rows]
    once = list({(row["source"], row["source_person_id"]): row for row in given}.values())
    events = [
        {"source": row["source"], "event": "contact", "person": row["source_person_id"], "occurred_on": "2024-05-01"}
        for row in once
    ]
    county.deliver(once[: len(once) // 2], on=FIRST, events=events[: len(once) // 2])
    linkage.link(county.workspace, county.partnership)
    publish.publish(county.workspace, county.partnership)
    county.deliver(once, on=SECOND, events=events, ingested=False)


def _work(root: Path) -> None:
    county = _county(root)
    folder = root / f"delivery-{SECOND}"
    ingest.ingest(county.workspace, county.partnership, folder, datetime.date.fromisoformat(SECOND))
    linkage.link(county.workspace, county.partnership)
    publish.publish(county.workspace, county.partnership)


def _pointer(workspace: Workspace) -> str:
    return (workspace.snapshots / CURRENT).read_text(encoding="utf-8").strip()


def _state(workspace: Workspace, old: str, new: str) -> str:
    """Return old, new or torn."""
    try:
        whole = {one.state for one in verification.verify(workspace)} == {verification.WHOLE}
        named = open_snapshot(workspace, verify=True).digest
    except SentinelError:
        return "torn"
    return {old: "old", new: "new"}.get(named, "torn") if whole else "torn"


def run(times: int, seed: int, people: int = 12) -> Kills:
    """Kill the work `times` times at moments drawn from `seed`.

    Raises:
        RuntimeError: the work does not end well even when nothing kills it.
    """
    draw, found = random.Random(seed), Kills()
    with tempfile.TemporaryDirectory(prefix="sentinel-kills-") as temporary:
        base, whole = Path(temporary) / "base", Path(temporary) / "whole"
        base.mkdir()
        if not _ended_well(_in_child(lambda: _write(base, people))):
            raise RuntimeError("the first delivery could not be published")
        old = _pointer(Workspace(base / "workspace"))
        seconds = []
        for _ in range(2 if times > 2 else 1):
            shutil.rmtree(whole, ignore_errors=True)
            shutil.copytree(base, whole)
            started = time.monotonic()
            if not _ended_well(_in_child(lambda: _work(whole))):
                raise RuntimeError("the second delivery could not be published")
            seconds.append(time.monotonic() - started)
        new = _pointer(Workspace(whole / "workspace"))
        extracts = set(artefacts.digests_in(Workspace(base / "workspace").extracts))
        for number in range(times):
            root = Path(temporary) / f"run-{number}"
            shutil.copytree(base, root)
            workspace = Workspace(root / "workspace")
            child = _in_child(partial(_work, root))
            time.sleep(draw.uniform(0, min(seconds) * 1.05))
            os.kill(child, signal.SIGKILL)
            killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
            found.kills += killed
            found.finished += not killed
            state = _state(workspace, old, new)
            setattr(found, state, getattr(found, state) + 1)
            gone = extracts - set(artefacts.digests_in(workspace.extracts))
            again = _ended_well(_in_child(partial(_work, root)))
            found.lost += bool(gone) or not again or _state(workspace, "", new) != "new"
            shutil.rmtree(root)
    return found


def main() -> int:
    """Print what was found as JSON; exit code 1 when anything was torn or lost."""
    parser = argparse.ArgumentParser(prog="tests.bench.kills", description="Kill ingest, link and publish.")
    parser.add_argument("--times", type=int, default=200, help="How many kills.")
    parser.add_argument("--seed", type=int, default=1, help="Draws the moments.")
    given = parser.parse_args()
    found = run(given.times, given.seed)
    sys.stdout.write(json.dumps(asdict(found)) + "\n")
    return int(found.torn + found.lost > 0)


if __name__ == "__main__":
    sys.exit(main())
