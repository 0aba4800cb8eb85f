"""What may stand in the ledger's SQLite file: tables that keep what they are given, and triggers that refuse."""

import re

from sqlalchemy.orm import Session

from hub.errors import LedgerError
from hub.ledger.statements import run

_SCHEMA = "sentinel_schema_version"
_REFUSES = re.compile(
    r"CREATE TRIGGER \w+ BEFORE (?:(?!\b(?:WITH|BEGIN|INSTEAD|AFTER|RAISE)\b)[^;])* "
    r"BEGIN SELECT RAISE\(ABORT, '[^']*'\); END",
    re.IGNORECASE,
)
"""What a trigger of ours may be: it refuses, and does nothing else."""
_ACTS = re.compile(r"\b(?:VIRTUAL|GENERATED|AS|IGNORE|REPLACE|ROLLBACK|FAIL|WITHOUT|STRICT)\b", re.IGNORECASE)
"""What no table of ours says: a column that works itself out, or what to do instead of refusing."""


def require_own_schema(session: Session) -> None:
    """Refuse an SQLite file that could do something by itself, or in whose journal writes can be lost.

    What could: a view, a trigger that does more than refuse, a table that works out or leaves out what is written. The
    schema is looked at anew whenever its version is another one.

    Raises:
        LedgerError: there is something that no step of ours made.
    """
    if session.get_bind().dialect.name != "sqlite":
        return
    info = session.connection().connection.info
    if run(session, "PRAGMA journal_mode") != [("delete",)]:
        raise LedgerError(
            "The ledger's database was put into another kind of journal, in which writes can be lost.",
            "Close every program that has it open, and run `PRAGMA journal_mode = DELETE` on it.",
        )
    version = run(session, "PRAGMA schema_version")[0][0]
    if info.get(_SCHEMA) == version:
        return
    found = run(session, "SELECT type, sql FROM sqlite_master WHERE sql IS NOT NULL")
    if not all(_is_ours(str(kind), str(said)) for kind, said in found):
        raise LedgerError(
            "The ledger's database holds a view, a trigger or a table that Sentinel did not make.",
            "Somebody changed it by hand: compare it with the last backup.",
        )
    info[_SCHEMA] = version


def _is_ours(kind: str, said: str) -> bool:
    """Say whether a part of the schema can do nothing by itself."""
    if kind == "trigger":
        return _REFUSES.fullmatch(said) is not None
    return kind in ("table", "index") and not _ACTS.search(re.sub(r"'[^']*'", "''", said))
