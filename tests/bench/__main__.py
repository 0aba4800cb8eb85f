"""`python -m tests.bench [--tiny] STAGE… STAGE.PART…`: prints one JSON object a line; 1 when a goal is missed.

A figure that cannot be measured is a line with its reason, and an exit code of 1 in the end; the others are measured.
"""

import argparse
import importlib
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict

from tests.bench import Failed, Part, figures

STAGES = ("hub", "features", "models", "audits", "service", "proofs")


def main(arguments: list[str]) -> int:
    """Print the figures of the stages and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure every figure.")
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"Of {', '.join(STAGES)}; all of them without any.")
    parser.add_argument("--tiny", action="store_true", help="At sizes that prove nothing but that it runs.")
    given = parser.parse_args(arguments)
    missed = False
    for stage, part in (asked.partition(".")[::2] for asked in given.stages or STAGES):
        known: Mapping[str, Part] = importlib.import_module(f"tests.bench.{stage}").PARTS if stage in STAGES else {}
        parts = {name: known[name] for name in known if part in ("", name)}
        if not parts:
            there = [f"{stage}.{name}" for name in known] or STAGES
            sys.stderr.write(f"there is no bench {stage}{part and '.'}{part}; there are {', '.join(there)}\n")
            return 2
        for figure in figures(stage, parts, tiny=given.tiny):
            sys.stdout.write(json.dumps(asdict(figure)) + "\n")
            sys.stdout.flush()
            missed |= isinstance(figure, Failed) or figure.met is False
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
