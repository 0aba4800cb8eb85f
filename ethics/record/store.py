"""Opening the ethics record: the ledger's database, with the tables of the record in it."""

from ethics.record.records import STEPS
from hub.ledger import store
from hub.ledger.store import Store
from hub.workspace import Workspace


def open_store(workspace: Workspace, *, may_create: bool = True, wait_seconds: float = 60.0) -> Store:
    """Open the ledger and the ethics record that stands on it; see `hub.ledger.store.open_store`."""
    return store.open_store(workspace, records=(STEPS,), may_create=may_create, wait_seconds=wait_seconds)
