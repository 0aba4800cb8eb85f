"""`sentinel ledger`: what happened, in order, and whether any of it was changed afterwards."""

import re
from typing import Annotated

import typer

from ethics.arguments import open_record
from hub.command_line import JsonOption, PartnershipOption, WorkspaceOption, place, say, show, show_json

app = typer.Typer(help="The ledger: every decision, score and refusal, chained.", no_args_is_help=True)
_DIGEST = re.compile(r"([0-9a-f]{12})[0-9a-f]{52}")


@app.command()
def verify(
    noted: Annotated[
        str | None, typer.Option("--noted", help="A head that was noted earlier; the chain must still contain it.")
    ] = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check every row of the ledger; name the first one that was changed, removed or added."""
    from hub.errors import LedgerError
    from hub.ledger import verification

    with open_record(place(workspace, partnership)) as store:
        state = verification.verify(store, noted=noted)
    if as_json:
        show_json(
            {"rows": state.rows, "head": state.head, "holds": state.holds, "broken": state.broken, "why": state.why}
        )
        if not state.holds:
            raise typer.Exit(LedgerError.exit_code)
        return
    verification.require(state)
    say(f"{state.rows} rows; the chain holds.")
    say(f"Head: {state.head} (note it elsewhere: `--noted` shows later that nothing was rewritten).")


@app.command("list")
def list_(
    kind: Annotated[str | None, typer.Option("--kind", help="Only rows of this kind, such as decision.")] = None,
    last: Annotated[int, typer.Option("--last", help="Only the newest so many.", min=1, max=100_000)] = 20,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the newest rows of the ledger, oldest of them first."""
    from hub.ledger import ledger

    with open_record(place(workspace, partnership)) as store, store.reading() as session:
        entries = ledger.entries(session, kind=kind, last=last)
    rows = [
        {
            "row": entry.seq,
            "at": entry.at,
            "kind": entry.kind,
            "actor": entry.actor,
            "facts": entry.read_facts() if as_json else _DIGEST.sub(r"\1…", entry.facts),
            "hash": entry.hash if as_json else entry.hash[:12],
        }
        for entry in entries
    ]
    show(rows, as_json, title="Ledger", empty="There are no such rows.")
