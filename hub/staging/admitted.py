"""The extracts that may be used on a day, and the rows of identity that belong to them.

kept, left_out = admitted_extracts(workspace, partnership)
with extracts.held(workspace, kept) as read:
open_identity(connection, workspace, read)          # the view `identity_row`
"""

import datetime
from collections.abc import Sequence

import duckdb

from hub.declarations.admission import admit, day_of_use
from hub.declarations.partnership import Partnership
from hub.errors import NotFoundError
from hub.identity import store as identity_store
from hub.ledger import publications
from hub.staging import extracts, periods
from hub.staging.extracts import Extract, current_extracts
from hub.workspace import Workspace


def admitted_extracts(
    workspace: Workspace, partnership: Partnership, *, on: datetime.date | None = None
) -> tuple[list[Extract], dict[str, str]]:
    """Return the newest extract of each declared source that may be used, and the sources left out with the reason.

    Args:
        workspace: where extracts lie.
        partnership: declares sources and gateways.
        on: the day of use, on which gateways must hold; None is today (`admission.day_of_use`).

    Raises:
        NotFoundError: nothing was ingested yet.
        GatewayError: no source has a gateway that holds.
        NotPublishedError: the ledger does not know an extract.
    """
    declared = {source.name for source in partnership.sources}
    found = current_extracts(workspace)
    kept = [extract for extract in found if extract.source in declared]
    if not kept:
        raise NotFoundError(f"No extract was ingested in {workspace.root}.", "Run `sentinel hub ingest`.")
    left_out = {extract.source: "sources.yaml does not declare it any more" for extract in found if extract not in kept}
    known = publications.read(workspace)
    for extract in kept:
        known.require(extracts.KIND, extract.digest)
    admitted, refused = admit(partnership, kept, on=day_of_use(workspace, partnership) if on is None else on)
    return admitted, left_out | refused


def open_identity(connection: duckdb.DuckDBPyConnection, workspace: Workspace, held: Sequence[Extract]) -> None:
    """Make the view `identity_row` over the identity rows of extracts, which the caller holds (`extracts.held`)."""
    files = [(one, identity_store.records(workspace, one.source, one.digest)) for one in held]
    connection.execute(f"CREATE OR REPLACE VIEW identity_row AS {periods.identity(files)}")
