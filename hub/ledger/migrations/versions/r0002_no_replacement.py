"""INSERT OR REPLACE is refused too: in SQLite it removes a row without asking the triggers that guard removal."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEYS = {"ledger_entry": "seq", "ledger_head": "id"}


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        return  # there ON CONFLICT DO UPDATE is an update, which is refused
    for table, key in _KEYS.items():
        op.execute(
            f"CREATE TRIGGER {table}_no_replacement BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) "
            "BEGIN SELECT RAISE(ABORT, 'this record is only added to, never changed'); END"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        for table in _KEYS:
            op.execute(f"DROP TRIGGER {table}_no_replacement")
