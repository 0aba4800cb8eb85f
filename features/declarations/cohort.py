"""The cohort: who is eligible on a date, as rules that are written once and read by everybody in the same way.

    for rule in use_case.cohort.rules():
        rule.name, rule.events.types      # "cohort.deaths", ("death",)

What builds rows, looks for leaks, asks for gateways or tells of gaps goes over `rules()` and unfolds nothing itself.
The first rule is not written in any file, because it always holds: whoever is known to have died is not in the cohort.
"""

import datetime
from dataclasses import dataclass
from typing import Self

from pydantic import Field, model_validator

from features.declarations.ages import Ages
from features.declarations.catalogue import EventFilter
from hub.yaml_documents import Document

DEATH = "death"
"""The event type by which a source says that a person has died."""


class RecentEvent(Document):
    """The person has such an event in `[as_of - within_days, as_of)`, known on the as-of date."""

    events: EventFilter = Field(description="Which events count.")
    within_days: int = Field(ge=1, description="How long before the as-of date.")


class OpenSpell(Document):
    """The person has an open spell: a start without an end of the same episode, both as known on the as-of date."""

    starts: tuple[str, ...] = Field(min_length=1, description="Event types that begin a spell.")
    ends: tuple[str, ...] = Field(min_length=1, description="Event types that end it.")
    started_within_days: int | None = Field(
        default=None, ge=1, description="Only spells that started in `[as_of - n, as_of)`."
    )


class FollowedUntil(Document):
    """Until when it can be seen whether an outcome happens to somebody: afterwards nobody here would write it down."""

    below_years: int | None = Field(
        default=None, ge=1, le=121, description="Until the month in which they reach this age."
    )
    events: EventFilter | None = Field(default=None, description="Until such an event, such as leaving the school.")
    home: bool = Field(default=False, description="Until the last home that is known of them has ended.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self == type(self).model_construct():
            raise ValueError("followed_until must say below_years, events or home")
        return self


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a cohort: there is such an event or spell before the date, as known on it, or there is none.

    Attributes:
        name: its place in the use case's file; `cohort.deaths` for the rule that always holds.
        plain: who it leaves in, for a lay reader.
        events: every event that it reads; of a spell, the starts and the ends.
        holds: whether there must be one; False when there must be none.
        within_days: only events in `[as_of - within_days, as_of)`; None for all before the date.
        spell: the spell that must or must not be open; None for a rule about single events.
    """

    name: str
    plain: str
    events: EventFilter
    holds: bool
    within_days: int | None = None
    spell: OpenSpell | None = None

    @property
    def written(self) -> bool:
        """Whether it stands in the use case's file."""
        return self.name != DEATHS

    def places(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return where in the file it names event types, and which; nothing for the rule that is not written."""
        if not self.written:
            return ()
        if self.spell is not None:
            return ((f"{self.name}.starts", self.spell.starts), (f"{self.name}.ends", self.spell.ends))
        inside = ".events" if self.within_days is not None else ""
        return ((f"{self.name}{inside}.types", self.events.types),)


DEATHS = "cohort.deaths"
"""Name of the rule that nobody is looked at who is known to have died."""


class Cohort(Document):
    """Who is eligible on a date: whoever meets every rule that is given and is not known to have died.

    Someone has died, as known on the date, when an event of the type `death` occurred before it.
    """

    plain: str = Field(min_length=10, description="Who it is, for a lay reader.")
    since: datetime.date = Field(description="First as-of date on which the rule may be used.")
    why: str = Field(min_length=10, description="Why not earlier; after a change, what changed and why.")
    ages: Ages | None = Field(default=None, description="Ages that are in.")
    with_recent_event: RecentEvent | None = Field(default=None, description="Only people with such an event.")
    with_open_spell: OpenSpell | None = Field(default=None, description="Only people with such an open spell.")
    without_open_spell: OpenSpell | None = Field(default=None, description="Only people without such an open spell.")
    without_event_ever: EventFilter | None = Field(
        default=None, description="Only people for whom no such event occurred before the date, as known on it."
    )
    followed_until: FollowedUntil | None = Field(
        default=None, description="Until when they can be followed; whoever has died is not, in any case."
    )

    def rules(self) -> tuple[Rule, ...]:
        """Return every rule about events, the one about deaths first; ages are no events and are not among them."""
        dead = EventFilter(types=(DEATH,))
        found = [Rule(DEATHS, "Nobody is looked at who is known to have died.", dead, holds=False)]
        if (recent := self.with_recent_event) is not None:
            name = "cohort.with_recent_event"
            found.append(Rule(name, self.plain, recent.events, holds=True, within_days=recent.within_days))
        if (ever := self.without_event_ever) is not None:
            found.append(Rule("cohort.without_event_ever", self.plain, ever, holds=False))
        for name, spell, holds in (
            ("cohort.with_open_spell", self.with_open_spell, True),
            ("cohort.without_open_spell", self.without_open_spell, False),
        ):
            if spell is not None:
                events = EventFilter(types=(*spell.starts, *spell.ends))
                found.append(Rule(name, self.plain, events, holds=holds, spell=spell))
        return tuple(found)
