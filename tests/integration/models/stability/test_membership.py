"""Who was learned from: told where a model remembers, a coin where it cannot, and the smallest leaf counted."""

from dataclasses import replace

import numpy as np
import pytest

from hub.workspace import Workspace
from models.bundle.forms import TreeForm
from models.figures import Figure
from models.fitting.chosen import Algorithm
from models.fitting.fitting import fit
from models.stability.membership import Membership, membership
from models.stability.subjects import Subject
from tests.factories.bundles import published
from tests.factories.feature_sets import feature_set

KEEN = {"num_leaves": 60, "min_data_in_leaf": 2, "learning_rate": 0.3, "lambda_l2": 0.0}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("workspace"))


def subject(place: Workspace, algorithm: Algorithm, signal: float = 1.0) -> Subject:
    """Return a bundle of some hundred people, two a family."""
    features = feature_set(place, people=900, siblings=2, signal=signal)
    return Subject.of(published(place, fit(features, algorithm=algorithm).contents), features)


def test_a_model_that_remembers_is_found_out_and_a_cautious_one_is_not(place: Workspace) -> None:
    cautious = subject(place, Algorithm.LOGISTIC)
    said = membership(cautious)
    assert isinstance(said.auc, Figure)
    assert said.auc.low <= 0.55
    assert said.smallest_leaf is None
    trees = subject(place, Algorithm.LIGHTGBM)
    recipe = replace(trees.recipe, parameters={**trees.recipe.parameters, **KEEN}, rounds=80)
    keen = Subject(trees.bundle, trees.model, trees.feature_set, trees.parted)
    keen.__dict__["recipe"] = recipe
    found = membership(keen)
    ordinary = membership(trees)
    assert isinstance(found.with_outcome, Figure)
    assert isinstance(ordinary.with_outcome, Figure)
    assert found.with_outcome.low > 0.7, "the few with the outcome are remembered"
    assert found.told
    assert ordinary.with_outcome.high < found.with_outcome.low
    assert ordinary.as_json() == membership(trees).as_json(), "equal seeds give equal figures"
    _check_smallest_leaf(trees, ordinary)


def test_where_little_can_be_learned_hardly_anything_is_given_away(place: Workspace) -> None:
    found = membership(subject(place, Algorithm.POINTS, signal=0.5))
    assert isinstance(found.auc, Figure)
    assert found.auc.low <= 0.5 + 1e-9 or found.auc.value < 0.55
    assert not found.told or found.auc.value > 0.55


def _check_smallest_leaf(made: Subject, said: Membership) -> None:
    form, train = made.model.form, made.rows.train
    assert isinstance(form, TreeForm)
    leaves = np.asarray(form.booster.predict(train.values, pred_leaf=True)).reshape(len(train.values), -1)
    fewest = min(
        len({*train.people[leaves[:, tree] == leaf].tolist()})
        for tree in range(leaves.shape[1])
        for leaf in {*leaves[:, tree].tolist()}
    )
    assert said.smallest_leaf == fewest
