"""What a training chose, whichever algorithm was asked for: the text of a model and how it was come by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from hub.progress import Progress
from models.additive.additive import LOGISTIC, POINTS, AdditiveForm
from models.bundle.forms import LIGHTGBM
from models.fitting import boosting
from models.fitting.baselines import SAME_AS, Opponents
from models.fitting.candidates import Candidate
from models.fitting.search import SearchAsked, search
from models.matrices import Matrix
from models.resampling import Floats
from models.splits import NotEnoughError


class Algorithm(StrEnum):
    """What is fitted: trees, a logistic regression, or a card of points for paper."""

    LIGHTGBM = LIGHTGBM
    LOGISTIC = LOGISTIC
    POINTS = POINTS


@dataclass(frozen=True, slots=True)
class GivenCandidate:
    """A candidate that was chosen before: it is trained alone, as when a bundle is made again.

    Attributes:
        candidate: with its parameters.
        record: how it was chosen, to be told again.
    """

    candidate: Candidate
    record: Mapping[str, Any]


Candidates = SearchAsked | GivenCandidate | None
"""Which candidates LightGBM tries: those that a search proposes, one that was chosen before, or the declared ones."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A model before it is calibrated.

    Attributes:
        algorithm: what was fitted.
        candidate: which of those that were tried.
        parameters: what it was made with.
        rounds: trees; 0 where there are none.
        text: the model, as its file holds it.
        margins: log-odds of the `choose` rows before calibration.
        record: how it was chosen: `by`, `chosen`, `tried` and `without_expected_directions`.
    """

    algorithm: Algorithm
    candidate: str
    parameters: Mapping[str, Any]
    rounds: int
    text: str
    margins: Floats
    record: Mapping[str, Any]


def choose(
    algorithm: Algorithm,
    train: Matrix,
    choose_rows: Matrix,
    constraints: Sequence[int],
    opponents: Opponents,
    *,
    folds: Sequence[tuple[Matrix, Matrix]],
    candidates: Candidates = None,
    seed: int,
    progress: Progress,
) -> Chosen:
    """Fit what was asked for; a logistic regression and a card are the opponents that were fitted already.

    Args:
        algorithm: what is fitted.
        train: rows to learn from.
        choose_rows: rows that say when to stop, and that choose.
        constraints: 1, -1 or 0 for each indicator: it may only raise, only lower, or is free.
        opponents: the simpler ways.
        folds: to compare LightGBM's candidates over time.
        candidates: which of LightGBM's are tried.
        seed: of the sampling of rows and indicators.
        progress: told of each candidate.

    Raises:
        NotEnoughError: a card was asked for, and no indicator is worth a point.
        SentinelError: see `search`.
    """
    if algorithm is Algorithm.LOGISTIC:
        fitted = opponents.logistic
        tried = {f"C {penalty:g}": numbers for penalty, numbers in fitted.tried.items()}
        return _sum(algorithm, fitted.form, f"C {fitted.penalty:g}", tried, fitted.parameters, choose_rows)
    if algorithm is Algorithm.POINTS:
        card = opponents.points
        if not card.form.terms:
            raise NotEnoughError(
                "No card can be made of these rows: not one indicator is worth a whole point.",
                "Look whether one of them is the outcome itself, or train with another --algorithm.",
            )
        tried = {f"{many} indicators": numbers for many, numbers in card.tried.items()}
        return _sum(algorithm, card.form, f"{card.indicators} indicators", tried, card.parameters, choose_rows)
    if isinstance(candidates, GivenCandidate):
        progress("Training the candidate that was chosen", 0, 1)
        rows = boosting.BinnedRows.of(train, choose_rows, seed)
        return _trees(boosting.train(candidates.candidate, rows, constraints=constraints), candidates.record)
    if candidates is not None:
        choice, record = search(
            train, choose_rows, constraints, folds=folds, asked=candidates, seed=seed, progress=progress
        )
        return _trees(choice.best, record)
    choice = boosting.choose_best(train, choose_rows, constraints, folds=folds, seed=seed, progress=progress)
    return _trees(choice.best, choice.as_json())


def _trees(best: boosting.Trained, record: Mapping[str, Any]) -> Chosen:
    return Chosen(
        Algorithm.LIGHTGBM, best.candidate.name, best.parameters, best.rounds, best.text, best.margins, record
    )


def _sum(
    algorithm: Algorithm,
    form: AdditiveForm,
    candidate: str,
    tried: Mapping[str, tuple[float, float]],
    parameters: Mapping[str, Any],
    choose_rows: Matrix,
) -> Chosen:
    told = [
        {
            "candidate": name,
            "plain": f"{SAME_AS[algorithm].replace('_', ' ')}, {name}",
            "rounds": 0,
            "average_precision": round(precision, 6),
            "log_loss": round(loss, 6),
        }
        for name, (precision, loss) in tried.items()
    ]
    record = {"by": "average precision on choose, then the simpler one", "chosen": candidate, "tried": told}
    margins = np.asarray(form.margins(choose_rows.values), dtype=np.float64)
    return Chosen(algorithm, candidate, parameters, 0, form.text, margins, record)
