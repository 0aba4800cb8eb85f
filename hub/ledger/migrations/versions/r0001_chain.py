"""The chain and its head, and the triggers that let entries be added but never changed.

A record made before the ledger had steps of its own has these tables already: they were made with the ethics record's
first step, in the same shape.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ENTRY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DIGEST = sa.String(64)
_ONE_STEP = "NEW.id = OLD.id AND NEW.seq = OLD.seq + 1"


def upgrade() -> None:
    if sa.inspect(op.get_bind()).has_table("ledger_entry"):
        return
    op.create_table(
        "ledger_entry",
        sa.Column("seq", _ENTRY, nullable=False, autoincrement=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("previous", _DIGEST, nullable=False),
        sa.Column("hash", _DIGEST, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_ledger_entry"),
    )
    op.create_index("ix_ledger_entry_kind", "ledger_entry", ["kind"])
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("seq", _ENTRY, nullable=False),
        sa.Column("hash", _DIGEST, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_head"),
        sa.CheckConstraint("id = 1", name=op.f("ck_ledger_head_one_row")),
    )
    op.execute(f"INSERT INTO ledger_head (id, seq, hash) VALUES (1, 0, '{'0' * 64}')")
    if op.get_bind().dialect.name == "postgresql":
        _postgresql_triggers()
    else:
        _sqlite_triggers()


def downgrade() -> None:
    op.drop_table("ledger_head")
    op.drop_table("ledger_entry")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION record_is_only_added_to()")


def _sqlite_triggers() -> None:
    def refuse(name: str, when: str, condition: str = "") -> None:
        only = f" WHEN {condition}" if condition else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {when}{only} "
            "BEGIN SELECT RAISE(ABORT, 'this record is only added to, never changed'); END"
        )

    refuse("ledger_entry_no_update", "UPDATE ON ledger_entry")
    refuse("ledger_entry_no_delete", "DELETE ON ledger_entry")
    refuse("ledger_head_no_delete", "DELETE ON ledger_head")
    refuse("ledger_head_one_step", "UPDATE ON ledger_head", f"NOT ({_ONE_STEP})")


def _postgresql_triggers() -> None:
    op.execute(
        "CREATE FUNCTION record_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'this record is only added to, never changed'; END $$"
    )

    def refuse(name: str, when: str, each: str = "ROW", condition: str = "") -> None:
        only = f" WHEN ({condition})" if condition else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {when} FOR EACH {each}{only} EXECUTE FUNCTION record_is_only_added_to()"
        )

    refuse("ledger_entry_no_change", "UPDATE OR DELETE ON ledger_entry")
    refuse("ledger_head_no_delete", "DELETE ON ledger_head")
    refuse("ledger_head_one_step", "UPDATE ON ledger_head", condition=f"NOT ({_ONE_STEP})")
    for table in ("ledger_entry", "ledger_head"):
        refuse(f"{table}_no_truncate", f"TRUNCATE ON {table}", "STATEMENT")
