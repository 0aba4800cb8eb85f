"""Lines of log-odds as scikit-learn fits them, and what a calibration is when it is written down."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from hub.errors import IntegrityError
from models.measuring.calibration import Bend, Calibration, CalibrationMethod, line, logit, shift, sigmoid
from models.measuring.ranking import Ranking
from models.resampling import Floats


def drawn(rows: int = 3000, slope: float = 0.7, level: float = -1.5, seed: int = 1) -> tuple[Floats, Floats]:
    """Return margins, and outcomes that follow them with this slope and level."""
    draw = np.random.default_rng(seed)
    margins = draw.normal(size=rows) * 1.3
    return margins, (draw.random(rows) < sigmoid(slope * margins + level)).astype(float)


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


def test_a_perfect_separation_has_no_slope() -> None:
    margins = np.array([-2.0, -1.0, 1.0, 2.0] * 10)
    outcomes = (margins > 0).astype(float)
    assert np.isnan(line(margins, outcomes, np.ones((1, 40)))).all()
    assert np.isnan(shift(margins, np.ones(40), np.ones((1, 40)))).all(), "everybody has the outcome"


BENT = Calibration(0.9, -0.1, False, Bend(CalibrationMethod.ISOTONIC, (-1.0, 0.5), (-2.0, -1.0)))


@pytest.mark.parametrize("found", [Calibration(0.7, -1.5), Calibration(0.01, 0.0, floored=True), BENT])
def test_json_and_back(found: Calibration) -> None:
    assert Calibration.from_json(json.loads(json.dumps(found.as_json()))) == found


def test_a_bend_is_a_line_through_its_points_and_rises_beyond_them() -> None:
    at = np.array([-2.0, -1.0, -0.25, 0.5, 3.5])
    assert BENT.log_odds(at) == pytest.approx(0.9 * np.array([-2.01, -2.0, -1.5, -1.0, -0.97]) - 0.1)


def test_the_last_bit_of_a_margin_never_turns_two_round() -> None:
    """Where log-odds are near 0 after a steep rise, a line by numpy's interp passes its own end by a bit."""
    draw, by_interp = np.random.default_rng(1), 0
    for _ in range(500):
        points, log_odds = np.sort(draw.normal(size=3)), np.sort(np.r_[draw.normal(size=2) - 2, draw.normal() / 50])
        bend = Bend(CalibrationMethod.VENN_ABERS, tuple(points.tolist()), tuple(log_odds.tolist()))
        asked = np.sort(np.concatenate([point + np.arange(-30, 31) * np.spacing(point) for point in points]))
        assert np.all(np.diff(bend.at(asked)) >= 0)
        beyond = 0.01 * (asked - np.clip(asked, points[0], points[-1]))
        assert bend.at(asked) == pytest.approx(np.interp(asked, points, log_odds) + beyond, abs=1e-12)
        by_interp += bool((np.diff(np.interp(asked, points, log_odds) + beyond) < 0).any())
    assert by_interp > 0, "else this shows nothing"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"slope": 0.0}, "turn the order"),
        ({"slope": -1.0}, "turn the order"),
        ({"slope": float("nan")}, "turn the order"),
        ({"slope": float("inf")}, "turn the order"),
        ({"intercept": float("nan")}, "turn the order"),
        ({"intercept": None}, "none that can be read"),
        ({"method": "guess"}, "none that can be read"),
        ({"method": "venn_abers", "points": []}, "none that can be read"),
        ({"points": [[0, 0], [1, 0]]}, "none that can be read"),
        ({"points": [[0, 0], [0, 1]]}, "none that can be read"),
        ({"points": [[0, 0], [1, float("inf")]]}, "none that can be read"),
        ({"points": [[0], [1]]}, "none that can be read"),
        ({"points": "ab"}, "none that can be read"),
        ({"points": None}, "none that can be read"),
    ],
)
def test_one_that_would_turn_the_order_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(IntegrityError, match=said):
        Calibration.from_json({**BENT.as_json(), **change})


@given(st.floats(1e-9, 1 - 1e-9))
def test_logit_is_the_inverse(probability: float) -> None:
    assert sigmoid(logit(np.array([probability])))[0] == pytest.approx(probability, rel=1e-6)


def test_a_larger_number_never_has_a_smaller_probability_also_in_the_last_bit() -> None:
    for start in (-690.0, -30.0, -1.0, -1e-9, 0.5, 20.0, 35.0):
        neighbours = [start]
        for _ in range(3_000):
            neighbours.append(float(np.nextafter(neighbours[-1], np.inf)))
        assert np.all(np.diff(sigmoid(np.array(neighbours))) >= 0), start


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
