"""Fitting: all that a training works out, before anything is written.

What each part of the split is for: trees are grown on `train`; when to stop, which candidate, the calibration and the
cuts of the bands come from `choose`; every number that is reported comes from `test`, which decides nothing.
"""

import importlib.metadata
import platform
from dataclasses import dataclass

import numpy as np

from features.rows.feature_sets import FeatureSet
from hub.progress import Progress, silent
from models import splits
from models.bundle.bundle_facts import SplitFacts
from models.bundle.bundles import SCHEMA_VERSION, BundleFacts, Contents
from models.bundle.model import Model
from models.fitting import baselines, boosting, golden
from models.matrices import Matrix, of_table
from models.measuring import calibration, metrics, thresholds
from models.measuring.metrics import HEADLINE, Judged, JudgedRows
from models.resampling import LEVEL, RESAMPLES
from models.splits import PARTS, Rows, Splits

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
    judged: dict[str, Judged]


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
    rows = splits.rows_of(found, matrix.days, matrix.outcomes)
    splits.check_no_leakage(rows, matrix.days, use_case.horizon_days)
    return found, rows


def fit(feature_set: FeatureSet, *, seed: int = 0, progress: Progress = silent) -> Fitted:
    """Train, calibrate, set the bands and measure. Nothing is written.

    Args:
        feature_set: what to learn from.
        seed: of sampling rows and indicators, of the resamples and of the golden rows.
        progress: told of each step.

    Raises:
        NotEnoughError: see `split`.
        LeakageError: see `split`.
    """
    use_case = feature_set.use_case
    matrix = of_table(feature_set.matrix(), use_case.indicator_names)
    dates, rows = split(feature_set, matrix)
    train, choose, test = (matrix.take(rows[name]) for name in PARTS)

    choice = boosting.choose_best(train, choose, use_case.indicators, seed=seed, progress=progress)
    calibrated = calibration.fit(choice.best.margins, choose.outcomes)
    bands = thresholds.fit(calibrated.probabilities(choice.best.margins), choose.day_count, use_case.capacity)
    model = Model.parse(choice.best.text, use_case.indicator_names, calibrated, bands)

    progress("Measuring on the test dates", 0, 1)
    case = JudgedRows.of(test, use_case.capacity)
    judged = _judge(feature_set, model, train, choose, test, seed)
    probabilities = judged[MODEL].probabilities
    assert probabilities is not None  # noqa: S101 - for the type checker: _judge gives the model its probabilities
    against = {MODEL: (baselines.SIMPLE_RULE, baselines.LOGISTIC_REGRESSION)}
    measured = metrics.measure(case, judged, against=against, seed=seed)
    in_bands = thresholds.measure(case, bands, probabilities, seed=seed)
    headline = measured.differences[MODEL][baselines.SIMPLE_RULE][HEADLINE]
    numbers = {
        **measured.as_json(),
        "parts": {name: _part(matrix, rows, name) for name in PARTS},
        "bands": {name: {key: one.as_json() for key, one in by.items()} for name, by in in_bands.items()},
        "expected_and_observed": metrics.expected_and_observed(case, probabilities),
        "verdict": {"on": HEADLINE, "against": baselines.SIMPLE_RULE, "says": metrics.verdict(headline)},
        "choice": choice.as_json(),
        "contributions": model.explained.said,
        "interval": {"level": LEVEL, "method": "percentile bootstrap of people", "resamples": RESAMPLES, "seed": seed},
    }
    rows_of_nobody = golden.rows(train, seed=seed)
    contents = Contents(
        facts=_facts(feature_set, dates, choice.best, seed),
        text=choice.best.text,
        calibration=calibrated,
        thresholds=bands,
        metrics=numbers,
        golden=golden.as_json(rows_of_nobody, model.probabilities(rows_of_nobody)),
        use_case=use_case,
    )
    return Fitted(contents, case, judged)


def _judge(
    feature_set: FeatureSet, model: Model, train: Matrix, choose: Matrix, test: Matrix, seed: int
) -> dict[str, Judged]:
    """Return what the model, the logistic regression (calibrated likewise) and the simple rule say of the test rows."""
    rule = feature_set.use_case.simple_rule
    of_choose, of_test = baselines.logistic_margins(train, (choose, test), seed=seed)
    logistic = calibration.fit(of_choose, choose.outcomes)
    margins = model.margins(test.values)
    return {
        MODEL: Judged(margins, model.calibration.probabilities(margins)),
        baselines.LOGISTIC_REGRESSION: Judged(of_test, logistic.probabilities(of_test)),
        baselines.SIMPLE_RULE: Judged(
            baselines.rule_scores(test.column(rule.indicator), highest_first=rule.highest_first)
        ),
    }


def _part(matrix: Matrix, rows: dict[str, Rows], name: str) -> dict[str, int]:
    part = matrix.take(rows[name])
    shared = np.intersect1d(matrix.people[rows["train"]], matrix.people[rows[name]])
    counts = {"rows": len(part.values), "people": part.people_count, "with_outcome": part.positives}
    return counts if name == "train" else {**counts, "people_also_in_train": len(shared)}


def _facts(feature_set: FeatureSet, dates: Splits, best: boosting.Trained, seed: int) -> BundleFacts:
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
        libraries={
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in _LIBRARIES},
        },
        splits=SplitFacts.model_validate(dates.as_json()),
    )
