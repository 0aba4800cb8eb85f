"""One indicator that almost tells the outcome: the AUC beside every pair, and what is too little to say."""

import datetime
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.leakage import single_predictors
from features.leakage.single_predictors import order, presence
from hub.disclosing.disclosure import SmallNumbers
from hub.figures import Figure, NotComputed
from tests.factories.use_cases import use_case

ROW = st.tuples(st.sampled_from([None, 0.0, 1.0, 2.0, 3.5]), st.booleans())


def by_pairs(values: list[float], outcome: list[bool]) -> float:
    """The slow, obvious AUC: every pair of a row with and one without the outcome."""
    pairs = [(one, two) for one, with_it in zip(values, outcome, strict=True) if with_it
             for two, other in zip(values, outcome, strict=True) if not other]  # fmt: skip
    return sum((one > two) + 0.5 * (one == two) for one, two in pairs) / len(pairs)


@given(st.lists(ROW, min_size=2, max_size=40).filter(lambda rows: len({happened for _, happened in rows}) == 2))
def test_order_is_the_better_end_of_all_pairs(rows: list[tuple[float | None, bool]]) -> None:
    outcome = [happened for _, happened in rows]
    areas = []
    for missing in (-math.inf, math.inf):
        areas.append(by_pairs([missing if value is None else value for value, _ in rows], outcome))
    values = np.array([math.nan if value is None else value for value, _ in rows])
    found = order(values, np.array(outcome, dtype=np.float64), np.arange(len(rows)))
    assert isinstance(found, Figure)
    assert found.value == pytest.approx(max(max(area, 1 - area) for area in areas))
    assert found.low <= found.value <= found.high


def test_rows_of_one_person_are_not_so_many_people() -> None:
    rng = np.random.default_rng(4)
    values, outcome = rng.normal(size=300), (rng.random(300) < 0.3).astype(float)
    values += outcome
    alone = order(values, outcome, np.arange(300))
    five = order(np.repeat(values, 5), np.repeat(outcome, 5), np.repeat(np.arange(300), 5))
    assert isinstance(alone, Figure)
    assert isinstance(five, Figure)
    assert five.value == pytest.approx(alone.value)
    assert five.high - five.low == pytest.approx(alone.high - alone.low)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng, held = np.random.default_rng(9), 0
    truth = 0.5 * (1 + math.erf(0.5))  # Φ(1 / √2): two normals one standard deviation apart
    for _ in range(300):
        outcome = (rng.random(200) < 0.3).astype(float)
        found = order(rng.normal(size=200) + outcome, outcome, np.arange(200))
        assert isinstance(found, Figure)
        held += found.low <= truth <= found.high
    assert 0.91 <= held / 300 <= 0.98


def test_presence_counts_children_once_and_says_when_it_cannot() -> None:
    people = np.repeat(np.arange(100), 2)
    there = np.where(people < 30, 1.0, 0.0)
    found = presence(there, (people < 29).astype(float), people)
    assert isinstance(found, Figure)
    assert (found.n, found.value) == (30, pytest.approx(29 / 30))
    assert presence(np.where(people < 19, 1.0, math.nan), np.zeros(200), people) == NotComputed(
        19, "fewer than 20 people with anything"
    )
    assert isinstance(presence(np.ones(200), np.ones(200), people), NotComputed)


def matrix(values: np.ndarray, outcome: np.ndarray, day: datetime.date) -> pa.Table:
    return pa.table(
        {
            "person_id": [f"p{number:04}" for number in range(len(values))],
            "as_of_date": pa.array([day] * len(values), pa.date32()),
            "outcome": pa.array(outcome.astype(np.int8)),
            "incidents": values,
        }
    )


TRAIN, TEST = datetime.date(2023, 1, 1), datetime.date(2024, 1, 1)


@pytest.mark.parametrize(
    ("day", "with_it", "tells", "done", "found"),
    [
        pytest.param(TRAIN, 100, True, True, ["incidents"], id="told"),
        pytest.param(TRAIN, 100, False, True, [], id="chance"),
        pytest.param(TRAIN, 15, True, False, [], id="too few"),
        pytest.param(TEST, 100, True, False, [], id="the test dates stay unseen"),
    ],
)
def test_only_the_training_dates_are_looked_at(
    day: datetime.date, with_it: int, tells: bool, done: bool, found: list[str]
) -> None:
    outcome = np.arange(1000) < with_it
    rng = np.random.default_rng(0)
    values = outcome * 3.0 + rng.normal(size=1000) * 0.3 if tells else rng.normal(size=1000)
    table = matrix(values, outcome, day)
    check, findings = single_predictors.check(use_case(), table.select, small=SmallNumbers())
    assert check.done is done
    assert bool(check.why_not) is not done
    assert [one.about for one in findings] == found
