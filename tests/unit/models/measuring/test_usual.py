"""What is usual: at least 8 in 10 of those with a number, and nothing where few have one."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.measuring.usual import usual
from tests.examples import examples
from tests.unit.models.fitting.test_baselines import matrix

NAN = float("nan")


@settings(max_examples=examples(40), deadline=None)
@given(st.integers(0, 10_000), st.integers(100, 300))
def test_at_least_eight_in_ten_lie_between(seed: int, rows: int) -> None:
    chance = np.random.default_rng(seed)
    values = np.column_stack([chance.poisson(0.3, rows).astype(float), chance.normal(size=rows).round(2)])
    found = usual(matrix(values, np.zeros(rows)))
    for at, name in enumerate(("i0", "i1")):
        inside = (values[:, at] >= found[name]["low"]) & (values[:, at] <= found[name]["high"])
        assert inside.mean() >= 0.8
        assert found[name]["n"] == rows


def test_what_few_have_is_not_told() -> None:
    values = np.full((400, 3), NAN)
    values[:99, 0] = 1.0
    values[:199, 1] = 1.0
    values[:200, 2] = 1.0
    assert set(usual(matrix(values, np.zeros(400)))) == {"i2"}
