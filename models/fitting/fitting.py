"""Fitting: all that a training works out, before anything is written.

What each part of the split is for: trees are grown on `train`; when to stop, which candidate, the calibration and the
cuts of the bands come from `choose`; every number that is reported comes from `test`, which decides nothing.
"""

import importlib.metadata
import platform
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from features.declarations.use_cases import UseCase
from features.rows.feature_sets import FeatureSet
from hub.errors import StateError
from hub.progress import Progress, silent
from models import splits
from models.bundle.bundle_facts import SplitFacts
from models.bundle.bundles import SCHEMA_VERSION, Bundle, BundleFacts, Contents
from models.bundle.model import Model
from models.fitting import baselines, boosting, golden
from models.matrices import Matrix, of_feature_set
from models.measuring import calibration, metrics, thresholds
from models.measuring.metrics import HEADLINE, JudgedRows, ModelAnswers
from models.measuring.shift import shift
from models.measuring.thresholds import Thresholds
from models.resampling import LEVEL, METHOD, RESAMPLES
from models.sample_size import SampleSize, sample_size
from models.splits import PARTS, NotEnoughError, Rows, Splits

MODEL = "model"
_LIBRARIES = ("lightgbm", "numpy", "scikit-learn")


@dataclass(frozen=True)
class Fitted:
    """Everything that training found out, before anything is written.

    Attributes:
        contents: what goes into the bundle.
        case: the test rows' outcomes, people, dates and capacity.
        judged: what each model answered for the test rows.
    """

    contents: Contents
    case: JudgedRows
    judged: dict[str, ModelAnswers]


def split(feature_set: FeatureSet, matrix: Matrix) -> tuple[Splits, dict[str, Rows]]:
    """Split a feature set by time and check it for leakage on the very rows.

    A date on which any outcome is not known yet is in no part.

    Raises:
        NotEnoughError: a part is empty, or holds nobody with (or without) the outcome.
        LeakageError: a part's outcomes are still open when the next begins.
    """
    use_case = feature_set.use_case
    open_days = np.unique(matrix.days[np.isnan(matrix.outcomes)])
    found = splits.split_dates(
        np.unique(matrix.days).tolist(), open_days.tolist(), use_case.split, use_case.horizon_days
    )
    rows = splits.rows_of(found, matrix.days, matrix.outcomes, matrix.followed)
    splits.check_no_leakage(rows, matrix.days, use_case.horizon_days)
    return found, rows


def fit(feature_set: FeatureSet, *, seed: int = 0, progress: Progress = silent) -> Fitted:
    """Train, calibrate, set the bands and measure. Nothing is written.

    Args:
        feature_set: what to learn from.
        seed: of sampling rows and indicators, of the resamples and of the golden rows.
        progress: told of each step.

    Raises:
        NotEnoughError: see `split`; or there are fewer people with the outcome than the use case asks for.
        LeakageError: see `split`.
        StateError: a number is missing on later dates that was never missing in what was learned from.
    """
    use_case = feature_set.use_case
    matrix = of_feature_set(feature_set)
    dates, rows = split(feature_set, matrix)
    train, choose, test = (matrix.take(rows[name]) for name in PARTS)
    enough = _enough(use_case, train)
    never_missing = _never_missing(train, choose, test)

    choice = boosting.choose_best(train, choose, use_case.indicators, seed=seed, progress=progress)
    calibrated = calibration.fit(choice.best.margins, choose.outcomes)
    nobody = Thresholds(1.0, 1.0, use_case.capacity, {})
    model = Model.parse(choice.best.text, use_case.indicator_names, calibrated, nobody)
    bands = _bands(model, matrix, dates, use_case.capacity)
    model = replace(model, thresholds=bands)

    progress("Comparing the test dates with those that were learned from", 0, 1)
    moved = shift(train, test, (matrix.families[rows["train"]], matrix.families[rows["test"]]), seed=seed)
    progress("Measuring on the test dates", 0, 1)
    case = JudgedRows.of(test, use_case.capacity)
    logistic = baselines.logistic(train, {"choose": choose, "test": test})
    judged = _judge(feature_set, model, logistic, choose, test)
    probabilities = judged[MODEL].probabilities
    assert probabilities is not None  # noqa: S101 - for the type checker: _judge gives the model its probabilities
    measured = metrics.measure(case, judged, against={MODEL: baselines.OPPONENTS}, seed=seed)
    in_bands = thresholds.measure(case, bands, probabilities, seed=seed)
    said = {name: metrics.verdict(by_metric[HEADLINE]) for name, by_metric in measured.differences[MODEL].items()}
    numbers = {
        **measured.as_json(),
        "sample_size": enough.as_json(),
        "shift": moved.as_json(),
        "short_windows": _short_windows(feature_set, dates),
        "parts": {name: _part(matrix, dates, rows, name) for name in PARTS},
        "bands": {name: {key: one.as_json() for key, one in by.items()} for name, by in in_bands.items()},
        "offers_by_date": thresholds.by_date(case, bands, judged[MODEL], [day.isoformat() for day in dates.test]),
        "expected_and_observed": metrics.expected_and_observed(case, probabilities),
        "verdict": {"on": HEADLINE, "against": said},
        "opponents": {baselines.LOGISTIC_REGRESSION: logistic.as_json()},
        "choice": choice.as_json(),
        "contributions": model.explained.said,
        "interval": {
            "level": LEVEL,
            "method": METHOD,
            "resamples": RESAMPLES,
            "seed": seed,
        },
    }
    rows_of_nobody = golden.rows(train, seed=seed)
    contents = Contents(
        facts=_facts(feature_set, dates, choice.best, never_missing, seed),
        text=choice.best.text,
        calibration=calibrated,
        thresholds=bands,
        metrics=numbers,
        golden=golden.as_json(rows_of_nobody, model.probabilities(rows_of_nobody)),
        use_case=use_case,
    )
    return Fitted(contents, case, judged)


def _bands(model: Model, matrix: Matrix, dates: Splits, capacity: int) -> Thresholds:
    """Return the bands, set on the dates to choose on.

    The places are for everybody in the cohort there, also for those who cannot be followed to the end.
    """
    looked = matrix.take(np.flatnonzero(np.isin(matrix.days, np.array(dates.choose, dtype="datetime64[D]"))))
    return thresholds.fit(model.probabilities(looked.values), looked.day_count, capacity)


def _enough(use_case: UseCase, train: Matrix) -> SampleSize:
    """Return what there is to learn from.

    Raises:
        NotEnoughError: fewer rows with the outcome than the use case's floor, and it does not say why that is right.
    """
    found, floor = sample_size(len(train.values), train.positives, len(train.names)), use_case.floor
    if train.positives < floor.outcomes and not floor.fewer_because.strip():
        raise NotEnoughError(
            f"There are {train.positives} rows with the outcome to train on; {use_case.name} asks for "
            f"{floor.outcomes}. "
            f"With {len(train.names)} indicators {max(found.needed.values()):,} rows would be enough; there are "
            f"{len(train.values):,}.",
            "Look on more dates, use fewer indicators, or say in `floor.fewer_because` why fewer will do.",
        )
    return found


def _short_windows(feature_set: FeatureSet, dates: Splits) -> list[dict[str, Any]]:
    """Return, for each date to learn from, the indicators whose window reaches back to before their source began."""
    short = [one for one in feature_set.short_windows if one.as_of_date in dates.train]
    days = sorted({one.as_of_date for one in short})
    return [
        {
            "as_of_date": day.isoformat(),
            "indicators": {one.indicator: one.told for one in short if one.as_of_date == day},
        }
        for day in days
    ]


def _never_missing(train: Matrix, choose: Matrix, test: Matrix) -> tuple[str, ...]:
    """Return the indicators that have a number in every row of `train`.

    Raises:
        StateError: one of them has none in a row of a later part: nothing was learned about that.
    """
    always = np.isfinite(train.values).all(axis=0)
    for name, part in (("choose", choose), ("test", test)):
        missing = np.isnan(part.values[:, always]).sum(axis=0)
        if missing.any():
            named = np.array(train.names)[always][missing > 0]
            told = ", ".join(f"{one} in {count:,} rows" for one, count in zip(named, missing[missing > 0], strict=True))
            raise StateError(
                f"In the part {name} of the split there is no number for {told}; in every row to learn from there is "
                "one, so that nothing was learned about its absence.",
                "Train on dates on which it may be missing too, or leave the indicator out.",
            )
    return tuple(train.names[at] for at in np.flatnonzero(always))


@dataclass(frozen=True)
class Judgement:
    """The test rows, and what each model answered for them."""

    case: JudgedRows
    judged: dict[str, ModelAnswers]


def judge_again(feature_set: FeatureSet, bundle: Bundle) -> Judgement:
    """Ask a published model, and the simpler ways beside it, about the test rows that it was measured on.

    Raises:
        IntegrityError: a byte of either has changed.
    """
    matrix = of_feature_set(feature_set)
    _, rows = split(feature_set, matrix)
    train, choose, test = (matrix.take(rows[name]) for name in PARTS)
    logistic = baselines.logistic(train, {"choose": choose, "test": test})
    judged = _judge(feature_set, bundle.load(), logistic, choose, test)
    return Judgement(JudgedRows.of(test, feature_set.use_case.capacity), judged)


def _judge(
    feature_set: FeatureSet, model: Model, logistic: baselines.Logistic, choose: Matrix, test: Matrix
) -> dict[str, ModelAnswers]:
    """Return what the model, the logistic regression (calibrated likewise) and the simple rule say of the test rows."""
    calibrated = calibration.fit(logistic.margins["choose"], choose.outcomes)
    margins, others = model.margins(test.values), logistic.margins["test"]
    return {
        MODEL: ModelAnswers(margins, model.calibration.probabilities(margins)),
        baselines.LOGISTIC_REGRESSION: ModelAnswers(others, calibrated.probabilities(others)),
        baselines.SIMPLE_RULE: ModelAnswers(baselines.rule_scores(test, feature_set.use_case.simple_rule)),
    }


def _part(matrix: Matrix, dates: Splits, rows: dict[str, Rows], name: str) -> dict[str, int]:
    """Return what a part of the split holds; `not_followed` are looks on its dates that are in no part."""
    on_dates = np.isin(matrix.days, np.array(dates.part(name), dtype="datetime64[D]"))
    part = matrix.take(rows[name])
    shared = np.intersect1d(matrix.people[rows["train"]], matrix.people[rows[name]])
    counts = {
        "rows": len(part.values),
        "people": part.people_count,
        "with_outcome": part.positives,
        "not_followed": int((on_dates & ~matrix.followed).sum()),
    }
    return counts if name == "train" else {**counts, "people_also_in_train": len(shared)}


def _facts(
    feature_set: FeatureSet, dates: Splits, best: boosting.Trained, never_missing: tuple[str, ...], seed: int
) -> BundleFacts:
    facts = feature_set.facts
    return BundleFacts(
        schema_version=SCHEMA_VERSION,
        partnership=facts.partnership,
        snapshot=facts.snapshot,
        feature_set=feature_set.digest,
        known_to=facts.known_to,
        use_case=feature_set.use_case.name,
        use_case_digest=facts.use_case_digest,
        purpose=feature_set.use_case.purpose,
        seed=seed,
        algorithm="lightgbm",
        candidate=best.candidate.name,
        parameters=best.parameters,
        rounds=best.rounds,
        never_missing=never_missing,
        libraries={
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in _LIBRARIES},
        },
        splits=SplitFacts.model_validate(dates.as_json()),
    )
