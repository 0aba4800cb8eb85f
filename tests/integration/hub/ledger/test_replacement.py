"""INSERT OR REPLACE and UPDATE OR REPLACE, from a connection that has none of the store's settings, change no table."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from ethics.record.records import STEPS
from ethics.record.store import open_store
from hub.ledger.tables import Base
from hub.workspace import Workspace
from tests.factories.ethics import WORDS, Desk, desk

TABLES = [table.name for table in Base.metadata.sorted_tables]
KEYS = {table.name: [column.name for column in table.primary_key] for table in Base.metadata.sorted_tables}
# What SQLite does with a row that another one is in the way of, at an insertion and at a change.
CONFLICTS = ("INSERT OR REPLACE INTO", "REPLACE INTO", "INSERT OR IGNORE INTO", "INSERT OR FAIL INTO")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Give a record with a row in every table: one approval that holds, one that was withdrawn, one draft."""
    from ethics.acts import decisions

    found = desk(tmp_path_factory.mktemp("desk"))
    decisions.withdraw(found.store, found.partnership, found.approved(), reasons=WORDS, by="uma")
    found.approved()
    found.draft()
    found.store.close()
    return found


@pytest.fixture
def plain(made: Desk) -> Iterator[sqlite3.Connection]:
    """Give a plain connection: recursive triggers and foreign keys are off, as anybody's are."""
    with closing(sqlite3.connect(made.workspace.ethics / "ethics.db", isolation_level=None)) as connection:
        assert connection.execute("PRAGMA recursive_triggers").fetchone() == (0,)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (0,)
        yield connection


def everything(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of all tables."""
    return {name: connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in TABLES}


def refused(connection: sqlite3.Connection, statement: str, *values: object) -> None:
    """Check that a statement is refused or does nothing, and that every row is as before."""
    before = everything(connection)
    with suppress(sqlite3.IntegrityError):
        connection.execute(statement, values)
    assert everything(connection) == before, statement


def columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def test_every_table_of_the_record_is_looked_at(plain: sqlite3.Connection) -> None:
    assert {name for name, found in everything(plain).items() if not found} == set()
    versions = {"ledger_version", STEPS.version_table}
    tables = {row[0] for row in plain.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {*TABLES, *versions}


@pytest.mark.parametrize("how", CONFLICTS)
@pytest.mark.parametrize("table", TABLES)
def test_a_row_with_the_key_of_another_does_not_take_its_place(plain: sqlite3.Connection, table: str, how: str) -> None:
    names = columns(plain, table)
    others = [name for name in names if name not in KEYS[table]]
    for row in plain.execute(f"SELECT * FROM {table}").fetchall():
        said = dict(zip(names, row, strict=True))
        refused(plain, f"{how} {table} VALUES ({', '.join('?' * len(row))})", *row)
        for name in others:
            forged = tuple({**said, name: _other(said[name])}.values())
            refused(plain, f"{how} {table} VALUES ({', '.join('?' * len(row))})", *forged)


def _other(value: object) -> object:
    return value + 1 if isinstance(value, int) else "approved"


@pytest.mark.parametrize("table", TABLES)
def test_a_row_does_not_move_over_another_one_nor_is_it_changed(plain: sqlite3.Connection, table: str) -> None:
    names = columns(plain, table)
    for how in ("UPDATE OR REPLACE", "UPDATE OR IGNORE", "UPDATE"):
        for name in names:
            if table == "proposal" and name in {"state", "round", "canvas_digest", "changed_by_entry"}:
                continue  # a proposal's state moves on; see below for what it cannot move over
            if (table, name) == ("ledger_head", "seq"):
                continue  # see below
            [highest] = plain.execute(f"SELECT max({name}) FROM {table}").fetchone()
            refused(plain, f"{how} {table} SET {name} = ?", highest if highest is not None else 1)
            refused(plain, f"{how} {table} SET {name} = ?", _other(highest))
    refused(plain, f"DELETE FROM {table}")


@pytest.mark.parametrize("table", TABLES)
def test_an_upsert_changes_nothing(plain: sqlite3.Connection, table: str) -> None:
    names, key = columns(plain, table), ", ".join(KEYS[table])
    for name in names:
        excluded = f"INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT ({key}) DO UPDATE SET {name} = ?"
        refused(plain, excluded, "forged")


def test_a_second_approved_proposal_does_not_push_the_first_one_out_through_the_partial_index(
    plain: sqlite3.Connection,
) -> None:
    names = columns(plain, "proposal")
    approved = dict(
        zip(names, plain.execute("SELECT * FROM proposal WHERE state = 'approved'").fetchone(), strict=True)
    )
    [draft] = plain.execute("SELECT id FROM proposal WHERE state = 'draft'").fetchone()
    for how in CONFLICTS:
        new = {**approved, "id": 9_999}
        refused(plain, f"{how} proposal VALUES ({', '.join('?' * len(new))})", *new.values())
    for how in ("UPDATE OR REPLACE", "UPDATE OR IGNORE", "UPDATE"):
        refused(plain, f"{how} proposal SET state = 'approved' WHERE id = ?", draft)
        refused(plain, f"{how} proposal SET state = 'approved'")


def test_a_second_withdrawal_does_not_push_the_first_one_out(plain: sqlite3.Connection) -> None:
    names = columns(plain, "withdrawal")
    row = dict(zip(names, plain.execute("SELECT * FROM withdrawal").fetchone(), strict=True))
    for how in CONFLICTS:
        new = {**row, "id": 1}
        refused(plain, f"{how} withdrawal VALUES ({', '.join('?' * len(new))})", *new.values())


def test_the_end_of_the_chain_moves_by_one_and_no_other_way(plain: sqlite3.Connection) -> None:
    [seq] = plain.execute("SELECT seq FROM ledger_head").fetchone()
    for other in (seq - 1, seq, seq + 2, 0, -1, None, "x"):
        refused(plain, "UPDATE OR REPLACE ledger_head SET seq = ?, hash = 'x'", other)
    refused(plain, "UPDATE OR REPLACE ledger_head SET id = 2, seq = seq + 1")
    refused(plain, "INSERT OR REPLACE INTO ledger_head VALUES (1, ?, 'x')", seq + 1)


def test_a_fresh_record_has_its_triggers_too(tmp_path: Path) -> None:
    open_store(Workspace(tmp_path)).close()
    with closing(sqlite3.connect(tmp_path / "ethics" / "ethics.db")) as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    assert {f"{table}_no_replacement" for table in TABLES} <= names
