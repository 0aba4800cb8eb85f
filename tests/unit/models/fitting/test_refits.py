"""Refits: on all rows they are the model, on some they are what would be learned from these."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import lightgbm
import numpy as np
import pytest

from hub.figures import NotComputed
from models.fitting import calibrating
from models.fitting.refits import Learner, Recipe, RefitRows, log_odds_of_refits, resampled
from models.matrices import Matrix
from models.measuring.calibration import CalibrationMethod
from models.measuring.stability import likely_ranges
from models.resampling import Codes, Floats
from tests.bench.instability import CLAIMED, Held, held, recipe, world

MADE = world(250, np.random.default_rng(3)).sample


def test_a_family_comes_with_all_its_rows_of_both_parts_or_with_none() -> None:
    train, choose = np.array([5, 5, 7, 9, 9, 9]), np.array([7, 7, 9, 11])
    for rows, again in resampled(train, choose, 40, seed=1):
        times = {**Counter(train[rows].tolist())}
        for row, many in Counter(rows.tolist()).items():
            assert times[train[row]] == many * (train == train[row]).sum()
        drawn = {family: times.get(family, 0) // max((train == family).sum(), 1) for family in (7, 9)}
        counted = Counter(choose[again].tolist())
        assert all(counted[family] == many * (choose == family).sum() for family, many in drawn.items())
    assert len({tuple(rows) for rows, _ in resampled(train, choose, 40, seed=1)}) > 10


@pytest.mark.parametrize("shape", CLAIMED)
def test_a_refit_on_repeated_rows_is_a_model_of_these_rows(shape: str) -> None:
    how, train = recipe(shape), MADE.train
    rows = np.sort(np.random.default_rng(2).integers(0, len(train.outcomes), len(train.outcomes)))
    found = Learner.of(how, train)(rows, MADE.choose, seed=4).log_odds(MADE.test.values)
    margins: Callable[[Floats], Floats]
    if shape == "logistic":
        margins = Learner.of(how, train.take(rows))(np.arange(len(rows)), MADE.choose, seed=4).form.margins
    else:
        bins = lightgbm.Dataset(train.values, train.outcomes, params=how.of_trees(4)).construct()
        these = lightgbm.Dataset(train.values[rows], train.outcomes[rows], reference=bins, params=how.of_trees(4))
        booster = lightgbm.train(how.of_trees(4), these, num_boost_round=how.rounds)
        margins = partial(_margins, booster)
    platt = calibrating.fit(margins(MADE.choose.values), MADE.choose.outcomes)
    assert found == pytest.approx(platt.slope * margins(MADE.test.values) + platt.intercept, abs=1e-9)


@pytest.mark.parametrize("method", CalibrationMethod)
def test_a_refit_is_calibrated_as_the_model_is(method: CalibrationMethod) -> None:
    how = replace(recipe("stumps"), calibration=method)
    made = Learner.of(how, MADE.train)(np.arange(len(MADE.train.outcomes)), MADE.choose, seed=4)
    margins = made.form.margins(MADE.choose.values)
    assert made.calibration == calibrating.fit(margins, MADE.choose.outcomes, method)
    assert made.calibration.method is method


def test_a_resample_without_the_outcome_is_left_out_and_equal_seeds_give_equal_refits() -> None:
    few = _with_outcomes(MADE.train, 1)
    sample = RefitRows(few, MADE.choose, MADE.test, MADE.families)
    found = log_odds_of_refits(recipe("logistic"), sample, 12, seed=0)
    assert 0 < len(found) < 12
    again = log_odds_of_refits(recipe("logistic"), MADE, 3, seed=5)
    assert np.array_equal(again, log_odds_of_refits(recipe("logistic"), MADE, 3, seed=5))
    assert len(log_odds_of_refits(recipe("logistic"), MADE, 30, seed=5, more=lambda done: done < 2)) == 2
    nobody = log_odds_of_refits(recipe("logistic"), RefitRows(_with_outcomes(few, 0), *_rest()), 2, seed=0)
    assert nobody.shape == (0, len(MADE.test.outcomes))
    assert isinstance(likely_ranges(nobody.sum(axis=0), nobody, MADE.test.people), NotComputed)


def test_some_of_the_indicators_keep_their_directions() -> None:
    how = Recipe(recipe("stumps").algorithm, {}, 1, (1, 0, -1, 1)).only([0, 2])
    assert how.of_trees(3) == {"monotone_constraints": [1, -1], "seed": 3}


@pytest.mark.prove
@pytest.mark.parametrize("shape", CLAIMED)
def test_other_models_are_in_the_ranges_as_often_as_is_said(shape: str) -> None:
    found = [held(shape, 700, 20, 6, seed) for seed in range(10)]
    assert 0.92 <= _mean(found, "others") <= 0.99
    assert _mean(found, "around_the_model") < 0.85  # what a bootstrap around the model would have claimed


@pytest.mark.prove
def test_what_all_models_have_wrong_no_range_shows() -> None:
    found = [held("few_stumps", 700, 20, 6, seed) for seed in range(8)]
    assert _mean(found, "others") > 0.9
    assert _mean(found, "truth") < 0.8


def _mean(found: list[Held], name: str) -> float:
    return float(np.mean([getattr(one, name) for one in found]))


def _margins(booster: Any, values: Floats) -> Floats:
    return np.asarray(booster.predict(values, raw_score=True), dtype=np.float64)


def _rest() -> tuple[Matrix, Matrix, tuple[Codes, Codes]]:
    return MADE.choose, MADE.test, MADE.families


def _with_outcomes(matrix: Matrix, many: int) -> Matrix:
    outcomes = np.zeros(len(matrix.outcomes))
    outcomes[:many] = 1
    return Matrix(matrix.names, matrix.values, outcomes, matrix.days, matrix.people, matrix.families, matrix.followed)
