"""SQLAlchemy's engines for the ledger: an SQLite file that may not be replaced, or a PostgreSQL database."""

import sqlite3
import urllib.parse
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError

from hub.errors import ConfigurationError, RecordError
from hub.workspace import Workspace

WRITES = "sentinel_writes"
"""The option of an engine whose transactions write."""
FILE = "file"
"""Where a connection keeps which file it opened."""
REPLACED = "The ledger's file was replaced while it was open; nothing was kept."


def address(workspace: Workspace) -> URL:
    """Return where the database of a workspace is.

    Raises:
        ConfigurationError: SENTINEL_DATABASE_URL is no address that can be used.
    """
    if workspace.database_url is None:
        return URL.create("sqlite", database=str((workspace.ethics / "ethics.db").absolute()))
    try:
        url = make_url(workspace.database_url)
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


def sqlite(url: URL, wait_seconds: float) -> Engine:
    """Return the engine of a file that is there; a write waits so long for another one."""
    path = Path(str(url.database))
    where = f"file:{urllib.parse.quote(str(path.absolute()))}?mode=rw"  # never makes a file that is gone

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(where, uri=True, timeout=wait_seconds, check_same_thread=False, cached_statements=256)

    # The connection that wrote last writes next: it alone knows whether anybody else wrote meanwhile.
    engine = create_engine(url, creator=connect, hide_parameters=True, pool_use_lifo=True)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, record: Any) -> None:
        record.info[FILE] = _identity(path)
        connection.isolation_level = None  # transactions begin where `_begun` says, not where the driver guesses
        for pragma in ("journal_mode=DELETE", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
            connection.execute(f"PRAGMA {pragma}").fetchall()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        # What is open is not what lies there any more: nothing may be written into a file without a name.
        if not is_same(path, connection.connection.info[FILE]):
            connection.invalidate()
            raise RecordError(REPLACED, "Try again.")
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def postgresql(url: URL, wait_seconds: float) -> Engine:
    """Return the engine of a PostgreSQL database; a write waits so long for another one.

    Raises:
        ConfigurationError: its driver is not installed.
    """
    try:
        engine = create_engine(
            url, hide_parameters=True, pool_pre_ping=True, connect_args={"connect_timeout": max(2, int(wait_seconds))}
        )
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"PostgreSQL needs the Python package {error.name}, which is not installed.", "Install it with pip."
        ) from None

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.execute(text(f"SET LOCAL lock_timeout = {max(1, int(1000 * wait_seconds))}"))

    return engine


def _identity(path: Path) -> tuple[int, int]:
    """Return what tells a file from every other one: its device and its number there."""
    found = path.stat()
    return found.st_dev, found.st_ino


def is_same(path: Path, opened: tuple[int, int] | None) -> bool:
    """Say whether the file at a path is still the one that was opened."""
    try:
        return _identity(path) == opened
    except OSError:
        return False
