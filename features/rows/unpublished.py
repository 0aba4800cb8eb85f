"""The rows of a feature set for a few dates of looking, with nothing published: for looking at old dates again."""

import datetime
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.declarations.use_cases import UseCase
from features.rows.feature_sets import matrix_table
from features.rows.parts import PartMaker, split, streams
from hub.progress import Progress, silent
from hub.publishing.snapshots import Snapshot


def of(
    snapshot: Snapshot,
    use_case: UseCase,
    dates: Sequence[datetime.date],
    *,
    until: str | None = None,
    progress: Progress = silent,
) -> pa.Table:
    """Return the matrix of some dates of looking, with nothing published: see `feature_sets.matrix_table`.

    It is whole in memory; gateways are the caller's to check.

    Args:
        snapshot: what is looked at.
        use_case: cohort, indicators and outcome.
        dates: the dates of looking.
        until: the last person_id that is looked at; None looks at everybody.
        progress: called as it goes on.
    """
    maker = PartMaker(snapshot, use_case, dates)
    people = snapshot.facts.rows.person
    found, done = [matrix_table(use_case.indicators).schema.empty_table()], 0
    with tempfile.TemporaryDirectory() as folder:
        for partition in split(snapshot, streams(snapshot, use_case.indicators, maker.overs, Path(folder)), len(dates)):
            progress("Working out indicators", done, people)
            found.append(maker.part(partition.people, partition.events).matrix)
            done += len(partition.people)
            if until is not None and partition.people["person_id"][-1].as_py() >= until:
                break
    whole = pa.concat_tables(found).combine_chunks()
    return whole if until is None else whole.filter(pc.less_equal(whole["person_id"], until))


def last_of(snapshot: Snapshot, people: int) -> str | None:
    """Return the person_id of the `people`-th person, or None when there are no more: pseudonyms are chance."""
    ids = pq.read_table(snapshot.path("person"), columns=["person_id"])["person_id"]
    return None if len(ids) <= people else str(ids[people - 1].as_py())
