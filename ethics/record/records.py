"""The tables of the ethics record, which stand on the ledger (see `hub.ledger.tables`).

Rows are added, never changed: triggers refuse it (see `ethics/record/migrations`). Only a proposal's state, round and
canvas digest move on.
"""

import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.ledger.schema import Steps
from hub.ledger.tables import Base, Digest, EntryNumber, Name, entry_key

# The newest step in ethics/record/migrations/versions; a test compares the two.
STEPS = Steps("ethics record", "ethics.record:migrations", "0002", "alembic_version")


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

    id: Mapped[int] = entry_key()
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

    id: Mapped[int] = entry_key()
    section: Mapped[str] = mapped_column(String(60), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    answered_by: Mapped[str] = mapped_column(Name)
    at: Mapped[datetime.datetime]


class RecommendationRow(Base):
    """One reviewer's recommendation in one round; of several by one reviewer the newest stands."""

    __tablename__ = "recommendation"

    id: Mapped[int] = entry_key()
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

    id: Mapped[int] = entry_key()
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
    policy_digest: Mapped[str | None] = mapped_column(Digest)
    against_advice: Mapped[str | None] = mapped_column(Text)
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

    id: Mapped[int] = entry_key()
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), unique=True)
    withdrawn_by: Mapped[str] = mapped_column(Name)
    at: Mapped[datetime.datetime]
    reasons: Mapped[str] = mapped_column(Text)
