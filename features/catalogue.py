"""`indicators.yaml`: every indicator a model may ever see, named, explained and allowed."""

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from hub import yaml_documents
from hub.source_files import NAME
from hub.yaml_documents import Document


class Measure(StrEnum):
    """What is worked out from the events inside the window."""

    COUNT = "count"
    ANY = "any"
    DAYS_SINCE_LAST = "days_since_last"
    DAYS_SINCE_FIRST = "days_since_first"
    DISTINCT_SOURCES = "distinct_sources"
    SUM = "sum"
    MEAN = "mean"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"


class Over(StrEnum):
    """Whose events count: the child's own, or those of the others in the child's household on that day."""

    SELF = "self"
    HOUSEHOLD = "household"


class Kind(StrEnum):
    """Whether more of it is a need, a strength, or neither by itself."""

    RISK = "risk"
    PROTECTIVE = "protective"
    CONTEXT = "context"


class Direction(StrEnum):
    """What more of it is expected to do to the probability."""

    RAISES = "raises"
    LOWERS = "lowers"
    UNKNOWN = "unknown"


class EventFilter(Document):
    """Which events count. Each list that is given must hold the event's value."""

    types: tuple[str, ...] = Field(min_length=1, description="Event types.")
    roles: tuple[str, ...] | None = Field(default=None, description="Only these roles.")
    details: tuple[str, ...] | None = Field(default=None, description="Only these codes.")
    origins: tuple[str, ...] | None = Field(default=None, description="Only 'reported' or only 'agency'.")


class Indicator(Document):
    """One indicator.

    Its number for (person_id, as_of_date) uses only events that occurred in `[as_of_date - window_days, as_of_date)`
    and were known on `as_of_date` (`known_from <= as_of_date`, and not withdrawn by then).
    """

    name: str = Field(pattern=NAME, max_length=60, description="Short name; the column in the matrix.")
    plain: str = Field(min_length=10, max_length=160, description="What it says, for a lay reader.")
    unit: str = Field(min_length=1, description="times, days, yes/no, points…")
    source: str = Field(description="The source whose events it reads.")
    events: EventFilter = Field(description="Which events count.")
    window_days: int | None = Field(
        default=None, ge=1, le=36_600, description="Length of the window in days; leave it out for all time before."
    )
    measure: Measure = Field(description="What is worked out from the events.")
    over: Over = Field(default=Over.SELF, description="self, or household: the others who live with the child.")
    kind: Kind = Field(description="risk, protective or context.")
    direction: Direction = Field(description="What more of it is expected to do: raises, lowers or unknown.")
    missing: str = Field(min_length=5, description="What it means when there is no number.")
    why_fair: str = Field(min_length=20, description="Why it is fair and allowed to use it.")
    proxy_danger: str = Field(default="none known", description="What it may stand in for, such as ethnicity.")


class Catalogue(Document):
    """The file `indicators.yaml`."""

    indicators: tuple[Indicator, ...] = Field(min_length=1, description="All indicators of the partnership.")

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        names = [indicator.name for indicator in self.indicators]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"the indicator {name} is declared twice; rename one")
        return self

    def select(self, names: tuple[str, ...]) -> tuple[Indicator, ...]:
        """Return the indicators called `names`, in that order."""
        by_name = {indicator.name: indicator for indicator in self.indicators}
        return tuple(by_name[name] for name in names)


def read(folder: Path) -> Catalogue:
    """Read `indicators.yaml` of a partnership's folder."""
    return yaml_documents.read(folder / "indicators.yaml", Catalogue)
