"""The named schemas of tables that cross a border: declared once, checked once where they cross.

A snapshot holds `person, event, household, family, involvement, area, area_event`. Inside the hub, before people are
linked, the tables about people carry `record_key` in place of `person_id`: a keyed pseudonym of (source, the agency's
own identifier).
"""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hub.errors import IntegrityError

SCHEMA_VERSION = 2


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its Arrow type, whether a cell may be empty, and what it means."""

    name: str
    type: pa.DataType
    nullable: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns in order and the columns by which it is sorted."""

    name: str
    meaning: str
    fields: tuple[Field, ...]
    sorted_by: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        """Return the Arrow schema."""
        return pa.schema([pa.field(field.name, field.type, field.nullable) for field in self.fields])

    def conform(self, table: pa.Table) -> pa.Table:
        """Return `table` with this schema's columns, order and types, sorted.

        Raises:
            IntegrityError: a column is missing, cannot hold the declared type, or is empty where it may not be.
        """
        present = set(table.column_names)
        missing = [field.name for field in self.fields if field.name not in present]
        if missing:
            raise IntegrityError(f"The table {self.name} lacks the column {missing[0]}.")
        try:
            cast = table.select([field.name for field in self.fields]).cast(self.schema)
        except (pa.ArrowInvalid, ValueError):
            raise IntegrityError(f"The table {self.name} does not fit its schema.") from None
        for field in self.fields:
            if not field.nullable and cast[field.name].null_count:
                raise IntegrityError(f"The table {self.name} has an empty {field.name}.")
        order = pc.sort_indices(cast, sort_keys=[(name, "ascending") for name in self.sorted_by])
        if np.array_equal(order, np.arange(len(cast))):
            return cast.combine_chunks()
        return cast.take(order)


_TEXTS = pa.map_(pa.string(), pa.string())

PERSON = Table(
    "person",
    "One row a person.",
    (
        Field("person_id", pa.string(), False, "Pseudonym; stays the same from snapshot to snapshot."),
        Field("birth_month", pa.date32(), True, "First day of the month of birth; the day stays in the hub."),
        Field("sex", pa.string(), True, "Sex as the first source in sources.yaml that knows it recorded it."),
        Field("gender", pa.string(), True, "Gender, likewise, where it is recorded; never taken for sex."),
        Field("ethnicity", pa.string(), True, "Ethnicity code, likewise, in the spelling of the code list."),
        Field("ethnicity_19", pa.string(), False, "One of the 19 groups of the ONS, or why there is none."),
        Field("ethnicity_5", pa.string(), False, "One of the 5 groups of the ONS, or why there is none."),
        Field("area_id", pa.string(), True, "Area of the newest known address."),
        Field("attributes", _TEXTS, False, "Other facts used only to audit fairness."),
    ),
    ("person_id",),
)
EVENT = Table(
    "event",
    "One row a time in which a dated fact about a person was known: withdrawn facts stay, with the day of that.",
    (
        Field("person_id", pa.string(), False, "Whom it is about."),
        Field("event_id", pa.string(), False, "Pseudonym of the event; sorts ties."),
        Field("event_type", pa.string(), False, "Type, as sources.yaml names it."),
        Field("role", pa.string(), True, "victim, witness, suspect, missing…"),
        Field("occurred_on", pa.date32(), False, "The date on which it happened."),
        Field("known_from", pa.date32(), False, "The first date on which the hub could know it."),
        Field("known_to", pa.date32(), True, "The first date on which the hub knew that it does not hold."),
        Field("source", pa.string(), False, "Source, as sources.yaml names it."),
        Field("value", pa.float64(), True, "A number, in the unit that the source gives."),
        Field("detail", pa.string(), True, "A code, such as an offence group."),
        Field("origin", pa.string(), True, "'reported' or 'agency'."),
        Field("episode_id", pa.string(), True, "Pseudonym of what ties a start to its end."),
    ),
    ("person_id", "occurred_on", "event_id", "known_from"),
)
HOUSEHOLD = Table(
    "household",
    "One row a time in which a person lived in a household.",
    (
        Field("person_id", pa.string(), False, "Who lived there."),
        Field("household_id", pa.string(), False, "Pseudonym of the household."),
        Field("area_id", pa.string(), True, "Area of the address."),
        Field("valid_from", pa.date32(), False, "First day there."),
        Field("valid_to", pa.date32(), True, "First day no longer there; empty while it holds."),
        Field("known_from", pa.date32(), False, "The first date on which the hub could know the start."),
        Field("end_known_from", pa.date32(), True, "The first date on which the hub could know the end."),
        Field("source", pa.string(), False, "Source of the address."),
    ),
    ("person_id", "valid_from", "household_id"),
)
FAMILY = Table(
    "family",
    "One row a time in which a person belonged to a family, or two people were related, as a source says.",
    (
        Field("person_id", pa.string(), False, "Who belongs to it."),
        Field("family_id", pa.string(), False, "Pseudonym of the family, or of the pair of relatives, in its source."),
        Field("relation", pa.string(), True, "child, parent, sibling… within it."),
        Field("valid_from", pa.date32(), False, "First day on which it holds; else the day it was recorded."),
        Field("valid_to", pa.date32(), True, "First day on which it no longer holds."),
        Field("known_from", pa.date32(), False, "The first date on which the hub could know the start."),
        Field("end_known_from", pa.date32(), True, "The first date on which the hub could know the end."),
        Field("source", pa.string(), False, "Source."),
    ),
    ("person_id", "valid_from", "family_id"),
)
INVOLVEMENT = Table(
    "involvement",
    "One row a time in which a team was involved with a person.",
    (
        Field("person_id", pa.string(), False, "With whom."),
        Field("agency", pa.string(), False, "Agency of the team."),
        Field("team", pa.string(), False, "Team or service."),
        Field("role", pa.string(), True, "Professional role."),
        Field("valid_from", pa.date32(), False, "First day."),
        Field("valid_to", pa.date32(), True, "First day on which it no longer holds."),
        Field("known_from", pa.date32(), False, "The first date on which the hub could know the start."),
        Field("end_known_from", pa.date32(), True, "The first date on which the hub could know the end."),
        Field("source", pa.string(), False, "Source."),
    ),
    ("person_id", "valid_from", "team"),
)
AREA = Table(
    "area",
    "One row an area.",
    (
        Field("area_id", pa.string(), False, "Code of the area (LSOA)."),
        Field("name", pa.string(), True, "Name."),
        Field("local_authority", pa.string(), True, "Local authority or district."),
        Field("imd_decile", pa.int32(), True, "Deprivation decile; 1 is the most deprived tenth."),
        Field("imd_vintage", pa.string(), True, "Year of the deprivation index."),
    ),
    ("area_id",),
)
AREA_EVENT = Table(
    "area_event",
    "One row a dated figure about an area, and about no person.",
    (
        Field("area_id", pa.string(), False, "Code of the area (LSOA)."),
        Field("event_type", pa.string(), False, "Type, as sources.yaml names it."),
        Field("occurred_on", pa.date32(), False, "The date on which it happened, or the first day of its time."),
        Field("known_from", pa.date32(), False, "The first date on which the hub could know it."),
        Field("source", pa.string(), False, "Source, as sources.yaml names it."),
        Field("value", pa.float64(), True, "A number, in the unit that the source gives."),
        Field("detail", pa.string(), True, "A code, such as the kind of weapon."),
    ),
    ("area_id", "occurred_on", "event_type"),
)
SNAPSHOT_TABLES = (PERSON, EVENT, HOUSEHOLD, FAMILY, INVOLVEMENT, AREA, AREA_EVENT)


def _by_record(table: Table, name: str) -> Table:
    key = Field("record_key", pa.string(), False, "Keyed pseudonym of (source, the agency's own identifier).")
    fields = tuple(key if field.name == "person_id" else field for field in table.fields)
    return Table(name, table.meaning, fields, ("record_key", *table.sorted_by[1:]))


def _nullable(table: Table, name: str) -> Table:
    fields = tuple(replace(field, nullable=field.nullable or field.name == name) for field in table.fields)
    return replace(table, fields=fields)


STAGED_EVENT = _by_record(EVENT, "staged event")
STAGED_INVOLVEMENT = _by_record(INVOLVEMENT, "staged involvement")
STAGED_FAMILY = _nullable(_by_record(FAMILY, "staged family"), "valid_from")
IDENTITY_RECORD = Table(
    "identity record",
    "What a source says of who a person is. It never leaves the identity store.",
    (
        Field("record_key", pa.string(), False, "Keyed pseudonym of (source, source_person_id)."),
        Field("source", pa.string(), False, "Source."),
        Field("source_person_id", pa.string(), False, "The agency's own identifier."),
        Field("given_name", pa.string(), True, "First name."),
        Field("family_name", pa.string(), True, "Last name."),
        Field("date_of_birth", pa.date32(), True, "Date of birth."),
        Field("sex", pa.string(), True, "Sex."),
        Field("gender", pa.string(), True, "Gender, where it is recorded; never taken for sex."),
        Field("ethnicity", pa.string(), True, "Ethnicity code."),
        Field("address", pa.string(), True, "House and street."),
        Field("locality", pa.string(), True, "Town, suburb or city."),
        Field("postcode", pa.string(), True, "Postcode."),
        Field("email", pa.string(), True, "E-mail address."),
        Field("area_id", pa.string(), True, "Area of the address."),
        Field("valid_from", pa.date32(), True, "Since when the address holds."),
        Field("valid_to", pa.date32(), True, "First day on which the address no longer holds, where it is recorded."),
        Field("known_from", pa.date32(), False, "The first date on which the hub could know the address."),
        Field("end_known_from", pa.date32(), True, "The first date on which the hub could know its end."),
        Field("identifiers", _TEXTS, False, "Identifiers shared between agencies."),
        Field("attributes", _TEXTS, False, "Other facts used only to audit fairness."),
    ),
    ("record_key", "known_from", "valid_from"),
)
