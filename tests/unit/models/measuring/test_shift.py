"""Telling later dates from earlier ones: not where nothing moved, and by name where one indicator did."""

import numpy as np
import pytest

from models.matrices import Matrix
from models.measuring.shift import TOLD, shift
from models.resampling import Floats


def _matrix(values: Floats) -> Matrix:
    rows = len(values)
    people, days = np.arange(rows), np.full(rows, "2024-01-01", dtype="datetime64[D]")
    names = tuple(f"i{at}" for at in range(values.shape[1]))
    return Matrix(names, values, np.zeros(rows), days, people, people, np.ones(rows, dtype=np.bool_))


@pytest.mark.parametrize("moved", [0.0, 1.0])
def test_what_moved_is_told_and_nothing_else(moved: float) -> None:
    draw = np.random.default_rng(3)
    earlier, later = draw.normal(size=(1500, 5)), draw.normal(size=(900, 5))
    later[:, 2] += moved
    whose = np.arange(1500), np.arange(900)
    found = shift(_matrix(earlier), _matrix(later), whose, seed=1)
    assert found.as_json() == shift(_matrix(earlier), _matrix(later), whose, seed=1).as_json(), "the same again"
    if moved:
        assert found.auc > TOLD
        assert next(iter(found.indicators)) == "i2"
    else:
        assert 0.45 < found.auc < 0.55


def test_numbers_that_came_to_be_missing_are_a_shift() -> None:
    draw = np.random.default_rng(3)
    earlier, later = draw.normal(size=(500, 2)), draw.normal(size=(500, 2))
    later[:250, 1] = np.nan
    found = shift(_matrix(earlier), _matrix(later), (np.arange(500), np.arange(500)), seed=1)
    assert found.indicators["i1"] == pytest.approx(0.5, abs=0.06)


def test_a_family_is_never_on_both_sides() -> None:
    """Rows that a family shares would be recognised: with every value its own, only families could be learned."""
    values = np.repeat(np.arange(400.0), 2)[:, None]
    whose = np.repeat(np.arange(400), 2)
    found = shift(_matrix(values[:400]), _matrix(values[400:]), (whose[:400], whose[400:]), seed=0)
    assert found.rows == 800


def test_one_family_on_each_side_gives_an_answer() -> None:
    found = shift(_matrix(np.zeros((3, 1))), _matrix(np.zeros((3, 1))), (np.zeros(3, int), np.zeros(3, int)), seed=0)
    assert found.auc == 0.5
