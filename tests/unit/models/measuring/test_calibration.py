"""Platt scaling: rising, strictly between 0 and 1, fitted as scikit-learn fits, honest when a margin says nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from hub.errors import IntegrityError
from models.measuring.calibration import SMALLEST_SLOPE, Calibration, fit, line, logit, shift, sigmoid
from models.measuring.ranking import Ranking
from models.resampling import Floats

MARGINS = st.lists(st.floats(-8, 8), min_size=4, max_size=60)


def drawn(rows: int = 3000, slope: float = 0.7, level: float = -1.5, seed: int = 1) -> tuple[Floats, Floats]:
    """Return margins, and outcomes that follow them with this slope and level."""
    draw = np.random.default_rng(seed)
    margins = draw.normal(size=rows) * 1.3
    return margins, (draw.random(rows) < sigmoid(slope * margins + level)).astype(float)


@given(MARGINS, st.data())
def test_probabilities_rise_with_the_margin(margins: list[float], data: st.DataObject) -> None:
    outcomes = np.array([1.0, 0.0] + [float(data.draw(st.booleans())) for _ in margins[2:]])
    found = fit(np.array(margins), outcomes)
    assert found.slope >= SMALLEST_SLOPE
    inside = found.probabilities(np.sort(np.array([*margins, -1e9, 1e9])))
    assert np.all(np.diff(inside) >= 0)
    assert np.all((inside > 0) & (inside < 1))


def test_it_finds_what_outcomes_follow() -> None:
    margins, outcomes = drawn(60_000)
    found = fit(margins, outcomes)
    assert found.slope == pytest.approx(0.7, abs=0.03)
    assert found.intercept == pytest.approx(-1.5, abs=0.03)
    assert not found.floored


@pytest.mark.parametrize("seed", range(5))
def test_line_is_an_unpenalised_logistic_regression(seed: int) -> None:
    margins, outcomes = drawn(400, seed=seed)
    times = np.random.default_rng(seed).integers(0, 3, len(margins)).astype(float)
    weights = np.vstack([np.ones(len(margins)), times])
    slope, level = line(margins, outcomes, weights)
    for row in range(2):
        oracle = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
        oracle.fit(margins[:, None], outcomes, sample_weight=weights[row])
        assert slope[row] == pytest.approx(oracle.coef_[0, 0], abs=1e-4)
        assert level[row] == pytest.approx(oracle.intercept_[0], abs=1e-4)
    again = line(margins, outcomes, weights, (slope[0], level[0]), 1e-4)
    np.testing.assert_allclose(again, (slope, level), atol=1e-6)


def test_shift_makes_expected_and_observed_equal() -> None:
    margins, outcomes = drawn(500)
    weights = np.vstack([np.ones(500), np.random.default_rng(0).integers(0, 3, 500)])
    for row, level in enumerate(shift(margins, outcomes, weights)):
        expected = weights[row] @ sigmoid(margins + level)
        assert expected == pytest.approx(weights[row] @ outcomes, rel=1e-9)


def test_a_perfect_separation_has_no_slope_but_platt_keeps_it_finite() -> None:
    margins = np.array([-2.0, -1.0, 1.0, 2.0] * 10)
    outcomes = (margins > 0).astype(float)
    assert np.isnan(line(margins, outcomes, np.ones((1, 40)))).all()
    assert np.isnan(shift(margins, np.ones(40), np.ones((1, 40)))).all(), "everybody has the outcome"
    found = fit(margins, outcomes)
    assert np.isfinite([found.slope, found.intercept]).all()
    assert found.probabilities(np.array([2.0]))[0] < 0.999


def test_a_margin_in_the_wrong_order_gives_nearly_equal_probabilities_and_says_so() -> None:
    margins, outcomes = drawn(2000, slope=-0.7)
    found = fit(margins, outcomes)
    assert found.floored
    assert found.slope == SMALLEST_SLOPE
    inside = found.probabilities(margins)
    assert inside.mean() == pytest.approx(outcomes.mean(), abs=0.002)
    assert np.ptp(inside) < 0.02


def test_json_and_back() -> None:
    found = fit(*drawn())
    assert Calibration.from_json(found.as_json()) == found


@pytest.mark.parametrize("change", [{"slope": 0.0}, {"slope": -1.0}, {"slope": float("nan")}, {"method": "isotonic"}])
def test_one_that_would_turn_the_order_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match="slope above 0"):
        Calibration.from_json({**fit(*drawn()).as_json(), **change})


@given(st.floats(1e-9, 1 - 1e-9))
def test_logit_is_the_inverse(probability: float) -> None:
    assert sigmoid(logit(np.array([probability])))[0] == pytest.approx(probability, rel=1e-6)


def test_the_order_stays_beyond_thirty_log_odds() -> None:
    margins = np.r_[np.linspace(-690, -20, 300), np.linspace(-19.9, 30, 200), [31.0, 32.0, 33.0, 34.0]]
    probabilities = sigmoid(margins)
    assert np.all(np.diff(probabilities) > 0)
    assert 0 < probabilities[0] < probabilities[-1] < 1
    outcomes = (np.random.default_rng(0).random(len(margins)) < 0.5).astype(float)
    ones = np.ones((1, len(margins)))
    assert Ranking(margins, outcomes).auc(ones) == Ranking(probabilities, outcomes).auc(ones), "to the bit"
    assert sigmoid(np.array([1e6]))[0] < 1
    assert sigmoid(np.array([-1e6]))[0] > 0
