"""Observed over expected, of people who were seen in training and of others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.figures import Figure, NotComputed
from models.measuring.metrics import JudgedRows
from models.measuring.observed_expected import EVERYBODY, NAMES, NEVER_SEEN, NEVER_SEEN_BY_SEEN, SEEN, Booleans, measure
from models.resampling import Floats, bootstrap


def drawn(families: int, draw: np.random.Generator, *, too_few: float = 1.0) -> tuple[JudgedRows, Floats, Booleans]:
    """Return families of one to three, true probabilities, and who was seen; of others `too_few` are expected."""
    whose = np.repeat(np.arange(families), draw.integers(1, 4, families))
    rows = len(whose)
    true = np.clip(0.12 + 0.1 * draw.random(families)[whose] + 0.1 * draw.random(rows), 0, 1)
    outcomes = (draw.random(families)[whose] * 0.5 + draw.random(rows) * 0.5 < np.sqrt(true / 2)).astype(np.float64)
    seen = draw.random(rows) < 0.6
    case = JudgedRows(outcomes, np.arange(rows), whose, np.zeros(rows, dtype=np.intp), 10)
    return case, np.where(seen, true, true / too_few), seen


@given(seed=st.integers(0, 10_000))
def test_ratios_and_intervals_are_those_of_weighted_rows(seed: int) -> None:
    case, probabilities, seen = drawn(150, np.random.default_rng(seed))

    def statistic(weights: Floats) -> dict[str, Floats]:
        def of(rows: Booleans) -> Floats:
            return (weights @ (case.outcomes * rows)) / (weights @ (probabilities * rows))

        never, ever = of(~seen), of(seen)
        return {EVERYBODY: of(np.ones_like(seen)), SEEN: ever, NEVER_SEEN: never, NEVER_SEEN_BY_SEEN: never / ever}

    expected = bootstrap(statistic, case.families, resamples=20, seed=3)
    found = measure(case, probabilities, seen, resamples=20, seed=3)
    assert tuple(found) == NAMES
    for name, one in found.items():
        if isinstance(one, Figure):
            oracle = expected[name]
            assert (one.value, one.low, one.high) == pytest.approx((oracle.value, oracle.low, oracle.high))
    assert found[SEEN].n + found[NEVER_SEEN].n == found[EVERYBODY].n == len(seen)


def test_a_model_that_remembers_people_is_found_out() -> None:
    case, probabilities, seen = drawn(4000, np.random.default_rng(1), too_few=1.5)
    found = measure(case, probabilities, seen)
    assert isinstance(more := found[NEVER_SEEN_BY_SEEN], Figure)
    assert more.low > 1.3
    assert more.high < 1.7


def test_the_intervals_hold_what_they_promise() -> None:
    draw, times = np.random.default_rng(4), 200
    case, probabilities, seen = drawn(200_000, draw)
    truth = {name: getattr(one, "value", 0) for name, one in measure(case, probabilities, seen, resamples=2).items()}
    held = dict.fromkeys(NAMES, 0)
    for number in range(times):
        for name, one in measure(*drawn(400, draw), seed=number).items():
            assert isinstance(one, Figure)
            held[name] += one.low <= truth[name] <= one.high
    assert all(0.91 <= count / times <= 0.98 for count in held.values()), held


def test_where_nobody_was_seen_before_it_is_not_computed() -> None:
    case, probabilities, _ = drawn(200, np.random.default_rng(1))
    found = measure(case, probabilities, np.zeros(len(probabilities), dtype=np.bool_), resamples=20)
    assert found[NEVER_SEEN] == found[EVERYBODY]
    assert found[SEEN] == NotComputed(0, "fewer than 10 families with the outcome")
    assert found[NEVER_SEEN_BY_SEEN] == NotComputed(len(probabilities), "fewer than 10 families with the outcome")
