"""A workspace that is copied or moved keeps its own record, and what somebody deleted in MLflow costs no training."""

import shutil
from pathlib import Path
from urllib.parse import unquote

import pytest

from hub.digests import sha256_file
from hub.errors import StateError
from hub.workspace import Workspace
from models.fitting.training import train
from models.record import places, tracking
from tests.factories.feature_sets import feature_set


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("place") / "original"
    train(Workspace(root), feature_set(Workspace(root), people=500), trained_by="ana")
    return root


def _bytes(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): sha256_file(path) for path in root.rglob("*") if path.is_file()}


def _runs(workspace: Workspace) -> dict[str, Path]:
    client = tracking._client(workspace)
    experiments = [one.experiment_id for one in client.search_experiments() if one.name != "Default"]
    found = client.search_runs(experiments)
    return {one.info.run_id: Path(unquote(one.info.artifact_uri.removeprefix("file://"))) for one in found}


def test_a_copy_never_writes_into_the_original(trained: Path, tmp_path: Path) -> None:
    before = _bytes(trained)
    copy = Workspace(tmp_path / "a copy %41")
    shutil.copytree(trained, copy.root)
    bundle = train(copy, feature_set(copy, people=400, seed=2), trained_by="ana")
    assert _bytes(trained) == before
    runs = _runs(copy)
    assert len(runs) == 2
    for folder in runs.values():
        assert folder.is_relative_to(copy.root)
        assert (folder / "bundle" / "model.txt").is_file()
    client = tracking._client(copy)
    for version in client.search_model_versions():
        assert version.source.startswith(places.artefacts(copy))
    assert any(
        (folder / "bundle" / "model.txt").read_bytes() == bundle.artefact.read("model.txt") for folder in runs.values()
    )
    assert places.settle(copy) == 0, "once is enough"


def test_a_moved_workspace_goes_on(trained: Path, tmp_path: Path) -> None:
    moved = Workspace(tmp_path / "moved")
    shutil.copytree(trained, tmp_path / "before")
    places.settle(Workspace(tmp_path / "before"))
    (tmp_path / "before").rename(moved.root)
    [folder] = _runs(moved).values()
    assert (folder / "bundle" / "model.txt").is_file()


def test_what_was_deleted_in_mlflow_costs_no_training(trained: Path, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "w")
    shutil.copytree(trained, workspace.root)
    client = tracking._client(workspace)
    [run] = _runs(workspace)
    client.delete_run(run)
    [experiment] = [one for one in client.search_experiments() if one.name != "Default"]
    client.delete_experiment(experiment.experiment_id)
    bundle = train(workspace, feature_set(workspace, people=400, seed=3), trained_by="ana")
    assert bundle.verdicts
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "a.txt").write_text("a", encoding="utf-8")
    tracking.attach(workspace, run, tmp_path / "evidence", "audit", {"audited": "yes"})
    assert client.get_run(run).info.lifecycle_stage == "active"


def test_a_store_that_cannot_be_read_is_said_before_anything_is_fitted(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    features = feature_set(workspace, people=300)
    workspace.mlflow.mkdir(parents=True)
    places.database(workspace).write_bytes(b"no database" * 100)
    told: list[str] = []
    with pytest.raises(StateError, match=r"mlflow\.db: the MLflow store cannot be read or written"):
        train(workspace, features, trained_by="ana", progress=lambda what, *_: told.append(what))
    assert not told, "nothing was fitted"


def test_a_long_parameter_is_whole_in_a_file_and_shortened_where_mlflow_takes_it() -> None:
    assert tracking._short("a" * 6000) == "a" * 6000
    short = tracking._short("a" * 6001)
    assert len(short) == 6000
    assert short.endswith("(whole in parameters.json)")
