"""The tables of the ethics record and of the ledger.

Every row of the record is numbered by its entry in the ledger: proposal 7 is the proposal of ledger entry 7. A row
without its entry is therefore impossible, and so is a second row for the same entry. Rows are added, never changed:
triggers refuse it (see `ethics/migrations`). Only a proposal's state, round and canvas digest move on.
"""

import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

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
    return datetime.datetime.strptime(text, UTC_FORMAT).replace(tzinfo=datetime.UTC)


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {datetime.datetime: UtcTimestamp}  # noqa: RUF012


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


def _entry() -> Mapped[int]:
    return mapped_column(EntryNumber, ForeignKey("ledger_entry.seq"), primary_key=True, autoincrement=False)


class ProposalRow(Base):
    """A proposal to use one bundle, with one audit, for one purpose."""

    __tablename__ = "proposal"
    __table_args__ = (
        Index(
            "ix_proposal_one_approved",
            "purpose",
            unique=True,
            sqlite_where=text("state = 'approved'"),
            postgresql_where=text("state = 'approved'"),
        ),
    )

    id: Mapped[int] = _entry()
    partnership: Mapped[str] = mapped_column(Name)
    purpose: Mapped[str] = mapped_column(Name, index=True)
    use_case: Mapped[str] = mapped_column(Name)
    bundle: Mapped[str] = mapped_column(Digest)
    audit: Mapped[str] = mapped_column(Digest)
    snapshot: Mapped[str] = mapped_column(Digest)
    use_case_digest: Mapped[str] = mapped_column(Digest)
    proposed_by: Mapped[str] = mapped_column(Name)
    proposed_at: Mapped[datetime.datetime]
    state: Mapped[str] = mapped_column(String(20))
    round: Mapped[int] = mapped_column(Integer)
    canvas_digest: Mapped[str | None] = mapped_column(Digest)
    changed_by_entry: Mapped[int] = mapped_column(EntryNumber, ForeignKey("ledger_entry.seq"))

    trainers: Mapped[list["TrainerRow"]] = relationship(order_by="TrainerRow.person", lazy="selectin")


class TrainerRow(Base):
    """Somebody who trained the proposed model, as known when it was proposed."""

    __tablename__ = "proposal_trainer"

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True, autoincrement=False)
    person: Mapped[str] = mapped_column(Name, primary_key=True)


class CanvasAnswerRow(Base):
    """One answer to one section; of several for a section the newest stands."""

    __tablename__ = "canvas_answer"

    id: Mapped[int] = _entry()
    section: Mapped[str] = mapped_column(String(60), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    answered_by: Mapped[str] = mapped_column(Name)
    at: Mapped[datetime.datetime]


class RecommendationRow(Base):
    """One reviewer's recommendation in one round; of several by one reviewer the newest stands."""

    __tablename__ = "recommendation"

    id: Mapped[int] = _entry()
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), index=True)
    round: Mapped[int] = mapped_column(Integer)
    member: Mapped[str] = mapped_column(Name)
    verdict: Mapped[str] = mapped_column(String(30))
    words: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime.datetime]


class DecisionRow(Base):
    """The accountable owner's decision, about digests."""

    __tablename__ = "decision"
    __table_args__ = (CheckConstraint("(outcome = 'approved') = (expires_on IS NOT NULL)", name="approval_has_an_end"),)

    id: Mapped[int] = _entry()
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), index=True)
    round: Mapped[int] = mapped_column(Integer)
    outcome: Mapped[str] = mapped_column(String(20))
    purpose: Mapped[str] = mapped_column(Name, index=True)
    bundle: Mapped[str] = mapped_column(Digest)
    audit: Mapped[str] = mapped_column(Digest)
    snapshot: Mapped[str] = mapped_column(Digest)
    use_case_digest: Mapped[str] = mapped_column(Digest)
    canvas_digest: Mapped[str] = mapped_column(Digest)
    decided_by: Mapped[str] = mapped_column(Name)
    decided_at: Mapped[datetime.datetime]
    reasons: Mapped[str] = mapped_column(Text)
    expires_on: Mapped[datetime.date | None]
    supersedes: Mapped[int | None] = mapped_column(EntryNumber, ForeignKey("decision.id"))

    conditions: Mapped[list["ConditionRow"]] = relationship(order_by="ConditionRow.position", lazy="selectin")


class ConditionRow(Base):
    """One condition of an approval: what, who sees to it, by when."""

    __tablename__ = "decision_condition"

    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    words: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(Name)
    due: Mapped[datetime.date]


class WithdrawalRow(Base):
    """The end of an approval before its time; it holds from this moment."""

    __tablename__ = "withdrawal"

    id: Mapped[int] = _entry()
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), unique=True)
    withdrawn_by: Mapped[str] = mapped_column(Name)
    at: Mapped[datetime.datetime]
    reasons: Mapped[str] = mapped_column(Text)
