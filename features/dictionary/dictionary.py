"""The dictionary of a partnership's indicators: each with its theme, its sources and gateways, and who uses it.

    for entry in entries(partnership):
        entry.indicator.plain, entry.theme, entry.used_by

A theme is the source that an indicator reads; those that read several, those that say what is covered and those about
the area stand by themselves. The command line and the generated pages are two views of it.
"""

from dataclasses import dataclass

from features.declarations import catalogue, use_cases
from features.declarations.catalogue import Indicator, IndicatorKind, Over
from features.declarations.measures import Measure
from features.declarations.use_cases import UseCase
from hub.declarations.gateways import Gateway
from hub.declarations.partnership import Partnership
from hub.declarations.sources import Source
from hub.errors import ConfigurationError

SEVERAL = "several_sources"
COVERAGE = "coverage"
AREA = "area"
THEMES = {
    SEVERAL: "Several sources together",
    AREA: "The area",
    COVERAGE: "What is covered: whether a source holds any record",
}
"""Themes that are not the name of a source, in the order of pages, each with its title."""


@dataclass(frozen=True, slots=True)
class IndicatorEntry:
    """One indicator with everything that a reader may ask about it.

    Attributes:
        indicator: as declared.
        theme: name of its source, or one of `THEMES`.
        sources: those that it reads, each with the gateways that it names.
        used_by: the use cases that use it.
        left_out_by: those that do not.
    """

    indicator: Indicator
    theme: str
    sources: tuple[tuple[Source, tuple[Gateway, ...]], ...]
    used_by: tuple[UseCase, ...]
    left_out_by: tuple[UseCase, ...]


def entries(partnership: Partnership) -> tuple[IndicatorEntry, ...]:
    """Return all indicators of the catalogue, in its order.

    Raises:
        ConfigurationError: a file of the partnership is wrong, or an indicator names a source that does not exist.
    """
    every = [use_cases.read(partnership, name) for name in use_cases.names(partnership)]
    known = {source.name: source for source in partnership.sources}
    found = []
    for indicator in catalogue.read(partnership.folder).indicators:
        for name in indicator.sources:
            if name not in known:
                raise ConfigurationError(
                    f"{partnership.folder / 'indicators.yaml'}: {indicator.name} reads the source {name}, which "
                    "sources.yaml does not declare."
                )
        sources = [known[name] for name in indicator.sources]
        found.append(
            IndicatorEntry(
                indicator,
                theme(indicator),
                tuple((source, partnership.gateways_of(source)) for source in sources),
                tuple(one for one in every if indicator.name in one.indicator_names),
                tuple(one for one in every if indicator.name not in one.indicator_names),
            )
        )
    return tuple(found)


def theme(indicator: Indicator) -> str:
    """Return the theme of an indicator."""
    if indicator.measure is Measure.KNOWN:
        return COVERAGE
    if indicator.over is Over.AREA:
        return AREA
    return indicator.sources[0] if len(indicator.sources) == 1 else SEVERAL


def themes(partnership: Partnership, found: tuple[IndicatorEntry, ...]) -> dict[str, str]:
    """Return the themes that `found` has, in the order of sources.yaml, each with its title."""
    titles = {source.name: source.title for source in partnership.sources} | THEMES
    return {name: title for name, title in titles.items() if any(entry.theme == name for entry in found)}


def choose(
    partnership: Partnership,
    found: tuple[IndicatorEntry, ...],
    *,
    theme: str | None = None,
    source: str | None = None,
    kind: IndicatorKind | None = None,
    use_case: str | None = None,
) -> tuple[IndicatorEntry, ...]:
    """Return the entries that meet every wish that is given, in their order.

    Raises:
        ConfigurationError: there is no such theme, source or use case; the message names those that there are.
    """
    wishes = (
        ("theme", theme, tuple(themes(partnership, found))),
        ("source", source, tuple(one.name for one in partnership.sources)),
        ("use case", use_case, use_cases.names(partnership)),
    )
    for what, wish, there in wishes:
        if wish is not None and wish not in there:
            raise ConfigurationError(f"There is no {what} called {wish}.", f"There is: {', '.join(there) or 'none'}.")
    return tuple(
        entry
        for entry in found
        if theme in {None, entry.theme}
        and (source is None or source in entry.indicator.sources)
        and kind in {None, entry.indicator.kind}
        and (use_case is None or any(one.name == use_case for one in entry.used_by))
    )
