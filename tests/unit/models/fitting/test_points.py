"""The card of points: few indicators, whole points, nothing against the expected direction, and worth its paper."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.progress import silent
from models.additive.additive import PointsTerm
from models.fitting import baselines, chosen, logistic, points
from models.fitting.chosen import Algorithm
from models.fitting.points import MOST_INDICATORS, PointsCard
from models.matrices import Matrix
from models.measuring.ranking import Ranking
from models.resampling import Floats
from models.splits import NotEnoughError
from tests.examples import examples
from tests.unit.models.fitting.test_baselines import matrix

NAN = float("nan")


def world(rows: int, seed: int = 1, columns: int = 14) -> tuple[Matrix, Matrix]:
    """Return rows to learn from and to choose on: counts, of which some matter, one of them the other way."""
    chance = np.random.default_rng(seed)
    values = chance.poisson(chance.uniform(0.3, 4.0, columns), size=(rows, columns)).astype(float)
    values[:, 3] = chance.normal(40, 12, rows).round(1)
    values[chance.random(rows) < 0.2, 4] = NAN
    values[:, 5] = NAN
    logit = -3 + 0.9 * np.log1p(values[:, 0]) + 0.8 * (values[:, 1] >= 3) - 0.05 * (values[:, 3] - 40)
    logit += 1.2 * np.isnan(values[:, 4])
    outcomes = (chance.random(rows) < 1 / (1 + np.exp(-logit))).astype(float)
    half = rows // 2
    return matrix(values[:half], outcomes[:half]), matrix(values[half:], outcomes[half:])


def precision(scores: Floats, rows: Matrix) -> float:
    """Return how well scores order rows."""
    return float(Ranking(scores, rows.outcomes).average_precision(np.ones((1, len(scores))))[0])


def terms(card: PointsCard) -> dict[str, PointsTerm]:
    """Return a card's terms by indicator."""
    return {one.indicator: one for one in card.form.terms if isinstance(one, PointsTerm)}


def test_it_finds_what_matters_and_little_else() -> None:
    train, choose = world(8000)
    card = points.fit(train, choose, [0] * 14)
    found = terms(card)
    assert {"i0", "i1", "i3", "i4"} <= set(found)
    assert len(found) <= 6
    assert found["i4"].missing > max(found["i4"].points), "having no number tells of need here"
    assert any(2 <= cut <= 4 for cut in found["i1"].cuts)
    assert list(found["i3"].points) == sorted(found["i3"].points, reverse=True)


def test_it_is_nearly_as_good_as_the_regression_where_the_truth_is_a_sum() -> None:
    train, choose = world(8000, seed=2)
    card, regression = points.fit(train, choose, [0] * 14), logistic.fit(train, choose, [0] * 14)
    _, test = world(20_000, seed=3)
    own, other = (precision(one.form.margins(test.values), test) for one in (card, regression))
    assert own > 0.93 * other
    assert own > 1.3 * test.outcomes.mean()


@settings(max_examples=examples(12), deadline=None)
@given(st.integers(0, 10_000), st.lists(st.sampled_from([-1, 0, 1]), min_size=14, max_size=14))
def test_points_are_whole_and_never_go_against_the_expected_direction(seed: int, signs: list[int]) -> None:
    train, choose = world(1200, seed=seed)
    card = points.fit(train, choose, signs)
    assert len(card.form.terms) <= MOST_INDICATORS
    for name, term in terms(card).items():
        sign, own = signs[int(name[1:])], list(term.points)
        assert min([*own, term.missing]) == 0, "points count up from nothing"
        assert len({*own}) > 1 or term.missing != own[0], "an indicator that changes nothing is not on the card"
        assert max([*own, term.missing]) <= 20
        if sign:
            assert own == sorted(own, reverse=sign < 0)
    totals = card.form.totals(choose.values)
    assert np.array_equal(totals, np.rint(totals))
    levels = np.unique(np.column_stack([totals, card.form.margins(choose.values)]), axis=0)
    assert len(levels) == len(np.unique(totals)), "equal points are equal to the bit"
    assert card.as_json() == points.fit(train, choose, signs).as_json()


def test_where_nothing_matters_the_card_is_nearly_empty() -> None:
    chance = np.random.default_rng(6)
    values = chance.poisson(1.0, size=(3000, 10)).astype(float)
    outcomes = (chance.random(3000) < 0.1).astype(float)
    whole = matrix(values, outcomes)
    assert len(points.fit(whole, whole, [0] * 10).form.terms) <= 2


@pytest.mark.parametrize("values", [np.full((200, 2), NAN), np.ones((200, 2)), np.zeros((200, 2))])
def test_rows_that_tell_nothing_give_an_empty_card(values: Floats) -> None:
    outcomes = np.r_[np.ones(60), np.zeros(140)]
    card = points.fit(matrix(values, outcomes), matrix(values, outcomes), [0, 1])
    assert card.form.terms == ()
    assert card.form.margins(values) == pytest.approx(np.full(200, np.log(60 / 140)))


def test_who_asks_for_a_card_where_none_can_be_made_is_told() -> None:
    outcomes = np.tile([0.0, 0.0, 0.0, 1.0], 100)
    for values in (np.c_[outcomes, np.ones(400)], np.ones((400, 2))):
        rows = matrix(values, outcomes)
        opponents = baselines.fit(rows, rows, [0, 0], None)
        with pytest.raises(NotEnoughError, match="the outcome itself"):
            chosen.choose(Algorithm.POINTS, rows, rows, [0, 0], opponents, folds=[], seed=0, progress=silent)
