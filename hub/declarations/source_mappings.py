"""What the rows of a table become, as sources.yaml and adapters map them: people, events, teams, families, areas.

Every mapped field is an SQL expression over the columns of one table: most often just a column's name. Beside a field
stands the `Cell` that it becomes: its type, and the rules of its rows.
"""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from hub.declarations.cells import (
    FINITE,
    LISTED,
    NOT_BEFORE_START,
    NOT_FUTURE,
    REQUIRED,
    Broken,
    CellKind,
    MappedCell,
)
from hub.declarations.expressions import nearest
from hub.names import NAME
from hub.yaml_documents import Document

_ORIGIN = Broken("allowed", "{} NOT IN ('reported', 'agency')")
_DECILE = Broken("allowed", "{} NOT BETWEEN 1 AND 10")

Text = Annotated[str | None, MappedCell()]
OwnId = Annotated[str, MappedCell(CellKind.ID, REQUIRED)]
Listed = Annotated[str, MappedCell(CellKind.ID, REQUIRED, LISTED)]
Day = Annotated[str | None, MappedCell(CellKind.DATE)]
NeededDay = Annotated[str, MappedCell(CellKind.DATE, REQUIRED)]
PastDay = Annotated[str | None, MappedCell(CellKind.DATE, NOT_FUTURE)]
EndDay = Annotated[str | None, MappedCell(CellKind.DATE, NOT_BEFORE_START)]
Number = Annotated[str | None, MappedCell(CellKind.NUMBER, FINITE)]


class Scope(StrEnum):
    """Within what an identifier names one person: another source may use the same number for somebody else."""

    SOURCE = "source"
    AGENCY = "agency"
    NATIONAL = "national"


def qualified(kind: str, scope: Scope, *, agency: str, source: str) -> str:
    """Return the kind of an identifier as identity rows carry it: equal kinds may be compared, others never are.

    | kind | scope | carried as |
    |---|---|---|
    | upn | national | upn |
    | child_id | agency | childrens_social_care:child_id |
    | case | source | annex_a.case |
    """
    if scope is Scope.NATIONAL:
        return kind
    return f"{agency}:{kind}" if scope is Scope.AGENCY else f"{source}.{kind}"


def is_national(kind: str) -> bool:
    """Say whether a kind, as identity rows carry it, is the same in every source."""
    return ":" not in kind and "." not in kind


class PeopleMapping(Document):
    """A table whose rows are records about people. A person may have several rows, such as one for each address."""

    table: str = Field(description="The table that is read.")
    id: OwnId = Field(description="The agency's own identifier of the person.")
    id_kind: str | None = Field(
        default=None,
        pattern=NAME,
        description="What the own identifier is called where other sources have it too, such as child_id.",
    )
    id_scope: Scope = Field(
        default=Scope.SOURCE,
        description="Where the own identifier names the same person: in this source, in all sources of its agency that "
        "give it the same id_kind, or (national) in all sources.",
    )
    given_name: Text = Field(default=None, description="First name.")
    family_name: Text = Field(default=None, description="Last name.")
    date_of_birth: PastDay = Field(default=None, description="Date of birth.")
    sex: Text = Field(default=None, description="Sex as recorded.")
    gender: Text = Field(default=None, description="Gender as recorded; never taken for sex.")
    ethnicity: Text = Field(default=None, description="Ethnicity code as recorded.")
    address: Text = Field(default=None, description="House and street.")
    locality: Text = Field(default=None, description="Town, suburb or city.")
    postcode: Text = Field(default=None, description="Postcode.")
    email: Text = Field(default=None, description="E-mail address.")
    area: Text = Field(default=None, description="Area (LSOA) of the address.")
    valid_from: Day = Field(default=None, description="Since when the address holds.")
    valid_to: EndDay = Field(default=None, description="First day on which the address no longer holds.")
    known_from: PastDay = Field(default=None, description="When the row was recorded; else the day of delivery.")
    end_known_from: PastDay = Field(default=None, description="When the end was recorded; else valid_to.")
    identifiers: Annotated[dict[str, str], MappedCell(CellKind.ID)] = Field(
        default_factory=dict, description="Identifiers shared between agencies, such as upn, nhs_number or uln."
    )
    scopes: dict[str, Scope] = Field(
        default_factory=dict,
        description="For identifiers that are not national: source, or agency (all sources of this agency).",
    )
    attributes: Annotated[dict[str, str], MappedCell()] = Field(
        default_factory=dict, description="Other facts used only to audit fairness, such as disability."
    )

    @model_validator(mode="after")
    def _scopes_fit(self) -> Self:
        if (self.id_scope is Scope.SOURCE) != (self.id_kind is None):
            raise ValueError("`id_kind` goes with `id_scope: agency` or `national`, and these need it")
        for kind in self.scopes:
            if kind not in self.identifiers:
                raise ValueError(f"scopes: {kind} is not among the identifiers{nearest(kind, self.identifiers)}")
        for kind in self.identifiers:
            if not is_national(kind) or "=" in kind:
                raise ValueError(f"the identifier {kind} may not hold : or . or =; say its scope under `scopes`")
        return self

    def own_kind(self, *, agency: str, source: str) -> str | None:
        """Return the kind under which identity rows carry the own identifier; None when only this source has it."""
        if self.id_kind is None:
            return None
        return qualified(self.id_kind, self.id_scope, agency=agency, source=source)

    def kind_of(self, identifier: str, *, agency: str, source: str) -> str:
        """Return the kind under which identity rows carry one of `identifiers`."""
        return qualified(identifier, self.scopes.get(identifier, Scope.NATIONAL), agency=agency, source=source)


class EventMapping(Document):
    """A table whose rows are dated facts about people."""

    type: str = Field(pattern=NAME, description="Event type.")
    table: str = Field(description="The table that is read.")
    person: Listed = Field(description="The agency's own identifier of the person.")
    occurred_on: NeededDay = Field(description="The date on which it happened.")
    known_from: PastDay = Field(
        default=None, description="The date on which it was recorded; else the day of delivery."
    )
    role: Text = Field(default=None, description="victim, witness, suspect, missing…")
    value: Number = Field(default=None, description="A number, such as a score or a number of days.")
    detail: Text = Field(default=None, description="A code, such as an offence group.")
    origin: Annotated[str | None, MappedCell(CellKind.TEXT, _ORIGIN)] = Field(
        default=None, description="'reported' by the public or 'agency' initiated."
    )
    episode: Text = Field(default=None, description="What ties a start to its end.")
    from_birth: bool = Field(
        default=False, description="It cannot be before birth; else up to 300 days before, for an unborn child."
    )
    where: str | None = Field(default=None, description="Only rows for which this is true.")


class InvolvementMapping(Document):
    """A table whose rows say which team is involved with whom, when."""

    table: str = Field(description="The table that is read.")
    person: Listed = Field(description="The agency's own identifier of the person.")
    team: Annotated[str, MappedCell(CellKind.TEXT, REQUIRED)] = Field(description="The team or service.")
    role: Text = Field(default=None, description="The professional's role.")
    valid_from: NeededDay = Field(description="First day.")
    valid_to: EndDay = Field(default=None, description="First day on which it no longer holds.")
    known_from: PastDay = Field(default=None, description="When the start was recorded; else the day of delivery.")
    end_known_from: PastDay = Field(default=None, description="When the end was recorded; else valid_to.")
    where: str | None = Field(default=None, description="Only rows for which this is true.")


class FamilyMapping(Document):
    """A table whose rows say which family a person belongs to, or that two people are related, as an agency says it."""

    table: str = Field(description="The table that is read.")
    person: Listed = Field(description="The agency's own identifier of the person.")
    family: OwnId = Field(description="What names the family, or the pair of related people.")
    relation: Text = Field(default=None, description="child, parent, sibling… within it.")
    valid_from: PastDay = Field(default=None, description="Since when it holds; else the day it was recorded.")
    valid_to: Annotated[str | None, MappedCell(CellKind.DATE, NOT_BEFORE_START, NOT_FUTURE)] = Field(
        default=None, description="First day on which it no longer holds."
    )
    known_from: PastDay = Field(default=None, description="When it was recorded; else the day of delivery.")
    end_known_from: PastDay = Field(default=None, description="When the end was recorded; else valid_to.")
    where: str | None = Field(default=None, description="Only rows for which this is true.")


class AreaMapping(Document):
    """A table whose rows are areas."""

    table: str = Field(description="The table that is read.")
    id: OwnId = Field(description="The area's code.")
    name: Text = Field(default=None, description="The area's name.")
    local_authority: Text = Field(default=None, description="Local authority or district.")
    imd_decile: Annotated[str | None, MappedCell(CellKind.WHOLE, _DECILE)] = Field(
        default=None, description="Deprivation decile, 1 is the most deprived."
    )
    imd_vintage: Text = Field(default=None, description="Year of the deprivation index.")


class AreaEventMapping(Document):
    """A table whose rows are dated figures about areas, such as a month's assaults seen in A&E; about no person."""

    type: str = Field(pattern=NAME, description="Type of event.")
    table: str = Field(description="The table that is read.")
    area: Annotated[str, MappedCell(CellKind.TEXT, REQUIRED)] = Field(description="The area's code.")
    occurred_on: NeededDay = Field(description="The date on which it happened, or the first day of its time.")
    known_from: PastDay = Field(
        default=None, description="The date on which it was recorded; else the day of delivery."
    )
    value: Number = Field(default=None, description="A number, such as how many.")
    detail: Text = Field(default=None, description="A code, such as the kind of weapon.")
    where: str | None = Field(default=None, description="Only rows for which this is true.")


class AssumedRecording(Document):
    """For a source without recording dates: an assumption in the open, which every audit repeats."""

    lag_days: int = Field(ge=0, description="Days from the event until the hub could have known it.")
    because: str = Field(min_length=20, description="Why this is a fair assumption.")
