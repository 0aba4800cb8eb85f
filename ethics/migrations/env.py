"""Runs the steps on the connection that `ethics.schema` gives; there is no other way to run them."""

from alembic import context

from ethics.records import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
