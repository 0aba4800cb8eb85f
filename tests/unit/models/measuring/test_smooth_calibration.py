"""The smooth curve: against a slow fit of each line, what its band holds, how far a perfect model seems off."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.figures import Figure, NotComputed
from models.measuring.calibration import logit, sigmoid
from models.measuring.metrics import JudgedRows
from models.measuring.smooth_calibration import NO_INTERVAL, Distance, distance_of, measure
from models.resampling import Floats
from tests.examples import examples


def drawn(
    families: int, draw: np.random.Generator, *, alike: float = 0.4, turned: float = 0.0
) -> tuple[JudgedRows, Floats]:
    """Return families of one to four and probabilities that are true, or too far apart and too high by `turned`.

    Children of a family have scores that are alike and, beyond these, outcomes that are alike.
    """
    whose = np.repeat(np.arange(families), draw.integers(1, 5, families))
    rows = len(whose)
    score = 0.7 * draw.normal(size=families)[whose] + 0.7 * draw.normal(size=rows)
    # The logistic law of the rows' own part and the normal one of the families' are near enough to a probit.
    latent = np.sqrt(alike) * draw.normal(size=families)[whose] + np.sqrt(1 - alike) * draw.normal(size=rows)
    true = true_of(score)
    outcomes = (_normal_share(latent) < true).astype(np.float64)
    case = JudgedRows(outcomes, np.arange(rows), whose, np.zeros(rows, dtype=np.intp), 10)
    return case, sigmoid(logit(true) * (1 + turned) + turned)


def true_of(score: Floats) -> Floats:
    return sigmoid(1.5 * score - 2.2)


def _normal_share(values: Floats) -> Floats:
    from scipy.special import ndtr

    return np.asarray(ndtr(values), dtype=np.float64)


def slow(case: JudgedRows, probabilities: Floats) -> Floats:
    """Return the curve at each row by a weighted least-squares line of its own, without bins."""
    x = logit(probabilities)
    x = np.clip(x, *np.quantile(x, (0.002, 0.998)))
    width = x.std() * min(case.outcomes.sum(), (1 - case.outcomes).sum()) ** (-1 / 5)
    found = []
    for at in x:
        weight = np.sqrt(np.exp(-(((x - at) / width) ** 2) / 2))
        columns = np.column_stack([np.ones(len(x)), (x - at) / width])
        height = np.linalg.lstsq(columns * weight[:, None], (case.outcomes - probabilities) * weight, rcond=None)[0]
        found.append(height[0])
    return np.array(found)


@settings(max_examples=examples(15))
@given(seed=st.integers(0, 10_000))
def test_the_curve_is_that_of_a_line_near_each_point(seed: int) -> None:
    case, probabilities = drawn(120, np.random.default_rng(seed), turned=0.3)
    off = slow(case, probabilities)
    found = measure(case, probabilities, resamples=5)
    if isinstance(found.ici, NotComputed):
        return
    assert isinstance(found.e90, Distance)
    assert found.ici.value == pytest.approx(np.abs(off).mean(), rel=0.05, abs=2e-3)
    assert found.e90.value == pytest.approx(np.quantile(np.abs(off), 0.9), rel=0.1, abs=6e-3)
    order = np.argsort(probabilities)
    for point in found.points:
        if isinstance(point.observed, Figure):
            height = np.interp(point.expected, probabilities[order], off[order])
            assert point.observed.value == pytest.approx(max(point.expected + height, 0.0), abs=0.03)


def test_the_band_is_that_of_resampled_families() -> None:
    """Each family twice makes no band narrower; each row's family of its own does."""
    case, probabilities = drawn(400, np.random.default_rng(2), alike=0.9)
    twice = JudgedRows(
        np.tile(case.outcomes, 2), np.tile(case.people, 2), np.tile(case.families, 2), np.tile(case.dates, 2), 9
    )
    alone = JudgedRows(case.outcomes, case.people, case.people, case.dates, 9)

    def wide(one: JudgedRows, probabilities: Floats) -> float:
        bands = [point.observed for point in measure(one, probabilities).points]
        return float(np.mean([band.high - band.low for band in bands if isinstance(band, Figure)]))

    together = wide(case, probabilities)
    assert wide(twice, np.tile(probabilities, 2)) > 0.9 * together
    assert wide(alone, probabilities) < 0.9 * together


@pytest.mark.parametrize(
    ("alike", "times"), [(0.9, 120), *(pytest.param(one, 400, marks=pytest.mark.prove) for one in (0.0, 0.4, 0.9))]
)
def test_a_perfect_model_seems_further_off_than_told_once_in_twenty(alike: float, times: int) -> None:
    """Also where brothers and sisters are alike: rows drawn as strangers would call many perfect models wrong there."""
    draw, beyond = np.random.default_rng(5), Counter[str]()
    for number in range(times):
        case, probabilities = drawn(250, draw, alike=alike)
        found = measure(case, probabilities, resamples=2, seed=number)
        assert isinstance(found.ici, Distance)
        assert isinstance(found.e90, Distance)
        beyond["ici"] += found.ici.value > found.ici.rarely
        beyond["e90"] += found.e90.value > found.e90.rarely
        beyond["typical"] += found.ici.value > found.ici.typical
        alone = JudgedRows(case.outcomes, case.people, case.people, case.dates, 9)
        strangers = measure(alone, probabilities, resamples=2, seed=number).ici
        assert isinstance(strangers, Distance)
        beyond["strangers"] += strangers.value > strangers.rarely
    assert all(0.01 <= beyond[name] / times <= 0.11 for name in ("ici", "e90")), beyond
    assert 0.38 <= beyond["typical"] / times <= 0.62, beyond
    if alike == 0.9:
        assert beyond["strangers"] / times > 0.12, "rows are no strangers to each other"


def test_a_model_that_is_wrong_is_found_out() -> None:
    times, draw, beyond = 30, np.random.default_rng(6), 0
    for number in range(times):
        case, probabilities = drawn(800, draw, turned=0.5)
        ici = measure(case, probabilities, resamples=2, seed=number).ici
        assert isinstance(ici, Distance)
        beyond += ici.says == "further off than chance explains"
    assert beyond > 0.7 * times


@pytest.mark.parametrize(
    ("turned", "times"), [(0.15, 50), *(pytest.param(one, 400, marks=pytest.mark.prove) for one in (0.0, 0.15))]
)
def test_the_band_holds_what_it_promises(turned: float, times: int) -> None:
    draw, inside, told = np.random.default_rng(9), 0, 0
    for number in range(times):
        case, probabilities = drawn(400, draw, turned=turned)
        for point in measure(case, probabilities, resamples=200, seed=number).points:
            if isinstance(band := point.observed, Figure):
                true = sigmoid((logit(np.array([point.expected])) - turned) / (1 + turned))[0]
                inside, told = inside + (band.low <= true <= band.high), told + 1
    assert told > 8 * times
    assert 0.91 <= inside / told <= 0.98


def test_what_cannot_be_told_says_why() -> None:
    case, probabilities = drawn(300, np.random.default_rng(1))
    level = measure(case, np.full(len(probabilities), 0.1))
    assert (level.points, level.ici) == ([], NotComputed(len(probabilities), "all have one probability"))
    few = JudgedRows(case.outcomes * (np.cumsum(case.outcomes) < 9), case.people, case.families, case.dates, 9)
    assert measure(few, probabilities).ici == NotComputed(len(probabilities), "fewer than 10 rows with the outcome")
    found = measure(case, probabilities, resamples=20)
    reasons = {point.observed.reason for point in found.points if isinstance(point.observed, NotComputed)}
    assert reasons == {"fewer than 10 families with the outcome are near"}
    assert any(isinstance(point.observed, Figure) for point in found.points)


def test_nearly_all_level_is_no_trouble() -> None:
    case, probabilities = drawn(300, np.random.default_rng(1))
    nearly = np.full(len(probabilities), 0.1)
    nearly[0] = 0.2
    found = measure(case, nearly, resamples=20)
    assert isinstance(found.ici, Distance)
    assert found.ici.value == pytest.approx(abs(case.outcomes.mean() - 0.1), abs=0.01)


def test_distances_come_back_from_the_record() -> None:
    case, probabilities = drawn(200, np.random.default_rng(1))
    found = measure(case, probabilities, resamples=20)
    said = found.as_json()
    assert said["ici"]["interval"] == {"not_computed": NO_INTERVAL}
    again = distance_of(said["ici"])
    assert isinstance(again, Distance)
    assert again.as_json() == said["ici"]
    nothing = NotComputed(5, "few")
    assert distance_of(nothing.as_json()) == nothing
