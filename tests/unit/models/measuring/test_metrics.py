"""Metrics with intervals, and differences on the same resamples."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from models.figures import Figure, NotComputed
from models.measuring.calibration import sigmoid
from models.measuring.expected import expected_and_observed
from models.measuring.metrics import (
    HEADLINE,
    METRICS,
    ORDER_METRICS,
    JudgedRows,
    ModelAnswers,
    measure,
)
from models.measuring.ranking import Ranking
from models.measuring.verdicts import verdict
from models.resampling import Floats, bootstrap, codes, draws, interval, wilson


def drawn(rows: int = 1200, people: int = 400, seed: int = 3) -> tuple[JudgedRows, Floats]:
    """Return a case with several rows a person, and log-odds that are true."""
    draw = np.random.default_rng(seed)
    logits = draw.normal(size=rows) - 1.5
    outcomes = (draw.random(rows) < sigmoid(logits)).astype(float)
    whose = np.unique(draw.integers(0, people, rows), return_inverse=True)[1]
    return JudgedRows(outcomes, whose, whose // 2, draw.integers(0, 3, rows), 30), logits


def test_values_are_those_of_scikit_learn() -> None:
    case, logits = drawn()
    probabilities = sigmoid(logits)
    found = measure(case, {"model": ModelAnswers(logits, probabilities)}, against={}, resamples=50).figures["model"]
    assert list(found) == list(METRICS)
    for name, oracle in (
        ("auc", roc_auc_score(case.outcomes, logits)),
        ("brier", brier_score_loss(case.outcomes, probabilities)),
        ("log_loss", log_loss(case.outcomes, probabilities)),
    ):
        figure = found[name]
        assert isinstance(figure, Figure)
        assert figure.value == pytest.approx(oracle, abs=1e-9)
        assert figure.low < figure.value < figure.high
        assert figure.n == 1200
    assert isinstance(slope := found["calibration_slope"], Figure)
    assert slope.low < 1 < slope.high, "the probabilities are true ones"
    assert (found["precision_at_capacity"].n, found["recall_at_capacity"].n) == (90, int(case.outcomes.sum()))


def test_intervals_are_those_of_a_loop_over_resampled_people() -> None:
    case, logits = drawn(rows=150, people=60)
    rows_of = [np.flatnonzero(case.people == person) for person in range(case.people.max() + 1)]
    slow = []
    for counts in draws(len(rows_of), 40, seed=5):
        for one in counts.astype(int):
            rows = np.concatenate([rows_of[person] for person, times in enumerate(one) for _ in range(times)])
            slow.append(roc_auc_score(case.outcomes[rows], logits[rows]))
    found = bootstrap(lambda w: {"auc": Ranking(logits, case.outcomes).auc(w)}, case.people, resamples=40, seed=5)
    assert (found["auc"].low, found["auc"].high) == pytest.approx(interval(np.array(slow)), abs=1e-12)


def test_rows_of_a_person_come_and_go_together() -> None:
    case, logits = drawn(rows=300, people=300)
    once = bootstrap(lambda w: {"mean": (w @ logits) / w.sum(axis=1)}, case.people, resamples=400)["mean"]
    again = np.concatenate([case.people] * 9)
    ninefold = bootstrap(lambda w: {"mean": (w @ np.tile(logits, 9)) / w.sum(axis=1)}, again, resamples=400)["mean"]
    assert ninefold.high - ninefold.low == pytest.approx(once.high - once.low, rel=1e-9), "nine copies tell no more"


def test_the_same_seed_gives_the_same_interval() -> None:
    case, logits = drawn()
    judged = {"model": ModelAnswers(logits)}
    one, again, other = (
        measure(case, judged, against={}, resamples=60, seed=seed).figures["model"]["auc"] for seed in (1, 1, 2)
    )
    assert one == again
    assert one != other


def test_differences_are_paired() -> None:
    case, logits = drawn()
    noisy = logits + np.random.default_rng(0).normal(size=len(logits)) * 0.05
    judged = {
        "model": ModelAnswers(logits),
        "twin": ModelAnswers(logits.copy()),
        "noisy": ModelAnswers(noisy),
        "coarse": ModelAnswers(np.sign(logits)),
    }
    found = measure(case, judged, against={"model": ("twin", "noisy", "coarse")}, resamples=100)
    for name in ORDER_METRICS:
        same = found.differences["model"]["twin"][name]
        assert isinstance(same, Figure)
        assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
    near, auc = found.differences["model"]["noisy"]["auc"], found.figures["model"]["auc"]
    assert isinstance(near, Figure)
    assert isinstance(auc, Figure)
    assert near.high - near.low < (auc.high - auc.low) / 5, "what both have in common cancels out"
    assert verdict(found.differences["model"]["coarse"]["auc"]) == "beats"


@pytest.mark.parametrize(
    ("with_", "without", "reason"),
    [(9, 50, "fewer than 10 rows with the outcome"), (50, 9, "fewer than 10 rows without the outcome"), (10, 10, "")],
)
def test_too_few_to_say(with_: int, without: int, reason: str) -> None:
    outcomes = np.repeat([1.0, 0.0], [with_, without])
    rows = len(outcomes)
    scores = np.random.default_rng(0).normal(size=rows)
    case = JudgedRows(outcomes, np.arange(rows), np.arange(rows), np.zeros(rows, dtype=np.intp), 15)
    found = measure(
        case, {"model": ModelAnswers(scores), "rule": ModelAnswers(scores)}, against={"model": ("rule",)}, resamples=50
    )
    for stated in (found.figures["model"]["auc"], found.differences["model"]["rule"]["precision_at_capacity"]):
        assert stated.computed == (not reason)
        assert reason in stated.text()


def test_few_offers_have_no_figure_and_decide_nothing() -> None:
    case, logits = drawn()
    few = replace(case, capacity=9 // len(np.unique(case.dates)) or 1)
    offers = int(np.minimum(np.bincount(few.dates), few.capacity).sum())
    answers = {"model": ModelAnswers(logits), "rule": ModelAnswers(-logits)}
    found = measure(few, answers, against={"model": ("rule",)}, resamples=50)
    for stated in (found.figures["model"]["precision_at_capacity"], found.differences["model"]["rule"][HEADLINE]):
        assert stated.computed == (offers >= 10)
        if offers < 10:
            assert "fewer than 10 offers" in stated.text()
            assert verdict(stated) == "cannot tell"


def test_an_order_has_no_probabilities() -> None:
    case, logits = drawn()
    found = measure(case, {"rule": ModelAnswers(np.round(logits))}, against={}, resamples=50).figures["rule"]
    assert {name for name, one in found.items() if one.computed} == set(ORDER_METRICS)
    assert found["brier"] == NotComputed(1200, "an order, not a probability")


def test_expected_and_observed() -> None:
    case, logits = drawn(rows=4000, people=4000)
    probabilities = sigmoid(logits)
    table = expected_and_observed(case, probabilities)
    assert len(table) == 10
    assert sum(entry["rows"] for entry in table) == 4000
    assert all(entry["from"] <= entry["expected"] <= entry["to"] for entry in table)
    assert [entry["expected"] for entry in table] == sorted(entry["expected"] for entry in table)
    inside = [entry["observed"]["low"] <= entry["expected"] <= entry["observed"]["high"] for entry in table]
    assert sum(inside) >= 8, "true probabilities"
    level = expected_and_observed(case, np.full(4000, 0.2))
    assert [entry["rows"] for entry in level] == [4000], "people who are level stay together"


def test_expected_and_observed_says_when_there_are_too_few_people() -> None:
    outcomes = np.array([0.0, 1.0] * 10)
    alone = np.zeros(20, dtype=np.intp)
    case = JudgedRows(outcomes, alone, alone, alone, 5)
    (entry,) = expected_and_observed(case, np.full(20, 0.5))
    assert entry["observed"] == {"not_computed": "fewer than 10 people", "n": 20}, "20 rows, but one person"


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)],
)
def test_wilson(successes: float, n: float, low: float, high: float) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=1e-4)


def test_an_interval_needs_resamples_that_have_the_number() -> None:
    assert interval(np.array([1.0] * 96 + [np.nan] * 4)) == (1.0, 1.0)
    assert np.isnan(interval(np.array([1.0] * 94 + [np.nan] * 6))).all()
    assert np.isnan(interval(np.array([]))).all()


def test_codes_of_people() -> None:
    assert codes(["b", "a", "b", "c"]).tolist() == [1, 0, 1, 2]
