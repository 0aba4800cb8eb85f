"""Words in a partnership's files that another place should have declared, and what the files declare.

    names = declared_names(trees)
    for place, what, word, known in references("sources.yaml", trees["sources.yaml"], names):
        ...                                     # `word` is no `what` unless it is among `known`

Files are trees as they were read, right or wrong: what is no map or list where one should be has no words.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ethics.rules.canvas import KEYS
from hub.declarations import adapter as adapters
from hub.yaml_documents import Location

_GROUPS = ("people", "events", "involvements", "families", "areas", "area_events")


@dataclass
class DeclaredNames:
    """What the files declare, as far as they could be read."""

    agencies: set[str] = field(default_factory=set)
    gateways: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    event_types: dict[str, set[str]] = field(default_factory=dict)
    attributes: set[str] = field(default_factory=set)
    indicators: set[str] = field(default_factory=set)
    outcomes: set[str] = field(default_factory=set)
    use_cases: set[str] = field(default_factory=set)

    def types_of(self, sources: Iterable[str]) -> set[str]:
        """Return the event types of some sources; of all when none of them is known."""
        found = {kind for source in sources for kind in self.event_types.get(source, ())}
        return found or {kind for kinds in self.event_types.values() for kind in kinds}


def at_place(tree: Any, place: Location) -> Any:
    """Return what stands at a place of a tree; an empty text where nothing does."""
    for part in place:
        try:
            tree = tree[part]
        except (KeyError, IndexError, TypeError):
            return ""
    return tree


def _list(tree: Any, *place: str) -> list[Any]:
    """Return a list in a tree; an empty one where there is none."""
    found = at_place(tree, place)
    return list(found) if isinstance(found, list) else []


def _maps(tree: Any, *place: str) -> list[tuple[int, dict[str, Any]]]:
    return [(at, one) for at, one in enumerate(_list(tree, *place)) if isinstance(one, dict)]


def _called(tree: Any, *place: str) -> set[str]:
    return {one["name"] for _, one in _maps(tree, *place) if isinstance(one.get("name"), str)}


def declared_names(trees: Mapping[str, Any]) -> DeclaredNames:
    """Return what the files declare, as far as they could be read."""
    found = DeclaredNames(
        agencies=_called(trees.get("partnership.yaml"), "agencies"),
        gateways=_called(trees.get("gateways.yaml"), "gateways"),
        sources=_called(trees.get("sources.yaml"), "sources"),
        indicators=_called(trees.get("indicators.yaml"), "indicators"),
        outcomes=_called(trees.get("outcomes.yaml"), "outcomes"),
        use_cases={name.removeprefix("use_cases/")[:-5] for name in trees if name.startswith("use_cases/")},
    )
    for _, source in _maps(trees.get("sources.yaml"), "sources"):
        body = source
        if source.get("adapter") in adapters.names():
            body = adapters.open_adapter(source["adapter"]).source
        left_out = set(_list(source, "events_left_out"))
        kinds = {one.get("type") for group in ("events", "area_events") for _, one in _maps(body, group)}
        found.event_types[str(source.get("name"))] = {str(one) for one in kinds if one is not None} - left_out
        for _, people in _maps(body, "people"):
            found.attributes |= set(people.get("attributes") or {})
    return found


Reference = tuple[Location, str, Any, Iterable[str]]
"""The place of a word, what it names, the word, and the words that are known."""


def references(name: str, tree: Any, names: DeclaredNames) -> Iterator[Reference]:
    """Yield every word in a file that another place should have declared."""
    of_file: dict[str, Callable[[Any, DeclaredNames], Iterator[Reference]]] = {
        "partnership.yaml": _of_partnership,
        "gateways.yaml": _of_gateways,
        "sources.yaml": _of_sources,
        "indicators.yaml": _of_indicators,
        "outcomes.yaml": _of_outcomes,
    }
    if name in of_file:
        yield from of_file[name](tree, names)
    elif name.startswith("use_cases/"):
        yield from _of_use_case(tree, names)
    else:
        yield (), "use case", name.removeprefix("canvases/")[:-5], names.use_cases
        sections = at_place(tree, ("sections",))
        for key in sections if isinstance(sections, dict) else ():
            yield ("sections", key), "section of the canvas", key, KEYS


def _of_partnership(tree: Any, names: DeclaredNames) -> Iterator[Reference]:
    if at_place(tree, ("hub",)):
        yield ("hub",), "agency", tree["hub"], names.agencies
    said = at_place(tree, ("demonstration", "use_case"))
    if said:
        yield ("demonstration", "use_case"), "use case", said, names.use_cases


def _of_gateways(tree: Any, names: DeclaredNames) -> Iterator[Reference]:
    for at, gateway in _maps(tree, "gateways"):
        for number, party in enumerate(_list(gateway, "parties")):
            yield ("gateways", at, "parties", number), "agency", party, names.agencies


def _of_sources(tree: Any, names: DeclaredNames) -> Iterator[Reference]:
    for at, source in _maps(tree, "sources"):
        here: Location = ("sources", at)
        if "agency" in source:
            yield (*here, "agency"), "agency", source["agency"], names.agencies
        for number, gateway in enumerate(_list(source, "gateways")):
            yield (*here, "gateways", number), "gateway", gateway, names.gateways
        if source.get("adapter") is not None:
            yield (*here, "adapter"), "adapter", source["adapter"], adapters.names()
            continue
        tables = _called(source, "files") | _called(source, "derived")
        for group in _GROUPS:
            for number, mapped in _maps(source, group):
                if "table" in mapped:
                    yield (*here, group, number, "table"), "table", mapped["table"], tables


def _of_indicators(tree: Any, names: DeclaredNames) -> Iterator[Reference]:
    for at, indicator in _maps(tree, "indicators"):
        here: Location = ("indicators", at)
        sources = _list(indicator, "sources")
        for number, source in enumerate(sources):
            yield (*here, "sources", number), "source", source, names.sources
        for place, kind in _event_types(indicator):
            yield (*here, *place), "event type of its sources", kind, names.types_of(map(str, sources))


def _of_outcomes(tree: Any, names: DeclaredNames) -> Iterator[Reference]:
    for at, outcome in _maps(tree, "outcomes"):
        for place, kind in _event_types(outcome):
            yield ("outcomes", at, *place), "event type", kind, names.types_of(())


def _of_use_case(tree: Any, names: DeclaredNames) -> Iterator[Reference]:
    if at_place(tree, ("outcome",)):
        yield ("outcome",), "outcome", tree["outcome"], names.outcomes
    used = _list(tree, "indicators")
    for number, indicator in enumerate(used):
        yield ("indicators", number), "indicator", indicator, names.indicators
    further = [("simple_rule", "then_by", at) for at, _ in _maps(tree, "simple_rule", "then_by")]
    for step in (("simple_rule",), *further):
        rule = at_place(tree, (*step, "indicator"))
        if rule:
            yield (*step, "indicator"), "indicator in this use case", rule, [str(one) for one in used]
    for place, kind in _event_types(at_place(tree, ("cohort",))):
        yield ("cohort", *place), "event type", kind, names.types_of(())
    for at, group in _maps(tree, "groups"):
        column = str(group.get("column", ""))
        if column.startswith("person.attributes."):
            yield ("groups", at, "column"), "attribute", column.removeprefix("person.attributes."), names.attributes
    days = at_place(tree, ("source_days",))
    for source in days if isinstance(days, dict) else ():
        yield ("source_days", source), "source", source, names.sources


def _event_types(tree: Any) -> Iterator[tuple[Location, Any]]:
    """Yield every event type under `types`, and under `starts` and `ends` where these are lists, with its place."""
    if not isinstance(tree, dict):
        return
    for key, value in tree.items():
        if key in ("types", "starts", "ends") and isinstance(value, list):
            for number, kind in enumerate(value):
                yield (key, number), kind
        elif isinstance(value, dict):
            for place, kind in _event_types(value):
                yield (key, *place), kind
