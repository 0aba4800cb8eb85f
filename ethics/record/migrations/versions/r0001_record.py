"""The record of the ethics group, on the ledger, and the triggers that let rows be added but never changed."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ENTRY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DIGEST = sa.String(64)
_NAME = sa.String(200)
_AT = sa.String(27)

# Tables whose rows are only ever added.
_FIXED = (
    "proposal_trainer",
    "canvas_answer",
    "recommendation",
    "decision",
    "decision_condition",
    "withdrawal",
)
_FIXED_OF_PROPOSAL = (
    "id",
    "partnership",
    "purpose",
    "use_case",
    "bundle",
    "audit",
    "snapshot",
    "use_case_digest",
    "proposed_by",
    "proposed_at",
)


def upgrade() -> None:
    _proposals()
    _decisions()
    if op.get_bind().dialect.name == "postgresql":
        _postgresql_triggers()
    else:
        _sqlite_triggers()


def downgrade() -> None:
    for table in (*reversed(_FIXED), "proposal"):
        op.drop_table(table)


def _entry_key(name: str = "id") -> sa.Column[int]:
    return sa.Column(name, _ENTRY, nullable=False, autoincrement=False)


def _foreign(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=f"fk_{table}_{column}")


def _proposals() -> None:
    op.create_table(
        "proposal",
        _entry_key(),
        *(sa.Column(name, _NAME, nullable=False) for name in ("partnership", "purpose", "use_case")),
        *(sa.Column(name, _DIGEST, nullable=False) for name in ("bundle", "audit", "snapshot", "use_case_digest")),
        sa.Column("proposed_by", _NAME, nullable=False),
        sa.Column("proposed_at", _AT, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("canvas_digest", _DIGEST, nullable=True),
        sa.Column("changed_by_entry", _ENTRY, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_proposal"),
        _foreign("proposal", "id", "ledger_entry.seq"),
        _foreign("proposal", "changed_by_entry", "ledger_entry.seq"),
    )
    op.create_index("ix_proposal_purpose", "proposal", ["purpose"])
    approved = sa.text("state = 'approved'")
    op.create_index(
        "ix_proposal_one_approved",
        "proposal",
        ["purpose"],
        unique=True,
        sqlite_where=approved,
        postgresql_where=approved,
    )
    op.create_table(
        "proposal_trainer",
        _entry_key("proposal_id"),
        sa.Column("person", _NAME, nullable=False),
        sa.PrimaryKeyConstraint("proposal_id", "person", name="pk_proposal_trainer"),
        _foreign("proposal_trainer", "proposal_id", "proposal.id"),
    )
    op.create_table(
        "canvas_answer",
        _entry_key(),
        sa.Column("section", sa.String(60), nullable=False),
        sa.Column("proposal_id", _ENTRY, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("answered_by", _NAME, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.PrimaryKeyConstraint("id", "section", name="pk_canvas_answer"),
        _foreign("canvas_answer", "id", "ledger_entry.seq"),
        _foreign("canvas_answer", "proposal_id", "proposal.id"),
    )
    op.create_index("ix_canvas_answer_proposal_id", "canvas_answer", ["proposal_id"])
    op.create_table(
        "recommendation",
        _entry_key(),
        sa.Column("proposal_id", _ENTRY, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("member", _NAME, nullable=False),
        sa.Column("verdict", sa.String(30), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recommendation"),
        _foreign("recommendation", "id", "ledger_entry.seq"),
        _foreign("recommendation", "proposal_id", "proposal.id"),
    )
    op.create_index("ix_recommendation_proposal_id", "recommendation", ["proposal_id"])


def _decisions() -> None:
    digests = ("bundle", "audit", "snapshot", "use_case_digest", "canvas_digest")
    op.create_table(
        "decision",
        _entry_key(),
        sa.Column("proposal_id", _ENTRY, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("purpose", _NAME, nullable=False),
        *(sa.Column(name, _DIGEST, nullable=False) for name in digests),
        sa.Column("decided_by", _NAME, nullable=False),
        sa.Column("decided_at", _AT, nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("supersedes", _ENTRY, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
        sa.CheckConstraint(
            "(outcome = 'approved') = (expires_on IS NOT NULL)", name=op.f("ck_decision_approval_has_an_end")
        ),
        _foreign("decision", "id", "ledger_entry.seq"),
        _foreign("decision", "proposal_id", "proposal.id"),
        _foreign("decision", "supersedes", "decision.id"),
    )
    op.create_index("ix_decision_proposal_id", "decision", ["proposal_id"])
    op.create_index("ix_decision_purpose", "decision", ["purpose"])
    op.create_table(
        "decision_condition",
        _entry_key("decision_id"),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("owner", _NAME, nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("decision_id", "position", name="pk_decision_condition"),
        _foreign("decision_condition", "decision_id", "decision.id"),
    )
    op.create_table(
        "withdrawal",
        _entry_key(),
        sa.Column("decision_id", _ENTRY, nullable=False),
        sa.Column("withdrawn_by", _NAME, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_withdrawal"),
        sa.UniqueConstraint("decision_id", name="uq_withdrawal_decision_id"),
        _foreign("withdrawal", "id", "ledger_entry.seq"),
        _foreign("withdrawal", "decision_id", "decision.id"),
    )


def _sqlite_triggers() -> None:
    def refuse(name: str, when: str, condition: str = "") -> None:
        only = f" WHEN {condition}" if condition else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {when}{only} "
            "BEGIN SELECT RAISE(ABORT, 'this record is only added to, never changed'); END"
        )

    for table in _FIXED:
        refuse(f"{table}_no_update", f"UPDATE ON {table}")
        refuse(f"{table}_no_delete", f"DELETE ON {table}")
    refuse("proposal_no_delete", "DELETE ON proposal")
    refuse("proposal_no_update", f"UPDATE OF {', '.join(_FIXED_OF_PROPOSAL)} ON proposal")


def _postgresql_triggers() -> None:
    def refuse(name: str, when: str, each: str = "ROW", condition: str = "") -> None:
        only = f" WHEN ({condition})" if condition else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {when} FOR EACH {each}{only} EXECUTE FUNCTION record_is_only_added_to()"
        )

    for table in _FIXED:
        refuse(f"{table}_no_change", f"UPDATE OR DELETE ON {table}")
    refuse("proposal_no_delete", "DELETE ON proposal")
    refuse("proposal_no_update", f"UPDATE OF {', '.join(_FIXED_OF_PROPOSAL)} ON proposal")
    for table in (*_FIXED, "proposal"):
        refuse(f"{table}_no_truncate", f"TRUNCATE ON {table}", "STATEMENT")
