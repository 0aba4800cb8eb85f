"""`sentinel features lint`: is there anything through which the future can be seen? `service.commands.cli` adds it."""

from typing import Annotated

import typer

from hub.commands.command_line import (
    JsonOption,
    PartnershipOption,
    UseCaseOption,
    WorkspaceOption,
    place,
    progress,
    say,
    show,
    show_json,
)

app = typer.Typer()

NEWEST = "newest"
NONE = "none"


@app.command("lint")
def lint_(
    use_case: UseCaseOption,
    snapshot: Annotated[str, typer.Option("--snapshot", help="Digest of the snapshot, or its beginning.")] = "current",
    earlier: Annotated[
        str, typer.Option("--earlier", help="Digest of an older snapshot to compare with; newest; or none.")
    ] = NEWEST,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look for leaks: whatever lets an indicator or the cohort see the future. Exit code 10 when there is any."""
    from features.declarations import use_cases
    from features.leakage import leaks, lint
    from features.leakage.leaks import TITLES, LeakError
    from hub.publishing.snapshots import open_snapshot

    here = place(workspace, partnership)
    found_use_case = use_cases.read(here.partnership, use_case)
    looked_at = open_snapshot(here.workspace, snapshot)
    if earlier == NEWEST:
        before = lint.earlier_snapshot(here.workspace, here.partnership, looked_at, found_use_case, on=here.day_of_use)
    else:
        before = None if earlier == NONE else open_snapshot(here.workspace, earlier)
    with progress("Looking for leaks") as tell:
        found = lint.lint(
            here.workspace,
            here.partnership,
            looked_at,
            found_use_case,
            on=here.day_of_use,
            earlier=before,
            progress=tell,
        )
    if as_json:
        show_json(
            {
                "use_case": found_use_case.name,
                "snapshot": looked_at.digest,
                **leaks.told(here.partnership.small_numbers, found.as_json()),
            }
        )
    else:
        rows = [
            {
                "severity": one.severity.value,
                "kind": one.kind.value,
                "about": one.about,
                "what was found": one.plain,
                "what to do": one.remedy,
            }
            for one in found.findings
        ]
        title = f"Leaks in {found_use_case.name}, snapshot {looked_at.digest[:12]}"
        show(rows, False, title=title, empty="No leak was found.")
        for check in found.checks:
            looked = f"looked at {check.looked_at}" if check.done else "not looked for"
            say(f"{TITLES[check.kind]}: {looked}.{' ' + check.why_not if check.why_not else ''}")
    if found.findings:
        raise typer.Exit(LeakError.exit_code)
