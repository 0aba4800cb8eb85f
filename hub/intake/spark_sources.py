"""The sources of a delivery read on Apache Spark: each source, and each of its periods, in a worker.

What a source's own SQL works out may look at all of its rows at once, so a source is not cut into pieces; DuckDB reads
it in the worker with memory that does not grow with its rows. Files and scratch must lie where every worker reaches
them. What comes out is the same, byte for byte.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from hub import errors
from hub.errors import SentinelError


class SourceJob(Protocol):
    """One source of a delivery that can be read in a process of its own."""

    facts: dict[str, Any]

    def read_whole(self) -> None:
        """Check, read, map and write it; what is to be said of it is in `facts` afterwards."""


def read_all(spark: Any, runs: Sequence[SourceJob]) -> None:
    """Read every run in a worker.

    Raises:
        SentinelError: what the first run that failed, in their order, would have raised here.
    """
    if not runs:
        return
    for run, (facts, problem) in zip(
        runs, spark.sparkContext.parallelize(list(runs), len(runs)).map(_read).collect(), strict=True
    ):
        if problem is not None:
            kind, message, remedy = problem
            raise getattr(errors, kind, SentinelError)(message, remedy)
        run.facts |= facts


def _read(run: SourceJob) -> tuple[dict[str, Any], tuple[str, str, str] | None]:
    try:
        run.read_whole()
    except SentinelError as error:
        return {}, (type(error).__name__, error.message, error.remedy)
    return run.facts, None
