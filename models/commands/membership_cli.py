"""`sentinel models membership`: what a model gives away of those it learned from."""

import typer

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
from models.commands.asked import DigestArgument
from models.commands.stability_cli import subject_of

app = typer.Typer()


@app.command("membership")
def membership_(
    digest: DigestArgument,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try to tell from a model's answers whom it learned from: whole, and by group."""
    from models.stability.membership import LITTLE, membership

    here = place(workspace, partnership)
    with progress("Learning from halves") as tell:
        tell("Loading the model", 0, 1)
        subject = subject_of(here, digest)
        found = membership(subject, tell)
    if as_json:
        show_json({"digest": subject.bundle.digest, **found.as_json()})
        return
    rows = [
        {"among": "all", "chance of telling": found.auc.text()},
        {"among": "those with the outcome", "chance of telling": found.with_outcome.text()},
        *(
            {"among": f"{group}: {level}", "chance of telling": one.text()}
            for group, by in found.by_group.items()
            for level, one in by.items()
        ),
    ]
    show(rows, False, title=f"Telling who was learned from, of two with the same outcome ({found.people:,} people)")
    say("0.5 is no better than a coin. A model that learned from half as many families remembers each better.")
    if found.smallest_leaf is not None:
        say(f"The smallest leaf or band was made from the rows of {found.smallest_leaf:,} people.")
    if found.told:
        say(f"That is more than little (above {LITTLE}): larger leaves, or a simpler model, give less away.")
