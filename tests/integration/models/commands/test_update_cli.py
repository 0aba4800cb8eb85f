"""`sentinel models update` in a world of the real stages: feature set, update, audit, proposal, approval, MLflow."""

import datetime
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient

from features.batch.matrix import build
from features.declarations import use_cases
from hub.publishing.snapshots import open_snapshot
from models.bundle.bundles import Bundle, open_bundle
from models.bundle.trainings import trainings
from models.commands.training_cli import UpdateChoice
from models.measuring.closed_test import LadderStep
from models.record.tracking import store_address
from tests.factories import worlds
from tests.factories.attacked import World

SPLIT = {
    "train": {"first": "2022-01-01", "until": "2023-07-02"},
    "choose": {"first": "2023-10-01", "until": "2024-04-02"},
    "test": {"first": "2024-07-01", "until": "2024-10-02"},
}
DAY = datetime.date(2026, 1, 1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return a world whose bundle is approved, and whose use case's split has moved on since."""
    root = tmp_path_factory.mktemp("world") / "world"
    shutil.copytree(worlds.kept(), root)
    made = World(root)
    made.approve()
    path = made.folder / "use_cases" / f"{worlds.USE_CASE}.yaml"
    said = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(said | {"validation": SPLIT}), encoding="utf-8")
    use_case = use_cases.read(made.partnership, worlds.USE_CASE)
    build(made.workspace, open_snapshot(made.workspace), use_case, partnership=made.partnership, on=DAY)
    yield made
    made.close()


@pytest.fixture(scope="module")
def updated(world: World) -> Bundle:
    """Return what the command makes of it."""
    code, told = world.sentinel("models", "update", world.bundle[:12], "--as", "ana", "--to", "intercept", "--json")
    assert code == 0, told
    return open_bundle(world.workspace, json.loads(told)["digest"])


def test_the_choices_are_the_steps_and_auto() -> None:
    assert [one.value for one in UpdateChoice] == ["auto", *(one.value for one in LadderStep)]


def test_an_update_is_recorded_like_a_training(world: World, updated: Bundle) -> None:
    assert updated.facts.updated_from == world.bundle
    (said,) = trainings(world.workspace, updated.digest)
    assert (said["trained_by"], said["trees_from"]) == ("ana", world.bundle)
    address = store_address(world.workspace)
    run = MlflowClient(tracking_uri=address, registry_uri=address).get_run(said["run_id"])
    assert run.info.status == "FINISHED"
    assert run.data.tags["updated_from"] == world.bundle
    assert (run.data.tags["update_step"], run.data.tags["order_unchanged"]) == ("intercept", "yes")
    assert updated.facts.update is not None
    assert run.data.metrics["update/p_nothing"] == updated.facts.update.tests[0].p
    code, told = world.sentinel("models", "record", updated.digest, "--json")
    assert (code, json.loads(told)["run_id"]) == (0, said["run_id"])


def test_people_read_what_changed_and_why(world: World, updated: Bundle) -> None:
    code, told = world.sentinel("models", "show", updated.digest[:12])
    assert code == 0, told
    assert f"An update of the bundle {world.bundle[:12]}: the level alone was fitted anew." in told
    assert "The order of children is unchanged on all 6,000 rows of 12 dates." in told
    assert "that nothing need change is not rejected (p 0." in told
    assert f"It needs an approval of its own; that of {world.bundle[:12]} stands or falls as before." in told


def test_everything_here_is_whole_afterwards(world: World, updated: Bundle) -> None:
    code, told = world.sentinel("hub", "verify", updated.digest)
    assert code == 0, told


def test_a_new_digest_needs_a_new_approval_and_the_old_one_stands(world: World, updated: Bundle) -> None:
    def approved() -> list[str]:
        return [str(one[0]) for one in world.sql("SELECT bundle FROM decision WHERE outcome = 'approved' ORDER BY id")]

    assert approved() == [world.bundle]
    code, told = world.sentinel("audits", "run", updated.digest, "--as", "ana", "--json")
    assert code == 0, told
    audit = json.loads(told)["digest"]
    assert approved() == [world.bundle]
    world.approve(bundle=updated.digest, audit=audit)
    assert approved() == [world.bundle, updated.digest]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--as", "nobody"), 2, "names nobody with the id nobody. Analysts are: ana."),
        (("--as", "rosa"), 7, "rosa is reviewer; only an analyst trains models."),
        (("--as", "ana", "--to", "everything"), 2, "Invalid value for '--to'"),
        (("--as", "ana", "--features", "0000"), 6, "There is no feature set"),
    ],
)
def test_a_mistake_is_one_clear_line(world: World, arguments: tuple[str, ...], code: int, message: str) -> None:
    got, told = world.sentinel("models", "update", world.bundle, *arguments)
    assert got == code, told
    assert message in told
    assert "Traceback" not in told


def test_the_feature_set_that_it_was_trained_on_tells_it_nothing_new(world: World, tmp_path: Path) -> None:
    features = open_bundle(world.workspace, world.bundle).facts.feature_set
    before = sorted(world.workspace.bundles.iterdir())
    got, told = world.sentinel("models", "update", world.bundle, "--as", "ana", "--features", features)
    assert got == 7, told
    assert "learned from outcomes of looks until 2023-07-01" in told
    assert sorted(world.workspace.bundles.iterdir()) == before
