"""LightGBM: a handful of declared candidates, and the one that orders people best on the `choose` dates.

Expected directions. Where an indicator declares `direction: raises` (or `lowers`), the model may only raise (or lower)
the probability as that indicator grows; `unknown` is left free. This is decided for the people who must approve and
explain the model: a reason such as "one more missed day lowers the probability" is never shown, two children who differ
in one strength are never ordered against common sense by noise, and what reviewers read in the catalogue is what the
model does. The price is stated, not hidden: the chosen candidate is trained once more without directions and both
figures on `choose` are in the record. Where the price is high a declared direction is wrong, and the catalogue must
change, not the model. LightGBM's `basic` method is used: the finer ones have known violations. "No number" stays a
value of its own: a tree may send it either way.

Reproducible: one thread, `deterministic`, `force_row_wise` and one seed give the same text for the same rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from statistics import fmean, median, stdev
from typing import Any

import numpy as np

from features.declarations.catalogue import Direction, Indicator
from hub.progress import Progress
from models.matrices import Matrix
from models.measuring.ranking import Ranking
from models.resampling import Floats

MOST_ROUNDS = 600
_PATIENCE = 40

_COMMON: dict[str, Any] = {
    "objective": "binary",
    "metric": "binary_logloss",
    "boosting": "gbdt",
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
    "max_bin": 255,
    "feature_pre_filter": False,
    "monotone_constraints_method": "basic",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One declared set of parameters."""

    name: str
    plain: str
    parameters: dict[str, Any]


CANDIDATES = (
    Candidate(
        "one_indicator_a_step",
        "adds up indicators one by one, without combinations",
        {"num_leaves": 2, "learning_rate": 0.15, "min_data_in_leaf": 40},
    ),
    Candidate(
        "small_trees",
        "small trees: combinations of a few indicators",
        {"num_leaves": 7, "learning_rate": 0.06, "min_data_in_leaf": 40, "lambda_l2": 1.0},
    ),
    Candidate(
        "middle_trees",
        "middle trees that each see four fifths of indicators and rows",
        {
            "num_leaves": 15,
            "learning_rate": 0.05,
            "min_data_in_leaf": 60,
            "lambda_l2": 5.0,
            "feature_fraction": 0.8,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
        },
    ),
    Candidate(
        "larger_trees",
        "larger trees, held back by many rows a leaf",
        {
            "num_leaves": 31,
            "learning_rate": 0.04,
            "min_data_in_leaf": 100,
            "lambda_l2": 10.0,
            "feature_fraction": 0.6,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
        },
    ),
)
"""All candidates that are tried, simplest first."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained candidate and how it did on `choose`.

    Attributes:
        candidate: which one.
        parameters: all parameters that were given to LightGBM.
        rounds: trees that are kept: those up to the lowest log loss on `choose`.
        text: LightGBM's native text of those trees.
        margins: log-odds of the `choose` rows before calibration.
        average_precision: on `choose`; the higher, the better the order.
        log_loss: on `choose`, before calibration, in nats.
    """

    candidate: Candidate
    parameters: dict[str, Any]
    rounds: int
    text: str
    margins: Floats
    average_precision: float
    log_loss: float

    def as_json(self) -> dict[str, Any]:
        """Return what the record keeps of a candidate."""
        return {
            "candidate": self.candidate.name,
            "plain": self.candidate.plain,
            "rounds": self.rounds,
            "average_precision": round(self.average_precision, 6),
            "log_loss": round(self.log_loss, 6),
        }


def directions(indicators: Sequence[Indicator]) -> list[int]:
    """Return 1, -1 or 0 per indicator: its declared direction raises, lowers or is unknown."""
    sign = {Direction.RAISES: 1, Direction.LOWERS: -1, Direction.UNKNOWN: 0}
    return [sign[indicator.direction] for indicator in indicators]


def parameters_of(candidate: Candidate, constraints: Sequence[int], seed: int) -> dict[str, Any]:
    """Return all parameters that LightGBM is given for a candidate."""
    return {**_COMMON, **candidate.parameters, "seed": seed, "monotone_constraints": list(constraints)}


def train(
    candidate: Candidate, train_rows: Matrix, choose: Matrix, *, constraints: Sequence[int], seed: int
) -> Trained:
    """Train one candidate; trees are added until log loss on `choose` has not fallen for 40 of them.

    Args:
        candidate: its parameters.
        train_rows: rows to learn from.
        choose: rows that say when to stop.
        constraints: from `directions`, or zeros.
        seed: of the sampling of rows and indicators.
    """
    import lightgbm

    parameters = parameters_of(candidate, constraints, seed)
    names = list(train_rows.names)
    learned = lightgbm.Dataset(train_rows.values, train_rows.outcomes, feature_name=names, params=parameters)
    watched = lightgbm.Dataset(choose.values, choose.outcomes, reference=learned, params=parameters)
    booster = lightgbm.train(
        parameters,
        learned,
        num_boost_round=MOST_ROUNDS,
        valid_sets=[watched],
        callbacks=[lightgbm.early_stopping(_PATIENCE, verbose=False)],
    )
    rounds = max(1, booster.best_iteration)
    margins = np.asarray(booster.predict(choose.values, num_iteration=rounds, raw_score=True), dtype=np.float64)
    surprise = np.logaddexp(0.0, np.where(choose.outcomes > 0, -margins, margins))
    precision = Ranking(margins, choose.outcomes).average_precision(np.ones((1, len(margins))))
    return Trained(
        candidate,
        parameters,
        rounds,
        booster.model_to_string(num_iteration=rounds),
        margins,
        float(precision[0]),
        float(surprise.mean()),
    )


@dataclass(frozen=True, slots=True)
class Compared:
    """A candidate over the folds, each time trained on earlier dates and looked at on later ones.

    Attributes:
        candidate: which one.
        average_precision: of each fold, on the dates that were held out.
        log_loss: of each fold, before calibration, in nats.
        rounds: of each fold, trees up to the lowest log loss on the dates that were held out.
    """

    candidate: Candidate
    average_precision: tuple[float, ...]
    log_loss: tuple[float, ...]
    rounds: tuple[int, ...]

    @property
    def mean(self) -> float:
        """Mean average precision over the folds."""
        return fmean(self.average_precision)

    @property
    def standard_error(self) -> float:
        """Standard error of that mean; 0 of a single fold, which says nothing about it."""
        several = self.average_precision
        return stdev(several) / len(several) ** 0.5 if len(several) > 1 else 0.0

    def as_json(self, best: Sequence[float]) -> dict[str, Any]:
        """Return what the record keeps of it.

        Args:
            best: the best average precision of any candidate, of each fold: what a candidate lacks is its regret.
        """
        regret = [most - own for most, own in zip(best, self.average_precision, strict=True)]
        return {
            "candidate": self.candidate.name,
            "plain": self.candidate.plain,
            "rounds": int(median(self.rounds)),
            "average_precision": round(self.mean, 6),
            "log_loss": round(fmean(self.log_loss), 6),
            "standard_error": round(self.standard_error, 6),
            "regret": round(fmean(regret), 6),
            "folds": [round(one, 6) for one in self.average_precision],
        }


def simplest_within_one_error(compared: Sequence[Compared]) -> Compared:
    """Return the simplest candidate whose mean is within one standard error of the best one's (Breiman et al. 1984).

    Args:
        compared: all candidates, the simplest first.
    """
    best = max(compared, key=lambda one: (round(one.mean, 6), -round(fmean(one.log_loss), 6)))
    return next(one for one in compared if one.mean >= best.mean - best.standard_error)


@dataclass(frozen=True, slots=True)
class Choice:
    """The candidate that was chosen, all that were tried, and the chosen one without expected directions.

    Attributes:
        best: the chosen one, grown on `train` and stopped on `choose`.
        tried: all of them on `choose`; empty where they were compared over folds.
        free: the chosen one without expected directions.
        compared: all of them over the folds; empty without any.
    """

    best: Trained
    tried: tuple[Trained, ...]
    free: Trained
    compared: tuple[Compared, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the record of the choice, with the figures that it was made on."""
        by = "average precision on choose, then lower log loss, then the simpler candidate"
        tried = [one.as_json() for one in self.tried]
        if self.compared:
            folds = len(self.compared[0].rounds)
            by = f"the simplest within one standard error of the best mean average precision over {folds} folds"
            best = [max(of) for of in zip(*(one.average_precision for one in self.compared), strict=True)]
            tried = [one.as_json(best) for one in self.compared]
        return {
            "by": by,
            "chosen": self.best.candidate.name,
            "tried": tried,
            "without_expected_directions": self.free.as_json(),
        }


def choose_best(
    train_rows: Matrix,
    choose: Matrix,
    constraints: Sequence[int],
    *,
    folds: Sequence[tuple[Matrix, Matrix]] = (),
    seed: int,
    progress: Progress,
) -> Choice:
    """Train all candidates and return the one that orders people best.

    Over folds it is `simplest_within_one_error`. Without any it is the one with the highest average precision on
    `choose`; ties go to the lower log loss, then to the simpler candidate.

    Args:
        train_rows: rows to learn from.
        choose: rows that say when to stop, and that decide where there are no folds.
        constraints: from `directions`, or zeros.
        folds: earlier rows to learn from, and later ones that are held out; all of them in `train_rows`.
        seed: of the sampling of rows and indicators.
        progress: told of each candidate.
    """
    steps = len(CANDIDATES) * max(len(folds), 1) + bool(folds) + 1
    done = count()

    def trained(candidate: Candidate, learn: Matrix, watched: Matrix, *, signs: Sequence[int], says: str) -> Trained:
        progress(f"Training: {says}", next(done), steps)
        return train(candidate, learn, watched, constraints=signs, seed=seed)

    def on_choose(candidate: Candidate) -> Trained:
        return trained(candidate, train_rows, choose, signs=constraints, says=candidate.plain)

    def over_folds(candidate: Candidate) -> Compared:
        found = [
            trained(candidate, *fold, signs=constraints, says=f"{candidate.plain}, fold {number} of {len(folds)}")
            for number, fold in enumerate(folds, 1)
        ]
        return Compared(
            candidate,
            tuple(one.average_precision for one in found),
            tuple(one.log_loss for one in found),
            tuple(one.rounds for one in found),
        )

    compared = tuple(over_folds(candidate) for candidate in CANDIDATES) if folds else ()
    tried = () if folds else tuple(on_choose(candidate) for candidate in CANDIDATES)
    if compared:
        best = on_choose(simplest_within_one_error(compared).candidate)
    else:
        best = min(tried, key=lambda one: (-round(one.average_precision, 6), round(one.log_loss, 6)))
    free = best
    if any(constraints):
        nothing, says = [0] * len(constraints), "without expected directions"
        free = trained(best.candidate, train_rows, choose, signs=nothing, says=says)
    return Choice(best, tried, free, compared)
