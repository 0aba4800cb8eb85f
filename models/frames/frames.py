"""What an analyst's notebook needs, in pandas: feature sets, bundles, figures, lists. Nothing is computed twice.

    from models.frames import frames

    here = frames.here()                                   # as the environment says
    frames.trainings(here)                                 # one row a bundle
    model = frames.BundleClassifier(here, "9bc1f20a")      # a scikit-learn classifier
    rows = frames.feature_set(here, model.bundle.facts.feature_set)
    test = rows.indicators[rows.part == "test"]

    model.predict_proba(test)                              # as the service would answer
    model.explain(test)                                    # exact Shapley values in log-odds
    frames.figures(model)                                  # by model and metric, with interval and n
    frames.differences({"all": model, "without": other})   # paired, on the same test rows
    frames.capacities(model)                               # with other numbers of places, and the best possible
    frames.net_benefits(model)                             # decision curves
    frames.calibration(model)                              # smooth, with its band
    frames.at_capacity(model, test)                        # whom the places of each date would go to

Rows of people stay in the workspace, and counts below 10 do not leave it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from features.rows.feature_sets import FeatureSet, open_feature_set
from hub import artefacts
from hub.commands.command_line import place
from hub.errors import InputError, StateError
from hub.workspace import Workspace
from models.bundle import trainings as trained
from models.bundle.bundles import open_bundle
from models.comparing.comparing import different, tested
from models.figures import Figure, Stated
from models.fitting import fitting
from models.fitting.fitting import MODEL
from models.frames.classifier import BASE as BASE
from models.frames.classifier import BundleClassifier as BundleClassifier
from models.matrices import of_feature_set
from models.measuring import metrics
from models.measuring.metrics import METRICS, ORDER_METRICS
from models.measuring.ranking import foremost, level_with_others
from models.resampling import RESAMPLES, codes
from models.splits import NotEnoughError

KEYS = ("person_id", "as_of_date")
"""The index of every frame of rows: a pseudonym and the date of looking."""

NO_PART = ""
"""Of rows that no part of the split holds: their date was dropped, or their outcome is not known yet."""

_STATED = {"value": "Float64", "low": "Float64", "high": "Float64", "n": "Int64", "unit": "str", "reason": "str"}


@dataclass(frozen=True, slots=True)
class FeatureFrames:
    """A feature set as frames with the same rows in the same order, indexed by (person_id, as_of_date).

    Attributes:
        indicators: one float64 column an indicator, in the order of training; NaN is "no number".
        outcome: 1 or 0; empty (`<NA>`) while the horizon is not complete, which is not a 0.
        part: "train", "choose" or "test", as training splits them by date, or ""; "" for all where a part would be
            empty, so that nothing can be trained.
        groups: one text column a group of the audit; no model ever sees them.
        families: a number a family; equal numbers belong together, so split and resample by them.
    """

    indicators: pd.DataFrame
    outcome: pd.Series
    part: pd.Series
    groups: pd.DataFrame
    families: pd.Series


def here(workspace: Path | str | None = None, partnership: Path | str | None = None) -> Workspace:
    """Return the partnership's workspace: as it is said here, else as the environment says, like the commands."""
    given = (None if path is None else Path(path) for path in (workspace, partnership))
    return place(*given).workspace


def trainings(workspace: Workspace) -> pd.DataFrame:
    """Return one row a bundle, indexed by its digest: use case, feature set, seed, who trained it, MLflow's run."""
    by_digest = {entry["bundle"]: entry for entry in trained.trainings(workspace)}
    rows = []
    for digest in artefacts.digests_in(workspace.bundles):
        facts, entry = open_bundle(workspace, digest).facts, by_digest.get(digest, {})
        said = {name: getattr(facts, name) for name in ("use_case", "feature_set", "known_to", "seed", "candidate")}
        rows.append({"digest": digest, **said, **{name: entry.get(name, "") for name in ("trained_by", "run_id")}})
    columns = ["digest", "use_case", "feature_set", "known_to", "seed", "candidate", "trained_by", "run_id"]
    return pd.DataFrame(rows, columns=columns).set_index("digest")


def feature_set(workspace: Workspace, digest: str) -> FeatureFrames:
    """Return a feature set by its digest or the beginning of it; every byte is checked.

    Raises:
        NotFoundError: there is none, or more than one begins so.
        IntegrityError: a byte has changed, or a number is not one.
    """
    return _frames(open_feature_set(workspace, digest))


def _frames(opened: FeatureSet) -> FeatureFrames:
    matrix = of_feature_set(opened)
    try:
        _, rows = fitting.split(opened, matrix)
    except NotEnoughError:
        rows = {}  # nothing can be trained on it, which training says; it can be looked at
    people = opened.matrix()["person_id"].to_pandas()
    index = pd.MultiIndex.from_arrays([people, matrix.days.astype("datetime64[s]")], names=KEYS)
    part = pd.Series(NO_PART, index=index, name="part", dtype="str")
    for name, held in rows.items():
        part.iloc[held] = name
    groups = opened.groups().drop_columns([*KEYS]).to_pandas().set_index(index)
    return FeatureFrames(
        pd.DataFrame(matrix.values, index=index, columns=[*matrix.names]),
        pd.Series(matrix.outcomes, index=index, name="outcome").astype("Int8"),
        part,
        groups,
        pd.Series(matrix.families, index=index, name="family"),
    )


def figures(model: BundleClassifier) -> pd.DataFrame:
    """Return what a bundle and the simpler ways beside it are worth on its test dates, as its record says it.

    Shape: one row a (model, metric), with value, low, high, n and unit. Where there is no number, `reason` says why.
    """
    found: dict[tuple[str, ...], Stated] = {
        (name, metric): model.bundle.figure(metric, name)
        for name in (MODEL, *model.bundle.opponents)
        for metric in METRICS
    }
    return _table(found, ("model", "metric"))


def capacities(model: BundleClassifier) -> pd.DataFrame:
    """Return what a bundle and the simpler ways reach with other numbers of places, as its record says.

    Shape: one row a (places at each date, model, figure of `capacities.AT_CAPACITY`), with value, low, high, n, unit
    and reason. The model `best_possible` puts everyone with the outcome first.
    """
    found = {
        (places, name, figure): one
        for places, by_way in model.bundle.at_capacities().items()
        for name, by_figure in by_way.items()
        for figure, one in by_figure.items()
    }
    return _table(found, ("places", "model", "figure"))


def net_benefits(model: BundleClassifier) -> pd.DataFrame:
    """Return the decision curves of a bundle, the ways that have probabilities, and offering to everybody.

    Shape: one row a (threshold, way), with value, low, high, n, unit and reason; see `models.measuring.net_benefit`.
    The way `difference` is the model, less the better of offering to everybody and to nobody.
    """
    found = {(at, way): one for at, by_way in model.bundle.net_benefits().items() for way, one in by_way.items()}
    return _table(found, ("threshold", "way"))


def calibration(model: BundleClassifier) -> pd.DataFrame:
    """Return the smooth calibration curve of a bundle on its test dates, as its record says it.

    Shape: one row a point, indexed by the probability that was expected, with the observed value, low, high, n, unit
    and reason. How far it lies off in all: `model.bundle.calibration_distances()`.
    """
    return _table({(expected,): one for expected, one in model.bundle.calibration_curve()}, ("expected",))


def opponents(model: BundleClassifier) -> pd.DataFrame:
    """Return the bundle's figures minus those of each simpler way, paired, as its record says them.

    Shape: one row a (against, metric of order), with value, low, high, n, unit and reason.
    """
    found: dict[tuple[str, ...], Stated] = {
        (other, metric): model.bundle.difference(metric, other)
        for other in model.bundle.opponents
        for metric in ORDER_METRICS
    }
    return _table(found, ("against", "metric"))


def differences(models: Mapping[str, BundleClassifier], *, resamples: int = RESAMPLES, seed: int = 0) -> pd.DataFrame:
    """Return the first model's figures minus each other's, on the same test rows: paired, families resampled.

    Shape: one row a (model, against, metric of order), with value, low, high, n, unit and reason.

    Args:
        models: by the names that they have in the table; at least two.
        resamples: how many resamples of families.
        seed: equal seeds give equal intervals.

    Raises:
        InputError: there are fewer than two.
        StateError: they were tested on different rows, outcomes or places: their figures cannot be taken from another.
    """
    if len(models) < 2:
        raise InputError("There is nothing to compare with.", "Give at least two models.")
    if resamples < 1:
        raise InputError("Without resamples there is no interval.", "Give at least 1; 300 are usual.")
    rows = {name: tested(model.workspace, model.bundle) for name, model in models.items()}
    first, *others = rows
    judged = {}
    for name, one in rows.items():
        why_not = different(rows[first], one)
        if one is None or why_not:
            raise StateError(
                f"{first} and {name} {why_not.removeprefix('they ')}, so that neither's figures can be taken from the "
                "other's.",
                "Build both feature sets from one snapshot, with the same cohort, dates, outcome and capacity.",
            )
        judged[name], case = one.answers, one.case
    measured = metrics.measure(case, judged, against={first: others}, resamples=resamples, seed=seed)
    by_other = measured.differences[first]
    found: dict[tuple[str, ...], Stated] = {
        (first, other, metric): one for other in others for metric, one in by_other[other].items()
    }
    return _table(found, ("model", "against", "metric"))


def at_capacity(model: BundleClassifier, rows: pd.DataFrame, *, capacity: int | None = None) -> pd.DataFrame:
    """Return to whom the places of each date would go, if all were offered: the foremost of each date.

    Shape: the rows that get a place, by date and place, indexed as `rows` are; `place` (1 is the foremost),
    `probability`, `band`, and `by_chance`: whether others who are level have no place, so that only the order of
    `rows` decides. Figures "at capacity" are about these lists.

    Args:
        model: who orders them.
        rows: indicators, indexed by (person_id, as_of_date).
        capacity: places at each date; as the use case says when nothing is said.

    Raises:
        InputError: the index is another; and as `BundleClassifier.predict_proba`.
    """
    if tuple(rows.index.names) != KEYS:
        raise InputError(f"The rows are not indexed by {' and '.join(KEYS)}.", "Set that index first.")
    again = int(rows.index.duplicated().sum())
    if again:
        raise InputError(f"{again:,} rows repeat a person on a date: nobody gets two places.", "Keep one row of each.")
    places = model.bundle.use_case.capacity if capacity is None else capacity
    if places < 1:
        raise InputError("There are no places.", "Give a capacity of at least 1.")
    scores, dates = model.decision_function(rows), codes(rows.index.get_level_values("as_of_date").to_numpy())
    held = foremost(scores, dates, places)
    probabilities = model.predict_proba(rows)[:, 1]
    found = pd.DataFrame(
        {
            "probability": probabilities,
            "band": model.bands(rows).to_numpy(),
            "by_chance": level_with_others(scores, dates, held),
        },
        index=rows.index,
    ).iloc[held]
    found.insert(0, "place", found.groupby(level="as_of_date").cumcount() + 1)
    return found


def _table(found: Mapping[Any, Stated], names: tuple[str, ...]) -> pd.DataFrame:
    """Return one row a figure, in their order."""
    index = pd.MultiIndex.from_tuples(list(found), names=names)
    return pd.DataFrame([_row(one) for one in found.values()], index=index, columns=[*_STATED]).astype(_STATED)


def _row(stated: Stated) -> dict[str, float | int | str | None]:
    if isinstance(stated, Figure):
        numbers = {name: getattr(stated, name) for name in ("value", "low", "high", "n", "unit")}
        return {**numbers, "reason": ""}
    return {"value": None, "low": None, "high": None, "n": stated.n, "unit": "", "reason": stated.reason}
