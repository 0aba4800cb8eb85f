"""Parts of a feature set made on Apache Spark: each partition in a worker, through `mapInArrow`, by the same code.

Events, own and re-keyed, lie sorted by person, so that nothing has to be shuffled: Spark hands out whose turn it is,
and a worker reads these people's row groups, makes the part and puts it into the staging folder. Snapshot and staging
must lie where every worker reaches them. The parts are the very files that are made without Spark, and so is the
feature set.
"""

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from features.batch import waiting_parts
from features.declarations.catalogue import Over
from features.declarations.use_cases import UseCase
from features.rows.partitions import of_people, spans
from features.rows.parts import PartMaker, everybody
from hub import errors
from hub.errors import SentinelError
from hub.publishing.snapshots import Snapshot

_TURN = "number int, first string, last string"
_ANSWER = "number int, kind string, message string, remedy string"
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Job:
    """What every worker must know.

    Attributes:
        snapshot: whose people.
        use_case: cohort, outcome and groups.
        dates: the dates of looking.
        files: the file of each stream of events.
        folder: where parts are put.
    """

    snapshot: Snapshot
    use_case: UseCase
    dates: Sequence[datetime.date]
    files: Mapping[Over, Path]
    folder: Path


def make(spark: Any, job: Job) -> None:
    """Make every part that is not there yet.

    Args:
        spark: the session (hub.spark).
        job: what to make.

    Raises:
        SentinelError: what the first partition that failed would have raised here.
    """
    people = everybody(job.snapshot)
    ids = people["person_id"].to_pylist()
    turns = [
        (number, ids[first], ids[stop - 1])
        for number, (first, stop) in enumerate(spans(people, job.files[Over.SELF], len(job.dates)))
        if not waiting_parts.is_there(job.folder, number)
    ]
    if not turns:
        return
    slices = min(len(turns), _ROUNDS * spark.sparkContext.defaultParallelism)
    rows = spark.createDataFrame(spark.sparkContext.parallelize(turns, slices), _TURN)
    for answer in sorted(rows.mapInArrow(_worker(job), _ANSWER).collect()):
        if answer["kind"] is not None:
            raise getattr(errors, answer["kind"], SentinelError)(answer["message"], answer["remedy"])


def _worker(job: Job) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return what a worker does with its turns."""

    def work(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        maker = PartMaker(job.snapshot, job.use_case, job.dates)
        people = everybody(job.snapshot)
        for batch in batches:
            answers = [_answer(job, maker, people, **turn) for turn in batch.to_pylist()]
            names = [one.split()[0] for one in _ANSWER.split(", ")]
            columns = [pa.array([one[0] for one in answers], pa.int32())]
            columns += [pa.array([one[place] for one in answers], pa.string()) for place in (1, 2, 3)]
            yield pa.RecordBatch.from_arrays(columns, names)

    return work


def _answer(
    job: Job, maker: PartMaker, people: pa.Table, *, number: int, first: str, last: str
) -> tuple[int, str | None, str | None, str | None]:
    """Make one part; return its number and, when it failed, the error in three words."""
    try:
        mine, events = of_people(people, job.files, first, last)
        waiting_parts.put(maker.part(mine, events), job.folder, number)
    except SentinelError as error:
        return number, type(error).__name__, error.message, error.remedy
    return number, None, None, None
