"""The choice over folds: the simplest candidate within one standard error of the best one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.fitting.candidates import CANDIDATES
from models.fitting.comparisons import Compared, simplest_within_one_error


def compared(*folds: tuple[float, ...]) -> list[Compared]:
    return [
        Compared(candidate, of, tuple(0.5 for _ in of), tuple(10 for _ in of))
        for candidate, of in zip(CANDIDATES, folds, strict=False)
    ]


@pytest.mark.parametrize(
    ("folds", "chosen"),
    [
        (((0.30, 0.30), (0.30, 0.30)), 0),  # level: the simpler
        (((0.30, 0.32), (0.32, 0.34)), 1),  # .31 against .33, whose standard error is .01
        (((0.31, 0.33), (0.31, 0.35)), 0),  # .32 against .33, whose standard error is .02
        (((0.30,), (0.31,)), 1),  # one fold says nothing about chance
        (((0.10, 0.10), (0.40, 0.42), (0.40, 0.43)), 1),
    ],
)
def test_which_is_chosen(folds: tuple[tuple[float, ...], ...], chosen: int) -> None:
    assert simplest_within_one_error(compared(*folds)).candidate is CANDIDATES[chosen]


@given(st.lists(st.tuples(*[st.floats(0.01, 0.9)] * 3), min_size=4, max_size=4))
def test_nothing_simpler_is_as_good_and_regret_is_of_the_best_of_each_fold(folds: list[tuple[float, ...]]) -> None:
    every = compared(*folds)
    found = simplest_within_one_error(every)
    best = max(every, key=lambda one: round(one.mean, 6))
    at = every.index(found)
    assert all(one.mean < best.mean - best.standard_error for one in every[:at])
    most = [max(of) for of in zip(*folds, strict=True)]
    said = [one.as_json(most) for one in every]
    assert min(one["regret"] for one in said) >= 0
    for number in range(3):
        assert any(one["folds"][number] == round(most[number], 6) for one in said)
