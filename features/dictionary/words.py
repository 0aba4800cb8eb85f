"""An indicator in plain words: its window as dates, what counts, what is worked out, what no record means.

    window(indicator)                          # "the 365 days before the date of looking"
    dates(indicator, as_of_date=EXAMPLE)       # "for a look on 1 January 2025: from 2 January 2024 to …, inclusive"

The command line and the generated pages say the same, because both read it here.
"""

import datetime

from features.declarations.catalogue import Direction, EventFilter, Indicator, IndicatorKind, Over
from features.declarations.measures import DEFINITIONS, Reads
from hub.dates import in_words

EXAMPLE = datetime.date(2025, 1, 1)
"""The date of looking in examples."""

KINDS = {
    IndicatorKind.RISK: "a need (risk)",
    IndicatorKind.PROTECTIVE: "a strength (protective)",
    IndicatorKind.CONTEXT: "neither by itself (context)",
}
DIRECTIONS = {
    Direction.RAISES: "More of it is expected to raise the chance of the outcome; a model may use it only so.",
    Direction.LOWERS: "More of it is expected to lower the chance of the outcome; a model may use it only so.",
    Direction.UNKNOWN: "Nothing is expected of it; a model may use it either way.",
}
WHOSE = {
    Over.SELF: "The person's own records.",
    Over.HOUSEHOLD: "Those of the others in the same household on the date of looking, as far as was known on it.",
    Over.SIBLINGS: "Those of the other children of the same families, wherever they live, as far as was known on it.",
    Over.AREA: "Figures about the small area of the person's home on the date of looking, as far as was known on it.",
}
_ORIGINS = {"reported": "that somebody reported", "agency": "that the agency began itself"}


def window(indicator: Indicator) -> str:
    """Return the window in words."""
    if indicator.window_days is None:
        return "all time before the date of looking"
    said = f"the {indicator.window_days:,} days before the date of looking"
    if indicator.recent_days is not None:
        said += f", the last {indicator.recent_days} of them compared with the days before those"
    return said


def span(indicator: Indicator, *, as_of_date: datetime.date) -> tuple[datetime.date | None, datetime.date]:
    """Return the first day that counts (None: any) and the last one, both inside.

    The window is half-open: `[as_of_date - window_days, as_of_date)`.
    """
    last = as_of_date - datetime.timedelta(days=1)
    if indicator.window_days is None:
        return None, last
    return as_of_date - datetime.timedelta(days=indicator.window_days), last


def dates(indicator: Indicator, *, as_of_date: datetime.date) -> str:
    """Return the window of a look on `as_of_date` as dates, both inclusive."""
    first, last = span(indicator, as_of_date=as_of_date)
    since = "until" if first is None else f"from {in_words(first)} to"
    said = f"for a look on {in_words(as_of_date)}: {since} {in_words(last)}, inclusive"
    if indicator.recent_days is not None:
        recent = as_of_date - datetime.timedelta(days=indicator.recent_days)
        before = recent - datetime.timedelta(days=1)
        said += f"; what happened from {in_words(recent)} on is compared with what happened until {in_words(before)}"
    return said


def counted(indicator: Indicator) -> tuple[str, ...]:
    """Return what counts, one sentence for each filter that the indicator declares."""
    reads = DEFINITIONS[indicator.measure].reads
    if reads is Reads.NOTHING:
        return ("Every record of the source, of whatever kind.",)
    if reads is Reads.KINDS:
        return tuple(f"{name.replace('_', ' ')}: {records(found)}." for name, found in indicator.kinds.items())
    if indicator.spells is not None:
        begins, ends = (records(one, "a record") for one in (indicator.spells.starts, indicator.spells.ends))
        return (f"A time begins with {begins}.", f"It ends with {ends}, of the same episode; without one it goes on.")
    return tuple(f"{_capital(records(found))}." for found in indicator.filters())


def records(found: EventFilter, one: str = "records") -> str:
    """Return which records (called `one`) a filter lets in, with the codes as they stand in the data."""
    said = f"{one} of the type {_or(found.types)}"
    if found.roles is not None:
        said += f", in the role {_or(found.roles)}"
    if found.details is not None:
        said += f", about {_or(found.details)}"
    if found.origins is not None:
        said += ", " + " or ".join(_ORIGINS.get(one, f"with the origin {one}") for one in found.origins)
    return said


def worked_out(indicator: Indicator) -> str:
    """Return what the measure works out, in plain words and exactly."""
    said = DEFINITIONS[indicator.measure]
    return f"{said.plain} ({indicator.measure.value}: {said.formula})"


def without_record(indicator: Indicator) -> str:
    """Return what the number is when there is no record: 0, or no number at all."""
    return "no number" if DEFINITIONS[indicator.measure].empty is None else "0"


def _or(codes: tuple[str, ...]) -> str:
    return codes[0] if len(codes) == 1 else f"{', '.join(codes[:-1])} or {codes[-1]}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
