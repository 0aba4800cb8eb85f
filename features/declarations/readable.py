"""Whether what a use case reads is there: the source of each indicator, and every event type, in sources.yaml."""

from collections.abc import Sequence

from features.declarations.catalogue import Catalogue, Over
from features.declarations.cohort import Cohort
from hub import yaml_documents
from hub.declarations.partnership import Partnership


def check(partnership: Partnership, every: Catalogue, name: str, indicators: Sequence[str], cohort: Cohort) -> None:
    """Check a use case.

    Args:
        partnership: declares the sources.
        every: all indicators of the partnership.
        name: the use case's.
        indicators: the names of those that it reads.
        cohort: whose rules read events, too.

    Raises:
        ConfigurationError: it names the file, the place and what is declared.
    """
    path = partnership.folder / "indicators.yaml"
    declared = {source.name: {event.type for event in source.events} for source in partnership.sources}
    of_areas = {source.name: {event.type for event in source.area_events} for source in partnership.sources}
    for index, indicator in enumerate(every.indicators):
        if indicator.name in indicators:
            where = f"indicators.{index}"
            for source in indicator.sources:
                if source not in declared:
                    raise yaml_documents.unknown_name(path, f"{where}.sources", "source", source, declared)
            types = of_areas if indicator.over is Over.AREA else declared
            readable = set().union(*(types[source] for source in indicator.sources))
            for kind in indicator.types():
                if kind not in readable:
                    raise yaml_documents.unknown_name(path, where, "event type", kind, readable)
    path = partnership.folder / "use_cases" / f"{name}.yaml"
    known = set().union(*declared.values())
    places = [place for rule in cohort.rules() for place in rule.places()]
    if (until := cohort.followed_until) is not None and until.events is not None:
        places.append(("cohort.followed_until.events.types", until.events.types))
    for where, kinds in places:
        for kind in kinds:
            if kind not in known:
                raise yaml_documents.unknown_name(path, where, "event type", kind, known)
