"""Fairness by group: what small groups, empty cells and one-sided rates are called."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.fairness.fairness import Fairness, fairness, newcombe
from audits.fairness.rates import RATES
from audits.verdicts import Verdict
from features.declarations.use_cases import FairnessPolicy as Policy
from hub.figures import Figure, NotComputed
from tests.examples import examples

POLICY = Policy(tolerance=0.10, smallest_group=30)


Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, list[str]]]


def _rows(**levels: tuple[int, int, int, int]) -> Rows:
    """Return one row a person, each a family, from counts of each level: neither, wrongly suggested, missed, found."""
    level = [name for name, counts in levels.items() for _ in range(sum(counts))]
    cells = np.array([cell for counts in levels.values() for cell, many in enumerate(counts) for _ in range(many)])
    people = np.arange(len(level))
    return people, people, cells >= 2, cells % 2 == 1, {"group": level}


def _fairness(policy: Policy = POLICY, **levels: tuple[int, int, int, int]) -> Fairness:
    return fairness(*_rows(**levels), policy, seed=7, resamples=400)


def _verdicts(found: Fairness, level: str) -> dict[str, Verdict]:
    return next(
        {rate: one.verdict for rate, one in each.rates.items()} for each in found.groups[0].levels if each.name == level
    )


def test_equal_large_levels_are_fair() -> None:
    found = _fairness(a=(4000, 1000, 500, 500), b=(4000, 1000, 500, 500))
    assert set(_verdicts(found, "a").values()) == {Verdict.NO_DIFFERENCE}
    assert found.verdict is Verdict.NO_DIFFERENCE


def test_a_level_that_is_never_helped_is_a_difference_that_matters() -> None:
    found = _fairness(a=(500, 0, 200, 0), b=(4000, 1000, 500, 500))
    said = _verdicts(found, "a")
    assert said["selection_rate"] is Verdict.DIFFERENCE
    assert said["false_negative_rate"] is Verdict.DIFFERENCE
    assert said["precision"] is Verdict.TOO_FEW  # nobody was suggested: there is nothing to be right about
    assert found.groups[0].verdict is Verdict.DIFFERENCE


@pytest.mark.parametrize(
    ("why", "counts"),
    [
        ("one person", (1, 0, 0, 0)),
        ("nobody with the outcome", (29, 0, 0, 0)),
        ("nobody missed of few", (20, 5, 0, 29)),
        ("everybody missed of few", (20, 5, 29, 0)),
        ("few of all", (7, 7, 7, 7)),
        ("none missed of 30: it may be one in ten", (3000, 300, 0, 30)),
    ],
)
def test_a_small_level_never_reads_as_fair(why: str, counts: tuple[int, int, int, int]) -> None:
    found = _fairness(small=counts, others=(3000, 300, 0, 600))
    assert _verdicts(found, "small")["false_negative_rate"] is not Verdict.NO_DIFFERENCE, why
    assert next(each for each in found.groups[0].levels if each.name == "small").verdict is not Verdict.NO_DIFFERENCE


def test_resampling_alone_would_call_it_fair() -> None:
    """None missed of 30 beside 1 % of the others: no resample ever misses one, yet one in ten may be missed."""
    found = _fairness(small=(20, 5, 0, 30), others=(3000, 300, 6, 594))
    one = next(each for each in found.groups[0].levels if each.name == "small").rates["false_negative_rate"]
    assert isinstance(one.difference, Figure)
    assert one.difference.high > POLICY.tolerance
    assert one.verdict is Verdict.TOO_FEW


def test_a_level_beside_too_few_others_is_not_judged_either() -> None:
    found = _fairness(many=(4000, 1000, 500, 500), few=(5, 5, 5, 5))
    assert set(_verdicts(found, "many").values()) == {Verdict.TOO_FEW}
    one = found.groups[0].levels[1].rates["selection_rate"]
    assert isinstance(one.rate, Figure)
    assert isinstance(one.difference, NotComputed)


def test_one_level_alone_has_nobody_to_be_compared_with() -> None:
    found = _fairness(only=(4000, 1000, 500, 500))
    assert set(_verdicts(found, "only").values()) == {Verdict.TOO_FEW}


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 60)] * 4), min_size=2, max_size=4), st.integers(0, 99))
def test_whatever_the_counts_small_is_not_fair_and_figures_are_sound(
    counts: list[tuple[int, int, int, int]], seed: int
) -> None:
    if not sum(map(sum, counts)):
        return
    rows = _rows(**{f"l{number}": one for number, one in enumerate(counts)})
    found = fairness(*rows, POLICY, seed=seed, resamples=50)
    assert found == fairness(*rows, POLICY, seed=seed, resamples=50)
    for level in found.groups[0].levels:
        neither, wrongly, missed, hit = level.cells
        denominators = dict(zip(RATES, (sum(level.cells), missed + hit, neither + wrongly, wrongly + hit), strict=True))
        for name, one in level.rates.items():
            assert isinstance(one.rate, Figure) == (denominators[name] >= POLICY.smallest_group)
            if denominators[name] < POLICY.smallest_group:
                assert one.verdict is Verdict.TOO_FEW
            if isinstance(one.rate, Figure):
                assert one.rate.low < one.rate.high
                assert 0 <= one.rate.low <= one.rate.value <= one.rate.high <= 1
                assert one.rate.n == denominators[name]
            if isinstance(one.difference, Figure):
                assert one.difference.low < one.difference.high


def test_a_group_that_is_treated_worse_reads_as_fair_in_fewer_than_one_in_twenty_draws() -> None:
    """True rates of the level 0.30 and of the others 0.15, tolerance 0.10: each 'fair' is an error."""
    rng = np.random.default_rng(11)
    for people in (30, 60, 150, 400):
        fair = 0
        for seed in range(40):
            missed, others = int(rng.binomial(people, 0.30)), int(rng.binomial(3000, 0.15))
            found = _seeded(seed, small=(0, 0, missed, people - missed), others=(0, 0, others, 3000 - others))
            fair += _verdicts(found, "small")["false_negative_rate"] is Verdict.NO_DIFFERENCE
        assert fair <= 2, people


def _seeded(seed: int, **levels: tuple[int, int, int, int]) -> Fairness:
    return fairness(*_rows(**levels), POLICY, seed=seed, resamples=150)


def test_rows_of_one_person_are_resampled_together() -> None:
    """Ten equal rows a person say no more than one row a person: the interval does not shrink."""
    person, family, outcome, suggested, groups = _rows(a=(100, 40, 40, 60), b=(100, 40, 40, 60))
    once = fairness(person, family, outcome, suggested, groups, POLICY, seed=3)
    ten = fairness(
        np.repeat(person, 10),
        np.repeat(family, 10),
        np.repeat(outcome, 10),
        np.repeat(suggested, 10),
        {"group": [one for one in groups["group"] for _ in range(10)]},
        POLICY,
        seed=3,
    )
    assert once.groups[0].levels[0].rates == ten.groups[0].levels[0].rates


def test_siblings_are_resampled_together() -> None:
    """Four children alike in every family say no more than one: the interval does not shrink, but all are counted."""
    person, family, outcome, suggested, groups = _rows(a=(100, 40, 40, 60), b=(100, 40, 40, 60))
    alone = fairness(person, family, outcome, suggested, groups, POLICY, seed=3).groups[0].levels[0]
    four = fairness(
        np.arange(4 * len(person)),
        np.repeat(family, 4),
        np.repeat(outcome, 4),
        np.repeat(suggested, 4),
        {"group": [one for one in groups["group"] for _ in range(4)]},
        POLICY,
        seed=3,
    ).groups[0].levels[0]  # fmt: skip
    for name, one in alone.rates.items():
        other = four.rates[name].rate
        assert isinstance(one.rate, Figure)
        assert isinstance(other, Figure)
        assert (one.rate.value, one.rate.low, one.rate.high) == (other.value, other.low, other.high)
        assert other.n == 4 * one.rate.n


@pytest.mark.parametrize("families", [60, 400])
def test_the_interval_of_a_difference_holds_the_truth_where_siblings_are_alike(families: int) -> None:
    """Families of up to four share a rate around .2 in both levels, so that the true difference is 0."""
    rng = np.random.default_rng(5)
    held = 0
    for seed in range(120):
        sizes = rng.integers(1, 5, families)
        family = np.repeat(np.arange(families), sizes)
        missed = rng.random(len(family)) < rng.beta(0.6, 2.4, families)[family]
        levels = np.array(["a", "b"])[rng.integers(0, 2, families)][family].tolist()
        ones = np.ones(len(family), dtype=bool)
        found = fairness(
            np.arange(len(family)), family, ones, ~missed, {"group": levels}, POLICY, seed=seed, resamples=200
        )
        one = found.groups[0].levels[0].rates["false_negative_rate"].difference
        assert isinstance(one, Figure)
        held += one.low <= 0 <= one.high
    assert held >= 0.90 * 120, "children as strangers hold it in 87 of 100"


def test_adding_a_group_leaves_the_intervals_of_the_others() -> None:
    person, family, outcome, suggested, groups = _rows(a=(100, 40, 40, 60), b=(100, 40, 40, 60))
    alone = fairness(person, family, outcome, suggested, groups, POLICY, seed=3)
    more = {"another": ["x"] * len(person), **groups}
    assert fairness(person, family, outcome, suggested, more, POLICY, seed=3).groups[1] == alone.groups[0]


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 10), 0.6075, 1.0000),
        ((0, 10), (0, 10), -0.2775, 0.2775),
    ],
)
def test_newcombe_gives_the_published_intervals(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    """Newcombe 1998, Interval estimation for the difference between independent proportions, table II, method 10."""
    found = newcombe(first[0] / first[1], first[1], second[0] / second[1], second[1])
    assert found == pytest.approx((low, high), abs=5e-5)
