"""Taking back a wrong delivery: it stays where it is, is used no more, and the one before it holds again.

    done = withdraw(workspace, "3fa1", by="ann", reasons="The return of another authority")

The withdrawal is an entry of the ledger of its own, and is what decides: nothing else is written or removed. Snapshots
that used the delivery are named, for they stay published. A delivery that a later one has taken over cannot be taken
back before that one: what was wrong would live on in it. Deaths that no other delivery of the source tells go with it,
and are asked for: nobody is looked at who is known to have died, and they would be again.
"""

from dataclasses import dataclass
from typing import Any

from hub import artefacts
from hub.disclosing.disclosure import SmallNumbers, in_table
from hub.errors import NotFoundError, SentinelError, StateError
from hub.identity import store as identity_store
from hub.intake import late_deliveries
from hub.intake.confirmations import CONFIRM, ConfirmationError
from hub.intake.late_deliveries import ToldFiles
from hub.intake.source_run import TABLES
from hub.ledger import ledger, publications
from hub.ledger.store import open_store
from hub.publishing import snapshots
from hub.staging import extracts
from hub.staging.extracts import Extract
from hub.staging.taken_away import Loss
from hub.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a withdrawal did.

    Attributes:
        extract: the extract that is used no more.
        instead: the extract of the same source (and period) that holds again; None when there is none.
        snapshots: digests of the published snapshots that used it, sorted.
        current: whether the newest snapshot is among them.
        ledger_entry: number of the entry.
        deaths: the deaths that went with it: no other delivery of the source tells them.
    """

    extract: Extract
    instead: Extract | None
    snapshots: tuple[str, ...]
    current: bool
    ledger_entry: int
    deaths: Loss

    def as_json(self, small: SmallNumbers) -> dict[str, Any]:
        """Return the JSON form: digests, dates and numbers, small ones withheld."""
        instead = self.instead
        return {
            "extract": self.extract.digest,
            "source": self.extract.source,
            "period": self.extract.period,
            "delivered_on": self.extract.delivered_on.isoformat(),
            "holds_instead": None if instead is None else instead.digest,
            "holds_instead_delivered_on": None if instead is None else instead.delivered_on.isoformat(),
            "snapshots": list(self.snapshots),
            "current_snapshot_used_it": self.current,
            "ledger_entry": self.ledger_entry,
            "lost_deaths": self.deaths.as_json(small),
        }


def withdraw(
    workspace: Workspace,
    digest: str,
    *,
    by: str,
    reasons: str,
    confirmed: bool = False,
    small: SmallNumbers | None = None,
) -> Withdrawn:
    """Take a delivery back.

    Args:
        workspace: where it lies.
        digest: of its extract, or the beginning.
        by: id of who answers for it.
        reasons: why, without anything personal: it is kept for good.
        confirmed: deaths that no other delivery tells may go with it.
        small: which numbers an error may say; by default those of a partnership that declares nothing.

    Raises:
        ConfirmationError: such deaths would go, and nobody confirmed it.
        NotFoundError: there is no such extract.
        StateError: it was withdrawn before, a later delivery has taken it over, or an ingest is at work.
    """
    with identity_store.working(workspace):
        extract = extracts.open_extract(workspace, digest)
        gone = extracts.withdrawn(workspace)
        _require_current(workspace, extract, gone)
        now = extracts.current_extracts(workspace, gone | {extract.digest})
        lost = late_deliveries.deaths(
            _told(workspace, extract), [_told(workspace, one) for one in now if one.source == extract.source]
        )
        if lost.records and not confirmed:
            shown = lost.as_json(small or SmallNumbers())
            raise ConfirmationError(
                f"Nothing was taken back. Deaths that no other delivery of {extract.source} tells would go with it "
                f"({in_table(shown['records'])} of {in_table(shown['of'])}), and these people would be looked at "
                "again.",
                f"Ask the agency; if they are wrong too, run it again with {CONFIRM}.",
            )
        facts = {
            "kind": extracts.KIND,
            "digest": extract.digest,
            "source": extract.source,
            "period": extract.period,
            "delivered_on": extract.delivered_on.isoformat(),
            "reasons": reasons,
        }
        with open_store(workspace) as store, store.writing() as session:
            entry = ledger.append(session, kind=publications.WITHDRAWAL, actor=by, facts=facts, at=store.now())
    instead = next((one for one in now if _same(one, extract)), None)
    used, current = _used_in(workspace, extract.digest)
    return Withdrawn(extract, instead, used, current, entry.seq, lost)


def _told(workspace: Workspace, extract: Extract) -> ToldFiles:
    people = identity_store.records(workspace, extract.source, extract.digest)
    return ToldFiles(extract.path / TABLES["event"], people)


def _require_current(workspace: Workspace, extract: Extract, gone: frozenset[str]) -> None:
    if extract.digest in gone:
        raise StateError(f"The delivery {extract.digest[:12]} was withdrawn before.", "There is nothing left to do.")
    now = extracts.current_extracts(workspace, gone)
    if extract.digest in {one.digest for one in now}:
        return
    later = next((one for one in now if _same(one, extract)), None)
    named = "" if later is None else f": that of {later.delivered_on} ({later.digest[:12]})"
    raise StateError(
        f"A later delivery of {extract.source} has taken over what this one said{named}.",
        "Withdraw the later one first, then this one, and ingest the later one again.",
    )


def _same(one: Extract, other: Extract) -> bool:
    """Say whether two extracts are of one source and one period."""
    return (one.source, one.period) == (other.source, other.period)


def _used_in(workspace: Workspace, digest: str) -> tuple[tuple[str, ...], bool]:
    """Return the snapshots that hold an extract, and whether the newest one does."""
    used = []
    for name in artefacts.digests_in(workspace.snapshots):
        try:
            found = snapshots.open_snapshot(workspace, name)
        except SentinelError:
            continue  # damaged: `sentinel hub verify` says so
        if digest in {one.digest for one in found.facts.extracts}:
            used.append(name)
    try:
        current = snapshots.pointed_to(workspace)
    except NotFoundError:
        current = ""
    return tuple(sorted(used)), current in used
