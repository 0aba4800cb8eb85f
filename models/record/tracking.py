"""The MLflow store: every training is a run, every bundle a version of a registered model, tagged with its digest.

The store is SQLite, `mlflow/mlflow.db` in the workspace, with files in `mlflow/artifacts`. Look at it with
`mlflow ui --backend-store-uri sqlite:///workspace/mlflow/mlflow.db`.

- experiment "partnership/use case", registered model "partnership.use_case";
- a run's parameters, metrics (with `.low` and `.high`), pictures, and the bundle's files as they are.

MLflow keeps the record; it never decides. Nothing here loads a model from it: bundles are opened by `bundles`, where
every byte is checked, and neither an alias nor a tag is an approval. The store is always named explicitly, so that
`mlflow run`, which sets its own address and run for its children, does not divert a training.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.rows.feature_sets import FeatureSet
from hub import private_folders
from hub.errors import NotFoundError, StateError
from hub.settings import keep_libraries_quiet
from hub.workspace import Workspace
from models import figures
from models.bundle.bundles import Bundle
from models.figures import Figure
from models.record import places

BUNDLE_FOLDER = "bundle"
PARAMETERS_FILE = "parameters.json"
"""All parameters of a run, whole: MLflow itself takes no value that is longer than `_LONGEST`."""
_LONGEST = 6000
PICTURES_FOLDER = "pictures"
DIGEST_TAG = "bundle_digest"


@dataclass(frozen=True)
class Run:
    """An MLflow run that is under way."""

    run_id: str
    experiment: str
    client: Any

    def log_bundle(self, bundle: Bundle, *, trained_by: str, pictures: Mapping[str, str]) -> None:
        """Write parameters, metrics, tags, pictures and the bundle's files, and register the bundle.

        Args:
            bundle: the published bundle.
            trained_by: the analyst's id.
            pictures: SVG text by file name.
        """
        from mlflow.entities import Metric, Param, RunTag

        facts = bundle.facts
        now = int(time.time() * 1000)
        tags = {
            DIGEST_TAG: bundle.digest,
            "snapshot": facts.snapshot,
            "feature_set": facts.feature_set,
            "use_case": facts.use_case,
            "use_case_digest": facts.use_case_digest,
            "purpose": facts.purpose,
            "trained_by": trained_by,
            **{f"verdict.{other}": says for other, says in bundle.verdicts.items()},
        }
        parameters = {
            "seed": facts.seed,
            "candidate": facts.candidate,
            "rounds": facts.rounds,
            **{f"lightgbm.{name}": value for name, value in facts.parameters.items()},
        }
        self.client.log_dict(self.run_id, parameters, PARAMETERS_FILE)
        self.client.log_batch(
            self.run_id,
            metrics=[Metric(name, value, now, 0) for name, value in metrics_of(bundle).items()],
            params=[Param(name, _short(str(value))) for name, value in parameters.items()],
            tags=[RunTag(name, value) for name, value in tags.items()],
        )
        for name, svg in pictures.items():
            self.client.log_text(self.run_id, svg, f"{PICTURES_FOLDER}/{name}")
        self.client.log_artifacts(self.run_id, str(bundle.artefact.path), BUNDLE_FOLDER)
        self.client.update_run(self.run_id, name=f"{facts.use_case} {bundle.digest[:12]}")
        self._register(bundle)

    def _register(self, bundle: Bundle) -> None:
        """Make a version of the registered model, unless this digest has one already."""
        name = f"{bundle.facts.partnership}.{bundle.facts.use_case}"
        if not self.client.search_registered_models(f"name = '{name}'"):
            self.client.create_registered_model(name, description=bundle.use_case.title)
        versions = self.client.search_model_versions(f"name = '{name}' AND tags.{DIGEST_TAG} = '{bundle.digest}'")
        if not versions:
            source = f"{self.client.get_run(self.run_id).info.artifact_uri}/{BUNDLE_FOLDER}"
            self.client.create_model_version(name, source, self.run_id, tags={DIGEST_TAG: bundle.digest})


def metrics_of(bundle: Bundle) -> dict[str, float]:
    """Return all computed numbers of a bundle by MLflow's name, such as `test/model/auc` and `test/model/auc.low`.

    A number that was not computed is left out; `metrics.json` among the bundle's files says why.
    """
    numbers = bundle.metrics
    tables = {f"test/{model}": by for model, by in numbers["figures"].items()}
    tables |= {f"test/model_minus_{other}": by for other, by in numbers["differences"]["model"].items()}
    tables |= {f"test/band/{band}": by for band, by in numbers["bands"].items()}
    found: dict[str, float] = {}
    for name, value in ((f"{table}/{key}", one) for table, by in tables.items() for key, one in by.items()):
        figure = figures.from_json(value)
        if isinstance(figure, Figure):
            found |= {name: figure.value, f"{name}.low": figure.low, f"{name}.high": figure.high}
    for part, counts in bundle.metrics["parts"].items():
        found |= {f"{part}/{name}": float(count) for name, count in counts.items()}
    return found


def store_address(workspace: Workspace) -> str:
    """Return the SQLAlchemy address of the workspace's MLflow store."""
    path = places.database(workspace).absolute().as_posix()
    # Only what an address gives a meaning to is quoted: MLflow makes a stray folder for any other quoted sign.
    return "sqlite:///" + path.replace("%", "%25").replace("?", "%3F").replace("#", "%23")


def prepare(workspace: Workspace, feature_set: FeatureSet) -> str:
    """Return the id of the use case's experiment, ready for a run; whoever fits calls this first.

    An experiment that somebody deleted is taken back: what was fitted for an hour must not be lost for it.

    Raises:
        StateError: the store cannot be opened or written.
    """
    from mlflow.exceptions import MlflowException

    experiment = _experiment(feature_set)
    try:
        client = _client(workspace)
        found = client.get_experiment_by_name(experiment)
        if found is None:
            return str(client.create_experiment(experiment, artifact_location=places.artefacts(workspace)))
        if found.lifecycle_stage == "deleted":
            client.restore_experiment(found.experiment_id)
    except MlflowException as error:
        raise StateError(
            f"{places.database(workspace)}: MLflow cannot record a training ({error.error_code}).",
            "Nothing was trained. See what the store lacks, or move the folder mlflow away: a new store is begun.",
        ) from None
    return str(found.experiment_id)


def _experiment(feature_set: FeatureSet) -> str:
    return f"{feature_set.facts.partnership}/{feature_set.use_case.name}"


def _short(value: str) -> str:
    """Return a parameter's value as MLflow takes it; a longer one ends in where it is whole."""
    pointer = f"… (whole in {PARAMETERS_FILE})"
    return value if len(value) <= _LONGEST else value[: _LONGEST - len(pointer)] + pointer


@contextmanager
def run(workspace: Workspace, feature_set: FeatureSet) -> Iterator[Run]:
    """Open a run of the use case's experiment; it ends as FINISHED, or as FAILED when the block raises."""
    experiment_id, client = prepare(workspace, feature_set), _client(workspace)
    made = Run(client.create_run(experiment_id).info.run_id, _experiment(feature_set), client)
    try:
        yield made
    except BaseException:
        client.set_terminated(made.run_id, "FAILED")
        raise
    client.set_terminated(made.run_id, "FINISHED")


def attach(workspace: Workspace, run_id: str, directory: Path, name: str, tags: Mapping[str, str]) -> None:
    """Add a directory's files under the folder `name`, and tags, to a run that has ended; audits do.

    Raises:
        NotFoundError: the store has no such run.
    """
    client = _client(workspace)
    from mlflow.exceptions import MlflowException

    try:
        if client.get_run(run_id).info.lifecycle_stage == "deleted":
            client.restore_run(run_id)
    except MlflowException:
        raise NotFoundError(f"The MLflow store in {workspace.mlflow} has no run {run_id}.") from None
    client.log_artifacts(run_id, str(directory), name)
    for key, value in tags.items():
        client.set_tag(run_id, key, value)


def _client(workspace: Workspace) -> Any:
    """Return a client of the workspace's own store; MLflow reports nothing to anyone and keeps quiet."""
    keep_libraries_quiet()
    from mlflow import MlflowClient

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    private_folders.make(workspace.mlflow)
    places.settle(workspace)
    address = store_address(workspace)
    return MlflowClient(tracking_uri=address, registry_uri=address)
