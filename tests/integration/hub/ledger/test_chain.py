"""The ledger on a real database: every kind of tampering is found and named, and many writers keep one chain."""

import datetime
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.errors import LedgerError
from hub.ledger import ledger, verification
from hub.ledger.ledger import Entry
from hub.ledger.store import Store, open_store
from hub.ledger.tables import GENESIS
from hub.ledger.verification import LedgerState
from hub.workspace import Workspace
from tests.examples import examples
from tests.factories import ledgers
from tests.factories.ethics import START, unprotected

ROWS = 6


def append(store: Store, number: int, kind: str = "score", at: datetime.datetime = START) -> Entry:
    """Append one entry in a transaction of its own."""
    with store.writing() as session:
        return ledger.append(session, kind=kind, actor="hub", facts={"number": number}, at=at)


@pytest.fixture(scope="module")
def six_rows(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Make a ledger of six entries, once."""
    workspace = Workspace(tmp_path_factory.mktemp("six"))
    with open_store(workspace) as made:
        for number in range(1, ROWS + 1):
            append(made, number, kind="decision" if number == 3 else "score")
    return workspace


@pytest.fixture
def store(six_rows: Workspace, tmp_path: Path) -> Iterator[Store]:
    """Give a store whose ledger has six entries."""
    with open_store(ledgers.copied(six_rows, tmp_path)) as made:
        yield made


def forged(store: Store, seq: int, **changed: str) -> str:
    """Return the statement that changes an entry and gives it the hash that fits its changed fields."""
    with store.reading() as session:
        entry = ledger.entry_at(session, seq)
    assert entry is not None
    fields = {name: getattr(entry, name) for name in Entry.__slots__} | changed
    rest = {name: value for name, value in fields.items() if name != "hash"}
    settings_ = ", ".join(f"{name} = '{value}'" for name, value in changed.items())
    return f"UPDATE ledger_entry SET {settings_}, hash = '{ledger._hash(**rest)}' WHERE seq = {seq}"


def test_an_untouched_chain_holds_and_is_chained_as_described(store: Store) -> None:
    state = verification.verify(store)
    with store.reading() as session:
        entries = ledger.entries(session)
        assert all(ledger.is_chained(session, entry) for entry in entries)
    assert state == LedgerState(ROWS, entries[-1].hash)
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert [entry.previous for entry in entries] == [GENESIS, *(entry.hash for entry in entries[:-1])]
    verification.require(state)


def test_an_empty_ledger_holds(tmp_path: Path) -> None:
    with open_store(Workspace(tmp_path)) as empty:
        assert verification.verify(empty) == LedgerState(0, GENESIS)


@pytest.mark.parametrize("seq", range(1, ROWS + 1))
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("facts", "'{\"number\":99}'"),
        ("facts", "facts || ' '"),
        ("facts", "x'00ff'"),
        ("actor", "'somebody_else'"),
        ("kind", "'refusal'"),
        ("at", "'2020-01-01T00:00:00.000000Z'"),
        ("previous", f"'{'1' * 64}'"),
        ("hash", f"'{'1' * 64}'"),
    ],
)
def test_one_edited_row_is_named(store: Store, seq: int, column: str, value: str) -> None:
    unprotected(store, f"UPDATE ledger_entry SET {column} = {value} WHERE seq = {seq}")
    state = verification.verify(store)
    assert (state.broken, state.rows) == (seq, seq - 1)
    with pytest.raises(LedgerError, match=rf"does not hold at row {seq}: it was changed"):
        verification.require(state)


@pytest.mark.parametrize(
    ("statements", "broken", "why"),
    [
        (["DELETE FROM ledger_entry WHERE seq = 3"], 3, "missing: entry 4 comes after entry 2"),
        (["DELETE FROM ledger_entry WHERE seq = 1"], 1, "missing"),
        (["DELETE FROM ledger_entry WHERE seq = 6"], 6, "missing: the chain should go on to entry 6"),
        (["DELETE FROM ledger_entry WHERE seq > 3"], 4, "missing: the chain should go on to entry 6"),
        (["DELETE FROM ledger_entry"], 1, "missing"),
        (["DELETE FROM ledger_entry WHERE seq = 3", "UPDATE ledger_entry SET seq = 3 WHERE seq = 4"], 3, "changed"),
        (
            [
                "UPDATE ledger_entry SET seq = 99 WHERE seq = 2",
                "UPDATE ledger_entry SET seq = 2 WHERE seq = 5",
                "UPDATE ledger_entry SET seq = 5 WHERE seq = 99",
            ],
            2,
            "changed",
        ),
        (
            ["INSERT INTO ledger_entry SELECT 7, at, kind, actor, facts, hash, hash FROM ledger_entry WHERE seq = 6"],
            7,
            "changed",
        ),
        (["DELETE FROM ledger_head"], 7, "where the chain ends is missing"),
        (["UPDATE ledger_head SET seq = 9"], 7, "missing: the chain should go on to entry 9"),
        (["UPDATE ledger_head SET hash = 'x'"], 6, "not the one that the chain ended with"),
        (["UPDATE ledger_head SET seq = 4"], 5, "added past the end"),
    ],
)
def test_removed_reordered_inserted_and_cut_off(store: Store, statements: list[str], broken: int, why: str) -> None:
    unprotected(store, *statements)
    state = verification.verify(store)
    assert (state.broken, state.holds) == (broken, False)
    assert why in state.why


@pytest.mark.parametrize("seq", range(1, ROWS + 1))
def test_an_edited_row_with_a_hash_that_fits_is_named_by_its_neighbour(store: Store, seq: int) -> None:
    unprotected(store, forged(store, seq, facts='{"number":99}'))
    assert verification.verify(store).broken == seq
    with store.reading() as session:
        entry = ledger.entry_at(session, seq)
        assert entry is not None
        assert entry.holds
        assert not ledger.is_chained(session, entry)


def test_a_wholly_rewritten_chain_shows_against_a_head_noted_earlier(store: Store, tmp_path: Path) -> None:
    noted = verification.verify(store).head
    append(store, 7)
    assert verification.verify(store, noted=noted).holds
    with open_store(Workspace(tmp_path / "forged")) as other:
        for number in range(1, ROWS + 2):
            append(other, number * 2)
        assert verification.verify(other).holds
        state = verification.verify(other, noted=noted)
        assert not state.holds
        assert "rewritten" in state.why


@given(data=st.data())
@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_single_changed_character_is_named(store: Store, tmp_path: Path, data: st.DataObject) -> None:
    seq = data.draw(st.integers(1, ROWS))
    column = data.draw(st.sampled_from(["at", "kind", "actor", "facts", "previous", "hash"]))
    with store.reading() as session:
        entry = ledger.entry_at(session, seq)
    before = str(getattr(entry, column))
    place = data.draw(st.integers(0, len(before) - 1))
    after = before[:place] + data.draw(st.characters(codec="ascii", exclude_categories=["C"])) + before[place + 1 :]
    with open_store(ledgers.copied(Workspace(tmp_path), tmp_path / "copy")) as changed:
        escaped = after.replace("'", "''")
        unprotected(changed, f"UPDATE ledger_entry SET {column} = '{escaped}' WHERE seq = {seq}")
        assert verification.verify(changed).broken == (None if after == before else seq)


def test_what_is_appended_in_a_transaction_that_fails_is_not_kept(store: Store) -> None:
    def fails() -> None:
        with store.writing() as session:
            ledger.append(session, kind="score", actor="hub", facts={}, at=START)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert verification.verify(store).rows == ROWS


@pytest.mark.parametrize(
    ("kind", "actor", "facts"),
    [
        ("", "hub", {}),
        ("score", "", {}),
        ("score", "a\nb", {}),
        ("score", "hub", {"x": float("nan")}),
        ("score", "hub", {"x": "\ud800"}),
    ],
)
def test_an_entry_that_has_no_canonical_form_is_refused(
    store: Store, kind: str, actor: str, facts: dict[str, object]
) -> None:
    with pytest.raises(ValueError), store.writing() as session:  # noqa: PT011 - several, all of them ValueError
        ledger.append(session, kind=kind, actor=actor, facts=facts, at=START)
    assert verification.verify(store) == LedgerState(ROWS, verification.verify(store).head)


def test_without_the_row_for_the_end_nothing_can_be_appended(store: Store) -> None:
    unprotected(store, "DELETE FROM ledger_head")
    with pytest.raises(LedgerError, match="does not end where its last row says"):
        append(store, 7)


def test_listing_by_kind_and_the_newest(store: Store) -> None:
    with store.reading() as session:
        assert [entry.seq for entry in ledger.entries(session, kind="decision")] == [3]
        assert [entry.seq for entry in ledger.entries(session, last=2)] == [5, 6]
        assert [entry.seq for entry in ledger.entries(session, kind="score", last=4)] == [2, 4, 5, 6]
        assert [entry.seq for entry in ledger.entries(session, kind="score", after=4)] == [5, 6]
        assert ledger.entries(session, kind="nothing") == []
        assert ledger.entry_at(session, 99) is None


def test_many_threads_keep_one_chain(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: append(store, number).seq, range(120)))
    assert sorted(made) == list(range(ROWS + 1, ROWS + 121))
    assert verification.verify(store).rows == ROWS + 120


_WRITER = """
import sys
from pathlib import Path
from hub.ledger import ledger
from hub.ledger.store import open_store
from hub.workspace import Workspace
with open_store(Workspace(Path(sys.argv[1]))) as store:
    for number in range(int(sys.argv[2])):
        with store.writing() as session:
            ledger.append(session, kind="score", actor="hub", facts={"number": number}, at=store.now())
"""


def writer(folder: Path, rows: int) -> subprocess.Popen[bytes]:
    """Start a process that opens the store, which none may have made yet, and appends so many entries."""
    return subprocess.Popen([sys.executable, "-c", _WRITER, str(folder), str(rows)], stderr=subprocess.PIPE)


def test_many_processes_keep_one_chain_from_an_empty_folder_on(tmp_path: Path) -> None:
    processes = [writer(tmp_path, 25) for _ in range(4)]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()
    with open_store(Workspace(tmp_path)) as store:
        state = verification.verify(store)
    assert (state.rows, state.holds) == (100, True)


def test_a_killed_writer_leaves_a_chain_that_holds(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with open_store(workspace) as store:
        for pause in (0.0, 0.01, 0.05):
            before = verification.verify(store).rows
            process = writer(tmp_path, 100_000)
            while verification.verify(store).rows == before:
                assert process.poll() is None, process.communicate()[1].decode()
                time.sleep(0.01)
            time.sleep(pause)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            state = verification.verify(store)
            assert state.holds, state
            assert append(store, 0, at=store.now()).seq == state.rows + 1
        assert verification.verify(store).holds


def test_verifying_does_not_keep_a_writer_waiting(store: Store) -> None:
    with store.writing() as session:
        for number in range(2_500):
            ledger.append(session, kind="score", actor="hub", facts={"number": number}, at=START)
    with ThreadPoolExecutor(1) as pool:
        walking = pool.submit(verification.verify, store)
        written = [append(store, number).seq for number in range(5)]
        state = walking.result()
    assert state.holds
    assert state.rows >= ROWS + 2_500
    assert written[-1] == ROWS + 2_505
