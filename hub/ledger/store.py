"""The store: the database that holds the ledger and every record that stands on it.

    store = open_store(workspace)
    with store.writing() as session:      # one transaction: all of it is kept, or nothing
        ledger.append(session, kind="score", actor="early_help_hub", facts={...})
    with store.reading() as session:
        ...

SQLite in the workspace, or PostgreSQL when `SENTINEL_DATABASE_URL` says so, through the same code. SQLite keeps a
rollback journal with `synchronous=FULL` (its write-ahead log has a defect in the versions in use) and lets one writer
in at a time, the others wait. Every write begins by comparing the end of the chain with its anchor and ends by moving
the anchor on (`hub.ledger.anchor`).
"""

import datetime
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from hub import private_folders
from hub.errors import ConfigurationError, LedgerError, NotFoundError, RecordError
from hub.ledger import engines, schema, statements
from hub.ledger.anchor import Anchor
from hub.ledger.own_schema import require_own_schema
from hub.ledger.schema import Steps
from hub.ledger.seals import EMPTY, Head
from hub.ledger.statements import run
from hub.workspace import Workspace

HEAD = "ledger_head"
"""Where a writing session keeps the head of the chain, in `session.info`."""
WRITTEN = "ledger_written"
"""Where a writing session says that a statement that writes was sent: what follows is kept whole, or not at all."""
ADDED = "ledger_added"
"""Where a writing session keeps the number and hash of every entry that it added."""
STATE = "ledger_state"
"""Where a writing session names the state of an SQLite file: while the name is the same, nobody but this connection has
changed anything in it, so what it read once need not be read again. Missing where that cannot be told."""
_SELF = "self"
_ADDED = "SELECT seq, hash FROM ledger_entry WHERE seq > ?"
_NOT_KEPT = "The ledger did not keep what was written; nothing was answered."
_END = """
    SELECT ledger_head.seq, ledger_head.hash, ledger_entry.hash, ledger_entry.at
    FROM ledger_head LEFT JOIN ledger_entry ON ledger_entry.seq = ledger_head.seq"""


@dataclass(frozen=True, slots=True)
class Store:
    """The open database.

    Attributes:
        engine: SQLAlchemy's engine.
        writer: the same, for transactions that write.
        anchor: where the end of the chain is kept besides.
        clock: what the present moment is.
        wait_seconds: how long a write waits for another one.
    """

    engine: Engine
    writer: Engine
    anchor: Anchor
    clock: Callable[[], datetime.datetime]
    wait_seconds: float = 60.0

    def now(self) -> datetime.datetime:
        """Return the present moment, in UTC."""
        return self.clock()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one state of the record, and keeps nothing that is written in it.

        Raises:
            RecordError: the database refuses or cannot be reached.
        """
        with statements.refusals(), Session(self._reader, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session whose writes are kept together when the block ends well, and not at all otherwise.

        One writer is inside at a time, the others wait; what it reads stays true until it has written.

        Raises:
            RecordError: the database refuses or cannot be reached; nothing was kept.
            LedgerError: the chain does not end where its anchor says.
        """
        with self._writing(check=True) as session:
            yield session

    @contextmanager
    def resuming(self) -> Iterator[Session]:
        """Give the same for the one write that takes up a ledger whose anchor or clock does not hold; see `ledger`."""
        with self._writing(check=False) as session:
            yield session

    @contextmanager
    def _writing(self, *, check: bool) -> Iterator[Session]:
        with statements.refusals(), ExitStack() as hold, Session(self.writer) as session:
            with session.begin():
                session.info[statements.CONNECTION] = session.connection()
                head = head_of(session, lock=True)
                hold.enter_context(self.anchor.held(self.wait_seconds))
                require_own_schema(session)
                if check:
                    self.anchor.check(head)
                session.info[HEAD], session.info[ADDED] = head, []
                _note_state(session)
                yield session
                session.flush()
                following = session.info[HEAD]
                if following != head:
                    _require_kept(session, head)
                    self.anchor.prepare(head, following)
                path, opened = self._file(), session.connection().connection.info.get(engines.FILE)
            if path is not None and not engines.is_same(path, opened):
                raise RecordError(engines.REPLACED, "Try again.")
            if following != head:
                self.anchor.settle(following)

    def _file(self) -> Path | None:
        """Return the SQLite file; None for another database."""
        return Path(str(self.engine.url.database)) if self.engine.dialect.name == "sqlite" else None

    @property
    def _reader(self) -> Engine:
        if self.engine.dialect.name == "postgresql":
            return self.engine.execution_options(isolation_level="REPEATABLE READ")
        return self.engine

    def __enter__(self) -> Self:
        """Give the store itself; the end of the block closes it."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close all connections."""
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def head_of(session: Session, *, lock: bool = False) -> Head:
    """Return where the chain ends, as the database says it.

    Args:
        session: the open session.
        lock: keep other writers out until the transaction ends (PostgreSQL; in SQLite the transaction did so).

    Raises:
        LedgerError: the row that says so is missing, or the entry that it names.
    """
    if lock and session.get_bind().dialect.name == "postgresql":
        # A statement of its own: one that waits for the lock and joins sees the new head beside the old entries.
        run(session, "SELECT id FROM ledger_head FOR UPDATE")
    rows = run(session, _END)
    if len(rows) == 1 and rows[0][0] == 0:
        return EMPTY
    if len(rows) != 1 or rows[0][3] is None or rows[0][1] != rows[0][2]:
        raise LedgerError("The ledger does not end where its last row says.", "Run `sentinel ledger verify`.")
    seq, hash_, _, at = rows[0]
    return Head(seq, hash_, at)


def _require_kept(session: Session, head: Head) -> None:
    """Read back what a write has added behind `head`, before anybody is told that it was kept.

    Raises:
        LedgerError: the database says something else, or the transaction was ended by something in it.
    """
    following, added = session.info[HEAD], session.info[ADDED]
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite" and not driver.in_transaction:
        raise LedgerError(_NOT_KEPT, "Run `sentinel ledger verify`.")
    found = run(session, f"{_ADDED} UNION ALL SELECT seq, hash FROM ledger_head", head.seq)
    if sorted(found) != sorted([*added, (following.seq, following.hash)]):
        raise LedgerError(_NOT_KEPT, "Run `sentinel ledger verify`.")


def _note_state(session: Session) -> None:
    """Name the state of an SQLite file, which is another one when another connection may have changed it.

    SQLite is asked. Whoever opens the file besides and closes it again takes away the locks of this whole process, and
    two writers at once then ruin the database (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    if session.get_bind().dialect.name != "sqlite":
        return
    seen, info = run(session, "PRAGMA data_version")[0][0], session.connection().connection.info
    session.info[STATE] = (info.setdefault(_SELF, object()), seen)


def open_store(
    workspace: Workspace,
    *,
    records: Sequence[Steps] = (),
    may_create: bool = True,
    wait_seconds: float = 60.0,
) -> Store:
    """Open the ledger, make it when it is new, and bring its schema up to date.

    Args:
        workspace: says where the database and the anchor are, and what the time is.
        records: the tables of the records that stand on the ledger.
        may_create: make the ledger when there is none.
        wait_seconds: how long a write waits for another one before it is refused.

    Raises:
        ConfigurationError: the address cannot be used, or the database was made by a newer Sentinel.
        LedgerError: the ledger is gone, and its anchor knows that there was one.
        NotFoundError: there is none, and none may be made.
    """
    url = engines.address(workspace)
    anchor = Anchor(workspace.anchor)
    is_file = url.get_backend_name() == "sqlite"
    try:
        if is_file:
            _make_file(Path(str(url.database)), anchor, may_create=may_create)
        engine = engines.sqlite(url, wait_seconds) if is_file else engines.postgresql(url, wait_seconds)
    except OSError as error:
        raise _unusable(error) from None
    writer = engine.execution_options(**{engines.WRITES: True})
    store = Store(engine, writer, anchor, workspace.clock, wait_seconds)
    try:
        with store.writer.begin() as connection:
            if schema.version_of(connection) is None and anchor.heads():
                raise _gone()
            schema.bring_up_to_date(connection, records)
    except BaseException as error:
        store.close()
        if isinstance(error, DBAPIError):
            raise _unusable(error) from None
        raise
    return store


def _gone() -> LedgerError:
    return LedgerError(
        "The ledger is gone: its database is empty, and its anchor knows that it had entries.",
        "Restore the database from a copy. Nothing was made in its place.",
    )


def _make_file(path: Path, anchor: Anchor, *, may_create: bool) -> None:
    if not path.exists() or path.stat().st_size == 0:
        if any(head.seq for head in anchor.heads()):
            raise _gone()
        if not may_create:
            raise NotFoundError(
                "There is no ledger in this workspace yet.", "Give --workspace and --partnership of one that has."
            )
    private_folders.make_missing(path.parent)
    with suppress(FileExistsError):  # one that is there is opened by SQLite alone: see `_is_touched`
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    path.chmod(0o600)


def _unusable(error: Exception) -> ConfigurationError:
    # The text of the error may repeat the address with its password, so only its type is shown.
    return ConfigurationError(
        f"The ethics record cannot be opened ({type(error).__name__}).",
        "Check SENTINEL_DATABASE_URL, the folder's permissions and that the database runs.",
    )
