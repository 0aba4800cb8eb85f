"""What a model goes by: mean sizes beside a loop, intervals of families, ranks among refits."""

import numpy as np
import pytest

from models.figures import Figure
from models.measuring import importance
from models.measuring.importance import mean_sizes, measure, ranks, some_rows, with_ranks
from models.resampling import draws

NAMES = ("a", "b", "c")


def test_it_is_the_mean_over_rows_and_resamples_whole_families() -> None:
    draw = np.random.default_rng(0)
    families = np.sort(draw.integers(0, 200, 500)).astype(np.intp)
    added = draw.normal(size=(500, 4)) * (0.2, 2.0, 1.0, 9.0)
    found = measure(added, families, NAMES, seed=3)
    assert list(found) == ["b", "c", "a"], "the largest first, and the base is none of them"
    whose = np.unique(families, return_inverse=True)[1]
    for at, name in enumerate(NAMES):
        slow = [
            np.average(np.abs(added[:, at]), weights=one[whose])
            for counts in draws(len(np.unique(families)), 300, 3)
            for one in counts
        ]
        figure = found[name]
        assert isinstance(figure, Figure)
        assert figure.value == pytest.approx(np.mean(np.abs(added[:, at])))
        assert (figure.low, figure.high) == pytest.approx(tuple(np.quantile(slow, [0.025, 0.975])))
        assert figure.n == 500
    assert mean_sizes(added) == pytest.approx(np.abs(added[:, :3]).mean(axis=0))


def test_what_rests_on_few_families_is_not_computed() -> None:
    draw = np.random.default_rng(2)
    families = np.repeat(np.arange(200), 2)
    rare = np.where(families < 6, 3.0, 1e-4)
    added = np.c_[draw.normal(size=400), rare, np.zeros(400), np.zeros(400)]
    found = measure(added, families, NAMES)
    assert {name: one.computed for name, one in found.items()} == {"a": True, "b": False, "c": False}
    assert not any(one.computed for one in measure(added[:40], families[:40], NAMES).values())
    assert not measure(np.ones((1, 3)), np.array([0]), ("a", "b"))["a"].computed


def test_the_intervals_that_are_stated_hold_what_they_promise() -> None:
    """Families of one to four whose contributions are alike; the truth is known."""
    draw, held, told = np.random.default_rng(3), 0, 0
    for _ in range(300):
        families = np.repeat(np.arange(120), draw.integers(1, 5, 120))
        added = draw.normal(size=120)[families] + draw.normal(size=len(families))
        one = measure(np.c_[added, added], families, ("a",))["a"]
        if isinstance(one, Figure):
            told += 1
            held += one.low <= np.sqrt(2) * np.sqrt(2 / np.pi) <= one.high
    assert told > 200
    assert 0.91 <= held / told <= 0.98, held / told


def test_ranks_are_the_best_and_the_worst_and_level_ones_share_the_worst() -> None:
    sizes = np.array([[3.0, 2.0, 1.0], [1.0, 2.0, 0.5], [3.0, 2.0, 2.0]])
    assert ranks(sizes, NAMES) == {"a": (1, 2), "b": (1, 3), "c": (3, 3)}
    told = [{"indicator": "c"}, {"indicator": "a"}]
    assert with_ranks(told, sizes, NAMES)[1] == {"indicator": "a", "ranks": {"best": 1, "worst": 2, "refits": 3}}
    assert with_ranks(told, np.empty((0, 3)), NAMES) == told, "without a refit nothing is said"


def test_of_many_rows_some_are_looked_at_and_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importance, "ROWS", 50)
    assert some_rows(50, seed=1).tolist() == list(range(50))
    one = some_rows(500, seed=1)
    assert (len(set(one.tolist())), one.tolist()) == (50, sorted(one.tolist()))
    assert one.tolist() == some_rows(500, seed=1).tolist() != some_rows(500, seed=2).tolist()
