"""The pages of the formats that agencies send, and of their code lists, from the files of `hub/adapters`."""

from collections.abc import Callable, Iterable
from functools import partial

from hub.declarations import adapter as adapters
from hub.declarations import codes, sources
from hub.declarations.adapter import EachDelivery
from hub.declarations.codes import CodeList
from hub.declarations.powers import Law, Level, Sector, objection
from hub.declarations.return_years import RETURN_YEAR
from hub.declarations.source_files import ColumnType, SourceColumn, SourceFile
from hub.declarations.sources import AdapterFile

_DELIVERIES = {
    EachDelivery.WHOLE: "Every delivery is whole: the newest one replaces the one before.",
    EachDelivery.PERIOD: "Deliveries of several periods add up: each file name says its period, and a new "
    "delivery of a period replaces the one before of that period.",
}
_RETURN_YEAR = (
    "The year of the return stands in the name of each file, or of its folder: 2018-19, 2018_19, 1819, 201819, FY19 "
    "and 2019 are the return of 31 March 2019. A file in XML that says its year is of that year."
)
_TYPES = {
    ColumnType.TEXT: "text",
    ColumnType.INTEGER: "whole number",
    ColumnType.NUMBER: "number",
    ColumnType.DATE: "date",
    ColumnType.DAYS_FROM_START: "days from a start",
    ColumnType.BOOLEAN: "yes or no",
    ColumnType.YEAR_GROUP: "school year",
}


def pages(note: str) -> dict[str, Callable[[], str]]:
    """Return every page by its name below `docs/`, each as the function that writes it."""
    found: dict[str, Callable[[], str]] = {"sources/README.md": partial(index, note)}
    found |= {f"sources/{name}.md": partial(adapter_page, name, note) for name in adapters.names()}
    return found | {f"code_lists/{name}.md": partial(code_list_page, name, note) for name in codes.names()}


def index(note: str) -> str:
    """Return the page that lists all formats and code lists."""
    lines = [note, "# Formats that agencies send", ""]
    lines.append("Each is described once, in a file of `hub/adapters/`; these pages are made from it. A source of a")
    lines.append(
        "partnership names one with `adapter:` in `sources.yaml`; `sentinel hub read NAME FILES` tries it out and"
    )
    lines += ["keeps nothing ([what it says](../../reading.md)).", ""]
    lines += ["| format | what | whose data | people or areas |", "| --- | --- | --- | --- |"]
    for name in adapters.names():
        one = adapters.open_adapter(name)
        level = "people" if one.level is Level.PERSON else "areas only"
        lines.append(f"| [{name}]({name}.md) | {_cell(one.title)} | {_words(one.sector)} | {level} |")
    lines += ["", "## Code lists", "", "| list | what | codes | dangers |", "| --- | --- | --- | --- |"]
    for name in codes.names():
        listed = codes.read(name)
        dangers = sum(one.danger is not None for one in listed.codes)
        lines.append(f"| [{name}](../code_lists/{name}.md) | {_cell(listed.title)} | {len(listed.codes)} | {dangers} |")
    return "\n".join(lines) + "\n"


def adapter_page(name: str, note: str) -> str:
    """Return the page of one format."""
    found = sources.check_adapter(name)
    lines = [note, f"# {found.title}", "", found.about.strip(), ""]
    lines += [f"- Format: `{name}`; published by {found.publisher}. Layout: {_cell(found.specification)}."]
    lines += [f"- {_gateways(found)}", f"- {_DELIVERIES[found.each_delivery]}"]
    if found.period == RETURN_YEAR:
        lines.append(f"- {_RETURN_YEAR}")
    elif found.period is not None:
        lines.append(f"- The period stands in the file name where `{found.period}` finds it.")
    lines.append(f"- {_recording(found)}")
    lines += _section("Dangers", [f"- {_cell(danger)}" for danger in found.dangers])
    lines += _section("Not supported", _not_supported(found))
    lines += ["", "## Files"]
    for file in found.source.files:
        lines += _file(file)
    lines += _section("What it becomes", _becomes(found))
    lists = [f"- [{one}](../code_lists/{one}.md): {_cell(codes.read(one).title)}" for one in found.source.code_lists]
    lines += _section("Code lists", lists)
    return "\n".join(lines) + "\n"


def _not_supported(found: AdapterFile) -> list[str]:
    lines = [f"- {_cell(one.title)}. {_cell(one.remedy)}" for one in found.source.unsupported]
    return lines + [
        f"- Files called `{name}` are never read. {_cell(why)}" for name, why in found.source.not_read.items()
    ]


def _gateways(found: AdapterFile) -> str:
    whose = f"Whose data: {_words(found.sector)}."
    if found.level is Level.AREA:
        only = "It is about areas only: nothing about a single person may be taken from it"
        return f"{whose} {only}, and a gateway for areas is enough."
    refused = sorted(law.value for law in Law if objection(law, found.sector, found.level) is not None)
    laws = f" {' and '.join(refused)} cannot carry it." if refused else ""
    return f"{whose} It is about single people, so it needs a gateway at the level of people.{laws}"


def _recording(found: AdapterFile) -> str:
    assumed = found.source.assumed_recording
    if assumed is None:
        return "A fact without a recording date counts as known from the day on which a delivery first brings it."
    known = f"it counts as known {assumed.lag_days} days after it happened"
    return f"Where a fact has no recording date, {known}: {_cell(assumed.because)}"


def _file(file: SourceFile) -> list[str]:
    sheet = f", sheet `{file.sheet}`" if file.sheet else ""
    record = f", one row for each `{file.record}`" if file.record else ""
    schema = f", checked against `{'` or `'.join((file.xsd, *file.other_xsds))}`" if file.xsd else ""
    lines = ["", f"### {file.name}", "", file.meaning.strip()] if file.meaning else ["", f"### {file.name}"]
    needed = "optional" if file.optional else "needed"
    lines += ["", f"`{file.file}` ({file.format.value}{sheet}{record}{schema}; {needed})"]
    if file.unique:
        lines[-1] += f". One row for each {' and '.join(f'`{one}`' for one in file.unique)}."
    lines += ["", "| column | type | must hold | meaning |", "| --- | --- | --- | --- |"]
    for name, column in file.columns.items():
        lines.append(f"| `{name}` | {_TYPES[column.type]} | {_rules(column)} | {_cell(column.meaning)} |")
    if file.refused:
        lines += ["", "Never used:", "", "| column | why |", "| --- | --- |"]
        lines += [f"| {_cell(header)} | {_cell(why)} |" for header, why in file.refused.items()]
    return lines


def _rules(column: SourceColumn) -> str:
    found = ["a value"] if column.required else []
    found += ["the file may lack it"] if column.optional else []
    found += [f"a code of [{column.codes}](../code_lists/{column.codes}.md)"] if column.codes else []
    found += [f"one in use on `{column.codes_on}`"] if column.codes_on else []
    found += [f"one of {', '.join(f'`{_cell(one)}`' for one in column.allowed)}"] if column.allowed else []
    found += [f"at least {column.minimum:g}"] if column.minimum is not None else []
    found += [f"at most {column.maximum:g}"] if column.maximum is not None else []
    found += [f"no day before {column.not_before.isoformat()}"] if column.not_before is not None else []
    found += [f"no day before `{column.not_before_column}`"] if column.not_before_column else []
    found += [f"from `{column.path}`"] if column.path else []
    found += [f"also sent as {', '.join(_cell(one) for one in column.headers)}"] if column.headers else []
    return "; ".join(found)


def _becomes(found: AdapterFile) -> list[str]:
    source = found.source
    lines = []
    for people in source.people:
        given = [_words(name) for name in type(people).model_fields if name not in _NOT_FACTS and getattr(people, name)]
        given += [_words(name) for name in (*people.identifiers, *people.attributes)]
        lines.append(f"- People, from `{people.table}`: {', '.join(given)}.")
    types: dict[str, list[str]] = {}
    for event in source.events:
        types.setdefault(event.type, []).append(event.table)
    lines += [f"- Event `{kind}`, from {_tables(tables)}." for kind, tables in types.items()]
    lines += [f"- Figure about areas `{one.type}`, from {_tables([one.table])}." for one in source.area_events]
    for group, what in (("involvements", "Involvements of teams"), ("families", "Families"), ("areas", "Areas")):
        tables = [one.table for one in getattr(source, group)]
        lines += [f"- {what}, from {_tables(tables)}."] if tables else []
    return lines


_NOT_FACTS = {"table", "id", "identifiers", "attributes", "valid_from", "known_from"}


def _tables(names: Iterable[str]) -> str:
    return " and ".join(f"`{name}`" for name in dict.fromkeys(names))


def code_list_page(name: str, note: str) -> str:
    """Return the page of one code list."""
    found = codes.read(name)
    lines = [note, f"# {found.title}", "", *([found.about.strip(), ""] if found.about else [])]
    if found.publisher or found.specification:
        published = f"Published by {found.publisher}. " if found.publisher else ""
        lines += [f"{published}{f'From: {_cell(found.specification)}.' if found.specification else ''}".strip(), ""]
    lines += ["| code | meaning | in use | groups |", "| --- | --- | --- | --- |"]
    for one in found.codes:
        groups = ", ".join(f"{group}: {value}" for group, value in one.groups.items())
        used = _use(one.valid_from, one.valid_to)
        lines.append(f"| `{_cell(one.code)}` | {_cell(one.meaning)} | {used} | {_cell(groups)} |")
    lines += _section("Dangers", _dangers(found))
    return "\n".join(lines) + "\n"


def _dangers(found: CodeList) -> list[str]:
    return [f"- `{one.code}` ({_cell(one.meaning)}): {_cell(one.danger)}" for one in found.codes if one.danger]


def _use(start: object, end: object) -> str:
    return " ".join([*([f"from {start}"] if start else []), *([f"until before {end}"] if end else [])]) or "always"


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", f"## {title}", "", *lines] if lines else []


def _words(name: Sector | str) -> str:
    return str(name).replace("_", " ")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
