"""`outcomes.yaml`: the partnership's outcomes framework, one label card for each outcome, as dated rules.

    framework = outcomes.read(partnership)
    framework.called("began_social_work_help")[-1].known_bias

A use case names the outcome that it estimates; `sentinel features outcomes` tells the levels of them all.
"""

import datetime
from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import chain, combinations, pairwise
from types import MappingProxyType
from typing import Self

from pydantic import Field, model_validator

from features.declarations.ages import Ages
from features.declarations.catalogue import EventFilter
from features.declarations.cohort import FollowedUntil
from hub import yaml_documents
from hub.declarations.partnership import Partnership
from hub.names import NAME
from hub.yaml_documents import Document

_EVERYBODY = (0, 200)
_MOST_RELATED = 8
# Of so many outcomes a child can have had any: 256 ways, for each of which it is known how many.


class Headline(StrEnum):
    """The ten headline outcomes of the Supporting Families programme."""

    EDUCATION = "good_education"
    EARLY_YEARS = "good_early_years_development"
    HEALTH = "improved_mental_and_physical_health"
    SUBSTANCE_USE = "reduced_harm_from_substance_use"
    RELATIONSHIPS = "improved_family_relationships"
    SAFE_CHILDREN = "children_safe_from_abuse_and_exploitation"
    CRIME = "crime_prevention"
    DOMESTIC_ABUSE = "safe_from_domestic_abuse"
    HOUSING = "secure_housing"
    MONEY = "financial_stability"


HEADLINES: Mapping[Headline, str] = MappingProxyType(
    {
        Headline.EDUCATION: "Getting a good education",
        Headline.EARLY_YEARS: "Good early years development",
        Headline.HEALTH: "Improved mental and physical health",
        Headline.SUBSTANCE_USE: "Promoting recovery and reducing harm from substance use",
        Headline.RELATIONSHIPS: "Improved family relationships",
        Headline.SAFE_CHILDREN: "Children safe from abuse and exploitation",
        Headline.CRIME: "Crime prevention and tackling crime",
        Headline.DOMESTIC_ABUSE: "Safe from domestic abuse",
        Headline.HOUSING: "Secure housing",
        Headline.MONEY: "Financial stability",
    }
)
"""Their wording in the programme's outcomes framework (2022 to 2025), in its order."""


class BetterWhen(StrEnum):
    """Which way is better, as far as records can say."""

    FEWER = "fewer"
    MORE = "more"


class Period(StrEnum):
    """How long the times are for which a level is told."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Outcome(Document):
    """One outcome and its label card. For a person it is 1 when there is such an event in a time, else 0."""

    name: str = Field(pattern=NAME, max_length=60, description="Short name, by which use cases refer to it.")
    title: str = Field(min_length=5, max_length=80, description="For pages.")
    plain: str = Field(
        min_length=10, description="What it measures, for a lay reader; pages say the horizon beside it."
    )
    headline: Headline = Field(description="Which of Supporting Families' ten headline outcomes it belongs to.")
    better_when: BetterWhen = Field(description="fewer or more.")
    events: EventFilter = Field(description="The events that count.")
    ages: Ages | None = Field(default=None, description="Of whom levels are told; leave it out for everybody.")
    period: Period = Field(default=Period.QUARTER, description="Levels are told by month, quarter or year.")
    followed_until: FollowedUntil | None = Field(
        default=None, description="Until when it can be seen whether it happens, such as below_years: 18."
    )
    decided_by: str = Field(min_length=5, description="Who decides that it happened.")
    known_bias: str = Field(min_length=10, description="What is known to be unfair or wrong in it.")
    since: datetime.date = Field(description="First day on which this definition holds.")
    until: datetime.date | None = Field(
        default=None, description="First day on which it no longer holds; leave it out while it does."
    )
    why: str = Field(min_length=10, description="Why it holds since then; after a change, what changed and why.")

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.until is not None and self.until <= self.since:
            raise ValueError(f"{self.name}: until must be after since")
        return self

    def counts_events_of(self, other: "Outcome") -> bool:
        """Say whether one event can count here and for the other, on a day on which both definitions hold."""
        begins = max(self.since, other.since)
        both = all(one.until is None or begins < one.until for one in (self, other))
        return both and self.events.overlaps(other.events)

    def ages_overlap(self, other: "Outcome") -> bool:
        """Say whether somebody can be of the ages of both."""
        spans = [_EVERYBODY if of.ages is None else (of.ages.from_years, of.ages.below_years) for of in (self, other)]
        return max(first for first, _ in spans) < min(below for _, below in spans)

    def holds(self, first: datetime.date, until: datetime.date) -> bool:
        """Say whether this definition is in force on every day of `[first, until)`."""
        return self.since <= first and (self.until is None or until <= self.until)


class Framework(Document):
    """The file `outcomes.yaml`. Each headline outcome is measured, or it says why not."""

    purpose: str = Field(pattern=NAME, description="The purpose for which levels are told; gateways must allow it.")
    outcomes: tuple[Outcome, ...] = Field(min_length=1, description="The outcomes, each a label card.")
    not_measured: dict[Headline, str] = Field(
        default_factory=dict, description="For each headline outcome without one: not measured, because…"
    )

    @model_validator(mode="after")
    def _definitions_follow_each_other(self) -> Self:
        for name in dict.fromkeys(outcome.name for outcome in self.outcomes):
            for before, after in pairwise(self.called(name)):
                if before.until is None or before.until > after.since:
                    raise ValueError(f"{name}: a definition must end (until) before the next one begins (since)")
        return self

    @model_validator(mode="after")
    def _levels_do_not_subtract(self) -> Self:
        """Refuse outcomes that can count one event for ages that overlap, unless their levels can be told together.

        The difference of two such levels tells of a year of age, or of a month of a year.
        """
        for one, other in combinations(self.outcomes, 2):
            if not one.counts_events_of(other) or not one.ages_overlap(other):
                continue
            if one.ages != other.ages:
                raise ValueError(
                    f"{one.name} and {other.name} count the same events for ages that overlap: subtracting their "
                    "levels would tell of few. Give both the same ages, or ages that do not overlap"
                )
            if one.period is not other.period:
                raise ValueError(
                    f"{one.name} and {other.name} count the same events by {one.period.value} and by "
                    f"{other.period.value}: subtracting their levels would tell of few. Give both the same period"
                )
        return self

    @model_validator(mode="after")
    def _few_count_the_same_events(self) -> Self:
        for group in self.related():
            if len(group) > _MOST_RELATED:
                raise ValueError(
                    f"{', '.join(one.name for one in group)} count the same events, so that their levels are told "
                    f"together: at most {_MOST_RELATED} outcomes may"
                )
        return self

    @model_validator(mode="after")
    def _every_headline_once(self) -> Self:
        measured = {outcome.headline for outcome in self.outcomes}
        for headline in Headline:
            if (headline in measured) == (headline in self.not_measured):
                wrong = "is measured; take it out of not_measured" if headline in measured else "has no outcome"
                remedy = "" if headline in measured else "; add one, or say in not_measured why not"
                raise ValueError(f"the headline outcome {headline.value} {wrong}{remedy}")
        return self

    def related(self) -> tuple[tuple[Outcome, ...], ...]:
        """Return the outcomes in groups whose levels must be told together, since they can count the same events."""
        groups: list[list[Outcome]] = []
        for one in self.outcomes:
            near = [group for group in groups if any(one.counts_events_of(of) and one.ages == of.ages for of in group)]
            groups = [group for group in groups if group not in near] + [[*chain.from_iterable(near), one]]
        order = {one: at for at, one in enumerate(self.outcomes)}
        return tuple(sorted((tuple(group) for group in groups), key=lambda group: order[group[0]]))

    def called(self, name: str) -> tuple[Outcome, ...]:
        """Return the definitions of the outcome called `name`, oldest first; none when there is no such outcome."""
        return tuple(sorted((one for one in self.outcomes if one.name == name), key=lambda one: one.since))


def read(partnership: Partnership) -> Framework:
    """Read `outcomes.yaml` of a partnership's folder and check it against the sources.

    Raises:
        ConfigurationError: the file is missing or wrong, or names an event type that no source brings.
    """
    path = partnership.folder / "outcomes.yaml"
    found = yaml_documents.read(path, Framework)
    known = {event.type for source in partnership.sources for event in source.events}
    for index, outcome in enumerate(found.outcomes):
        until = outcome.followed_until.events if outcome.followed_until is not None else None
        for where, events in (("events", outcome.events), ("followed_until.events", until)):
            for kind in events.types if events is not None else ():
                if kind not in known:
                    raise yaml_documents.unknown_name(
                        path, f"outcomes.{index}.{where}.types", "event type", kind, known
                    )
    return found


def sources_of(partnership: Partnership, types: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the sources that bring an event of any of these types, in the order of sources.yaml."""
    wanted = set(types)
    return tuple(one.name for one in partnership.sources if wanted & {event.type for event in one.events})
