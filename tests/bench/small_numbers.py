"""What is found out of small numbers by somebody who reads all that leaves a demonstration, and knows its algebra."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hub.declarations import partnership as partnerships
from hub.workspace import Workspace
from tests.bench import Measured, measured
from tests.factories import worlds
from tests.oracles import told

ROOT = Path(__file__).parents[2]


def cells_recovered(tiny: bool) -> Iterator[Measured]:
    """Yield how many withheld numbers are found out, in each table alone and in all of them together.

    Tiny is a small world's audit and levels; else it is the demonstration as `make demo` makes it.
    """
    if tiny:
        root = worlds.kept()
        place = worlds.place(root)
        audit = json.loads((root / "world.json").read_text(encoding="utf-8"))["audit"]
        tables = told.of_audit(place.workspace, place.partnership, audit)
        yield _figure(tables, place.partnership.small_numbers.fewest)
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "service", "demo", "--json", "--workspace", folder]
        beside = os.environ | {"SENTINEL_ANCHOR": str(Path(folder) / "anchor" / "ledger.json")}
        done = subprocess.run(command, cwd=ROOT, env=beside, check=True, capture_output=True, text=True)
        said = json.loads(done.stdout)
        declared = partnerships.read(ROOT / "partnerships" / "lancashire")
        tables = told.of(Workspace(Path(folder) / declared.name), declared, Path(said["report"]).parent.name)
        yield _figure(tables, declared.small_numbers.fewest)


def _figure(tables: dict[str, told.Reader], fewest: int) -> Measured:
    found = {one for every in told.recovered(tables, fewest).values() for one in every}
    return measured("cells_recovered", len(found), "withheld numbers", "<= 0")
