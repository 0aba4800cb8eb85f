"""`python -m tests.bench [--tiny] STAGE… STAGE.PART…`: one JSON object a line; 1 when a goal is missed.

Each part has a process of its own, so that none inherits the threads or the memory of another. A figure that cannot be
measured, and a part whose process dies, is a line with its reason and an exit code of 1 in the end; the others are
measured.
"""

import argparse
import importlib
import json
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from tests.bench import Measured, Part, failed, figures
from tests.factories import kept

STAGES = ("generator", "hub", "features", "models", "audits", "service", "proofs")
_MISSED = 1
_DIED = 3


def main(arguments: list[str]) -> int:
    """Print the figures of the stages and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure every figure.")
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"Of {', '.join(STAGES)}; all of them without any.")
    parser.add_argument("--tiny", action="store_true", help="At sizes that prove nothing but that it runs.")
    given = parser.parse_args(arguments)
    wanted: list[tuple[str, str, Part]] = []
    for stage, part in (asked.partition(".")[::2] for asked in given.stages or STAGES):
        known: Mapping[str, Part] = importlib.import_module(f"tests.bench.{stage}").PARTS if stage in STAGES else {}
        parts = [(stage, name, known[name]) for name in known if part in ("", name)]
        if not parts:
            there = [f"{stage}.{name}" for name in known] or STAGES
            sys.stderr.write(f"there is no bench {stage}{part and '.'}{part}; there are {', '.join(there)}\n")
            return 2
        wanted += parts
    missed = False
    with tempfile.TemporaryDirectory(prefix="sentinel-bench-") as folder:
        os.environ.setdefault(kept.FOLDER, folder)  # what several parts read is made once
        for stage, name, measure in wanted:
            missed |= _in_its_own_process(stage, name, measure, tiny=given.tiny)
    return int(missed)


def _in_its_own_process(stage: str, name: str, part: Part, *, tiny: bool) -> bool:
    """Measure one part; return whether a goal was missed."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        code = _DIED
        try:
            code = _MISSED * _printed(figures(stage, {name: part}, tiny=tiny))
        except BaseException:  # noqa: BLE001 - the parent sees the exit code
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code in (0, _MISSED):
        return code == _MISSED
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    return _printed([failed(stage, name, f"its process {how}")])


def _printed(rows: Iterable[Measured]) -> bool:
    """Print rows as they come; return whether a goal was missed."""
    missed = False
    for row in rows:
        sys.stdout.write(json.dumps(asdict(row)) + "\n")
        sys.stdout.flush()
        missed |= row.met is False
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
