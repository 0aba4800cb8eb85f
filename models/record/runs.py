"""Runs of MLflow: one that is filled with all that is told of a training, and those that are looked for again."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub import private_folders
from hub.errors import RecordError
from hub.workspace import Workspace
from models.bundle.bundles import Bundle
from models.record import entries, stores
from models.record.entries import DIGEST_TAG, TrainingEntry

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


def find(client: Any, run_id: str) -> Any:
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


def stand_in(client: Any, experiment_id: str, digest: str, run_id: str) -> Any:
    """Return the newest run of a bundle that stands for a run, or None."""
    said = f"tags.{DIGEST_TAG} = '{digest}' AND tags.{STANDS_FOR_TAG} = '{run_id or 'none'}'"
    found = client.search_runs([experiment_id], said, max_results=1, order_by=["attributes.start_time DESC"])
    return found[0] if found else None
