"""A chosen model learned anew from other rows, or other columns: same algorithm, parameters and number of trees.

    recipe = Recipe.of(bundle.facts, directions)
    learn = Learner.of(recipe, train)                        # trees: the numbers are put into bins once
    refit = learn(rows, choose, rows_of_choose, seed=1)      # rows may repeat
    refit.log_odds(test.values)
    log_odds_of_refits(recipe, sample, 20, seed=0, ...)      # shape (20, test rows): each from a resample of families

Nothing is chosen anew: how far a choice would move on other families is another question.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from hub.progress import Progress, silent
from models.bundle.bundle_facts import BundleFacts
from models.bundle.forms import TreeForm
from models.bundle.model import Model
from models.figures import NotComputed
from models.fitting import calibrating, logistic, points
from models.fitting.chosen import Algorithm, Chosen
from models.fitting.parted import Parted
from models.matrices import Matrix
from models.measuring import importance
from models.measuring.calibration import Calibration, CalibrationMethod
from models.measuring.stability import LikelyRanges, likely_ranges
from models.resampling import Codes, Floats, codes, draws
from models.splits import Rows

IN_TRAINING = 10
"""Refits in every training: each takes as long as its rows are many, and ranges from 10 or 20 hold equally often."""
_EXPLAINED = 1_000
"""Test rows on which refits say what they go by."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the chosen model was made.

    Attributes:
        algorithm: what is fitted.
        parameters: with what.
        rounds: trees; 0 where there are none.
        constraints: 1, -1 or 0 for each indicator: it may only raise, only lower, or is free.
        calibration: how probabilities are made from margins.
    """

    algorithm: Algorithm
    parameters: Mapping[str, Any]
    rounds: int
    constraints: tuple[int, ...]
    calibration: CalibrationMethod = CalibrationMethod.PLATT

    @classmethod
    def of(cls, made: Chosen | BundleFacts, constraints: Sequence[int], calibration: CalibrationMethod) -> "Recipe":
        """Return the recipe of what a training chose, or of a bundle; of trees the directions are among parameters."""
        signs: Any = made.parameters.get("monotone_constraints", constraints)
        return cls(Algorithm(made.algorithm), dict(made.parameters), made.rounds, tuple(signs), calibration)

    def only(self, kept: Sequence[int]) -> "Recipe":
        """Return the same for some of the indicators, by their places."""
        return replace(self, constraints=tuple(self.constraints[at] for at in kept))

    def of_trees(self, seed: int) -> dict[str, Any]:
        """Return LightGBM's parameters."""
        return {**self.parameters, "monotone_constraints": list(self.constraints), "seed": seed}


class RefitForm(Protocol):
    """What was learned anew, before calibration."""

    def margins(self, matrix: Floats) -> Floats:
        """Return log-odds, shape (rows,)."""

    def contributions(self, matrix: Floats) -> Floats:
        """Return what each indicator adds, shape (rows, indicators + 1); the last column is the base."""


@dataclass(frozen=True, slots=True)
class _Grown:
    """Trees of LightGBM that are asked for contributions hardly ever."""

    booster: Any
    names: tuple[str, ...]

    def margins(self, matrix: Floats) -> Floats:
        return np.asarray(self.booster.predict(matrix, raw_score=True, num_threads=1), dtype=np.float64)

    def contributions(self, matrix: Floats) -> Floats:
        return TreeForm.parse(self.booster.model_to_string(), self.names).contributions(matrix)


@dataclass(frozen=True, slots=True)
class Refit:
    """A model learned anew: from numbers to margins, and from these to log-odds after calibration."""

    form: RefitForm
    calibration: Calibration

    def log_odds(self, values: Floats) -> Floats:
        """Return log-odds after calibration, shape (rows,)."""
        return self.calibration.log_odds(self.form.margins(values))


@dataclass(frozen=True)
class Learner:
    """Learns a recipe anew from any of the rows of `train`, each as often as it is named."""

    recipe: Recipe
    train: Matrix
    binned: Any

    @classmethod
    def of(cls, recipe: Recipe, train: Matrix) -> "Learner":
        """Return the learner of these rows; LightGBM puts their numbers into bins once, for all refits."""
        if recipe.algorithm is not Algorithm.LIGHTGBM:
            return cls(recipe, train, None)
        import lightgbm

        rows = lightgbm.Dataset(
            train.values,
            train.outcomes,
            feature_name=list(train.names),
            params=recipe.of_trees(0),
            free_raw_data=False,
        )
        return cls(recipe, train, rows.construct())

    def __call__(self, rows: Rows, choose: Matrix, again: Rows | None = None, *, seed: int = 0) -> Refit:
        """Learn anew.

        Args:
            rows: rows of `train`, each as often as it is learned from; both outcomes occur.
            choose: rows that calibrate.
            again: which of those, each as often as it counts; None: each once.
            seed: of the sampling of rows and indicators.
        """
        form = self._learned(rows, seed)
        on_choose = form.margins(choose.values)
        if again is None:
            again = np.arange(len(on_choose))
        method = self.recipe.calibration
        return Refit(form, calibrating.fit(on_choose[again], choose.outcomes[again], method))

    def _learned(self, rows: Rows, seed: int) -> RefitForm:
        recipe = self.recipe
        if recipe.algorithm is Algorithm.LOGISTIC:
            return logistic.at(self.train.take(rows), recipe.constraints, float(recipe.parameters["C"]))
        if recipe.algorithm is Algorithm.POINTS:
            return points.card(self.train.take(rows), recipe.constraints, int(recipe.parameters["indicators"]))
        import lightgbm

        these = self.binned.subset(np.sort(rows).tolist())
        booster = lightgbm.train(recipe.of_trees(seed), these, num_boost_round=recipe.rounds)
        return _Grown(booster, self.train.names)


def resampled(train: Codes, choose: Codes, resamples: int, seed: int) -> Iterator[tuple[Rows, Rows]]:
    """Draw families with replacement, and yield the rows of `train` and `choose` that come with them, repeated.

    A family comes with its rows of both parts, as it would in another county.

    Args:
        train: the family of each row of `train`; equal numbers are the same family in both.
        choose: that of each row of `choose`.
        resamples: how many.
        seed: equal seeds draw the same.
    """
    together = codes(np.r_[train, choose])
    of_train, of_choose = together[: len(train)], together[len(train) :]
    for counts in draws(int(together.max()) + 1, resamples, seed):
        for one in counts.astype(np.intp):
            yield _as_often(of_train, one), _as_often(of_choose, one)


def _as_often(families: Codes, times: Codes) -> Rows:
    """Return each row as often as its family was drawn."""
    return np.repeat(np.arange(len(families)), times[families])


@dataclass(frozen=True, slots=True)
class RefitRows:
    """The rows of the three parts, and the families of those that are resampled.

    Attributes:
        train: rows to learn from.
        choose: rows to calibrate on.
        test: rows that are asked about.
        families: the family of each row of `train` and of `choose`, the same number in both.
    """

    train: Matrix
    choose: Matrix
    test: Matrix
    families: tuple[Codes, Codes]

    @classmethod
    def of(cls, parted: Parted) -> "RefitRows":
        """Return the rows of a feature set by their parts."""
        whose = parted.families("train"), parted.families("choose")
        return cls(parted.train, parted.choose, parted.test, whose)


def _always(_: int) -> bool:
    return True


def log_odds_of_refits(
    recipe: Recipe,
    sample: RefitRows,
    refits: int,
    *,
    seed: int,
    more: Callable[[int], bool] = _always,
    seen: Callable[[Refit], object] | None = None,
    progress: Progress = silent,
) -> Floats:
    """Learn anew from resamples of families and return what each refit says of the test rows.

    A resample in which nobody (or everybody) has the outcome teaches nothing and is left out.

    Args:
        recipe: how.
        sample: from what.
        refits: how many at most.
        seed: of the families drawn and of the refits' own sampling.
        more: asked with the number of refits done whether there is time for another one.
        seen: told of each refit.
        progress: told of each.

    Returns:
        Log-odds after calibration, shape (refits, test rows).
    """
    learn, found = Learner.of(recipe, sample.train), []
    for number, (rows, again) in enumerate(resampled(*sample.families, refits, seed)):
        progress("Learning anew from resampled families", number, refits)
        outcomes = sample.train.outcomes[rows], sample.choose.outcomes[again]
        if all(len(one) and 0 < one.sum() < len(one) for one in outcomes):
            refit = learn(rows, sample.choose, again, seed=seed + 1 + number)
            found.append(refit.log_odds(sample.test.values))
            if seen is not None:
                seen(refit)
        if not more(number + 1):
            break
    return np.array(found).reshape(len(found), len(sample.test.values))


def stability_of(
    recipe: Recipe, parted: Parted, model: Model, *, seed: int, progress: Progress
) -> tuple[LikelyRanges | NotComputed, Floats]:
    """Return how far a model's probabilities would move, and what its refits go by.

    It takes `IN_TRAINING` refits.

    Args:
        recipe: how the model was made.
        parted: from which rows.
        model: the model.
        seed: of the families drawn.
        progress: told of each refit.

    Returns:
        What a bundle keeps of the first; and the mean absolute contribution of each indicator in each refit, on some
        test rows, shape (refits, indicators).
    """
    sample, sizes = RefitRows.of(parted), []
    some = sample.test.values[importance.some_rows(len(sample.test.values), seed=seed)[:_EXPLAINED]]

    def seen(refit: Refit) -> None:
        sizes.append(importance.mean_sizes(refit.form.contributions(some)))

    found = log_odds_of_refits(recipe, sample, IN_TRAINING, seed=seed, seen=seen, progress=progress)
    own = model.calibration.log_odds(model.margins(sample.test.values))
    return likely_ranges(own, found, sample.test.people), np.array(sizes).reshape(len(sizes), len(model.names))
