"""The ledger: append-only, each entry chained to the one before it by its hash.

    with store.writing() as session:
        entry = ledger.append(session, kind="decision", actor="owner", facts={"bundle": digest, ...})
        ...                                   # what the entry is about, in the same transaction

    ledger.verify(store)                      # LedgerState(rows, head, broken=None, why="")

The hash of an entry is SHA-256 over the canonical JSON of all its fields, the previous entry's hash among them. One
more row says where the chain ends, so that a removed tail shows. Facts hold pseudonyms and digests, never names.
Whoever can rewrite the whole database can rewrite the whole chain: note the head elsewhere now and then, and give it
to `verify`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from ethics.errors import LedgerError
from ethics.records import GENESIS, LedgerEntryRow, LedgerHeadRow, utc_text
from ethics.store import Store
from hub.digests import canonical_json, sha256_bytes

_PAGE = 2_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry.

    Attributes:
        seq: its number, from 1 without gaps.
        at: moment in UTC, as text.
        kind: what happened, such as "decision" or "score".
        actor: who did it: an id of the panel or of a calling system.
        facts: canonical JSON.
        previous: hash of the entry before; 64 zeros for the first.
        hash: SHA-256 over the canonical JSON of the other six.
    """

    seq: int
    at: str
    kind: str
    actor: str
    facts: str
    previous: str
    hash: str

    @property
    def holds(self) -> bool:
        """Say whether the hash is that of the fields."""
        try:
            return self.hash == _hash(self.seq, self.at, self.kind, self.actor, self.facts, self.previous)
        except (TypeError, ValueError):  # a field is not even text any more
            return False

    def read_facts(self) -> dict[str, Any]:
        """Return the facts as a dictionary."""
        found: dict[str, Any] = json.loads(self.facts)
        return found


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


def append(session: Session, *, kind: str, actor: str, facts: Mapping[str, Any], at: datetime) -> Entry:
    """Add an entry inside the caller's transaction, so that it and what it is about are one write.

    Args:
        session: from `store.writing()`.
        kind: what happened, one or a few words.
        actor: who did it: an id, never a name.
        facts: JSON-able; pseudonyms, digests, numbers and dates only.
        at: the moment, with its time zone.

    Raises:
        ValueError: a fact is NaN or infinite, `at` has no time zone, or `kind` or `actor` is empty or not printable.
    """
    for what in (kind, actor):
        if not what or not what.isprintable():
            raise ValueError("an entry of the ledger needs a kind and an actor in printable characters")
    head = session.execute(select(LedgerHeadRow.seq, LedgerHeadRow.hash).with_for_update()).one()
    seq, moment, text = head.seq + 1, utc_text(at), canonical_json(dict(facts)).decode("utf-8")
    entry = Entry(seq, moment, kind, actor, text, head.hash, _hash(seq, moment, kind, actor, text, head.hash))
    values = {name: getattr(entry, name) for name in Entry.__slots__}
    session.execute(insert(LedgerEntryRow).values(values))
    session.execute(update(LedgerHeadRow).values(seq=seq, hash=entry.hash))
    return entry


def entry_at(session: Session, seq: int) -> Entry | None:
    """Return the entry with this number, or None when there is none."""
    rows = session.execute(_columns().where(LedgerEntryRow.seq == seq)).all()
    return Entry(*rows[0]) if rows else None


def is_chained(session: Session, entry: Entry) -> bool:
    """Say whether an entry agrees with its hash and with its neighbours: the entry before it and the one after it."""
    before, after = entry_at(session, entry.seq - 1), entry_at(session, entry.seq + 1)
    previous = before.hash if before else GENESIS if entry.seq == 1 else None
    if after is None:
        head = session.execute(select(LedgerHeadRow.seq, LedgerHeadRow.hash)).all()
        follows = [tuple(row) for row in head] == [(entry.seq, entry.hash)]
    else:
        follows = after.holds and after.previous == entry.hash
    return entry.holds and entry.previous == previous and follows


def entries(session: Session, *, kind: str | None = None, last: int | None = None, after: int = 0) -> list[Entry]:
    """Return entries in order: those of one kind, those numbered above `after`, of these only the `last` so many."""
    query = _columns().where(LedgerEntryRow.seq > after)
    if kind is not None:
        query = query.where(LedgerEntryRow.kind == kind)
    if last is None:
        return [Entry(*row) for row in session.execute(query.order_by(LedgerEntryRow.seq))]
    newest = session.execute(query.order_by(LedgerEntryRow.seq.desc()).limit(last)).all()
    return [Entry(*row) for row in reversed(newest)]


def verify(store: Store, *, noted: str | None = None) -> LedgerState:
    """Walk the whole chain and say whether it holds; if not, which entry is the first wrong one.

    It reads page by page, so that writers do not wait until the walk is over.

    Args:
        store: the open store.
        noted: a head that was noted earlier; the chain must still contain it.
    """
    seq, last, seen = 0, GENESIS, noted in (None, GENESIS)
    while True:
        with store.reading() as session:
            page = session.execute(
                _columns().where(LedgerEntryRow.seq > seq).order_by(LedgerEntryRow.seq).limit(_PAGE)
            ).all()
            head = [(row.seq, row.hash) for row in session.execute(select(LedgerHeadRow.seq, LedgerHeadRow.hash))]
        for row in page:
            entry = Entry(*row)
            if fault := _fault(entry, seq, last):
                return LedgerState(seq, last, *fault)
            seq, last = entry.seq, entry.hash
            seen = seen or last == noted
        if not page:
            break
    if fault := _fault_at_end(head, seq, last):
        return LedgerState(seq, last, *fault)
    if not seen:
        return LedgerState(seq, last, max(seq, 1), "the chain was rewritten: the head that was noted is not in it")
    return LedgerState(seq, last)


def require(state: LedgerState) -> None:
    """Raise LedgerError, naming the first wrong entry, unless the chain holds."""
    if not state.holds:
        raise LedgerError(
            f"The ledger does not hold at row {state.broken}: {state.why}.",
            "Keep the database as it is and compare it with the last backup.",
        )


def _fault(entry: Entry, seq: int, last: str) -> tuple[int, str] | None:
    """Return which entry is wrong when `entry` is read after entry `seq`, whose hash is `last`."""
    if entry.seq != seq + 1:
        return seq + 1, f"it is missing: entry {entry.seq} comes after entry {seq}"
    if not entry.holds:
        return entry.seq, "it was changed: its fields do not agree with its hash"
    if entry.previous != last:
        return max(seq, 1), f"it was replaced: entry {entry.seq} was written after another one"
    return None


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


def _columns() -> Any:
    return select(*(getattr(LedgerEntryRow, name) for name in Entry.__slots__))


def _hash(seq: int, at: str, kind: str, actor: str, facts: str, previous: str) -> str:
    # The canonical JSON of all fields, with the facts spliced in as they are stored: a changed space shows too.
    rest = canonical_json({"actor": actor, "at": at}).decode("utf-8")[:-1]
    more = canonical_json({"kind": kind, "previous": previous, "seq": seq}).decode("utf-8")[1:]
    return sha256_bytes(f'{rest},"facts":{facts},{more}'.encode())
