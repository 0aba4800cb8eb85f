"""`sentinel hub gaps`: what may be used, what ends soon and what is missing. `service` adds it to the hub's."""

import datetime
from pathlib import Path
from typing import Annotated

import typer

from hub import regular_files
from hub.commands.command_line import JsonOption, PartnershipOption, WorkspaceOption, place, say, show, show_json

app = typer.Typer()


@app.command("gaps")
def gaps_(
    use_case: Annotated[str | None, typer.Option("--use-case", help="Only this use case.")] = None,
    on: Annotated[
        datetime.datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], help="The day to look at. Else today, or the demonstration's day."),
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Also write the report as a page, to this file.")] = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Report which sources each use case may use, which gateways end soon or are missing, and who to talk to."""
    from features.gaps import gaps
    from features.gaps import page as gaps_page
    from features.gaps import record as gaps_record

    here = place(workspace, partnership)
    day = here.day_of_use if on is None else on.date()
    found = gaps.find(here.partnership, on=day, use_case=use_case)
    if html is not None:
        regular_files.write(html, gaps_page.render(found))
    if as_json:
        show_json(gaps_record.as_json(found))
        return
    show(gaps_record.rows(found), False, title=f"Gateways for each use case on {day}", empty="There is no use case.")
    for sentence in gaps_record.sentences(found):
        say(sentence)
    if html is not None:
        say(f"The report as a page: {html}")
