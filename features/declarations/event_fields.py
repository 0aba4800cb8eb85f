"""Which fields of which events an indicator or a cohort rule reads: what a check of columns has to look at. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from features.declarations.catalogue import EventFilter
from features.declarations.measures import Measure
from features.declarations.use_cases import UseCase

_VALUES = {
    Measure.SUM,
    Measure.MEAN,
    Measure.MINIMUM,
    Measure.MAXIMUM,
    Measure.LATEST,
    Measure.MEAN_CHANGE,
}
_DETAILS = {Measure.DISTINCT_DETAILS, Measure.CHANGES, Measure.ENTROPY}


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads events.

    Attributes:
        name: of the indicator, or the place of the cohort rule in the use case.
        plain: what it says, for a lay reader.
        sources: whose events it reads; None reads those of all.
        types: the event types; none reads them all.
        fields: what decides about its number besides the dates: value, detail, role, origin.
        is_rule: whether it is a rule of the cohort.
    """

    name: str
    plain: str
    sources: tuple[str, ...] | None
    types: tuple[str, ...]
    fields: tuple[str, ...]
    is_rule: bool = False

    def reads(self, source: str, kind: str, field: str | None = None) -> bool:
        """Say whether it reads a field (or anything) of the events of a type from a source."""
        here = self.sources is None or source in self.sources
        return here and (not self.types or kind in self.types) and (field is None or field in self.fields)


def readers(use_case: UseCase) -> tuple[Reader, ...]:
    """Return all indicators and all rules of the cohort as readers."""
    found = [
        Reader(one.name, one.plain, one.sources, one.types(), _fields(one.filters(), one.measure))
        for one in use_case.indicators
    ]
    rules = use_case.cohort.rules()
    return (
        *found,
        *(Reader(one.name, one.plain, None, one.events.types, _fields((one.events,)), True) for one in rules),
    )


def _fields(filters: Sequence[EventFilter], measure: Measure | None = None) -> tuple[str, ...]:
    asked = (
        ("value", measure in _VALUES),
        ("detail", measure in _DETAILS or any(one.details is not None for one in filters)),
        ("role", any(one.roles is not None for one in filters)),
        ("origin", any(one.origins is not None for one in filters)),
    )
    return tuple(name for name, is_read in asked if is_read)
