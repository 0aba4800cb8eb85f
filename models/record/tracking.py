"""The MLflow store: every training is a run, every bundle a version of a registered model, tagged with its digest.

    check(workspace, feature_set)                 # before an hour is spent: can all of it be recorded?
    with run(workspace, feature_set) as begun:
        bundle = bundles.publish(…)
        begun.log_bundle(told)

Look at it with `sentinel models ui`. Experiment "partnership/use case", registered model "partnership.use_case"; what a
run holds is said in `entries`, where the store lies in `stores`.

MLflow keeps the record; it never decides. Nothing here loads a model from it: bundles are opened by `bundles`, where
every byte is checked, and neither an alias nor a tag is an approval. The store is always named explicitly, so that
`mlflow run`, which sets its own address and run for its children, does not divert a training.

A fitted model is never lost to MLflow: whatever fails after the fitting, the bundle is published, and
`NotRecordedError` says how it is recorded later. A run that was begun is then filled again; where there is none any
more, a new run says in the tag `in_place_of` which one it stands for.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.rows.feature_sets import FeatureSet
from hub import private_folders
from hub.errors import NotFoundError, RecordError
from hub.workspace import Workspace
from models.bundle.bundles import Bundle
from models.record import entries, stores
from models.record.entries import DIGEST_TAG, TrainingEntry
from models.record.stores import StoreError as StoreError

BUNDLE_FOLDER = "bundle"
STANDS_FOR_TAG = "in_place_of"
CANDIDATE_TAG = "candidate"
_MOST_RUNS = 50_000
"""As many as MLflow returns at once: more than a search may try."""


class NotRecordedError(RecordError):
    """A model was fitted and its bundle published, and MLflow did not take the record of it.

    Attributes:
        bundle: the bundle's digest.
    """

    def __init__(self, bundle: str, reason: str) -> None:
        super().__init__(
            f"The bundle {bundle} is published; MLflow did not record it: {reason}",
            f"When MLflow works again: `sentinel models record {bundle[:12]}`.",
        )
        self.bundle = bundle


@dataclass(frozen=True)
class Run:
    """An MLflow run that is under way.

    Attributes:
        run_id: its id; empty when MLflow could not begin it.
        experiment: name of its experiment.
        workspace: where its store is.
        client: of the store; None likewise.
        failure: why it could not be begun.
    """

    run_id: str
    experiment: str
    workspace: Workspace
    client: Any
    failure: str = ""

    @property
    def about(self) -> dict[str, str]:
        """What the ledger keeps of it."""
        return {"run_id": self.run_id, "experiment": self.experiment}

    def log_bundle(self, told: TrainingEntry) -> None:
        """Write all that is told of a training, register its bundle and end the run as FINISHED.

        What is there already stays, so that a run which was cut short is filled by doing it again.

        Raises:
            NotRecordedError: it could not be written, or the run was never begun.
        """
        if self.failure:
            raise NotRecordedError(told.bundle.digest, self.failure)
        try:
            self._log(told)
        except Exception as error:  # of whatever library carries files to the store
            raise NotRecordedError(told.bundle.digest, stores.reason(error)) from error

    def _log(self, told: TrainingEntry) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

        bundle = told.bundle
        begun = self.client.get_run(self.run_id)
        at = begun.info.start_time
        metrics = [Metric(name, value, at, 0) for name, value in entries.metrics_of(bundle).items()]
        metrics += [Metric(name, value, when, step) for name, value, step, when in entries.by_date_of(told)]
        metrics += [Metric(name, value, at, step) for name, value, step in entries.curves_of(bundle)]
        said = {name: value for name, value in entries.parameters_of(bundle).items() if name not in begun.data.params}
        stores.log_metrics(self.client, self.run_id, metrics)
        self.client.log_batch(
            self.run_id,
            params=[Param(name, value) for name, value in said.items()],
            tags=[RunTag(name, value) for name, value in entries.tags_of(told).items()],
        )
        data = Dataset(**entries.dataset_of(bundle))
        self.client.log_inputs(self.run_id, [DatasetInput(data, [InputTag("mlflow.data.context", "training")])])
        files = stores.files_of(self.workspace, begun)
        with tempfile.TemporaryDirectory(prefix="sentinel-record-") as folder:
            for name, text in entries.files_of(told).items():
                private_folders.make((Path(folder) / name).parent)
                (Path(folder) / name).write_text(text, encoding="utf-8")
            files.log_artifacts(folder)
        files.log_artifacts(str(bundle.artefact.path), BUNDLE_FOLDER)
        self._log_tried(told, begun.info.experiment_id, at)
        self._register(bundle, f"{begun.info.artifact_uri}/{BUNDLE_FOLDER}")
        self.client.update_run(self.run_id, name=f"{bundle.facts.use_case} {bundle.digest[:12]}")
        self.client.set_terminated(self.run_id, "FINISHED")

    def _log_tried(self, told: TrainingEntry, experiment_id: str, at: int) -> None:
        """Write a run inside this one for each candidate that has none yet."""
        from mlflow.entities import Metric, Param
        from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_USER

        inside = self.client.search_runs(
            [experiment_id], f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{self.run_id}'", max_results=_MOST_RUNS
        )
        whole = {one.data.tags[CANDIDATE_TAG] for one in inside if one.info.status == "FINISHED"}
        algorithm = told.bundle.facts.algorithm
        for one in told.tried:
            if one.name in whole:
                continue
            tags = {MLFLOW_PARENT_RUN_ID: self.run_id, MLFLOW_USER: told.trained_by, CANDIDATE_TAG: one.name}
            tags["chosen"] = "yes" if one.chosen else "no"
            child = self.client.create_run(experiment_id, start_time=at, tags=tags, run_name=one.name).info.run_id
            self.client.log_batch(
                child,
                metrics=[Metric(f"choose/{name}", value, at, 0) for name, value in one.figures.items()],
                params=[Param(name, value) for name, value in entries.of_algorithm(algorithm, one.parameters).items()],
            )
            self.client.set_terminated(child, "FINISHED")

    def _register(self, bundle: Bundle, source: str) -> None:
        """Make a version of the registered model, unless this digest has one already."""
        name = f"{bundle.facts.partnership}.{bundle.facts.use_case}"
        if not self.client.search_registered_models(f"name = '{name}'"):
            self.client.create_registered_model(name, description=bundle.use_case.title)
        versions = self.client.search_model_versions(f"name = '{name}' AND tags.{DIGEST_TAG} = '{bundle.digest}'")
        if not versions:
            self.client.create_model_version(name, source, self.run_id, tags={DIGEST_TAG: bundle.digest})


def store_address(workspace: Workspace) -> str:
    """Return MLflow's address of the store in which this workspace's trainings are recorded."""
    return stores.address(workspace)


def check(workspace: Workspace, feature_set: FeatureSet) -> None:
    """Check that a training of this feature set can be recorded; a deleted experiment is restored.

    A store that is not there yet is made.

    Raises:
        StoreError: it cannot be opened or written, is of another version of MLflow, or would write elsewhere.
    """
    if workspace.mlflow_uri is None:
        stores.require_writable(workspace)
    client = stores.open_client(workspace)
    experiment_id = stores.find_experiment(workspace, client, _experiment_of(feature_set))
    with stores.refusing(workspace):
        client.set_experiment_tag(experiment_id, "use_case", feature_set.use_case.name)


@contextmanager
def run(workspace: Workspace, feature_set: FeatureSet) -> Iterator[Run]:
    """Begin a run of the use case's experiment; it becomes FAILED when the block raises.

    When MLflow cannot begin it, the run has no id and says so when something is logged.
    """
    experiment = _experiment_of(feature_set)
    try:
        client = stores.open_client(workspace)
        experiment_id = stores.find_experiment(workspace, client, experiment)
        with stores.refusing(workspace):
            begun = Run(client.create_run(experiment_id).info.run_id, experiment, workspace, client)
    except StoreError as error:
        begun = Run("", experiment, workspace, None, str(error))
    with _failing(begun):
        yield begun


@contextmanager
def run_again(workspace: Workspace, bundle: Bundle, run_id: str) -> Iterator[Run]:
    """Go on with the run of a training, whether it was cut short, deleted or never begun.

    Args:
        workspace: where the store lies.
        bundle: what was trained.
        run_id: the run that the ledger names; empty when it names none.

    Raises:
        StoreError: the store cannot be opened or written.
    """
    experiment = entries.experiment_of(bundle.facts.partnership, bundle.facts.use_case)
    client = stores.open_client(workspace)
    experiment_id = stores.find_experiment(workspace, client, experiment)
    with stores.refusing(workspace):
        found = _find(client, run_id) or _stand_in(client, experiment_id, bundle.digest, run_id)
        if found is not None and found.info.lifecycle_stage == "deleted":
            client.restore_run(found.info.run_id)
        if found is None or stores.in_another(workspace, found.info.artifact_uri):
            tags = {STANDS_FOR_TAG: run_id or "none", DIGEST_TAG: bundle.digest}
            found = client.create_run(experiment_id, tags=tags)
        client.update_run(found.info.run_id, status="RUNNING")
    with _failing(Run(found.info.run_id, experiment, workspace, client)) as begun:
        yield begun


def attach(workspace: Workspace, run_id: str, directory: Path, name: str, tags: Mapping[str, str]) -> None:
    """Add a directory's files under the folder `name`, and tags, to a run that has ended; audits do.

    A run that was deleted is restored: there is something to be told of it.

    Raises:
        NotFoundError: the store has no such run, or its files lie in another workspace.
        StoreError: the store cannot be opened or written.
    """
    client = stores.open_client(workspace)  # first, since it tells MLflow to keep quiet
    from mlflow.entities import RunTag

    with stores.refusing(workspace):
        found = _find(client, run_id)
        if found is None:
            raise NotFoundError(f"The MLflow store {stores.shown(workspace)} has no run {run_id}.")
        if found.info.lifecycle_stage == "deleted":
            client.restore_run(run_id)
        stores.files_of(workspace, found).log_artifacts(str(directory), name)
        client.log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items()])


def recorded(workspace: Workspace, bundle: Bundle, run_id: str) -> str:
    """Return the id of the run that tells of a training: the one that the ledger names, or that which stands for it.

    Raises:
        NotFoundError: there is no store, or no such run in it any more.
        StoreError: the store cannot be opened.
    """
    if exists := stores.exists(workspace):
        client = stores.open_client(workspace)
        with stores.refusing(workspace):
            found = _find(client, run_id)
            name = entries.experiment_of(bundle.facts.partnership, bundle.facts.use_case)
            experiment = client.get_experiment_by_name(name)
            if found is None and experiment is not None:
                found = _stand_in(client, experiment.experiment_id, bundle.digest, run_id)
        if found is not None:
            return str(found.info.run_id)
    raise NotFoundError(
        f"The MLflow run {run_id} is gone." if run_id and exists else "MLflow has no run of this bundle.",
        f"`sentinel models record {bundle.digest[:12]}` records the bundle anew.",
    )


def _experiment_of(feature_set: FeatureSet) -> str:
    return entries.experiment_of(feature_set.facts.partnership, feature_set.use_case.name)


@contextmanager
def _failing(begun: Run) -> Iterator[Run]:
    """Let a run be FAILED when the block raises; MLflow's own refusal of that hides nothing."""
    try:
        yield begun
    except BaseException:
        if begun.run_id:
            with suppress(*stores.kinds_of_failure()):
                begun.client.set_terminated(begun.run_id, "FAILED")
        raise


def _find(client: Any, run_id: str) -> Any:
    """Return a run, be it deleted, or None."""
    from mlflow.exceptions import MlflowException

    if not run_id:
        return None
    try:
        return client.get_run(run_id)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def _stand_in(client: Any, experiment_id: str, digest: str, run_id: str) -> Any:
    """Return the newest run of a bundle that stands for a run, or None."""
    said = f"tags.{DIGEST_TAG} = '{digest}' AND tags.{STANDS_FOR_TAG} = '{run_id or 'none'}'"
    found = client.search_runs([experiment_id], said, max_results=1, order_by=["attributes.start_time DESC"])
    return found[0] if found else None
