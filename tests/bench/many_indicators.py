"""More than 300 indicators over the events of tests.bench.histories: every measure, many filters, six windows."""

from collections.abc import Iterable, Iterator
from functools import cache

from features.declarations.catalogue import Direction, EventFilter, Indicator, IndicatorKind, Over, Spells
from features.declarations.measures import DEFINITIONS, Measure
from tests.bench.histories import KINDS, SOURCES

WINDOWS = (90, 180, 365, 730)
_SOURCE = {kind.name: kind.source for kind in KINDS}
_EVENTS = {kind.name: EventFilter(types=(kind.name,)) for kind in KINDS} | {
    "harmed": EventFilter(types=("police_incident",), roles=("victim",)),
    "home_incident": EventFilter(
        types=("police_incident",), roles=("victim", "witness"), details=("domestic_abuse",), origins=("reported",)
    ),
    "suspected": EventFilter(types=("police_incident", "police_disposal"), roles=("suspect",)),
    "agency_led": EventFilter(types=("police_incident", "suspension"), origins=("agency",)),
    "asked_by_school": EventFilter(types=("contact", "referral"), details=("school",)),
    "any_worry": EventFilter(types=("police_incident", "contact", "referral", "suspension", "emergency_visit")),
}
_SPELLS = {
    kind.name.removesuffix("_start"): Spells(
        starts=EventFilter(types=(kind.name,)), ends=EventFilter(types=(kind.end[0],))
    )
    for kind in KINDS
    if kind.end is not None
}
_SPELL_SOURCES = {kind.name.removesuffix("_start"): kind.source for kind in KINDS if kind.end is not None}
_HARDSHIPS = {
    f"hardship_{number}": EventFilter(types=("assessment_factor",), details=(f"factor_{number:02}",))
    for number in range(1, 11)
}
_VALUED = (
    "missing_report",
    "trusted_worker_meeting",
    "term_absence",
    "suspension",
    "emergency_visit",
    "development_check",
)
_DETAILED = ("on_roll", "placement_start", "assessment_factor", "police_incident")
_MIXED = ("any_worry", "suspected", "agency_led", "asked_by_school")


@cache
def indicators() -> tuple[Indicator, ...]:
    """Return all of them, about the child's own events."""
    made = tuple(_all())
    assert len(made) >= 300
    assert len({one.name for one in made}) == len(made)
    assert {one.measure for one in made} == set(Measure)
    return made


@cache
def household_indicators() -> tuple[Indicator, ...]:
    """Return 40 about the events of the others in the household."""
    return tuple(
        _indicator(measure, name, days, over=Over.HOUSEHOLD)
        for measure, days in (
            (Measure.COUNT, 365),
            (Measure.ANY, 730),
            (Measure.DAYS_SINCE_LAST, None),
            (Measure.COUNT, 90),
        )
        for name in list(_EVENTS)[::2][:10]
    )


def _all() -> Iterator[Indicator]:
    yield from _some((Measure.COUNT,), _EVENTS, WINDOWS)
    yield from _some((Measure.COUNT,), _MIXED, (30,))
    yield from _some((Measure.ANY, Measure.DAYS_SINCE_LAST), _EVENTS, (None,))
    yield from _some((Measure.DAYS_SINCE_FIRST,), _MIXED, (730, None))
    yield from _some((Measure.RATE,), _VALUED, (365,))
    for days, recent in ((365, 90), (730, 180)):
        yield from _some((Measure.TREND,), list(_EVENTS)[::3], (days,), recent)
        yield from _some((Measure.MEAN_CHANGE,), _VALUED, (days,), recent)
    yield from _some((Measure.SUM, Measure.MEAN, Measure.MAXIMUM, Measure.LATEST), _VALUED, (365, None))
    yield from _some((Measure.MINIMUM,), _VALUED, (730,))
    yield from _some((Measure.DISTINCT_SOURCES,), _MIXED, (365, None))
    yield from _some((Measure.DISTINCT_DETAILS, Measure.CHANGES, Measure.ENTROPY), _DETAILED, (730, None))
    yield from _some((Measure.DISTINCT_KINDS,), ("hardship",), (365, None))
    yield from _some((Measure.KNOWN,), SOURCES, (None,))
    yield from _some(
        (Measure.IN_STATE, Measure.DAYS_IN_STATE, Measure.LONGEST_SPELL, Measure.CURRENT_SPELL), _SPELLS, (730, None)
    )
    yield from _some((Measure.SHARE_IN_STATE,), _SPELLS, (365,))


def _some(
    measures: Iterable[Measure], names: Iterable[str], windows: Iterable[int | None], recent: int | None = None
) -> Iterator[Indicator]:
    windows, names = tuple(windows), tuple(names)
    for measure in measures:
        for name in names:
            for days in windows:
                yield _indicator(measure, name, days, recent)


def _indicator(
    measure: Measure, name: str, days: int | None, recent: int | None = None, over: Over = Over.SELF
) -> Indicator:
    reads = DEFINITIONS[measure].reads
    said = {"events": _EVENTS.get(name), "spells": _SPELLS.get(name), "kinds": _HARDSHIPS}
    sources = {
        "events": tuple(sorted({_SOURCE[kind] for kind in _EVENTS[name].types})) if name in _EVENTS else (),
        "spells": (_SPELL_SOURCES.get(name, ""),),
        "kinds": ("children_social_care",),
        "nothing": (name,),
    }[reads]
    return Indicator(
        name=f"{over}_{name}_{measure}_{days or 'ever'}",
        plain=f"{DEFINITIONS[measure].plain} {name}",
        unit="times",
        sources=sources,
        window_days=days,
        recent_days=recent,
        measure=measure,
        over=over,
        kind=IndicatorKind.CONTEXT,
        direction=Direction.UNKNOWN,
        missing="Nothing: this is a measurement of speed.",
        why_fair="Nobody is scored with it: this is a measurement of speed.",
        **{field: value for field, value in said.items() if field == reads},
    )
