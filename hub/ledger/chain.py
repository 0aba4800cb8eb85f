"""The chain, followed: every entry was checked against its hash and the entry in front of it, from the first one on.

    chain = Chain()
    chain.catch_up(store)            # all of it the first time, then what was added; LedgerError when it does not hold
    chain.follow(session)            # the same inside a session, at once when nothing was added
    chain.entries("publication")     # as they were followed, whatever the database says of them by now
    chain.same(session, [7, 12])     # whether it says the same

One entry that fits its neighbours proves nothing: whoever can write the database can make three fit each other. What is
proved is the way from the first entry to the end that the anchor knows. So whatever rests on an entry asks the chain.
Scores and refusals are followed too, but not kept: nothing rests on them, and there are many.
"""

import threading
from collections.abc import Collection
from typing import Self

from sqlalchemy.orm import Session

from hub.errors import LedgerError
from hub.ledger import ledger
from hub.ledger.anchor import EMPTY, Head
from hub.ledger.ledger import RESUMPTION, Entry
from hub.ledger.store import HEAD, TOUCHED, Store, head_of

MANY = frozenset({"score", "refusal"})
"""The kinds that are not kept."""
_FOLLOWED = "ledger_followed"
_PAGE = 2_000
_REMEDY = "Run `sentinel ledger verify`; keep the database as it is and compare it with the last backup."


class Chain:
    """The ledger as far as it was followed. Safe for many threads.

    Attributes:
        changes: how often what is kept became another; while it is the same, so is what is kept.
    """

    def __init__(self) -> None:
        self.changes = 0
        self._end = EMPTY
        self._kept: dict[int, Entry] = {}
        self._marks: list[Head] = []
        self._lock = threading.RLock()

    @property
    def is_followed(self) -> bool:
        """Whether the way from the first entry on is known."""
        return self._end != EMPTY

    def catch_up(self, store: Store) -> Self:
        """Follow the ledger to its end, page by page, so that no writer waits for the whole way.

        Raises:
            LedgerError: the chain does not hold.
            RecordError: the database cannot be read.
        """
        with self._lock:
            for again in (True, False):
                try:
                    while not self._page(store):
                        continue
                except LedgerError:
                    begun = self.is_followed
                    self.forget()
                    if not (again and begun):
                        raise
                else:
                    break
        return self

    def _page(self, store: Store) -> bool:
        with store.reading() as session:
            if head_of(session) == self._end or len(self._take(session)) < _PAGE:
                self._require_end(head_of(session))
                return True
        return False

    def follow(self, session: Session) -> Self:
        """Follow the ledger to its end as a session sees it, once in each session.

        Raises:
            LedgerError: the chain does not hold.
        """
        if session.info.get(_FOLLOWED) is not self:
            head: Head = session.info.get(HEAD) or head_of(session)
            with self._lock:
                if session.info.get(TOUCHED) and self.is_followed:
                    self._look_again(session)
                if head != self._end:
                    self._walk(session, head)
            session.info[_FOLLOWED] = self
        return self

    def _look_again(self, session: Session) -> None:
        """Somebody else wrote: what is kept must be as it was followed, and the last pages are followed anew.

        What is older and is not kept, scores and refusals, is for `hub.ledger.verification`.

        Raises:
            LedgerError: an entry that is kept is not as it was followed.
        """
        start = self._marks[-2] if len(self._marks) > 1 else EMPTY
        earlier = {seq: entry for seq, entry in self._kept.items() if seq <= start.seq}
        if not self.same(session, earlier):
            self.forget()
            raise _broken(min(earlier), "an entry from there on was changed")
        self._kept, self._end = earlier, start
        self._marks = self._marks[:-1]
        self.changes += 1

    def _walk(self, session: Session, head: Head) -> None:
        begun = self.is_followed
        try:
            while len(self._take(session)) == _PAGE:
                continue
            self._require_end(head)
        except LedgerError:
            self.forget()
            if not begun:
                raise
            self._walk(session, head)  # from the first entry on: the ledger may have been put back with its anchor

    def _take(self, session: Session) -> list[Entry]:
        """Check the next page of entries, and keep what may be rested on."""
        if not self._marks or self._end.seq >= self._marks[-1].seq + _PAGE:
            self._marks.append(self._end)
        page = ledger.entries(session, after=self._end.seq, first=_PAGE)
        for entry in page:
            wrong = fault(entry, self._end)
            if wrong is not None:
                raise _broken(*wrong)
            self._end = Head(entry.seq, entry.hash, entry.at)
            if entry.kind not in MANY:
                self._kept[entry.seq] = entry
                self.changes += 1
        return page

    def _require_end(self, head: Head) -> None:
        if head != self._end:
            raise _broken(min(head.seq, self._end.seq) + 1, "the chain does not end where its last row says")

    def forget(self) -> None:
        """Follow it from the first entry the next time."""
        with self._lock:
            self._end, self._kept, self._marks = EMPTY, {}, []
            self.changes += 1

    def entries(self, kind: str, *, after: int = 0) -> list[Entry]:
        """Return the entries of a kind that were followed, oldest first: those numbered above `after`."""
        with self._lock:
            return [one for one in self._kept.values() if one.kind == kind and one.seq > after]

    def about(self, name: str, value: object) -> dict[int, Entry]:
        """Return the entries whose facts say `value` under `name`, by their numbers."""
        with self._lock:
            return {seq: one for seq, one in self._kept.items() if one.read_facts().get(name) == value}

    def at(self, number: int) -> Entry | None:
        """Return the entry of this number; None when there is none, or when it is one of many."""
        return self._kept.get(number)

    def same(self, session: Session, numbers: Collection[int]) -> bool:
        """Say whether the database still says of these entries what was followed."""
        return ledger.entries_at(session, numbers) == [self._kept.get(number) for number in sorted(set(numbers))]


def fault(entry: Entry, before: Head) -> tuple[int, str] | None:
    """Return which entry is wrong, and why, when `entry` is read after the one where `before` ends."""
    if entry.seq != before.seq + 1:
        return before.seq + 1, f"it is missing: entry {entry.seq} comes after entry {before.seq}"
    if not entry.holds:
        return entry.seq, "it was changed: its fields do not agree with its hash"
    if entry.previous != before.hash:
        return max(before.seq, 1), f"it was replaced: entry {entry.seq} was written after another one"
    if entry.at < before.at and entry.kind != RESUMPTION:
        return entry.seq, "its time is before that of the entry in front of it"
    return None


def _broken(number: int, why: str) -> LedgerError:
    return LedgerError(f"The ledger does not hold at row {number}: {why}.", _REMEDY)
