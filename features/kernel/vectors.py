"""Vectors: indicators compiled once, filled from events. The one way from events to numbers, whoever asks.

    vectors = Vectors([Column.of(indicator) for indicator in indicators])
    out = vectors.blank(looked)                       # the numbers of people without any event
    for over in vectors.overs:                        # self, and the re-keyed streams of features.rows.companions
        vectors.fill(over, events[over], looked, out)

`batch.matrix` calls it for the batch, `online.vector` for one child, `features.spark` in Spark's workers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.declarations.catalogue import Indicator, Over
from features.declarations.measures import DEFINITIONS
from features.kernel.coding import COLUMNS, Coded, Coder
from features.kernel.plan import Column, Plan, compiled, matches_of
from features.kernel.walk import fill
from hub.errors import InputError

EVENT_COLUMNS = ("person_id", *COLUMNS, "occurred_on", "known_from", "known_to", "value", "episode_id")
"""The columns of an event that the kernel reads."""


@dataclass(frozen=True, slots=True)
class Looked:
    """For whom and when: each person's as-of dates, rising.

    Attributes:
        person_ids: string, sorted, each once.
        starts: int64, shape (persons + 1,): offsets of each person's rows.
        as_of: int32, shape (rows,): days since 1970.
    """

    person_ids: pa.Array
    starts: NDArray[np.int64]
    as_of: NDArray[np.int32]

    @classmethod
    def everyone(cls, person_ids: pa.Array, as_of: NDArray[np.int32]) -> Self:
        """Return every one of some people on every one of some dates (rising)."""
        starts = np.arange(len(person_ids) + 1, dtype=np.int64) * len(as_of)
        return cls(person_ids, starts, np.tile(as_of.astype(np.int32), len(person_ids)))

    def only(self, rows: NDArray[np.bool_]) -> "Looked":
        """Return the rows of a mask; the people stay, some of them without a row."""
        before = np.concatenate(([0], np.cumsum(rows))).astype(np.int64)
        return Looked(self.person_ids, before[self.starts], self.as_of[rows])

    def rows(self) -> tuple[pa.Array, pa.Array]:
        """Return the person_id and the as_of_date of each row."""
        person = np.repeat(np.arange(len(self.person_ids)), np.diff(self.starts))
        return self.person_ids.take(pa.array(person)), pa.array(self.as_of, pa.int32()).cast(pa.date32())


class Vectors:
    """Compiled columns of numbers. One object serves one thread at a time."""

    def __init__(self, columns: Sequence[Column | Indicator], *more: Sequence[Column | Indicator]) -> None:
        """Compile columns.

        Args:
            columns: those of `fill`.
            more: further groups of columns, which share the coded events: group 1, 2… of `fill_coded`.

        Raises:
            ConfigurationError: they name too many different words.
        """
        self._groups = [
            [one if isinstance(one, Column) else Column.of(one) for one in group] for group in (columns, *more)
        ]
        self.overs = tuple(over for over in Over if any(one.over is over for group in self._groups for one in group))
        self._coders: dict[Over, Coder] = {}
        self._plans: dict[tuple[Over, int], Plan] = {}
        for over in self.overs:
            groups = [[(where, one) for where, one in enumerate(group) if one.over is over] for group in self._groups]
            everything = [one for group in groups for _, one in group]
            matches = matches_of(everything)
            plans = [compiled(group, matches) for group in groups]
            spells = [pair for plan in plans for pair in zip(plan.spell_starts, plan.spell_ends, strict=True)]
            self._coders[over] = Coder(
                matches, spells, reads_details=any(DEFINITIONS[one.measure].field == "detail" for one in everything)
            )
            self._plans |= {(over, number): plan for number, plan in enumerate(plans)}

    def blank(self, rows: int, group: int = 0) -> NDArray[np.float64]:
        """Return the numbers without any event: float64, shape (columns, rows), columns contiguous; NaN for none."""
        out = np.empty((len(self._groups[group]), rows))
        out[:] = np.array([one.empty for one in self._groups[group]]).reshape(-1, 1)
        return out

    def code(self, over: Over, events: pa.Table, person_ids: pa.Array) -> Coded:
        """Return events as the arrays that `fill_coded` reads.

        Args:
            over: whose events.
            events: `EVENT_COLUMNS`, sorted as the snapshot's events; whole persons only.
            person_ids: the people, sorted; events of anybody else are an error.

        Raises:
            InputError: the events are not sorted by person, or are about somebody else.
        """
        return self._coders[over].code(events, _places(events["person_id"], person_ids), len(person_ids))

    def fill_coded(self, over: Over, coded: Coded, looked: Looked, out: NDArray[np.float64], group: int = 0) -> None:
        """Fill the columns of one stream from coded events of the same people."""
        fill(self._plans[over, group], coded, looked.starts, looked.as_of, out)

    def fill(self, over: Over, events: pa.Table, looked: Looked, out: NDArray[np.float64]) -> None:
        """Fill the columns of one stream (see `code` for `events`) in `out`, which came from `blank`."""
        self.fill_coded(over, self.code(over, events, looked.person_ids), looked, out)


def _places(person_id: pa.ChunkedArray, person_ids: pa.Array) -> NDArray[np.int64]:
    """Return, for each event, the place of its person among `person_ids`."""
    if not len(person_id):
        return np.empty(0, dtype=np.int64)
    runs = [pc.run_end_encode(_plain(chunk)) for chunk in person_id.chunks if len(chunk)]
    people = pa.concat_arrays([run.values for run in runs])
    lengths = np.concatenate([np.diff(run.run_ends.to_numpy(), prepend=0) for run in runs])
    found = pc.index_in(people, value_set=person_ids)
    places = pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    if (places < 0).any() or (np.diff(places) < 0).any():
        raise InputError(
            "Events are not sorted by person, or are about somebody who was not asked for.",
            "Sort them by person_id, occurred_on, event_id and known_from.",
        )
    return np.repeat(places, lengths)


def _plain(chunk: pa.Array) -> pa.Array:
    return chunk.cast(pa.string()) if pa.types.is_dictionary(chunk.type) else chunk
