"""`sources.yaml`: how an agency's extract becomes people, events, involvements and areas.

Every mapped field is an SQL expression over the columns of one table: most often just a column's name. The tables are
the declared files after their columns are parsed and their bad rows quarantined, and the `derived` ones.
"""

import datetime
from functools import cache
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from hub import yaml_documents
from hub.declarations import adapter as adapters
from hub.declarations import codes
from hub.declarations.adapter import Adapter, EachDelivery
from hub.declarations.expressions import nearest
from hub.declarations.powers import Level, Sector
from hub.declarations.source_files import ColumnType, DerivedTable, Layout, SourceFile, check_period, check_period_end
from hub.declarations.source_mappings import (
    AreaEventMapping,
    AreaMapping,
    AssumedRecording,
    EventMapping,
    FamilyMapping,
    InvolvementMapping,
    PeopleMapping,
)
from hub.names import NAME
from hub.yaml_documents import Document


class Unsupported(Document):
    """A format that is taken for one of a source's, and is not supported."""

    title: str = Field(min_length=3, description="What it is called, as in: this is SSDA903 as XML.")
    marks: tuple[str, ...] = Field(min_length=1, description="Regular expressions; all are found where it begins.")
    remedy: str = Field(min_length=10, description="What to do instead.")


class SourceBody(Document):
    """What a source holds, in sources.yaml or in an adapter: its files, and what they become."""

    one_record_per_person: bool = Field(
        default=True, description="The agency's own identifier is given once to each person: two are two people."
    )
    starts: dict[str, datetime.date] = Field(
        default_factory=dict, description="Named start dates, for columns of the type days_from_start."
    )
    assumed_recording: AssumedRecording | None = Field(
        default=None, description="For a source that holds no recording dates."
    )
    files: tuple[SourceFile, ...] = Field(min_length=1, description="The files of a delivery.")
    not_read: dict[str, str] = Field(
        default_factory=dict, description="Names, or patterns, of files that belong to it and are never read; why."
    )
    unsupported: tuple[Unsupported, ...] = Field(
        default=(), description="Formats that are taken for this one, and are refused by name."
    )
    derived: tuple[DerivedTable, ...] = Field(default=(), description="Tables worked out from the files.")
    people: tuple[PeopleMapping, ...] = Field(default=(), description="Records about people.")
    events: tuple[EventMapping, ...] = Field(default=(), description="Dated facts.")
    involvements: tuple[InvolvementMapping, ...] = Field(default=(), description="Who is involved with whom.")
    families: tuple[FamilyMapping, ...] = Field(default=(), description="Who belongs to which family, as said.")
    areas: tuple[AreaMapping, ...] = Field(default=(), description="Areas.")
    area_events: tuple[AreaEventMapping, ...] = Field(default=(), description="Dated figures about areas.")
    lists: tuple[str, ...] = Field(
        default=(), description="Code lists (hub/code_lists) that expressions read in the table `codes`."
    )

    @property
    def code_lists(self) -> tuple[str, ...]:
        """The names of all code lists that it uses, sorted."""
        named = {column.codes for file in self.files for column in file.columns.values() if column.codes is not None}
        return tuple(sorted({*named, *self.lists}))

    @model_validator(mode="after")
    def _tables_known(self) -> Self:
        names = [file.name for file in self.files] + [derived.name for derived in self.derived]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"the table {name} is declared twice; rename one")
        used = [people.table for people in self.people] + [event.table for event in self.events]
        used += [involvement.table for involvement in self.involvements] + [area.table for area in self.areas]
        used += [family.table for family in self.families] + [event.table for event in self.area_events]
        for table in used:
            if table not in names:
                raise ValueError(f"the table {table} is neither a file nor derived; declare it")
        types = [column.type for file in self.files for column in file.columns.values()]
        if ColumnType.DAYS_FROM_START in types and not self.starts:
            raise ValueError("days_from_start needs `starts`: the named start dates")
        return self

    @model_validator(mode="after")
    def _lists_known(self) -> Self:
        for name in self.code_lists:
            if name not in codes.names():
                raise ValueError(f"there is no code list called {name}{nearest(name, codes.names())}")
        return self


class Source(SourceBody):
    """One source of one agency."""

    name: str = Field(pattern=NAME, description="Short name.")
    title: str = Field(min_length=3, description="What it is, in plain words.")
    agency: str = Field(description="The agency that delivers it.")
    gateways: tuple[str, ...] = Field(min_length=1, description="Gateways under which it may be used.")
    sector: Sector | None = Field(default=None, description="Whose data it is, when not its agency's own sector's.")
    level: Level | None = Field(
        default=None, description="area: figures about places only, so nothing about single people may be mapped."
    )
    adapter: str | None = Field(
        default=None, description="The adapter (`sentinel hub adapters`) that gives the files and mappings."
    )
    layout: dict[str, Layout] = Field(
        default_factory=dict, description="For files of the adapter, by table: how this agency sends them."
    )
    events_left_out: tuple[str, ...] = Field(
        default=(), description="Types of events of the adapter that this partnership does not use."
    )
    each_delivery: EachDelivery = Field(
        default=EachDelivery.WHOLE,
        description="whole: the newest delivery replaces the one before; period: deliveries of several periods add up.",
    )
    period: str | None = Field(
        default=None,
        description="return_year (2018-19, 1819, FY19…), or a regular expression on file names whose group names it.",
    )
    period_ends: str | None = Field(
        default=None,
        description="For periods that are years: their last day as MM-DD, such as 03-31. A return tells no later day.",
    )
    shares_own_id: bool = Field(
        default=True,
        description="false: the own identifiers here are not those of other sources of the agency, whatever id_scope "
        "says; where an adapter says it and this agency uses other numbers.",
    )
    recording_delay_days: int | None = Field(
        default=None,
        ge=0,
        le=3660,
        description="After so many days what happened stands in a delivery: an outcome counts as known no earlier. "
        "Else lag_days of assumed_recording, else 0.",
    )
    dangers: tuple[str, ...] = Field(default=(), description="What is known to mislead, each in a sentence.")

    @model_validator(mode="before")
    @classmethod
    def _from_adapter(cls, data: Any) -> Any:
        return _with_adapter(data) if isinstance(data, dict) and data.get("adapter") is not None else data

    @model_validator(mode="after")
    def _period_named(self) -> Self:
        check_period(self.period)
        check_period_end(self.period_ends)
        if self.period_ends is not None and self.period is None:
            raise ValueError("`period_ends` goes with `period`: where file names say which period they are of")
        if self.each_delivery is EachDelivery.PERIOD and self.period is None:
            raise ValueError("`each_delivery: period` needs `period`: where file names say which period they are of")
        if self.adapter is None and (self.layout or self.events_left_out):
            raise ValueError("`layout` and `events_left_out` go with `adapter`")
        return self

    def own_kind(self, people: PeopleMapping) -> str | None:
        """Return the kind under which identity rows carry the own identifier; None when only this source has it."""
        return people.own_kind(agency=self.agency, source=self.name) if self.shares_own_id else None

    def kind_of(self, people: PeopleMapping, identifier: str) -> str:
        """Return the kind under which identity rows carry an identifier of a mapping of people."""
        return people.kind_of(identifier, agency=self.agency, source=self.name)

    @property
    def delay_days(self) -> int:
        """How many days after it happened a record is sure to stand in a delivery, as declared."""
        if self.recording_delay_days is not None:
            return self.recording_delay_days
        return self.assumed_recording.lag_days if self.assumed_recording is not None else 0

    @property
    def carries(self) -> Level:
        """Whether the hub takes facts about single people from it, or only figures about areas."""
        return Level.PERSON if self._about_people() else Level.AREA

    def _about_people(self) -> list[str]:
        return [name for name in ("people", "events", "involvements", "families") if getattr(self, name, ())]

    @model_validator(mode="after")
    def _areas_only(self) -> Self:
        mapped = self._about_people()
        if self.level is Level.AREA and mapped:
            raise ValueError(
                f"it is for areas only (level: area), so {' and '.join(mapped)} may not be mapped: such data, like "
                "assaults seen in A&E departments, are shared as figures about places; map `areas` and `area_events`"
            )
        return self


class Sources(Document):
    """The file `sources.yaml`."""

    sources: tuple[Source, ...] = Field(min_length=1, description="All sources of the partnership.")

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        names = [source.name for source in self.sources]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"the source {name} is declared twice; rename one")
        return self


def read(path: Path) -> tuple[Source, ...]:
    """Read `sources.yaml`."""
    return yaml_documents.read(path, Sources).sources


_OF_PARTNERSHIP = {"one_record_per_person", "starts", "assumed_recording"}
_OF_ADAPTER = ("each_delivery", "period", "period_ends", "dangers", "sector", "level")


def _with_adapter(data: dict[str, Any]) -> dict[str, Any]:
    """Return a source of sources.yaml, as plain data, with what its adapter gives."""
    name = str(data["adapter"])
    if name not in adapters.names():
        raise ValueError(f"there is no adapter called {name}{nearest(name, adapters.names())}")
    adapter = adapters.open_adapter(name)
    for key in data:
        if key in _OF_ADAPTER or (key in SourceBody.model_fields and key not in _OF_PARTNERSHIP):
            raise ValueError(f"{key} comes from the adapter {name}; remove it, or describe the source without adapter")
    layouts = {table: Layout.model_validate(layout or {}) for table, layout in (data.get("layout") or {}).items()}
    files = [file["name"] for file in adapter.source.get("files", ())]
    for table in layouts:
        if table not in files:
            raise ValueError(f"layout: the adapter {name} has no file {table}{nearest(table, files)}")
    types = [event["type"] for event in adapter.source.get("events", ())]
    left_out = data.get("events_left_out") or ()
    for one in left_out:
        if one not in types:
            raise ValueError(f"events_left_out: the adapter {name} has no event {one}{nearest(one, types)}")
    given = {key: getattr(adapter, key) for key in _OF_ADAPTER}
    changed = {
        "files": [layouts.get(file["name"], Layout()).applied(file) for file in adapter.source.get("files", ())],
        "events": [event for event in adapter.source.get("events", ()) if event["type"] not in left_out],
    }
    return {"title": adapter.title, **given, **adapter.source, **changed, **data}


class AdapterFile(Adapter):
    """A file of `hub/adapters/`, with everything in it checked."""

    source: SourceBody = Field(description="What stands under a source in sources.yaml: files and mappings.")  # type: ignore[assignment]


@cache
def check_adapter(name: str) -> AdapterFile:
    """Return the adapter called `name` after a check of all that it declares.

    Raises:
        ConfigurationError: it names the file and the line.
    """
    adapters.open_adapter(name)
    return yaml_documents.read(adapters.path_of(name), AdapterFile)


def of_adapter(name: str) -> Source:
    """Return the source that the adapter called `name` is by itself, outside any partnership.

    Raises:
        ConfigurationError: there is no such adapter, or it is wrong; it names the file and the line.
    """
    check_adapter(name)
    return Source.model_validate({"name": name, "adapter": name, "agency": "none", "gateways": ("none",)})
