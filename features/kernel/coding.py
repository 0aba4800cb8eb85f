"""Coding: Arrow tables of events become the plain arrays that the kernel reads.

Events that no plan asks for are dropped. The five columns that conditions are about are read as one number a row, its
*signature*. Values that no condition names share the code 0, so there are few signatures; which conditions each one
meets is worked out once, in Python, from the words themselves.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.kernel.plan import Match
from hub.errors import ConfigurationError

COLUMNS = ("source", "event_type", "role", "detail", "origin")
"""The columns that conditions are about, in the order of `Match`."""
_KEPT = ["occurred_on", "known_from", "known_to", "value", "detail", "episode_id"]
NEVER = 2**31 - 1
"""Stands for an empty `known_to`: later than every date."""
MOST_SIGNATURES = 2**26
"""More combinations of the words that conditions name than this are refused."""
MOST_SOURCES = 63
"""More sources named by the conditions of one stream than this are refused: the kernel keeps them in one word."""


class Coded(NamedTuple):
    """Events as arrays, persons one after the other, each in the order of the snapshot.

    Attributes:
        person_start: int64, shape (persons + 1,): offsets of each person's events.
        occurred: int32, days since 1970.
        known_from: int32, days since 1970.
        known_to: int32, days since 1970, or `NEVER`.
        value: float64, NaN where there is none.
        signature: int32, row of `match_start`.
        source: int32, from 1 to `MOST_SOURCES` for each source that conditions name; 0 for any other.
        detail: int32, a number for each detail, from 0; -1 where there is none.
        details: int64, shape (1,): how many different details there are.
        match_start: int32, offsets of the matches of each signature.
        match_of: int32, those matches.
        meets: bool, shape (signatures, matches).
        episode: int32, a number for each person's episode; -1 where none is needed.
        next_end: int32, for an event with an episode the place in `ends` of the first end of it on or after that day.
        ends: int32, events that end spells, sorted by episode and day.
    """

    person_start: NDArray[np.int64]
    occurred: NDArray[np.int32]
    known_from: NDArray[np.int32]
    known_to: NDArray[np.int32]
    value: NDArray[np.float64]
    signature: NDArray[np.int32]
    source: NDArray[np.int32]
    detail: NDArray[np.int32]
    details: NDArray[np.int64]
    match_start: NDArray[np.int32]
    match_of: NDArray[np.int32]
    meets: NDArray[np.bool_]
    episode: NDArray[np.int32]
    next_end: NDArray[np.int32]
    ends: NDArray[np.int32]


class Coder:
    """Codes the events of one stream for the conditions of its plans. Not safe for several threads at once."""

    def __init__(self, matches: Sequence[Match], spells: Sequence[tuple[int, int]], *, reads_details: bool) -> None:
        """Make the vocabulary.

        Args:
            matches: the conditions.
            spells: the places of the conditions of starts and of ends of each spell.
            reads_details: whether any plan counts details, or how often they change.

        Raises:
            ConfigurationError: the conditions name too many different words or sources.
        """
        self.matches = tuple(matches)
        self._reads_details = reads_details
        self._words = [
            sorted({word for match in matches if match[place] is not None for word in (match[place] or ())})
            for place in range(len(COLUMNS))
        ]
        if len(self._words[0]) > MOST_SOURCES:
            raise ConfigurationError(
                f"The indicators read {len(self._words[0])} sources; up to {MOST_SOURCES} can be told apart.",
                "Split the catalogue between use cases.",
            )
        self._radix = [len(words) + 1 for words in self._words]
        size = int(np.prod(self._radix, dtype=np.float64))
        if size > MOST_SIGNATURES:
            raise ConfigurationError(
                f"The indicators name {size} combinations of source, type, role, detail and origin.",
                "Name fewer details, or split the catalogue between use cases.",
            )
        self._signature_of = np.full(size, -1, dtype=np.int32)
        self._met: list[tuple[int, ...]] = []
        self._starts = {start for start, _ in spells}
        self._ends = {end for _, end in spells}
        self._tables: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_], NDArray[np.bool_]] | None = None

    def code(self, events: pa.Table, person: NDArray[np.int64], persons: int) -> Coded:
        """Return the events as arrays.

        Args:
            events: the columns of `hub.tables.EVENT` (event_id is not read), in the snapshot's order.
            person: for each event the place of its person, rising; shape (events,).
            persons: how many persons there are.
        """
        source = combination = _codes(events["source"], self._words[0])
        for name, words, radix in zip(COLUMNS[1:], self._words[1:], self._radix[1:], strict=True):
            combination = combination * radix
            if words:
                combination += _codes(events[name], words)
        signature = self._signature_of[combination]
        if (signature < 0).any():
            self._learn(np.unique(combination[signature < 0]))
            signature = self._signature_of[combination]
        match_start, match_of, meets, tied = self._lists()
        keep = np.flatnonzero((match_start[1:] > match_start[:-1])[signature])
        if len(keep) < len(person):
            events = events.select(_KEPT).take(pa.array(keep))
            person, signature, source = person[keep], signature[keep], source[keep]
        occurred = _days(events["occurred_on"])
        detail, details = self._detail(events)
        episode, next_end, ends = self._episodes(events, person, occurred, signature, tied)
        return Coded(
            np.searchsorted(person, np.arange(persons + 1)).astype(np.int64),
            occurred,
            _days(events["known_from"]),
            _days(events["known_to"]),
            np.ascontiguousarray(
                pc.fill_null(events["value"], np.nan).combine_chunks().to_numpy(zero_copy_only=False),
                dtype=np.float64,
            ),
            signature,
            source.astype(np.int32),
            detail,
            np.array([details], dtype=np.int64),
            match_start,
            match_of,
            meets,
            episode,
            next_end,
            ends,
        )

    def _learn(self, combinations: NDArray[np.int64]) -> None:
        """Work out, from the words, which conditions each new combination meets."""
        for combination in combinations.tolist():
            rest, event = combination, []
            for words, radix in zip(reversed(self._words), reversed(self._radix), strict=True):
                rest, code = divmod(rest, radix)
                event.append(words[code - 1] if code else None)
            event.reverse()
            self._signature_of[combination] = len(self._met)
            self._met.append(
                tuple(
                    number
                    for number, match in enumerate(self.matches)
                    if all(asked is None or word in asked for asked, word in zip(match, event, strict=True))
                )
            )
        self._tables = None

    def _lists(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_], NDArray[np.bool_]]:
        """Return match_start, match_of, meets and, for each signature, whether it starts or ends a spell (columns)."""
        if self._tables is None:
            lengths = [len(met) for met in self._met]
            meets = np.zeros((len(self._met), max(len(self.matches), 1)), dtype=np.bool_)
            tied = np.zeros((len(self._met), 2), dtype=np.bool_)
            for signature, met in enumerate(self._met):
                meets[signature, list(met)] = True
                tied[signature] = bool(self._starts & set(met)), bool(self._ends & set(met))
            self._tables = (
                np.concatenate(([0], np.cumsum(lengths))).astype(np.int32),
                np.array([match for met in self._met for match in met], dtype=np.int32),
                meets,
                tied,
            )
        return self._tables

    def _detail(self, events: pa.Table) -> tuple[NDArray[np.int32], int]:
        if not self._reads_details:
            return np.full(len(events), -1, dtype=np.int32), 0
        return _numbers(events["detail"])

    @staticmethod
    def _episodes(
        events: pa.Table,
        person: NDArray[np.int64],
        occurred: NDArray[np.int32],
        signature: NDArray[np.int32],
        tied: NDArray[np.bool_],
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """Return episode, next_end and ends of `Coded`."""
        episode, next_end = (np.full(len(events), -1, dtype=np.int32) for _ in range(2))
        if not len(events) or not tied.any():
            return episode, next_end, np.empty(0, dtype=np.int32)
        flags = tied[signature]
        rows = np.flatnonzero(flags.any(axis=1))
        named, _ = _numbers(events["episode_id"].take(pa.array(rows)))
        rows, named = rows[named >= 0], named[named >= 0]
        if not len(rows):
            return episode, next_end, np.empty(0, dtype=np.int32)
        pair = person[rows] * (np.int64(named.max()) + 1) + named
        code = np.unique(pair, return_inverse=True)[1]
        episode[rows] = code
        first = int(occurred[rows].min())
        span = int(occurred[rows].max()) - first + 1
        key = code.astype(np.int64) * span + (occurred[rows] - first)
        is_end = flags[rows, 1]
        order = np.argsort(key[is_end], kind="stable")
        next_end[rows] = np.searchsorted(key[is_end][order], key)
        return episode, next_end, rows[is_end][order].astype(np.int32)


def _codes(column: pa.ChunkedArray, words: list[str]) -> NDArray[np.int64]:
    """Return, for each row, 1 + the place of its word in `words`, or 0 for any other word and for none."""
    encoded = _dictionary(column)
    places = {word: place + 1 for place, word in enumerate(words)}
    table = np.array([*(places.get(word, 0) for word in encoded.dictionary.to_pylist()), 0], dtype=np.int64)
    indices = pc.fill_null(encoded.indices, len(encoded.dictionary)).to_numpy(zero_copy_only=False)
    found: NDArray[np.int64] = table[indices]
    return found


def _numbers(column: pa.ChunkedArray) -> tuple[NDArray[np.int32], int]:
    """Return a number from 0 for each different text, -1 for none, and how many numbers there are."""
    encoded = _dictionary(column)
    indices = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(indices, dtype=np.int32), len(encoded.dictionary)


def _dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    if column.num_chunks > 1:
        column = column.unify_dictionaries()
    if column.num_chunks == 1:
        return column.chunk(0)
    return column.combine_chunks() if column.num_chunks else pa.array([], pa.string()).dictionary_encode()


def _days(column: pa.ChunkedArray) -> NDArray[np.int32]:
    """Return days since 1970; `NEVER` where there is none."""
    days = pc.fill_null(column.cast(pa.int32()), NEVER).combine_chunks()
    return np.ascontiguousarray(days.to_numpy(zero_copy_only=False), dtype=np.int32)
