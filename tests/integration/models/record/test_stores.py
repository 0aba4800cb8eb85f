"""The MLflow store as people treat it: copied, moved, linked, deleted in parts, broken before or after a fitting."""

import datetime
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from mlflow import MlflowClient
from mlflow.models import ModelSignature
from mlflow.tracking._tracking_service.utils import _artifact_repos_cache
from mlflow.types import DataType

from ethics.acts import approvals
from ethics.errors import NotApprovedError
from ethics.record.store import open_store
from features.rows.feature_sets import FeatureSet, open_feature_set
from hub.commands.command_line import Place
from hub.errors import LedgerError, NotFoundError, StateError
from hub.settings import Settings
from hub.workspace import Workspace
from models.bundle.bundles import Bundle, open_bundle
from models.bundle.trainings import trainings
from models.fitting import candidates, training
from models.record import entries, stores, tracking, viewer
from models.record.entries import TrainingEntry
from models.record.stores import StoreError
from models.record.tracking import NotRecordedError
from service.documentation import rooms
from tests.factories.feature_sets import TEST_DATES, feature_set

ROOT = Path(__file__).parents[4]
EXPERIMENT = "lancashire/early_help_offer"
MODEL = "lancashire.early_help_offer"
RECORDING = "Recording in MLflow"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace with one trained model, in a folder with signs that an address gives a meaning to."""
    workspace = Workspace(tmp_path_factory.mktemp("stores") / "50%20 & more? # é" / "lancashire")
    training.train(workspace, feature_set(workspace, people=700), trained_by="ana")
    return workspace


@pytest.fixture
def copied(original: Workspace, tmp_path: Path) -> Workspace:
    """Return a copy of it, which is its test's own."""
    shutil.copytree(original.root, tmp_path / "copy of it")
    return Workspace(tmp_path / "copy of it")


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """Return a folder with an audit's page."""
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "report.html").write_text("<p>Audit</p>", encoding="utf-8")
    return tmp_path / "report"


def bytes_of(folder: Path) -> dict[str, tuple[str, int]]:
    """Return the digest and the time of change of every file below a folder."""
    return {
        str(path.relative_to(folder)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def plain(workspace: Workspace) -> MlflowClient:
    """Return a client made by MLflow's own means, as in a process of its own: it knows no run from another store."""
    _artifact_repos_cache.clear()
    address = tracking.store_address(workspace)
    return MlflowClient(tracking_uri=address, registry_uri=address)


def bundle_in(workspace: Workspace) -> Bundle:
    """Return the bundle of the first training."""
    return open_bundle(workspace, trainings(workspace)[0]["bundle"])


def features_in(workspace: Workspace) -> FeatureSet:
    """Return the feature set that it was trained on."""
    return open_feature_set(workspace, bundle_in(workspace).facts.feature_set)


def run_of(workspace: Workspace) -> str:
    """Return the id of the run of the first training."""
    return trainings(workspace)[0]["run_id"]


def database_text(workspace: Workspace) -> str:
    """Return everything that the store's database says."""
    with closing(sqlite3.connect(workspace.mlflow / "mlflow.db")) as connection:
        return "\n".join(connection.iterdump())


# What MLflow's users expect


def test_the_data_are_a_dataset_of_the_run(original: Workspace) -> None:
    inputs = plain(original).get_run(run_of(original)).inputs
    assert inputs is not None
    (found,) = inputs.dataset_inputs
    facts = bundle_in(original).facts
    assert found.dataset.name == EXPERIMENT
    assert facts.feature_set.startswith(found.dataset.digest)
    assert len(found.dataset.digest) == 36
    assert json.loads(found.dataset.source)["feature_set"] == facts.feature_set
    columns = [one["name"] for one in json.loads(str(found.dataset.schema))["mlflow_colspec"]]
    assert columns == features_in(original).matrix().column_names
    assert (
        json.loads(str(found.dataset.profile))["test"]["rows"] == bundle_in(original).metrics["parts"]["test"]["rows"]
    )
    assert [(one.key, one.value) for one in found.tags] == [("mlflow.data.context", "training")]


def test_the_signature_is_mlflow_s_own_form(original: Workspace, tmp_path: Path) -> None:
    path = plain(original).download_artifacts(run_of(original), "signature.json", str(tmp_path))
    found = ModelSignature.from_dict(json.loads(Path(path).read_text(encoding="utf-8")))
    assert found.inputs.input_names() == list(bundle_in(original).use_case.indicator_names)
    assert set(found.inputs.input_types()) == {DataType.double}
    assert found.outputs.input_names() == ["probability"]


def test_figures_by_date_are_steps(original: Workspace) -> None:
    client, run_id = plain(original), run_of(original)
    for model in ("model", "simple_rule", "logistic_regression"):
        for end in ("", ".low", ".high"):
            found = client.get_metric_history(run_id, f"test/by_date/{model}/precision_at_capacity{end}")
            assert [one.step for one in found] == [day.toordinal() for day in TEST_DATES]
    at = [datetime.datetime.fromtimestamp(one.timestamp / 1000, datetime.UTC).date() for one in found]
    assert tuple(at) == TEST_DATES
    shares = [one.value for one in client.get_metric_history(run_id, "test/by_date/model/precision_at_capacity")]
    whole = bundle_in(original).figure("precision_at_capacity").as_json()["value"]
    assert sum(shares) / len(shares) == pytest.approx(whole, abs=1e-6), "as many offers at each date"


def test_each_candidate_is_a_run_inside(original: Workspace) -> None:
    client, run_id = plain(original), run_of(original)
    experiment_id = client.get_run(run_id).info.experiment_id
    inside = client.search_runs([experiment_id], f"tags.mlflow.parentRunId = '{run_id}'")
    tried = {one.info.run_name: one for one in inside}
    choice = bundle_in(original).metrics["choice"]
    chosen = choice["chosen"]
    assert set(tried) == {one.name for one in candidates.CANDIDATES} | {f"{chosen}, without expected directions"}
    assert [name for name, one in tried.items() if one.data.tags["chosen"] == "yes"] == [chosen]
    for said in choice["tried"]:
        run = tried[said["candidate"]]
        assert run.info.status == "FINISHED"
        assert run.data.metrics["choose/average_precision"] == said["average_precision"]
        assert run.data.metrics["choose/rounds"] == said["rounds"]
    declared = {one.name: one.parameters for one in candidates.CANDIDATES}
    assert tried["larger_trees"].data.params["lightgbm.num_leaves"] == str(declared["larger_trees"]["num_leaves"])
    assert set(tried[f"{chosen}, without expected directions"].data.params["lightgbm.monotone_constraints"]) == set(
        "[0, ]"
    )


def test_long_parameters_are_whole_in_a_file(copied: Workspace, tmp_path: Path) -> None:
    bundle, signs = bundle_in(copied), tuple(number % 2 for number in range(2500))
    facts = bundle.facts.model_copy(update={"parameters": {"monotone_constraints": signs, "num_leaves": 7}})
    with tracking.run(copied, features_in(copied)) as run:
        run.log_bundle(TrainingEntry(replace(bundle, facts=facts), "ana", [], {}, {}))
    client = plain(copied)
    said = client.get_run(run.run_id).data.params
    assert said["lightgbm.num_leaves"] == "7"
    assert said["lightgbm.monotone_constraints"].startswith("(0, 1, 0")
    assert said["lightgbm.monotone_constraints"].endswith("(7,500 characters, whole in parameters.json)")
    path = client.download_artifacts(run.run_id, "parameters.json", str(tmp_path))
    whole = json.loads(Path(path).read_text(encoding="utf-8"))
    assert whole["lightgbm"]["monotone_constraints"] == list(signs)


def test_neither_an_alias_nor_a_tag_approves(copied: Workspace) -> None:
    client = plain(copied)
    tracking.check(copied, features_in(copied))
    (version,) = client.search_model_versions(f"name = '{MODEL}'")
    for alias in ("champion", "approved", "production"):
        client.set_registered_model_alias(MODEL, alias, version.version)
    for tag in ("approved", "decision", "quorum"):
        client.set_model_version_tag(MODEL, version.version, tag, "true")
        client.set_tag(run_of(copied), tag, "true")
    store = open_store(copied)
    try:
        with pytest.raises(NotApprovedError):
            approvals.valid_decision(store, purpose="early_help", at=datetime.datetime.now(datetime.UTC))
    finally:
        store.close()


def test_who_approves_and_serves_never_asks_mlflow() -> None:
    asking = {
        name
        for name, them in rooms.imports_of(ROOT).items()
        if name.split(".")[0] in ("ethics", "service") and any(one.startswith("models.record") for one in them)
    }
    assert asking == set()


# Copied, moved, linked


def test_a_copy_never_writes_into_the_original(
    original: Workspace, copied: Workspace, report: Path, tmp_path: Path
) -> None:
    before = bytes_of(original.root)
    made = training.train(copied, features_in(copied), trained_by="tom", seed=1)
    first, second = (one["run_id"] for one in trainings(copied))
    tracking.attach(copied, first, report, "audits", {"audit_digest": "a" * 64})
    assert bytes_of(original.root) == before
    assert str(original.root.parent.as_uri()) not in database_text(copied)
    client = plain(copied)
    for run_id, bundle in ((first, bundle_in(copied)), (second, made)):
        model = client.download_artifacts(run_id, "bundle/model.txt", str(tmp_path))
        assert Path(model).read_bytes() == bundle.artefact.read("model.txt")
        assert (copied.mlflow / "artifacts" / run_id / "artifacts" / "bundle" / "model.txt").exists()
    assert [one.path for one in client.list_artifacts(first, "audits")] == ["audits/report.html"]
    sources = {str(one.source) for one in client.search_model_versions(f"name = '{MODEL}'")}
    assert sources == {f"{stores.artifacts(copied)}/{run_id}/artifacts/bundle" for run_id in (first, second)}
    assert sorted(path.name for path in copied.mlflow.iterdir()) == ["artifacts", "mlflow.db"]


def test_a_moved_workspace_leaves_nothing_behind(copied: Workspace, report: Path, tmp_path: Path) -> None:
    stores.open_client(copied)
    moved = Workspace(tmp_path / "elsewhere" / "lancashire")
    moved.root.parent.mkdir()
    copied.root.rename(moved.root)
    tracking.attach(moved, run_of(moved), report, "audits", {})
    with tracking.run(moved, features_in(moved)) as run:
        stores.files_of(run.workspace, run.client.get_run(run.run_id)).log_artifacts(str(report), "x")
    assert not copied.root.exists()
    assert (moved.mlflow / "artifacts" / run.run_id / "artifacts" / "x" / "report.html").exists()
    assert {one.path for one in plain(moved).list_artifacts(run_of(moved))} >= {"audits", "bundle"}


def test_through_a_link_it_is_the_same_store(copied: Workspace, tmp_path: Path) -> None:
    stores.open_client(copied)
    before = bytes_of(copied.mlflow)
    (tmp_path / "link").symlink_to(copied.root)
    stores.settle(Workspace(tmp_path / "link"))
    assert bytes_of(copied.mlflow) == before


def hard_link(copied: Workspace, original: Workspace) -> None:
    (copied.mlflow / "mlflow.db").unlink()
    os.link(original.mlflow / "mlflow.db", copied.mlflow / "mlflow.db")


def link_files(copied: Workspace, original: Workspace) -> None:
    shutil.rmtree(copied.mlflow / "artifacts")
    (copied.mlflow / "artifacts").symlink_to(original.mlflow / "artifacts")


def link_all(copied: Workspace, original: Workspace) -> None:
    shutil.rmtree(copied.mlflow)
    copied.mlflow.symlink_to(original.mlflow)


def no_files(copied: Workspace, original: Workspace) -> None:
    assert original.mlflow.exists()
    shutil.rmtree(copied.mlflow / "artifacts")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (hard_link, r"mlflow\.db is linked to another place.*cp -a"),
        (link_files, "artifacts is linked to another place"),
        (link_all, "mlflow is linked to another place"),
        (no_files, "without its folder artifacts.*Copy that too"),
    ],
)
def test_what_is_no_whole_copy_is_refused(
    original: Workspace, copied: Workspace, how: Callable[[Workspace, Workspace], None], message: str, report: Path
) -> None:
    how(copied, original)
    before, steps = bytes_of(original.root), list[str]()
    with pytest.raises(StoreError, match=message):
        training.train(copied, features_in(copied), trained_by="tom", progress=lambda step, *_: steps.append(step))
    with pytest.raises(StoreError, match=message):
        tracking.attach(copied, run_of(copied), report, "audits", {})
    assert steps == [], "nothing was fitted"
    assert bytes_of(original.root) == before
    (original.mlflow / "mlflow.db").stat()


# A store that the settings name


def test_the_settings_name_a_store(tmp_path: Path) -> None:
    address = "https://mlflow.example"
    place = Place(Settings(workspace=tmp_path, partnership=ROOT / "partnerships" / "lancashire", mlflow=address))
    assert tracking.store_address(place.workspace) == address
    assert "SENTINEL_MLFLOW" in place.settings.as_environment()


def test_a_named_store_takes_the_record(copied: Workspace, tmp_path: Path, report: Path) -> None:
    stores.open_client(copied)
    named = tmp_path / "named.db"
    shutil.move(copied.mlflow / "mlflow.db", named)
    workspace = replace(copied, mlflow_uri=f"sqlite:///{named}")
    tracking.check(workspace, features_in(copied))
    tracking.attach(workspace, run_of(copied), report, "audits", {})
    with tracking.run(workspace, features_in(copied)) as run:
        stores.files_of(run.workspace, run.client.get_run(run.run_id)).log_artifacts(str(report), "x")
    assert (copied.mlflow / "artifacts" / run.run_id / "artifacts" / "x" / "report.html").exists()
    assert not (copied.mlflow / "mlflow.db").exists()


def test_a_named_store_never_leads_into_another_workspace(
    original: Workspace, copied: Workspace, tmp_path: Path, report: Path
) -> None:
    shutil.copy(original.mlflow / "mlflow.db", tmp_path / "shared.db")
    before = bytes_of(original.root)
    workspace = replace(copied, mlflow_uri=f"sqlite:///{tmp_path / 'shared.db'}")
    with pytest.raises(StoreError, match="keeps its files in another workspace"):
        tracking.check(workspace, features_in(copied))
    with pytest.raises(NotFoundError, match="lie in another workspace"):
        tracking.attach(workspace, run_of(copied), report, "audits", {})
    assert bytes_of(original.root) == before


def test_a_server_that_does_not_answer_is_told_before_anything_is_fitted(
    copied: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    workspace = replace(copied, mlflow_uri="http://ana:secret@127.0.0.1:9")
    steps: list[str] = []
    with pytest.raises(StoreError, match=r"http://…@127\.0\.0\.1:9 cannot be used") as refused:
        training.train(workspace, features_in(copied), trained_by="ana", progress=lambda step, *_: steps.append(step))
    assert steps == []
    assert "secret" not in str(refused.value)


# Deleted, and broken before a fitting


def test_a_deleted_experiment_is_restored(copied: Workspace) -> None:
    client = stores.open_client(copied)
    client.delete_experiment(client.get_experiment_by_name(EXPERIMENT).experiment_id)
    tracking.check(copied, features_in(copied))
    assert client.get_experiment_by_name(EXPERIMENT).lifecycle_stage == "active"
    client.delete_experiment(client.get_experiment_by_name(EXPERIMENT).experiment_id)
    with tracking.run(copied, features_in(copied)) as run:
        assert client.get_run(run.run_id).info.status == "RUNNING", "deleted while it was fitted"


def test_a_deleted_run_and_model_are_recorded_again(copied: Workspace, report: Path) -> None:
    bundle, run_id = bundle_in(copied), run_of(copied)
    client = stores.open_client(copied)
    client.delete_run(run_id)
    client.delete_registered_model(MODEL)
    assert tracking.recorded(copied, bundle, run_id) == run_id
    tracking.attach(copied, run_id, report, "audits", {"audit_digest": "a" * 64})
    assert client.get_run(run_id).info.lifecycle_stage == "active", "an audit tells of it"
    client.delete_run(run_id)
    assert training.record(copied, bundle.digest[:12]) == {"run_id": run_id, "experiment": EXPERIMENT}
    assert client.get_run(run_id).info.lifecycle_stage == "active"
    (version,) = client.search_model_versions(f"name = '{MODEL}'")
    assert version.tags == {"bundle_digest": bundle.digest}
    assert len(client.get_metric_history(run_id, "test/model/auc")) == 1, "what is there is not written twice"
    assert len(trainings(copied)) == 1, "nobody has trained it again"


def test_a_run_that_is_gone_for_good_has_a_stand_in(copied: Workspace, report: Path) -> None:
    bundle, run_id = bundle_in(copied), run_of(copied)
    client = stores.open_client(copied)
    with closing(sqlite3.connect(copied.mlflow / "mlflow.db")) as connection, connection:
        connection.execute("PRAGMA foreign_keys = ON")
        for table in ("latest_metrics", "metrics", "params", "tags", "runs"):
            connection.execute(f"DELETE FROM {table} WHERE run_uuid = ?", (run_id,))
    with pytest.raises(NotFoundError, match=r"is gone.*sentinel models record"):
        tracking.recorded(copied, bundle, run_id)
    shutil.rmtree(copied.features)
    made = training.record(copied, bundle.digest)["run_id"]
    assert made != run_id
    assert client.get_run(made).data.tags["in_place_of"] == run_id
    assert {one.path for one in client.list_artifacts(made)} == {"bundle", "parameters.json", "signature.json"}
    assert training.record(copied, bundle.digest)["run_id"] == made, "once"
    assert tracking.recorded(copied, bundle, run_id) == made
    tracking.attach(copied, made, report, "audits", {})


def garbage(database: Path) -> None:
    database.write_bytes(b"no database" * 100)


def folder(database: Path) -> None:
    database.unlink()
    database.mkdir()


def other_version(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0123456789ab'")


def locked_away(database: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("nothing is closed to root")
    database.chmod(0o400)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (garbage, "file is not a database"),
        (folder, "unable to open database file"),
        (other_version, "0123456789ab"),
        (locked_away, "readonly"),
    ],
)
def test_a_store_that_cannot_take_it_is_told_before_anything_is_fitted(
    copied: Workspace, how: Callable[[Path], None], message: str
) -> None:
    bundles, steps = sorted(copied.bundles.iterdir()), list[str]()
    how(copied.mlflow / "mlflow.db")
    with pytest.raises(StoreError, match=message) as refused:
        training.train(
            copied, features_in(copied), trained_by="ana", seed=1, progress=lambda step, *_: steps.append(step)
        )
    assert "SENTINEL_MLFLOW" in refused.value.remedy
    assert steps == []
    assert sorted(copied.bundles.iterdir()) == bundles


def test_a_ledger_that_cannot_take_it_is_told_before_anything_is_fitted(copied: Workspace) -> None:
    bundles, steps = sorted(copied.bundles.iterdir()), list[str]()
    shutil.rmtree(copied.anchor.parent)  # as where a workspace was copied without it
    with pytest.raises(LedgerError, match="no anchor"):
        training.train(
            copied, features_in(copied), trained_by="ana", seed=1, progress=lambda step, *_: steps.append(step)
        )
    assert steps == []
    assert sorted(copied.bundles.iterdir()) == bundles


# Broken after it


def put_away(path: Path) -> Callable[[], None]:
    """Put a file in the place of `path`; return what mends that."""
    path.rename(path.with_name("away"))
    path.write_bytes(b"full")

    def mend() -> None:
        path.unlink()
        path.with_name("away").rename(path)

    return mend


@pytest.mark.parametrize("broken", ["mlflow.db", "artifacts"])
def test_a_fitted_model_is_never_lost(copied: Workspace, broken: str) -> None:
    mended: list[Callable[[], None]] = []

    def progress(step: str, _done: int, _total: int) -> None:
        if step == RECORDING:
            mended.append(put_away(copied.mlflow / broken))

    with pytest.raises(
        NotRecordedError, match=r"is published; MLflow did not record it.*sentinel models record"
    ) as told:
        training.train(copied, features_in(copied), trained_by="tom", seed=2, progress=progress)
    bundle = open_bundle(copied, told.value.bundle)
    assert bundle.facts.seed == 2
    last = trainings(copied, bundle.digest)[-1]
    assert (last["trained_by"], last["experiment"]) == ("tom", EXPERIMENT)
    assert (last["run_id"] == "") == (broken == "mlflow.db")
    mended.pop()()
    client = stores.open_client(copied)
    if last["run_id"]:
        assert client.get_run(last["run_id"]).info.status == "FAILED"
    about = training.record(copied, bundle.digest)
    assert last["run_id"] in ("", about["run_id"]), "the run that was begun is filled"
    run = client.get_run(about["run_id"])
    assert run.info.status == "FINISHED"
    assert run.data.tags["trained_by"] == "tom"
    assert len({one.path for one in client.list_artifacts(about["run_id"])}) == 4
    inside = client.search_runs([run.info.experiment_id], f"tags.mlflow.parentRunId = '{about['run_id']}'")
    assert len(inside) == len(candidates.CANDIDATES) + 1
    assert tracking.recorded(copied, bundle, last["run_id"]) == about["run_id"]
    assert bundle.digest in {one.tags["bundle_digest"] for one in client.search_model_versions(f"name = '{MODEL}'")}


# MLflow's own pages


def test_the_pages_of_mlflow_are_shown_until_ctrl_c(copied: Workspace, tmp_path: Path) -> None:
    here = Workspace(tmp_path / "place" / "lancashire")
    here.root.parent.mkdir()
    copied.root.rename(here.root)
    words = ["ui", "--port", "0", "--workspace", str(here.root.parent)]
    server = subprocess.Popen(
        [sys.executable, "-m", "models", *words, "--partnership", str(ROOT / "partnerships" / "lancashire")],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    try:
        assert server.stdout is not None
        said = server.stdout.readline()
        address = said.split()[4].rstrip(".")
        assert address.startswith("http://127.0.0.1:"), said
        asked = f"{address}/ajax-api/2.0/mlflow/runs/get?run_id={run_of(here)}"
        assert httpx2.get(asked, timeout=60).json()["run"]["info"]["status"] == "FINISHED"
        port = int(address.rpartition(":")[2])
        with pytest.raises(StateError, match="is taken"):
            viewer.show(here, port=port, environment=os.environ, ready=print)
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(120) == 0
        assert server.stdout is not None
        server.stdout.close()
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(address, timeout=5)
    assert sorted(path.name for path in here.mlflow.iterdir()) == ["artifacts", "mlflow.db"]


def test_there_must_be_a_database_to_show(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no MLflow store"):
        viewer.show(Workspace(tmp_path), port=0, environment={}, ready=print)
    with pytest.raises(StateError, match="no database"):
        viewer.show(Workspace(tmp_path, mlflow_uri="https://mlflow.example"), port=0, environment={}, ready=print)


def test_the_address_of_a_database_hides_its_password() -> None:
    workspace = Workspace(Path("w"), mlflow_uri="postgresql+psycopg://ana:secret@db.example/mlflow")
    assert stores.shown(workspace) == "postgresql+psycopg://…@db.example/mlflow"
    assert stores.is_database(workspace)
    assert entries.experiment_of("a", "b") == "a/b"
