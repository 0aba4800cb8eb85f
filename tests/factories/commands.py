"""`sentinel` as people call it, but without the seconds in which it imports: each in a process of its own.

    done = commands.run("hub", "extracts", "--json", workspace=tmp_path)
    assert done.code == 0, done.stderr

The processes are forked from one that has imported everything (`tests.factories.launcher`), which is started when it is
first needed and serves all tests of this process. They get this process's environment as it is at that moment.
"""

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended.

    Attributes:
        code: its exit code.
        stdout: what it printed.
        stderr: what it said beside that.
    """

    code: int
    stdout: str
    stderr: str


def run(
    *words: str, workspace: Path | None = None, environment: Mapping[str, str] | None = None, package: str = "service"
) -> Done:
    """Run a command in the project's folder.

    Args:
        words: such as "hub", "extracts".
        workspace: given as `--workspace`.
        environment: what is added to this process's environment.
        package: whose command line; `sentinel` is the service's.
    """
    where = [] if workspace is None else ["--workspace", str(workspace)]
    with tempfile.TemporaryDirectory(prefix="sentinel-command-") as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        code = asked(
            {
                "run": [*words, *where],
                "package": package,
                "with": {**os.environ, **(environment or {})},
                "in": str(ROOT),
                "out": str(out),
                "err": str(err),
            }
        )
        return Done(code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))


def serve(folder: Path) -> int:
    """Serve a world of `tests.factories.worlds` on a free port; return the number of the server's process."""
    return asked({"serve": str(folder)})


def asked(what: Mapping[str, object]) -> int:
    """Ask the launcher for something; return the number that it says."""
    process = _launcher()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(what) + "\n")
    process.stdin.flush()
    return int(json.loads(process.stdout.readline()))


@cache
def _launcher() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.factories.launcher"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    atexit.register(_end, process)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline()) == "ready"
    return process


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.wait(30)
    process.stdout.close()
