"""Adapters: the formats that agencies send, each described once in a file of `hub/adapters/`.

    adapter = open_adapter("ssda903")

A source in sources.yaml that names an adapter takes its files and mappings from it (`declarations.sources`); no adapter
needs Python of its own.
"""

from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from hub import yaml_documents
from hub.declarations.expressions import nearest
from hub.declarations.powers import Level, Sector
from hub.declarations.source_files import check_period, check_period_end
from hub.errors import ConfigurationError
from hub.names import NAME, checked
from hub.yaml_documents import Document

FOLDER = Path(str(resources.files("hub").joinpath("adapters")))
"""Where the adapters stand, one YAML file each, with the XML schemas that they name."""


class EachDelivery(StrEnum):
    """What a delivery of a source is."""

    WHOLE = "whole"
    PERIOD = "period"


class Adapter(Document):
    """One format: what it is, whose data it holds, what is dangerous about it, and how it is read."""

    name: str = Field(pattern=NAME, description="The file's name, without .yaml.")
    title: str = Field(min_length=3, description="Its full name.")
    publisher: str = Field(min_length=2, description="Who publishes the format.")
    about: str = Field(min_length=20, description="What it is, who fills it, how often, and what it cannot say.")
    sector: Sector = Field(description="Whose data it is; it decides which gateways can carry it.")
    level: Level = Field(default=Level.PERSON, description="person, or area: figures without people.")
    each_delivery: EachDelivery = Field(
        default=EachDelivery.WHOLE,
        description="whole: the newest delivery replaces the one before; period: deliveries of several periods add up.",
    )
    period: str | None = Field(
        default=None,
        description="For period: return_year, or a regular expression on file names whose group names the period.",
    )
    period_ends: str | None = Field(
        default=None,
        description="For periods that are years: their last day as MM-DD, such as 03-31. A return tells no later day.",
    )
    dangers: tuple[str, ...] = Field(default=(), description="What is known to mislead, each in a sentence.")
    specification: str = Field(min_length=3, description="Where the layout comes from: title and year.")
    source: dict[str, Any] = Field(description="What stands under a source in sources.yaml: files and mappings.")

    @field_validator("period")
    @classmethod
    def _period_has_a_group(cls, value: str | None) -> str | None:
        return check_period(value)

    @field_validator("period_ends")
    @classmethod
    def _period_ends_on_a_day(cls, value: str | None) -> str | None:
        return check_period_end(value)

    @model_validator(mode="after")
    def _period_where_needed(self) -> Self:
        if (self.each_delivery is EachDelivery.PERIOD) != (self.period is not None):
            raise ValueError("`period` goes with `each_delivery: period`, and that needs it")
        return self


def path_of(name: str) -> Path:
    """Return the file of the adapter called `name`.

    Raises:
        ConfigurationError: that is no name.
    """
    return FOLDER / f"{checked(name, 'adapter')}.yaml"


def names() -> list[str]:
    """Return the names of all adapters, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


@cache
def open_adapter(name: str) -> Adapter:
    """Return the adapter called `name`; its `source` is plain data that `hub.declarations.sources` checks.

    Raises:
        ConfigurationError: there is no such adapter, or its file is not as declared.
    """
    if name not in names():
        raise ConfigurationError(
            f"There is no adapter called {name}{nearest(name, names())}.", "`sentinel hub adapters` lists them."
        )
    found = yaml_documents.read(path_of(name), Adapter)
    yaml_documents.require_name(path_of(name), found.name)
    return found
