"""A partnership: a folder of YAML. Code is generic, a partnership is data."""

import datetime
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from hub import yaml_documents
from hub.declarations import gateways, powers, sources
from hub.declarations.gateways import Carried, Gateway, Refusal
from hub.declarations.placeholders import Placeholders
from hub.declarations.powers import OTHER_POWERS, Level, Sector
from hub.declarations.sources import Source
from hub.disclosing.disclosure import FEWEST, SmallNumbers
from hub.errors import ConfigurationError, GatewayError
from hub.names import NAME, stays_inside
from hub.yaml_documents import Document


class Role(StrEnum):
    """What a person may do: in the record of the ethics group, and, a clerk, in the hub."""

    ANALYST = "analyst"
    REVIEWER = "reviewer"
    OWNER = "owner"
    CLERK = "clerk"


class Agency(Document):
    """One agency of the partnership."""

    name: str = Field(pattern=NAME, description="Short name, by which sources refer to it.")
    title: str = Field(min_length=2, description="Full name.")
    sector: Sector = Field(description="What it belongs to; the law treats health and social care differently.")


class Person(Document):
    """Someone who proposes, recommends or decides."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_.-]*$", description="How commands name the person (`--as`).")
    title: str = Field(min_length=2, description="What they bring, such as lived experience or data protection.")
    role: Role = Field(
        description="analyst proposes and trains; reviewer recommends; owner decides; clerk finds whose an id is."
    )


_LOOK_ALIKE = {"0": "o", "1": "l", "m": "rn", "w": "vv", "d": "cl"}
"""Letters and digits that can be taken for each other (Unicode Technical Standard 39, those that an id may hold)."""


def _shape(id_: str) -> str:
    """Return what an id looks like: two ids with one shape can be taken for each other."""
    folded = unicodedata.normalize("NFKC", id_).casefold()
    return "".join(_LOOK_ALIKE.get(one, one) for one in folded if one.isalnum())


class Panel(Document):
    """The data ethics group and the accountable owner."""

    quorum: int = Field(ge=2, description="How many reviewers must have recommended before the owner may decide.")
    people: tuple[Person, ...] = Field(min_length=4, description="Analysts, reviewers, the owner, clerks.")

    @model_validator(mode="after")
    def _can_meet(self) -> Self:
        ids = [person.id for person in self.people]
        for one in ids:
            if ids.count(one) > 1:
                raise ValueError(f"{one} is named twice; one person has one entry")
        shapes = [_shape(one) for one in ids]
        for one, shape in zip(ids, shapes, strict=True):
            if shapes.count(shape) > 1:
                raise ValueError(
                    f"{one} and another id can be taken for each other; people are told apart by their ids"
                )
        roles = [person.role for person in self.people]
        if roles.count(Role.REVIEWER) < self.quorum:
            raise ValueError("there are fewer reviewers than the quorum; name more or lower it")
        if roles.count(Role.OWNER) < 1 or roles.count(Role.ANALYST) < 1:
            raise ValueError("the panel needs at least one owner and one analyst")
        return self


class Demonstration(Document):
    """What `sentinel demo` does with this partnership."""

    use_case: str = Field(description="The use case that is walked through.")
    delivered_on: datetime.date = Field(description="The day on which the extracts count as delivered.")
    generator: str | None = Field(
        default=None, description="Folder, beside this file, of a Python program that writes the extracts; else --data."
    )

    @field_validator("generator")
    @classmethod
    def _generator_beside(cls, value: str | None) -> str | None:
        if value is not None and not stays_inside(value):
            raise ValueError("the generator lies beside this file: name it without .. or a folder above")
        return value


class PartnershipFile(Document):
    """The file `partnership.yaml`."""

    name: str = Field(pattern=NAME, description="Short name.")
    title: str = Field(min_length=3, description="Full name, as pages show it.")
    agencies: tuple[Agency, ...] = Field(min_length=1, description="The agencies.")
    hub: str | None = Field(
        default=None, description="The agency that runs the hub; a score goes to it when no agency is named."
    )
    panel: Panel = Field(description="Who proposes, recommends and decides.")
    placeholders: Placeholders = Field(
        default_factory=Placeholders, description='What else is written for "not known" here.'
    )
    withhold_below: int = Field(
        default=FEWEST,
        ge=5,
        le=100,
        description="Numbers of people from 1 to one below this are not shown, nor whatever would give one away.",
    )
    demonstration: Demonstration | None = Field(default=None, description="For `sentinel demo`.")

    @property
    def small_numbers(self) -> SmallNumbers:
        """Which numbers of people may be shown."""
        return SmallNumbers(self.withhold_below)


@dataclass(frozen=True, slots=True)
class Partnership:
    """A partnership whose files agree with each other.

    Indicators and use cases stand in the same folder; `features` reads them.
    """

    folder: Path
    file: PartnershipFile
    gateways: tuple[Gateway, ...]
    sources: tuple[Source, ...]

    @property
    def name(self) -> str:
        """Short name."""
        return self.file.name

    @property
    def small_numbers(self) -> SmallNumbers:
        """Which numbers of people may be shown."""
        return self.file.small_numbers

    def source(self, name: str) -> Source:
        """Return the source called `name`."""
        return next(source for source in self.sources if source.name == name)

    def gateways_of(self, source: Source) -> tuple[Gateway, ...]:
        """Return the gateways that `source` names, in its order."""
        by_name = {gateway.name: gateway for gateway in self.gateways}
        return tuple(by_name[name] for name in source.gateways)

    def agency(self, name: str) -> Agency | None:
        """Return the agency called `name`, or None."""
        return next((agency for agency in self.file.agencies if agency.name == name), None)

    def person(self, name: str) -> Person:
        """Return who is called `name` in the panel.

        Raises:
            ConfigurationError: nobody is.
        """
        found = next((one for one in self.file.panel.people if one.id == name), None)
        if found is None:
            ids = ", ".join(one.id for one in self.file.panel.people)
            raise ConfigurationError("partnership.yaml names nobody with the id given with --as.", f"It names: {ids}.")
        return found

    def carried(self, source: Source) -> Carried:
        """Return what a gateway is asked to carry when `source` is used: its own sector, else its agency's."""
        agency = self.agency(source.agency)
        sector = source.sector or (agency.sector if agency is not None else None)
        return Carried(source.name, source.agency, sector, source.carries)

    def judge(
        self, source: Source, *, purpose: str | None, on: datetime.date, shown_to: str | None = None
    ) -> tuple[Gateway | None, tuple[Refusal, ...]]:
        """Return the gateway, as declared now, that lets `source` be used, or None with why each does not."""
        held = self.gateways_of(source)
        return gateways.judge(self.carried(source), held, purpose=purpose, on=on, shown_to=shown_to)

    def require_gateway(
        self, name: str, *, purpose: str | None, on: datetime.date, shown_to: str | None = None
    ) -> Gateway:
        """Return the gateway, as declared now, that lets the source called `name` be used; see `gateways.refusal`.

        Raises:
            GatewayError: none does, or sources.yaml does not declare the source any more.
        """
        source = next((one for one in self.sources if one.name == name), None)
        if source is None:
            raise GatewayError(
                f"The source {name} may not be used: sources.yaml does not declare it any more.",
                "Declare it again, with a gateway, or leave it out.",
            )
        return gateways.require(
            self.carried(source), self.gateways_of(source), purpose=purpose, on=on, shown_to=shown_to
        )

    def day_of_use(self, now: datetime.datetime, *, practice: bool) -> datetime.date:
        """Return the day on which gateways must hold when something is used at `now`, in UTC.

        A demonstration is looked at on its own day: nobody is helped or harmed by it, and its gateways end.

        Args:
            now: the present moment.
            practice: whether the workspace is a demonstration's (hub.ledger.practice); without that no line of
                partnership.yaml stops the time.
        """
        said = self.file.demonstration
        if practice and said is not None:
            return said.delivered_on
        return now.astimezone(datetime.UTC).date()


def read(folder: Path) -> Partnership:
    """Read `partnership.yaml`, `gateways.yaml` and `sources.yaml` and check that they agree.

    Raises:
        ConfigurationError: a file is missing or wrong, or a name in one does not exist in another.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"{folder}: no such folder.", "Give --partnership, or make one with `sentinel init`.")
    found = Partnership(
        folder,
        yaml_documents.read(folder / "partnership.yaml", PartnershipFile),
        gateways.read(folder / "gateways.yaml"),
        sources.read(folder / "sources.yaml"),
    )
    agencies = [agency.name for agency in found.file.agencies]
    for index, gateway in enumerate(found.gateways):
        for party in gateway.parties:
            _known(folder / "gateways.yaml", f"gateways.{index}.parties", "agency", party, agencies)
    if found.file.hub is not None:
        _known(folder / "partnership.yaml", "hub", "agency", found.file.hub, agencies)
    names = [gateway.name for gateway in found.gateways]
    for index, source in enumerate(found.sources):
        _known(folder / "sources.yaml", f"sources.{index}.agency", "agency", source.agency, agencies)
        for gateway_name in source.gateways:
            _known(folder / "sources.yaml", f"sources.{index}.gateways", "gateway", gateway_name, names)
        _lawful(found, index, source)
    return found


def _lawful(found: Partnership, index: int, source: Source) -> None:
    """Raise when `source` names a gateway that cannot carry it, whatever the day and the purpose.

    Raises:
        ConfigurationError: the law forbids it, or figures about areas would come in under gateways for people only.
    """
    path, carried = found.folder / "sources.yaml", found.carried(source)
    held = found.gateways_of(source)
    for place, gateway in enumerate(held):
        objection = powers.objection(gateway.law, carried.sector, carried.level)
        if objection is not None:
            raise yaml_documents.wrong(
                path,
                f"sources.{index}.gateways.{place}",
                f"the source {source.name} holds facts about single people. {objection}, so the gateway "
                f"{gateway.name} does not let it in",
                f"Take that gateway away and name one that rests on {OTHER_POWERS}; or deliver figures about areas "
                "only (level: area).",
            )
    if source.level is Level.AREA and all(gateway.level is Level.PERSON for gateway in held):
        raise yaml_documents.wrong(
            path,
            f"sources.{index}.gateways",
            f"the source {source.name} is for areas only (level: area), and every gateway that it names is for facts "
            "about single people",
            "Name a gateway whose level is area: figures about places need no more, and may be no more.",
        )


def _known(path: Path, where: str, what: str, name: str, known: Iterable[str]) -> None:
    """Raise with the file, the line and the nearest known name when `name` is not in `known`."""
    if name not in known:
        raise yaml_documents.unknown_name(path, where, what, name, known)
