"""The pages of indicators: for each partnership every indicator with all its fields, from its own files.

`indicators.md` also says how to read an entry; the pages of other partnerships, `indicators/NAME.md`, lead there.
"""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from features.declarations.catalogue import IndicatorKind, Over
from features.declarations.use_cases import UseCase
from features.dictionary import dictionary, words
from features.dictionary import record as dictionary_record
from features.dictionary.dictionary import IndicatorEntry
from hub.dates import in_words
from hub.declarations import partnership as partnerships
from hub.declarations.partnership import Partnership
from service.documentation import indicator_reading

FOLDER = Path(__file__).parents[2] / "partnerships"
FIRST = "lancashire"
"""The partnership whose page explains how to read all of them."""


def pages(note: str) -> dict[str, Callable[[], str]]:
    """Return every page by its name below `docs/`, each as the function that writes it."""
    found = sorted(path.parent.name for path in FOLDER.glob("*/indicators.yaml"))
    return {name_of(name): partial(page, name, note) for name in found}


def name_of(partnership: str) -> str:
    """Return the name of a partnership's page below `docs/`."""
    return "indicators.md" if partnership == FIRST else f"indicators/{partnership}.md"


def page(name: str, note: str) -> str:
    """Return the page of one partnership."""
    found = partnerships.read(FOLDER / name)
    every = dictionary.entries(found)
    lines = [note, f"# Indicators: {found.file.title}", ""]
    lines += [
        f"All that a model of this partnership may ever see: {len(every)} indicators, in the words of its own files.",
        "`sentinel features show NAME` says the same of one.",
        "",
        *_counts(every),
    ]
    lines.append("")
    if name == FIRST:
        lines += indicator_reading.lines([entry.indicator for entry in every])
    else:
        lines.append("[How to read an entry](../indicators.md#how-to-read-an-entry).")
    lines += _use_cases(every)
    lines += _gateways(found, every)
    lines += _strengths(every)
    themes, named = dictionary.themes(found, every), _named(every)
    of = {theme: sorted((one for one in every if one.theme == theme), key=_order) for theme in themes}
    lines += ["", "## All of them"]
    for theme, title in themes.items():
        heads = ("name", "what it says", "kind", "whose", *(one.name for one in named))
        lines += ["", f"**{title}**", "", f"| {' | '.join(heads)} |", f"| {' | '.join('---' for _ in heads)} |"]
        for entry in of[theme]:
            one = entry.indicator
            uses = ("uses it" if use_case in entry.used_by else "leaves it out" for use_case in named)
            cells = (_link(entry), _cell(one.plain), one.kind.value, one.over.value, *uses)
            lines.append(f"| {' | '.join(cells)} |")
    for theme, title in themes.items():
        lines += ["", f"## {title}"]
        for entry in of[theme]:
            lines += _entry(entry)
    return "\n".join(lines) + "\n"


def _order(entry: IndicatorEntry) -> int:
    """Return the place among the entries of a theme: the person's own first, then those of others, in their order."""
    return list(Over).index(entry.indicator.over)


def _counts(every: Iterable[IndicatorEntry]) -> list[str]:
    lines = ["| kind | how many |", "| --- | --- |"]
    for kind, said in words.KINDS.items():
        lines.append(f"| {said} | {sum(one.indicator.kind is kind for one in every)} |")
    return lines


def _entry(entry: IndicatorEntry) -> list[str]:
    one = entry.indicator
    lines = ["", f"### {one.name}", "", f"**{_cell(one.plain)}**", "", "| what | in words |", "| --- | --- |"]
    rows = dictionary_record.facts(entry, as_of_date=words.EXAMPLE)
    rows += [
        (f"Gateways of {source.name}", ", ".join(f"{held.name} ({held.law.value})" for held in gateways) or "none")
        for source, gateways in entry.sources
    ]
    return lines + [f"| {what} | {_cell(said)} |" for what, said in rows]


def _use_cases(every: tuple[IndicatorEntry, ...]) -> list[str]:
    lines = ["", "## Who uses them", "", "| use case | purpose | uses | leaves out |", "| --- | --- | --- | --- |"]
    for use_case in _named(every):
        used = sum(use_case in entry.used_by for entry in every)
        cells = (f"{use_case.name}: {use_case.title}", use_case.purpose.replace("_", " "))
        lines.append(f"| {' | '.join(map(_cell, cells))} | {used} | {len(every) - used} |")
    nobody = [entry for entry in every if not entry.used_by]
    if nobody:
        lines += [
            "",
            "### Used by no use case, and why",
            "",
            "They stand in the catalogue so that the reason is said.",
            "",
        ]
        lines += [f"- {_link(one)}: {_cell(one.indicator.why_fair)}" for one in nobody]
    return lines


def _named(every: tuple[IndicatorEntry, ...]) -> list[UseCase]:
    """Return the partnership's use cases, sorted by name."""
    found = {one.name: one for entry in every for one in (*entry.used_by, *entry.left_out_by)}
    return [found[name] for name in sorted(found)]


def _gateways(partnership: Partnership, every: tuple[IndicatorEntry, ...]) -> list[str]:
    read = {source.name for entry in every for source, _ in entry.sources}
    lines = ["", "## Sources and the law that opens them", ""]
    lines += ["| source | gateway | law | document | purposes | until | who keeps it |"]
    lines += ["| --- | --- | --- | --- | --- | --- | --- |"]
    for source in partnership.sources:
        for one in partnership.gateways_of(source) if source.name in read else ():
            purposes = ", ".join(purpose.replace("_", " ") for purpose in one.purposes)
            level = "" if one.level.value == "person" else " (areas only)"
            cells = (f"{source.title} ({source.name})", one.name + level, one.law.value, one.document, purposes)
            lines.append(f"| {' | '.join(map(_cell, cells))} | {in_words(one.valid_to)} | {_cell(one.owner)} |")
    return lines


def _strengths(every: tuple[IndicatorEntry, ...]) -> list[str]:
    found = [one for one in every if one.indicator.kind is IndicatorKind.PROTECTIVE]
    lines = ["", "## Strengths", "", "Strengths stand beside needs. These speak of what protects:", ""]
    return [*lines, *(f"- {_link(one)}: {_cell(one.indicator.plain)}" for one in found)] if found else []


def _link(entry: IndicatorEntry) -> str:
    return f"[{entry.indicator.name}](#{entry.indicator.name})"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
