"""Net benefit: the published formula row by row, the difference to everybody and nobody, and how sure it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.figures import Figure, NotComputed
from models.measuring.calibration import sigmoid
from models.measuring.metrics import JudgedRows, ModelAnswers
from models.measuring.net_benefit import EVERYBODY, GRID, measure, record
from models.resampling import Floats, bootstrap


def drawn(families: int, draw: np.random.Generator) -> tuple[JudgedRows, ModelAnswers]:
    """Return families of one to three whose outcomes are alike, and probabilities that are somewhat too far apart."""
    whose = np.repeat(np.arange(families), draw.integers(1, 4, families))
    rows = len(whose)
    score = 0.7 * draw.normal(size=families)[whose] + 0.7 * draw.normal(size=rows)
    noise = 0.6 * draw.normal(size=families)[whose] + 0.8 * draw.normal(size=rows)
    case = JudgedRows(
        (score + noise > 1.4).astype(np.float64), np.arange(rows), whose, np.zeros(rows, dtype=np.intp), 9
    )
    margins = 2.4 * score - 2.6
    return case, ModelAnswers(margins, sigmoid(margins))


def slow(outcomes: Floats, probabilities: Floats, threshold: float) -> float:
    """Return net benefit by looking at one row after the other (Vickers and Elkin 2006)."""
    right = wrong = 0
    for outcome, probability in zip(outcomes, probabilities, strict=True):
        if probability >= threshold:
            right, wrong = right + (outcome == 1), wrong + (outcome == 0)
    return right / len(outcomes) - wrong / len(outcomes) * threshold / (1 - threshold)


def test_an_example_by_hand() -> None:
    """Of 200 looked at 100 are at 20 % or above, 50 of them with the outcome: .25 - .25 x .25."""
    rows = 200
    outcomes = np.tile([1.0, 0.0, 0.0, 0.0], 50)
    outcomes[:100] = np.tile([1.0, 0.0], 50)
    probabilities = np.repeat([0.2, 0.1], 100)
    case = JudgedRows(outcomes, np.arange(rows), np.arange(rows), np.zeros(rows, dtype=np.intp), 9)
    found = measure(case, {"model": ModelAnswers(probabilities, probabilities)}, resamples=30)[0.2]
    assert isinstance(one := found.ways["model"], Figure)
    assert (one.value, one.n, found.offers["model"]) == (pytest.approx(0.25 - 0.25 * 0.25), 200, 100)


@given(seed=st.integers(0, 10_000), level=st.booleans())
def test_it_is_that_of_looking_at_each_row(seed: int, level: bool) -> None:
    case, said = drawn(90, np.random.default_rng(seed))
    probabilities = np.round(said.certain, 2) if level else said.certain
    ways = {
        "model": ModelAnswers(said.scores, probabilities),
        "simple_rule": ModelAnswers(said.scores),
        "prevalence": ModelAnswers(said.scores, np.full(len(case.outcomes), 0.1)),
    }
    for threshold, one in measure(case, ways, resamples=10).items():
        assert set(one.ways) == {"model"}, "an order has no thresholds, and lots are everybody or nobody"
        expected = slow(case.outcomes, probabilities, threshold)
        everybody = slow(case.outcomes, np.ones(len(probabilities)), threshold)
        for stated, value in (
            (one.ways["model"], expected),
            (one.everybody, everybody),
            (one.difference, min(expected, expected - everybody)),
        ):
            assert isinstance(stated, NotComputed) or stated.value == pytest.approx(value, abs=1e-12)
        assert one.offers["model"] == (probabilities >= threshold).sum()


def test_the_interval_of_the_difference_is_the_lower_of_two_paired_ones() -> None:
    case, said = drawn(300, np.random.default_rng(3))
    threshold = 0.1
    offered = (said.certain >= threshold).astype(float)
    worth = case.outcomes - (1 - case.outcomes) * threshold / (1 - threshold)

    def statistic(weights: Floats) -> dict[str, Floats]:
        rows = weights.sum(axis=1)
        net, all_ = weights @ (offered * worth) / rows, weights @ worth / rows
        return {"everybody": net - all_, "nobody": net}

    both = bootstrap(statistic, case.families, resamples=50, seed=4)
    found = measure(case, {"model": said}, resamples=50, seed=4)[threshold].difference
    assert isinstance(found, Figure)
    expected = [min(getattr(one, name) for one in both.values()) for name in ("value", "low", "high")]
    assert [found.value, found.low, found.high] == pytest.approx(expected)


def test_what_hangs_on_few_is_not_told() -> None:
    case, said = drawn(300, np.random.default_rng(1))
    found = measure(case, {"model": said}, resamples=20)
    assert found[0.005].ways["model"].computed
    assert found[0.005].difference.text().endswith("fewer than 10 families with the outcome are below it)")
    assert found[0.8].ways["model"].text().endswith("without the outcome are at or above it)")
    few = JudgedRows(case.outcomes * (np.cumsum(case.outcomes) < 9), case.people, case.families, case.dates, 9)
    assert not any(one.everybody.computed for one in measure(few, {"model": said}, resamples=20).values())


def test_the_record_keeps_each_threshold() -> None:
    case, said = drawn(200, np.random.default_rng(1))
    kept = record(case, {"model": said}, seed=0)["net_benefit"]
    assert [one["threshold"] for one in kept] == list(GRID) == sorted(GRID)
    assert set(kept[0]) == {"threshold", "ways", EVERYBODY, "difference", "offers"}


def test_the_intervals_hold_what_they_promise() -> None:
    """The truth is that of 300,000 families; where few are below, an interval would miss it and is not stated."""
    times, draw = 250, np.random.default_rng(7)
    many, said = drawn(300_000, draw)
    at = (0.02, 0.1, 0.2, 0.3, 0.5)
    net = {one: slow_of_many(many.outcomes, said.certain, one) for one in at}
    everybody = {one: slow_of_many(many.outcomes, np.ones(len(said.certain)), one) for one in at}
    inside, told = dict.fromkeys(at, 0), dict.fromkeys(at, 0)
    for number in range(times):
        case, answers = drawn(600, draw)
        found = measure(case, {"model": answers}, resamples=200, seed=number)
        for one in at:
            if isinstance(difference := found[one].difference, Figure):
                told[one] += 1
                inside[one] += difference.low <= min(net[one], net[one] - everybody[one]) <= difference.high
    assert told[0.02] < times / 10
    assert all(told[one] > 0.9 * times for one in at[1:]), told
    assert all(0.90 <= inside[one] / told[one] <= 0.99 for one in at[1:]), inside


def slow_of_many(outcomes: Floats, probabilities: Floats, threshold: float) -> float:
    """Return net benefit of many rows, in one line of the formula."""
    offered = probabilities >= threshold
    wrong = (offered * (1 - outcomes)).mean()
    return float((offered * outcomes).mean() - wrong * threshold / (1 - threshold))
