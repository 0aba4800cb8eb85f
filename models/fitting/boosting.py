"""LightGBM: the candidate that orders people best, grown and stopped by dates that come later.

Reproducible: one thread, `deterministic`, `force_row_wise` and one seed give the same text for the same rows. Rows are
binned once and every candidate grows on the same bins (`candidates` says why it may).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from hub.progress import Progress
from models.fitting.candidates import CANDIDATES, COMMON, MOST_ROUNDS, PATIENCE, Candidate, parameters_of
from models.fitting.comparisons import Compared, best_of_folds, simplest_within_one_error
from models.matrices import Matrix
from models.measuring.ranking import Ranking
from models.resampling import Floats


@dataclass(frozen=True, slots=True)
class BinnedRows:
    """Rows to learn from and rows that say when to stop, binned once for every candidate.

    Attributes:
        watched: the rows that say when to stop.
        learned_bins: LightGBM's data set of those to learn from.
        watched_bins: likewise of `watched`, with the same bins.
        seed: of every sampling; LightGBM refuses another one for bins that are made.
    """

    watched: Matrix
    learned_bins: Any
    watched_bins: Any
    seed: int

    @classmethod
    def of(cls, learn: Matrix, watched: Matrix, seed: int) -> "BinnedRows":
        """Bin rows; `learn` says where the bins end."""
        import lightgbm

        shared = {**COMMON, "seed": seed}
        learned = lightgbm.Dataset(learn.values, learn.outcomes, feature_name=list(learn.names), params=shared)
        beside = lightgbm.Dataset(watched.values, watched.outcomes, reference=learned, params=shared)
        return cls(watched, learned.construct(), beside.construct(), seed)


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


def train(candidate: Candidate, rows: BinnedRows, *, constraints: Sequence[int]) -> Trained:
    """Train one candidate; trees are added until log loss on the watched rows has not fallen for 40 of them.

    Args:
        candidate: its parameters.
        rows: rows to learn from, and those that say when to stop.
        constraints: from `directions`, or zeros.
    """
    import lightgbm

    choose, parameters = rows.watched, parameters_of(candidate, constraints, rows.seed)
    booster = lightgbm.train(
        parameters,
        rows.learned_bins,
        num_boost_round=MOST_ROUNDS,
        valid_sets=[rows.watched_bins],
        callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
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
class Choice:
    """The candidate that was chosen, all that were tried, and the chosen one without expected directions.

    Attributes:
        best: the chosen one, grown on `train` and stopped on `choose`.
        by: how it was chosen, in words.
        tried: what the record says of all of them.
        free: the chosen one without expected directions.
    """

    best: Trained
    by: str
    tried: tuple[dict[str, Any], ...]
    free: Trained

    def as_json(self) -> dict[str, Any]:
        """Return the record of the choice, with the figures that it was made on."""
        return {
            "by": self.by,
            "chosen": self.best.candidate.name,
            "tried": list(self.tried),
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
    """Train all declared candidates and return the one that orders people best.

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

    def trained(candidate: Candidate, rows: BinnedRows, *, signs: Sequence[int], says: str) -> Trained:
        progress(f"Training: {says}", next(done), steps)
        return train(candidate, rows, constraints=signs)

    def on_choose(candidate: Candidate) -> Trained:
        return trained(candidate, whole, signs=constraints, says=candidate.plain)

    def over_folds(candidate: Candidate) -> Compared:
        found = [
            trained(candidate, fold, signs=constraints, says=f"{candidate.plain}, fold {number} of {len(folds)}")
            for number, fold in enumerate(binned, 1)
        ]
        return compared_of(candidate, found)

    whole = BinnedRows.of(train_rows, choose, seed)
    binned = [BinnedRows.of(*fold, seed) for fold in folds]
    if binned:
        compared = [over_folds(candidate) for candidate in CANDIDATES]
        best = on_choose(simplest_within_one_error(compared).candidate)
        by = f"the simplest within one standard error of the best mean average precision over {len(folds)} folds"
        most = best_of_folds(compared)
        tried = tuple(one.as_json(most) for one in compared)
    else:
        grown = [on_choose(candidate) for candidate in CANDIDATES]
        best = min(grown, key=lambda one: (-round(one.average_precision, 6), round(one.log_loss, 6)))
        by = "average precision on choose, then lower log loss, then the simpler candidate"
        tried = tuple(one.as_json() for one in grown)
    progress("Training: without expected directions", next(done), steps)
    return Choice(best, by, tried, without_directions(best, whole, constraints))


def compared_of(candidate: Candidate, found: Sequence[Trained], *, pruned: bool = False) -> Compared:
    """Return a candidate over the folds that it was trained on."""
    return Compared(
        candidate,
        tuple(one.average_precision for one in found),
        tuple(one.log_loss for one in found),
        tuple(one.rounds for one in found),
        pruned,
    )


def without_directions(best: Trained, rows: BinnedRows, constraints: Sequence[int]) -> Trained:
    """Return the chosen candidate trained once more, free of directions; itself where none is declared."""
    return train(best.candidate, rows, constraints=[0] * len(constraints)) if any(constraints) else best
