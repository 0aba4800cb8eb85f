"""`sentinel hub read` and `sentinel hub adapters`: the formats that agencies send, and what a file in one holds."""

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.commands.command_line import JsonOption, PartnershipOption, WorkspaceOption, progress, say, show, show_json

if TYPE_CHECKING:
    from hub.intake.dry_run import DryRun

app = typer.Typer()


@app.command("read")
def read_(
    adapter: Annotated[str, typer.Argument(help="Name of the format; `sentinel hub adapters` lists them.")],
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders whose files are meant; they are only read.")],
    delivered_on: Annotated[
        datetime.datetime | None,
        typer.Option("--delivered-on", formats=["%Y-%m-%d"], help="A date after this day is wrong. Else today (UTC)."),
    ] = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read files by a named format, outside any partnership, and count what they hold; nothing is stored."""
    from hub.intake import dry_run

    day = (delivered_on or datetime.datetime.now(datetime.UTC)).date()
    with progress("Reading") as tell:
        report = dry_run.read(adapter, paths, day, tell)
    if as_json:
        show_json(report.as_json())
    else:
        _show(report)
    if report.error is not None:
        raise report.error


def _show(report: "DryRun") -> None:
    files: list[dict[str, Any]] = [
        {
            "file": file["file"],
            "table": file["table"],
            "rows": f"{file['rows']:,}",
            "kept": f"{file['kept']:,}",
            "quarantined": f"{file['quarantined']:,}",
            "rules": "; ".join(f"{rule} ({count:,})" for rule, count in file["rules"].items()),
        }
        for file in report.files
    ]
    show(files, False, title=f"Files read by {report.adapter}; a row that breaks two rules counts under both")
    not_used = [
        {
            "mapping": " ".join(filter(None, (one["title"], one.get("period")))),
            "rows": f"{one['rows']:,}",
            "mapped": f"{one['mapped']:,}",
            "quarantined": f"{one['quarantined']:,}",
            "rules": "; ".join(f"{rule} ({count:,})" for rule, count in one["rules"].items()),
        }
        for one in report.mapped
        if one["quarantined"]
    ]
    if not_used:
        show(not_used, False, title="Rows that are well and yet could not be used")
    if report.events:
        show(
            [one | {"events": f"{one['events']:,}", "people": f"{one['people']:,}"} for one in report.events],
            False,
            title="Events",
        )
    say(
        f"{report.people:,} people"
        + (f", events from {report.dates['first']} to {report.dates['last']}" if report.dates else "")
    )
    for period, people in report.people_by_period.items():
        say(f"{period}: {people:,} people")
    if report.people_in_all_periods is not None:
        say(f"in all {len(report.people_by_period)} periods: {report.people_in_all_periods:,} people")
    say("rows of tables: " + ", ".join(f"{table} {rows:,}" for table, rows in report.rows.items()))
    noticed = [
        {
            "file": file["file"],
            "noticed": rule,
            "rows": f"{one['rows']:,}",
            "lines": ", ".join(str(line) for line in one["lines"]),
        }
        for file in report.files
        for rule, one in file["noticed"].items()
    ]
    if noticed:
        show(noticed, False, title="Noticed; these rows are kept")
    for one in report.notices:
        say(f"noticed: {one['said']} {one['remedy']}".rstrip())
    for one in report.failed:
        say(f"cannot be read: {one['message']} {one['remedy']}".rstrip())
    for name, why in report.left_alone.items():
        say(f"left alone: {name}: {why}")
    for name in report.missing:
        say(f"optional and not there: {name}")
    for name in report.not_recognised:
        say(f"not recognised: {name}")
    reasons: dict[str, dict[str, None]] = {}
    for one in report.refused:
        reasons.setdefault(one["reason"], {})[one["header"]] = None
    never = [{"columns": ", ".join(headers), "why": reason} for reason, headers in reasons.items()]
    if never:
        show(never, False, title="Columns that are there and are never used")


@app.command("adapters")
def adapters_(
    name: Annotated[str | None, typer.Argument(help="Only this one, with its files and columns.")] = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the formats that Sentinel reads by name, or show one."""
    from hub.declarations import adapter as adapters
    from hub.declarations import sources

    if name is not None:
        found = sources.check_adapter(name)
        if as_json:
            show_json(found.model_dump(mode="json"))
            return
        say(f"{found.title} ({found.publisher}): {found.about}")
        for danger in found.dangers:
            say(f"danger: {danger}")
        rows = [
            {
                "table": file.name,
                "file": file.file,
                "format": file.format.value + (f", sheet {file.sheet}" if file.sheet else ""),
                "needed": "no" if file.optional else "yes",
                "columns": ", ".join(file.columns),
            }
            for file in found.source.files
        ]
        show(rows, False, title=f"Files of {name}")
        return
    every = [sources.check_adapter(one) for one in adapters.names()]
    show(
        [
            {
                "adapter": one.name,
                "title": one.title,
                "publisher": one.publisher,
                "sector": one.sector.value,
                "level": one.level.value,
                "files": len(one.source.files),
                "each_delivery": one.each_delivery.value,
            }
            for one in every
        ],
        as_json,
        title="Formats that are read by name",
        empty="There is no adapter.",
    )
