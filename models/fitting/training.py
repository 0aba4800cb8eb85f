"""Training: a feature set becomes a bundle, and the MLflow run that tells how.

python -m models train --use-case early_help_offer --as analyst_one
"""

from features.rows.feature_sets import FeatureSet
from hub.progress import Progress, silent
from hub.workspace import Workspace
from models.bundle import bundles
from models.bundle.bundles import Bundle
from models.fitting import pictures
from models.fitting.fitting import fit
from models.record import tracking


def train(
    workspace: Workspace, feature_set: FeatureSet, *, trained_by: str, seed: int = 0, progress: Progress = silent
) -> Bundle:
    """Train, publish the bundle, record who trained it, and tell MLflow.

    Args:
        workspace: where bundle and MLflow store lie.
        feature_set: what to learn from.
        trained_by: the analyst's id in `partnership.yaml`.
        seed: see `fitting.fit`.
        progress: told of each step.

    Raises:
        NotEnoughError: a part of the split is empty, or holds nobody with (or without) the outcome.
        LeakageError: a part's outcomes are still open when the next begins.
        StateError: MLflow could not record it; that is looked at before anything is fitted.
    """
    tracking.prepare(workspace, feature_set)
    fitted = fit(feature_set, seed=seed, progress=progress)
    progress("Recording in MLflow", 0, 1)
    with tracking.run(workspace, feature_set) as run:
        about = {"run_id": run.run_id, "experiment": run.experiment}
        bundle = bundles.publish(workspace, fitted.contents, trained_by=trained_by, run=about)
        run.log_bundle(bundle, trained_by=trained_by, pictures=pictures.draw(fitted, bundle))
    return bundle
