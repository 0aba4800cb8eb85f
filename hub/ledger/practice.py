"""Whether a workspace is a demonstration's: its ledger then begins by saying so, and nothing else makes it one.

A generated county is looked at on its own day, on which its gateways hold; a real one never is. A file or a line in
partnership.yaml could be put there by anybody; the first entry of an anchored ledger cannot.
"""

from hub.errors import LedgerError
from hub.ledger import ledger
from hub.ledger.anchor import Anchor
from hub.ledger.chain import Chain
from hub.ledger.store import Store, open_store
from hub.workspace import Workspace

KIND = "demonstration"


def begin(workspace: Workspace, partnership: str) -> None:
    """Begin a new ledger with the mark of a demonstration, and anchor it anew.

    The caller has removed what a former demonstration left; an anchor of it is put aside under another name.

    Raises:
        LedgerError: the anchor is that of a ledger which is no demonstration's; it stays as it is.
    """
    require_free(workspace)
    anchor = Anchor(workspace.anchor)
    anchor.set_aside()
    anchor.mark_practice()  # before the ledger begins: a demonstration that is cut off here can be begun again
    with open_store(workspace) as store, store.writing() as session:
        ledger.append(session, kind=KIND, actor="sentinel demo", facts={"partnership": partnership}, at=store.now())


def require_free(workspace: Workspace) -> None:
    """Refuse to begin a demonstration where the anchor is that of a ledger which is none. Nothing is changed.

    Raises:
        LedgerError: it is.
    """
    anchor = Anchor(workspace.anchor)
    if anchor.heads() and not anchor.is_of_practice:
        raise LedgerError(
            f"{anchor.path} is the anchor of a ledger that is no demonstration's, so it stays as it is.",
            "Give the demonstration a workspace of its own, and no SENTINEL_ANCHOR of another one.",
        )


def is_practice(workspace: Workspace) -> bool:
    """Say whether a workspace is a demonstration's."""
    if workspace.database_url is None and not (workspace.ethics / "ethics.db").exists():
        return False
    with open_store(workspace) as store:
        return is_practice_of(store)


def is_practice_of(store: Store) -> bool:
    """Say whether an open ledger is a demonstration's.

    Raises:
        LedgerError: it says so, and the chain from that entry to the end that the anchor knows does not hold.
    """
    with store.reading() as session:
        first = ledger.entry_at(session, 1)
    return first is not None and first.kind == KIND and Chain().catch_up(store).at(1) == first
