"""Rows that fit each other: whoever can write the database makes a few of them agree, and the whole chain does not."""

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from hub import artefacts
from hub.errors import StateError
from hub.ledger import ledger
from hub.settings import Settings
from tests.factories import attacked, worlds
from tests.factories.attacked import World

CLOSED = {"ledger-broken", "not-approved", "approval-withdrawn", "record"}
BROKEN = 5


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with attacked.served(attacked.copied(tmp_path_factory.mktemp("rows"))) as found:
        for _ in range(3):  # entries behind the decision
            assert found.kind() == "scored"
        yield found


def forged_online_source(world: World) -> tuple[str, str]:
    """Put one with the same facts and other events in the place of the true one; return both digests."""
    online = world.workspace.online
    (true,) = artefacts.digests_in(online)
    facts = artefacts.open_artefact(online, true, "online source").facts
    with artefacts.publish(online, "online source", facts) as draft:
        shutil.copy(online / true / "events.duckdb", draft.path)
        with duckdb.connect(str(draft.path / "events.duckdb")) as connection:
            for (name,) in connection.execute("SHOW TABLES").fetchall():
                if name.startswith("event_"):
                    connection.execute(f"INSERT INTO {name} SELECT * FROM {name}")
    shutil.rmtree(online / true)
    return true, draft.digest


def a_publication_past_the_end(world: World) -> None:
    true, forged = forged_online_source(world)
    world.sql(
        "INSERT INTO ledger_entry SELECT 1000000, at, kind, actor, replace(facts, ?, ?), previous, hash "
        "FROM ledger_entry WHERE kind = 'publication' AND instr(facts, ?)",
        values=(true, forged, true),
    )


def a_publication_among_its_neighbours(world: World) -> None:
    true, forged = forged_online_source(world)

    def change(connection: sqlite3.Connection) -> None:
        about = "kind = 'publication' AND instr(facts, ?)"
        (seq,) = connection.execute(f"SELECT seq FROM ledger_entry WHERE {about}", [true]).fetchone()
        statement = f"UPDATE ledger_entry SET facts = replace(facts, ?, ?) WHERE {about}"
        connection.execute(statement, [true, forged, true])
        attacked.rechain(connection, seq, seq + 1)

    world.edit(change)


def a_later_end_of_the_decision(world: World) -> None:
    def change(connection: sqlite3.Connection) -> None:
        query = "SELECT seq, facts FROM ledger_entry WHERE kind = 'decision'"
        seq, facts = connection.execute(query).fetchone()
        said = json.loads(facts) | {"expires_on": "2090-01-01"}
        statement = "UPDATE ledger_entry SET facts = ? WHERE seq = ?"
        connection.execute(statement, [json.dumps(said, sort_keys=True, separators=(",", ":")), seq])
        connection.execute("UPDATE decision SET expires_on = '2090-01-01'")
        attacked.rechain(connection, seq, seq + 1)

    world.edit(change)


def a_withdrawal_that_became_a_score(world: World) -> None:
    (decided,) = world.sql("SELECT max(id) FROM decision")[0]
    number = world.withdraw(world.proposal())
    for _ in range(3):
        assert world.kind() == "approval-withdrawn"
    world.close()

    def change(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM withdrawal")
        connection.execute("UPDATE proposal SET state = 'approved', changed_by_entry = ?", [decided])
        connection.execute("UPDATE ledger_entry SET kind = 'score' WHERE seq = ?", [number])
        attacked.rechain(connection, number, number)

    world.edit(change)


ATTACKS: list[Callable[[World], None]] = [
    a_publication_past_the_end,
    a_publication_among_its_neighbours,
    a_later_end_of_the_decision,
    a_withdrawal_that_became_a_score,
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_rows_that_fit_each_other_open_nothing_now_or_after_a_start(
    world: World, attack: Callable[[World], None]
) -> None:
    probability = world.ask().json()["probability"]
    with world.undone():
        attack(world)
        answers = [world.ask() for _ in range(3)]
        # The online source is derived: at first it may be made anew from the snapshot, never taken from the forger.
        assert {one.json()["probability"] for one in answers if one.is_success} <= {probability}
        assert attacked.kind_of(answers[-1]) in CLOSED
        with attacked.served(World(world.root), ready=False) as fresh:
            assert fresh.kind() in CLOSED
        code, said = world.sentinel("ledger", "verify")
        assert code == BROKEN, said
    assert world.kind() == "scored"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM proposal_trainer",
        "UPDATE proposal SET proposed_by = 'rob'",
        "UPDATE canvas_answer SET answered_by = 'rob' WHERE rowid = (SELECT max(rowid) FROM canvas_answer)",
        "UPDATE decision_condition SET due = '2020-01-01'",
        "UPDATE decision SET decided_by = 'rob'",
        "DELETE FROM recommendation WHERE id = (SELECT max(id) FROM recommendation)",
    ],
)
def test_one_row_of_the_record_that_is_not_as_it_was_entered_closes_the_gate(world: World, statement: str) -> None:
    with world.undone():
        world.sql(statement)
        assert world.kind() == "not-approved"
        code, said = world.sentinel("ledger", "verify")
        assert code == BROKEN, said
        assert "does not agree with the ledger" in said
    assert world.kind() == "scored"


def test_a_decision_without_recommendations_opens_nothing_even_with_an_entry_of_its_own(world: World) -> None:
    """Somebody who can make anchored entries copies a decision, with all that it says of those who counted."""
    with world.undone():
        (old,) = world.entries("decision")
        number = world.under_review()
        facts = old.read_facts() | {"proposal": number}
        with world.store.writing() as session:
            at = world.store.now()
            entry = ledger.append(session, kind=old.kind, actor=old.actor, facts=facts, at=at)
        world.close()

        def insert(connection: sqlite3.Connection) -> None:
            columns = [one[1] for one in connection.execute("PRAGMA table_info(decision)")]
            said = dict(zip(columns, connection.execute("SELECT * FROM decision").fetchone(), strict=True))
            said |= {"id": entry.seq, "proposal_id": number, "decided_at": entry.at}
            marks = ", ".join("?" * len(columns))
            connection.execute(f"INSERT INTO decision VALUES ({marks})", [said[name] for name in columns])
            connection.execute("UPDATE proposal SET state = 'superseded' WHERE state = 'approved'")
            statement = "UPDATE proposal SET state = 'approved', changed_by_entry = ? WHERE id = ?"
            connection.execute(statement, [entry.seq, number])

        world.edit(insert)
        assert world.kind() == "not-approved"
        assert world.sentinel("ledger", "verify")[0] == BROKEN
    assert world.kind() == "scored"


def test_three_recommendations_under_names_of_no_reviewers_open_nothing(world: World) -> None:
    """The decision's own entry says who counted; the partnership's files say who may."""
    with world.undone():
        world.declare("partnership", lambda said: said["panel"]["people"].append(stranger()))
        number = world.under_review()
        for member in (*worlds.REVIEWERS[:2], "mallory"):
            world.recommend(number, by=member)
        world.decide(number)
        assert world.kind() == "scored"  # these are the rules, for as long as the files say so
        world.declare("partnership", lambda said: said["panel"]["people"].pop())
        assert world.kind() == "policy-changed"
    assert world.kind() == "scored"


def test_a_recommendation_under_other_rules_does_not_count_under_these(world: World) -> None:
    with world.undone():
        number = world.under_review()
        for member in worlds.REVIEWERS[:2]:
            world.recommend(number, by=member)
        world.declare("gateways", lambda said: said["gateways"][0].update(document="Another agreement"))
        world.recommend(number, by=worlds.REVIEWERS[2])
        world.declare("gateways", lambda said: said["gateways"][0].update(document="ISA-001"))
        with pytest.raises(StateError):
            world.decide(number)
        assert world.kind() == "scored"  # by the approval from before


def stranger() -> dict[str, str]:
    return {"id": "mallory", "title": "A friend of the house", "role": "reviewer"}


def test_a_workspace_that_was_put_back_as_a_whole_does_not_agree_with_its_anchor(world: World) -> None:
    with world.undone():
        before = world.saved()
        assert world.kind() == "scored"
        before.put_back("workspace")
        assert world.kind() == "ledger-broken"
        assert world.sentinel("ledger", "verify")[0] == BROKEN
    assert world.kind() == "scored"


def test_the_anchor_lies_outside_the_workspace_unless_somebody_says_otherwise(tmp_path: Path) -> None:
    settings = Settings(workspace=tmp_path / "workspace")
    anchor = settings.anchor_of(settings.workspace / "example")
    assert not anchor.is_relative_to(settings.workspace)


def of_another_ledger(world: World) -> None:
    other = attacked.copied(world.root / "other")
    other.approve()
    other.close()
    shutil.copy(other.anchor, world.anchor)
    shutil.copy(other.anchor.with_suffix(".key"), world.anchor.with_suffix(".key"))


def with_a_key_that_is_a_pipe(world: World) -> None:
    key = world.anchor.with_suffix(".key")
    key.unlink()
    os.mkfifo(key)


def that_is_a_pipe(world: World) -> None:
    world.anchor.unlink()
    os.mkfifo(world.anchor)


def that_leads_nowhere(world: World) -> None:
    world.anchor.unlink()
    world.anchor.symlink_to("nowhere")


@pytest.mark.parametrize(
    "attack",
    [of_another_ledger, with_a_key_that_is_a_pipe, that_is_a_pipe, that_leads_nowhere],
    ids=lambda attack: attack.__name__,
)
def test_an_anchor(world: World, attack: Callable[[World], None]) -> None:
    with world.undone():
        attack(world)
        began = time.monotonic()
        assert world.kind() == "ledger-broken"
        assert time.monotonic() - began < 3
    assert world.kind() == "scored"
