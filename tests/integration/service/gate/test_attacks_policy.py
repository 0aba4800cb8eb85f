"""Somebody who can write the partnership's files, for good or for a minute: nothing is scored under other rules."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ethics.acts.proposals import Recommendation
from hub.errors import ConfigurationError, SentinelError, StateError
from tests.factories import attacked, worlds
from tests.factories.attacked import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with attacked.served(attacked.copied(tmp_path_factory.mktemp("policy"))) as found:
        yield found


def panel(change: Callable[[dict[str, Any]], object]) -> Callable[[World], None]:
    return lambda world: world.declare("partnership", lambda said: change(said["panel"]))


def named(said: dict[str, Any], person: str, role: str = "reviewer") -> None:
    said["people"].append({"id": person, "title": "Somebody else", "role": role})


def demonstrated(said: dict[str, Any]) -> None:
    said["demonstration"] = {"use_case": worlds.USE_CASE, "delivered_on": "2024-12-31", "generator": "generator"}


def renamed(world: World) -> None:
    (world.folder / "gateways.yaml").rename(world.folder / "hateways.yaml")


def swapped(world: World) -> None:
    one, other = world.folder / "gateways.yaml", world.folder / "sources.yaml"
    first, second = one.read_bytes(), other.read_bytes()
    attacked.replace(one, second)
    attacked.replace(other, first)


CHANGED: dict[str, tuple[Callable[[World], None], set[str]]] = {
    "a lower quorum": (panel(lambda said: said.update(quorum=2)), {"policy-changed"}),
    "another member": (panel(lambda said: named(said, "mallory")), {"policy-changed"}),
    "an id beside an id": (panel(lambda said: named(said, f"{worlds.REVIEWERS[0]}.")), {"configuration"}),
    "an id that looks alike": (panel(lambda said: named(said, "r0sa")), {"configuration"}),
    "another role": (panel(lambda said: said["people"][2].update(title="A friend")), {"policy-changed"}),
    "a longer gateway": (
        lambda world: world.declare("gateways", lambda said: said["gateways"][0].update(valid_to="2091-01-01")),
        {"policy-changed"},
    ),
    "another agency of a source": (
        lambda world: world.declare("sources", lambda said: said["sources"][0].update(title="Other records")),
        {"policy-changed"},
    ),
    "another word of an indicator": (
        lambda world: world.declare("indicators", lambda said: said["indicators"][0].update(plain="Something else")),
        {"changed"},  # the use case holds its indicators whole
    ),
    "a renamed file": (renamed, {"configuration"}),
    "two files swapped": (swapped, {"configuration"}),
}


@pytest.mark.parametrize("name", CHANGED)
def test_under_other_rules_nothing_is_scored_until_they_are_restored(world: World, name: str) -> None:
    change, kinds = CHANGED[name]
    with world.undone():
        change(world)
        assert world.kind() in kinds
    assert world.kind() == "scored"


def test_a_demonstration_in_a_real_partnership_stops_no_time(world: World) -> None:
    with world.undone():
        world.declare("gateways", lambda said: said["gateways"][0].update(valid_to="2025-06-30"))
        world.declare("partnership", demonstrated)
        (world.workspace.root / ".demonstration").touch()
        assert world.kind() == "no-gateway"
    assert world.kind() == "scored"


def test_who_sat_in_the_panel_for_a_minute_does_not_count(world: World) -> None:
    with world.undone():
        number = world.under_review()
        content = (world.folder / "partnership.yaml").read_bytes()
        world.declare("partnership", lambda said: named(said["panel"], "mallory"))
        world.recommend(number, by="mallory")
        world.recommend(number, by=worlds.REVIEWERS[1])
        (world.folder / "partnership.yaml").write_bytes(content)
        world.recommend(number, by=worlds.REVIEWERS[2])
        with pytest.raises(StateError):
            world.decide(number)


def test_a_quorum_that_was_lowered_for_a_minute_opens_nothing(world: World) -> None:
    with world.undone():
        content = (world.folder / "partnership.yaml").read_bytes()
        world.declare("partnership", lambda said: said["panel"].update(quorum=2))
        number = world.recommended(worlds.REVIEWERS[:2])
        world.decide(number)
        assert world.kind() == "scored"  # under those rules
        (world.folder / "partnership.yaml").write_bytes(content)
        assert world.kind() == "policy-changed"
    assert world.kind() == "scored"


def test_three_who_oppose_are_no_quorum_for_an_approval_without_the_owners_reasons(world: World) -> None:
    with world.undone():
        number = world.recommended(verdict=Recommendation.OPPOSE)
        with pytest.raises(StateError, match="support"):
            world.decide(number)
        world.decide(number, against_advice="The owner answers for it, for these reasons.")
        assert world.kind() == "scored"


def test_data_older_than_the_use_case_allows_are_not_scored(world: World) -> None:
    with world.undone():
        world.ahead(days=3650)
        world.approve()
        assert world.kind() == "snapshot-too-old"


def test_a_use_case_that_leads_to_another_file_is_refused(world: World) -> None:
    path = world.folder / "use_cases" / f"{worlds.USE_CASE}.yaml"
    said = json.loads(path.read_text(encoding="utf-8"))
    with world.undone():
        attacked.replace(path, json.dumps(said | {"name": "../../elsewhere"}).encode())
        assert world.kind() == "configuration"
        with pytest.raises(SentinelError) as raised:
            world.under_review()
        assert isinstance(raised.value, ConfigurationError)
