"""Partitions: some people in order of person_id with their events, one after the other, whatever the size of the whole.

A partition ends between two people. It holds at most `PARTITION_ROWS` rows (people × dates of looking) and at most
`PARTITION_EVENTS` own events, more only when one person has more. The borders depend on how many events each person has
and on the number of dates alone, so that equal inputs give equal files, whoever reads them and in whatever pieces.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from features.declarations.catalogue import Over
from features.kernel.coding import COLUMNS
from features.kernel.vectors import EVENT_COLUMNS

PARTITION_EVENTS = 262_144
PARTITION_ROWS = 32_768
_BATCH = 262_144


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

    def __init__(self, path: Path) -> None:
        """Open the file: Parquet with `EVENT_COLUMNS`."""
        file = _opened(path, *COLUMNS)
        self._batches = file.iter_batches(_BATCH, columns=list(EVENT_COLUMNS), use_threads=False)
        self._held = file.schema_arrow.empty_table().select(list(EVENT_COLUMNS))
        self._ended = False

    def until(self, person_id: str) -> pa.Table:
        """Return the events of everybody up to `person_id`, that person's too, who was not returned before."""
        while not self._ended and (not len(self._held) or self._held["person_id"][-1].as_py() <= person_id):
            batch = next(self._batches, None)
            if batch is None:
                self._ended = True
            else:
                self._held = pa.concat_tables([self._held, pa.Table.from_batches([batch])])
        rows = pc.sum(pc.less_equal(self._held["person_id"], person_id)).as_py() or 0
        cut, self._held = self._held.slice(0, rows), self._held.slice(rows)
        return cut


def _opened(path: Path, *words: str) -> pq.ParquetFile:
    """Open a file of events without keeping what was read: pyarrow's buffer would grow to the size of the file."""
    return pq.ParquetFile(path, read_dictionary=list(words), pre_buffer=False)


def of_people(
    people: pa.Table, streams: Mapping[Over, Path], first: str, last: str
) -> tuple[pa.Table, dict[Over, pa.Table]]:
    """Return the people from `first` to `last`, both inside, and their events, read from their row groups alone."""
    asked = (pc.field("person_id") >= first) & (pc.field("person_id") <= last)
    columns, words = list(EVENT_COLUMNS), list(COLUMNS)
    return people.filter(asked), {
        over: pq.read_table(path, columns=columns, filters=asked, read_dictionary=words, use_threads=False)
        for over, path in streams.items()
    }


def spans(people: pa.Table, own: Path, dates: int) -> list[tuple[int, int]]:
    """Return each partition's people: the place of the first, and of the first who is not in it.

    Args:
        people: a table with person_id, sorted.
        own: the file of their own events, sorted by person_id.
        dates: how many dates of looking there are.
    """
    events = np.concatenate(([0], np.cumsum(_events_of_each(people["person_id"], own))))
    most, first = max(1, PARTITION_ROWS // max(dates, 1)), 0
    found = []
    while first < len(people):
        fit = int(np.searchsorted(events, events[first] + PARTITION_EVENTS, side="right")) - 1
        stop = min(max(fit, first + 1), first + most, len(people))
        found.append((first, stop))
        first = stop
    return found


def _events_of_each(person_ids: pa.ChunkedArray, own: Path) -> NDArray[np.int64]:
    """Return how many events of a file each of some people has."""
    ids, lengths = [pa.array([], pa.string())], [np.empty(0, dtype=np.int64)]
    file = _opened(own, "person_id")
    for batch in file.iter_batches(_BATCH, columns=["person_id"], use_threads=False):
        word = batch["person_id"].indices.to_numpy()
        starts = np.flatnonzero(np.diff(word, prepend=-1))
        ids.append(batch["person_id"].dictionary.take(pa.array(word[starts])))
        lengths.append(np.diff(starts, append=len(word)))
    places = pc.fill_null(pc.index_in(pa.concat_arrays(ids), value_set=person_ids), len(person_ids))
    counted = np.bincount(places.to_numpy(), weights=np.concatenate(lengths), minlength=len(person_ids))
    return counted[: len(person_ids)].astype(np.int64)


def partitions(people: pa.Table, streams: Mapping[Over, Path], dates: int) -> Iterator[Partition]:
    """Yield everybody, once, with their events.

    Args:
        people: a table with person_id, sorted.
        streams: the own events (`Over.SELF`) and any re-keyed ones.
        dates: how many dates of looking there are.
    """
    opened = {over: PersonStream(path) for over, path in streams.items()}
    for number, (first, stop) in enumerate(spans(people, streams[Over.SELF], dates)):
        last = people["person_id"][stop - 1].as_py()
        events = {over: stream.until(last) for over, stream in opened.items()}
        yield Partition(number, people.slice(first, stop - first), events)
