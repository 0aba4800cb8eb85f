"""Starts real servers and commands from a process that has imported everything, each in a process of its own.

    python -m tests.factories.launcher          # says "ready"; then a line of JSON in, a line of JSON out

`{"serve": FOLDER}` starts `tests.bench.clocked_service` for a world of `tests.factories.worlds`, on a port that is
free, and says its number; the address stands in `service.out` in the folder. `{"run": ARGUMENTS, "package": NAME,
"with": ENVIRONMENT, "in": FOLDER, "out": FILE, "err": FILE}` runs `python -m NAME` and says its exit code; what it
printed stands in the files. When its standard input ends, this process ends its servers. Tests ask it through
`tests.factories.commands`.
"""

import importlib
import json
import os
import runpy
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.bench import clocked_service

# What the service and the commands import late.
for _name in (
    "lightgbm",
    "alembic.command",
    "features.online.vector",
    "models.bundle.bundles",
    "audits.audit.audit",
    "service.commands.cli",
):
    importlib.import_module(_name)


def main() -> int:
    """Do what each line asks for."""
    _say("ready")
    children: set[int] = set()
    for line in sys.stdin:
        asked = json.loads(line)
        children -= _ended(children)
        if "serve" in asked:
            child = clocked_service.forked(Path(asked["serve"]), 0)
            children.add(child)
            _say(child)
        else:
            _say(_run(asked))
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)
    return 0


def _say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def _ended(children: set[int]) -> set[int]:
    return {child for child in children if os.waitpid(child, os.WNOHANG)[0]}


def _run(asked: dict[str, Any]) -> int:
    """Run one command line in a child, and return its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        for end, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(asked[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), end)
        sys.stdout, sys.stderr = (open(end, "w", encoding="utf-8", closefd=False) for end in (1, 2))  # noqa: SIM115
        os.environ.clear()
        os.environ.update(asked["with"])
        os.chdir(asked["in"])
        sys.argv = [asked["package"], *asked["run"]]
        runpy.run_module(asked["package"], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter does with what nothing caught
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
