"""Fitting: all that a training on a feature set works out, before anything is written; `learning` does the work."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from features.declarations.use_cases import UseCase
from features.rows.feature_sets import FeatureSet
from hub.progress import Progress, silent
from models import splits
from models.bundle.bundle_facts import SplitFacts
from models.bundle.bundles import SCHEMA_VERSION, Bundle, BundleFacts, Contents
from models.bundle.model import Model
from models.fitting import baselines, judging
from models.fitting.baselines import Opponents
from models.fitting.candidates import directions
from models.fitting.chosen import Algorithm, Candidates
from models.fitting.judging import MODEL as MODEL
from models.fitting.judging import ExplainedRows, judge
from models.fitting.judging import Judgement as Judgement
from models.fitting.learning import Learned, Task, learn
from models.fitting.libraries import libraries
from models.fitting.parted import Parted
from models.fitting.parted import split as split
from models.fitting.refits import Recipe, stability_of
from models.fitting.search import SearchAsked
from models.fitting.smallest_group import smallest_group
from models.measuring import importance
from models.measuring.metrics import JudgedRows, ModelAnswers
from models.splits import Splits


@dataclass(frozen=True)
class Fitted:
    """Everything that training found out, before anything is written.

    Attributes:
        contents: what goes into the bundle.
        case: the test rows' outcomes, people, dates and capacity.
        judged: what each model answered for the test rows.
        explained: some of the test rows, and what each indicator adds.
    """

    contents: Contents
    case: JudgedRows
    judged: dict[str, ModelAnswers]
    explained: ExplainedRows


def fit(
    feature_set: FeatureSet,
    *,
    algorithm: Algorithm = Algorithm.LIGHTGBM,
    candidates: Candidates = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Fitted:
    """Train, calibrate, set the bands and measure. Nothing is written.

    Args:
        feature_set: what to learn from.
        algorithm: what is fitted.
        candidates: which of LightGBM's candidates are tried; a search is bound to the feature set.
        seed: of sampling rows and indicators, of the resamples and of the golden rows.
        progress: told of each step.

    Raises:
        NotEnoughError: see `split`; or there are fewer people with the outcome than the use case asks for.
        LeakageError: see `split`.
        StateError: a number is missing on later dates that was never missing in what was learned from.
        SentinelError: see `search.search`.
    """
    use_case = feature_set.use_case
    parted = Parted.of(feature_set)
    dates, rows, matrix = parted.dates, parted.rows, parted.matrix
    folds = splits.folds_of(dates.train, use_case.validation.folds, use_case.horizon_days)
    of_folds = splits.rows_of_folds(folds, rows["train"], matrix.days)
    for number, (learned_from, held) in enumerate(of_folds, 1):
        splits.check_fold(number, matrix.days, matrix.outcomes, learned_from, held, use_case.horizon_days)
    if isinstance(candidates, SearchAsked):
        candidates = replace(candidates, bound={"feature_set": feature_set.digest, "use_case": use_case.digest})
    task = task_of(use_case, algorithm, candidates)
    learned = learn(matrix, rows, task, folds=of_folds, seed=seed, progress=progress)
    recipe = Recipe.of(learned.chosen, directions(use_case.indicators), learned.calibration.method)
    stability, sizes = stability_of(recipe, parted, learned.model, seed=seed, progress=progress)
    contents = Contents(
        facts=_facts(feature_set, dates, learned, seed),
        text=learned.chosen.text,
        calibration=learned.calibration,
        thresholds=learned.thresholds,
        metrics={
            **learned.metrics,
            "importance": importance.with_ranks(learned.metrics["importance"], sizes, matrix.names),
            "smallest_group": smallest_group(feature_set, matrix, rows["train"]),
            "short_windows": _short_windows(feature_set, dates.train),
            "folds": [fold.as_json() for fold in folds],
        },
        golden=learned.golden,
        use_case=use_case,
        stability=stability,
    )
    return Fitted(contents, learned.case, learned.judged, learned.explained)


def measure(
    feature_set: FeatureSet, parted: Parted, model: Model, *, learned: str, seed: int, progress: Progress
) -> tuple[Judgement, dict[str, Any]]:
    """Measure a model, and the simpler ones beside it, on the test rows; return the answers and what the record says.

    Args:
        feature_set: whose rows.
        parted: the same by parts.
        model: whatever made it.
        learned: the part that it learned from last, with which the test rows are compared.
        seed: of the resamples.
        progress: told of each step.
    """
    asked = feature_set.use_case
    answers, numbers = judging.measure(
        parted.matrix,
        parted.rows,
        opponents_of(feature_set, parted),
        asked.capacity,
        model,
        learned=learned,
        seed=seed,
        progress=progress,
    )
    return answers, {**numbers, "short_windows": _short_windows(feature_set, parted.dates.part(learned))}


def opponents_of(feature_set: FeatureSet, parted: Parted) -> Opponents:
    """Return the simpler ways, fitted on the rows of a feature set."""
    asked = feature_set.use_case
    return baselines.fit(parted.train, parted.choose, directions(asked.indicators), asked.simple_rule)


def task_of(use_case: UseCase, algorithm: Algorithm = Algorithm.LIGHTGBM, candidates: Candidates = None) -> Task:
    """Return what a training on the rows of a use case is told beside them."""
    return Task(
        use_case.name,
        use_case.capacity,
        use_case.simple_rule,
        use_case.floor,
        "floor.fewer_because",
        directions(use_case.indicators),
        algorithm=algorithm,
        candidates=candidates,
    )


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


def judge_again(feature_set: FeatureSet, bundle: Bundle) -> Judgement:
    """Ask a published model, and the simpler ways beside it, about the test rows that it was measured on.

    Raises:
        IntegrityError: a byte of either has changed.
    """
    parted = Parted.of(feature_set)
    model = bundle.load()
    judged = judge(model, opponents_of(feature_set, parted), parted.choose, parted.test)
    explained = ExplainedRows.of(model, parted.test, bundle.facts.seed)
    return Judgement(JudgedRows.of(parted.test, feature_set.use_case.capacity), judged, explained)


def _facts(feature_set: FeatureSet, dates: Splits, learned: Learned, seed: int) -> BundleFacts:
    facts, chosen = feature_set.facts, learned.chosen
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
        algorithm=chosen.algorithm.value,
        candidate=chosen.candidate,
        parameters=chosen.parameters,
        rounds=chosen.rounds,
        never_missing=learned.never_missing,
        libraries=libraries(),
        splits=SplitFacts.model_validate(dates.as_json()),
    )
