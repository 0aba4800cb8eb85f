"""The ladder of updates: the tests as they are defined, the truth table of where it ends, and that families count."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.measuring.closed_test import LadderStep, LadderTest, closed_test, ends_at, largest
from models.resampling import Codes, Floats
from models.splits import NotEnoughError
from tests.bench import ladder
from tests.examples import examples

NOTHING, INTERCEPT, SLOPE, REFIT = LadderStep


def _newton(columns: Floats, offset: Floats, outcomes: Floats) -> Floats:
    """Return the coefficients of a logistic regression, slowly."""
    found = np.zeros(columns.shape[1])
    for _ in range(200):
        p = 1 / (1 + np.exp(-offset - columns @ found))
        curvature = sum(w * np.outer(row, row) for w, row in zip(p * (1 - p), columns, strict=True))
        found = found + 0.5 * np.linalg.solve(np.asarray(curvature), columns.T @ (outcomes - p))
    return found


def _oracle(
    step: LadderStep, log_odds: Floats, outcomes: Floats, families: Codes, terms: Floats
) -> tuple[float, float, float]:
    """Return statistic, design effect and p by the textbook: the whole score, the whole information, row by row."""
    from scipy.stats import chi2

    whole = np.column_stack([np.ones(len(log_odds)), log_odds, terms])
    kept = {NOTHING: 0, INTERCEPT: 1, SLOPE: 2}[step]
    eta = log_odds.copy()
    if kept:
        eta = eta + whole[:, :kept] @ _newton(whole[:, :kept], log_odds, outcomes)
    p = 1 / (1 + np.exp(-eta))
    information = np.zeros((whole.shape[1], whole.shape[1]))
    score = np.zeros(whole.shape[1])
    of_family: dict[int, Floats] = {}
    for row, outcome, chance, family in zip(whole, outcomes, p, families, strict=True):
        information += chance * (1 - chance) * np.outer(row, row)
        score += row * (outcome - chance)
        of_family[family] = of_family.get(family, np.zeros(whole.shape[1])) + row * (outcome - chance)
    statistic = score @ np.linalg.inv(information) @ score
    # The tested scores less what the kept ones foretell of them.
    a, b = slice(None, kept), slice(kept, None)
    foretold = information[b, a] @ np.linalg.inv(information[a, a]) if kept else np.zeros((whole.shape[1], 0))
    alone = information[b, b] - foretold @ information[a, b]
    shown = sum(np.outer(one, one) for one in (s[b] - foretold @ s[a] for s in of_family.values()))
    lambdas = np.linalg.eigvals(np.linalg.inv(alone) @ np.asarray(shown)).real
    scale = (lambdas**2).sum() / lambdas.sum()
    return float(statistic), float(lambdas.mean()), float(chi2.sf(statistic / scale, lambdas.sum() / scale))


def _world(step: LadderStep = NOTHING, families: int = 150, correlation: float = 0.3, seed: int = 0) -> Any:
    return ladder.drawn(step, families, correlation, np.random.default_rng(seed))


@pytest.mark.parametrize("planted", list(LadderStep))
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.prove)])
def test_each_test_is_what_the_textbook_says(planted: LadderStep, seed: int) -> None:
    log_odds, outcomes, families, contributions = _world(planted, families=300, seed=seed)
    found = closed_test(log_odds, outcomes, families, contributions)
    own = largest(contributions, found.terms)
    assert own.shape[1] == found.terms > 0
    for one in found.tests:
        statistic, effect, p = _oracle(one.step, log_odds, outcomes, families, own)
        assert one.statistic == pytest.approx(statistic, abs=1e-4)
        assert one.design_effect == pytest.approx(effect, abs=1e-4)
        assert one.p == pytest.approx(p, abs=1e-5)
        assert one.degrees == 2 + found.terms - {NOTHING: 0, INTERCEPT: 1, SLOPE: 2}[one.step]


def test_among_strangers_it_is_nearly_the_likelihood_ratio_test() -> None:
    log_odds, outcomes, families, contributions = _world(families=600, correlation=0.0)
    rows = np.unique(families, return_index=True)[1]  # one row of each family: nobody is tied to anybody
    log_odds, outcomes, contributions = log_odds[rows], outcomes[rows], contributions[rows]
    found = closed_test(log_odds, outcomes, np.arange(len(rows)), contributions)
    whole = np.column_stack([np.ones(len(rows)), log_odds, largest(contributions, found.terms)])
    fitted = log_odds + whole @ _newton(whole, log_odds, outcomes)

    def likelihood(eta: Floats) -> float:
        return float((outcomes * eta - np.logaddexp(0, eta)).sum())

    ratio = 2 * (likelihood(fitted) - likelihood(log_odds))
    assert found.tests[0].statistic == pytest.approx(ratio, rel=0.15)
    assert found.tests[0].design_effect == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize(
    ("chances", "step"),
    [
        ([0.05], NOTHING),
        ([0.9, 0.001, 0.001], NOTHING),
        ([0.049, 0.05], INTERCEPT),
        ([0.0, 0.5, 0.0], INTERCEPT),
        ([0.01, 0.01, 0.06], SLOPE),
        ([0.01, 0.01, 0.05], SLOPE),
        ([0.01, 0.01, 0.049], REFIT),
        ([0.0, 0.0, 0.0], REFIT),
    ],
)
def test_the_first_that_is_not_rejected_ends_it(chances: list[float], step: LadderStep) -> None:
    tests = [LadderTest(one, 1.0, 2, 1.0, p) for one, p in zip(LadderStep, chances, strict=False)]
    assert ends_at(tests) is step


@pytest.mark.parametrize("planted", list(LadderStep))
def test_it_ends_where_it_was_planted(planted: LadderStep) -> None:
    found = closed_test(*_world(planted, families=1500, seed=4))
    assert found.step is planted
    assert found.step is ends_at(found.tests)
    assert [one.step for one in found.tests] == list(LadderStep)[: len(found.tests)]
    assert all(one.rejected for one in found.tests[:-1]), "none follows one that was not rejected"
    assert f"{found.rows:,} rows of {found.families:,} families" in found.why


@settings(max_examples=examples(20))
@given(st.integers(0, 2**16), st.sampled_from(list(LadderStep)), st.integers(2, 4))
def test_copies_of_a_child_are_no_more_witnesses(seed: int, planted: LadderStep, copies: int) -> None:
    """A row that is there three times in its own family changes no answer; as another family it does."""
    world = _world(planted, seed=seed)
    again = [np.repeat(one, copies, axis=0) for one in world]
    try:
        once, more = closed_test(*world), closed_test(*again)
    except NotEnoughError:
        return
    assert more.step is once.step
    assert [one.p for one in more.tests] == pytest.approx([one.p for one in once.tests], abs=2e-6)
    for one, other in zip(once.tests, more.tests, strict=True):
        assert other.statistic == pytest.approx(copies * one.statistic, rel=1e-4, abs=1e-4)
        assert other.design_effect == pytest.approx(copies * one.design_effect, rel=1e-4)


@settings(max_examples=examples(20))
@given(st.integers(0, 2**16), st.floats(0.1, 10), st.floats(-5, 5))
def test_neither_order_nor_names_nor_scales_matter(seed: int, scale: float, moved: float) -> None:
    log_odds, outcomes, families, contributions = _world(REFIT, seed=seed)
    shuffled = np.random.default_rng(seed).permutation(len(outcomes))
    try:
        found = closed_test(log_odds, outcomes, families, contributions)
    except NotEnoughError:
        return
    other = closed_test(
        log_odds[shuffled], outcomes[shuffled], 7 * families[shuffled] + 3, scale * contributions[shuffled] + moved
    )
    assert other.step is found.step
    assert [one.p for one in other.tests] == pytest.approx([one.p for one in found.tests], abs=2e-6)


def test_a_model_that_says_the_same_of_all_needs_a_level_or_nothing() -> None:
    draw = np.random.default_rng(0)
    outcomes = (draw.random(600) < 0.3).astype(float)
    same, nobody = np.full(600, -0.85), np.zeros((600, 3))
    assert closed_test(same, outcomes, np.arange(600), nobody).step is NOTHING
    found = closed_test(same - 2, outcomes, np.arange(600), nobody)
    assert found.step is INTERCEPT
    assert [one.degrees for one in found.tests] == [1, 0]


def test_too_few_families_and_a_perfect_order_are_refused() -> None:
    log_odds, outcomes, families, contributions = _world(families=600)
    without = outcomes.copy()
    without[np.isin(families, np.unique(families[outcomes > 0])[19:])] = 0
    with pytest.raises(NotEnoughError, match="19 families have rows with the outcome; 20 are needed"):
        closed_test(log_odds, without, families, contributions)
    with pytest.raises(NotEnoughError, match="0 families have rows without the outcome"):
        closed_test(log_odds, np.ones(len(outcomes)), families, contributions)
    parted = (log_odds > np.quantile(log_odds, 0.9)).astype(float)
    with pytest.raises(NotEnoughError, match="no slope can be fitted"):
        closed_test(log_odds, parted, families, contributions)


def test_with_few_families_the_full_revision_is_smaller() -> None:
    found = closed_test(*_world(families=60, correlation=0.0, seed=2))
    assert found.families_with_outcome < 60
    assert found.terms == found.families_with_outcome // 10 - 2


@pytest.mark.parametrize("correlation", [0.0, 0.7])
def test_it_seldom_changes_a_model_that_is_right(correlation: float) -> None:
    """The bench counts 2,000; this many tell a test of families from one of strangers, which changes half of them."""
    found = ladder.too_far(200, correlation, 150)
    assert found.value < 0.10
    if correlation:
        assert ladder.too_far(200, correlation, 100, strangers=True).value > 0.25
