"""The ledger's file: replaced while it is open, emptied, or gone; nothing is written into what nobody finds again."""

import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from hub.errors import LedgerError, NotFoundError, RecordError
from hub.ledger import ledger, publications, verification
from hub.ledger.anchor import Anchor
from hub.ledger.store import Store, open_store
from hub.workspace import Workspace
from tests.factories import ledgers
from tests.factories.ethics import START

ROWS = 3


def append(store: Store) -> int:
    """Append one entry; return its number."""
    with store.writing() as session:
        return ledger.append(session, kind="score", actor="hub", facts={}, at=START).seq


def database(workspace: Workspace) -> Path:
    """Return the file."""
    return workspace.ethics / "ethics.db"


def rows(path: Path) -> int:
    """Return how many entries a file has, read besides."""
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM ledger_entry").fetchone()[0])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Make a ledger of three entries, once."""
    workspace = Workspace(tmp_path_factory.mktemp("whole"))
    with open_store(workspace) as store:
        for _ in range(ROWS):
            append(store)
    return workspace


@pytest.fixture
def workspace(whole: Workspace, tmp_path: Path) -> Workspace:
    """Give a copy of it."""
    return ledgers.copied(whole, tmp_path)


def replaced(path: Path) -> Path:
    """Put a copy in the place of a file by a rename; return another name of the file that was there.

    Another process copies it: to open and close it in this one would take away SQLite's locks.
    """
    nameless, draft = path.with_name("was"), path.with_name("draft")
    nameless.hardlink_to(path)
    subprocess.run(["cp", path, draft], check=True)
    draft.replace(path)
    return nameless


def test_what_took_the_place_of_an_open_file_is_written_and_not_the_file_without_a_name(workspace: Workspace) -> None:
    with open_store(workspace) as store:
        assert append(store) == ROWS + 1
        was = replaced(database(workspace))
        with pytest.raises(RecordError, match="file was replaced while it was open; nothing was kept"):
            append(store)
        assert append(store) == ROWS + 2, "the next connection finds the file that lies there"
        assert (rows(was), rows(database(workspace))) == (ROWS + 1, ROWS + 2)
        assert verification.verify(store).holds


@pytest.mark.parametrize("begun", [False, True])
def test_a_file_that_is_replaced_within_a_write_keeps_nothing_of_it(workspace: Workspace, begun: bool) -> None:
    def write(store: Store) -> None:
        with store.writing() as session:
            if begun:
                ledger.append(session, kind="score", actor="hub", facts={}, at=START)
            replaced(database(workspace)).unlink()
            ledger.append(session, kind="score", actor="hub", facts={}, at=START)

    with open_store(workspace) as store:
        with pytest.raises(RecordError):
            write(store)
        assert rows(database(workspace)) == ROWS
    with open_store(workspace) as store:
        assert append(store) == ROWS + 1
        assert verification.verify(store).holds


def test_nothing_is_read_from_a_file_without_a_name_either(workspace: Workspace) -> None:
    with open_store(workspace) as store:
        append(store)
        replaced(database(workspace))
        with pytest.raises(RecordError, match="file was replaced"), store.reading() as session:
            ledger.entries(session)
        with store.reading() as session:
            assert len(ledger.entries(session)) == ROWS + 1


def test_an_open_file_that_was_put_back_to_an_earlier_copy_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.db"
    shutil.copy(database(workspace), earlier)
    with open_store(workspace) as store:
        assert append(store) == ROWS + 1
        earlier.replace(database(workspace))
        with pytest.raises(RecordError, match="was replaced"):
            append(store)
        with pytest.raises(LedgerError, match="its anchor knows 4: it was put back or cut off"):
            append(store)
        assert rows(database(workspace)) == ROWS


def test_an_open_file_that_is_gone_is_not_made_anew(workspace: Workspace) -> None:
    with open_store(workspace) as store:
        append(store)
        database(workspace).unlink()
        for _ in range(2):
            with pytest.raises(RecordError):
                append(store)
        assert not database(workspace).exists()


def test_many_threads_and_a_file_that_is_replaced_again_and_again_lose_nothing_that_was_answered(
    workspace: Workspace,
) -> None:
    stop = threading.Event()
    with open_store(workspace, wait_seconds=5) as store:

        def write() -> list[int]:
            kept = []
            while not stop.is_set():
                try:
                    kept.append(append(store))
                except (RecordError, LedgerError):
                    continue
            return kept

        with ThreadPoolExecutor(3) as pool:
            answers = [pool.submit(write) for _ in range(3)]
            try:
                for _ in range(8):
                    # Under the lock, as a restore that was announced: no write is half way while the file is copied.
                    with closing(sqlite3.connect(database(workspace), isolation_level=None, timeout=30)) as connection:
                        connection.execute("BEGIN IMMEDIATE")
                        replaced(database(workspace)).unlink()
                        connection.execute("ROLLBACK")
                    stop.wait(0.05)
            finally:
                stop.set()
            kept = sorted(number for answer in answers for number in answer.result(20))
    assert len(kept) > 8
    assert len(set(kept)) == len(kept)
    with open_store(workspace) as store:
        with store.reading() as session:
            assert set(kept) <= {entry.seq for entry in ledger.entries(session)}
        assert verification.verify(store).holds


# ---- a database that is empty


def _gone(path: Path) -> None:
    path.unlink()


def _folder_gone(path: Path) -> None:
    shutil.rmtree(path.parent)


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _anew(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE something (else_ TEXT)")
        connection.commit()


@pytest.mark.parametrize("how", [_gone, _folder_gone, _emptied, _anew])
@pytest.mark.parametrize("may_create", [False, True])
def test_no_empty_ledger_is_made_where_the_anchor_knows_of_one(
    workspace: Workspace, how: Callable[[Path], None], may_create: bool
) -> None:
    path = database(workspace)
    how(path)
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(LedgerError, match="The ledger is gone: its database is empty, and its anchor knows"):
        open_store(workspace, may_create=may_create)
    assert (path.read_bytes() if path.exists() else None) == before, "nothing was made in its place"


@pytest.mark.parametrize("how", [_gone, _folder_gone])
def test_nothing_is_said_to_be_published_where_the_ledger_is_gone(
    workspace: Workspace, how: Callable[[Path], None]
) -> None:
    how(database(workspace))
    with pytest.raises(LedgerError, match="The ledger is gone"):
        publications.record(workspace, kind="snapshot", digest="5" * 64, inputs={}, by="ana")


def test_a_whole_new_ledger_in_its_place_is_refused_at_the_first_write_and_named(
    workspace: Workspace, tmp_path: Path
) -> None:
    other = Workspace(tmp_path / "other")
    open_store(other).close()
    database(other).replace(database(workspace))
    with open_store(workspace) as store:
        with pytest.raises(LedgerError, match="ends with entry 0, and its anchor knows 3"):
            append(store)
        assert not verification.verify(store).holds


def test_without_database_and_anchor_it_is_a_new_one_only_for_who_may_make_it(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with pytest.raises(NotFoundError, match="no ledger in this workspace yet"):
        open_store(workspace, may_create=False)
    assert not workspace.ethics.exists()
    with open_store(workspace) as store:
        assert append(store) == 1
    open_store(workspace, may_create=False).close()


def test_an_anchor_that_is_damaged_makes_no_new_ledger_either(workspace: Workspace) -> None:
    database(workspace).unlink()
    Anchor(workspace.anchor).path.write_bytes(b"{")
    with pytest.raises(LedgerError, match="is damaged"):
        open_store(workspace)
    assert not database(workspace).exists()
