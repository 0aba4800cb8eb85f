"""Statements of the ledger: by the driver itself, and what it raises as one kind of refusal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from hub.errors import RecordError

CONNECTION = "ledger_connection"
"""Where a writing session keeps its connection: asking the session for it costs as much as a statement."""


def run(session: Session, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Run a statement by the driver itself, inside the session's transaction, and return its rows.

    For what happens at every score: the layers above the driver cost ten times the statement.

    Args:
        session: the open session.
        statement: with a question mark for each value, and none besides.
        values: in their order.

    Raises:
        RecordError: the database refuses.
    """
    connection: Connection = session.info.get(CONNECTION) or session.connection()
    dialect = connection.dialect
    cursor = connection.connection.cursor()
    try:
        cursor.execute(statement if dialect.name == "sqlite" else statement.replace("?", "%s"), values)
        return [] if cursor.description is None else [tuple(row) for row in cursor.fetchall()]
    except dialect.loaded_dbapi.Error as error:
        raise refused(error) from error
    finally:
        cursor.close()


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what SQLAlchemy raises in the block into a RecordError."""
    try:
        yield
    except SQLAlchemyError as error:
        raise refused(error) from error


def refused(error: Exception) -> RecordError:
    """Return the refusal for what a driver raised; of its text nothing is told."""
    return RecordError(
        f"The ethics record could not be read or written ({type(error).__name__}); nothing was kept.",
        "Try again; if it stays so, check that the database runs and that its disk is not full.",
    )
