"""`sentinel models rebuild`: a bundle is made again, and every byte compared."""

from typing import Annotated

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
from hub.errors import IntegrityError
from models.commands.asked import DigestArgument

app = typer.Typer()


@app.command("rebuild")
def rebuild(
    digest: DigestArgument,
    search: Annotated[
        bool,
        typer.Option(
            "--search", help="Also search again for a bundle whose candidates were searched: as long as it took."
        ),
    ] = False,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a bundle again from its own facts, and say whether the same bytes come of it; code 5 where they do not.

    Nothing is published, and nothing is written to MLflow.
    """
    from features.rows.feature_sets import open_feature_set
    from models.bundle.bundles import open_bundle
    from models.fitting import rebuilding

    here = place(workspace, partnership)
    bundle = open_bundle(here.workspace, digest)
    feature_set = open_feature_set(here.workspace, bundle.facts.feature_set)
    feature_set.require_gateways(here.partnership, on=here.day_of_use)
    with progress("Making it again") as tell:
        made = rebuilding.rebuild(here.workspace, bundle, search_again=search, progress=tell)
    if as_json:
        show_json(made.as_json())
    else:
        rows = [{"file": one.name, "first place": one.at, "places": f"{one.places:,}"} for one in made.differs]
        if rows:
            show(rows, False, title="What differs when it is made again")
        for name, (then, now) in made.libraries.items():
            say(f"{name} was {then} and is {now}.")
        if made.searched == "not repeated":
            trials = bundle.metrics["choice"]["search"]["trials"]
            say(
                f"The search of {trials:,} candidates was not repeated: the chosen one was trained alone, and the "
                "record of the search was taken as it stands. --search repeats it."
            )
        if made.same:
            say(f"The same bytes: {made.bundle}")
    if not made.same:
        other = " Other code made it." if made.other_code else ""
        raise IntegrityError(
            f"bundle {made.bundle[:12]}: made again, other bytes come of it ({made.digest[:12]}).{other}",
            "Install the libraries that its facts name, and the code of that time; where both are the same, report it.",
        )
