"""The store: the database that holds the ethics record and the ledger.

    store = open_store(workspace, settings.database_url)
    with store.writing() as session:      # one transaction: all of it is kept, or nothing
        ledger.append(session, kind="score", actor="early_help_hub", facts={...})
    with store.reading() as session:
        ...

SQLite in the workspace, or PostgreSQL when `SENTINEL_DATABASE_URL` says so, through the same code. SQLite keeps a
rollback journal with `synchronous=FULL` (its write-ahead log has a defect in the versions in use) and lets one writer
in at a time, the others wait.
"""

import datetime
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from ethics import schema
from ethics.errors import RecordError
from ethics.records import LedgerHeadRow
from hub.errors import ConfigurationError
from hub.workspace import Workspace

_WAIT_SECONDS = 60
_WRITES = "sentinel_writes"


def utc_now() -> datetime.datetime:
    """Return the present moment in UTC."""
    return datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True, slots=True)
class Store:
    """The open database.

    Attributes:
        engine: SQLAlchemy's engine.
        clock: what the present moment is.
    """

    engine: Engine
    clock: Callable[[], datetime.datetime] = utc_now

    def now(self) -> datetime.datetime:
        """Return the present moment, in UTC."""
        return self.clock()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one state of the record, and keeps nothing that is written in it.

        Raises:
            RecordError: the database refuses or cannot be reached.
        """
        with _refusals(), Session(self._reader, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session whose writes are kept together when the block ends well, and not at all otherwise.

        One writer is inside at a time, the others wait; what it reads stays true until it has written.

        Raises:
            RecordError: the database refuses or cannot be reached; nothing was kept.
        """
        with _refusals(), Session(self._writer) as session, session.begin():
            session.execute(select(LedgerHeadRow.seq).with_for_update()).all()  # PostgreSQL; SQLite began as a writer
            yield session

    @property
    def _reader(self) -> Engine:
        if self.engine.dialect.name == "postgresql":
            return self.engine.execution_options(isolation_level="REPEATABLE READ")
        return self.engine

    @property
    def _writer(self) -> Engine:
        return self.engine.execution_options(**{_WRITES: True})

    def __enter__(self) -> Self:
        """Give the store itself; the end of the block closes it."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close all connections."""
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise RecordError(
            f"The ethics record could not be read or written ({type(error).__name__}); nothing was kept.",
            "Try again; if it stays so, check that the database runs and that its disk is not full.",
        ) from error


def open_store(
    workspace: Workspace, database_url: str | None = None, *, clock: Callable[[], datetime.datetime] = utc_now
) -> Store:
    """Open the record, make it when it is new, and bring its schema up to date.

    Args:
        workspace: holds the record as an SQLite file unless `database_url` is given.
        database_url: from the settings; one database belongs to one partnership.
        clock: what the present moment is.

    Raises:
        ConfigurationError: the address cannot be used, or the database was made by a newer Sentinel.
    """
    url = _address(workspace, database_url)
    try:
        engine = _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)
    except OSError as error:
        raise _unusable(error) from None
    store = Store(engine, clock)
    try:
        with store._writer.begin() as connection:
            schema.bring_up_to_date(connection)
    except BaseException as error:
        store.close()
        if isinstance(error, DBAPIError):
            raise _unusable(error) from None
        raise
    return store


def _unusable(error: Exception) -> ConfigurationError:
    # The text of the error may repeat the address with its password, so only its type is shown.
    return ConfigurationError(
        f"The ethics record cannot be opened ({type(error).__name__}).",
        "Check SENTINEL_DATABASE_URL, the folder's permissions and that the database runs.",
    )


def _address(workspace: Workspace, database_url: str | None) -> URL:
    if database_url is None:
        return URL.create("sqlite", database=str((workspace.ethics / "ethics.db").absolute()))
    try:
        url = make_url(database_url)
    except ArgumentError:
        raise ConfigurationError(
            "SENTINEL_DATABASE_URL is not an address that SQLAlchemy knows.",
            "For example postgresql://user@host/sentinel, with the password in ~/.pgpass.",
        ) from None
    if url.get_backend_name() not in ("sqlite", "postgresql") or (
        url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")
    ):
        raise ConfigurationError(
            "SENTINEL_DATABASE_URL must name a PostgreSQL database or an SQLite file; the record has to last."
        )
    return url


def _sqlite(url: URL) -> Engine:
    path = Path(str(url.database))
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)
    engine = create_engine(url, connect_args={"timeout": _WAIT_SECONDS}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where `_begun` says, not where the driver guesses
        for pragma in ("journal_mode=DELETE", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
            connection.execute(f"PRAGMA {pragma}").fetchall()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: URL) -> Engine:
    try:
        return create_engine(url, hide_parameters=True, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"PostgreSQL needs the Python package {error.name}, which is not installed.", "Install it with pip."
        ) from None
