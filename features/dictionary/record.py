"""An entry of the dictionary for readers: rows for the terminal and for pages, and plain values for scripts."""

import datetime
from typing import Any

from features.declarations.measures import DEFINITIONS
from features.dictionary import words
from features.dictionary.dictionary import IndicatorEntry
from features.gaps.gaps import standing
from hub.dates import in_words
from hub.declarations.gateways import Gateway
from hub.declarations.partnership import Partnership


def row(entry: IndicatorEntry) -> dict[str, str]:
    """Return the entry as a row of the list."""
    one = entry.indicator
    return {
        "in plain words": one.plain,
        "name": one.name,
        "unit": one.unit,
        "window": "all time before" if one.window_days is None else f"{one.window_days} days",
        "kind": one.kind.value,
        "whose": one.over.value,
        "theme": entry.theme,
    }


def facts(entry: IndicatorEntry, *, as_of_date: datetime.date) -> list[tuple[str, str]]:
    """Return every field of the indicator in words, each with what it is; the window is shown for `as_of_date`."""
    one = entry.indicator
    return [
        ("Kind", words.KINDS[one.kind]),
        ("Expected direction", words.DIRECTIONS[one.direction]),
        ("Unit", one.unit),
        ("Whose records", words.WHOSE[one.over]),
        ("What counts", " ".join(words.counted(one))),
        ("What is worked out", words.worked_out(one)),
        ("Window", f"{words.window(one)}; {words.dates(one, as_of_date=as_of_date)}"),
        ("Without a record", words.without_record(one)),
        ("What that means", one.missing),
        ("Why it is fair and allowed", one.why_fair),
        ("What it may stand in for", one.proxy_danger),
        ("Sources", "; ".join(f"{source.title} ({source.name})" for source, _ in entry.sources)),
        ("Used by", ", ".join(one.name for one in entry.used_by) or "no use case"),
        ("Left out by", ", ".join(one.name for one in entry.left_out_by) or "no use case"),
    ]


def permissions(partnership: Partnership, entry: IndicatorEntry, *, on: datetime.date) -> list[tuple[str, str]]:
    """Return the gateways of the entry's sources, and how each source stands to each use case on the day `on`."""
    rows = [
        (f"Gateways of {source.name}", "; ".join(gateway(one) for one in held) or "none")
        for source, held in entry.sources
    ]
    for use_case in entry.used_by:
        for source, _ in entry.sources:
            found = standing(partnership, source, use_case.purpose, on=on)
            rows.append(
                (f"{source.name} for {use_case.name}", f"{found.status.value} on {in_words(on)}: {found.words}")
            )
    return rows


def gateway(one: Gateway) -> str:
    """Return a gateway in words: its law, its document, its purposes and its last day."""
    purposes = ", ".join(purpose.replace("_", " ") for purpose in one.purposes)
    level = "about people" if one.level.value == "person" else "about areas only"
    return f"{one.name}: {one.law.value}, {one.document}, {level}, for {purposes}, until {in_words(one.valid_to)}"


def example(entry: IndicatorEntry, *, as_of_date: datetime.date) -> dict[str, str | None]:
    """Return the window of a look on `as_of_date`: its first day (None: any) and its last one, both inside."""
    first, last = words.span(entry.indicator, as_of_date=as_of_date)
    return {
        "as_of_date": as_of_date.isoformat(),
        "first": None if first is None else first.isoformat(),
        "last": last.isoformat(),
    }


def as_json(entry: IndicatorEntry) -> dict[str, Any]:
    """Return the entry as plain values: every declared field, and what the dictionary adds."""
    one = entry.indicator
    said = DEFINITIONS[one.measure]
    return one.model_dump(mode="json") | {
        "theme": entry.theme,
        "window": words.window(one),
        "counts": list(words.counted(one)),
        "worked_out": said.plain,
        "formula": said.formula,
        "without_record": said.empty,
        "gateways": {
            source.name: [held.model_dump(mode="json") for held in gateways] for source, gateways in entry.sources
        },
        "used_by": [use_case.name for use_case in entry.used_by],
        "left_out_by": [use_case.name for use_case in entry.left_out_by],
    }
