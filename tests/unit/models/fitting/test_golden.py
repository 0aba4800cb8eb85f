"""Golden rows belong to nobody."""

import numpy as np

from models.fitting import golden
from tests.unit.models.fitting.test_baselines import matrix


def test_cells_come_from_their_columns_but_rows_are_nobodys() -> None:
    values = np.arange(2000.0).reshape(200, 10)
    values[::3, 4] = np.nan
    train = matrix(values, np.zeros(200))
    drawn = golden.rows(train, seed=0)
    assert drawn.shape == (6, 10)
    assert np.isnan(drawn[-1]).all()
    for column in range(10):
        known = drawn[:-1, column]
        assert np.isin(known[~np.isnan(known)], values[:, column]).all()
    whose = drawn[:-1] // 10
    assert all(len(np.unique(row[~np.isnan(row)])) > 5 for row in whose), "no row is one person's"
    np.testing.assert_array_equal(drawn, golden.rows(train, seed=0))
    assert golden.as_json(drawn, np.full(6, 0.5))["rows"][-1] == [None] * 10
