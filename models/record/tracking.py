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

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from features.rows.feature_sets import FeatureSet
from hub.errors import NotFoundError
from hub.workspace import Workspace
from models.bundle.bundles import Bundle
from models.record import entries, runs, stores
from models.record.entries import DIGEST_TAG
from models.record.runs import NotRecordedError as NotRecordedError
from models.record.runs import Run
from models.record.stores import StoreError as StoreError


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
        found = runs.find(client, run_id) or runs.stand_in(client, experiment_id, bundle.digest, run_id)
        if found is not None and found.info.lifecycle_stage == "deleted":
            client.restore_run(found.info.run_id)
        if found is None or stores.in_another(workspace, found.info.artifact_uri):
            tags = {runs.STANDS_FOR_TAG: run_id or "none", DIGEST_TAG: bundle.digest}
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
        found = runs.find(client, run_id)
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
            found = runs.find(client, run_id)
            name = entries.experiment_of(bundle.facts.partnership, bundle.facts.use_case)
            experiment = client.get_experiment_by_name(name)
            if found is None and experiment is not None:
                found = runs.stand_in(client, experiment.experiment_id, bundle.digest, run_id)
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
