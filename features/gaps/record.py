"""The report of gaps for scripts (JSON) and for the terminal (rows of a table)."""

from collections.abc import Sequence
from typing import Any

from features.declarations.catalogue import Indicator
from features.declarations.needs import Need
from features.gaps.gaps import SOON_DAYS, Gaps, NeededSource, SourceStanding, Status, Unused


def as_json(gaps: Gaps) -> dict[str, Any]:
    """Return the whole report as plain values."""
    return {
        "partnership": gaps.partnership.name,
        "on": gaps.on.isoformat(),
        "expiring_within_days": SOON_DAYS,
        "use_cases": [
            {
                "name": one.use_case.name,
                "title": one.use_case.title,
                "purpose": one.use_case.purpose,
                "indicators_usable": one.usable,
                "sources": [_needed(gaps, needed) for needed in one.sources],
                "indicators": [
                    {"name": indicator.name, "plain": indicator.plain, **_standing(standing)}
                    for indicator, standing in one.indicators
                ],
            }
            for one in gaps.use_cases
        ],
        "purposes": list(gaps.purposes),
        "matrix": [
            {"source": source.name, "title": source.title, "standings": [_standing(one) for one in standings]}
            for source, standings in gaps.matrix
        ],
        "not_used_yet": [_unused(gaps, one) for one in gaps.unused],
    }


def _needed(gaps: Gaps, needed: NeededSource) -> dict[str, Any]:
    return {
        **_source(gaps, needed.need.source),
        **_standing(needed.standing),
        "needed_for": needed_for(needed.need),
        "would_open": [] if needed.standing.status is Status.USABLE else _plain(needed.need.indicators),
    }


def _unused(gaps: Gaps, unused: Unused) -> dict[str, Any]:
    return {
        **_source(gaps, unused.source.name),
        "standings": [_standing(one) for one in unused.standings],
        "would_open": _plain(unused.indicators),
    }


def _source(gaps: Gaps, name: str) -> dict[str, Any]:
    source = gaps.partnership.source(name)
    return {"title": source.title, "agency": source.agency, "agency_title": agency_title(gaps, name)}


def agency_title(gaps: Gaps, source: str) -> str:
    """Return the full name of the agency that delivers a source."""
    name = gaps.partnership.source(source).agency
    agency = gaps.partnership.agency(name)
    return agency.title if agency is not None else name


def _standing(standing: SourceStanding) -> dict[str, Any]:
    return {
        "source": standing.source,
        "purpose": standing.purpose,
        "status": standing.status.value,
        "why": standing.why,
        "detail": standing.words,
        "gateway": standing.gateway,
        "until": standing.until and standing.until.isoformat(),
        "owner": standing.owner,
        "next_step": standing.next_step,
    }


def _plain(indicators: Sequence[Indicator]) -> list[dict[str, str]]:
    return [{"name": one.name, "plain": one.plain} for one in indicators]


def needed_for(need: Need) -> list[str]:
    """Return in words what a use case needs a source for."""
    count = len(need.indicators)
    found = [f"{count} indicator{'s' if count != 1 else ''}"] if count else []
    decides, deaths = (any(rule.written is written for rule in need.rules) for written in (True, False))
    return found + ["who is eligible"] * decides + ["who has died"] * deaths + ["the outcome"] * need.outcome


def rows(gaps: Gaps) -> list[dict[str, str]]:
    """Return one row for each use case and source that it reads: the rows of the table in the terminal."""
    return [
        {
            "use case": one.use_case.name,
            "source": needed.need.source,
            "needed for": ", ".join(needed_for(needed.need)),
            "state": needed.standing.status.value,
            "why": f"{needed.standing.why}: {needed.standing.words}" if needed.standing.why else needed.standing.words,
            "who owns the conversation": f"{needed.standing.owner}; {agency_title(gaps, needed.need.source)}",
            "next": needed.standing.next_step or "nothing",
        }
        for one in gaps.use_cases
        for needed in one.sources
    ]


def sentences(gaps: Gaps) -> list[str]:
    """Return what would become possible: one sentence for each gap, expiring gateway and source not used yet."""
    found = []
    for one in gaps.use_cases:
        found.append(
            f"{one.use_case.name}: {one.usable} of {len(one.indicators)} indicators may be used on {gaps.on} for "
            f"{one.use_case.purpose}."
        )
        for needed in one.sources:
            plain = "; ".join(f"“{indicator.plain}”" for indicator in needed.need.indicators)
            if needed.standing.status is Status.MISSING and plain:
                found.append(f"With a gateway for {needed.need.source}, {one.use_case.name} could use: {plain}.")
            elif needed.standing.status is Status.EXPIRING and plain:
                found.append(f"After {needed.standing.until}, {one.use_case.name} would lose: {plain}.")
    for unused in gaps.unused:
        plain = (
            "; ".join(f"“{indicator.plain}”" for indicator in unused.indicators) or "figures about places, no indicator"
        )
        found.append(f"No use case may use {unused.source.name} yet. It would open: {plain}.")
    return found
