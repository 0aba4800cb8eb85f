"""The MLflow store and the commands: what a training leaves behind, and what people see of it."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from mlflow import MlflowClient

from features.rows.feature_sets import FeatureSet
from hub.errors import NotFoundError
from hub.workspace import Workspace
from models.bundle.bundles import Bundle, open_bundle
from models.bundle.trainings import trainings
from models.fitting import training
from models.record import stores, tracking
from models.record.tracking import store_address
from models.splits import NotEnoughError
from tests.factories import commands
from tests.factories.feature_sets import early_help, feature_set, indicators
from tests.factories.snapshots import GATEWAY
from tests.factories.use_cases import files as written

ROOT = Path(__file__).parents[4]
PEOPLE = 900


def write_partnership(folder: Path) -> Path:
    """Write a partnership whose use case is that of the made-up feature set."""
    panel = {"ana": "analyst", "rita": "reviewer", "sam": "reviewer", "olga": "owner"}
    chosen = indicators()
    columns: dict[str, Any] = {name: {} for name in ("id", "sex", "ethnicity", "happened")}
    source = {
        "name": "police",
        "title": "Police records",
        "agency": "council",
        "gateways": ["working_together"],
        "files": [{"name": "people", "file": "people.csv", "columns": columns}],
        "people": [{"table": "people", "id": "id", "sex": "sex", "ethnicity": "ethnicity"}],
        "events": [
            {"type": name, "table": "people", "person": "id", "occurred_on": "happened"}
            for name in ("incident", "cin_start")
        ],
    }
    documents: dict[str, Any] = {
        "partnership.yaml": {
            "name": "lancashire",
            "title": "A county",
            "agencies": [{"name": "council", "title": "The council", "sector": "local_authority"}],
            "panel": {
                "quorum": 2,
                "people": [{"id": one, "title": "Somebody", "role": role} for one, role in panel.items()],
            },
        },
        "gateways.yaml": {"gateways": [GATEWAY]},
        "sources.yaml": {"sources": [source]},
        "indicators.yaml": {"indicators": [one.model_dump(mode="json", exclude_none=True) for one in chosen]},
        **written(early_help(chosen)),
    }
    for name, document in documents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("w", encoding="utf-8") as stream:
            yaml.safe_dump(document, stream, allow_unicode=True)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder whose name MLflow could trip over."""
    made = tmp_path_factory.mktemp("a county") / "50%20 & more? # é"
    made.mkdir()
    return made


@pytest.fixture(scope="module")
def place(folder: Path) -> Workspace:
    """Return the partnership's workspace."""
    return Workspace(folder / "workspace" / "lancashire")


@pytest.fixture(scope="module")
def features(place: Workspace) -> FeatureSet:
    """Return an ordinary feature set."""
    return feature_set(place, people=PEOPLE)


@pytest.fixture(scope="module")
def bundle(place: Workspace, features: FeatureSet) -> Bundle:
    """Return the bundle of a training by ana, as if `mlflow run` had started it with a store and run of its own."""
    elsewhere = f"sqlite:///{place.root.parent}/elsewhere.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", elsewhere)
        patch.setenv("MLFLOW_REGISTRY_URI", elsewhere)
        patch.setenv("MLFLOW_RUN_ID", "f" * 32)
        patch.setenv("MLFLOW_EXPERIMENT_ID", "77")
        return training.train(place, features, trained_by="ana")


@pytest.fixture(scope="module")
def store(place: Workspace) -> MlflowClient:
    """Return a client of the store, made by MLflow's own means."""
    address = store_address(place)
    return MlflowClient(tracking_uri=address, registry_uri=address)


def test_a_run_of_mlflow_does_not_divert_it(place: Workspace, bundle: Bundle) -> None:
    assert not (place.root.parent / "elsewhere.db").exists()
    (said,) = trainings(place, bundle.digest)
    assert said["trained_by"] == "ana"
    assert said["run_id"] != "f" * 32
    assert sorted(path.name for path in place.mlflow.iterdir()) == ["artifacts", "mlflow.db"]
    assert sorted(path.name for path in place.root.parent.iterdir()) == ["lancashire"], "no stray folder"


def test_the_run_holds_everything(place: Workspace, bundle: Bundle, store: MlflowClient) -> None:
    (said,) = trainings(place, bundle.digest)
    run = store.get_run(said["run_id"])
    assert store.get_experiment(run.info.experiment_id).name == said["experiment"] == "lancashire/early_help_offer"
    assert run.info.status == "FINISHED"
    tags = run.data.tags
    assert tags["bundle_digest"] == bundle.digest
    assert tags["trained_by"] == "ana"
    assert tags["test_dates_looked_at"] == "1"
    for name in ("snapshot", "feature_set", "use_case_digest", "purpose"):
        assert tags[name] == bundle.artefact.facts[name]
    auc = bundle.figure("auc").as_json()
    metrics = run.data.metrics
    for end, bound in (("", "value"), (".low", "low"), (".high", "high")):
        assert metrics[f"test/model/auc{end}"] == auc[bound]
    difference = bundle.difference("precision_at_capacity").as_json()
    assert metrics["test/model_minus_simple_rule/precision_at_capacity"] == difference["value"]
    lifts = store.get_metric_history(run.info.run_id, "test/at_capacity/model/lift.low")
    at_capacities = {places: by["model"]["lift"].as_json() for places, by in bundle.at_capacities().items()}
    assert {one.step: one.value for one in lifts} == {places: one["low"] for places, one in at_capacities.items()}
    assert len(lifts) == 5
    benefits = {one.step: one.value for one in store.get_metric_history(run.info.run_id, "test/net_benefit/model")}
    net = {at: by["model"].as_json() for at, by in bundle.net_benefits().items()}
    assert benefits == {round(1000 * at): one["value"] for at, one in net.items() if "value" in one}
    assert 100 in benefits
    ici = bundle.metrics["smooth_calibration"]["ici"]
    assert metrics["test/calibration/ici"] == ici["value"]
    assert metrics["test/calibration/ici.by_chance"] == ici["if_perfectly_calibrated"]["95 %"]
    everybody = bundle.observed_over_expected()["everybody"].as_json()
    assert metrics["test/observed_over_expected/everybody.high"] == everybody["high"]
    assert store.get_metric_history(run.info.run_id, "test/calibration/observed.low")
    assert "test/simple_rule/brier" not in metrics, "what was not computed is no number"
    assert metrics["train/rows"] == bundle.metrics["parts"]["train"]["rows"]
    assert run.data.params["seed"] == "0"
    assert run.data.params["lightgbm.deterministic"] == "True"
    assert {one.path for one in store.list_artifacts(run.info.run_id)} == {
        "bundle",
        "parameters.json",
        "pictures",
        "signature.json",
    }
    logged = {one.path for one in store.list_artifacts(run.info.run_id, "bundle")}
    assert logged == {f"bundle/{name}" for name in (*bundle.artefact.files, "manifest.json")}
    pictures = {one.path for one in store.list_artifacts(run.info.run_id, "pictures")}
    drawn = ("calibration", "dependence", "importance", "net_benefit", "precision", "reached")
    assert pictures == {f"pictures/{name}.svg" for name in drawn}


def test_the_bundle_is_a_registered_version_with_its_digest(bundle: Bundle, store: MlflowClient) -> None:
    (version,) = store.search_model_versions("name = 'lancashire.early_help_offer'")
    assert version.tags == {"bundle_digest": bundle.digest}
    assert version.aliases == []
    assert str(version.source).endswith("/bundle")
    assert version.run_id is not None


def test_training_it_again_is_a_second_run_of_the_same_version(
    place: Workspace, bundle: Bundle, features: FeatureSet, store: MlflowClient
) -> None:
    again = training.train(place, features, trained_by="tom")
    assert again.digest == bundle.digest
    both = trainings(place, bundle.digest)
    assert [one["trained_by"] for one in both] == ["ana", "tom"]
    assert both[0]["run_id"] != both[1]["run_id"]
    assert len(store.search_model_versions("name = 'lancashire.early_help_offer'")) == 1
    pictures = [
        (place.mlflow / "artifacts" / one["run_id"] / "artifacts" / "pictures" / "reached.svg").read_bytes()
        for one in both
    ]
    assert pictures[0] == pictures[1]
    assert b"<dc:date>" not in pictures[0]


def test_an_audit_can_be_added_to_the_run(
    place: Workspace, bundle: Bundle, store: MlflowClient, tmp_path: Path
) -> None:
    run_id = trainings(place, bundle.digest)[0]["run_id"]
    (tmp_path / "report.html").write_text("<p>Audit</p>", encoding="utf-8")
    tracking.attach(place, run_id, tmp_path, "audit", {"audit_digest": "a" * 64})
    assert [one.path for one in store.list_artifacts(run_id, "audit")] == ["audit/report.html"]
    assert store.get_run(run_id).data.tags["audit_digest"] == "a" * 64
    with pytest.raises(NotFoundError, match="has no run"):
        tracking.attach(place, "0" * 32, tmp_path, "audit", {})


def test_a_run_that_fails_says_so(place: Workspace, features: FeatureSet, store: MlflowClient) -> None:
    with pytest.raises(RuntimeError), tracking.run(place, features) as run:
        raise RuntimeError
    assert store.get_run(run.run_id).info.status == "FAILED"


def test_nothing_is_recorded_when_there_is_nothing_to_learn(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with pytest.raises(NotEnoughError):
        training.train(workspace, feature_set(workspace, people=8, signal=0.0), trained_by="ana")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["features", "mlflow"], "the store was looked at first"
    client = stores.open_client(workspace)
    assert not client.search_runs([one.experiment_id for one in client.search_experiments()])


def sentinel(folder: Path, *arguments: str) -> commands.Done:
    """Run a command of the models."""
    where = ["--workspace", str(folder / "workspace"), "--partnership", str(folder / "partnership")]
    return commands.run(*arguments, *where, environment={"COLUMNS": "200"}, package="models")


@pytest.fixture(scope="module")
def partnership(folder: Path) -> Path:
    """Return the folder with the partnership written."""
    write_partnership(folder / "partnership")
    return folder


def test_the_command_of_mlproject_trains_quietly(partnership: Path) -> None:
    fresh = Workspace(partnership / "fresh" / "lancashire")
    features = feature_set(fresh, people=PEOPLE)
    arguments = ("--use-case", "early_help_offer", "--as", "ana", "--features", features.digest[:12], "--seed", "3")
    where = ("--workspace", str(partnership / "fresh"), "--partnership", str(partnership / "partnership"))
    done = subprocess.run(
        [sys.executable, "-m", "models", "train", *arguments, *where],  # as people do: what it imports keeps quiet too
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "MLflow, Alembic and LightGBM keep quiet, also when the store is made"
    for words in ("simple rule", "logistic regression", "precision at capacity", "On the test dates", "MLflow run"):
        assert words in done.stdout
    assert "not computed (n " in done.stdout
    (said,) = trainings(fresh)
    assert open_bundle(fresh, said["bundle"]).facts.seed == 3
    assert said["bundle"] in done.stdout
    assert said["run_id"] in done.stdout


def test_one_damaged_bundle_hides_no_other(partnership: Path, place: Workspace, bundle: Bundle) -> None:
    damaged, aside = place.bundles / ("f" * 64), place.root / "aside"
    shutil.copytree(bundle.artefact.path, damaged)
    try:
        for words in ((), ("--json",)):
            done = sentinel(partnership, "list", *words)
            assert done.code == 5
            assert bundle.digest[:12] in done.stdout
            assert "Not listed" in done.stderr
            assert "f" * 12 in done.stderr
        place.bundles.rename(aside)
        shutil.copytree(aside / damaged.name, damaged)
        done = sentinel(partnership, "list")
        assert (done.code, "None that is whole." in done.stdout + done.stderr) == (5, True), done.stdout
        assert "others" not in done.stderr
    finally:
        if aside.exists():
            shutil.rmtree(place.bundles)
            aside.rename(place.bundles)
        shutil.rmtree(damaged)
    assert sentinel(partnership, "list").code == 0


def test_list_show_and_compare(partnership: Path, place: Workspace, bundle: Bundle) -> None:
    listed = json.loads(sentinel(partnership, "list", "--json").stdout)
    assert bundle.digest in [one["digest"] for one in listed]
    shown = sentinel(partnership, "show", bundle.digest[:10])
    assert shown.code == 0, shown.stderr
    for words in ("trained by ana", "train: ", "people", bundle.figure("auc").text(), "offer_help: "):
        assert words in shown.stdout
    whole = json.loads(sentinel(partnership, "show", bundle.digest, "--json").stdout)
    assert whole["metrics"] == bundle.metrics
    assert whole["trainings"] == trainings(place, bundle.digest)
    compared = sentinel(partnership, "compare", *(one["digest"] for one in listed))
    assert compared.code == 0, compared.stderr
    assert all(one["digest"][:12] in compared.stdout for one in listed)
    assert "different feature sets" not in compared.stdout
    html = partnership / "compared.html"
    written = sentinel(partnership, "compare", bundle.digest, bundle.digest, "--html", str(html))
    assert written.code == 0, written.stderr
    assert "The comparison as a page" in written.stdout
    assert bundle.figure("auc").text() in html.read_text(encoding="utf-8")
    for by_way in bundle.at_capacities().values():
        for way in ("model", "simple_rule", "best_possible"):
            assert by_way[way]["recall"].text().split(" ")[0] in shown.stdout
    assert "the best that was possible" in shown.stdout
    assert bundle.calibration_distances()["ici"].text(4) in shown.stdout
    assert bundle.observed_over_expected()["seen_in_train"].text(2) in shown.stdout
    assert "is worth more than offering to everybody or to nobody" in shown.stdout
    assert all(words in shown.stdout for words in ("0.5 is chance", "lower is better")), "each number is explained"
    assert len(json.loads(sentinel(partnership, "compare", bundle.digest, "--json").stdout)) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ("train", "--use-case", "early_help_offer", "--as", "nobody"),
            2,
            "names nobody with the id nobody. Analysts are: ana.",
        ),
        (
            ("train", "--use-case", "early_help_offer", "--as", "rita"),
            7,
            "rita is reviewer; only an analyst trains models.",
        ),
        (("train", "--use-case", "other", "--as", "ana"), 2, "no such file"),
        (("train", "--use-case", "early_help_offer", "--as", "ana"), 6, "No snapshot was published"),
        (
            ("train", "--use-case", "early_help_offer", "--as", "ana", "--features", "0000"),
            6,
            "There is no feature set",
        ),
        (("show", "0000"), 6, "There is no bundle whose digest begins with 0000"),
        (("show", "not-hex"), 2, "not the digest of a bundle"),
    ],
)
def test_a_mistake_is_one_clear_line(
    partnership: Path, place: Workspace, arguments: tuple[str, ...], code: int, message: str
) -> None:
    assert place.root.name == "lancashire"
    done = sentinel(partnership, *arguments)
    assert (done.code, done.stdout) == (code, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.prove  # a deleted run is always recorded again in test_stores
def test_a_bundle_is_recorded_again_by_command(partnership: Path, place: Workspace, bundle: Bundle) -> None:
    newest = trainings(place, bundle.digest)[-1]
    done = sentinel(partnership, "record", bundle.digest[:12], "--json")
    assert done.code == 0, done.stderr
    assert json.loads(done.stdout) == {"run_id": newest["run_id"], "experiment": newest["experiment"]}
    assert newest["run_id"] in sentinel(partnership, "record", bundle.digest[:12]).stdout
    assert len(trainings(place, bundle.digest)) == len(trainings(place)), "nobody has trained it again"


def test_a_command_shows_the_model_that_mlflow_refused(partnership: Path, place: Workspace, bundle: Bundle) -> None:
    shutil.copytree(place.root, partnership / "refusing" / "lancashire")
    here = Workspace(partnership / "refusing" / "lancashire")
    where = ["--workspace", str(here.root.parent), "--partnership", str(partnership / "partnership")]
    anchor = {"SENTINEL_ANCHOR": str(here.anchor)}
    refuse = "CREATE TRIGGER full BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    with closing(sqlite3.connect(here.mlflow / "mlflow.db")) as connection, connection:
        connection.execute(refuse)
    words = ("--use-case", "early_help_offer", "--as", "ana", "--features", bundle.facts.feature_set, "--seed", "9")
    done = commands.run("train", *words, "--json", *where, environment=anchor, package="models")
    assert done.code == 9
    assert "Traceback" not in done.stderr
    made = json.loads(done.stdout)
    assert (made["run_id"], made["seed"]) == ("", 9)
    for said in (made["digest"], "is published", "the disk is full", f"sentinel models record {made['digest'][:12]}"):
        assert said in done.stderr
    shown = commands.run("show", made["digest"], *where, environment=anchor, package="models")
    assert "trained by ana, not recorded in MLflow when it was trained" in shown.stdout
    with closing(sqlite3.connect(here.mlflow / "mlflow.db")) as connection, connection:
        connection.execute("DROP TRIGGER full")
    done = commands.run("record", made["digest"][:12], "--json", *where, environment=anchor, package="models")
    assert done.code == 0, done.stderr
    run_id = json.loads(done.stdout)["run_id"]
    assert (here.mlflow / "artifacts" / run_id / "artifacts" / "bundle" / "model.txt").exists()


def test_the_store_is_one_plain_database(place: Workspace, bundle: Bundle) -> None:
    with sqlite3.connect(place.mlflow / "mlflow.db") as connection:
        digests = connection.execute("SELECT value FROM model_version_tags WHERE key = 'bundle_digest'").fetchall()
    connection.close()
    assert (bundle.digest,) in digests


def test_mlflow_reports_to_nobody(place: Workspace, bundle: Bundle) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from hub.workspace import Workspace; from models.record import tracking\n"
        "tracking.attach(Workspace(Path(sys.argv[1])), sys.argv[2], Path(sys.argv[1]) / 'bundles', 'again', {})\n"
        "from mlflow.telemetry import get_telemetry_client\n"
        "print(get_telemetry_client())\n"
    )
    run_id = trainings(place, bundle.digest)[0]["run_id"]
    done = subprocess.run(
        [sys.executable, "-c", code, str(place.root), run_id],
        cwd=ROOT, capture_output=True, text=True, check=True, env={"HOME": str(place.root)},
    )  # fmt: skip
    assert done.stdout.strip() == "None", "no sender, although nothing here looks like a test"
