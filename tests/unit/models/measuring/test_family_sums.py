"""Sums by family: those of resamples are those of taking each family's rows as often as it was drawn."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.measuring.family_sums import FamilySums
from models.resampling import draws


@given(seed=st.integers(0, 10_000), families=st.integers(1, 9), rows=st.integers(1, 60))
def test_sums_of_resamples_are_those_of_repeated_rows(seed: int, families: int, rows: int) -> None:
    draw = np.random.default_rng(seed)
    whose = np.unique(draw.integers(0, families, rows), return_inverse=True)[1].astype(np.intp)
    bins, values = draw.integers(0, 4, rows), draw.normal(size=rows)
    sums = FamilySums.of(whose, bins, values, 5)
    counts = np.concatenate(list(draws(int(whose.max()) + 1, 6, seed)))
    expected = np.zeros((6, 5))
    for resample, drawn in enumerate(counts.astype(int)):
        for family, times in enumerate(drawn):
            for _ in range(times):
                for row in np.flatnonzero(whose == family):
                    expected[resample, bins[row]] += values[row]
    np.testing.assert_allclose(sums.drawn(counts), expected, atol=1e-9)
    np.testing.assert_allclose(sums.all, [values[bins == one].sum() for one in range(5)], atol=1e-9)
