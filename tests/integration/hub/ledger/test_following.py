"""The chain as it is followed: what may be rested on was followed from the first entry, and never changes after."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.errors import LedgerError, NotPublishedError
from hub.ledger import chain as following
from hub.ledger import ledger, publications
from hub.ledger.chain import Chain
from hub.ledger.ledger import Entry
from hub.ledger.publications import Publications
from hub.ledger.store import Store, open_store
from hub.workspace import Workspace
from tests.factories import ledgers
from tests.factories.ethics import START, unprotected

ROWS = 12
KINDS = ("publication", "score", "decision", "refusal")
SEVEN = "7" * 64


def append(store: Store, kind: str, number: int) -> Entry:
    """Append an entry that is a publication, or might be anything else."""
    facts: dict[str, Any] = {
        "kind": "bundle",
        "digest": f"{number:064}",
        "inputs": {},
        "code": None,
        "more": {},
        "number": number,
    }
    with store.writing() as session:
        return ledger.append(session, kind=kind, actor="ana", facts=facts, at=START)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Make a ledger of twelve entries of four kinds, once."""
    workspace = Workspace(tmp_path_factory.mktemp("whole"))
    with open_store(workspace) as store:
        for number in range(1, ROWS + 1):
            append(store, KINDS[(number - 1) % len(KINDS)], number)
    return workspace


@pytest.fixture
def store(whole: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Give a copy of it, whose pages have three entries."""
    monkeypatch.setattr(following, "_PAGE", 3)
    with open_store(ledgers.copied(whole, tmp_path)) as made:
        yield made


def followed(store: Store, chain: Chain) -> list[int]:
    """Follow in a session of its own and return the numbers of all that is kept."""
    with store.reading() as session:
        return list(chain.follow(session).kept)


def edited(store: Store, seq: int, *, fits: int = 0) -> None:
    """Say something else in an entry; make so many entries from it on fit each other."""
    with store.reading() as session:
        entries = ledger.entries(session)
    changes, previous = [], ""
    for entry in entries[seq - 1 : seq - 1 + max(fits, 1)]:
        facts = entry.read_facts() | ({"digest": SEVEN} if entry.seq == seq else {})
        text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
        before = previous or entry.previous
        made = ledger._hash(entry.seq, entry.at, entry.kind, entry.actor, text, before)
        previous = made if fits else ""
        changes.append(
            f"UPDATE ledger_entry SET facts = '{text}', previous = '{before}'"
            + (f", hash = '{made}'" if fits else "")
            + f" WHERE seq = {entry.seq}"
        )
    unprotected(store, *changes)


def test_what_may_be_rested_on_is_kept_and_the_many_are_not(store: Store) -> None:
    for way in (Chain().catch_up(store), None):
        chain = Chain()
        assert not chain.is_followed
        if way is None:
            with store.reading() as session:
                way = chain.follow(session)
        assert list(way.kept) == [1, 3, 5, 7, 9, 11]
        assert way.end.seq == ROWS
        assert [one.seq for one in way.entries("publication")] == [1, 5, 9]
        assert [one.seq for one in way.entries("decision", after=3)] == [7, 11]
        assert list(way.about("number", 7)) == [7]
        assert way.at(2) is None
        assert way.at(99) is None
        at = way.at(3)
        assert at is not None
        assert at.kind == "decision"


def test_what_was_added_is_followed_and_changes_nothing_that_somebody_holds(store: Store) -> None:
    chain = Chain()
    before = chain.catch_up(store)
    append(store, "score", 13)
    after = chain.catch_up(store)
    assert (after.number, after.kept) == (before.number, before.kept), "of a score nothing is kept"
    append(store, "decision", 14)
    later = chain.catch_up(store)
    assert later.number != after.number
    assert list(later.kept) == [1, 3, 5, 7, 9, 11, 14]
    assert list(before.kept) == [1, 3, 5, 7, 9, 11]
    with store.writing() as session:
        assert chain.follow(session) == later


@pytest.mark.parametrize("fits", [0, 1, 2, 3])
@pytest.mark.parametrize("seq", range(1, ROWS + 1))
def test_an_edited_entry_is_found_by_who_follows_from_the_first_one(store: Store, seq: int, fits: int) -> None:
    edited(store, seq, fits=fits)
    with pytest.raises(LedgerError):
        Chain().catch_up(store)
    with pytest.raises(LedgerError), store.reading() as session:
        Chain().follow(session)


@pytest.mark.parametrize("fits", [0, 1, 2, 3])
@pytest.mark.parametrize("seq", [1, 3, 5, 7, 9, 11])
def test_who_has_followed_rests_on_what_was_followed_and_sees_that_it_is_another_now(
    store: Store, seq: int, fits: int
) -> None:
    chain = Chain()
    known = chain.catch_up(store)
    edited(store, seq, fits=fits)
    with store.reading() as session:
        try:
            now = chain.follow(session)
        except LedgerError:  # the end is another one
            return
        assert now.kept == known.kept
        assert not now.same(session, [seq])
        assert now.same(session, [number for number in known.kept if not seq <= number < seq + max(fits, 1)])


@pytest.mark.parametrize("seq", range(1, ROWS + 1))
def test_who_writes_next_sees_that_somebody_else_has_edited(store: Store, seq: int) -> None:
    chain = Chain()
    with store.writing() as session:
        chain.follow(session)
    with store.writing() as session:  # the connection has seen what its own writes leave behind
        known = chain.follow(session)
    edited(store, seq)
    with store.writing() as session:
        if seq in known.kept or seq > ROWS - 3:
            with pytest.raises(LedgerError):
                chain.follow(session)


def test_a_ledger_that_was_put_back_with_its_anchor_is_followed_anew(
    store: Store, whole: Workspace, tmp_path: Path
) -> None:
    chain = Chain()
    append(store, "decision", 13)
    assert 13 in chain.catch_up(store).kept
    store.close()
    with open_store(ledgers.copied(whole, tmp_path)) as back:
        assert list(chain.catch_up(back).kept) == [1, 3, 5, 7, 9, 11]
        append(back, "publication", 13)
        found = chain.catch_up(back).at(13)
        assert found is not None
        assert found.kind == "publication"


def test_after_it_was_found_broken_it_is_followed_from_the_first_entry(store: Store) -> None:
    chain = Chain()
    chain.catch_up(store)
    with store.reading() as session:
        entry = ledger.entry_at(session, 7)
    assert entry is not None
    edited(store, 7, fits=1)
    append(store, "score", 13)
    chain.forget()
    for _ in range(2):
        with pytest.raises(LedgerError, match="does not hold at row 7"):
            chain.catch_up(store)
    restored = f"UPDATE ledger_entry SET facts = '{entry.facts}', hash = '{entry.hash}' WHERE seq = 7"
    unprotected(store, restored)
    assert len(chain.catch_up(store).kept) == 6


def test_a_way_that_was_found_broken_is_not_gone_on_with(store: Store) -> None:
    chain = Chain()
    chain.catch_up(store)
    edited(store, 7, fits=1)
    unprotected(
        store,
        f"INSERT INTO ledger_entry SELECT 13, at, kind, actor, facts, previous, '{SEVEN}' FROM ledger_entry LIMIT 1",
        f"UPDATE ledger_head SET seq = 13, hash = '{SEVEN}'",
    )
    with pytest.raises(LedgerError):
        chain.catch_up(store)
    with store.reading() as session:
        twelve = ledger.entry_at(session, ROWS)
    assert twelve is not None
    unprotected(
        store, "DELETE FROM ledger_entry WHERE seq = 13", f"UPDATE ledger_head SET seq = 12, hash = '{twelve.hash}'"
    )
    with pytest.raises(LedgerError, match="does not hold at row 7"):
        chain.catch_up(store)


# ---- publications


def test_publications_are_read_once_and_then_what_was_added(store: Store) -> None:
    known = Publications().catch_up(store)
    assert [one.number for one in known.of("bundle")] == [1, 5, 9]
    assert known.of("audit") == []
    append(store, "publication", 13)
    append(store, "publication", 9)
    assert [one.number for one in known.catch_up(store).of("bundle")] == [1, 5, 9, 13, 14]
    assert known.require("bundle", f"{9:064}").number == 14, "of several the newest"
    with pytest.raises(NotPublishedError, match="The ledger does not know the bundle 777777777777"):
        known.require("bundle", SEVEN)
    with pytest.raises(NotPublishedError, match="does not know the audit"):
        known.require("audit", f"{9:064}")


@pytest.mark.parametrize("fits", [0, 1, 2])
@pytest.mark.parametrize("seq", [1, 5, 9])
def test_a_publication_that_was_put_into_an_entry_is_none(store: Store, seq: int, fits: int) -> None:
    known = Publications().catch_up(store)
    edited(store, seq, fits=fits)
    with pytest.raises(LedgerError):
        Publications().catch_up(store)
    try:
        known.catch_up(store)
    except LedgerError:
        return
    with pytest.raises(NotPublishedError):
        known.require("bundle", SEVEN)


@pytest.mark.parametrize("facts", [{}, {"kind": "bundle"}, {"kind": "bundle", "digest": SEVEN, "inputs": {}}])
def test_a_publication_that_does_not_say_what_sentinel_writes_is_refused(
    store: Store, facts: dict[str, object]
) -> None:
    with store.writing() as session:
        ledger.append(session, kind=publications.KIND, actor="ana", facts=facts, at=START)
    with pytest.raises(LedgerError, match="does not say what Sentinel writes"):
        Publications().catch_up(store)
