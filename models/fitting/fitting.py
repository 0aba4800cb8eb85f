"""Fitting: all that a training on a feature set works out, before anything is written; `learning` does the work."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from features.declarations.use_cases import UseCase
from features.rows.feature_sets import FeatureSet
from hub.progress import Progress, silent
from models import splits
from models.bundle.bundle_facts import SplitFacts
from models.bundle.bundles import SCHEMA_VERSION, Bundle, BundleFacts, Contents
from models.fitting import baselines, boosting
from models.fitting.learning import MODEL as MODEL
from models.fitting.learning import Learned, Task, judge, learn, libraries
from models.matrices import Matrix, of_feature_set
from models.measuring.metrics import JudgedRows, ModelAnswers
from models.splits import PARTS, Rows, Splits


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
        np.unique(matrix.days).tolist(), open_days.tolist(), use_case.validation, use_case.horizon_days
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
    folds = splits.folds_of(dates.train, use_case.validation.folds, use_case.horizon_days)
    of_folds = splits.rows_of_folds(folds, rows["train"], matrix.days)
    for number, (learned_from, held) in enumerate(of_folds, 1):
        splits.check_fold(number, matrix.days, matrix.outcomes, learned_from, held, use_case.horizon_days)
    learned = learn(matrix, rows, _task(use_case), folds=of_folds, seed=seed, progress=progress)
    contents = Contents(
        facts=_facts(feature_set, dates, learned, seed),
        text=learned.best.text,
        calibration=learned.calibration,
        thresholds=learned.thresholds,
        metrics={
            **learned.metrics,
            "short_windows": _short_windows(feature_set, dates),
            "folds": [fold.as_json() for fold in folds],
        },
        golden=learned.golden,
        use_case=use_case,
    )
    return Fitted(contents, learned.case, learned.judged)


def _task(use_case: UseCase) -> Task:
    return Task(
        use_case.name,
        use_case.capacity,
        use_case.simple_rule,
        use_case.floor,
        "floor.fewer_because",
        boosting.directions(use_case.indicators),
    )


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
    judged = judge(bundle.load(), logistic, feature_set.use_case.simple_rule, choose, test)
    return Judgement(JudgedRows.of(test, feature_set.use_case.capacity), judged)


def _facts(feature_set: FeatureSet, dates: Splits, learned: Learned, seed: int) -> BundleFacts:
    facts, best = feature_set.facts, learned.best
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
        never_missing=learned.never_missing,
        libraries=libraries(),
        splits=SplitFacts.model_validate(dates.as_json()),
    )
