"""Gaps: which sources each use case may use, which gateways end soon, which are missing, and who to talk to about it.

    report = find(partnership, on=day_of_use(workspace, partnership))
    report.use_cases[0].sources[0].standing.status    # Status.MISSING

The report that the data group presents to strategic leads. It looks at declarations only, never at a record.
"""

import datetime
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from features.declarations import catalogue, use_cases
from features.declarations.catalogue import Indicator
from features.declarations.needs import Need, needs
from features.declarations.use_cases import UseCase
from hub.dates import in_words
from hub.declarations import gateways
from hub.declarations.gateways import Gateway, Obstacle, Refusal
from hub.declarations.partnership import Partnership
from hub.declarations.sources import Source
from hub.errors import ConfigurationError

SOON_DAYS = 90
"""A gateway whose last day is at most this many days away is expiring: about as long as it takes to renew one."""


class Status(StrEnum):
    """Whether a source may be used for a purpose on the day."""

    USABLE = "usable"
    EXPIRING = "expiring"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class SourceStanding:
    """How one source stands to one purpose.

    Attributes:
        source: name of the source.
        purpose: the purpose.
        status: usable, expiring or missing.
        gateway: the gateway that it may be used under, or that comes nearest.
        until: the last day on which it may be used without a break; None when it may not be used.
        why: in a few words why it may not be used; None when it may.
        words: what is the case, in a sentence.
        owner: who owns the conversation.
        next_step: what to do; empty when there is nothing to do.
    """

    source: str
    purpose: str
    status: Status
    gateway: str
    until: datetime.date | None
    why: str | None
    words: str
    owner: str
    next_step: str


@dataclass(frozen=True, slots=True)
class NeededSource:
    """A source that a use case reads, what for, and how it stands to the use case's purpose."""

    need: Need
    standing: SourceStanding


@dataclass(frozen=True, slots=True)
class UseCaseGaps:
    """One use case with every source that it reads."""

    use_case: UseCase
    sources: tuple[NeededSource, ...]

    @property
    def indicators(self) -> tuple[tuple[Indicator, SourceStanding], ...]:
        """Each indicator of the use case, in its order, with the standing of its source."""
        found = {one.name: (one, needed.standing) for needed in self.sources for one in needed.need.indicators}
        return tuple(found[name] for name in self.use_case.indicator_names)

    @property
    def usable(self) -> int:
        """How many of its indicators may be used on the day."""
        return sum(standing.status is not Status.MISSING for _, standing in self.indicators)


@dataclass(frozen=True, slots=True)
class Unused:
    """A declared source that no use case may use yet, and the indicators of the catalogue that read it."""

    source: Source
    standings: tuple[SourceStanding, ...]
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True, slots=True)
class Gaps:
    """The whole report.

    Attributes:
        partnership: whose.
        on: the day that is looked at.
        use_cases: each use case, or the one that was asked for.
        purposes: those of use cases first, then those that only gateways name.
        matrix: for each source, in the order of sources.yaml, its standing to each purpose, in their order.
        unused: sources that no use case may use yet.
    """

    partnership: Partnership
    on: datetime.date
    use_cases: tuple[UseCaseGaps, ...]
    purposes: tuple[str, ...]
    matrix: tuple[tuple[Source, tuple[SourceStanding, ...]], ...]
    unused: tuple[Unused, ...]


def find(partnership: Partnership, *, on: datetime.date, use_case: str | None = None) -> Gaps:
    """Return the report for the day `on`.

    Args:
        partnership: its use cases, indicators, sources and gateways are looked at.
        on: the day.
        use_case: only this one; None takes all.

    Raises:
        ConfigurationError: there is no such use case, or a file of the partnership is wrong.
    """
    known = use_cases.names(partnership)
    if use_case is not None and use_case not in known:
        near = difflib.get_close_matches(use_case, known, n=1)
        raise ConfigurationError(
            f"{partnership.folder / 'use_cases'}: there is no use case called {use_case}.",
            f"Did you mean {near[0]}?" if near else f"There is: {', '.join(known) or 'none'}.",
        )
    every = [use_cases.read(partnership, name) for name in known]
    asked = list(dict.fromkeys(one.purpose for one in every))
    purposes = [*asked, *sorted({one for gateway in partnership.gateways for one in gateway.purposes} - {*asked})]
    matrix = tuple(
        (source, tuple(standing(partnership, source, purpose, on=on) for purpose in purposes))
        for source in partnership.sources
    )
    indicators = catalogue.read(partnership.folder).indicators
    return Gaps(
        partnership,
        on,
        tuple(_use_case(partnership, one, on) for one in every if use_case in {None, one.name}),
        tuple(purposes),
        matrix,
        tuple(
            Unused(source, standings[: len(asked)], tuple(one for one in indicators if source.name in one.sources))
            for source, standings in matrix
            if all(one.status is Status.MISSING for one in standings[: len(asked)])
        ),
    )


def _use_case(partnership: Partnership, use_case: UseCase, on: datetime.date) -> UseCaseGaps:
    found = needs(partnership, use_case)
    return UseCaseGaps(
        use_case,
        tuple(
            NeededSource(one, standing(partnership, partnership.source(one.source), use_case.purpose, on=on))
            for one in found
        ),
    )


def standing(partnership: Partnership, source: Source, purpose: str, *, on: datetime.date) -> SourceStanding:
    """Return how `source` stands to `purpose` on the day `on`."""
    carried, held = partnership.carried(source), partnership.gateways_of(source)
    refusals = [gateways.refusal(one, carried, purpose=purpose, on=on) for one in held]
    open_now = [one for one, refused in zip(held, refusals, strict=True) if refused is None]
    if not open_now:
        return _missing(partnership, source, purpose, [one for one in refusals if one is not None], on)
    later = [one.gateway for one in refusals if one is not None and one.obstacle is Obstacle.NOT_YET]
    last = _last_without_break(open_now, later)
    day = last.valid_to
    if (day - on).days > SOON_DAYS:
        words = f"Under {last.name} ({last.law.value}) until {in_words(day)}."
        return SourceStanding(source.name, purpose, Status.USABLE, last.name, day, None, words, last.owner, "")
    return SourceStanding(
        source.name,
        purpose,
        Status.EXPIRING,
        last.name,
        day,
        None,
        f"{last.name} ({last.law.value}) ends on {in_words(day)}, in {(day - on).days} days.",
        last.owner,
        f"Renew {last.name} ({last.document}) before {in_words(day)}.",
    )


def _last_without_break(open_now: Sequence[Gateway], later: Sequence[Gateway]) -> Gateway:
    """Return the gateway under which the source may be used longest, counting those that follow without a gap."""
    last = max(open_now, key=lambda one: one.valid_to)
    for one in sorted(later, key=lambda one: one.valid_from):
        if one.valid_from <= last.valid_to + datetime.timedelta(days=1) and one.valid_to > last.valid_to:
            last = one
    return last


_EASIEST_FIRST = (
    Obstacle.NOT_YET,
    Obstacle.EXPIRED,
    Obstacle.PARTY_MISSING,
    Obstacle.OTHER_PURPOSE,
    Obstacle.AREAS_ONLY,
    Obstacle.LAW,
)


def _missing(
    partnership: Partnership, source: Source, purpose: str, refusals: Sequence[Refusal], on: datetime.date
) -> SourceStanding:
    """Return the standing of a source without a gateway, with the conversation that is the shortest way to one."""
    carried, agency = partnership.carried(source), partnership.agency(source.agency)
    title = agency.title if agency is not None else source.agency
    nearest = min(refusals, key=lambda one: _EASIEST_FIRST.index(one.obstacle))
    why = "no gateway" if nearest.obstacle is Obstacle.LAW else nearest.obstacle.value
    words = f"{gateways.reasons(refusals)}."
    serves = next(
        (one for one in partnership.gateways if not gateways.refusal(one, carried, purpose=purpose, on=on)), None
    )
    if serves is not None:
        gateway, owner = serves.name, serves.owner
        step = f"{serves.name} serves this purpose and {title} is a party to it: agree that it covers this source, too."
    elif nearest.obstacle in {Obstacle.LAW, Obstacle.AREAS_ONLY}:
        gateway, owner = nearest.gateway.name, title
        step = f"Agree with {title} which power could carry it, and declare a gateway."
    else:
        gateway, owner = nearest.gateway.name, nearest.gateway.owner
        step = _STEPS[nearest.obstacle].format(
            gateway=gateway,
            title=title,
            first=in_words(nearest.gateway.valid_from),
            last=in_words(nearest.gateway.valid_to),
            purpose=purpose.replace("_", " "),
        )
    return SourceStanding(source.name, purpose, Status.MISSING, gateway, None, why, words, owner, step)


_STEPS = {
    Obstacle.NOT_YET: "Wait until {first}, when {gateway} begins.",
    Obstacle.EXPIRED: "Renew {gateway}, whose last day was {last}.",
    Obstacle.PARTY_MISSING: "Ask whether {title} should become a party to {gateway}.",
    Obstacle.OTHER_PURPOSE: "Ask whether {gateway} may also serve {purpose}, or which other power does.",
}
