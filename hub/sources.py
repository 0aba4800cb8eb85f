"""`sources.yaml`: how an agency's extract becomes people, events, involvements and areas.

Every mapped field is an SQL expression over the columns of one table: most often just a column's name. The tables are
the declared files after their columns are parsed and their bad rows quarantined, and the `derived` ones.
"""

import datetime
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from hub import yaml_documents
from hub.source_files import NAME, ColumnType, DerivedTable, SourceFile
from hub.yaml_documents import Document


class PeopleMapping(Document):
    """A table whose rows are records about people. A person may have several rows, such as one for each address."""

    table: str = Field(description="The table that is read.")
    id: str = Field(description="The agency's own identifier of the person.")
    given_name: str | None = Field(default=None, description="First name.")
    family_name: str | None = Field(default=None, description="Last name.")
    date_of_birth: str | None = Field(default=None, description="Date of birth.")
    sex: str | None = Field(default=None, description="Sex as recorded.")
    gender: str | None = Field(default=None, description="Gender as recorded; never taken for sex.")
    ethnicity: str | None = Field(default=None, description="Ethnicity code as recorded.")
    address: str | None = Field(default=None, description="House and street.")
    locality: str | None = Field(default=None, description="Town, suburb or city.")
    postcode: str | None = Field(default=None, description="Postcode.")
    email: str | None = Field(default=None, description="E-mail address.")
    area: str | None = Field(default=None, description="Area (LSOA) of the address.")
    valid_from: str | None = Field(default=None, description="Since when the address holds.")
    known_from: str | None = Field(default=None, description="When the row was recorded; else the day of delivery.")
    identifiers: dict[str, str] = Field(
        default_factory=dict, description="Identifiers shared between agencies, such as upn, nhs_number or uln."
    )
    attributes: dict[str, str] = Field(
        default_factory=dict, description="Other facts used only to audit fairness, such as disability."
    )


class EventMapping(Document):
    """A table whose rows are dated facts about people."""

    type: str = Field(pattern=NAME, description="Event type.")
    table: str = Field(description="The table that is read.")
    person: str = Field(description="The agency's own identifier of the person.")
    occurred_on: str = Field(description="The date on which it happened.")
    known_from: str | None = Field(
        default=None, description="The date on which it was recorded; else the day of delivery."
    )
    role: str | None = Field(default=None, description="victim, witness, suspect, missing…")
    value: str | None = Field(default=None, description="A number, such as a score or a number of days.")
    detail: str | None = Field(default=None, description="A code, such as an offence group.")
    origin: str | None = Field(default=None, description="'reported' by the public or 'agency' initiated.")
    episode: str | None = Field(default=None, description="What ties a start to its end.")
    where: str | None = Field(default=None, description="Only rows for which this is true.")


class InvolvementMapping(Document):
    """A table whose rows say which team is involved with whom, when."""

    table: str = Field(description="The table that is read.")
    person: str = Field(description="The agency's own identifier of the person.")
    team: str = Field(description="The team or service.")
    role: str | None = Field(default=None, description="The professional's role.")
    valid_from: str = Field(description="First day.")
    valid_to: str | None = Field(default=None, description="First day on which it no longer holds.")
    known_from: str | None = Field(default=None, description="When the start was recorded; else the day of delivery.")
    end_known_from: str | None = Field(default=None, description="When the end was recorded; else valid_to.")
    where: str | None = Field(default=None, description="Only rows for which this is true.")


class FamilyMapping(Document):
    """A table whose rows say which family a person belongs to, or that two people are related, as an agency says it."""

    table: str = Field(description="The table that is read.")
    person: str = Field(description="The agency's own identifier of the person.")
    family: str = Field(description="What names the family, or the pair of related people.")
    relation: str | None = Field(default=None, description="child, parent, sibling… within it.")
    valid_from: str | None = Field(default=None, description="Since when it holds; else the day it was recorded.")
    valid_to: str | None = Field(default=None, description="First day on which it no longer holds.")
    known_from: str | None = Field(default=None, description="When it was recorded; else the day of delivery.")
    end_known_from: str | None = Field(default=None, description="When the end was recorded; else valid_to.")
    where: str | None = Field(default=None, description="Only rows for which this is true.")


class AreaMapping(Document):
    """A table whose rows are areas."""

    table: str = Field(description="The table that is read.")
    id: str = Field(description="The area's code.")
    name: str | None = Field(default=None, description="The area's name.")
    local_authority: str | None = Field(default=None, description="Local authority or district.")
    imd_decile: str | None = Field(default=None, description="Deprivation decile, 1 is the most deprived.")
    imd_vintage: str | None = Field(default=None, description="Year of the deprivation index.")


class AssumedRecording(Document):
    """For a source without recording dates: an assumption in the open, which every audit repeats."""

    lag_days: int = Field(ge=0, description="Days from the event until the hub could have known it.")
    because: str = Field(min_length=20, description="Why this is a fair assumption.")


class Source(Document):
    """One source of one agency."""

    name: str = Field(pattern=NAME, description="Short name.")
    title: str = Field(min_length=3, description="What it is, in plain words.")
    agency: str = Field(description="The agency that delivers it.")
    gateways: tuple[str, ...] = Field(min_length=1, description="Gateways under which it may be used.")
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
    derived: tuple[DerivedTable, ...] = Field(default=(), description="Tables worked out from the files.")
    people: tuple[PeopleMapping, ...] = Field(default=(), description="Records about people.")
    events: tuple[EventMapping, ...] = Field(default=(), description="Dated facts.")
    involvements: tuple[InvolvementMapping, ...] = Field(default=(), description="Who is involved with whom.")
    areas: tuple[AreaMapping, ...] = Field(default=(), description="Areas.")

    @model_validator(mode="after")
    def _tables_known(self) -> Self:
        names = [file.name for file in self.files] + [derived.name for derived in self.derived]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"the table {name} is declared twice; rename one")
        used = [people.table for people in self.people] + [event.table for event in self.events]
        used += [involvement.table for involvement in self.involvements] + [area.table for area in self.areas]
        for table in used:
            if table not in names:
                raise ValueError(f"the table {table} is neither a file nor derived; declare it")
        types = [column.type for file in self.files for column in file.columns.values()]
        if ColumnType.DAYS_FROM_START in types and not self.starts:
            raise ValueError("days_from_start needs `starts`: the named start dates")
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
