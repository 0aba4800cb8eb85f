"""Partitions: some people in order of person_id with their events, one after the other, whatever the size of the whole.

A partition ends between two people. It holds at most `PARTITION_ROWS` rows (people × dates of looking) and about
`PARTITION_EVENTS` events, more only when one person has more. The borders depend on the snapshot and on the number of
dates alone, so that equal inputs give equal files.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from features.catalogue import Over
from features.coding import COLUMNS
from features.vectors import EVENT_COLUMNS

PARTITION_EVENTS = 262_144
PARTITION_ROWS = 32_768


@dataclass(frozen=True, slots=True)
class Partition:
    """Some people with their events.

    Attributes:
        number: 0, 1, 2… in order.
        people: `PERSON_COLUMNS` of each person, sorted by person_id.
        events: for each stream the events of these people, in the snapshot's order.
    """

    number: int
    people: pa.Table
    events: Mapping[Over, pa.Table]


class PersonStream:
    """Events read from a Parquet file that is sorted by person_id, whole people at a time."""

    def __init__(self, path: Path, batch_rows: int = PARTITION_EVENTS) -> None:
        """Open the file.

        Args:
            path: Parquet with `EVENT_COLUMNS`.
            batch_rows: about how many events are read at a time.
        """
        self._file = pq.ParquetFile(path, read_dictionary=list(COLUMNS))
        self._batches = self._file.iter_batches(batch_rows, columns=list(EVENT_COLUMNS), use_threads=False)
        self._empty = self._file.schema_arrow.empty_table().select(list(EVENT_COLUMNS))
        self._held = self._empty
        self._ended = False

    def whole(self) -> Iterator[pa.Table]:
        """Yield tables of whole people, about a batch each, until the end of the file."""
        while not self._ended:
            self._read()
            if len(self._held):
                first = len(self._held) if self._ended else int(_borders(self._held)[-2])
                if first:
                    yield self._cut(first)

    def until(self, person_id: str) -> pa.Table:
        """Return the events of everybody up to `person_id`, that person's too, who was not returned before."""
        while not self._ended and (not len(self._held) or self._held["person_id"][-1].as_py() <= person_id):
            self._read()
        if not len(self._held):
            return self._empty
        borders = _borders(self._held)
        people = [self._held["person_id"][int(first)].as_py() for first in borders[:-1]]
        return self._cut(int(borders[bisect_right(people, person_id)]))

    def _read(self) -> None:
        batch = next(self._batches, None)
        if batch is None:
            self._ended = True
            return
        table = pa.Table.from_batches([batch])
        self._held = pa.concat_tables([self._held, table]) if len(self._held) else table

    def _cut(self, rows: int) -> pa.Table:
        cut, self._held = self._held.slice(0, rows), self._held.slice(rows)
        return cut


def _borders(events: pa.Table) -> NDArray[np.int64]:
    """Return the first row of each person, and the number of rows."""
    ids = events["person_id"].combine_chunks()
    if not isinstance(ids, pa.Array):
        ids = pa.concat_arrays(ids.chunks)
    runs = pc.run_end_encode(ids)
    return np.concatenate(([0], runs.run_ends.to_numpy())).astype(np.int64)


def partitions(people: pa.Table, streams: Mapping[Over, Path], dates: int) -> Iterator[Partition]:
    """Yield everybody, once, with their events.

    Args:
        people: a table with person_id, sorted.
        streams: the own events (`Over.SELF`) and any re-keyed ones.
        dates: how many dates of looking there are.
    """
    ids = people["person_id"].to_pylist()
    most = max(1, PARTITION_ROWS // max(dates, 1))
    own = PersonStream(streams[Over.SELF])
    others = {over: PersonStream(path) for over, path in streams.items() if over is not Over.SELF}
    number = done = 0
    for events in own.whole():
        last = bisect_right(ids, events["person_id"][-1].as_py())
        borders = _borders(events)
        with_events = [events["person_id"][int(first)].as_py() for first in borders[:-1]]
        taken = 0
        while done < last:
            stop = min(done + most, last)
            until = int(borders[bisect_right(with_events, ids[stop - 1])])
            mine = {Over.SELF: events.slice(taken, until - taken)}
            mine |= {over: stream.until(ids[stop - 1]) for over, stream in others.items()}
            yield Partition(number, people.slice(done, stop - done), mine)
            number, done, taken = number + 1, stop, until
    while done < len(ids):
        stop = min(done + most, len(ids))
        mine = {Over.SELF: own.until(ids[stop - 1])}
        mine |= {over: stream.until(ids[stop - 1]) for over, stream in others.items()}
        yield Partition(number, people.slice(done, stop - done), mine)
        number, done = number + 1, stop
