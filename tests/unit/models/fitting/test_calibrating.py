"""Fitting and choosing a calibration: it rises strictly, and is the simplest that families held out bear out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from models.fitting import calibrating
from models.fitting.calibrating import choose, fit
from models.measuring.calibration import SMALLEST_SLOPE, CalibrationMethod, logit, sigmoid
from models.resampling import Codes, Floats
from tests.unit.models.measuring.test_calibration import drawn

MARGINS = st.lists(st.floats(-8, 8), min_size=4, max_size=60)
PLATT, ISOTONIC, VENN_ABERS = CalibrationMethod


@pytest.mark.parametrize("method", CalibrationMethod)
@given(MARGINS, st.data())
def test_probabilities_rise_with_the_margin(
    method: CalibrationMethod, margins: list[float], data: st.DataObject
) -> None:
    outcomes = np.array([1.0, 0.0] + [float(data.draw(st.booleans())) for _ in margins[2:]])
    found = fit(np.array(margins), outcomes, method)
    assert found.slope >= SMALLEST_SLOPE
    assert found.method is method
    inside = found.probabilities(np.sort(np.array([*margins, -1e9, 1e9])))
    assert np.all(np.diff(inside) >= 0)
    assert np.all((inside > 0) & (inside < 1))


@pytest.mark.parametrize("method", CalibrationMethod)
def test_whom_the_model_tells_apart_stay_apart(method: CalibrationMethod) -> None:
    margins, outcomes = drawn(700)
    asked = np.unique(np.r_[margins, np.linspace(-9, 9, 500)])
    assert np.all(np.diff(fit(margins, outcomes, method).log_odds(asked)) > 0)


def test_it_finds_what_outcomes_follow() -> None:
    margins, outcomes = drawn(60_000)
    found = fit(margins, outcomes)
    assert found.slope == pytest.approx(0.7, abs=0.03)
    assert found.intercept == pytest.approx(-1.5, abs=0.03)
    assert not found.floored


def test_a_margin_in_the_wrong_order_gives_nearly_equal_probabilities_and_says_so() -> None:
    margins, outcomes = drawn(2000, slope=-0.7)
    found = fit(margins, outcomes)
    assert found.floored
    assert found.slope == SMALLEST_SLOPE
    inside = found.probabilities(margins)
    assert inside.mean() == pytest.approx(outcomes.mean(), abs=0.002)
    assert np.ptp(inside) < 0.02


def test_a_perfect_separation_gives_no_certainties() -> None:
    margins = np.array([-2.0, -1.0, 1.0, 2.0] * 10)
    for method in CalibrationMethod:
        found = fit(margins, (margins > 0).astype(float), method)
        assert found.probabilities(np.array([2.0]))[0] < 0.999
        assert found.probabilities(np.array([-2.0]))[0] > 0.001


@pytest.mark.parametrize("seed", range(4))
def test_isotonic_shares_are_those_of_scikit_learn(seed: int) -> None:
    margins, outcomes = drawn(95, seed=seed)
    positives, negatives = outcomes.sum(), (1 - outcomes).sum()
    targets = np.where(outcomes > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    shares = np.round(IsotonicRegression().fit_transform(margins, targets), 12)
    bend = fit(margins, outcomes, ISOTONIC).bend
    assert bend is not None
    assert bend.log_odds == pytest.approx(logit(np.unique(shares)))
    centres = [margins[shares == one].mean() for one in np.unique(shares)]
    assert bend.margins == pytest.approx(centres)


@pytest.mark.parametrize("seed", range(3))
def test_venn_abers_is_two_isotonic_regressions_with_one_row_more(seed: int) -> None:
    margins, outcomes = drawn(60, seed=seed)
    found: list[float] = []
    for one in np.sort(margins):
        low, high = (
            IsotonicRegression().fit(np.r_[margins, one], np.r_[outcomes, label]).predict([one])[0] for label in (0, 1)
        )
        found.append(high / (1 - low + high))
    bend = fit(margins, outcomes, VENN_ABERS).bend
    assert bend is not None
    assert sigmoid(np.array(bend.log_odds)) == pytest.approx(np.unique(np.round(found, 9)), abs=1e-8)


def test_many_rows_are_taken_in_levels_that_keep_equal_margins_together() -> None:
    margins, outcomes = drawn(5_000)
    margins = np.round(margins, 1)
    margins[:900] = 0.5
    one = fit(margins, outcomes, ISOTONIC)
    again = np.argsort(np.random.default_rng(1).random(len(margins)))
    assert fit(margins[again], outcomes[again], ISOTONIC) == one
    many, with_ = drawn(5_000)
    assert len(calibrating._levels(many, with_)[0]) == 100
    at, reached, rows = calibrating._levels(np.r_[many, np.zeros(3_000)], np.r_[with_, np.ones(3_000)])
    assert (rows.sum(), reached.sum()) == (8_000, with_.sum() + 3_000)
    assert np.all(np.diff(at) > 0)
    assert rows.max() >= 3_000, "nobody with one margin is in two levels"


def _families(draw: np.random.Generator, rows: int) -> Codes:
    return np.sort(draw.integers(0, rows // 2, rows)).astype(np.intp)


def _bent(margins: Floats) -> Floats:
    return np.where(margins < 0, 0.1 * margins, 2.2 * margins) - 2.5


def test_a_line_that_is_true_is_kept_and_a_bend_that_many_show_is_found() -> None:
    straight: list[CalibrationMethod] = []
    bent: list[CalibrationMethod] = []
    few: list[CalibrationMethod] = []
    for seed in range(6):
        draw = np.random.default_rng(seed)
        margins = draw.normal(size=6_000) * 1.5
        chance = draw.random(len(margins))
        for chosen, log_odds, rows in (
            (straight, margins - 2.5, 6_000),
            (bent, _bent(margins), 6_000),
            (few, _bent(margins), 100),
        ):
            outcomes = (chance < sigmoid(log_odds)).astype(float)[:rows]
            found = choose(margins[:rows], outcomes, _families(draw, rows), seed=seed)
            assert found.record["chosen"] == found.calibration.method.value
            chosen.append(found.calibration.method)
    assert straight.count(PLATT) >= 5, straight
    assert bent.count(PLATT) == 0, bent
    assert few.count(PLATT) > bent.count(PLATT), few


def test_rows_that_are_repeated_within_families_show_nothing_more() -> None:
    draw, remembered = np.random.default_rng(4), 0
    for seed in range(6):
        families = np.repeat(np.arange(150), 20)
        margins = draw.normal(size=150) * 1.5
        outcomes = (draw.random(150) < sigmoid(margins - 1.5)).astype(float)
        given = margins[families], outcomes[families]
        assert choose(*given, families, seed=seed).calibration.method is PLATT
        remembered += choose(*given, np.arange(len(families)), seed=seed).calibration.method is not PLATT
    assert remembered >= 4, "taken as strangers, each row is judged by its own copies"


def test_it_says_what_each_method_lost_and_on_how_many_rows() -> None:
    margins, outcomes = drawn(1_200)
    said = choose(margins, outcomes, _families(np.random.default_rng(0), 1_200), seed=3).record
    assert [one["method"] for one in said["tried"]] == ["platt", "isotonic", "venn_abers"]
    assert min(one["more_than_best"]["value"] for one in said["tried"]) == 0
    assert {one["more_than_best"]["n"] for one in said["tried"]} == {said["rows"]} == {1_200}
    again = choose(margins, outcomes, _families(np.random.default_rng(0), 1_200), seed=3).record
    assert again == said


@pytest.mark.parametrize(
    ("with_outcome", "spread", "said"), [(3, 1.0, calibrating.TOO_FEW), (600, 0.0, calibrating.ALL_LEVEL)]
)
def test_where_nothing_can_be_compared_it_is_platt_scaling(with_outcome: int, spread: float, said: str) -> None:
    outcomes = np.r_[np.ones(with_outcome), np.zeros(1_200 - with_outcome)]
    margins = np.random.default_rng(6).normal(size=1_200) * spread
    found = choose(margins, outcomes, np.arange(1_200), seed=0)
    assert (found.calibration.method, found.record["by"]) == (PLATT, said)


def test_a_margin_in_the_wrong_order_stays_floored_platt_scaling() -> None:
    margins, outcomes = drawn(2000, slope=-0.7)
    found = choose(margins, outcomes, np.arange(2000), seed=0).calibration
    assert (found.method, found.floored) == (PLATT, True)


@pytest.mark.parametrize("scale", [1.0, 200.0, 500.0, 1e5, 1e6])
def test_a_margin_of_any_scale_gives_probabilities_that_hold(scale: float) -> None:
    margins, outcomes = drawn(2000)
    found = choose(margins * scale, outcomes, np.arange(2000), seed=0).calibration
    one = found.probabilities(margins * scale)
    assert np.isfinite([found.slope, found.intercept]).all()
    assert np.abs(one - sigmoid(0.7 * margins - 1.5)).mean() < 0.03
    assert np.isfinite(fit(margins * scale, outcomes).intercept)
