"""Measures: what is worked out from the events that a window lets in. Each is defined here once, for code and readers.

In all formulas `a` is the as-of date, `w` the window's length in days, and the events are those of the indicator that
occurred in `[a - w, a)` (all before `a` when there is no window) and were known on `a`: `known_from <= a`, and not
withdrawn by then (`known_to` empty or later than `a`). Events stand in the order of the snapshot: occurred_on, then
event_id, then known_from. A null detail or value counts nothing where details or values are read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

DAYS_IN_MONTH = 30.4375
"""Mean length of a month: 365.25 / 12 days."""


class Measure(StrEnum):
    """What is worked out from the events inside the window."""

    COUNT = "count"
    ANY = "any"
    KNOWN = "known"
    DAYS_SINCE_LAST = "days_since_last"
    DAYS_SINCE_FIRST = "days_since_first"
    DISTINCT_SOURCES = "distinct_sources"
    DISTINCT_DETAILS = "distinct_details"
    DISTINCT_KINDS = "distinct_kinds"
    SUM = "sum"
    MEAN = "mean"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    LATEST = "latest"
    RATE = "rate"
    TREND = "trend"
    MEAN_CHANGE = "mean_change"
    CHANGES = "changes"
    ENTROPY = "entropy"
    IN_STATE = "in_state"
    DAYS_IN_STATE = "days_in_state"
    SHARE_IN_STATE = "share_in_state"
    LONGEST_SPELL = "longest_spell"
    CURRENT_SPELL = "current_spell"


class Reads(StrEnum):
    """What an indicator with this measure declares beside its sources."""

    EVENTS = "events"
    KINDS = "kinds"
    SPELLS = "spells"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Definition:
    """What a measure means.

    Attributes:
        plain: for a lay reader.
        formula: for an analyst.
        reads: what the indicator must declare.
        empty: the number without any event; None where there is then no number.
        needs_window: it has no meaning without `window_days`.
        needs_recent: it compares with the last `recent_days` of the window.
        field: "value" or "detail", where its number hangs on that field of the events.
        counts_details: the kernel keeps count of each detail for it.
    """

    plain: str
    formula: str
    reads: Reads = Reads.EVENTS
    empty: float | None = 0.0
    needs_window: bool = False
    needs_recent: bool = False
    field: Literal["value", "detail"] | None = None
    counts_details: bool = False


DEFINITIONS: Mapping[Measure, Definition] = MappingProxyType(
    {
        Measure.COUNT: Definition("How often it happened.", "number of events"),
        Measure.ANY: Definition("Whether it happened at all.", "1 if there is an event, else 0"),
        Measure.KNOWN: Definition(
            "Whether the source holds any record of the child: coverage, not a number of anything.",
            "1 if any event of the sources, of whatever type, is there, else 0",
            reads=Reads.NOTHING,
        ),
        Measure.DAYS_SINCE_LAST: Definition("Days since it last happened.", "a - max(occurred_on)", empty=None),
        Measure.DAYS_SINCE_FIRST: Definition("Days since it first happened.", "a - min(occurred_on)", empty=None),
        Measure.DISTINCT_SOURCES: Definition("How many sources recorded it.", "number of different sources"),
        Measure.DISTINCT_DETAILS: Definition(
            "How many different kinds, places or schools there were.",
            "number of different details that are not null",
            field="detail",
            counts_details=True,
        ),
        Measure.DISTINCT_KINDS: Definition(
            "How many of the named kinds happened at least once.",
            "number of declared kinds with at least one event",
            reads=Reads.KINDS,
        ),
        Measure.SUM: Definition(
            "The values added up.", "sum of the values, from the newest event to the oldest", field="value"
        ),
        Measure.MEAN: Definition(
            "The mean of the values.", "sum / number of events with a value", empty=None, field="value"
        ),
        Measure.MINIMUM: Definition("The smallest value.", "min(value)", empty=None, field="value"),
        Measure.MAXIMUM: Definition("The largest value.", "max(value)", empty=None, field="value"),
        Measure.LATEST: Definition(
            "The newest value.", "value of the last event that has one", empty=None, field="value"
        ),
        Measure.RATE: Definition("How often a month.", "number of events × 30.4375 / w", needs_window=True),
        Measure.TREND: Definition(
            "Whether it happens more often lately than before: the difference of two rates a month.",
            "30.4375 × (n in [a - r, a) / r - n in [a - w, a - r) / (w - r)), with r = recent_days",
            needs_window=True,
            needs_recent=True,
        ),
        Measure.MEAN_CHANGE: Definition(
            "How the mean of the values changed lately.",
            "mean of the values in [a - r, a) - mean of those in [a - w, a - r); no number unless both have values",
            empty=None,
            needs_window=True,
            needs_recent=True,
            field="value",
        ),
        Measure.CHANGES: Definition(
            "How often it changed, from one record to the next.",
            "number of neighbouring events, in order, whose details (not null) differ",
            field="detail",
        ),
        Measure.ENTROPY: Definition(
            "How mixed it was: 0 when always the same, 1 for two in equal parts, 2 for four.",
            "Shannon's entropy of the details in bits, -Σ p log2 p (Shannon 1948)",
            empty=None,
            field="detail",
            counts_details=True,
        ),
        Measure.IN_STATE: Definition(
            "Whether a spell that began in the window is open on the date.",
            "1 if a start in [a - w, a) has no end of the same episode on or after it and before a, else 0",
            reads=Reads.SPELLS,
        ),
        Measure.DAYS_IN_STATE: Definition(
            "On how many days of the window a spell was open.",
            "days of the union of all spells [start, end), cut to [a - w, a)",
            reads=Reads.SPELLS,
        ),
        Measure.SHARE_IN_STATE: Definition(
            "The share of the window's days on which a spell was open, from 0 to 1.",
            "days_in_state / w",
            reads=Reads.SPELLS,
            needs_window=True,
        ),
        Measure.LONGEST_SPELL: Definition(
            "The longest time without a break, in days.",
            "longest run of the union of all spells, cut to [a - w, a); spells that touch are one run",
            reads=Reads.SPELLS,
        ),
        Measure.CURRENT_SPELL: Definition(
            "For how many days it has been going on without a break; no number when it is not.",
            "length of the run of the union that reaches a with an open spell, cut to [a - w, a)",
            reads=Reads.SPELLS,
            empty=None,
        ),
    }
)
