"""Somebody who can write the ledger's database, its anchor or the clock: nothing is scored, and everything is named."""

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from hub.errors import LedgerError
from hub.ledger.anchor import Anchor
from hub.ledger.ledger import _hash
from hub.ledger.seals import EMPTY, Head
from service.http.api import LIVE
from tests.factories import attacked, worlds
from tests.factories.attacked import World

REFUSED = {"ledger-broken", "not-approved", "not-published", "approval-withdrawn", "record", "changed"}
BROKEN = 5  # what `ledger verify` ends with


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with attacked.served(attacked.copied(tmp_path_factory.mktemp("record"))) as found:
        yield found


def decision(world: World) -> int:
    return int(world.sql("SELECT max(id) FROM decision")[0][0])


def earlier_copy(world: World) -> None:
    """The database is put back to before a withdrawal, in its place."""
    before = world.database.read_bytes()
    world.withdraw(world.proposal())
    world.close()
    world.database.write_bytes(before)


def earlier_copy_by_rename(world: World) -> None:
    copy = world.database.with_name("kept.db")
    shutil.copy(world.database, copy)
    world.withdraw(world.proposal())
    world.close()
    copy.replace(world.database)


def tail_cut_off(world: World) -> None:
    number, approved = world.withdraw(world.proposal()), decision(world)
    world.close()

    def cut(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM withdrawal WHERE id = ?", [number])
        connection.execute("UPDATE proposal SET state = 'approved', changed_by_entry = ?", [approved])
        connection.execute("DELETE FROM ledger_entry WHERE seq >= ?", [number])
        connection.execute(
            "UPDATE ledger_head SET (seq, hash) = (SELECT seq, hash FROM ledger_entry ORDER BY seq DESC LIMIT 1)"
        )

    world.edit(cut)


def withdrawal_hidden(world: World) -> None:
    """The withdrawal becomes something else, and all hashes fit again."""
    number, approved = world.withdraw(world.proposal()), decision(world)
    world.close()

    def hide(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM withdrawal WHERE id = ?", [number])
        connection.execute("UPDATE proposal SET state = 'approved', changed_by_entry = ?", [approved])
        connection.execute("UPDATE ledger_entry SET kind = 'score', facts = '{}' WHERE seq = ?", [number])
        attacked.rechain(connection)

    world.edit(hide)


def entry_added(world: World) -> None:
    """A decision's twin is appended with hashes that fit: a later end, and no recommendation asked."""

    def add(connection: sqlite3.Connection) -> None:
        row = connection.execute(
            "SELECT * FROM ledger_entry WHERE kind = 'decision' ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        seq, last = connection.execute("SELECT seq, hash FROM ledger_head").fetchone()
        facts = json.dumps(json.loads(row[4]) | {"expires_on": "2090-01-01"}, sort_keys=True, separators=(",", ":"))
        hash_ = _hash(seq + 1, row[1], row[2], row[3], facts, last)
        connection.execute(
            "INSERT INTO ledger_entry VALUES (?, ?, ?, ?, ?, ?, ?)",
            [seq + 1, row[1], row[2], row[3], facts, last, hash_],
        )
        connection.execute("UPDATE ledger_head SET seq = ?, hash = ?", [seq + 1, hash_])

    world.edit(add)


def recommendation_flipped(world: World) -> None:
    world.sql("UPDATE recommendation SET verdict = 'oppose'")


def recommendation_removed(world: World) -> None:
    world.sql("DELETE FROM recommendation WHERE id = (SELECT min(id) FROM recommendation)")


def canvas_changed(world: World) -> None:
    world.sql("UPDATE canvas_answer SET words = words || ' and more'")


def reasons_changed(world: World) -> None:
    world.sql("UPDATE decision SET reasons = 'Because somebody said so.'")


def end_moved(world: World) -> None:
    world.sql("UPDATE decision SET expires_on = '2090-01-01'")


def anchor_deleted(world: World) -> None:
    world.anchor.unlink()


def anchor_and_key_deleted(world: World) -> None:
    world.anchor.unlink()
    world.anchor.with_suffix(".key").unlink()


def anchor_edited(world: World) -> None:
    said = json.loads(world.anchor.read_bytes())
    said["heads"][0]["seq"] -= 1
    world.anchor.write_bytes(json.dumps(said).encode().ljust(1023) + b"\n")


def anchor_of_before(world: World) -> None:
    before = world.anchor.read_bytes()
    assert world.kind() == "scored"
    world.anchor.write_bytes(before)


def publication_renamed(world: World) -> None:
    """The entry of a publication names another digest, and all hashes fit again."""

    def rename(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE ledger_entry SET facts = replace(facts, ?, ?)", [world.bundle, "0" * 64])
        attacked.rechain(connection)

    world.edit(rename)


def trigger_added(world: World) -> None:
    """A withdrawal's row would vanish as soon as it is written."""
    world.sql("CREATE TRIGGER gone AFTER INSERT ON withdrawal BEGIN DELETE FROM withdrawal WHERE id = NEW.id; END")


def slow_trigger_added(world: World) -> None:
    """The service would sit between two looks at the anchor for as long as somebody likes."""
    world.sql(
        "CREATE TRIGGER slow AFTER INSERT ON ledger_entry BEGIN SELECT count(*) FROM (WITH RECURSIVE n(i) AS "
        "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT i FROM n); END"
    )


def view_in_place_of_a_table(world: World) -> None:
    world.sql(
        "ALTER TABLE recommendation RENAME TO hidden",
        "CREATE VIEW recommendation AS SELECT * FROM hidden",
    )


ATTACKS: list[Callable[[World], None]] = [
    earlier_copy,
    earlier_copy_by_rename,
    tail_cut_off,
    withdrawal_hidden,
    entry_added,
    recommendation_flipped,
    recommendation_removed,
    canvas_changed,
    reasons_changed,
    end_moved,
    anchor_deleted,
    anchor_and_key_deleted,
    anchor_edited,
    anchor_of_before,
    publication_renamed,
    trigger_added,
    slow_trigger_added,
    view_in_place_of_a_table,
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_record_that_was_tampered_with_scores_nothing_and_is_named(
    world: World, attack: Callable[[World], None]
) -> None:
    with world.undone():
        attack(world)
        for _ in range(3):
            assert world.kind() in REFUSED
        code, said = world.sentinel("ledger", "verify")
        assert code == BROKEN, said
        assert "the chain holds" not in said
    assert world.kind() == "scored"
    assert world.sentinel("ledger", "verify")[0] == 0


def test_a_withdrawal_of_a_proposal_that_was_renumbered_is_refused_and_not_lost(world: World) -> None:
    with world.undone():
        number = world.proposal()
        world.sql("UPDATE proposal SET id = 1 WHERE id = ?", values=(number,))
        world.sql("UPDATE decision SET proposal_id = 1")
        with pytest.raises(LedgerError):
            world.withdraw(1)
    assert world.kind() == "scored"


def test_what_was_believed_of_a_forged_ledger_is_forgotten_with_it(world: World) -> None:
    """A refused look at a rewritten database leaves nothing behind that a later score rests on."""
    with world.undone():
        before = world.database.read_bytes()
        publication_renamed(world)
        assert world.kind() in REFUSED
        world.database.write_bytes(before)
        assert world.kind() == "scored"
        assert world.entries("score")[-1].read_facts()["bundle"] == world.bundle


def test_an_anchor_that_moved_on_lets_nobody_go_on_from_where_it_was(tmp_path: Path) -> None:
    anchor = Anchor(tmp_path / "anchor.json")
    first, second, other = (Head(number, str(number) * 64, f"2026-01-0{number}") for number in (1, 2, 3))
    anchor.prepare(EMPTY, first)
    anchor.settle(first)
    anchor.prepare(first, second)
    anchor.settle(second)
    with pytest.raises(LedgerError, match="moved on"):
        anchor.prepare(first, other)
    with pytest.raises(LedgerError, match="moved on"):
        anchor.settle(first)
    assert anchor.heads() == (second,)


def test_a_ledger_that_is_gone_is_not_made_anew(world: World) -> None:
    with world.undone():
        world.database.unlink()
        assert world.kind() in REFUSED
        code, said = world.sentinel("ledger", "verify")
        assert code == BROKEN, said
        assert not world.database.exists() or world.database.stat().st_size == 0
    assert world.kind() == "scored"


def test_a_locked_database_is_a_refusal_within_two_seconds_and_liveness_does_not_mind(world: World) -> None:
    script = (
        "import sqlite3, sys, time\nc = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('BEGIN IMMEDIATE')\nprint('locked', flush=True)\ntime.sleep(4)"
    )
    command = [sys.executable, "-c", script, str(world.database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        began = time.monotonic()
        response = world.ask()
        waited = time.monotonic() - began
        with httpx2.Client(base_url=world.address, timeout=5) as client:
            began = time.monotonic()
            assert client.get(LIVE).is_success
            assert time.monotonic() - began < 1
    assert (response.status_code, attacked.kind_of(response)) == (503, "record")
    assert 0.5 < waited < 3
    assert world.kind() == "scored"


def test_a_clock_that_was_ahead_and_is_set_right_closes_the_gate_until_the_owner_takes_the_ledger_up(
    world: World,
) -> None:
    with world.undone():
        world.ahead(days=400)
        assert world.kind() == "approval-expired"
        world.ahead(seconds=0)
        assert world.kind() == "clock"
        code, said = world.sentinel("ledger", "verify")
        assert code == BROKEN
        assert "lies ahead of this machine's clock" in said
        reasons = ["--reasons", "The clock of the machine ran ahead."]
        assert world.sentinel("ledger", "resume", *reasons, "--as", worlds.REVIEWERS[0])[0] != 0
        assert world.sentinel("ledger", "resume", *reasons, "--as", worlds.OWNER)[0] == 0
        assert world.kind() == "not-approved"  # approvals from before have ended
        world.approve()
        assert world.kind() == "scored"
        assert world.sentinel("ledger", "verify")[0] == 0


def test_a_clock_that_is_set_back_closes_the_gate_but_for_a_minute(world: World) -> None:
    with world.undone():
        assert world.kind() == "scored"
        world.ahead(seconds=-30)
        assert world.kind() == "scored"
        times = [one.at for one in world.entries()]
        assert times == sorted(times)
        world.ahead(hours=-1)
        assert world.kind() == "clock"


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO ledger_entry SELECT seq, at, 'score', actor, facts, previous, hash FROM ledger_entry",
        "INSERT OR REPLACE INTO decision SELECT * FROM decision",
        "INSERT OR REPLACE INTO recommendation SELECT * FROM recommendation",
        "INSERT OR REPLACE INTO ledger_head VALUES (1, 0, 'x')",
        "UPDATE OR REPLACE ledger_entry SET seq = seq + 1",
        "UPDATE decision SET expires_on = '2090-01-01'",
        "DELETE FROM recommendation",
    ],
)
def test_the_database_refuses_to_replace_a_row(world: World, statement: str) -> None:
    with sqlite3.connect(world.database, timeout=20) as connection, pytest.raises(sqlite3.IntegrityError, match="only"):
        connection.execute(statement)
    connection.close()
    assert world.kind() == "scored"
