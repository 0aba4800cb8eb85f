"""Runs the steps on the connection that `hub.ledger.schema` gives; there is no other way to run them."""

from alembic import context

from ethics.record.records import STEPS
from hub.ledger.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=STEPS.version_table,
)
context.run_migrations()
