"""Expected beside observed: every step may be shown, and nothing is lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.limits.calibration import steps
from hub.disclosing.disclosure import SmallNumbers
from tests.examples import examples

SMALL = SmallNumbers()


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(1, 400), st.floats(0.0, 1.0), st.integers(0, 10_000))
def test_each_step_may_be_shown(rows: int, share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    probabilities = rng.random(rows).round(2)
    outcome = rng.random(rows) < share * probabilities
    people = rng.integers(0, max(1, rows // 2), rows)
    found = steps(probabilities, outcome, people, people, SMALL)
    enough = SMALL.may_show_share(len(np.unique(people[outcome])), len(np.unique(people[~outcome])))
    assert bool(found) is enough
    if not enough:
        return
    assert sum(one.rows for one in found) == rows
    for one in found:
        inside = (probabilities >= one.lowest) & (probabilities <= one.highest)
        assert inside.sum() == one.rows
        assert not SMALL.is_small(len(np.unique(people[inside & outcome])))
        assert not SMALL.is_small(len(np.unique(people[inside & ~outcome])))
        assert one.observed.value == pytest.approx(outcome[inside].mean())
        assert one.expected == pytest.approx(probabilities[inside].mean())
        assert one.observed.n == len(np.unique(people[inside]))


def test_good_probabilities_hold_and_bad_ones_do_not() -> None:
    rng = np.random.default_rng(5)
    probabilities = rng.random(20_000)
    outcome = rng.random(20_000) < probabilities
    good = steps(probabilities, outcome, np.arange(20_000), np.arange(20_000), SMALL)
    assert len(good) == 10
    assert sum(one.holds for one in good) >= 8
    bad = steps(probabilities**3, outcome, np.arange(20_000), np.arange(20_000), SMALL)
    assert sum(one.holds for one in bad) <= 2
