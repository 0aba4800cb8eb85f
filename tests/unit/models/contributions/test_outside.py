"""Models that the kernel does not explain: LightGBM does, and it is said."""

from typing import Any

import lightgbm
import numpy as np
import pytest

from hub.errors import IntegrityError
from models.contributions.contributions import Contributions
from models.contributions.trees import OutsideError, read
from tests.factories.grown_trees import Leaf, Split, chance, text

ROWS = np.random.default_rng(0).normal(size=(300, 3))
OUTCOMES = (ROWS[:, 0] + ROWS[:, 1] > 0).astype(float)
KINDS = np.floor(np.abs(ROWS) * 2)
SPLIT = text([Split(0, 0.5, Leaf(1.0, 10), Split(1, -2.0, Leaf(0.5, 4), Leaf(-1.0, 3)))], 3)
UNREADABLE = "its text is not as LightGBM 4 writes it"


def trained(rows: np.ndarray, outcomes: np.ndarray, *, kinds: bool = False, **parameters: Any) -> str:
    """Return the text of a small model."""
    every = {"objective": "binary", "verbosity": -1, "num_threads": 1, "min_data_in_leaf": 5, "num_leaves": 7}
    data = lightgbm.Dataset(rows, outcomes, categorical_feature=[0, 1] if kinds else [])
    return lightgbm.train({**every, **parameters}, data, 5).model_to_string()


def test_categories() -> None:
    told(
        trained(KINDS, (KINDS[:, 0] % 2 == 0).astype(float), kinds=True, min_data_per_group=1), "it asks for categories"
    )


def test_averaged_trees() -> None:
    written = trained(ROWS, OUTCOMES, boosting="rf", bagging_freq=1, bagging_fraction=0.6)
    told(written, "its trees are averaged, not added")


def test_more_classes() -> None:
    written = trained(ROWS, np.arange(300) % 3, objective="multiclass", num_class=3)
    told(written, "it has more than two classes", rows=False)


def test_linear_trees() -> None:
    written = trained(ROWS, ROWS[:, 0], linear_tree=True, objective="regression")
    told(written, "its leaves are linear models", rows=False)
    with pytest.raises(IntegrityError, match="Neither the kernel nor LightGBM"):
        Contributions.of(written, lightgbm.Booster(model_str=written)).rows(ROWS)


def test_rows_that_do_not_add_up() -> None:
    told(SPLIT.replace("internal_count=17", "internal_count=18"), "the rows of a split are not those of its two sides")


def test_a_leaf_that_nobody_came_to() -> None:
    trees = [Split(0, 0.5, Leaf(1.0, 10), Split(1, -2.0, Leaf(0.5, 0), Leaf(-1.0, 3)))]
    with pytest.raises(OutsideError, match="the rows of a split"):
        read(text(trees, 3))


def test_a_path_of_too_many_indicators() -> None:
    generator = np.random.default_rng(0)
    for indicators, outside in ((200, ""), (201, "a path asks for more than 200 indicators")):
        tree = chance(generator, indicators, indicators, goes_on=0, pick=lambda level: level)
        found = Contributions.of(text([tree], indicators), lightgbm.Booster(model_str=text([tree], indicators)))
        assert found.outside == outside
    with pytest.raises(IntegrityError, match="do not add up"):  # LightGBM's own lose all digits there
        found.check(generator.normal(size=(20, 201)))


@pytest.mark.parametrize(
    ("line", "instead", "why"),
    [
        ("version=v4", "version=v3", UNREADABLE),
        ("version=v4\n", "", UNREADABLE),
        ("max_feature_idx=2", "max_feature_idx=x", UNREADABLE),
        ("max_feature_idx=2", "max_feature_idx=0", UNREADABLE),
        ("num_class=1\n", "", UNREADABLE),
        ("num_leaves=3", "num_leaves=4", UNREADABLE),
        ("num_leaves=3", "num_leaves=0", "a tree has no leaves"),
        ("num_cat=0", "num_cat=1", "it asks for categories"),
        ("is_linear=0\n", "", UNREADABLE),
        ("threshold=0.5 -2.0", "threshold=0.5", UNREADABLE),
        ("threshold=0.5 -2.0", "threshold=0.5 nan", "a threshold is no number"),
        ("threshold=0.5 -2.0", "threshold=0.5 two", UNREADABLE),
        ("decision_type=0 0", "decision_type=0 1", "it asks for categories"),
        ("decision_type=0 0", "decision_type=0 12", UNREADABLE),
        ("split_feature=0 1", "split_feature=0 3", UNREADABLE),
        ("split_feature=0 1", "split_feature=0 -1", UNREADABLE),
        ("left_child=-1 -2", "left_child=-1 1", UNREADABLE),
        ("left_child=-1 -2", "left_child=-1 0", UNREADABLE),
        ("left_child=-1 -2", "left_child=-1 -1", UNREADABLE),
        ("left_child=-1 -2", "left_child=-4 -2", UNREADABLE),
        ("right_child=1 -3", "right_child=2 -3", UNREADABLE),
        ("right_child=1 -3", "right_child=-3 -3", UNREADABLE),
        ("leaf_value=1.0 0.5 -1.0", "leaf_value=1.0 0.5 inf", "a leaf is not finite"),
        ("leaf_value=1.0 0.5 -1.0", "leaf_value=1.0 0.5", UNREADABLE),
        ("leaf_count=10 4 3", "leaf_count=10 4 99999999999999999999", UNREADABLE),
        ("leaf_count=10 4 3", "leaf_count=10 8 -1", "the rows of a split are not those of its two sides"),
        ("internal_count=17 7", "internal_count=17 8", "the rows of a split are not those of its two sides"),
    ],
)
def test_text_that_is_not_one_tree_after_another(line: str, instead: str, why: str) -> None:
    assert line in SPLIT
    assert len(read(SPLIT).threshold) == 2
    with pytest.raises(OutsideError, match=why):
        read(SPLIT.replace(line, instead))


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ("2 2 -3", "-1 -2 -4"),  # the second split below none, the third below two
        ("-1 1 -3", "2 -2 -4"),  # the second below itself
    ],
)
def test_splits_below_themselves_below_two_or_below_none(first: str, other: str) -> None:
    leaves = [Leaf(float(number), 2) for number in range(4)]
    written = text([Split(0, 0.5, Split(1, 0.5, leaves[0], leaves[1]), Split(2, 0.5, leaves[2], leaves[3]))], 3)
    assert len(read(written).threshold) == 3
    lines = {"left_child": first, "right_child": other, "internal_count": "4 4 4"}
    for line in written.splitlines():
        name = line.partition("=")[0]
        if name in lines:
            written = written.replace(line, f"{name}={lines[name]}")
    with pytest.raises(OutsideError, match=UNREADABLE):
        read(written)


def told(written: str, why: str, *, rows: bool = True) -> None:
    """Check that LightGBM's own contributions are given, and that it is said."""
    booster = lightgbm.Booster(model_str=written)
    found = Contributions.of(written, booster)
    assert found.said == f"LightGBM's own contributions, because {why}"
    if rows:
        found.check(ROWS[:4])
        np.testing.assert_array_equal(found.rows(ROWS), booster.predict(ROWS, pred_contrib=True))
        np.testing.assert_array_equal(found.rows(ROWS[:1]), booster.predict(ROWS[:1], pred_contrib=True))
        infinite = np.full((1, 3), np.inf)
        with pytest.raises(ValueError, match="infinite"):
            found.rows(infinite)
        np.testing.assert_array_equal(found.rows(infinite, infinite=True), booster.predict(infinite, pred_contrib=True))
