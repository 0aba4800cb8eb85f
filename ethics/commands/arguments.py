"""What the commands of the ethics group share: the number of a proposal, and the record they work on."""

from typing import TYPE_CHECKING, Annotated

import typer

from hub.commands.command_line import Place

if TYPE_CHECKING:
    from hub.ledger.store import Store

ProposalArgument = Annotated[int, typer.Argument(help="Number of the proposal, as `list` shows it.", min=1)]


def open_record(here: Place) -> "Store":
    """Open the ethics record of the place where a command works."""
    from ethics.record.store import open_store

    return open_store(here.workspace)
