"""A kill at any moment of ingest, link and publish leaves the old snapshot or the new one, and loses no extract.

The smaller sibling, of two kills, is the part hub.kills in tests/integration/test_bench.py.
"""

import json
import subprocess
import sys

import pytest


@pytest.mark.prove
def test_a_dozen_kills_tear_nothing_and_lose_nothing() -> None:
    # In a process of its own: it forks, so it must not have run anything else before.
    command = [sys.executable, "-m", "tests.bench.kills", "--times", "12", "--seed", "5"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["kills"] + found["finished"] == 12
    assert (found["torn"], found["lost"]) == (0, 0)
