"""Label cards: an outcome in words that everybody can read, the same on every page."""

from typing import Any

from features.declarations import outcomes
from features.declarations.outcomes import HEADLINES, Outcome
from hub.dates import in_words
from hub.declarations.partnership import Partnership


def card(outcome: Outcome) -> dict[str, str]:
    """Return the card of an outcome: what each line is about, and what it says."""
    holds = f"Since {in_words(outcome.since)}" + (
        "" if outcome.until is None else f", up to and not on {in_words(outcome.until)}"
    )
    found = {
        "What it measures": _sentence(outcome.plain),
        "Headline outcome": HEADLINES[outcome.headline],
        "Better when there are": outcome.better_when.value,
        "Who decides that it happened": _sentence(outcome.decided_by),
        "What is known to be unfair or wrong in it": _sentence(outcome.known_bias),
        "The definition holds": f"{holds}. {_sentence(outcome.why)}",
    }
    return found if outcome.ages is None else found | {"Of whom levels are told": ages(outcome)}


def ages(outcome: Outcome) -> str:
    """Return of which ages levels are told, such as "ages 0 to 17"; "all ages" when it does not say."""
    if outcome.ages is None:
        return "all ages"
    return f"ages {outcome.ages.from_years} to {outcome.ages.below_years - 1}"


def filters(outcome: Outcome) -> str:
    """Return which events count, for an analyst."""
    events = outcome.events
    found = [", ".join(events.types)]
    for name, allowed in (("role", events.roles), ("detail", events.details), ("origin", events.origins)):
        if allowed is not None:
            found.append(f"{name} {' or '.join(allowed)}")
    return "; ".join(found)


def sources(partnership: Partnership, outcome: Outcome) -> list[dict[str, Any]]:
    """Return the sources that bring the outcome's events, with the gateways that each names."""
    found = []
    for name in outcomes.sources_of(partnership, outcome.events.types):
        source = partnership.source(name)
        gateways = [f"{one.name.replace('_', ' ')} ({one.law.value})" for one in partnership.gateways_of(source)]
        found.append({"source": name, "title": source.title, "gateways": gateways})
    return found


def _sentence(words: str) -> str:
    return words if words.endswith((".", "?", "!")) else f"{words}."
