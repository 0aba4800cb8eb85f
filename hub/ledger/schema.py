"""The database's schema: brought up to date by Alembic when the store opens, refused when it is newer than this.

The ledger and each record that stands on it have steps of their own, in one database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from hub.errors import ConfigurationError

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 7_351_002_026_111


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of one set of tables.

    Attributes:
        title: what it is called in messages.
        location: where Alembic finds the steps, as "package:folder".
        head: the newest step; a test compares it with the folder.
        version_table: the table that says which step the database is at.
    """

    title: str
    location: str
    head: str
    version_table: str


LEDGER = Steps("ledger", "hub.ledger:migrations", "0002", "ledger_version")


def version_of(connection: Connection, steps: Steps = LEDGER) -> str | None:
    """Return the step that the database is at; None when it has none of these tables yet."""
    if not inspect(connection).has_table(steps.version_table):
        return None
    found: str | None = connection.execute(text(f"SELECT version_num FROM {steps.version_table}")).scalar()
    return found


def bring_up_to_date(connection: Connection, records: Sequence[Steps] = ()) -> None:
    """Bring the database to the present schema, inside the caller's transaction; of two at once, one waits.

    Args:
        connection: the database.
        records: the records that stand on the ledger, in the order in which they are made.

    Raises:
        ConfigurationError: the database was made by a newer Sentinel.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    for steps in (LEDGER, *records):
        found = version_of(connection, steps)
        if found == steps.head:
            continue
        from alembic import command  # only when there is something to do: Alembic takes longer to import than to ask
        from alembic.script import ScriptDirectory

        known = [step.revision for step in ScriptDirectory.from_config(config(connection, steps)).walk_revisions()]
        if found is not None and found not in known:
            raise ConfigurationError(
                f"The {steps.title} has schema {found}; this Sentinel knows up to {steps.head}.",
                "It was made by a newer Sentinel: update this one. Nothing was changed.",
            )
        command.upgrade(config(connection, steps), steps.head)


def take_down(connection: Connection, steps: Steps = LEDGER, version: str = "base") -> None:
    """Take one set of tables back to `version`; whatever later steps added is lost."""
    from alembic import command

    command.downgrade(config(connection, steps), version)


def config(connection: Connection, steps: Steps) -> "Config":
    """Return Alembic's configuration for one set of steps on a connection."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", steps.location)
    made.attributes["connection"] = connection
    return made
