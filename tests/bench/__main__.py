"""`python -m tests.bench [--tiny] STAGE…`: prints one JSON object a line; exit code 1 when a goal is not met.

A figure that cannot be measured is a line with its reason, and an exit code of 1 in the end; the others are measured.
"""

import argparse
import importlib
import json
import sys
from dataclasses import asdict

from tests.bench import Failed, figures

STAGES = ("hub", "features", "models", "audits", "service", "proofs")


def main(arguments: list[str]) -> int:
    """Print the figures of the stages and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure every figure.")
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"Of {', '.join(STAGES)}; all of them without any.")
    parser.add_argument("--tiny", action="store_true", help="At sizes that prove nothing but that it runs.")
    given = parser.parse_args(arguments)
    unknown = [stage for stage in given.stages if stage not in STAGES]
    if unknown:
        sys.stderr.write(f"there is no bench {unknown[0]}; there are {', '.join(STAGES)}\n")
        return 2
    missed = False
    for stage in given.stages or STAGES:
        for figure in figures(stage, importlib.import_module(f"tests.bench.{stage}").PARTS, tiny=given.tiny):
            sys.stdout.write(json.dumps(asdict(figure)) + "\n")
            sys.stdout.flush()
            missed |= isinstance(figure, Failed) or figure.met is False
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
