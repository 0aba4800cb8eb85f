"""Figures of each test date: the same numbers as over that date alone, intervals against published and known values."""

import datetime

import numpy as np
import pytest

from models.figures import Figure, NotComputed
from models.measuring import dates
from models.measuring.metrics import JudgedRows, ModelAnswers
from models.measuring.ranking import Ranking

DAYS = (datetime.date(2024, 1, 1), datetime.date(2024, 7, 1))


def test_the_interval_of_an_area_is_the_published_one() -> None:
    """Hanley and McNeil 1982, table III: area 0.893, 51 with and 58 without, standard error about 0.032."""
    found = dates.area(0.893, 51, 58)
    assert (found.value - found.low) / 1.96 == pytest.approx(0.032, abs=0.001)
    assert found.n == 109
    assert dates.area(1.0, 10, 10) == Figure(1.0, 1.0, 1.0, n=20)


def test_each_date_is_measured_alone_and_a_small_one_not_at_all() -> None:
    draw = np.random.default_rng(1)
    codes = np.repeat([0, 1], [400, 60])
    outcomes = np.where(codes == 0, draw.random(460) < 0.2, 0.0).astype(float)
    outcomes[400:409] = 1.0
    scores = outcomes + draw.normal(size=460)
    case = JudgedRows(outcomes, np.arange(460), np.arange(460), codes, capacity=50)
    found = dates.measure(case, {"model": ModelAnswers(scores)}, DAYS)
    first = found[DAYS[0]]["model"]
    top = np.argsort(-scores[:400])[:50]
    reached = outcomes[:400][top].sum()
    assert {name: (one.value, one.n) for name, one in first.items() if isinstance(one, Figure)} == {
        "auc": (pytest.approx(Ranking(scores[:400], outcomes[:400]).auc(np.ones((1, 400)))[0]), 400),
        "precision_at_capacity": (pytest.approx(reached / 50), 50),
        "recall_at_capacity": (pytest.approx(reached / outcomes[:400].sum()), outcomes[:400].sum()),
    }
    assert found[DAYS[1]]["model"] == dict.fromkeys(
        dates.BY_DATE, NotComputed(60, "fewer than 10 rows with the outcome")
    )


def test_the_intervals_hold_what_they_promise() -> None:
    draw, inside = np.random.default_rng(3), {"auc": 0, "precision_at_capacity": 0}
    truth = {"auc": 0.7602}  # normal scores one standard deviation apart: Φ(1/√2)
    many = draw.random(400_000) < 0.15
    everyone = many + draw.normal(size=len(many))
    truth["precision_at_capacity"] = float(many[np.argsort(-everyone)[: len(many) // 10]].mean())
    for _ in range(400):
        outcomes = (draw.random(500) < 0.15).astype(float)
        scores = outcomes + draw.normal(size=500)
        case = JudgedRows(outcomes, np.arange(500), np.arange(500), np.zeros(500, dtype=np.intp), capacity=50)
        found = dates.measure(case, {"model": ModelAnswers(scores)}, DAYS[:1])[DAYS[0]]["model"]
        for name in inside:
            one = found[name]
            assert isinstance(one, Figure)
            inside[name] += one.low <= truth[name] <= one.high
    assert all(0.92 <= times / 400 <= 0.99 for times in inside.values()), inside
