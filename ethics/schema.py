"""The database's schema: brought up to date by Alembic when the store opens, refused when it is newer than this."""

from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from hub.errors import ConfigurationError

if TYPE_CHECKING:
    from alembic.config import Config

# The newest step in ethics/migrations/versions; a test compares the two.
HEAD = "0001"
_LOCK = 7_351_002_026_111


def version_of(connection: Connection) -> str | None:
    """Return the schema version that the database is at; None when it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def bring_up_to_date(connection: Connection) -> None:
    """Bring the database to the present schema, inside the caller's transaction; of two at once, one waits.

    Raises:
        ConfigurationError: the database was made by a newer Sentinel.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    found = version_of(connection)
    if found == HEAD:
        return
    from alembic import command  # only when there is something to do: Alembic takes longer to import than to ask
    from alembic.script import ScriptDirectory

    known = [step.revision for step in ScriptDirectory.from_config(_config(connection)).walk_revisions()]
    if found is not None and found not in known:
        raise ConfigurationError(
            f"The ethics record has schema {found}; this Sentinel knows up to {HEAD}.",
            "It was made by a newer Sentinel: update this one. Nothing was changed.",
        )
    command.upgrade(_config(connection), HEAD)


def take_down(connection: Connection, version: str = "base") -> None:
    """Take the schema back to `version`; whatever later steps added is lost."""
    from alembic import command

    command.downgrade(_config(connection), version)


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "ethics:migrations")
    config.attributes["connection"] = connection
    return config
