"""`sentinel hub quarantine`: the rows that were set aside, counted or told one by one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hub.commands.command_line import (
    JsonOption,
    PartnershipOption,
    Place,
    WorkspaceOption,
    place,
    say,
    show,
    show_json,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hub.staging.extracts import Extract

app = typer.Typer()


@app.command("quarantine")
def quarantine_(
    by: Annotated[
        Literal["sex", "ethnicity"] | None,
        typer.Option("--by", help="Count by source, rule and this group of the rows' people; small numbers withheld."),
    ] = None,
    rows_: Annotated[
        bool, typer.Option("--rows", help="List the rows: file, line, column, rule, what to do; values are masked.")
    ] = False,
    source: Annotated[str | None, typer.Option("--source", help="Only rows of this source.")] = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", help="Write the list as CSV, to send back to the agency that can mend its records."),
    ] = None,
    first: Annotated[int, typer.Option("--first", min=1, help="Print so many rows; the CSV and JSON have all.")] = 50,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count quarantined rows by source, file or mapping, and rule; a row that breaks two rules counts under both.

    With --rows or --csv each of them is told: where it stands, what is wrong with it and what to do.
    """
    from hub.staging import extracts

    here = place(workspace, partnership)
    if by is not None:
        _quarantine_by(here, by, as_json)
        return
    if rows_ or csv is not None:
        _quarantine_rows(here, source, csv, first, as_json)
        return
    rows = [
        {
            "source": extract.source,
            "delivered_on": extract.delivered_on.isoformat(),
            "where": where,
            "rule": rule,
            "rows": count,
        }
        for extract in extracts.current_extracts(here.workspace)
        if source in (None, extract.source)
        for where, rules in _broken(extract)
        for rule, count in sorted(rules.items())
    ]
    show(rows, as_json, title="Quarantined rows", empty="No row is in quarantine.")


def _broken(extract: "Extract") -> "Iterator[tuple[str, Mapping[str, int]]]":
    """Yield each file and mapping of an extract with how many of its rows break each rule."""
    yield from ((one.file, one.rules) for one in extract.facts.files)
    yield from ((one.title or one.mapping, one.rules) for one in extract.facts.mapped)


def _quarantine_by(here: Place, by: Literal["sex", "ethnicity"], as_json: bool) -> None:
    from hub.quality import quarantine_groups

    found = quarantine_groups.by_group(here.workspace, here.partnership, by)
    if as_json:
        show_json(found)
        return
    rows = [quarantine_groups.in_words(row) for row in found["rows"]]
    show(rows, False, title=f"Quarantined rows by {by}", empty="No row is in quarantine.")
    if rows:
        say(found["note"])


def _quarantine_rows(here: Place, source: str | None, csv: Path | None, first: int, as_json: bool) -> None:
    from hub.quality import quarantine_rows

    found = quarantine_rows.listed(here.workspace, here.partnership, source)
    if csv is not None:
        quarantine_rows.write_csv(found, csv)
    if as_json:
        show_json([one.as_json() for one in found])
        return
    rows = [one.as_json() for one in found[:first]]
    show(rows, False, title="Quarantined rows, one line for each rule", empty="No row is in quarantine.")
    if len(found) > first:
        say(f"{len(found) - first:,} more; give --first, --json or --csv to see them.")
    if csv is not None:
        say(f"wrote {csv}: {len(found):,} lines, without any value. Send it to the agency over a secure way.")
