"""Plans: indicators compiled to arrays that the kernel reads. Pure; one plan a stream of events (`Over`).

A *match* is a condition on one event (source, type, role, detail, origin). Indicators that ask for the same events use
the same one. A plan lists, for each match, the *edges* at which numbers are written while the kernel walks back in
time: one for each window, and one more for the recent days of a trend. Spells and kinds have lists of their own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from features.declarations.catalogue import EventFilter, Indicator, Over, Spells
from features.declarations.measures import DEFINITIONS, Measure, Reads

ALL_TIME = 2**31 - 1
"""Length in days of a window without a beginning."""
CODES = {measure: crc32(measure.encode()) >> 1 for measure in Measure}
"""The number by which the kernel knows each measure: of its name, so that compiled code kept by numba stays right."""

Ints = NDArray[np.int32]


class Match(NamedTuple):
    """A condition on one event. None asks nothing; an empty value never meets a condition."""

    sources: frozenset[str] | None = None
    types: frozenset[str] | None = None
    roles: frozenset[str] | None = None
    details: frozenset[str] | None = None
    origins: frozenset[str] | None = None

    @classmethod
    def of(cls, sources: Iterable[str] | None, events: EventFilter | None) -> Self:
        """Return the condition of an event filter on the events of some sources; None for any."""
        asked = (None,) * 4 if events is None else (events.types, events.roles, events.details, events.origins)
        return cls(*(None if one is None else frozenset(one) for one in (sources, *asked)))


@dataclass(frozen=True, slots=True)
class Column:
    """What one column of numbers is worked out from: an indicator without its words, or a rule of a cohort."""

    measure: Measure
    sources: tuple[str, ...] | None = None
    events: EventFilter | None = None
    kinds: tuple[EventFilter, ...] = ()
    spells: Spells | None = None
    window_days: int | None = None
    recent_days: int | None = None
    over: Over = Over.SELF

    @classmethod
    def of(cls, indicator: Indicator) -> Self:
        """Return the column of an indicator."""
        return cls(
            indicator.measure,
            indicator.sources,
            indicator.events,
            tuple(indicator.kinds.values()),
            indicator.spells,
            indicator.window_days,
            indicator.recent_days,
            indicator.over,
        )

    @property
    def window(self) -> int:
        """Length of the window in days; `ALL_TIME` for all time before."""
        return ALL_TIME if self.window_days is None else self.window_days

    @property
    def empty(self) -> float:
        """The number without any event; NaN where there is then no number."""
        empty = DEFINITIONS[self.measure].empty
        return np.nan if empty is None else empty

    def matches(self) -> tuple[Match, ...]:
        """Return its conditions: that of its events, those of its kinds, or those of the starts and ends of spells."""
        if self.spells is not None:
            return Match.of(self.sources, self.spells.starts), Match.of(self.sources, self.spells.ends)
        if DEFINITIONS[self.measure].reads is Reads.KINDS:
            return tuple(Match.of(self.sources, kind) for kind in self.kinds)
        return (Match.of(self.sources, self.events),)


class Plan(NamedTuple):
    """The arrays of a plan. `*_start` arrays are offsets: what belongs to item i is at `[start[i], start[i + 1])`.

    Attributes:
        wanted: bool, shape (matches,): whether any column of this plan reads the match.
        edge_start: offsets of the edges of each match, rising by days.
        edge_days: age in days of the oldest event that is still inside the edge.
        edge_column: the column that is written there.
        edge_measure: code of its measure.
        edge_recent: recent_days of a trend or mean_change, else 0.
        edge_is_recent: bool: the edge is the recent one of a trend, where nothing is written yet.
        edge_whole: for such an edge, the edge of the whole window; else the edge itself.
        means_change: bool, shape (matches,): one of its columns is a mean_change.
        reads_details: bool, shape (matches,): one of its columns counts details.
        kind_start: offsets of the matches of each column of named kinds.
        kind_match: those matches.
        kind_days: window of each column of named kinds.
        kind_column: which column it is.
        spell_starts: the match of the starts of each different spell.
        spell_ends: the match of its ends.
        state_start: offsets of the columns of each different spell.
        state_measure: code of the measure of each.
        state_days: window of each.
        state_column: which column it is.
    """

    wanted: NDArray[np.bool_]
    edge_start: Ints
    edge_days: Ints
    edge_column: Ints
    edge_measure: Ints
    edge_recent: Ints
    edge_is_recent: NDArray[np.bool_]
    edge_whole: Ints
    means_change: NDArray[np.bool_]
    reads_details: NDArray[np.bool_]
    kind_start: Ints
    kind_match: Ints
    kind_days: Ints
    kind_column: Ints
    spell_starts: Ints
    spell_ends: Ints
    state_start: Ints
    state_measure: Ints
    state_days: Ints
    state_column: Ints


class _Edge(NamedTuple):
    days: int
    column: int
    measure: int
    recent: int
    is_recent: bool


def matches_of(columns: Iterable[Column]) -> tuple[Match, ...]:
    """Return every different condition of some columns, each once, in the order in which they come up."""
    return tuple(dict.fromkeys(match for column in columns for match in column.matches()))


def compiled(columns: Sequence[tuple[int, Column]], matches: Sequence[Match]) -> Plan:
    """Return the plan of the columns of one stream.

    Args:
        columns: each with its place among the columns that are written.
        matches: the conditions known to the coder of the stream; they hold at least those of `columns`.
    """
    place = {match: number for number, match in enumerate(matches)}
    edges: list[list[_Edge]] = [[] for _ in matches]
    wanted, change, details = (np.zeros(len(matches), dtype=np.bool_) for _ in range(3))
    kinds: list[tuple[int, Column, list[int]]] = []
    spells: dict[tuple[int, int], list[tuple[int, Column]]] = {}
    for where, column in columns:
        read = [place[match] for match in column.matches()]
        wanted[read] = True
        reads = DEFINITIONS[column.measure].reads
        if reads is Reads.KINDS or column.measure is Measure.KNOWN:
            # Whether a source knows a child is the number of one kind: the walk back stops at the first event.
            kinds.append((where, column, read))
        elif reads is Reads.SPELLS:
            spells.setdefault((read[0], read[1]), []).append((where, column))
        else:
            code, recent = CODES[column.measure], column.recent_days or 0
            edges[read[0]].append(_Edge(column.window, where, code, recent, is_recent=False))
            if recent:
                edges[read[0]].append(_Edge(recent, where, code, recent, is_recent=True))
            change[read[0]] |= column.measure is Measure.MEAN_CHANGE
            details[read[0]] |= DEFINITIONS[column.measure].counts_details
    flat = [edge for some in edges for edge in sorted(some)]
    whole = {edge.column: number for number, edge in enumerate(flat) if not edge.is_recent}
    states = [state for some in spells.values() for state in some]
    return Plan(
        wanted,
        _offsets(len(some) for some in edges),
        _ints(edge.days for edge in flat),
        _ints(edge.column for edge in flat),
        _ints(edge.measure for edge in flat),
        _ints(edge.recent for edge in flat),
        np.array([edge.is_recent for edge in flat], dtype=np.bool_),
        _ints(whole[edge.column] for edge in flat),
        change,
        details,
        _offsets(len(read) for _, _, read in kinds),
        _ints(match for _, _, read in kinds for match in read),
        _ints(column.window for _, column, _ in kinds),
        _ints(where for where, _, _ in kinds),
        _ints(start for start, _ in spells),
        _ints(end for _, end in spells),
        _offsets(len(some) for some in spells.values()),
        _ints(CODES[column.measure] for _, column in states),
        _ints(column.window for _, column in states),
        _ints(where for where, _ in states),
    )


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int32)


def _offsets(lengths: Iterable[int]) -> Ints:
    return np.concatenate(([0], np.cumsum(np.fromiter(lengths, dtype=np.int32)))).astype(np.int32)
