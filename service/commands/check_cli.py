"""`sentinel check`: a partnership's files looked over at once."""

import typer

from hub.commands.command_line import JsonOption, PartnershipOption, WorkspaceOption, place, say, show
from hub.errors import ConfigurationError

app = typer.Typer()


@app.command("check")
def check_(
    workspace: WorkspaceOption = None, partnership: PartnershipOption = None, as_json: JsonOption = False
) -> None:
    """Look over a partnership's files: every unknown word and other mistake, with file, line and the nearest word.

    Exit code 2 when something is wrong.
    """
    from service.commands import partnership_check

    folder = place(workspace, partnership).settings.partnership
    found = partnership_check.check(folder)
    rows = [one.as_json() for one in found]
    if not as_json:
        rows = [
            {"place": f"{one.file}:{one.line}", "where": one.where, "what is wrong": one.what, "nearest": one.nearest}
            for one in found
        ]
    show(
        rows,
        as_json,
        title=f"Mistakes in {folder}",
        empty="Nothing is wrong: every file reads well, and every name is known.",
    )
    if found:
        if not as_json:
            say(f"{len(found)} to mend.")
        raise typer.Exit(ConfigurationError.exit_code)
