"""Fitting: all that a training works out, before anything is written.

What each part of the split is for: trees are grown on `train`; when to stop, which candidate, the calibration and the
cuts of the bands come from `choose`; every number that is reported comes from `test`, which decides nothing.
"""

import datetime
import importlib.metadata
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.declarations.use_cases import UseCase
from features.rows.feature_sets import FeatureSet
from hub.progress import Progress, silent
from models.bundle.bundle_facts import SplitFacts
from models.bundle.bundles import SCHEMA_VERSION, Bundle, BundleFacts, Contents
from models.bundle.model import Model
from models.fitting import baselines, boosting, golden
from models.fitting.parted import Parted, counts_of, require_numbers
from models.fitting.parted import split as split
from models.matrices import Matrix
from models.measuring import calibration, metrics, thresholds
from models.measuring.metrics import HEADLINE, JudgedRows, ModelAnswers
from models.measuring.shift import shift
from models.measuring.thresholds import Thresholds
from models.resampling import LEVEL, METHOD, RESAMPLES, Floats
from models.sample_size import SampleSize, sample_size
from models.splits import PARTS, NotEnoughError, Splits

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


def fit(feature_set: FeatureSet, *, seed: int = 0, progress: Progress = silent) -> Fitted:
    """Train, calibrate, set the bands and measure. Nothing is written.

    Args:
        feature_set: what to learn from.
        seed: of sampling rows and indicators, of the resamples and of the golden rows.
        progress: told of each step.

    Raises:
        NotEnoughError: see `parted.split`; or there are fewer people with the outcome than the use case asks for.
        LeakageError: see `parted.split`.
        StateError: a number is missing on later dates that was never missing in what was learned from.
    """
    use_case = feature_set.use_case
    parted = Parted.of(feature_set)
    enough = _enough(use_case, parted.train)
    never_missing = _never_missing(parted)

    choice = boosting.choose_best(parted.train, parted.choose, use_case.indicators, seed=seed, progress=progress)
    calibrated = calibration.fit(choice.best.margins, parted.choose.outcomes)
    bands = fit_bands(calibrated.probabilities(choice.best.margins), parted, use_case.capacity)
    model = Model.parse(choice.best.text, use_case.indicator_names, calibrated, bands)

    judgement, figures = measure(feature_set, parted, model, learned="train", seed=seed, progress=progress)
    numbers = {
        **figures,
        "sample_size": enough.as_json(),
        "parts": {name: _part(parted, name) for name in PARTS},
        "choice": choice.as_json(),
    }
    rows_of_nobody = golden.rows(parted.train, seed=seed)
    contents = Contents(
        facts=_facts(feature_set, parted.dates, choice.best, never_missing, seed),
        text=choice.best.text,
        calibration=calibrated,
        thresholds=bands,
        metrics=numbers,
        golden=golden.as_json(rows_of_nobody, model.probabilities(rows_of_nobody)),
        use_case=use_case,
    )
    return Fitted(contents, judgement.case, judgement.judged)


def fit_bands(probabilities: Floats, parted: Parted, capacity: int) -> Thresholds:
    """Set the cuts of the bands on the rows of `choose`, of which these are the calibrated probabilities."""
    return thresholds.fit(probabilities, parted.choose.day_count, capacity)


def measure(
    feature_set: FeatureSet, parted: Parted, model: Model, *, learned: str, seed: int, progress: Progress
) -> tuple["Judgement", dict[str, Any]]:
    """Measure a model, and the simpler ones beside it, on the test rows; return the answers and what the record says.

    Args:
        feature_set: whose rows.
        parted: the same by parts.
        model: whatever made it.
        learned: the part that it learned from last, with which the test rows are compared.
        seed: of the resamples.
        progress: told of each step.
    """
    use_case, dates, test = feature_set.use_case, parted.dates, parted.test
    progress("Comparing the test dates with those that were learned from", 0, 1)
    whose = (parted.families(learned), parted.families("test"))
    moved = shift(parted.part(learned), test, whose, seed=seed)
    progress("Measuring on the test dates", 0, 1)
    case = JudgedRows.of(test, use_case.capacity)
    logistic = baselines.logistic(parted.train, {"choose": parted.choose, "test": test})
    judged = _judge(feature_set, model, logistic, parted.choose, test)
    probabilities = judged[MODEL].probabilities
    assert probabilities is not None  # noqa: S101 - for the type checker: _judge gives the model its probabilities
    measured = metrics.measure(case, judged, against={MODEL: baselines.OPPONENTS}, seed=seed)
    in_bands = thresholds.measure(case, model.thresholds, probabilities, seed=seed)
    said = {name: metrics.verdict(by_metric[HEADLINE]) for name, by_metric in measured.differences[MODEL].items()}
    days = [day.isoformat() for day in dates.test]
    numbers = {
        **measured.as_json(),
        "shift": moved.as_json(),
        "short_windows": _short_windows(feature_set, dates.part(learned)),
        "bands": {name: {key: one.as_json() for key, one in by.items()} for name, by in in_bands.items()},
        "offers_by_date": thresholds.by_date(case, model.thresholds, judged[MODEL], days),
        "expected_and_observed": metrics.expected_and_observed(case, probabilities),
        "verdict": {"on": HEADLINE, "against": said},
        "opponents": {baselines.LOGISTIC_REGRESSION: logistic.as_json()},
        "contributions": model.explained.said,
        "interval": {
            "level": LEVEL,
            "method": METHOD,
            "resamples": RESAMPLES,
            "seed": seed,
        },
    }
    return Judgement(case, judged), numbers


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


def _short_windows(feature_set: FeatureSet, dates: Sequence[datetime.date]) -> list[dict[str, Any]]:
    """Return, for each date to learn from, the indicators whose window reaches back to before their source began."""
    short = [one for one in feature_set.short_windows if one.as_of_date in dates]
    days = sorted({one.as_of_date for one in short})
    return [
        {
            "as_of_date": day.isoformat(),
            "indicators": {one.indicator: one.told for one in short if one.as_of_date == day},
        }
        for day in days
    ]


def _never_missing(parted: Parted) -> tuple[str, ...]:
    """Return the indicators that have a number in every row of `train`.

    Raises:
        StateError: as `require_numbers`.
    """
    always = np.isfinite(parted.train.values).all(axis=0)
    found = tuple(parted.train.names[at] for at in np.flatnonzero(always))
    require_numbers(parted, found)
    return found


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
    parted = Parted.of(feature_set)
    logistic = baselines.logistic(parted.train, {"choose": parted.choose, "test": parted.test})
    judged = _judge(feature_set, bundle.load(), logistic, parted.choose, parted.test)
    return Judgement(JudgedRows.of(parted.test, feature_set.use_case.capacity), judged)


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


def _part(parted: Parted, name: str) -> dict[str, int]:
    people, rows, counts = parted.matrix.people, parted.rows, counts_of(parted.part(name))
    shared = np.intersect1d(people[rows["train"]], people[rows[name]])
    return counts if name == "train" else {**counts, "people_also_in_train": len(shared)}


def libraries() -> dict[str, str]:
    """Return the version of Python and of each library that takes part."""
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in _LIBRARIES}}


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
        libraries=libraries(),
        splits=SplitFacts.model_validate(dates.as_json()),
    )
