"""The database: SQLite's settings and file mode, the schema up and down, and what the triggers refuse."""

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from ethics.acts.approvals import decision_in, valid_decision
from ethics.errors import NotApprovedError
from ethics.record.records import STEPS
from ethics.record.store import open_store
from hub.errors import ConfigurationError, RecordError
from hub.ledger import ledger, schema, verification
from hub.ledger.store import Store
from hub.ledger.tables import Base
from hub.workspace import Workspace
from tests.factories import postgresql
from tests.factories.ethics import PURPOSE, desk


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Give the address of a real PostgreSQL, or skip and say why there is none."""
    try:
        with postgresql.server() as url:
            yield url
    except postgresql.NoPostgresqlError as error:
        pytest.skip(f"no PostgreSQL: {error}")


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'record.db'}"
        return
    url: str = request.getfixturevalue("server")
    yield url
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()


def test_the_whole_way_on_either_database(address: str, tmp_path: Path) -> None:
    made = desk(tmp_path, database_url=address)
    with made.store as store:
        number = made.approved()
        found = valid_decision(store, purpose=PURPOSE, at=made.clock())
        assert (found.proposal_id, found.bundle, found.audit) == (number, made.bundle, made.audit)
        made.publish(made.use_case, seed=2)
        second = made.approved()
        found = valid_decision(store, purpose=PURPOSE, at=made.clock())
        assert (found.proposal_id, found.bundle) == (second, made.bundle)
        assert verification.verify(store).holds


def test_many_writers_keep_one_chain_and_readers_see_one_state(address: str, tmp_path: Path) -> None:
    made = desk(tmp_path, database_url=address)
    with made.store as store:
        number = made.approved()
        at = made.clock()

        def write(count: int) -> None:
            for _ in range(count):
                with store.writing() as session:
                    assert decision_in(session, purpose=PURPOSE, at=at).proposal_id == number
                    ledger.append(session, kind="score", actor="hub", facts={}, at=at)

        def read(count: int) -> None:
            for _ in range(count):
                assert valid_decision(store, purpose=PURPOSE, at=at).proposal_id == number

        before = verification.verify(store).rows
        with ThreadPoolExecutor(6) as pool:
            for done in [pool.submit(write, 15) for _ in range(4)] + [pool.submit(read, 40) for _ in range(2)]:
                done.result()
        state = verification.verify(store)
        assert (state.holds, state.rows) == (True, before + 60)


def test_a_reader_sees_one_state_while_a_writer_writes(server: str, tmp_path: Path) -> None:
    # On PostgreSQL only: in SQLite the writer waits until the reader is done.
    with open_store(Workspace(tmp_path, server)) as store, store.reading() as session:
        before = ledger.entries(session)
        with store.writing() as writer:
            ledger.append(writer, kind="score", actor="hub", facts={}, at=store.now())
        assert ledger.entries(session) == before
    with open_store(Workspace(tmp_path, server)) as store, store.engine.begin() as connection:
        schema.take_down(connection, STEPS)
        schema.take_down(connection)


def test_the_steps_lead_to_the_tables_that_the_code_declares(address: str, tmp_path: Path) -> None:
    versions = {schema.LEDGER.version_table, STEPS.version_table}
    said = {"include_name": lambda name, kind, _: kind != "table" or name not in versions}
    with open_store(Workspace(tmp_path, address)) as store, store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=said), Base.metadata) == []
        for steps in (schema.LEDGER, STEPS):
            assert schema.version_of(connection, steps) == steps.head


def test_down_and_up_again(address: str, tmp_path: Path) -> None:
    with open_store(Workspace(tmp_path, address)) as store:
        with store.engine.begin() as connection:
            schema.take_down(connection, STEPS)
            left = {"ledger_entry", "ledger_head", "ledger_version", "alembic_version"}
            assert set(inspect(connection).get_table_names()) <= left
            schema.take_down(connection)
            assert set(inspect(connection).get_table_names()) <= {"ledger_version", "alembic_version"}
        with store.engine.begin() as connection:
            schema.bring_up_to_date(connection, (STEPS,))
        assert verification.verify(store).holds


@pytest.mark.parametrize("steps", [schema.LEDGER, STEPS], ids=lambda steps: steps.title)
def test_one_step_down_and_up_again_leaves_the_record(address: str, tmp_path: Path, steps: schema.Steps) -> None:
    made = desk(tmp_path, database_url=address)
    with made.store as store:
        number = made.approved()
        with store.engine.begin() as connection:
            schema.take_down(connection, steps, "0001")
            assert schema.version_of(connection, steps) == "0001"
        with store.engine.begin() as connection:
            schema.bring_up_to_date(connection, (STEPS,))
        assert verification.verify(store).holds
        if steps is schema.LEDGER:
            assert valid_decision(store, purpose=PURPOSE, at=made.clock()).proposal_id == number
        else:  # the step down lost the policy of the decision, so no gate opens on it any more
            with pytest.raises(NotApprovedError):
                valid_decision(store, purpose=PURPOSE, at=made.clock())


@pytest.mark.parametrize("steps", [schema.LEDGER, STEPS], ids=lambda steps: steps.title)
def test_a_newer_schema_is_refused_and_left_as_it_is(address: str, tmp_path: Path, steps: schema.Steps) -> None:
    with open_store(Workspace(tmp_path, address)) as store, store.engine.begin() as connection:
        connection.execute(text(f"UPDATE {steps.version_table} SET version_num = '9999'"))
    message = f"The {steps.title} has schema 9999; this Sentinel knows up to {steps.head}.*update this one"
    with pytest.raises(ConfigurationError, match=message):
        open_store(Workspace(tmp_path, address))
    engine = create_engine(address)
    with engine.connect() as connection:
        assert connection.execute(text(f"SELECT version_num FROM {steps.version_table}")).scalar() == "9999"
    engine.dispose()


STATEMENTS = """
    UPDATE ledger_entry SET facts = '{}' WHERE seq = 1
    DELETE FROM ledger_entry WHERE seq = 1
    UPDATE ledger_head SET seq = 1
    UPDATE ledger_head SET hash = 'x'
    DELETE FROM ledger_head
    INSERT INTO ledger_head (id, seq, hash) VALUES (2, 0, 'x')
    UPDATE decision SET expires_on = '2099-01-01'
    UPDATE decision SET bundle = 'x'
    DELETE FROM decision
    UPDATE recommendation SET verdict = 'support'
    DELETE FROM recommendation
    UPDATE canvas_answer SET words = 'x'
    DELETE FROM decision_condition
    UPDATE decision_condition SET due = '2099-01-01'
    DELETE FROM proposal_trainer
    UPDATE proposal SET bundle = 'x'
    UPDATE proposal SET proposed_by = 'x'
    DELETE FROM proposal
    INSERT INTO withdrawal (id, decision_id, withdrawn_by, at, reasons) SELECT 999, id, 'x', 'x', 'x' FROM decision
    INSERT INTO decision_condition (decision_id, position, words, owner, due) VALUES (999, 9, 'x', 'x', '2026-01-01')
"""


def test_the_database_itself_refuses_to_change_the_record(address: str, tmp_path: Path) -> None:
    made = desk(tmp_path, database_url=address)
    with made.store as store:
        made.approved()
        before = everything(store)
        assert all(before[name] for name in before if name != "withdrawal")
        statements = [line.strip() for line in STATEMENTS.strip().splitlines()]
        if address.startswith("sqlite"):
            statements.append("INSERT OR REPLACE INTO ledger_entry SELECT * FROM ledger_entry WHERE seq = 1")
        else:
            statements += [f"TRUNCATE {table.name} CASCADE" for table in Base.metadata.sorted_tables]
        for statement in statements:
            assert is_refused(store, statement), statement
        assert everything(store) == before


def is_refused(store: Store, statement: str) -> bool:
    """Say whether the database refuses the statement."""
    try:
        with store.writing() as session:
            session.execute(text(statement))
    except RecordError:
        return True
    return False


def everything(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of all tables."""
    with store.reading() as session:
        return {
            table.name: sorted(tuple(row) for row in session.execute(text(f"SELECT * FROM {table.name}")))
            for table in Base.metadata.sorted_tables
        }


def test_two_approved_proposals_for_one_purpose_are_impossible(address: str, tmp_path: Path) -> None:
    made = desk(tmp_path, database_url=address)
    with made.store as store:
        made.approved()
        second = made.draft()
        with pytest.raises(RecordError), store.writing() as session:
            session.execute(text(f"UPDATE proposal SET state = 'approved' WHERE id = {second}"))


def test_sqlite_keeps_a_rollback_journal_and_waits_for_the_disk(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with open_store(workspace) as store, store.engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
        assert pragmas == {"journal_mode": "delete", "synchronous": 2, "foreign_keys": 1}
    assert sorted(path.name for path in workspace.ethics.iterdir()) == ["ethics.db"]


def test_only_its_owner_reads_the_file_even_when_it_was_open_to_all(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    open_store(workspace).close()
    path = workspace.ethics / "ethics.db"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    open_store(workspace).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://user:hidden@host/x",
        "not an address",
        "postgresql://u:hidden@127.0.0.1:1/x",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_store(Workspace(tmp_path, url))
    assert "hidden" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.ethics.mkdir(parents=True)
    (workspace.ethics / "ethics.db").write_bytes(b"nonsense " * 1000)
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        open_store(workspace)


def test_a_file_damaged_while_open_is_a_refusal_not_a_score(tmp_path: Path) -> None:
    made = desk(tmp_path)
    with made.store as store:
        made.approved()
        path = made.workspace.ethics / "ethics.db"
        path.write_bytes(path.read_bytes()[:4096] + b"\xff" * (path.stat().st_size - 4096))
        store.engine.dispose()
        with pytest.raises(NotApprovedError, match="cannot be read"):
            valid_decision(store, purpose=PURPOSE, at=made.clock())


def test_the_newest_step_is_the_one_that_the_code_names(tmp_path: Path) -> None:
    with open_store(Workspace(tmp_path)) as store, store.engine.connect() as connection:
        for steps in (schema.LEDGER, STEPS):
            found = ScriptDirectory.from_config(schema.config(connection, steps))
            assert found.get_current_head() == steps.head


def test_nothing_written_while_reading_is_kept(tmp_path: Path) -> None:
    made = desk(tmp_path)
    with made.store as store:
        number = made.draft()
        with store.reading() as session:
            session.execute(text(f"UPDATE proposal SET state = 'approved' WHERE id = {number}"))
        with store.reading() as session:
            assert session.execute(text("SELECT state FROM proposal")).scalar() == "draft"
