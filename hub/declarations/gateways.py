"""Legal gateways: the power or agreement under which a source may be used, for which purposes and until when.

A source is used only under a gateway that the law lets carry it (declarations.powers), that reaches people where people
are meant, that is for the purpose, whose parties include the agency that delivers (and, where something is shown, the
agency that sees it), and that holds on the day.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from hub import yaml_documents
from hub.declarations import powers
from hub.declarations.powers import Law, Level, Regime, Sector
from hub.errors import GatewayError
from hub.names import NAME
from hub.yaml_documents import Document


class Gateway(Document):
    """One gateway. `valid_from` and `valid_to` are both inside the time in which it holds."""

    name: str = Field(pattern=NAME, description="Short name, by which sources refer to it.")
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

    @model_validator(mode="after")
    def _regime_fits(self) -> Self:
        wrong = powers.wrong_regime(self.law, self.regime)
        if wrong is not None:
            raise ValueError(wrong)
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


@dataclass(frozen=True, slots=True)
class Carried:
    """What a gateway is asked to carry.

    Attributes:
        source: name of the source.
        agency: the agency that delivers it.
        sector: whose data it is; None when that was never recorded.
        level: facts about single people, or figures about areas.
    """

    source: str
    agency: str
    sector: Sector | None
    level: Level = Level.PERSON


class Obstacle(StrEnum):
    """Why a gateway does not let something be used, the one that is hardest to mend first."""

    LAW = "the law does not let it carry this"
    AREAS_ONLY = "for areas only"
    OTHER_PURPOSE = "not for this purpose"
    PARTY_MISSING = "an agency is not a party"
    EXPIRED = "expired"
    NOT_YET = "not yet valid"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one gateway does not reach: the gateway, the kind of obstacle, and it in words."""

    gateway: Gateway
    obstacle: Obstacle
    words: str


def refusal(
    gateway: Gateway, carried: Carried, *, purpose: str | None, on: datetime.date, shown_to: str | None = None
) -> Refusal | None:
    """Return why `gateway` does not let `carried` be used, or None when it does.

    Args:
        gateway: the gateway.
        carried: what is to be used.
        purpose: the purpose of the use; None asks only that some purpose is open.
        on: the day of use.
        shown_to: the agency that is to see it; None when nobody is shown anything.
    """
    name = gateway.name
    wrong = powers.objection(gateway.law, carried.sector, carried.level)
    missing = [agency for agency in (carried.agency, shown_to) if agency is not None and agency not in gateway.parties]
    if wrong is not None:
        return Refusal(gateway, Obstacle.LAW, f"{name}: {wrong}")
    if gateway.level is Level.AREA and carried.level is Level.PERSON:
        return Refusal(gateway, Obstacle.AREAS_ONLY, f"{name} is for areas only")
    if purpose is not None and purpose not in gateway.purposes:
        return Refusal(gateway, Obstacle.OTHER_PURPOSE, f"{name} is not for this purpose")
    if missing:
        return Refusal(gateway, Obstacle.PARTY_MISSING, f"{' and '.join(missing)} is not a party to {name}")
    if not gateway.holds_on(on):
        kind = Obstacle.EXPIRED if gateway.valid_to < on else Obstacle.NOT_YET
        return Refusal(gateway, kind, f"{name} holds from {gateway.valid_from} to {gateway.valid_to}")
    return None


def judge(
    carried: Carried,
    gateways: Iterable[Gateway],
    *,
    purpose: str | None,
    on: datetime.date,
    shown_to: str | None = None,
) -> tuple[Gateway | None, tuple[Refusal, ...]]:
    """Return the first gateway that lets `carried` be used, or None with why each does not; see `refusal`."""
    refusals = []
    for gateway in gateways:
        found = refusal(gateway, carried, purpose=purpose, on=on, shown_to=shown_to)
        if found is None:
            return gateway, ()
        refusals.append(found)
    return None, tuple(refusals)


def require(
    carried: Carried,
    gateways: Iterable[Gateway],
    *,
    purpose: str | None,
    on: datetime.date,
    shown_to: str | None = None,
) -> Gateway:
    """Return the first gateway that lets `carried` be used; see `refusal` for the arguments.

    Raises:
        GatewayError: none does. The message names the source and why each of its gateways does not reach.
    """
    gateway, refusals = judge(carried, gateways, purpose=purpose, on=on, shown_to=shown_to)
    if gateway is None:
        use = f"for the purpose {purpose}" if purpose is not None else "for any purpose"
        raise GatewayError(
            f"The source {carried.source} has no valid gateway {use} on {on}: {reasons(refusals)}.", remedy(refusals)
        )
    return gateway


def reasons(refusals: Sequence[Refusal]) -> str:
    """Return in words why none of a source's gateways reaches, without the day that was asked about."""
    return "; ".join(one.words for one in refusals) if refusals else "it names no gateway"


def remedy(refusals: Sequence[Refusal]) -> str:
    """Return what to do when none of a source's gateways reaches: renew one that only its dates close, or agree one."""
    lapsed = [one.gateway for one in refusals if one.obstacle is Obstacle.EXPIRED]
    if lapsed:
        return (
            f"The last day of {lapsed[0].name} was {lapsed[0].valid_to}. Ask its owner ({lapsed[0].owner}) to renew it "
            "and correct valid_to in gateways.yaml, or leave the source out."
        )
    return "Agree one with its owner and declare it in gateways.yaml, or leave the source out."
