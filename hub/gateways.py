"""Legal gateways: the power or agreement under which a source may be used, for which purposes and until when."""

import datetime
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from hub import yaml_documents
from hub.errors import GatewayError
from hub.yaml_documents import Document


class Law(StrEnum):
    """The powers that a gateway may rest on."""

    CHILDREN_ACT_1989_S17 = "Children Act 1989 s17"
    CHILDREN_ACT_1989_S47 = "Children Act 1989 s47"
    CHILDREN_ACT_2004_S10 = "Children Act 2004 s10"
    CHILDREN_ACT_2004_S11 = "Children Act 2004 s11"
    CRIME_AND_DISORDER_ACT_1998_S37 = "Crime and Disorder Act 1998 s37"
    CRIME_AND_DISORDER_ACT_1998_S115 = "Crime and Disorder Act 1998 s115"
    PCSC_ACT_2022_S16 = "PCSC Act 2022 s16"
    PCSC_ACT_2022_S17 = "PCSC Act 2022 s17"
    AGREEMENT = "agreement"
    CONSENT = "consent"
    VITAL_INTERESTS = "vital interests"


class Regime(StrEnum):
    """The data protection regime under which the use falls."""

    UK_GDPR = "UK GDPR"
    DPA_2018_PART_3 = "DPA 2018 Part 3"


class Level(StrEnum):
    """Whether facts about single people may be used, or only about areas."""

    PERSON = "person"
    AREA = "area"


class Gateway(Document):
    """One gateway. `valid_from` and `valid_to` are both inside the time in which it holds."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Short name, by which sources refer to it.")
    law: Law = Field(description="The power it rests on.")
    parties: tuple[str, ...] = Field(min_length=1, description="Agencies that share under it.")
    purposes: tuple[str, ...] = Field(min_length=1, description="Purposes for which it may be used.")
    regime: Regime = Field(description="UK GDPR, or Part 3 of the Data Protection Act 2018 (law enforcement).")
    level: Level = Field(default=Level.PERSON, description="person or area.")
    valid_from: datetime.date = Field(description="First day on which it holds.")
    valid_to: datetime.date = Field(description="Last day on which it holds.")
    document: str = Field(min_length=3, description="Where the signed document is kept: a reference, not a link.")
    owner: str = Field(min_length=2, description="Who keeps it alive and answers for it: a role, not a name.")

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from; correct one of the dates")
        return self

    def holds_on(self, day: datetime.date) -> bool:
        """Say whether the gateway holds on `day`."""
        return self.valid_from <= day <= self.valid_to


class Gateways(Document):
    """The file `gateways.yaml`."""

    gateways: tuple[Gateway, ...] = Field(min_length=1, description="All gateways of the partnership.")

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        names = [gateway.name for gateway in self.gateways]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"the gateway {name} is declared twice; rename one")
        return self


def read(path: Path) -> tuple[Gateway, ...]:
    """Read `gateways.yaml`."""
    return yaml_documents.read(path, Gateways).gateways


def require(
    source: str,
    gateways: Iterable[Gateway],
    *,
    purpose: str | None,
    on: datetime.date,
    level: Level = Level.PERSON,
) -> Gateway:
    """Return the first gateway that lets `source` be used.

    Args:
        source: the name of the source, for the message.
        gateways: the gateways that the source names.
        purpose: the purpose of the use case; None asks only that some purpose is open.
        on: the day of use.
        level: whether facts about single people are used; for facts about areas either kind of gateway will do.

    Raises:
        GatewayError: none holds. The message names the source and why each of its gateways does not reach.
    """
    reasons = []
    for gateway in gateways:
        if gateway.level is Level.AREA and level is Level.PERSON:
            reasons.append(f"{gateway.name} is for areas only")
        elif not gateway.holds_on(on):
            reasons.append(f"{gateway.name} holds from {gateway.valid_from} to {gateway.valid_to}")
        elif purpose is not None and purpose not in gateway.purposes:
            reasons.append(f"{gateway.name} is not for this purpose")
        else:
            return gateway
    why = "; ".join(reasons) if reasons else "it names no gateway"
    use = f"for the purpose {purpose}" if purpose is not None else "for any purpose"
    raise GatewayError(
        f"The source {source} has no valid gateway {use} on {on}: {why}.",
        "Agree one with its owner and declare it in gateways.yaml, or leave the source out.",
    )
