"""The generator at full size, on demand because it is long: `python -m tests.bench.generator`.

350,000 children and 20 million rows in less than 5 minutes and 4 GB.
"""

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tests.bench import Measured, county, measured

CHILDREN, ROWS = 350_000, 20_000_000


def figures() -> Iterator[Measured]:
    """Yield minutes and gigabytes."""
    folder = Path(tempfile.mkdtemp(prefix="sentinel-generator-"))
    command = [sys.executable, str(county.FOLDER / "generator"), "--out", str(folder), "--children", str(CHILDREN)]
    try:
        began = time.perf_counter()
        subprocess.run([*command, "--events", str(ROWS)], check=True, stdout=subprocess.DEVNULL)
        minutes = (time.perf_counter() - began) / 60
        rows = sum(json.loads((folder / "truth" / "planted.json").read_text(encoding="utf-8"))["rows"].values())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    gigabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    yield measured("generate_350k_minutes", minutes, f"minutes, {rows:,} rows", "<= 5")
    yield measured("generate_350k_gb", gigabytes, "GB at the peak", "<= 4")


if __name__ == "__main__":
    found = list(figures())
    for figure in found:
        sys.stdout.write(json.dumps(asdict(figure)) + "\n")
    sys.exit(int(any(figure.met is False for figure in found)))
