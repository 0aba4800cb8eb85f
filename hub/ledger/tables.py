"""The two tables of the ledger, and what every table of a record that stands on it is made of.

Every row of a record is numbered by its entry in the ledger: proposal 7 is the proposal of ledger entry 7. A row
without its entry is therefore impossible, and so is a second row for the same entry.
"""

import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, MetaData, String, Text, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

UTC_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
GENESIS = "0" * 64

_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

Digest = String(64)
Name = String(200)
# In SQLite, INTEGER holds 64 bits and makes a primary key the row's own number, without a second index.
EntryNumber = BigInteger().with_variant(Integer(), "sqlite")


class UtcTimestamp(TypeDecorator[datetime.datetime]):
    """A moment in UTC, kept as text such as 2026-05-04T10:20:30.000000Z: the same bytes in every database."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the text for a moment; a moment without a time zone is an error."""
        return None if value is None else utc_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime.datetime | None:  # noqa: ARG002
        """Return the moment that the text stands for."""
        return None if value is None else from_utc_text(value)


def utc_text(at: datetime.datetime) -> str:
    """Return a moment as text in UTC, with microseconds.

    Raises:
        ValueError: `at` has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return at.astimezone(datetime.UTC).strftime(UTC_FORMAT)


def from_utc_text(text: str) -> datetime.datetime:
    """Return the moment that `utc_text` wrote."""
    found = datetime.datetime.fromisoformat(text)
    if utc_text(found) != text:
        raise ValueError("this is no moment as the ledger writes it")
    return found


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime.datetime: UtcTimestamp}


class LedgerEntryRow(Base):
    """One entry of the ledger; `facts` is canonical JSON without anybody's name."""

    __tablename__ = "ledger_entry"

    seq: Mapped[int] = mapped_column(EntryNumber, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(27))
    kind: Mapped[str] = mapped_column(String(60), index=True)
    actor: Mapped[str] = mapped_column(Name)
    facts: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(Digest)
    hash: Mapped[str] = mapped_column(Digest)


class LedgerHeadRow(Base):
    """The one row that says where the chain ends; every append moves it in the same transaction."""

    __tablename__ = "ledger_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(EntryNumber)
    hash: Mapped[str] = mapped_column(Digest)


def entry_key() -> Mapped[int]:
    """Return the key of a row that is numbered by its entry in the ledger."""
    return mapped_column(EntryNumber, ForeignKey("ledger_entry.seq"), primary_key=True, autoincrement=False)
