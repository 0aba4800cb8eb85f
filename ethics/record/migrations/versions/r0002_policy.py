"""A decision names the policy that it rests on, and why it goes against advice; INSERT OR REPLACE is refused too."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SAME = {
    "proposal": "id = NEW.id OR (NEW.state = 'approved' AND state = 'approved' AND purpose = NEW.purpose)",
    "proposal_trainer": "proposal_id = NEW.proposal_id AND person = NEW.person",
    "canvas_answer": "id = NEW.id AND section = NEW.section",
    "recommendation": "id = NEW.id",
    "decision": "id = NEW.id",
    "decision_condition": "decision_id = NEW.decision_id AND position = NEW.position",
    "withdrawal": "id = NEW.id OR decision_id = NEW.decision_id",
}
_REFUSED = "BEGIN SELECT RAISE(ABORT, 'this record is only added to, never changed'); END"


def upgrade() -> None:
    # Empty in decisions from before: no gate opens on those.
    op.add_column("decision", sa.Column("policy_digest", sa.String(64), nullable=True))
    op.add_column("decision", sa.Column("against_advice", sa.Text(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        return  # there ON CONFLICT DO UPDATE is an update, which is refused
    for table, same in _SAME.items():
        op.execute(
            f"CREATE TRIGGER {table}_no_replacement BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) {_REFUSED}"
        )
    op.execute(
        "CREATE TRIGGER proposal_one_approved BEFORE UPDATE OF state ON proposal WHEN NEW.state = 'approved' "
        "AND EXISTS (SELECT 1 FROM proposal WHERE state = 'approved' AND purpose = NEW.purpose AND id <> NEW.id) "
        + _REFUSED
    )


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        for table in _SAME:
            op.execute(f"DROP TRIGGER {table}_no_replacement")
        op.execute("DROP TRIGGER proposal_one_approved")
    op.drop_column("decision", "against_advice")
    op.drop_column("decision", "policy_digest")
