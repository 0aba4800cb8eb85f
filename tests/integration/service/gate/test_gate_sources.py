"""The gate asks of every source how old it is, and whether a delivery in the snapshot was taken back."""

import datetime
from collections.abc import Iterator
from typing import Any

import pytest

from ethics.errors import StaleSnapshotError
from hub.ledger import ledger, publications
from hub.ledger.store import open_store
from tests.factories import attacked, permissions, snapshots, worlds
from tests.factories.attacked import World

HELD: list[dict[str, Any]] = [
    {"digest": "d" * 64, "source": "police", "periods": [], "delivered_on": "2025-01-31", "rows": {}}
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with attacked.served(attacked.copied(tmp_path_factory.mktemp("sources"))) as found:
        yield found


def test_nothing_is_scored_on_a_delivery_that_was_taken_back(world: World) -> None:
    with world.undone():
        tables = worlds._tables(5, 500)
        snapshots.snapshot(world.workspace, known_to="2025-01-31", facts={"extracts": HELD}, **tables)
        assert world.kind() == "scored"
        with open_store(world.workspace) as store, store.writing() as session:
            facts = {"kind": "extract", "digest": HELD[0]["digest"]}
            ledger.append(session, kind=publications.WITHDRAWAL, actor="ann", facts=facts, at=store.now())
        assert world.kind() == StaleSnapshotError.kind
        snapshots.snapshot(world.workspace, known_to="2025-01-31", facts={"extracts": []}, **tables)
        assert world.kind() == "scored"


@pytest.mark.parametrize(("told", "kind"), [("2024-12-31", "scored"), ("2012-01-01", StaleSnapshotError.kind)])
def test_a_source_is_as_old_as_what_it_told_whatever_was_delivered_since(world: World, told: str, kind: str) -> None:
    with world.undone():
        snapshots.snapshot(world.workspace, known_to="2025-01-31", reported={"police": told}, **worlds._tables(5, 500))
        answer = world.ask()
        assert (world.kind() if answer.status_code != 200 else "scored") == kind
        if kind == "scored":
            [said] = [one for one in answer.json()["caveats"] if "old data" in one]
            assert "police: up to 2024-12-30" in said


def test_deaths_are_read_under_a_gateway_like_anything_else(world: World) -> None:
    deaths = [{"type": "death", "table": "rows", "person": "ref", "occurred_on": "day"}]
    register = permissions.source("register", gateways=["register_link"], events=deaths)
    ends = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=3)).date().isoformat()
    link = snapshots.GATEWAY | {"name": "register_link", "valid_to": ends}
    with world.undone():
        world.declare("gateways", lambda said: said["gateways"].append(link))
        world.declare("sources", lambda said: said["sources"].append(register))
        assert world.kind() == "policy-changed", "the group decided before anybody told of deaths"
        world.approve(days=20)
        assert world.kind() == "scored"
        world.ahead(days=5)
        refused = world.ask()
        assert (refused.status_code, attacked.kind_of(refused)) == (403, "no-gateway")
        assert "register" in refused.json()["detail"]
    assert world.kind() == "scored"


def test_a_score_asks_for_no_gateway_of_what_only_a_group_is_made_of(world: World) -> None:
    people = [{"table": "rows", "id": "ref", "sex": "ref"}]
    roll = permissions.source("roll", gateways=["roll_link"], events=[], people=people)
    link = snapshots.GATEWAY | {"name": "roll_link", "purposes": ["safeguarding_review"]}
    with world.undone():
        world.declare("gateways", lambda said: said["gateways"].append(link))
        world.declare("sources", lambda said: said["sources"].append(roll))
        assert world.kind() == "policy-changed", "the group decided before anybody told of sex"
        world.approve(days=20)
        assert world.kind() == "scored"
