"""The whole journey on real students: the Open University Learning Analytics Dataset, read where it lies."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import shared_data

ROOT = Path(__file__).parents[2]
OULAD = shared_data.FOLDER / "oulad"


@shared_data.needs("oulad")
@pytest.mark.parametrize("one_in", [14, pytest.param(1, marks=pytest.mark.prove)])
def test_open_university(tmp_path: Path, one_in: int) -> None:
    data = OULAD if one_in == 1 else _some(tmp_path / "data", one_in)
    command = [sys.executable, "-m", "service", "demo", "--json", "--partnership", "partnerships/open_university"]
    command += ["--data", str(data), "--workspace", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    with (data / "studentInfo.csv").open(newline="", encoding="utf-8") as stream:
        people = {row["id_student"] for row in csv.DictReader(stream)}
    assert len(people) == 28_785 or one_in > 1
    assert said["lines"]["persons linked"].startswith(f"{len(people):,} ")
    assert "not computed" in said["lines"]["linkage precision"], "one source with its own number has no second opinion"
    assert [trial["status"] for trial in said["trials"]] == [403, 200, 409, 403]
    manifest = json.loads((tmp_path / "open_university" / "features" / said["features"] / "manifest.json").read_text())
    rows = manifest["facts"]["rows"]
    starts = {"2013-03-01", "2013-10-29", "2014-03-01", "2014-10-29"}
    assert starts <= set(rows), "day 28 of all four presentations"
    assert all(count > 1000 / one_in for count in rows.values())
    assert len(rows) == 12
    verdict = said["lines"]["against the simple rule"]
    difference = said["lines"]["test precision at capacity: difference"]
    low = float(difference.split("(")[1].split(" to ")[0])
    assert (verdict == "the model beats it") == (low > 0), "the words say what the interval says"


def _some(folder: Path, one_in: int) -> Path:
    """Write the files with the rows of one student in so many."""
    folder.mkdir()
    for path in OULAD.glob("*.csv"):
        with (
            path.open(newline="", encoding="utf-8") as stream,
            (folder / path.name).open("w", newline="", encoding="utf-8") as out,
        ):
            rows = csv.DictReader(stream)
            writer = csv.DictWriter(out, rows.fieldnames or (), quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(row for row in rows if int(row.get("id_student", 0)) % one_in == 0)
    return folder
