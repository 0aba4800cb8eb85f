"""SHAP's own walk through the trees gives what is served; a model that differs is told."""

import lightgbm
import numpy as np
import pytest

from audits.explaining import explanations
from audits.explaining.explanations import direction, explain
from hub.figures import Figure
from models.bundle.model import Model
from models.matrices import Matrix
from models.measuring.calibration import Calibration
from models.measuring.thresholds import BANDS, Thresholds
from models.resampling import Floats
from tests.factories.use_cases import indicator

NEED = indicator("need", plain="How much is needed")
HELP = indicator("help", plain="How much help there is", kind="protective", direction="lowers")
UNUSED = indicator("unused", plain="A number that nobody needs", direction="unknown")
WRONG = indicator("wrong", plain="A number expected to lower", direction="lowers")
INDICATORS = (NEED, HELP, UNUSED, WRONG)


@pytest.fixture(scope="module")
def rows() -> Matrix:
    """Return 600 rows of 300 people, some without a number."""
    rng = np.random.default_rng(2)
    values = rng.integers(0, 8, (600, 4)).astype(float)
    values[:, 2] = 1.0
    values[rng.random((600, 4)) < 0.1] = np.nan
    days = np.full(600, np.datetime64("2024-01-01"))
    people = np.arange(600) // 2
    return Matrix(
        tuple(one.name for one in INDICATORS), values, np.zeros(600), days, people, people, np.ones(600, dtype=np.bool_)
    )


@pytest.fixture(scope="module")
def model(rows: Matrix) -> Model:
    """Return a model that knows what raises and what lowers."""
    rng = np.random.default_rng(3)
    known = np.nan_to_num(rows.values)
    logit = known[:, 0] - known[:, 1] + 0.5 * known[:, 3] - 1
    outcome = rng.random(600) < 1 / (1 + np.exp(-logit))
    data = lightgbm.Dataset(rows.values, outcome, feature_name=list(rows.names))
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": 1, "min_data_in_leaf": 10}
    text = lightgbm.train(settings, data, 40).model_to_string()
    thresholds = Thresholds(0.5, 0.2, 10, dict.fromkeys(BANDS, 1.0))
    return Model.parse(text, rows.names, Calibration(1.0, 0.0), thresholds)


def test_two_programs_agree_and_the_parts_add_up(model: Model, rows: Matrix) -> None:
    found = explain(model, INDICATORS, rows, seed=1)
    assert found.sound
    assert 0 < found.agreement < 1e-9  # exactly 0 would mean that one program was compared with itself
    assert found.additivity < 1e-9
    assert (found.rows, found.people) == (600, 300)


def test_shares_add_up_and_directions_are_found(model: Model, rows: Matrix) -> None:
    found = explain(model, INDICATORS, rows, seed=1)
    by_name = {one.indicator.name: one for one in found.weights}
    shares = [one.share for one in found.weights]
    assert all(isinstance(one, Figure) for one in shares)
    values = [one.share.value for one in found.weights if isinstance(one.share, Figure)]
    assert sum(values) == pytest.approx(1)
    assert values == sorted(values, reverse=True)
    assert (by_name["need"].found, by_name["need"].as_expected) == ("raises", True)
    assert (by_name["help"].found, by_name["help"].as_expected) == ("lowers", True)
    assert (by_name["wrong"].found, by_name["wrong"].as_expected) == ("raises", False)
    assert by_name["unused"].as_expected is None


class OtherReasons(Model):
    """A model that serves one contribution wrongly."""

    def contributions(self, matrix: Floats) -> Floats:
        """Return contributions of which one is a little too large."""
        found = super().contributions(matrix)
        found[3, 1] += 0.01
        return found


def test_a_served_contribution_that_differs_is_told(model: Model, rows: Matrix) -> None:
    other = OtherReasons(model.names, model.calibration, model.thresholds, model.form)
    found = explain(other, INDICATORS, rows, seed=1)
    assert not found.sound
    assert found.agreement == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("numbers", "contributions", "said"),
    [
        ([1, 2, 3, 4], [0.1, 0.2, 0.3, 0.4], "raises"),
        ([1, 2, 3, 4], [0.4, 0.3, 0.2, 0.1], "lowers"),
        ([1, 2, 3, 4], [0.1, 0.4, 0.4, 0.1], "mixed"),
        ([1, 2, 3, 4], [0, 0, 0, 0], "not used"),
        ([1, 1, np.nan, np.nan], [0.1, 0.1, 0.3, 0.3], "mixed"),
        ([1, 2, np.nan, 4], [0.1, 0.2, 9.0, 0.4], "raises"),
    ],
)
def test_direction(numbers: list[float], contributions: list[float], said: str) -> None:
    assert direction(np.array(numbers, dtype=float), np.array(contributions, dtype=float)) == said


def test_the_sample_is_drawn_once_for_a_seed(rows: Matrix) -> None:
    one, again, other = (explanations.sample(rows, seed=seed, rows=50) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.values, again.values)
    assert not np.array_equal(one.values, other.values, equal_nan=True)
    assert len(one.values) == 50
    assert len(explanations.sample(rows, seed=1).values) == 600
