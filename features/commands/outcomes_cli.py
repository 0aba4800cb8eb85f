"""`sentinel features outcomes`: the outcomes framework and its levels. `service` adds it to the features' group."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hub import regular_files
from hub.commands.command_line import (
    JsonOption,
    PartnershipOption,
    WorkspaceOption,
    place,
    progress,
    say,
    show,
    show_json,
)

app = typer.Typer()


class By(StrEnum):
    """For which areas levels are shown."""

    DISTRICT = "district"
    COUNTY = "county"


@app.command("outcomes")
def outcomes_(
    by: Annotated[By, typer.Option("--by", help="Show each district beside the county, or the county alone.")] = (
        By.DISTRICT
    ),
    outcome: Annotated[
        str | None, typer.Option("--outcome", help="Only this outcome, with its newest periods.")
    ] = None,
    page: Annotated[Path | None, typer.Option("--page", help="Also write the levels as a page, to this file.")] = None,
    snapshot: Annotated[str, typer.Option("--snapshot", help="Digest of the snapshot, or its beginning.")] = "current",
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell the levels of the partnership's outcomes over time, by district, without small numbers."""
    from features.levels import outcome_page, outcome_record
    from hub.publishing.snapshots import open_snapshot

    here = place(workspace, partnership)
    opened = open_snapshot(here.workspace, snapshot)
    day = here.day_of_use
    with progress("Counting outcomes") as tell:
        told = outcome_record.tell(opened, here.partnership, on=day, outcome=outcome, progress=tell)
    districts = by is By.DISTRICT
    if page is not None:
        regular_files.write(page, outcome_page.render(told, districts=districts))
    if as_json:
        show_json(outcome_record.as_json(told, districts=districts))
        return
    known = f"per 1,000, as known on {opened.known_to}"
    if outcome is None:
        show(outcome_record.rows(told), False, title=f"Outcomes, {known}")
    for one in told.levels if outcome is not None else ():
        rows = outcome_record.area_rows(one, districts=districts)
        show(rows, False, title=f"{one.outcome.title}, {known}", empty=one.refused or "No whole period is known.")
    for note in outcome_record.notes(here.partnership.small_numbers, told.levels):
        say(note)
    for headline, why in outcome_record.not_measured(told.framework) if outcome is None else ():
        say(f"{headline}: not measured, because {why}.")
    if page is not None:
        say(f"The levels as a page: {page}")
