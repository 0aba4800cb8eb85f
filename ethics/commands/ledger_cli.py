"""`sentinel ledger`: what happened, in order, and whether any of it was changed afterwards."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from hub.commands.command_line import (
    AsOption,
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
    from hub.ledger.store import Store

app = typer.Typer(
    help="The ledger: everything that was published, decided, scored and refused, chained.", no_args_is_help=True
)
_DIGEST = re.compile(r"([0-9a-f]{12})[0-9a-f]{52}")


def _open(here: Place) -> "Store":
    """Open the ledger of a place; looking at it never makes one."""
    from ethics.record.store import open_store

    return open_store(here.workspace, may_create=False)


@app.command()
def verify(
    noted: Annotated[
        str | None, typer.Option("--noted", help="A head that was noted earlier; the chain must still contain it.")
    ] = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check every entry (hash, neighbours, time, anchor), and every row of the record against its entry."""
    from ethics.acts import verification as record
    from hub.errors import LedgerError
    from hub.ledger import verification

    here = place(workspace, partnership)
    with _open(here) as store:
        state = verification.verify(store, noted=noted)
        faults = record.verify(store) if state.holds else []
    if as_json:
        show_json(
            {
                "rows": state.rows,
                "head": state.head,
                "holds": state.holds and not faults,
                "broken": state.broken if state.broken is not None else faults[0].entry if faults else None,
                "why": state.why or (faults[0].why if faults else ""),
                "record": [{"entry": one.entry, "why": one.why} for one in faults],
                "anchor": str(here.workspace.anchor),
                "proves": verification.PROVES,
                "cannot_prove": verification.CANNOT,
            }
        )
        if not state.holds or faults:
            raise typer.Exit(LedgerError.exit_code)
        return
    verification.require(state)
    record.require(faults)
    say(f"{state.rows} rows; the chain holds, its anchor agrees, and every row of the record agrees with its entry.")
    say(f"Head: {state.head} (note it elsewhere: `--noted` shows later that nothing was rewritten).")
    say(f"Anchor: {here.workspace.anchor}")
    say(verification.PROVES)
    say(verification.CANNOT)


@app.command()
def resume(
    by: AsOption,
    reasons: Annotated[str, typer.Option("--reasons", help="What happened, and why the ledger may go on.")],
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
) -> None:
    """Take the ledger up after a break: a restored copy, a lost anchor, a clock that had run ahead; for an owner.

    Every approval from before it ends, and has to be decided anew.
    """
    from ethics.errors import NotAllowedError
    from ethics.rules.panel import checked_words, member
    from hub.declarations.partnership import Role
    from hub.ledger import ledger

    here = place(workspace, partnership)
    person, said = member(here.partnership, by), checked_words(reasons, "The reasons")
    if person.role is not Role.OWNER:
        raise NotAllowedError("To take up the ledger is for the accountable owner.", "Roles stand in partnership.yaml.")
    with _open(here) as store:
        entry = ledger.resume(store, actor=by, reasons=said)
    say(
        f"The ledger goes on with entry {entry.seq}. Approvals from before it have ended; propose again what is needed."
    )


@app.command("list")
def list_(
    kind: Annotated[str | None, typer.Option("--kind", help="Only rows of this kind, such as decision.")] = None,
    person: Annotated[
        str | None, typer.Option("--person", help="Only rows about this person_id, whom the ledger names by a digest.")
    ] = None,
    last: Annotated[int, typer.Option("--last", help="Only the newest so many.", min=1, max=100_000)] = 20,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the newest rows of the ledger, oldest of them first."""
    from hub.ledger import ledger
    from hub.ledger.subjects import Subjects

    here = place(workspace, partnership)
    with _open(here) as store, store.reading() as session:
        if person is None:
            entries = ledger.entries(session, kind=kind, last=last)
        else:
            name = Subjects.open(here.workspace).name(person)
            every = ledger.entries(session, kind=kind)
            entries = [entry for entry in every if entry.read_facts().get("person") == name][-last:]
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
