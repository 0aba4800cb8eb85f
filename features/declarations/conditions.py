"""Conditions of SQL on events: which ones are meant, and which were known on a day."""

from collections.abc import Iterable

from features.declarations.catalogue import EventFilter, Indicator
from hub import sql


def event_condition(events: EventFilter) -> str:
    """Return the condition on `event_type`, `role`, `detail` and `origin` that an event filter states."""
    parts = [f"event_type IN {sql.texts(events.types)}"]
    for column, allowed in (("role", events.roles), ("detail", events.details), ("origin", events.origins)):
        if allowed is not None:
            parts.append(f"coalesce({column} IN {sql.texts(allowed)}, false)")
    return " AND ".join(parts)


def read_condition(indicators: Iterable[Indicator]) -> str:
    """Return the condition on `source` and `event_type` of the events that at least one of the indicators reads."""
    whole: set[str] = set()
    sources_of: dict[str, set[str]] = {}
    for one in indicators:
        kinds = one.types()
        whole |= set() if kinds else set(one.sources)
        for kind in kinds:
            sources_of.setdefault(kind, set()).update(one.sources)
    types_of: dict[tuple[str, ...], list[str]] = {}
    for kind, sources in sorted(sources_of.items()):
        types_of.setdefault(tuple(sorted(sources)), []).append(kind)
    parts = [f"source IN {sql.texts(sorted(whole))}"] if whole else []
    parts += [f"source IN {sql.texts(one)} AND event_type IN {sql.texts(kinds)}" for one, kinds in types_of.items()]
    return " OR ".join(f"({part})" for part in parts) or "false"


def known_before(as_of_date: str = "as_of_date") -> str:
    """Return the condition under which an event may be seen: it occurred before the date and was known on it.

    It was known when `known_from` had come and `known_to` (when it was withdrawn or corrected) had not: known from the
    first, up to and not on the second.
    """
    return f"occurred_on < {as_of_date} AND {known_on(as_of_date)}"


def known_on(day: str, event: str = "") -> str:
    """Return the condition under which an event was known on a day: `known_from <= day`, and `known_to` is later.

    Args:
        day: the SQL of the day.
        event: the prefix of the event's columns, such as `start.`.
    """
    return f"{event}known_from <= {day} AND coalesce({event}known_to > {day}, true)"
