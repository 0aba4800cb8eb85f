"""A partnership: a folder of YAML. Code is generic, a partnership is data."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from hub import gateways, sources, yaml_documents
from hub.errors import ConfigurationError
from hub.gateways import Gateway
from hub.source_files import NAME
from hub.sources import Source
from hub.yaml_documents import Document


class Role(StrEnum):
    """What a person may do in the record of the ethics group."""

    ANALYST = "analyst"
    REVIEWER = "reviewer"
    OWNER = "owner"


class Agency(Document):
    """One agency of the partnership."""

    name: str = Field(pattern=NAME, description="Short name, by which sources refer to it.")
    title: str = Field(min_length=2, description="Full name.")


class Person(Document):
    """Someone who proposes, recommends or decides."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_.-]*$", description="How commands name the person (`--as`).")
    title: str = Field(min_length=2, description="What they bring, such as lived experience or data protection.")
    role: Role = Field(description="analyst proposes and trains; reviewer recommends; owner decides.")


class Panel(Document):
    """The data ethics group and the accountable owner."""

    quorum: int = Field(ge=2, description="How many reviewers must have recommended before the owner may decide.")
    people: tuple[Person, ...] = Field(min_length=4, description="Analysts, reviewers and the accountable owner.")

    @model_validator(mode="after")
    def _can_meet(self) -> Self:
        ids = [person.id for person in self.people]
        for one in ids:
            if ids.count(one) > 1:
                raise ValueError(f"{one} is named twice; one person has one entry")
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


class PartnershipFile(Document):
    """The file `partnership.yaml`."""

    name: str = Field(pattern=NAME, description="Short name.")
    title: str = Field(min_length=3, description="Full name, as pages show it.")
    agencies: tuple[Agency, ...] = Field(min_length=1, description="The agencies.")
    panel: Panel = Field(description="Who proposes, recommends and decides.")
    demonstration: Demonstration | None = Field(default=None, description="For `sentinel demo`.")


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

    def source(self, name: str) -> Source:
        """Return the source called `name`."""
        return next(source for source in self.sources if source.name == name)

    def gateways_of(self, source: Source) -> tuple[Gateway, ...]:
        """Return the gateways that `source` names, in its order."""
        by_name = {gateway.name: gateway for gateway in self.gateways}
        return tuple(by_name[name] for name in source.gateways)


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
    names = [gateway.name for gateway in found.gateways]
    for index, source in enumerate(found.sources):
        _known(folder / "sources.yaml", f"sources.{index}.agency", "agency", source.agency, agencies)
        for gateway_name in source.gateways:
            _known(folder / "sources.yaml", f"sources.{index}.gateways", "gateway", gateway_name, names)
    return found


def _known(path: Path, where: str, what: str, name: str, known: Iterable[str]) -> None:
    """Raise with the file, the line and the nearest known name when `name` is not in `known`."""
    if name not in known:
        raise yaml_documents.unknown_name(path, where, what, name, known)
