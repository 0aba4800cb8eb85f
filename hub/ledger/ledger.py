"""The ledger: append-only, each entry chained to the one before it by its hash.

    with store.writing() as session:
        entry = ledger.append(session, kind="decision", actor="owner", facts={"bundle": digest, ...}, at=store.now())
        ...                                   # what the entry is about, in the same transaction

The hash of an entry is SHA-256 over the canonical JSON of all its fields, the previous entry's hash among them. One
more row says where the chain ends, and so does the anchor outside the database (`hub.ledger.anchor`). Facts hold
pseudonyms and digests, never names. Its time never runs backwards: what is written a little early, by at most 60
seconds, counts as written with the entry before it, and what is earlier than that is refused.

`resume` takes the ledger up again after a break: a restored copy, a lost anchor, a clock that had run ahead. It says
who did so and why, and every approval from before it has ended (see `ethics.acts.approvals`).
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.digests import canonical_json, sha256_bytes
from hub.errors import ClockError, SentinelError
from hub.ledger.seals import Head
from hub.ledger.statements import run
from hub.ledger.store import ADDED, HEAD, WRITTEN, Store
from hub.ledger.tables import GENESIS, LedgerEntryRow, LedgerHeadRow, from_utc_text, utc_text

RESUMPTION = "resumption"
_MOMENT = "ledger_moment"
_SELECT = "SELECT seq, at, kind, actor, facts, previous, hash FROM ledger_entry"
_INSERT = "INSERT INTO ledger_entry (seq, at, kind, actor, facts, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?)"
_MOVE = "UPDATE ledger_head SET seq = ?, hash = ?"
LATE = timedelta(seconds=60)
"""How much earlier than the entry in front of it something may be written."""


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
        ClockError: `at` is more than 60 seconds before the entry in front of it.
    """
    for what in (kind, actor):
        if not what or not what.isprintable():
            raise ValueError("an entry of the ledger needs a kind and an actor in printable characters")
    head: Head = session.info[HEAD]
    return _add(session, head, kind, actor, facts, _moment(head, at))


def resume(store: Store, *, actor: str, reasons: str) -> Entry:
    """Take the ledger up after a break, whatever its anchor and its times say, and anchor it anew.

    Args:
        store: the open store.
        actor: the accountable owner who answers for it.
        reasons: why, in words.

    Raises:
        RecordError: the database refuses.
        LedgerError: the ledger does not end where its last row says, so nothing can be added to it.
    """
    try:
        known = [[head.seq, head.hash] for head in store.anchor.heads()]
    except SentinelError:
        known = []
    aside: list[tuple[Path, Path]] = []
    try:
        with store.resuming() as session:
            head: Head = session.info[HEAD]
            facts = {"reasons": reasons, "ledger": [head.seq, head.hash], "ledger_time": head.at, "anchor": known}
            entry = _add(session, head, RESUMPTION, actor, facts, utc_text(store.now()))
            aside += store.anchor.set_aside()  # only now: the database has taken it
    except BaseException:
        store.anchor.put_back(aside)
        raise
    return entry


def _moment(head: Head, at: datetime) -> str:
    """Return when an entry counts as written: never before the entry in front of it.

    Raises:
        ClockError: it would be more than 60 seconds earlier.
    """
    moment = utc_text(at)
    if head.seq == 0 or moment >= head.at:
        return moment
    check_clock(head, at)
    return head.at


def moment(session: Session, now: datetime) -> datetime:
    """Return the one moment at which everything in a write happens.

    It is the first that was asked for, and never earlier than the entry in front of it.

    Args:
        session: from `store.writing()`.
        now: the present moment.

    Raises:
        ClockError: it is more than 60 seconds before the end of the chain.
    """
    if _MOMENT not in session.info:
        head: Head = session.info[HEAD]
        check_clock(head, now)
        session.info[_MOMENT] = max(now, from_utc_text(head.at)) if head.seq else now
    found: datetime = session.info[_MOMENT]
    return found


def check_clock(head: Head, at: datetime) -> None:
    """Raise ClockError when the moment `at` is more than 60 seconds before the end of the chain."""
    if head.seq and at + LATE < from_utc_text(head.at):
        raise ClockError(
            f"The clock says {utc_text(at)[:16]}, and the ledger's last entry was written at {head.at[:16]} (UTC).",
            "Set the clock right. If the ledger's time is the wrong one, the accountable owner takes it up with "
            "`sentinel ledger resume`.",
        )


def _add(session: Session, head: Head, kind: str, actor: str, facts: Mapping[str, Any], moment: str) -> Entry:
    seq, text = head.seq + 1, canonical_json(dict(facts)).decode("utf-8")
    entry = Entry(seq, moment, kind, actor, text, head.hash, _hash(seq, moment, kind, actor, text, head.hash))
    session.info[WRITTEN] = True
    run(session, _INSERT, seq, moment, kind, actor, text, head.hash, entry.hash)
    run(session, _MOVE, seq, entry.hash)
    session.info[HEAD] = Head(seq, entry.hash, moment)
    session.info[ADDED].append((seq, entry.hash))
    return entry


def entry_at(session: Session, seq: int) -> Entry | None:
    """Return the entry with this number, or None when there is none."""
    rows = run(session, f"{_SELECT} WHERE seq = ?", seq)
    return Entry(*rows[0]) if rows else None


def entries_at(session: Session, numbers: Collection[int]) -> list[Entry]:
    """Return the entries with these numbers that there are, in order."""
    asked = sorted(set(numbers))
    statement = f"{_SELECT} WHERE seq IN ({', '.join('?' * len(asked))}) ORDER BY seq"
    return [Entry(*row) for row in run(session, statement, *asked)] if asked else []


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


def entries(
    session: Session, *, kind: str | None = None, first: int | None = None, last: int | None = None, after: int = 0
) -> list[Entry]:
    """Return entries in order: those of one kind, above `after`, of these only the `first` or `last` so many."""
    where: str = "seq > ?"
    values: list[object] = [after]
    if kind is not None:
        where, values = "kind = ? AND seq > ?", [kind, after]
    if last is None:
        limit: list[object] = [] if first is None else [first]
        statement = f"{_SELECT} WHERE {where} ORDER BY seq" + " LIMIT ?" * len(limit)
        return [Entry(*row) for row in run(session, statement, *values, *limit)]
    newest = run(session, f"{_SELECT} WHERE {where} ORDER BY seq DESC LIMIT ?", *values, last)
    return [Entry(*row) for row in reversed(newest)]


def columns() -> Any:
    """Return the query for whole entries."""
    return select(*(getattr(LedgerEntryRow, name) for name in Entry.__slots__))


def _hash(seq: int, at: str, kind: str, actor: str, facts: str, previous: str) -> str:
    # The canonical JSON of all fields, with the facts spliced in as they are stored: a changed space shows too.
    rest = canonical_json({"actor": actor, "at": at}).decode("utf-8")[:-1]
    more = canonical_json({"kind": kind, "previous": previous, "seq": seq}).decode("utf-8")[1:]
    return sha256_bytes(f'{rest},"facts":{facts},{more}'.encode())
