"""The whole journey on real students: the Open University Learning Analytics Dataset, read where it lies."""

import json
import subprocess
import sys
from pathlib import Path

from tests import shared_data

ROOT = Path(__file__).parents[2]


@shared_data.needs("oulad")
def test_open_university(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "service.commands.cli",
        "demo",
        "--json",
        "--partnership",
        "partnerships/open_university",
    ]
    command += ["--data", str(shared_data.FOLDER / "oulad"), "--workspace", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["lines"]["persons linked"].startswith("28,785 ")
    assert "not computed" in said["lines"]["linkage precision"], "one source with its own number has no second opinion"
    assert [trial["status"] for trial in said["trials"]] == [403, 200, 409, 403]
    manifest = json.loads((tmp_path / "open_university" / "features" / said["features"] / "manifest.json").read_text())
    rows = manifest["facts"]["rows"]
    starts = {"2013-03-01", "2013-10-29", "2014-03-01", "2014-10-29"}
    assert starts <= set(rows), "day 28 of all four presentations"
    assert all(count > 1000 for count in rows.values())
    assert len(rows) == 12
    verdict = said["lines"]["against the simple rule"]
    difference = said["lines"]["test precision at capacity: difference"]
    low = float(difference.split("(")[1].split(" to ")[0])
    assert (verdict == "the model beats it") == (low > 0), "the words say what the interval says"
