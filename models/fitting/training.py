"""Training: a feature set becomes a bundle, and the MLflow run that tells how; later an update of it likewise.

python -m models train --use-case early_help_offer --as analyst_one
python -m models update 3f2a --to auto --as analyst_one
"""

from contextlib import suppress
from typing import Any

from features.rows.feature_sets import FeatureSet, open_feature_set
from hub.errors import IntegrityError, NotFoundError
from hub.ledger import publications
from hub.progress import Progress, silent
from hub.workspace import Workspace
from models.bundle import bundles
from models.bundle.bundles import Bundle, open_bundle
from models.bundle.openings import Openings
from models.bundle.trainings import trainings
from models.fitting import candidates, pictures, updating
from models.fitting.chosen import Algorithm
from models.fitting.fitting import Fitted, Judgement, fit, judge_again
from models.fitting.search import SearchAsked
from models.fitting.updating import Asked
from models.measuring import dates
from models.record import tracking
from models.record.entries import TrainingEntry, Tried


def train(
    workspace: Workspace,
    feature_set: FeatureSet,
    *,
    trained_by: str,
    algorithm: Algorithm = Algorithm.LIGHTGBM,
    search: SearchAsked | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Bundle:
    """Train, publish the bundle, record who trained it, and tell MLflow.

    Args:
        workspace: where bundle and MLflow store lie.
        feature_set: what to learn from.
        trained_by: the analyst's id in `partnership.yaml`.
        algorithm: what is fitted.
        search: how long to search for candidates; without it those that are declared are tried.
        seed: see `fitting.fit`.
        progress: told of each step.

    Raises:
        RecordError: the ledger cannot be written; nothing was fitted.
        LedgerError: it does not end where its anchor says, as in a copy of a workspace; nothing was fitted.
        StoreError: MLflow could not record the training; nothing was fitted.
        NotEnoughError: a part of the split is empty, or holds nobody with (or without) the outcome.
        LeakageError: a part's outcomes are still open when the next begins.
        NotRecordedError: the bundle is published, and MLflow refused the record of it.
        SentinelError: see `search.search`.
    """
    publications.require_writable(workspace)
    tracking.check(workspace, feature_set)
    fitted = fit(feature_set, algorithm=algorithm, candidates=search, seed=seed, progress=progress)
    return _publish(workspace, feature_set, fitted, trained_by, progress)


def update(
    workspace: Workspace,
    bundle: Bundle,
    feature_set: FeatureSet,
    *,
    to: Asked = "auto",
    trained_by: str,
    seed: int = 0,
    progress: Progress = silent,
) -> Bundle:
    """Update a bundle on a newer feature set, publish the new one, record who did, and tell MLflow, as of a training.

    Args:
        workspace: where both bundles and the MLflow store lie.
        bundle: what is updated; it stays as it is, and so does its approval.
        feature_set: newer outcomes of the same use case.
        to: see `updating.update`.
        trained_by: the analyst's id in `partnership.yaml`.
        seed: see `fitting.fit`.
        progress: told of each step.

    Raises:
        NotPublishedError: the ledger does not know the old bundle.
        StoreError: MLflow could not record it; nothing was fitted.
        NotRecordedError: the new bundle is published, and MLflow refused the record of it.
        SentinelError: see `updating.update`.
    """
    publications.read(workspace).require(bundles.KIND, bundle.digest)
    publications.require_writable(workspace)
    tracking.check(workspace, feature_set)
    progress("Loading the old model", 0, 1)
    bundle.rehearse()
    fitted = updating.update(bundle, feature_set, to=to, seed=seed, progress=progress)
    return _publish(workspace, feature_set, fitted, trained_by, progress)


def record(workspace: Workspace, digest: str, *, progress: Progress = silent) -> dict[str, str]:
    """Tell MLflow of a bundle's newest training, where that was cut short, refused or deleted.

    Where its feature set is gone, the run has neither pictures nor figures by date.

    Returns:
        `run_id` and `experiment`.

    Raises:
        NotFoundError: there is no such bundle, or the ledger knows no training of it.
        StoreError: the store cannot be opened or written.
        NotRecordedError: MLflow refused it again.
    """
    bundle = open_bundle(workspace, digest)
    known = trainings(workspace, bundle.digest)
    if not known:
        raise NotFoundError(f"The ledger knows no training of the bundle {bundle.digest[:12]}.", "Train it anew.")
    progress("Recording in MLflow", 0, 1)
    judgement = None
    with suppress(NotFoundError, IntegrityError):  # erased or removed since: the bundle alone is told
        judgement = judge_again(open_feature_set(workspace, bundle.facts.feature_set), bundle)
    with tracking.run_again(workspace, bundle, known[-1]["run_id"]) as run:
        run.log_bundle(_told(workspace, bundle, judgement, known[-1]["trained_by"]))
    return run.about


def _publish(
    workspace: Workspace, feature_set: FeatureSet, fitted: Fitted, trained_by: str, progress: Progress
) -> Bundle:
    progress("Recording in MLflow", 0, 1)
    with tracking.run(workspace, feature_set) as run:
        bundle = bundles.publish(workspace, fitted.contents, trained_by=trained_by, run=run.about)
        run.log_bundle(_told(workspace, bundle, fitted, trained_by))
    return bundle


def _told(workspace: Workspace, bundle: Bundle, found: Fitted | Judgement | None, trained_by: str) -> TrainingEntry:
    by_date = {} if found is None else dates.measure(found.case, found.judged, bundle.facts.splits.test)
    drawn = {} if found is None else pictures.draw(found, bundle)
    looked_at = Openings.read(workspace).of(bundle).times
    return TrainingEntry(bundle, trained_by, _tried(bundle), by_date, drawn, looked_at)


def _tried(bundle: Bundle) -> list[Tried]:
    """Return the candidates of a training as its record tells them, with the parameters that they were tried with.

    Where trees were kept none was tried: those of the earlier training stand with it.
    """
    if bundle.facts.update is not None and bundle.facts.update.earlier is not None:
        return []
    constraints, seed = candidates.directions(bundle.indicators), bundle.facts.seed
    declared = {one.name: one for one in candidates.CANDIDATES}

    def tried(said: dict[str, Any], signs: list[int], note: str = "") -> Tried:
        name = said["candidate"]
        candidate = declared.get(name)
        if "parameters" in said:  # a search proposed it
            candidate = candidates.Candidate(name, said["plain"], said["parameters"])
        parameters = {} if candidate is None else candidates.parameters_of(candidate, signs, seed)
        numbers = {key: float(said[key]) for key in ("average_precision", "log_loss", "rounds")}
        return Tried(f"{name}{note}", parameters, numbers, chosen=not note and name == bundle.facts.candidate)

    choice = bundle.metrics["choice"]
    found = [tried(one, constraints) for one in choice["tried"]]
    if any(constraints):
        free = choice.get("without_expected_directions")
        if free is not None:
            found.append(tried(free, [0] * len(constraints), ", without expected directions"))
    return found
