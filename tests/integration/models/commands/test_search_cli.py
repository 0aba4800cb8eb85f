"""`sentinel models train --search` and `rebuild` in a world of the real stages, with MLflow."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient

from models.bundle.bundles import Bundle, open_bundle
from models.bundle.trainings import trainings
from models.commands.asked import SearchChoice
from models.fitting.search import SearchKind
from models.record.tracking import store_address
from tests.factories import worlds
from tests.factories.attacked import World

TRAIN = ("models", "train", "--use-case", worlds.USE_CASE, "--as", "ana")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return a world with an audited bundle."""
    root = tmp_path_factory.mktemp("world") / "world"
    shutil.copytree(worlds.kept(), root)
    made = World(root)
    yield made
    made.close()


@pytest.fixture(scope="module")
def searched(world: World) -> Bundle:
    """Return the bundle of a search."""
    code, told = world.sentinel(*TRAIN, "--search", "tune", "--trials", "4", "--json")
    assert code == 0, told
    return open_bundle(world.workspace, json.loads(told)["digest"])


def test_the_choices_are_the_kinds() -> None:
    assert [one.value for one in SearchChoice] == [one.value for one in SearchKind]


def test_each_trial_is_a_run_inside_with_its_own_parameters(world: World, searched: Bundle) -> None:
    (said,) = trainings(world.workspace, searched.digest)
    address = store_address(world.workspace)
    client = MlflowClient(tracking_uri=address, registry_uri=address)
    experiment = client.get_run(said["run_id"]).info.experiment_id
    inside = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{said['run_id']}'")
    named = {one.info.run_name: one for one in inside}
    choice = searched.metrics["choice"]
    for one in choice["tried"]:
        run = named[one["candidate"]]
        assert run.data.metrics["choose/average_precision"] == one["average_precision"]
        assert run.data.params["lightgbm.learning_rate"] == str(one["parameters"]["learning_rate"])
        assert run.data.tags["chosen"] == ("yes" if one["candidate"] == choice["chosen"] else "no")
    assert len(choice["tried"]) == 4


@pytest.mark.prove  # that a search goes on is always shown by fitting/test_searching
def test_the_same_words_again_take_the_trials_that_are_there(world: World, searched: Bundle) -> None:
    code, told = world.sentinel(*TRAIN, "--search", "tune", "--trials", "4")
    assert code == 0, told
    assert f"Bundle {searched.digest}" in told
    assert "Searched: 4 candidates" in told
    assert len([*world.workspace.searches.glob("*.db")]) == 1


@pytest.mark.prove  # what is damaged is always shown by test_studies
def test_a_damaged_search_is_one_line_with_what_to_do(world: World, searched: Bundle) -> None:
    (path,) = world.workspace.searches.glob("*.db")
    kept = path.read_bytes()
    path.write_bytes(kept[:5000])
    code, told = world.sentinel(*TRAIN, "--search", "tune", "--trials", "4")
    path.write_bytes(kept)
    assert code == 5
    assert "Move it away, and train again" in told
    assert "Traceback" not in told


def test_rebuild_says_the_same_bytes(world: World, searched: Bundle) -> None:
    code, told = world.sentinel("models", "rebuild", world.bundle[:12])
    assert (code, told.strip()) == (0, f"The same bytes: {world.bundle}")
    code, told = world.sentinel("models", "rebuild", searched.digest[:12], "--json")
    assert code == 0, told
    assert json.loads(told) == {
        "bundle": searched.digest,
        "digest": searched.digest,
        "same": True,
        "differs": [],
        "libraries": {},
        "other_code": False,
        "search": "not repeated",
    }


def test_rebuild_ends_with_code_5_where_other_bytes_come_of_it(world: World, searched: Bundle, tmp_path: Path) -> None:
    """The feature set stays; the bundle's record was written otherwise, under its own digest."""
    from dataclasses import replace

    from features.rows.feature_sets import open_feature_set
    from models.fitting.fitting import fit
    from tests.factories.bundles import published

    contents = fit(open_feature_set(world.workspace, searched.facts.feature_set)).contents
    forged = published(world.workspace, replace(contents, metrics={**contents.metrics, "folds": [{"learn": []}]}))
    code, told = world.sentinel("models", "rebuild", forged.digest)
    assert code == 5
    assert "metrics.json" in told
    assert "folds" in told
    assert f"bundle {forged.digest[:12]}: made again, other bytes come of it ({world.bundle[:12]})." in told
    code, told = world.sentinel("models", "rebuild", "0" * 12)
    assert code == 6


@pytest.mark.prove  # what counts as a look is always shown by test_openings
def test_each_different_bundle_is_a_look_at_the_test_dates(tmp_path: Path) -> None:
    """The first training's run says 1, as it was then; the second one's says 2, and so do all commands afterwards."""
    shutil.copytree(worlds.kept(), tmp_path / "world")
    world = World(tmp_path / "world")
    code, told = world.sentinel("models", "show", world.bundle)
    assert code == 0, told
    assert "The test dates were looked at once" in told
    code, told = world.sentinel(*TRAIN, "--algorithm", "logistic", "--json")
    assert code == 0, told
    second = json.loads(told)
    assert second["test_dates_looked_at"]["times"] == 2
    code, told = world.sentinel("models", "show", world.bundle[:12], "--json")
    assert json.loads(told)["test_dates_looked_at"]["bundles"] == [world.bundle, second["digest"]]
    code, told = world.sentinel("models", "list", "--json")
    assert [one["test_dates_looked_at"]["times"] for one in json.loads(told)] == [2, 2]
    address = store_address(world.workspace)
    client = MlflowClient(tracking_uri=address, registry_uri=address)
    runs = [trainings(world.workspace, digest)[-1]["run_id"] for digest in (world.bundle, second["digest"])]
    assert [client.get_run(one).data.tags["test_dates_looked_at"] for one in runs] == ["1", "2"]
    world.close()
