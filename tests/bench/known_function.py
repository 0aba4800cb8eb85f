"""How near a model comes to a function that is known, and whether it claims anything where there is nothing.

The rows are the generated county's, with their gaps and their ties; only the outcomes are drawn anew. First from a
declared function of five indicators (steps, a combination of two, numbers that are missing): the model's AUC is held
against the function's own, both over the function's probabilities, so that the luck of a draw plays no part. Then from
nothing but the share of each date: no training may say that it beats places by lot.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import fmean

import numpy as np

from features.batch.matrix import build
from features.declarations import use_cases
from features.rows.feature_sets import FeatureSet, open_feature_set
from hub.artefacts import digests_in
from hub.progress import silent
from hub.publishing import publish
from hub.workspace import Workspace
from models import splits
from models.fitting import learning
from models.fitting.fitting import task_of
from models.fitting.judging import MODEL
from models.fitting.learning import Learned
from models.fitting.parted import Parted
from models.matrices import Matrix
from models.measuring.ranking import Ranking
from models.resampling import Floats
from tests.bench import Measured, county, measured
from tests.factories import feature_sets, kept

_USE_CASE, _SHARE = "early_help_offer", 0.08
_SEEDS, _SHUFFLES = 5, 20
_ASKED = (
    "contacts_90",
    "absence_unexplained_365",
    "police_home_incident_365",
    "siblings_absence_365",
    "days_since_contact",
)
_ASKED_OF_FEW = ("incidents", "missed_days", "moves", "school_changes", "days_since_contact")
"""What the function asks for on the county, and on the few rows that prove nothing."""


def planted(matrix: Matrix, asked: tuple[str, ...]) -> Floats:
    """Return the probability that the declared function gives each row, of which a share of .08 is to be expected."""
    contacts, missed, called, siblings, since = map(matrix.column, asked)
    logit = 1.2 * (contacts >= 1) + 0.8 * (contacts >= 2) + 1.0 * (missed > 0.02)
    logit += 0.9 * ((called >= 1) & (siblings > 0.05)) + 0.7 * np.isnan(siblings) - 0.6 * np.isnan(since)
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if (1 / (1 + np.exp(-logit - middle))).mean() > _SHARE else (middle, high)
    return np.asarray(1 / (1 + np.exp(-logit - low)), dtype=np.float64)


def auc_over(scores: Floats, probabilities: Floats) -> float:
    """Return the AUC of scores where each row has the outcome with its probability, without drawing any.

    Each row stands twice, once with the outcome and the weight of its probability, once without and the rest.
    """
    outcomes = np.r_[np.ones(len(scores)), np.zeros(len(scores))]
    weights = np.r_[probabilities, 1 - probabilities]
    return float(Ranking(np.r_[scores, scores], outcomes).auc(weights[None])[0])


def learned(found: FeatureSet, parted: Parted, outcomes: Floats, seed: int) -> Learned:
    """Return what a training makes of the rows with other outcomes."""
    matrix = replace(parted.matrix, outcomes=np.where(np.isnan(parted.matrix.outcomes), np.nan, outcomes))
    case = found.use_case
    folds = splits.folds_of(parted.dates.train, case.validation.folds, case.horizon_days)
    rows = splits.rows_of_folds(folds, parted.rows["train"], matrix.days)
    return learning.learn(matrix, parted.rows, task_of(case), folds=rows, seed=seed, progress=silent)


def shuffled(parted: Parted, draw: np.random.Generator) -> Floats:
    """Return the outcomes of each date in another order."""
    outcomes = parted.matrix.outcomes.copy()
    for day in np.unique(parted.matrix.days):
        rows = np.flatnonzero((parted.matrix.days == day) & ~np.isnan(outcomes))
        outcomes[rows] = draw.permutation(outcomes[rows])
    return outcomes


def figures(tiny: bool) -> Iterator[Measured]:
    """Yield the mean distance to the known function, and how often nothing was taken for something."""
    found = rows_of(tiny)
    parted = Parted.of(found)
    probabilities = planted(parted.matrix, _ASKED_OF_FEW if tiny else _ASKED)
    test = parted.rows["test"]
    gaps = []
    for seed in range(1 if tiny else _SEEDS):
        outcomes = (np.random.default_rng(seed).random(len(probabilities)) < probabilities).astype(np.float64)
        scores = learned(found, parted, outcomes, seed).judged[MODEL].scores
        gaps.append(auc_over(probabilities[test], probabilities[test]) - auc_over(scores, probabilities[test]))
    told = ", ".join(f"{gap:.4f}" for gap in gaps)
    yield measured("auc_gap", fmean(gaps), f"of AUC below the function's own, mean of {told}", "<= 0.01")
    times = 1 if tiny else _SHUFFLES
    draw = np.random.default_rng(3)
    said = [
        learned(found, parted, shuffled(parted, draw), seed).metrics["verdict"]["against"]["prevalence"]
        for seed in range(times)
    ]
    yield measured("shuffled_beats", said.count("beats"), f"of {times} trainings on shuffled outcomes", "<= 1")


def rows_of(tiny: bool) -> FeatureSet:
    """Return the generated county's feature set, or a few made-up rows that prove nothing."""
    return _few() if tiny else _built()


def _few() -> FeatureSet:
    workspace = Workspace(kept.once("few rows", lambda folder: feature_sets.feature_set(Workspace(folder), people=600)))
    return open_feature_set(workspace, next(iter(digests_in(workspace.features))))


def _built() -> FeatureSet:
    folder = kept.once("county with indicators", _build)
    workspace = Workspace(folder / "workspace")
    return open_feature_set(workspace, next(iter(digests_in(workspace.features))))


def _build(folder: Path) -> None:
    shutil.copytree(county.linked(False) / "workspace", folder / "workspace")
    workspace, partnership = Workspace(folder / "workspace"), county.partnership()
    snapshot = publish.publish(workspace, partnership)
    build(workspace, snapshot, use_cases.read(partnership, _USE_CASE), partnership=partnership, on=date(2026, 1, 1))
