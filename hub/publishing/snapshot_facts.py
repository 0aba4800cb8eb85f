"""The facts of a snapshot: what its manifest says of it; see `hub.publishing.snapshots`."""

import datetime
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, PlainValidator

from hub.declarations.gateways import Gateway
from hub.declarations.powers import Level, Sector
from hub.declarations.source_mappings import AssumedRecording
from hub.errors import IntegrityError
from hub.facts import Count, Earlier, Facts, FigureFact
from hub.staging.reporting import Reported


def _reported(value: Any) -> Reported:
    if isinstance(value, Reported):
        return value
    if not isinstance(value, list):
        raise ValueError("no spans of days")
    try:
        found = Reported.from_json(value)
    except IntegrityError:
        raise ValueError("no spans of days") from None
    if found.as_json() != value:
        raise ValueError("no spans of days")
    return found


class TableRows(Facts):
    """The number of rows of each table."""

    person: Count
    event: Count
    household: Count
    family: Count
    involvement: Count
    area: Count
    area_event: Count


class SourceFacts(Facts):
    """What a snapshot says of a source, as it was declared when the snapshot was published."""

    title: str
    agency: str
    """The agency that delivers it."""
    sector: Sector | None
    """Whose data it is; None when nobody declared it."""
    level: Level
    """Whether it is about people, or about areas only."""
    gateways: tuple[Gateway, ...]
    """Those under which it entered, whole."""
    assumed_recording: AssumedRecording | None
    """What is assumed of the dates of recording; None where they are recorded."""
    recording_delay_days: Count
    """After so many days a record is sure to stand in a delivery, as declared; taken off in `reported` already."""
    types: tuple[str, ...]
    """The types of the events that it brings, as declared or as its extracts hold them, sorted."""
    types_not_told: tuple[str, ...] = Field(default=(), exclude_if=lambda types: not types)
    """Those of them that not every one of its extracts was mapped for: silence about them says nothing."""
    reported: Annotated[Reported, PlainValidator(_reported), PlainSerializer(Reported.as_json)]
    """The days of which it has told."""


class ExtractUsed(Facts):
    """One extract in a snapshot, and what its own facts say of it."""

    digest: str
    source: str
    delivered_on: datetime.date
    periods: tuple[str, ...]
    """The one period that it is of; else empty."""
    rows: Mapping[str, Count]
    """Rows of each of its tables."""


class QualityFacts(Facts):
    """How good the linkage is, where the truth is known; shares of pairs of records (hub.linking.accuracy)."""

    precision: FigureFact
    recall: FigureFact
    f1: FigureFact


class GroupQuality(QualityFacts):
    """The same for the pairs of which a record is of one group."""

    group: str
    """By what people are parted, such as "sex"."""
    level: str
    """Which group, such as "female"."""
    people: Mapping[str, Count] | None = None
    """How many people of it are behind the pairs of "precision" and "recall"; snapshots of old do not say."""


class GroupWithoutTruth(Facts):
    """What can be said of one group without truth (hub.linking.groups)."""

    group: str
    level: str
    records: Count
    alone: FigureFact
    """Share of records that are linked to no other one."""
    records_a_person: FigureFact
    """Mean number of records of a person who has one of the group."""
    near: FigureFact
    """Share of linked records that were linked by little more than the threshold."""
    set_aside: FigureFact
    """Share of people of whom a value that tells nobody apart was left out."""


class Households(Facts):
    """What became of the addresses (hub.publishing.households.Counts)."""

    rows: Count
    households: Count
    crowded_addresses: Count
    crowded_rows: Count
    addresses_without_postcode: Count


class LeftOut(Facts):
    """Rows that are not in the snapshot, and why."""

    source: str
    table: str
    reason: str
    rows: Count


class LinkageFacts(Facts):
    """How records became people, as the person map's report says it, and what is not in the snapshot."""

    records: Count
    """Records of people in the extracts."""
    people: Count
    """People they were linked to."""
    merged_records: Count
    """Records that joined another record of the same person: records - people."""
    method: str
    """"splink", or "none" when there was nothing to compare."""
    why: str
    """In plain words, what was compared or why nothing was."""
    threshold: float = Field(ge=0, le=1)
    """Probability from which two records are linked, in (0, 1)."""
    refused: Mapping[str, Count]
    """Candidate pairs refused, by reason."""
    people_by_records: Mapping[str, Count]
    """How many people have so many records."""
    quality: QualityFacts
    groups: tuple[GroupQuality, ...]
    without_truth: tuple[GroupWithoutTruth, ...]
    households: Households
    left_out: tuple[LeftOut, ...]
    sources_left_out: Mapping[str, str]
    """Sources whose gateway had ended, with the reason in words."""


class ErasedPeople(Facts):
    """What erasures took out."""

    people: Count


class SnapshotFacts(Facts):
    """What the manifest of a snapshot says."""

    schema_version: int
    partnership: str
    """Name of the partnership."""
    known_to: datetime.date
    """The last day that it covers: the newest delivery's day."""
    rows: TableRows
    sources: Mapping[str, SourceFacts]
    """Each source in it, by its name."""
    extracts: tuple[ExtractUsed, ...]
    linkage: LinkageFacts
    erased: ErasedPeople | None = Field(default=None, exclude_if=lambda erased: erased is None)
    """Not written where nobody was erased."""
    rewritten_from: Earlier = ()
