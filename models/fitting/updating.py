"""Updating: a published model is held against newer outcomes, and as little of it changed as they call for.

| part of the newer feature set | what it is for |
|---|---|
| `choose` | the closed test, intercept and slope, the cuts of the bands, as in a training |
| `test` | every figure that is reported; it decides nothing |
| `train` | the trees where all is fitted anew, and the logistic regression that stands beside the model |

The dates of `choose` are later than all that the old model learned from, no horizon open between: on rows that it
learned from it would seem better than it is. Old test dates may be among them, since the new figures come from newer
ones. Trees, once grown, are kept to the byte unless all is fitted anew; their calibration is composed with the
update, so that the new bundle is an ordinary one.

That the closed test ends at a refit says that the old coefficients are wrong, not that new ones are better: what
changed may have changed after `train`, and with enough rows no model is right. So "auto" fits anew, and takes it only
where its log loss on `choose` is lower than that of the old model with level and spread, the whole interval over
families (as Davis et al., JAMIA 2019;26:1448-57, choose among updates of such models by their scores on rows that
taught none). Else level and spread are taken. The same is tried where the test ends at a slope that is 0 or below.
"""

from dataclasses import asdict, replace
from typing import Literal

import numpy as np

from features.rows.feature_sets import FeatureSet
from hub.errors import IntegrityError
from hub.progress import Progress, silent
from models.bundle.bundle_facts import EarlierFacts, LadderTestFacts, OrderFacts, SplitFacts, UpdateFacts
from models.bundle.bundles import Bundle, Contents
from models.bundle.model import Model
from models.bundle.model_files import MODEL_FILE
from models.figures import Figure, NotComputed, Stated
from models.fitting import calibrating, golden, update_checks, update_figures
from models.fitting.chosen import Algorithm
from models.fitting.fitting import Fitted, fit, measure
from models.fitting.learning import fit_bands
from models.fitting.libraries import libraries
from models.fitting.parted import Parted, counts_of, require_numbers
from models.measuring import calibration, order
from models.measuring.calibration import Calibration
from models.measuring.closed_test import ClosedTest, LadderStep, closed_test
from models.measuring.thresholds import Thresholds
from models.resampling import Floats

Asked = LadderStep | Literal["auto"]
_DECIMALS = 10


def update(
    old: Bundle, feature_set: FeatureSet, *, to: Asked = "auto", seed: int = 0, progress: Progress = silent
) -> Fitted:
    """Work out the update of a bundle on a newer feature set. Nothing is written.

    Args:
        old: the published bundle; its model is loaded.
        feature_set: newer outcomes of the same use case.
        to: a step of the ladder, or "auto": where the closed test ends.
        seed: as in `fitting.fit`.
        progress: told of each step.

    Raises:
        ConfigurationError: the feature set is of a use case that means something else.
        StateError: `choose` has dates that the old model learned from, or a number is missing that never was.
        NotEnoughError: too few families have the outcome to tell, or a part of the split is empty.
        LeakageError: a part's outcomes are still open when the next begins.
    """
    update_checks.require_same_meaning(old, feature_set)
    parted = Parted.of(feature_set)
    update_checks.require_not_learned_from(old, parted)
    require_numbers({"choose": parted.choose, "test": parted.test}, old.facts.never_missing)
    progress("Asking the old model about newer dates", 0, 1)
    model = old.load()
    log_odds = _log_odds(model, parted.choose.values)
    contributions = model.contributions(parted.choose.values)[:, :-1]
    progress("Testing how much of the model must change", 0, 1)
    ladder = closed_test(log_odds, parted.choose.outcomes, parted.choose.families, contributions)
    spread = calibrating.fit(log_odds, parted.choose.outcomes)
    step = ladder.step if to == "auto" else LadderStep(to)
    anew, saved = None, None
    if step is LadderStep.REFIT or (to == "auto" and step is LadderStep.SLOPE and spread.floored):
        algorithm = Algorithm(old.facts.algorithm)
        anew = fit(feature_set, algorithm=algorithm, seed=seed, progress=progress)
        saved = _saved_by_refit(anew, spread.probabilities(log_odds), parted, seed)
        helps = isinstance(saved, Figure) and saved.high < 0 and not anew.contents.calibration.floored
        step = LadderStep.REFIT if helps or to != "auto" else LadderStep.SLOPE
    if anew is not None and step is LadderStep.REFIT:
        fitted, new = anew, _model_of(anew)
    else:
        new = _recalibrated(old, feature_set, parted, _line(step, log_odds, parted, spread))
        fitted = _kept_trees(old, feature_set, parted, new, seed=seed, progress=progress)
    progress("Comparing the order of all rows", 0, 1)
    compared = _compared(model, new, parted, feature_set.use_case.capacity)
    if step is not LadderStep.REFIT and not compared.unchanged:
        raise IntegrityError(
            "The order of children would change, though the trees are the same.",
            "Nothing was published; please report it.",
        )
    facts = UpdateFacts(
        asked=str(to),
        step=step,
        closed_test=ladder.step,
        why=_why(ladder, step, to, saved, floored=fitted.contents.calibration.floored),
        tests=tuple(LadderTestFacts(**asdict(one)) for one in ladder.tests),
        rows=ladder.rows,
        families=ladder.families,
        families_with_outcome=ladder.families_with_outcome,
        terms=ladder.terms,
        **update_figures.calibration_before(log_odds, parted, seed),
        saved_by_refit=saved,
        order=OrderFacts(**asdict(compared)),
        earlier=None if step is LadderStep.REFIT else _earlier(old),
    )
    beside = {"update": update_figures.beside(model, fitted, parted, old, seed)}
    contents = replace(
        fitted.contents,
        facts=fitted.contents.facts.model_copy(update={"updated_from": old.digest, "update": facts}),
        metrics={**fitted.contents.metrics, **beside},
    )
    return replace(fitted, contents=contents)


def _line(step: LadderStep, log_odds: Floats, parted: Parted, spread: Calibration) -> Calibration:
    """Return slope and intercept to be applied to the old log-odds."""
    if step is LadderStep.NOTHING:
        return Calibration(1.0, 0.0)
    if step is LadderStep.SLOPE:
        return spread
    level = calibration.shift(log_odds, parted.choose.outcomes, np.ones((1, len(log_odds))))
    return Calibration(1.0, float(level[0]))


def _recalibrated(old: Bundle, feature_set: FeatureSet, parted: Parted, line: Calibration) -> Model:
    """Return the old trees with the update composed into their calibration, and cuts of the bands.

    The cuts are always set anew: where more people are looked at, the old ones would offer more than there are places.

    Formula: slope x (s x m + i) + intercept = (slope x s) x m + (slope x i + intercept), m the margin or its bend.
    """
    before = old.calibration
    after = replace(
        before,
        slope=round(line.slope * before.slope, _DECIMALS),
        intercept=round(line.slope * before.intercept + line.intercept, _DECIMALS),
        floored=before.floored or line.floored,
    )
    if line == Calibration(1.0, 0.0):
        after = before
    names, text = old.use_case.indicator_names, old.artefact.read(MODEL_FILE).decode("utf-8")
    model = Model.parse(text, names, after, old.thresholds)
    return replace(model, thresholds=_cuts(model, feature_set, parted))


def _cuts(model: Model, feature_set: FeatureSet, parted: Parted) -> Thresholds:
    return fit_bands(model, parted.matrix, parted.rows["choose"], feature_set.use_case.capacity)


def _kept_trees(
    old: Bundle, feature_set: FeatureSet, parted: Parted, new: Model, *, seed: int, progress: Progress
) -> Fitted:
    """Measure a model whose trees are the old ones; what is said of `train` is said of the rows they were grown on."""
    judgement, figures = measure(feature_set, parted, new, learned="choose", seed=seed, progress=progress)
    dates, facts = parted.dates, feature_set.facts
    rows = np.array(old.golden()["rows"], dtype=np.float64)
    numbers = {
        **figures,
        "sample_size": old.metrics["sample_size"],
        "smallest_group": old.metrics["smallest_group"],
        "parts": {
            "train": old.metrics["parts"]["train"],
            "choose": counts_of(parted.matrix, parted.rows["choose"]),
            "test": counts_of(parted.matrix, parted.rows["test"]),
        },
        "choice": old.metrics["choice"],
        "folds": old.metrics["folds"],
    }
    contents = Contents(
        facts=old.facts.model_copy(
            update={
                "snapshot": facts.snapshot,
                "feature_set": feature_set.digest,
                "known_to": facts.known_to,
                "use_case_digest": facts.use_case_digest,
                "seed": seed,
                "libraries": libraries(),
                "splits": SplitFacts.model_validate(
                    {**dates.as_json(), "train": [day.isoformat() for day in old.facts.splits.train]}
                ),
            }
        ),
        text=old.artefact.read(MODEL_FILE).decode("utf-8"),
        calibration=new.calibration,
        thresholds=new.thresholds,
        metrics=numbers,
        golden=golden.as_json(rows, new.probabilities(rows)),
        use_case=feature_set.use_case,
        stability=NotComputed(0, "its trees were kept, and the rows that they learned from are not at hand"),
    )
    return Fitted(contents, judgement.case, judgement.judged, judgement.explained)


def _model_of(fitted: Fitted) -> Model:
    said = fitted.contents
    return Model.parse(said.text, said.use_case.indicator_names, said.calibration, said.thresholds)


def _saved_by_refit(anew: Fitted, recalibrated: Floats, parted: Parted, seed: int) -> Stated:
    """Return the log loss on `choose` of a model that is fitted anew less that of the old one with level and spread.

    Its trees never grew on `choose`, which only said when to stop and which candidate; both have two numbers fitted
    there.
    """
    afresh = _model_of(anew).probabilities(parted.choose.values)
    return update_figures.surprise_saved(parted.choose.outcomes, parted.choose.families, afresh, recalibrated, seed)


def _log_odds(model: Model, values: Floats) -> Floats:
    """Return the log-odds after calibration."""
    return model.calibration.log_odds(model.margins(values))


def _compared(old: Model, new: Model, parted: Parted, capacity: int) -> order.OrderComparison:
    values, dates = parted.matrix.values, parted.matrix.day_codes
    return order.compare(_log_odds(old, values), _log_odds(new, values), dates, capacity)


def _earlier(old: Bundle) -> EarlierFacts:
    """Return what the old trees and every update of them since come from, the old bundle last."""
    known = old.facts.update.earlier if old.facts.update is not None else None
    so_far = known or EarlierFacts(bundles=(), feature_sets=(), snapshots=())
    return EarlierFacts(
        bundles=(*so_far.bundles, old.digest),
        feature_sets=(*so_far.feature_sets, old.facts.feature_set),
        snapshots=(*so_far.snapshots, old.facts.snapshot),
    )


def _why(ladder: ClosedTest, step: LadderStep, to: Asked, saved: Stated | None, *, floored: bool) -> str:
    """Return in words why this step was taken."""
    said = ladder.why
    if saved is not None:
        said += f" Log loss on choose when all is fitted anew, less that with level and spread alone: {saved.text()}."
    if floored:
        said += (
            " It orders the rows of choose no better than chance, so that all get nearly the same probability: it is "
            "not worth having."
        )
    if to != "auto":
        return said if step is ladder.step else f"{said} {step.value.capitalize()} was asked for."
    if step is LadderStep.REFIT and ladder.step is LadderStep.SLOPE:
        said += " The old model orders nobody any more, so all is fitted anew."
    if step is LadderStep.SLOPE and saved is not None:
        said += " It is not shown to be better, so level and spread alone are fitted anew."
    return said
