"""The chain, followed: every entry was checked against its hash and the entry in front of it, from the first one on.

    chain = Chain()
    followed = chain.catch_up(store)      # all of it the first time, then what was added; LedgerError when it is broken
    followed = chain.follow(session)      # the same inside a session, at once when nothing was added
    followed.entries("publication")       # as they were followed, whatever the database says of them by now
    followed.same(session, [7, 12])       # whether it says the same

One entry that fits its neighbours proves nothing: whoever can write the database can make three fit each other. What is
proved is the way from the first entry to the end that the anchor knows. So whatever rests on an entry asks the chain.
Scores and refusals are followed too, but not kept: nothing rests on them, and there are many.
"""

import itertools
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from hub.errors import LedgerError
from hub.ledger import ledger
from hub.ledger.ledger import RESUMPTION, Entry
from hub.ledger.seals import EMPTY, Head
from hub.ledger.store import HEAD, STATE, Store, head_of

MANY = frozenset({"score", "refusal"})
"""The kinds that are not kept."""
_FOLLOWED = "ledger_followed"
_PAGE = 2_000
_REMEDY = "Run `sentinel ledger verify`; keep the database as it is and compare it with the last backup."


@dataclass(frozen=True, slots=True)
class Followed:
    """The ledger up to one end, followed from its first entry; it never changes.

    Attributes:
        end: up to where.
        number: while it is the same, so is what is kept.
        kept: the entries on which something may rest, by their numbers.
        marks: ends on the way, a page apart.
    """

    end: Head = EMPTY
    number: int = 0
    kept: Mapping[int, Entry] = field(default_factory=dict)
    marks: tuple[Head, ...] = ()

    def entries(self, kind: str, *, after: int = 0) -> list[Entry]:
        """Return the entries of a kind, oldest first: those numbered above `after`."""
        return [one for one in self.kept.values() if one.kind == kind and one.seq > after]

    def about(self, name: str, value: object) -> dict[int, Entry]:
        """Return the entries whose facts say `value` under `name`, by their numbers."""
        return {seq: one for seq, one in self.kept.items() if one.read_facts().get(name) == value}

    def at(self, number: int) -> Entry | None:
        """Return the entry of this number; None when there is none, or when it is one of many."""
        return self.kept.get(number)

    def same(self, session: Session, numbers: Collection[int]) -> bool:
        """Say whether the database still says of these entries what was followed."""
        return ledger.entries_at(session, numbers) == [self.kept.get(number) for number in sorted(set(numbers))]

    def before_the_last_pages(self) -> "Followed":
        """Return the way up to where one to two pages are left."""
        end = self.marks[-2] if len(self.marks) > 1 else EMPTY
        kept = {seq: entry for seq, entry in self.kept.items() if seq <= end.seq}
        return Followed(end, self.number, kept, self.marks[:-1])


NOTHING = Followed()


class Chain:
    """A ledger that is followed as it grows. Safe for many threads.

    Whoever reads takes its lock before the database's, so that nobody who waits for it keeps a writer waiting.
    """

    def __init__(self) -> None:
        self._followed = NOTHING
        self._numbers = itertools.count(1)
        self._same: set[tuple[object, int, frozenset[int]]] = set()
        self._state: object = None
        self._lock = threading.Lock()

    @property
    def is_followed(self) -> bool:
        """Whether the way from the first entry on is known."""
        return self._followed is not NOTHING

    def catch_up(self, store: Store) -> Followed:
        """Follow the ledger to its end, page by page, so that no writer waits for the whole way.

        Raises:
            LedgerError: the chain does not hold.
            RecordError: the database cannot be read.
        """
        with self._lock:
            return self._follow(lambda way: _by_pages(store, way))

    def follow(self, session: Session) -> Followed:
        """Follow the ledger to its end as a session sees it, once in each session.

        Raises:
            LedgerError: the chain does not hold.
        """
        found: tuple[Chain, Followed] | None = session.info.get(_FOLLOWED)
        if found is None or found[0] is not self:
            with self._lock:
                head: Head = session.info.get(HEAD) or head_of(session)
                state = session.info.get(STATE)
                if state is not None and state != self._state:
                    self._look_again(session, head)
                    self._state = state  # only now: whoever does not follow it does not see that somebody wrote
                if head != self._followed.end:
                    self._follow(lambda way: _at_once(session, way, head))
                found = session.info[_FOLLOWED] = self, self._followed
        return found[1]

    def same(self, session: Session, numbers: Collection[int]) -> bool:
        """Say whether the database says of these entries what was followed; asked once in each of its states."""
        followed, state = self.follow(session), session.info.get(STATE)
        asked = (state, followed.number, frozenset(numbers))
        if state is None or asked not in self._same:
            if not followed.same(session, numbers):
                return False
            if any(one[:2] != asked[:2] for one in self._same):
                self._same.clear()
            self._same.add(asked)
        return True

    def forget(self) -> None:
        """Follow it from the first entry the next time."""
        self._followed = NOTHING
        self._same.clear()

    def _look_again(self, session: Session, head: Head) -> None:
        """Somebody else wrote: what is kept must be as it was followed, and the last pages are followed anew.

        What is older and is not kept, scores and refusals, is for `hub.ledger.verification`.

        Raises:
            LedgerError: an entry is not as it was followed.
        """
        known, earlier = self._followed, self._followed.before_the_last_pages()
        if not earlier.same(session, earlier.kept):
            self._followed = NOTHING
            raise _broken(min(earlier.kept), "an entry from there on was changed")
        self._followed = earlier
        again = self._follow(lambda way: _at_once(session, way, head))
        if again.kept == known.kept:
            self._followed = Followed(again.end, known.number, known.kept, again.marks)

    def _follow(self, to_the_end: Callable[["_Way"], None]) -> Followed:
        """Follow from where it was left; when that does not hold, from the first entry on.

        The ledger may have been put back, and its anchor with it.
        """
        way = _Way(self._followed)
        try:
            to_the_end(way)
        except LedgerError:
            begun, self._followed = self.is_followed, NOTHING
            if not begun:
                raise
            way = _Way(NOTHING)
            to_the_end(way)
        self._followed = way.followed(self._numbers)
        return self._followed


class _Way:
    """What is being followed from somewhere on."""

    def __init__(self, start: Followed) -> None:
        self._start, self.end = start, start.end
        self._added: dict[int, Entry] = {}
        self._marks = list(start.marks)

    def take(self, session: Session) -> int:
        """Check the next page of entries; return how many they were.

        Raises:
            LedgerError: one does not hold.
        """
        if not self._marks or self.end.seq >= self._marks[-1].seq + _PAGE:
            self._marks.append(self.end)
        page = ledger.entries(session, after=self.end.seq, first=_PAGE)
        for entry in page:
            wrong = fault(entry, self.end)
            if wrong is not None:
                raise _broken(*wrong)
            self.end = Head(entry.seq, entry.hash, entry.at)
            if entry.kind not in MANY:
                self._added[entry.seq] = entry
        return len(page)

    def require_end(self, head: Head) -> None:
        """Raise LedgerError unless this is where the chain ends."""
        if head != self.end:
            raise _broken(min(head.seq, self.end.seq) + 1, "the chain does not end where its last row says")

    def followed(self, numbers: Iterator[int]) -> Followed:
        """Return the way to this end."""
        kept, number = self._start.kept, self._start.number
        if self._added:
            kept, number = {**kept, **self._added}, next(numbers)
        return Followed(self.end, number, kept, tuple(self._marks))


def _by_pages(store: Store, way: _Way) -> None:
    """Follow to the end, each page in a session of its own."""
    while True:
        with store.reading() as session:
            if head_of(session) == way.end or way.take(session) < _PAGE:
                way.require_end(head_of(session))
                return


def _at_once(session: Session, way: _Way, head: Head) -> None:
    """Follow to the end in one session."""
    while way.take(session) == _PAGE:
        continue
    way.require_end(head)


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
