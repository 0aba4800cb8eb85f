"""`use_cases/*.yaml`: one file says what a model is for, about whom, when, and for which groups it is audited.

All ranges of dates and of ages are half-open: the first bound is inside, the second is not.
"""

import datetime
import re
from collections.abc import Iterable
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Annotated, Generic, TypeVar

from pydantic import Field, field_validator

from features.declarations import catalogue, outcomes, readable
from features.declarations.catalogue import Catalogue, Indicator
from features.declarations.cohort import Cohort, FollowedUntil
from features.declarations.outcomes import Framework, Outcome
from features.declarations.schedules import Schedule
from features.declarations.validation import ValidationPlan
from hub import yaml_documents
from hub.declarations.partnership import Partnership
from hub.digests import digest_of
from hub.errors import NotFoundError, StateError
from hub.names import NAME, checked
from hub.yaml_documents import Document

_COLUMNS = (
    "age",
    "person.sex",
    "person.gender",
    "person.ethnicity",
    "person.ethnicity_5",
    "person.ethnicity_19",
    "area.imd_decile",
    "area.local_authority",
)


class Tier(StrEnum):
    """The prevention tier: secondary is an offer of help, tertiary statutory work that is already under way."""

    SECONDARY = "secondary"
    TERTIARY = "tertiary"


class Group(Document):
    """One way in which the audit divides people. It is never given to a model."""

    name: str = Field(pattern=NAME, description="Short name.")
    plain: str = Field(min_length=3, description="For a lay reader.")
    column: str = Field(
        description="age, person.sex, person.gender, person.ethnicity (code), person.ethnicity_5 or "
        "person.ethnicity_19 (groups of the ONS), person.attributes.NAME, area.imd_decile or area.local_authority."
    )
    labels: dict[str, str] = Field(
        default_factory=dict, description="Plain words for codes; codes that share words become one group."
    )
    bands: tuple[int, ...] = Field(
        default=(), description="For numbers (age, decile): the first number of each band after the first, rising."
    )

    @field_validator("column")
    @classmethod
    def _column_known(cls, value: str) -> str:
        if value not in _COLUMNS and not re.fullmatch(r"person\.attributes\.[A-Za-z0-9_]+", value):
            raise ValueError(f"the column is one of {', '.join(_COLUMNS)} or person.attributes.NAME")
        return value


class RuleStep(Document):
    """An order of people by one indicator."""

    indicator: str = Field(description="Which indicator.")
    highest_first: bool = Field(default=True, description="Highest first, or lowest first; no number comes last.")


class SimpleRule(RuleStep):
    """The rule that the model must beat: an order that somebody can follow with a list in hand."""

    then_by: tuple[RuleStep, ...] = Field(
        default=(), description="Who comes first among those who are level, and so on; who is level in all, by chance."
    )

    @property
    def steps(self) -> tuple[RuleStep, ...]:
        """The rule and what follows it, in order."""
        return (self, *self.then_by)


class Floor(Document):
    """How few people with the outcome are too few to learn from."""

    outcomes: int = Field(default=50, ge=10, description="Fewer rows with the outcome to train on: nothing is trained.")
    fewer_because: str = Field(
        default="", description="Why it is right to train on fewer all the same; it stands in the bundle."
    )


class FairnessPolicy(Document):
    """What the partnership calls a difference that matters."""

    tolerance: float = Field(
        default=0.10, gt=0, lt=1, description="Largest difference of a rate from everyone else's that is tolerated."
    )
    smallest_group: int = Field(
        default=30, ge=10, description="Fewer children than this in a rate's denominator: too few to say."
    )


OutcomeT = TypeVar("OutcomeT", str, Outcome)
IndicatorT = TypeVar("IndicatorT", str, Indicator)


class _Declared(Document, Generic[OutcomeT, IndicatorT]):
    name: str = Field(pattern=NAME, description="Short name; also the file's name.")
    title: str = Field(min_length=5, description="For pages.")
    purpose: str = Field(pattern=NAME, description="The purpose that gateways allow and requests name.")
    tier: Tier = Field(description="secondary or tertiary.")
    people: str = Field(default="children", description="What pages call the people: children, students…")
    help_offered: str = Field(min_length=10, description="What is offered to someone for whom help is suggested.")
    cohort: Cohort = Field(description="Who is eligible.")
    as_of: Schedule = Field(description="The dates of looking.")
    outcome: OutcomeT = Field(description="What the model estimates: the name of an outcome in outcomes.yaml.")
    horizon_days: int = Field(ge=1, le=3660, description="How long after the date of looking.")
    indicators: tuple[IndicatorT, ...] = Field(
        min_length=1, description="Indicators that the model may use, in order: their names in indicators.yaml."
    )
    simple_rule: SimpleRule = Field(description="The rule that the model must beat.")
    capacity: int = Field(ge=1, description="How many people can be offered help at each date of looking.")
    validation: ValidationPlan = Field(description="When to train (and over which folds to compare), choose and test.")
    floor: Floor = Field(default=Floor(), description="How few people with the outcome are too few to learn from.")
    groups: tuple[Group, ...] = Field(min_length=1, description="Groups for which fairness is audited.")
    fairness: FairnessPolicy = Field(default=FairnessPolicy(), description="What counts as a difference that matters.")
    snapshot_days: int = Field(
        default=366,
        ge=1,
        le=3660,
        description="How old the data of each source that a score reads may be, in days from the first day of which it "
        "has not told to the day of use; on older data nothing is scored.",
    )
    source_days: dict[str, Annotated[int, Field(ge=1, le=36600)]] = Field(
        default_factory=dict,
        description="For sources that may be older (or must be newer) than snapshot_days says, with how many days; a "
        "score says which of its sources are old.",
    )
    approval_days: int = Field(default=365, ge=1, le=1095, description="Longest time for which an approval may hold.")

    def scheduled(self) -> tuple[datetime.date, ...]:
        """Return all as-of dates of the schedule, sorted, each once."""
        return self.as_of.scheduled()


class UseCaseFile(_Declared[str, str]):
    """One file of `use_cases/`, as it is written."""


class UseCase(_Declared[Outcome, Indicator]):
    """A use case with the whole of its outcome and of its indicators, as it goes into feature sets and bundles."""

    @property
    def digest(self) -> str:
        """Digest of its meaning, outcome and indicators in it: comments and the order of keys do not change it."""
        return digest_of(self)

    @property
    def indicator_names(self) -> tuple[str, ...]:
        """The names of the indicators, in the order of a matrix's columns."""
        return tuple(one.name for one in self.indicators)

    @property
    def followed_until(self) -> tuple[FollowedUntil, ...]:
        """Until when somebody is followed, as the cohort and the outcome say it; whichever comes first."""
        return tuple(one for one in (self.cohort.followed_until, self.outcome.followed_until) if one is not None)

    @property
    def outcome_types(self) -> tuple[str, ...]:
        """The types of the events that say whether the outcome happened, and until when that can be seen."""
        ends = (one.events.types for one in self.followed_until if one.events is not None)
        return tuple(dict.fromkeys((*self.outcome.events.types, *chain.from_iterable(ends))))

    def reading(self, indicators: Iterable[Indicator]) -> "UseCase":
        """Return the same use case with these indicators in place of its own."""
        return self.model_copy(update={"indicators": tuple(indicators)})

    def require_in_force(self, as_of_date: datetime.date) -> None:
        """Raise when a rule of the use case is not in force for this date of looking.

        Raises:
            StateError: the date is before the cohort's rule or the outcome's definition begins, or the outcome's
                definition ends within the horizon.
        """
        refused = self.not_in_force(as_of_date)
        if refused is not None:
            raise StateError(f"{self.name} cannot look on {as_of_date}: {refused}.", "Look on another date.")

    def not_in_force(self, as_of_date: datetime.date) -> str | None:
        """Return in words which rule is not in force for this date of looking, or None when all are."""
        cohort, outcome = self.cohort, self.outcome
        if as_of_date < cohort.since:
            return f"the rule of who is eligible holds since {cohort.since} ({cohort.why.rstrip('.')})"
        if as_of_date < outcome.since:
            return f"the definition of {outcome.name} holds since {outcome.since} ({outcome.why.rstrip('.')})"
        if not outcome.holds(as_of_date, as_of_date + datetime.timedelta(days=self.horizon_days)):
            return f"the definition of {outcome.name} ends on {outcome.until}, within the horizon"
        return None

    def oldest_days(self, source: str) -> int:
        """Return how many days old what a source tells may be when somebody is scored."""
        return self.source_days.get(source, self.snapshot_days)

    def covered(self, known_to: datetime.date) -> tuple[datetime.date, ...]:
        """Return the scheduled as-of dates up to the last day of a snapshot, `known_to` itself inside, sorted."""
        return tuple(day for day in self.scheduled() if day <= known_to)

    def newest(self, known_to: datetime.date) -> datetime.date:
        """Return the last scheduled as-of date that a snapshot known to `known_to` covers.

        Raises:
            NotFoundError: the schedule begins later.
        """
        covered = self.covered(known_to)
        if not covered:
            raise NotFoundError(
                f"The use case {self.name} has no date of looking up to {known_to}.", "Publish a newer snapshot."
            )
        return covered[-1]


def read(partnership: Partnership, name: str) -> UseCase:
    """Read `use_cases/<name>.yaml` and check it against the catalogue and the sources.

    Raises:
        ConfigurationError: that is no name, or the file is missing or wrong, or names an indicator or group column that
            does not exist.
    """
    path = partnership.folder / "use_cases" / f"{checked(name, 'use case')}.yaml"
    every = catalogue.read(partnership.folder)
    found = _resolved(path, yaml_documents.read(path, UseCaseFile), outcomes.read(partnership), every)
    named = found.indicator_names
    for number, step in enumerate(found.simple_rule.steps):
        if step.indicator not in named:
            where = f"simple_rule.then_by.{number - 1}.indicator" if number else "simple_rule.indicator"
            raise yaml_documents.unknown_name(path, where, "indicator in this use case", step.indicator, named)
    for source_name in found.source_days:
        sources = [source.name for source in partnership.sources]
        if source_name not in sources:
            raise yaml_documents.unknown_name(path, f"source_days.{source_name}", "source", source_name, sources)
    attributes = {name for source in partnership.sources for people in source.people for name in people.attributes}
    for index, group in enumerate(found.groups):
        attribute = group.column.removeprefix("person.attributes.")
        if attribute != group.column and attribute not in attributes:
            raise yaml_documents.unknown_name(path, f"groups.{index}.column", "attribute", attribute, attributes)
    readable.check(partnership, every, found.name, named, found.cohort)
    return found


def _resolved(path: Path, written: UseCaseFile, framework: Framework, every: Catalogue) -> UseCase:
    """Return the use case with its indicators, and its outcome as it is defined on the first date of looking.

    Raises:
        ConfigurationError: there is no such outcome or indicator, or a rule is not in force on some date of looking.
    """
    definitions = framework.called(written.outcome)
    if not definitions:
        known = [outcome.name for outcome in framework.outcomes]
        raise yaml_documents.unknown_name(path, "outcome", "outcome", written.outcome, known)
    names = [one.name for one in every.indicators]
    for index, indicator in enumerate(written.indicators):
        if indicator not in names:
            raise yaml_documents.unknown_name(path, f"indicators.{index}", "indicator", indicator, names)
    days = written.scheduled()
    chosen = next((one for one in reversed(definitions) if one.since <= days[0]), definitions[0])
    found = UseCase.model_validate(dict(written) | {"outcome": chosen, "indicators": every.select(written.indicators)})
    for day in (days[0], days[-1]):
        refused = found.not_in_force(day)
        if refused is not None:
            raise yaml_documents.wrong(
                path, "as_of", f"on {day}, {refused}", "Look on other dates, or date the rule anew."
            )
    return found


def names(partnership: Partnership) -> tuple[str, ...]:
    """Return the names of all use cases of a partnership, sorted."""
    return tuple(sorted(path.stem for path in (partnership.folder / "use_cases").glob("*.yaml")))
