"""`python -m tests.bench STAGE…`: prints one JSON object a line; exit code 1 when a goal is not met."""

import importlib
import json
import sys
from dataclasses import asdict

STAGES = ("hub", "features", "models", "audits", "service")


def main(stages: list[str]) -> int:
    """Print the figures of the stages and return the exit code."""
    unknown = [stage for stage in stages if stage not in STAGES]
    if unknown:
        sys.stderr.write(f"there is no bench {unknown[0]}; there are {', '.join(STAGES)}\n")
        return 2
    missed = False
    for stage in stages or STAGES:
        for figure in importlib.import_module(f"tests.bench.{stage}").figures():
            sys.stdout.write(json.dumps(asdict(figure)) + "\n")
            sys.stdout.flush()
            missed |= figure.met is False
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
