"""Does the ledger hold: is every entry what was written, in its place and time, and is the end where the anchor says?

    state = verify(store)                 # LedgerState(rows, head, broken=None, why="")
    require(state)

What this proves is said by `PROVES`, and what it cannot prove by `CANNOT`: the command prints both.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass

from sqlalchemy import select

from hub.errors import LedgerError, RecordError
from hub.ledger import chain, ledger
from hub.ledger.ledger import LATE
from hub.ledger.own_schema import require_own_schema
from hub.ledger.seals import Head
from hub.ledger.store import Store
from hub.ledger.tables import GENESIS, LedgerHeadRow, utc_text

PROVES = (
    "No entry was changed, removed, put in or written out of time since the anchor knew of it, and the ledger is not "
    "an earlier copy of itself."
)
CANNOT = (
    "It cannot show who wrote an entry (names are taken on trust until decisions are signed), nor find anything out "
    "against somebody who can write the database and also the anchor with its key: keep the anchor where whoever runs "
    "the database cannot write (SENTINEL_ANCHOR), and note the head elsewhere now and then."
)
_PAGE = 2_000
_TRIES = 5


@dataclass(frozen=True, slots=True)
class LedgerState:
    """What `verify` found.

    Attributes:
        rows: how many entries there are.
        head: hash of the last entry; note it elsewhere to be able to show later that nothing was rewritten.
        broken: number of the first entry that is wrong or missing; None when the chain holds.
        why: what is wrong with it.
    """

    rows: int
    head: str
    broken: int | None = None
    why: str = ""

    @property
    def holds(self) -> bool:
        """Say whether the chain holds."""
        return self.broken is None


def verify(store: Store, *, noted: str | None = None) -> LedgerState:
    """Walk the whole chain and say whether it holds; if not, which entry is the first wrong one.

    It reads page by page, so that writers do not wait until the walk is over.

    Args:
        store: the open store.
        noted: a head that was noted earlier; the chain must still contain it.
    """
    with store.reading() as session:
        try:
            require_own_schema(session)
        except LedgerError as error:
            return LedgerState(0, GENESIS, 1, error.message.rstrip("."))
    seq, last, at, seen = 0, GENESIS, "", noted in (None, GENESIS)
    for left in reversed(range(_TRIES)):
        # Somebody may write while this reads; the last time nobody may, so that what differs then does differ.
        with nullcontext() if left else _still(store):
            while True:
                with store.reading() as session:
                    page = ledger.entries(session, after=seq, first=_PAGE)
                    ends = session.execute(select(LedgerHeadRow.seq, LedgerHeadRow.hash))
                    head = [(row.seq, row.hash) for row in ends]
                for entry in page:
                    if fault := chain.fault(entry, Head(seq, last, at)):
                        return LedgerState(seq, last, *fault)
                    seq, last, at = entry.seq, entry.hash, entry.at
                    seen = seen or last == noted
                if not page:
                    break
            if fault := _fault_at_end(head, seq, last):
                return LedgerState(seq, last, *fault)
            why = _fault_of_anchor(store, Head(seq, last, at))
        if not why:
            break
        if not left:
            return LedgerState(seq, last, max(seq, 1), why)
    if not seen:
        return LedgerState(seq, last, max(seq, 1), "the chain was rewritten: the head that was noted is not in it")
    if seq and at > utc_text(store.now() + LATE):
        return LedgerState(seq, last, seq, f"its time, {at[:16]}, lies ahead of this machine's clock")
    return LedgerState(seq, last)


@contextmanager
def _still(store: Store) -> Iterator[None]:
    """Let nobody write through the anchor while the block runs; where that cannot be had, go on without."""
    with ExitStack() as hold:
        if store.anchor.path.exists():
            with suppress(RecordError):
                hold.enter_context(store.anchor.held(store.wait_seconds))
        yield


def _fault_of_anchor(store: Store, head: Head) -> str:
    """Return what the anchor says against this end of the chain; nothing when it agrees."""
    try:
        store.anchor.check(head)
    except LedgerError as error:
        return error.message.rstrip(".")
    return ""


def require(state: LedgerState) -> None:
    """Raise LedgerError, naming the first wrong entry, unless the chain holds."""
    if not state.holds:
        raise LedgerError(
            f"The ledger does not hold at row {state.broken}: {state.why}.",
            "Keep the database as it is and compare it with the last backup.",
        )


def _fault_at_end(head: list[tuple[int, str]], seq: int, last: str) -> tuple[int, str] | None:
    """Return which entry is wrong when the walk ended with entry `seq`, whose hash is `last`."""
    if len(head) != 1:
        return seq + 1, "the row that says where the chain ends is missing"
    end, hash_ = head[0]
    if end > seq:
        return seq + 1, f"it is missing: the chain should go on to entry {end}"
    if end < seq:
        return end + 1, "it was added past the end of the chain"
    if hash_ != last:
        return max(seq, 1), "it was replaced: it is not the one that the chain ended with"
    return None
