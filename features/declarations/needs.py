"""What a use case needs of each source: which indicators read it, and whether its cohort or its outcome does."""

from collections.abc import Iterable
from dataclasses import dataclass

from features.declarations import outcomes
from features.declarations.catalogue import Indicator
from features.declarations.use_cases import UseCase, cohort_event_types
from hub.declarations.partnership import Partnership


@dataclass(frozen=True, slots=True)
class Need:
    """What one source is needed for.

    Attributes:
        source: its name.
        indicators: those that read it, in the use case's order.
        cohort: its events decide who is eligible.
        outcome: its events are what the model estimates.
    """

    source: str
    indicators: tuple[Indicator, ...]
    cohort: bool
    outcome: bool


def needs(partnership: Partnership, use_case: UseCase, indicators: Iterable[Indicator]) -> tuple[Need, ...]:
    """Return what a use case needs of each source that it reads, in the order of sources.yaml."""
    chosen = tuple(indicators)
    cohort, outcome = (
        cohort_sources(partnership, use_case),
        outcomes.sources_of(partnership, use_case.outcome.events.types),
    )
    found = (
        Need(
            source.name,
            tuple(one for one in chosen if source.name in one.sources),
            source.name in cohort,
            source.name in outcome,
        )
        for source in partnership.sources
    )
    return tuple(one for one in found if one.indicators or one.cohort or one.outcome)


def cohort_sources(partnership: Partnership, use_case: UseCase) -> set[str]:
    """Return the names of the sources whose events decide who is eligible."""
    types = [kind for _, kinds in cohort_event_types(use_case) for kind in kinds]
    return set(outcomes.sources_of(partnership, types))
