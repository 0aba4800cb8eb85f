"""The long proofs, `make prove`: how many there are, how many fail, and how long they take."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lxml import etree

from tests.bench import ROOT, Measured, Part, measured

_SHORT = "import pytest\n\n\n@pytest.mark.prove\ndef test_it_holds() -> None:\n    assert True\n"


def _proofs(tiny: bool) -> Iterator[Measured]:
    """Run the tests that are marked `prove`, or one that is short."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if tiny:
            (folder / "test_short.py").write_text(_SHORT, encoding="utf-8")
        where = ["-p", "no:xdist", "--rootdir", temporary, temporary] if tiny else ["-n", "2", "--dist", "loadfile"]
        yield proved(where, folder / "report.xml")


def proved(where: Sequence[str], report: Path) -> Measured:
    """Run the proofs that pytest finds with some arguments, and return how many fail.

    Raises:
        RuntimeError: not one was run.
    """
    began = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-c", str(ROOT / "pyproject.toml"), "-m", "prove"]
    # Its own worlds: what holds them is made by whoever runs tests first.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command += [f"--junit-xml={report}", *where]
    subprocess.run(command, check=False, stdout=2, cwd=ROOT, env=environment)
    suites = list(etree.parse(report).iter("testsuite"))
    counts = {name: sum(int(one.get(name, 0)) for one in suites) for name in ("tests", "failures", "errors", "skipped")}
    failed = counts["failures"] + counts["errors"]
    passed = counts["tests"] - failed - counts["skipped"]
    if not failed + passed:
        raise RuntimeError("not one proof was run")
    said = f"of {counts['tests']} proofs; {passed} passed, {counts['skipped']} skipped"
    return measured("proofs_failed", failed, f"{said}, in {time.perf_counter() - began:.0f} seconds", "<= 0")


PARTS: Mapping[str, Part] = {"prove": _proofs}
