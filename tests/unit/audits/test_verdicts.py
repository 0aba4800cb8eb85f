"""The truth table of the verdicts: too small to judge never reads as fair."""

import itertools

import pytest

from audits.verdicts import Verdict, verdict, worst
from hub.figures import Figure, NotComputed

T = 0.10
SMALLEST = 30


def _verdict(low: float, high: float, people: int = 500, rest: int = 500) -> Verdict:
    difference = Figure((low + high) / 2, low, high, people)
    return verdict(difference, people=people, people_in_rest=rest, smallest_group=SMALLEST, tolerance=T)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.05, 0.05, Verdict.NO_DIFFERENCE),
        (-0.10, 0.10, Verdict.NO_DIFFERENCE),  # exactly the tolerance is tolerated
        (0.01, 0.09, Verdict.NO_DIFFERENCE),  # there is a difference, but not one that matters
        (-0.09, -0.01, Verdict.NO_DIFFERENCE),
        (0.11, 0.30, Verdict.DIFFERENCE),
        (-0.30, -0.11, Verdict.DIFFERENCE),
        (0.10, 0.30, Verdict.UNCLEAR),  # it may be exactly the tolerance
        (-0.30, -0.10, Verdict.UNCLEAR),
        (0.02, 0.30, Verdict.UNCLEAR),
        (-0.30, -0.02, Verdict.UNCLEAR),
        (0.00, 0.30, Verdict.TOO_FEW),  # 0 is still possible, and so is a difference that matters
        (-0.02, 0.30, Verdict.TOO_FEW),
        (-0.30, 0.02, Verdict.TOO_FEW),
        (-0.30, 0.30, Verdict.TOO_FEW),
        (-0.100001, 0.05, Verdict.TOO_FEW),
        (0.0, 0.0, Verdict.TOO_FEW),  # no width: certainty is never the result of a few rows
        (0.05, 0.05, Verdict.TOO_FEW),
        (0.50, 0.50, Verdict.TOO_FEW),
    ],
)
def test_the_interval_decides(low: float, high: float, said: Verdict) -> None:
    assert _verdict(low, high) is said


@pytest.mark.parametrize(("people", "rest"), [(0, 500), (1, 500), (29, 500), (500, 29), (500, 1), (500, 0), (29, 29)])
def test_too_few_people_on_either_side_is_too_few_whatever_the_interval(people: int, rest: int) -> None:
    for low, high in itertools.combinations((-0.9, -0.05, 0.0, 0.05, 0.9), 2):
        assert _verdict(low, high, people, rest) is Verdict.TOO_FEW


def test_the_smallest_group_itself_is_enough() -> None:
    assert _verdict(-0.05, 0.05, people=30, rest=30) is Verdict.NO_DIFFERENCE


def test_what_was_not_computed_is_too_few() -> None:
    said = verdict(NotComputed(800, "why"), people=800, people_in_rest=800, smallest_group=30, tolerance=T)
    assert said is Verdict.TOO_FEW


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ([], Verdict.TOO_FEW),
        ([Verdict.NO_DIFFERENCE], Verdict.NO_DIFFERENCE),
        ([Verdict.NO_DIFFERENCE, Verdict.TOO_FEW], Verdict.TOO_FEW),
        ([Verdict.TOO_FEW, Verdict.UNCLEAR], Verdict.UNCLEAR),
        ([Verdict.DIFFERENCE, Verdict.UNCLEAR, Verdict.NO_DIFFERENCE], Verdict.DIFFERENCE),
    ],
)
def test_the_worst_verdict_stands_for_all(verdicts: list[Verdict], said: Verdict) -> None:
    for order in itertools.permutations(verdicts):
        assert worst(order) is said
