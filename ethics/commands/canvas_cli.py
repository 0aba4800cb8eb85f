"""`sentinel ethics canvas`: the questions of the data ethics canvas, and a proposal's answers."""

from pathlib import Path
from typing import Annotated

import typer

from ethics.commands.arguments import ProposalArgument, open_record
from hub import names
from hub.commands.command_line import (
    AsOption,
    JsonOption,
    PartnershipOption,
    UseCaseOption,
    WorkspaceOption,
    place,
    say,
    show,
)
from hub.errors import StateError

app = typer.Typer(help="The 15 sections of the data ethics canvas of a proposal.", no_args_is_help=True)


@app.command("show")
def canvas_show(
    number: Annotated[
        int | None, typer.Argument(help="Number of the proposal; the questions alone without it.")
    ] = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the canvas: every section, its question and, for a proposal, its answer."""
    from ethics.dossier import dossier
    from ethics.rules import canvas

    card: dict[str, str] = {}
    if number is None:
        rows = [{"section": s.key, "title": s.title, "group": s.group, "question": s.question} for s in canvas.SECTIONS]
    else:
        here = place(workspace, partnership)
        with open_record(here) as store:
            found = dossier.read(store, here.partnership, number)
        rows, card = found["canvas"], found["outcome_card"]
    if not as_json:
        for what, words in card.items():
            say(f"{what}: {words}")
    show(rows, as_json, title="Data ethics canvas")


@app.command("template")
def canvas_template(
    use_case: UseCaseOption,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
) -> None:
    """Write canvases/USE_CASE.yaml with every question and no answer; a file that is there stays as it is."""
    from ethics.rules import canvas

    here = place(workspace, partnership)
    path = canvas.path_of(here.partnership.folder, names.checked(use_case, "use case"))
    if path.exists():
        raise StateError(f"{path} is there already.", "Answer its questions, or take it away first.")
    path.parent.mkdir(exist_ok=True)
    path.write_text(canvas.template(use_case), encoding="utf-8")
    say(f"wrote {path}. Answer the {len(canvas.SECTIONS)} questions, then `sentinel ethics canvas load`.")


@app.command("load")
def canvas_load(
    number: ProposalArgument,
    by: AsOption,
    file: Annotated[
        Path | None, typer.Option("--file", help="Answers; canvases/<use case>.yaml of the partnership without it.")
    ] = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
) -> None:
    """Answer the canvas of a draft from a YAML file; for the analyst who proposed it."""
    from ethics.acts import proposals, transitions
    from ethics.rules import canvas

    here = place(workspace, partnership)
    with open_record(here) as store:
        subject = transitions.read_subject(store, here.partnership, number)
        answers = canvas.read(file or canvas.path_of(here.partnership.folder, subject.use_case))
        proposals.answer(store, here.partnership, number, answers, by=by)
    gaps = canvas.gaps(answers)
    say(f"{len(answers)} sections of proposal {number} answered from the file.")
    for gap in gaps:
        say(f"Still needed: {gap}")
    if not gaps:
        say(f"Next: `sentinel ethics submit {number}`.")
