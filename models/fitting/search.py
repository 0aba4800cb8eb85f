"""Searching: many candidates, proposed one after the other from what the earlier ones found over the folds.

| what | how |
|---|---|
| proposals | Optuna's TPE (Bergstra et al. 2011), seeded; the declared candidates are the first trials |
| figure | mean average precision over the folds; where there are none, on `choose` as one fold |
| pruning | from the sixth trial on, whose mean over its first folds is below the median of the earlier ones' is left |
| choice | of those on all folds, within one standard error of the best, the one with the fewest splits in all trees |

The part `test` is not given to any of this. Trials are kept in `studies`, so that a search that was cut short goes on.
"""

import importlib.metadata
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from statistics import fmean, median
from typing import Any

from hub.errors import ConfigurationError, IntegrityError
from hub.progress import Progress
from models.fitting import studies
from models.fitting.boosting import BinnedRows, Choice, train, without_directions
from models.fitting.candidates import CANDIDATES, Candidate
from models.fitting.comparisons import Compared, best_of_folds, simplest_within_one_error
from models.fitting.studies import SPACE_VERSION, Found, Study, StudyTrial
from models.matrices import Matrix

TRIALS = 30
"""How many are tried where neither a number nor minutes are given."""
MOST_TRIALS = 5_000
MOST_MINUTES = 7 * 24 * 60
_PRUNED_FROM = 5
_LIBRARIES = ("lightgbm", "numpy", "optuna")


class SearchKind(StrEnum):
    """Which candidates are tried: those that are declared, or also those that a search proposes."""

    QUICK = "quick"
    TUNE = "tune"


@dataclass(frozen=True, slots=True)
class SearchAsked:
    """How long to search, and where its trials are kept.

    Attributes:
        trials: how many are tried, the declared candidates among them; None: as many as there is time for.
        minutes: no trial begins later; the declared candidates are tried all the same. None: no limit.
        folder: where the trials are kept (`Workspace.searches`); None keeps them in memory.
        bound: what belongs to the search beside seed and libraries, such as the digest of its feature set.
        clock: seconds that only go up.
    """

    trials: int | None = None
    minutes: float | None = None
    folder: Path | None = None
    bound: Mapping[str, Any] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        """Check the limits.

        Raises:
            ConfigurationError: too few trials, or no time.
        """
        if self.trials is not None and not len(CANDIDATES) <= self.trials <= MOST_TRIALS:
            raise ConfigurationError(
                f"{self.trials:,} trials cannot be searched: a search begins with the {len(CANDIDATES)} declared "
                f"candidates, and {MOST_TRIALS:,} trials are the most.",
                f"Give --trials from {len(CANDIDATES)} to {MOST_TRIALS:,}.",
            )
        if self.minutes is not None and not 0 < self.minutes <= MOST_MINUTES:
            raise ConfigurationError(
                f"A search of {self.minutes:g} minutes is none.", f"Give --minutes above 0 and up to {MOST_MINUTES:,}."
            )

    @property
    def most(self) -> int:
        """At most so many trials."""
        if self.trials is None:
            return TRIALS if self.minutes is None else MOST_TRIALS
        return self.trials


def asked_for(
    kind: SearchKind, trials: int | None, minutes: float | None, *, searchable: bool, folder: Path | None
) -> SearchAsked | None:
    """Return what is searched, or None where only the declared candidates are tried.

    Args:
        kind: which candidates are tried.
        trials: as in `SearchAsked`.
        minutes: likewise.
        searchable: whether the algorithm has candidates that can be searched.
        folder: as in `SearchAsked`.

    Raises:
        ConfigurationError: limits without a search, or a search of what cannot be searched.
    """
    if kind is SearchKind.QUICK:
        if trials is not None or minutes is not None:
            raise ConfigurationError("--trials and --minutes are limits of a search.", "Give --search tune.")
        return None
    if not searchable:
        raise ConfigurationError(
            "Only LightGBM has candidates to search; the others choose their own penalty or size.",
            "Leave out --search, or train with --algorithm lightgbm.",
        )
    return SearchAsked(trials, minutes, folder)


def search(
    train_rows: Matrix,
    choose: Matrix,
    constraints: Sequence[int],
    *,
    folds: Sequence[tuple[Matrix, Matrix]],
    asked: SearchAsked,
    seed: int,
    progress: Progress,
) -> tuple[Choice, dict[str, Any]]:
    """Search, choose, and train the chosen candidate on `train`; return the choice and what the record says of it.

    Args:
        train_rows: rows to learn from.
        choose: rows that say when to stop; they are the one fold where there is none.
        constraints: 1, -1 or 0 for each indicator.
        folds: earlier rows to learn from, and later ones that are held out.
        asked: how long, and where the trials are kept.
        seed: of proposals, and of the sampling of rows and indicators.
        progress: told of each fold of each trial.

    Raises:
        StateError: see `studies.open_study`, as of the next two.
        IntegrityError: the file of the search is damaged, or another's.
        RecordError: the file of the search cannot be written.
    """
    whole = BinnedRows.of(train_rows, choose, seed)
    binned = [BinnedRows.of(*fold, seed) for fold in folds] or [whole]
    bound = {**asked.bound, "seed": seed, "folds": len(binned), "libraries": versions()}
    with studies.open_study(asked.folder, bound) as study:
        _try(study, binned, constraints, asked, seed, progress)
        ended = study.trials[: asked.most]
    progress("Training the candidate that was chosen", 0, 1)
    choice = _chosen(ended, whole, constraints, folds=len(folds))
    pruned = sum(one.pruned for one in ended)
    said = {"kind": SearchKind.TUNE.value, "trials": len(ended), "pruned": pruned, "space_version": SPACE_VERSION}
    return choice, {**choice.as_json(), "search": {**said, "libraries": versions()}}


def versions() -> dict[str, str]:
    """Return the version of each library that takes part in a search."""
    return {name: importlib.metadata.version(name) for name in _LIBRARIES}


def _try(
    study: Study,
    binned: Sequence[BinnedRows],
    constraints: Sequence[int],
    asked: SearchAsked,
    seed: int,
    progress: Progress,
) -> None:
    """Try one candidate after the other until there are enough, or there is no time left."""
    began = asked.clock()
    for number, one in enumerate(study.trials):
        if len(one.found) > len(binned) or one.pruned == (len(one.found) == len(binned)) or not _declared(number, one):
            raise IntegrityError(
                f"The file of this search, {study.where}, holds trials of another one.",
                "Move it away, and train again: the search then begins anew.",
            )
    while (number := len(study.trials)) < asked.most:
        spent = asked.clock() - began
        if asked.minutes is not None and spent >= asked.minutes * 60 and number >= len(CANDIDATES):
            return
        given = study.ask(seed=seed, fixed=place(CANDIDATES[number]) if number < len(CANDIDATES) else None)
        candidate = candidate_of(number, given)
        found: list[Found] = []
        pruned = False
        for at, rows in enumerate(binned, 1):
            says = f"Searching: trial {number + 1:,}, fold {at} of {len(binned)}"
            progress(says, *_how_far(asked, number, spent))
            grown = train(candidate, rows, constraints=constraints)
            found.append((grown.average_precision, grown.log_loss, grown.rounds))
            pruned = at < len(binned) and falls_behind(
                [precision for precision, _, _ in found],
                [[precision for precision, _, _ in one.found] for one in study.trials],
            )
            if pruned:
                break
        study.tell(found, pruned=pruned)


def _how_far(asked: SearchAsked, number: int, spent: float) -> tuple[int, int]:
    """Return how much is done of how much: trials, or seconds where there is no number of them."""
    if asked.trials is None and asked.minutes is not None:
        return min(int(spent), int(asked.minutes * 60)), max(int(asked.minutes * 60), 1)
    return number, asked.most


def _declared(number: int, one: StudyTrial) -> bool:
    """Say whether one of the first trials is the declared candidate that it should be; of a later one, always."""
    return number >= len(CANDIDATES) or one.parameters == place(CANDIDATES[number])


def falls_behind(so_far: Sequence[float], earlier: Sequence[Sequence[float]]) -> bool:
    """Say whether a trial is to be left: its mean over the folds so far is below the median of the earlier trials'.

    Folds are not equally hard, so that only figures of the same folds are compared.

    Args:
        so_far: its average precision on each of the first folds, at least one.
        earlier: likewise of each earlier trial, on all folds or on the first ones.
    """
    same = [fmean(one[: len(so_far)]) for one in earlier if len(one) >= len(so_far)]
    return len(earlier) >= _PRUNED_FROM and bool(same) and fmean(so_far) < median(same)


def place(candidate: Candidate) -> dict[str, float]:
    """Return where in the search's space a declared candidate lies: LightGBM's own default where it says nothing."""
    unsaid = {"lambda_l2": 0.0, "feature_fraction": 1.0, "bagging_fraction": 1.0}
    said = {**unsaid, **candidate.parameters}
    return {name: said[name] for name in ("num_leaves", "learning_rate", "min_data_in_leaf", *unsaid)}


def candidate_of(number: int, parameters: Mapping[str, float]) -> Candidate:
    """Return the candidate of a trial; the first ones are those that are declared, by their names."""
    if number < len(CANDIDATES):
        return CANDIDATES[number]
    leaves, smallest = int(parameters["num_leaves"]), int(parameters["min_data_in_leaf"])
    plain = f"trees of at most {leaves} leaves with at least {smallest} rows each"
    given = {**parameters, "num_leaves": leaves, "min_data_in_leaf": smallest, "bagging_freq": 1}
    return Candidate(f"trial_{number + 1}", plain, given)


def _chosen(ended: Sequence[StudyTrial], whole: BinnedRows, constraints: Sequence[int], *, folds: int) -> Choice:
    compared = [_compared(number, one) for number, one in enumerate(ended)]
    on_all = sorted((one for one in compared if not one.pruned), key=lambda one: one.splits)
    best = train(simplest_within_one_error(on_all).candidate, whole, constraints=constraints)
    over = f"over {folds} folds" if folds else "on choose"
    by = f"within one standard error of the best mean average precision {over}, the one with the fewest splits"
    most = best_of_folds(compared)
    tried = tuple(
        {**one.as_json(most), "parameters": one.candidate.parameters, "splits": one.splits, "pruned": one.pruned}
        for one in compared
    )
    return Choice(best, by, tried, without_directions(best, whole, constraints))


def _compared(number: int, one: StudyTrial) -> Compared:
    precisions, losses, rounds = zip(*one.found, strict=True)
    return Compared(candidate_of(number, one.parameters), precisions, losses, rounds, one.pruned)
