"""Whether what a use case reads is there: the source of each indicator, and every event type, in sources.yaml."""

from typing import TYPE_CHECKING

from features.declarations.catalogue import Catalogue, Over
from hub import yaml_documents
from hub.declarations.partnership import Partnership

if TYPE_CHECKING:
    from features.declarations.use_cases import UseCase


def check(partnership: Partnership, every: Catalogue, use_case: "UseCase") -> None:
    """Check a use case.

    Raises:
        ConfigurationError: it names the file, the place and what is declared.
    """
    path = partnership.folder / "indicators.yaml"
    declared = {source.name: {event.type for event in source.events} for source in partnership.sources}
    of_areas = {source.name: {event.type for event in source.area_events} for source in partnership.sources}
    for index, indicator in enumerate(every.indicators):
        if indicator.name in use_case.indicator_names:
            where = f"indicators.{index}"
            for source in indicator.sources:
                if source not in declared:
                    raise yaml_documents.unknown_name(path, f"{where}.sources", "source", source, declared)
            types = of_areas if indicator.over is Over.AREA else declared
            readable = set().union(*(types[source] for source in indicator.sources))
            for kind in indicator.types():
                if kind not in readable:
                    raise yaml_documents.unknown_name(path, where, "event type", kind, readable)
    path = partnership.folder / "use_cases" / f"{use_case.name}.yaml"
    known = set().union(*declared.values())
    places = [place for rule in use_case.cohort.rules() for place in rule.places()]
    if (until := use_case.cohort.followed_until) is not None and until.events is not None:
        places.append(("cohort.followed_until.events.types", until.events.types))
    for where, kinds in places:
        for kind in kinds:
            if kind not in known:
                raise yaml_documents.unknown_name(path, where, "event type", kind, known)
