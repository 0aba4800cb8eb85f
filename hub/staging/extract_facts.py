"""The facts of an extract: what its manifest says of it; see `hub.staging.extracts`."""

import datetime
from collections.abc import Mapping

from pydantic import Field

from hub.declarations.source_mappings import AssumedRecording
from hub.facts import Count, Digest, Earlier, Facts


class DeliveryFacts(Facts):
    """Which delivery of which source it is: what decides whether another extract replaces it."""

    source: str
    delivered_on: datetime.date
    periods: tuple[str, ...]
    """The one period that it is of, for a source whose deliveries add up; else empty."""
    inputs: Digest
    """Of everything that it was made from; the same inputs are not ingested twice."""


class Noticed(Facts):
    """Something that was noticed in rows that are kept."""

    rows: Count
    lines: tuple[int, ...]
    """The first lines on which it stands, from 1."""


class CheckedRows(Facts):
    """Rows that were kept, or set aside for the rules that they break."""

    rows: Count
    quarantined: Count
    rules: Mapping[str, Count]
    """How many rows break each rule; a row that breaks two counts under both."""


class FileFacts(CheckedRows):
    """One delivered file: rows = kept + quarantined."""

    table: str
    """The declared table that it holds."""
    file: str
    """Its name in the delivery."""
    sha256: Digest
    bytes: Count
    kept: Count
    lines: Mapping[str, tuple[int, ...]] = Field(default_factory=dict)
    """The first lines on which each rule is broken, from 1."""
    blank_lines: Count
    noticed: Mapping[str, Noticed]
    refused: tuple[str, ...] = Field(default=(), exclude_if=lambda headers: not headers)
    """Headers that must never be used; not written where there is none."""


class MappedFacts(CheckedRows):
    """What one mapping made of the kept rows of its table: rows = not_mapped + mapped + quarantined."""

    mapping: str
    """Its place in sources.yaml, such as `events.0`."""
    title: str
    table: str
    not_mapped: Count
    """Left out by its `where`."""
    mapped: Count


class ExtractRows(Facts):
    """The number of rows of each table, and of identity rows."""

    identity: Count
    event: Count
    involvement: Count
    family: Count
    area: Count
    area_event: Count


class KnownFrom(Facts):
    """How the recording dates of events came about; see `hub.staging.events`."""

    mapped: Count
    assumed: Count
    delivery: Count
    first_seen_earlier: Count
    lifted: Count
    after_delivery: Count
    backdated: Count


class EventHistory(Facts):
    """What became of the events of the delivery that it replaces, and of its own; see `hub.staging.history`."""

    kept: Count
    new: Count
    corrected: Count
    withdrawn: Count
    withdrawn_before: Count
    not_delivered: Count
    absent: Count
    left_out: Count


class Backdated(Facts):
    """Rows that claim to have been known on a day on which the delivery before lacked them."""

    backdated: Count


class TimesHistory(Backdated):
    """The same of times, and those that stand no more."""

    gone: Count


class History(Facts):
    """What became of the rows of the deliveries that it replaces, for each table."""

    event: EventHistory
    identity: Backdated
    involvement: TimesHistory
    family: TimesHistory
    area_event: Backdated


Shown = int | str | Mapping[str, str]
"""A number as it may be shown: itself, or the words in its place (a string in what earlier versions made)."""


class TakenAway(Facts):
    """What it takes away of one kind of what the delivery before said, small numbers withheld: `staging.taken_away`."""

    kind: str
    """A type of event, `involvements`, `families` or `people`."""
    records: Shown
    of: Shown
    people: Shown
    groups: Mapping[str, Mapping[str, Shown]]
    """For sex and ethnicity how many of these people are in each group."""
    must_be_agreed: bool


class LostDeaths(TakenAway):
    """Deaths that it, coming late, tells in vain, or that it corrects away (hub.intake.late_deliveries)."""

    delivered_on: datetime.date
    """The day of the extract that holds instead, or that is corrected."""


class Notice(Facts):
    """Something that is to be said of the delivery: a word for programs, how many, and two sentences."""

    notice: str
    count: Count
    said: str
    remedy: str


class ErasedRows(Facts):
    """What tombstones and erasures kept or took out."""

    people: Count
    rows: Count
    quarantined: Count


class ExtractFacts(DeliveryFacts):
    """What the manifest of an extract says.

    What has a default was not said by extracts of earlier days, which hold nevertheless.
    """

    schema_version: int
    partnership: str
    agency: str
    """The agency that delivered it."""
    gateway: str
    """Name of the gateway that let it in."""
    assumed_recording: AssumedRecording | None
    """What is assumed of the dates of recording; None where they are recorded."""
    supersedes: tuple[Digest, ...]
    """Extracts of the same source and day that this one replaces."""
    files: tuple[FileFacts, ...]
    mapped: tuple[MappedFacts, ...]
    rows: ExtractRows
    people: Count
    """Distinct record keys."""
    known_from: KnownFrom
    history: History
    since: Mapping[str, datetime.date | None]
    """For each type of event, the earliest day of which the table that holds it tells."""
    days: tuple[tuple[datetime.date, Count], ...] = ()
    """For each month its first day and how many events are dated in it."""
    untold: tuple[str, ...] = ()
    """Places of mappings that rest on an optional file which was not there (hub.intake.absent_files)."""
    taken_away: tuple[TakenAway, ...] = ()
    lost_deaths: tuple[LostDeaths, ...] = ()
    notices: tuple[Notice, ...] = ()
    identity_sha256: Digest
    """Of its identity rows, in the identity store."""
    quarantine_sha256: Digest
    """Of its quarantine, there too."""
    erased: ErasedRows
    rewritten_from: Earlier = ()
