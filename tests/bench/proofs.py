"""The long proofs, `make prove`: how many there are, how many fail, and how long they take."""

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.bench import Measured, Part, measured

_ROOT = Path(__file__).parents[2]
_ONE = "tests/integration/features/kernel/test_kernel_histories.py"


def _proofs(tiny: bool) -> Iterator[Measured]:
    """Run the tests that are marked `prove`, or those of one file."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-m", "prove", f"--junit-xml={report}"]
        command += ["-p", "no:xdist", "-k", "area", _ONE] if tiny else ["-n", "2", "--dist", "loadfile"]
        # Its own worlds: what holds them is made by whoever runs tests first.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        subprocess.run(command, check=False, stdout=sys.stderr, cwd=_ROOT, env=environment)
        suites = list(ElementTree.parse(report).iter("testsuite"))  # noqa: S314 - pytest has just written it
    counts = {name: sum(int(one.get(name, 0)) for one in suites) for name in ("tests", "failures", "errors", "skipped")}
    failed = counts["failures"] + counts["errors"]
    passed = counts["tests"] - failed - counts["skipped"]
    said = f"of {counts['tests']} proofs; {passed} passed, {counts['skipped']} skipped"
    yield measured("proofs_failed", failed, f"{said}, in {time.perf_counter() - began:.0f} seconds", "<= 0")
    if not passed:
        raise RuntimeError("not one proof was run")


PARTS: Mapping[str, Part] = {"prove": _proofs}
