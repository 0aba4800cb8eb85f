"""Numbers about an order of people, against scikit-learn and against slow, obvious oracles. Ties everywhere."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from models.measuring.ranking import Ranking, TopOfEachDate, foremost, level_with_others
from models.resampling import Floats

LEVELS = st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=2, max_size=40)
FEW = st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=6)


def arrays(rows: list[tuple[int, bool]]) -> tuple[Floats, Floats]:
    """Return scores and outcomes."""
    return np.array([float(score) for score, _ in rows]), np.array([float(outcome) for _, outcome in rows])


def ones(count: int) -> Floats:
    """Return weights that take every row once."""
    return np.ones((1, count))


@given(LEVELS)
def test_auc_is_that_of_scikit_learn(rows: list[tuple[int, bool]]) -> None:
    scores, outcomes = arrays(rows)
    found = Ranking(scores, outcomes).auc(ones(len(rows)))[0]
    if outcomes.sum() in (0, len(rows)):
        assert np.isnan(found)
    else:
        assert found == pytest.approx(roc_auc_score(outcomes, scores), abs=1e-12)


@given(LEVELS, st.data())
def test_weights_are_as_good_as_repeated_rows(rows: list[tuple[int, bool]], data: st.DataObject) -> None:
    scores, outcomes = arrays(rows)
    times = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows))))
    assume(times.sum() > 0)
    again_scores, again_outcomes = np.repeat(scores, times), np.repeat(outcomes, times)
    weights = np.vstack([times.astype(float), np.ones(len(rows))])
    whole, again = Ranking(scores, outcomes), Ranking(again_scores, again_outcomes)
    for one, other in (
        (whole.auc(weights), again.auc(ones(times.sum()))),
        (whole.average_precision(weights), again.average_precision(ones(times.sum()))),
    ):
        np.testing.assert_allclose(one[0], other[0], atol=1e-12)
    np.testing.assert_allclose(whole.auc(weights)[1], whole.auc(ones(len(rows)))[0], atol=1e-12)
    dates = np.arange(len(rows)) % 2
    top = TopOfEachDate(scores, outcomes, dates, 2).found(weights)
    top_again = TopOfEachDate(again_scores, again_outcomes, np.repeat(dates, times), 2).found(ones(times.sum()))
    for one, other in zip(top, top_again, strict=True):
        np.testing.assert_allclose(one[0], other[0], atol=1e-12)


@given(st.permutations(range(12)), st.lists(st.booleans(), min_size=12, max_size=12))
def test_average_precision_without_ties_is_that_of_scikit_learn(order: list[int], said: list[bool]) -> None:
    scores, outcomes = np.array(order, dtype=float), np.array(said, dtype=float)
    found = Ranking(scores, outcomes).average_precision(ones(12))[0]
    if outcomes.sum() == 0:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(average_precision_score(outcomes, scores), abs=1e-12)


def orders(scores: Floats) -> list[list[int]]:
    """Return every order of the rows in which a higher score never comes after a lower one."""
    groups = [np.flatnonzero(scores == level).tolist() for level in sorted(set(scores.tolist()), reverse=True)]
    shuffled = itertools.product(*(itertools.permutations(group) for group in groups))
    return [list(itertools.chain.from_iterable(one)) for one in shuffled]


@given(FEW)
def test_level_rows_count_as_all_their_orders_on_average(rows: list[tuple[int, bool]]) -> None:
    scores, outcomes = arrays(rows)
    assume(outcomes.sum() > 0)
    precisions, reached = [], []
    for order in orders(scores):
        seen = outcomes[order]
        precision = np.cumsum(seen) / np.arange(1, len(seen) + 1)
        precisions.append(float(precision[seen > 0].mean()))
        reached.append(seen[:2].sum())
    found = Ranking(scores, outcomes).average_precision(ones(len(rows)))[0]
    assert found == pytest.approx(np.mean(precisions), abs=1e-12)
    dates = np.zeros(len(rows), dtype=np.intp)
    top = TopOfEachDate(scores, outcomes, dates, 2)
    assert top.found(ones(len(rows)))[0][0] == pytest.approx(np.mean(reached), abs=1e-12)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 3)), min_size=1, max_size=40),
    st.integers(1, 12),
)
def test_the_first_of_each_date_against_a_loop(rows: list[tuple[int, bool, int]], capacity: int) -> None:
    scores = np.array([float(score) for score, _, _ in rows])
    outcomes = np.array([float(outcome) for _, outcome, _ in rows])
    dates = np.unique([date for _, _, date in rows], return_inverse=True)[1]
    reached = offers = 0.0
    for date in set(dates.tolist()):
        left = capacity
        for level in sorted(set(scores[dates == date].tolist()), reverse=True):
            group = outcomes[(dates == date) & (scores == level)]
            taken = min(left, len(group))
            reached += taken * group.mean()
            offers += taken
            left -= taken
    top = TopOfEachDate(scores, outcomes, dates, capacity)
    found = top.found(ones(len(rows)))
    assert [float(one[0]) for one in found] == pytest.approx([reached, offers, outcomes.sum()])
    precision, recall = top.precision_and_recall(ones(len(rows)))
    assert precision[0] == pytest.approx(reached / offers)
    assert np.isnan(recall[0]) if outcomes.sum() == 0 else recall[0] == pytest.approx(reached / outcomes.sum())


def test_no_number_comes_last() -> None:
    scores = np.array([-np.inf, 2.0, -np.inf, 1.0])
    outcomes = np.array([1.0, 0.0, 0.0, 1.0])
    found = TopOfEachDate(scores, outcomes, np.zeros(4, dtype=np.intp), 3).found(ones(4))
    assert found[0][0] == pytest.approx(1.5), "1, and half of the two that are level at the end"


def test_places_that_a_shuffle_decides_are_counted() -> None:
    scores = np.array([9.0, 5.0, 5.0, 5.0, 1.0, 7.0, 7.0, 3.0])
    dates = np.array([0, 0, 0, 0, 0, 1, 1, 1])
    top = TopOfEachDate(scores, np.zeros(8), dates, 2)
    assert top.by_chance() == (1.0, 4.0), "one of the three that are level on the first date; both of two on the second"
    assert TopOfEachDate(scores, np.zeros(8), dates, 9).by_chance() == (0.0, 8.0), "places for everyone"
    assert TopOfEachDate(np.zeros(8), np.zeros(8), dates, 2).by_chance() == (4.0, 4.0)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=30), st.integers(1, 6))
def test_places_go_to_the_foremost_of_each_date(rows: list[tuple[int, int]], capacity: int) -> None:
    scores, dates = np.array([float(score) for score, _ in rows]), np.array([date for _, date in rows], dtype=np.intp)
    held = foremost(scores, dates, capacity)
    expected = []
    for date in range(3):
        there = [at for at, row in enumerate(rows) if row[1] == date]
        expected += sorted(there, key=lambda at: (-rows[at][0], at))[:capacity]
    assert held.tolist() == expected
    for at, said in enumerate(level_with_others(scores, dates, held)):
        alike = [other for other, row in enumerate(rows) if row == rows[at]]
        assert said == (0 < len({*alike} & {*expected}) < len(alike))
