"""`indicators.yaml`: every indicator a model may ever see, named, explained and allowed."""

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from features.declarations.measures import DEFINITIONS, Measure, Reads
from hub import yaml_documents
from hub.names import NAME
from hub.yaml_documents import Document


class Over(StrEnum):
    """Whose events count, as far as it was known on the as-of date.

    self: the child's own. household: those of the others in the child's household on that day. siblings: those of the
    other children of the child's families on that day. area: figures about the area of the child's household.
    """

    SELF = "self"
    HOUSEHOLD = "household"
    SIBLINGS = "siblings"
    AREA = "area"


class IndicatorKind(StrEnum):
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

    def overlaps(self, other: "EventFilter") -> bool:
        """Say whether one event can be meant by both."""
        lists = ((self.types, other.types), (self.roles, other.roles), (self.details, other.details))
        return all(
            own is None or theirs is None or not set(own).isdisjoint(theirs)
            for own, theirs in (*lists, (self.origins, other.origins))
        )


class Spells(Document):
    """Times in a state: from a start to the first end of the same episode on or after it; without one it goes on."""

    starts: EventFilter = Field(description="The events that begin a spell.")
    ends: EventFilter = Field(description="The events that end it, by the same episode.")


class Indicator(Document):
    """One indicator.

    Its number for (person_id, as_of_date) uses only events that occurred in `[as_of_date - window_days, as_of_date)`
    and were known on `as_of_date` (`known_from <= as_of_date`, and not withdrawn by then). `declarations.measures` says
    what each measure works out from them.
    """

    name: str = Field(pattern=NAME, max_length=60, description="Short name; the column in the matrix.")
    plain: str = Field(min_length=10, max_length=160, description="What it says, for a lay reader.")
    unit: str = Field(min_length=1, description="times, days, yes/no, points…")
    sources: tuple[str, ...] = Field(min_length=1, description="The sources whose events it reads.")
    events: EventFilter | None = Field(default=None, description="Which events count.")
    kinds: dict[str, EventFilter] = Field(
        default_factory=dict, max_length=32, description="For distinct_kinds: named kinds and which events are one."
    )
    spells: Spells | None = Field(default=None, description="For measures of a state: what begins it and what ends it.")
    window_days: int | None = Field(
        default=None, ge=1, le=36_600, description="Length of the window in days; leave it out for all time before."
    )
    recent_days: int | None = Field(
        default=None,
        ge=1,
        description="For trend and mean_change: the last days, compared with the rest.",
    )
    measure: Measure = Field(description="What is worked out from the events.")
    over: Over = Field(default=Over.SELF, description="self, household, siblings or area: whose events count.")
    kind: IndicatorKind = Field(description="risk, protective or context.")
    direction: Direction = Field(description="What more of it is expected to do: raises, lowers or unknown.")
    missing: str = Field(min_length=5, description="What it means when there is no number, or zero.")
    why_fair: str = Field(min_length=20, description="Why it is fair and allowed to use it.")
    proxy_danger: str = Field(default="none known", description="What it may stand in for, such as ethnicity.")

    @model_validator(mode="after")
    def _fits_the_measure(self) -> Self:
        said = DEFINITIONS[self.measure]
        given = {Reads.EVENTS: self.events is not None, Reads.KINDS: bool(self.kinds), Reads.SPELLS: bool(self.spells)}
        for what, here in given.items():
            if here != (what is said.reads):
                must = "must say" if what is said.reads else "has no"
                raise ValueError(f"{self.name}: the measure {self.measure} {must} {what}")
        if said.needs_window and self.window_days is None:
            raise ValueError(f"{self.name}: the measure {self.measure} must say window_days")
        if said.needs_recent != (self.recent_days is not None):
            raise ValueError(f"{self.name}: recent_days belongs to the measures trend and mean_change, and to no other")
        if self.recent_days is not None and self.window_days is not None and self.recent_days >= self.window_days:
            raise ValueError(f"{self.name}: recent_days must be shorter than window_days")
        return self

    def filters(self) -> tuple[EventFilter, ...]:
        """Return every event filter of the indicator: its events, its kinds, or the starts and ends of its spells."""
        spells = () if self.spells is None else (self.spells.starts, self.spells.ends)
        return (*(() if self.events is None else (self.events,)), *self.kinds.values(), *spells)

    def types(self) -> tuple[str, ...]:
        """Return every event type that it names, sorted, each once; none for `known`, which reads them all."""
        return tuple(sorted({kind for one in self.filters() for kind in one.types}))


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
