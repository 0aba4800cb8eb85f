"""Contributions against their definition on small trees, and against LightGBM's own and SHAP's on large ones."""

import dataclasses
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.explaining.explanations import shap_values
from hub.errors import IntegrityError
from models.bundle.forms import TreeForm
from models.bundle.model import Model
from models.contributions import kernel
from models.contributions.contributions import Contributions
from models.measuring.calibration import Calibration
from models.measuring.thresholds import BANDS, Thresholds
from tests.examples import examples
from tests.factories.grown_trees import MISSING, Leaf, Split, Tree, chance, rows_of_chance, text
from tests.factories.tree_forms import trees_of
from tests.oracles import shapley

INDICATORS = 4
NEAR_ZERO = [0.0, -0.0, 1e-36, -1e-36, shapley.ZERO, -shapley.ZERO, 1.1e-35, -1.1e-35]
THRESHOLDS = st.sampled_from([*NEAR_ZERO, -1.5, 0.5, math.nextafter(0.5, 1), 2.0, math.inf])
VALUES = st.one_of(THRESHOLDS, st.sampled_from([math.nan, -math.inf, math.nextafter(0.5, 0), 1e300, -1e300]))
LEAVES = st.builds(Leaf, st.floats(-4, 4), st.integers(1, 50))
TREES: st.SearchStrategy[Tree] = st.recursive(
    LEAVES,
    lambda sides: st.builds(
        Split, st.integers(0, INDICATORS - 1), THRESHOLDS, sides, sides, st.sampled_from(MISSING), st.booleans()
    ),
    max_leaves=12,
)


def explained(trees: Sequence[Tree], indicators: int) -> tuple[Contributions, Any]:
    """Return what is tested, and the booster, of some trees."""
    written = text(trees, indicators)
    booster = lightgbm.Booster(model_str=written)
    found = Contributions.of(written, booster)
    assert found.outside == ""
    return found, booster


def both_ways(found: Contributions, rows: np.ndarray) -> list[np.ndarray]:
    """Return the contributions of all rows side by side, and one by one."""
    many = np.vstack([rows] * (1 + 4 // len(rows)))
    alone = [found.rows(row[None], infinite=True) for row in rows]
    return [found.rows(many, infinite=True)[: len(rows)], np.vstack(alone)]


@settings(max_examples=examples(150))
@given(st.lists(TREES, min_size=1, max_size=3), st.lists(st.tuples(*[VALUES] * INDICATORS), min_size=1, max_size=3))
def test_they_are_what_the_definition_says(trees: list[Tree], rows: list[tuple[float, ...]]) -> None:
    found, booster = explained(trees, INDICATORS)
    matrix = np.array(rows)
    expected = np.array([shapley.values(trees, row) for row in rows])
    np.testing.assert_allclose(booster.predict(matrix, pred_contrib=True), expected, rtol=0, atol=1e-9)
    for given_ in both_ways(found, matrix):
        np.testing.assert_allclose(given_, expected, rtol=0, atol=1e-9)


LARGE = [  # trees, depth, indicators, chance that a side goes on
    (1, 4, 6, 1.0),
    (1000, 4, 150, 0.9),
    (300, 10, 150, 0.6),
    (40, 15, 5, 0.6),
    (30, 20, 30, 0.45),
    (20, 30, 60, 0.4),
    (10, 40, 3, 0.4),
    (10, 40, 200, 0.4),
]
LONGER = [
    (trees, depth, width, 0.45) for trees in (1, 100, 1000) for depth in (4, 12, 24, 40) for width in (4, 40, 300)
]


@pytest.mark.parametrize(
    ("trees", "depth", "indicators", "goes_on"),
    [*LARGE, *[pytest.param(*one, marks=pytest.mark.prove) for one in LONGER]],
)
def test_they_are_lightgbms_own(trees: int, depth: int, indicators: int, goes_on: float) -> None:
    generator = np.random.default_rng([trees, depth, indicators])
    grown = [chance(generator, indicators, depth, goes_on=goes_on) for _ in range(trees)]
    if trees > 1:
        grown[trees // 2] = Leaf(0.25, 70)
    found, booster = explained(grown, indicators)
    rows = rows_of_chance(generator, 9, indicators)
    expected = booster.predict(rows, pred_contrib=True)
    margins = booster.predict(rows, raw_score=True)
    for given_ in both_ways(found, rows):
        np.testing.assert_allclose(given_, expected, rtol=0, atol=1e-9)
        np.testing.assert_allclose(given_.sum(axis=1), margins, rtol=0, atol=1e-9)


@pytest.mark.parametrize("distinct", [1, 2, 8, 9, 15, 16, 17, 26, 27, 28])
def test_as_many_distinct_indicators_as_stand_on_a_path(distinct: int) -> None:
    trees, rows = with_long_paths(distinct, 4)
    found, booster = explained(trees, distinct)
    for given_ in both_ways(found, rows):
        np.testing.assert_allclose(given_, booster.predict(rows, pred_contrib=True), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "distinct", [3, 17, 33, *[pytest.param(one, marks=pytest.mark.prove) for one in (40, 64, 128)]]
)
def test_longer_paths_lose_no_digits_where_lightgbms_own_do(distinct: int) -> None:
    trees, rows = with_long_paths(distinct, 1)
    found, _ = explained(trees, distinct)
    expected = [shapley.exact_values(trees, row) for row in rows[:2]]
    for given_ in both_ways(found, rows[:2]):
        np.testing.assert_allclose(given_, expected, rtol=0, atol=1e-13)


def test_the_two_oracles_agree() -> None:
    generator = np.random.default_rng(3)
    for _ in range(10):
        trees = [chance(generator, INDICATORS, 5) for _ in range(2)]
        row = rows_of_chance(generator, 1, INDICATORS)[0]
        np.testing.assert_allclose(shapley.exact_values(trees, row), shapley.values(trees, row), rtol=0, atol=1e-12)


def with_long_paths(distinct: int, trees: int) -> tuple[list[Tree], np.ndarray]:
    """Return trees that ask for each indicator in turn, the first of them twice; the first row goes to the end."""
    generator = np.random.default_rng(distinct)
    grown = [
        chance(generator, distinct, distinct + 3, goes_on=0.05, pick=lambda level: level % distinct)
        for _ in range(trees)
    ]
    rows = rows_of_chance(generator, 6, distinct)
    at = grown[0]
    while isinstance(at, Split):
        longer = max((at.first, at.other), key=depth_of)
        rows[0, at.indicator] = -np.inf if longer is at.first else np.inf
        at = longer
    return grown, rows


def depth_of(tree: Tree) -> int:
    """Return how many splits are above the deepest leaf."""
    return 1 + max(depth_of(tree.first), depth_of(tree.other)) if isinstance(tree, Split) else 0


@pytest.mark.parametrize("trees", [[Leaf(0.5, 10)], [Leaf(0.5, 10), Leaf(-0.25, 1)]])
def test_trees_of_one_leaf_are_the_base_value(trees: list[Tree]) -> None:
    found, _ = explained(trees, 2)
    expected = [0.0, 0.0, sum(one.worth for one in trees if isinstance(one, Leaf))]
    np.testing.assert_array_equal(found.rows(np.zeros((1, 2))), [expected])
    np.testing.assert_array_equal(found.rows(np.zeros((9, 2))), [expected] * 9)


def grown_model(missing: float, zero_as_missing: bool) -> tuple[Model, np.ndarray]:
    """Return a model trained by LightGBM, and its rows."""
    generator = np.random.default_rng(7)
    rows = np.round(generator.normal(size=(600, 8)), 1)
    rows[generator.random(rows.shape) < missing] = np.nan
    outcomes = np.nan_to_num(rows[:, 0] * rows[:, 1] + rows[:, 2]) + generator.normal(size=600) > 0
    parameters = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": 1, "min_data_in_leaf": 5}
    parameters |= {"zero_as_missing": zero_as_missing}
    booster = lightgbm.train(parameters, lightgbm.Dataset(rows, outcomes, params=parameters), 30)
    thresholds = Thresholds(0.5, 0.2, 10, dict.fromkeys(BANDS, 1.0))
    names = booster.feature_name()
    return Model.parse(booster.model_to_string(), names, Calibration(1.0, 0.0), thresholds), rows


@pytest.mark.parametrize("zero_as_missing", [False, True])
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_they_are_lightgbms_own_on_what_it_trained(missing: float, zero_as_missing: bool) -> None:
    model, rows = grown_model(missing, zero_as_missing)
    with_missing = np.vstack([rows, rows_of_chance(np.random.default_rng(1), 50, 8)])
    expected = trees_of(model).booster.predict(with_missing, pred_contrib=True)
    for given_ in both_ways(trees_of(model).explained, with_missing):
        np.testing.assert_allclose(given_, expected, rtol=0, atol=1e-9)


def test_they_are_what_shaps_own_walk_gives() -> None:
    model, rows = grown_model(0.2, False)
    values, base = shap_values(model, rows)
    assert trees_of(model).explained.outside == ""
    np.testing.assert_allclose(model.contributions(rows)[:, :-1], values, rtol=0, atol=1e-9)
    np.testing.assert_allclose(model.contributions(rows)[:, -1], base, rtol=0, atol=1e-9)


def test_a_row_is_explained_alike_among_any_number_of_others() -> None:
    model, rows = grown_model(0.1, False)
    whole = model.contributions(rows)
    for count in (*range(20), 127, 128, 129, 300):
        np.testing.assert_allclose(model.contributions(rows[:count]), whole[:count], rtol=0, atol=1e-12)


def test_a_matrix_is_taken_however_it_lies_in_memory() -> None:
    model, rows = grown_model(0.1, False)
    whole, one = model.contributions(rows), model.contributions(rows[:1])
    short: Any = rows.astype(np.float32)
    other = np.array([rows, rows]).transpose(1, 2, 0)[:, :, 0]
    other.flags.writeable = False
    np.testing.assert_array_equal(model.contributions(other), whole)
    np.testing.assert_array_equal(model.contributions(other[:1]), one)
    np.testing.assert_array_equal(model.contributions(short), model.contributions(short.astype(float)))
    compiled: list[Any] = [kernel.few_rows, kernel.many_rows]
    assert [len(one.signatures) for one in compiled] == [1, 1], "nothing is compiled anew"


def test_threads_do_not_meet() -> None:
    model, rows = grown_model(0.1, False)
    whole = np.vstack([model.contributions(row[None]) for row in rows])
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda row: model.contributions(row[None]), rows))
        many = list(threads.map(model.contributions, [rows] * 8))
    np.testing.assert_array_equal(np.vstack(found), whole)
    assert all((one == many[0]).all() for one in many)


@pytest.mark.parametrize("shape", [(3,), (2, 7), (2, 9), (1, 2, 8)])
def test_a_matrix_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    model, _ = grown_model(0.0, False)
    with pytest.raises(ValueError, match="8 columns"):
        trees_of(model).explained.rows(np.zeros(shape))


@pytest.mark.parametrize("count", [1, 3, 4, 9, 300])
@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_an_infinite_indicator_is_refused_unless_it_may_be(count: int, value: float) -> None:
    model, rows = grown_model(0.1, False)
    rows = rows[:count].copy()
    rows[-1, 7] = value
    with pytest.raises(ValueError, match="infinite"):
        model.contributions(rows)
    expected = trees_of(model).booster.predict(rows, pred_contrib=True)
    np.testing.assert_allclose(trees_of(model).explained.rows(rows, infinite=True), expected, rtol=0, atol=1e-9)


def test_the_golden_rows_notice_contributions_of_another_model() -> None:
    found, booster = explained([Split(0, 0.5, Leaf(1.0, 10), Leaf(-1.0, 10))], 1)
    rows = np.array([[0.0], [1.0]])
    found.check(rows)
    for other, why in ((Leaf(-1.0, 11), "not those that LightGBM gives"), (Leaf(-2.0, 10), "do not add up")):
        with pytest.raises(IntegrityError, match=why):
            Contributions.of(text([Split(0, 0.5, Leaf(1.0, 10), other)], 1), booster).check(rows)


def test_a_model_is_checked_by_its_golden_rows() -> None:
    model, rows = grown_model(0.1, False)
    golden = {"rows": rows[:6], "probabilities": model.probabilities(rows[:6])}
    assert model.check_golden(golden) == 6
    other, _ = grown_model(0.2, True)
    booster = trees_of(model).booster
    form = TreeForm(booster, dataclasses.replace(trees_of(other).explained, booster=booster))
    mixed = dataclasses.replace(model, form=form)
    with pytest.raises(IntegrityError, match="contributions"):
        mixed.check_golden(golden)


def test_the_sums_of_very_long_paths_are_checked() -> None:
    trees, rows = with_long_paths(100, 2)
    found, booster = explained(trees, 100)
    assert np.abs(found.rows(rows, infinite=True) - booster.predict(rows, pred_contrib=True)).max() > 1e-9
    found.check(rows)
