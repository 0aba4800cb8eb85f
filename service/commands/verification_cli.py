"""`sentinel hub verify`: bytes, ledger, and what is derived made again for a sample of people."""

import secrets
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

app = typer.Typer()


@app.command("verify")
def verify_(
    digest: Annotated[str | None, typer.Argument(help="Only what has this digest, or a digest that begins so.")] = None,
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample",
            min=0,
            help="For how many people what is derived is made again; 0 makes nothing again. When not given: 200, or "
            "everybody where there are at most 10,000.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Draw the same people again; when not given, others every time.")
    ] = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check every artefact: its bytes, whether the ledger knows it, and whether its inputs give it again."""
    from hub.errors import NotFoundError
    from hub.ledger import publications
    from hub.ledger import verification as ledger
    from hub.ledger.store import open_store
    from hub.rebuilding import verification
    from hub.rebuilding.rebuilt import Sample
    from service.commands import verification as everything

    here = place(workspace, partnership)
    drawn_by = secrets.randbelow(2**32) if seed is None else seed
    state = None
    with progress("Checking") as tell:
        tell("Reading the ledger", 0, 1)
        try:
            with open_store(here.workspace, may_create=False) as store:
                known, state = publications.read_from(store), ledger.verify(store)
        except NotFoundError:
            known = publications.Publications()
        of = None if sample == 0 else Sample(drawn_by, sample)
        found = everything.verify(here, known, digest=digest, sample=of, progress=tell)
    if as_json:
        show_json([{**one.as_json(), "seed": drawn_by} for one in found])
    else:
        show([one.row() for one in found], False, title="Artefacts", empty="There is nothing to check yet.")
        if found and of is not None:
            say(f"Who was drawn is decided by --seed {drawn_by}. docs/features.md says what this proves.")
    verification.require_whole(found)
    if state is not None:
        ledger.require(state)
