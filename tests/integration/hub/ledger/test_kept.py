"""What was answered is in the ledger: a write is read back, and a database that acts by itself is refused."""

import datetime
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from ethics.acts import verification as record
from hub.errors import LedgerError, RecordError, SentinelError
from hub.ledger import ledger, practice, statements, verification
from hub.ledger.anchor import Anchor
from hub.ledger.chain import Chain
from hub.ledger.store import Store, open_store
from hub.ledger.writes import Writes
from hub.workspace import Workspace
from tests.factories.ethics import START, desk, unprotected


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give a ledger with one entry."""
    with open_store(Workspace(tmp_path), wait_seconds=0.5) as made:
        _append(made)
        yield made


def _append(store: Store, kind: str = "score") -> int:
    with store.writing() as session:
        return ledger.append(session, kind=kind, actor="hub", facts={}, at=START).seq


def _by_hand(store: Store, *statements: str) -> None:
    with closing(sqlite3.connect(str(store.engine.url.database), isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement).fetchall()


_SWALLOWS = "CREATE TRIGGER {0} BEFORE {1} WHEN {2}RAISE(IGNORE) BEGIN SELECT RAISE(ABORT, 'x'); END"
_COLUMNS = "seq INTEGER PRIMARY KEY, at TEXT, kind TEXT, actor TEXT, facts TEXT, previous TEXT, hash TEXT"


@pytest.mark.parametrize(
    "statements",
    [
        (_SWALLOWS.format("one", "INSERT ON ledger_entry", "NEW.kind = 'score' AND "),),
        (
            _SWALLOWS.format("one", "INSERT ON ledger_entry", ""),
            _SWALLOWS.format("two", "UPDATE ON ledger_head", ""),
        ),
        ("CREATE TRIGGER one BEFORE INSERT ON ledger_entry BEGIN SELECT RAISE(ROLLBACK, 'x'); END",),
        ("CREATE TRIGGER one AFTER INSERT ON ledger_entry BEGIN DELETE FROM ledger_entry WHERE seq = NEW.seq; END",),
        ("CREATE VIEW one AS SELECT 1",),
        ("CREATE TABLE one (a INTEGER, b INTEGER GENERATED ALWAYS AS (a) NOT NULL ON CONFLICT IGNORE)",),
        ("CREATE VIRTUAL TABLE one USING fts5(a)",),
        (
            "ALTER TABLE ledger_entry RENAME TO old",
            f"CREATE TABLE ledger_entry ({_COLUMNS}, more INTEGER AS (NULL) NOT NULL ON CONFLICT IGNORE)",
            "INSERT INTO ledger_entry SELECT * FROM old",
        ),
    ],
    ids=["an entry", "entry and head", "roll back", "afterwards", "a view", "a column", "a virtual table", "the table"],
)
def test_a_database_that_acts_by_itself_is_refused(store: Store, statements: tuple[str, ...]) -> None:
    try:
        _by_hand(store, *statements)
    except sqlite3.OperationalError:
        unprotected(store, *statements)
    with pytest.raises(SentinelError):
        _append(store)


def test_an_entry_that_the_database_did_not_keep_is_noticed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whatever the schema's check may miss: what was written is read back before anybody is told.
    monkeypatch.setattr("hub.ledger.store.require_own_schema", lambda _: None)
    _by_hand(store, _SWALLOWS.format("one", "INSERT ON ledger_entry", ""))
    with pytest.raises(LedgerError):
        _append(store)


def test_another_kind_of_journal_is_refused(store: Store) -> None:
    # Whoever opens it keeps it so, and no other program could write beside this one: nobody could withdraw.
    with closing(sqlite3.connect(str(store.engine.url.database), isolation_level=None)) as other:
        assert other.execute("PRAGMA journal_mode = WAL").fetchall() == [("wal",)]
        with pytest.raises(LedgerError, match="another kind of journal"):
            _append(store)
        assert other.execute("SELECT max(seq) FROM ledger_entry").fetchall() == [(1,)]
    store.engine.dispose()
    assert _append(store) == 2  # nobody has it open any more: it is put right


def test_a_disk_that_is_full_between_two_statements_keeps_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, full = statements.run, [True]

    def once_full(session: Session, statement: str, *values: object) -> object:
        if statement.startswith("UPDATE ledger_head") and full:
            full.clear()
            raise RecordError("database or disk is full")
        return run(session, statement, *values)

    monkeypatch.setattr(ledger, "run", once_full)
    writes = Writes(store)
    with pytest.raises(RecordError):
        writes.do(lambda session: ledger.append(session, kind="score", actor="hub", facts={}, at=START))
    assert verification.verify(store).holds
    assert _append(store) == 2
    assert verification.verify(store).holds


def test_an_edit_is_seen_though_somebody_else_wrote_first_and_did_not_look(store: Store) -> None:
    chain = Chain()
    for _ in range(3):
        _append(store)
    with store.writing() as session:
        chain.follow(session)
    unprotected(store, "UPDATE ledger_entry SET actor = 'other' WHERE seq = 2")
    _append(store, "refusal")  # follows nothing
    with store.writing() as session, pytest.raises(LedgerError):
        chain.follow(session)


def test_what_is_written_late_bears_the_time_of_its_entry(tmp_path: Path) -> None:
    # Others write while somebody waits for the lock, so an entry is later than the moment at which it was asked for.
    here = desk(tmp_path)
    ahead = here.clock() + datetime.timedelta(seconds=30)
    with here.store.writing() as session:
        ledger.append(session, kind="refusal", actor="local", facts={}, at=ahead)
    here.approved()
    assert verification.verify(here.store).holds
    assert record.verify(here.store) == []


def test_a_resumption_that_fails_leaves_the_anchor_where_it_was(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path.name: path.read_bytes() for path in store.anchor.path.parent.iterdir() if path.suffix != ".lock"}
    monkeypatch.setattr(Anchor, "prepare", lambda *_: (_ for _ in ()).throw(LedgerError("the disk is full")))
    with pytest.raises(LedgerError):
        ledger.resume(store, actor="owner", reasons="restored")
    after = {path.name: path.read_bytes() for path in store.anchor.path.parent.iterdir() if path.suffix != ".lock"}
    assert after == before


def test_a_demonstration_that_was_cut_off_can_be_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace(tmp_path / "made", None, tmp_path / "elsewhere" / "anchor.json")
    settle = Anchor.settle
    monkeypatch.setattr(Anchor, "settle", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        practice.begin(workspace, "example")
    monkeypatch.setattr(Anchor, "settle", settle)
    practice.require_free(workspace)
    (workspace.ethics / "ethics.db").unlink()
    practice.begin(workspace, "example")
    assert practice.is_practice(workspace)
