"""Bands: offers match places, level people are never parted, and one cut is never above the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.figures import Figure, NotComputed
from models.measuring.metrics import JudgedRows, ModelAnswers
from models.measuring.thresholds import (
    BANDS,
    NO_SUGGESTION,
    OFFER_HELP,
    TALK_ABOUT_IT,
    Thresholds,
    by_date,
    cut,
    fit,
    measure,
)

TENTHS = st.lists(st.integers(1, 9).map(lambda tenth: tenth / 10), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("tenths", "places", "offered"),
    [
        pytest.param([1, 2, 3, 4, 5], 2, 2, id="just the places"),
        pytest.param([1, 2, 3, 4, 5], 5, 5, id="places for everyone"),
        pytest.param([1, 2, 3], 9, 3, id="more places than people"),
        pytest.param([1, 4, 4, 5], 2, 1, id="level people are not parted"),
        pytest.param([1, 5, 5, 5], 2, 0, id="the foremost are level and more than the places"),
        pytest.param([5, 5, 5], 2, 0, id="all level"),
        pytest.param([1, 2, 3], 1, 1, id="one place"),
    ],
)
def test_how_many_are_offered_help(tenths: list[int], places: int, offered: int) -> None:
    probabilities = np.array(tenths) / 10
    assert int((probabilities >= cut(probabilities, places)).sum()) == offered


@given(TENTHS, st.integers(1, 50))
def test_no_lower_cut_would_fit(levels: list[float], places: int) -> None:
    probabilities = np.array(levels)
    at = cut(probabilities, places)
    assert int((probabilities >= at).sum()) <= places, "offers never exceed the places"
    lower = [level for level in set(levels) if level < at]
    if lower:
        assert (probabilities >= max(lower)).sum() > places
    assert at not in levels, "midway: the last bit of a probability never decides"


def test_probabilities_that_differ_in_the_last_bits_are_level() -> None:
    probabilities = np.array([0.5, np.nextafter(0.5, 1), 0.2, 0.1])
    assert (probabilities >= cut(probabilities, 1)).sum() == 0
    assert (probabilities >= cut(probabilities, 2)).sum() == 2


@given(TENTHS, st.integers(1, 4), st.integers(1, 6))
def test_bands_are_in_order(levels: list[float], dates: int, capacity: int) -> None:
    found = fit(np.array(levels), dates, capacity)
    assert found.talk_about_it <= found.offer_help
    assert sum(found.on_choose.values()) * dates == pytest.approx(len(levels), abs=1e-4)
    codes = found.codes(np.sort(np.array(levels)))
    assert np.all(np.diff(codes) <= 0), "a higher probability is never in a lower band"
    assert Thresholds.from_json(found.as_json()) == found


@pytest.mark.parametrize(
    ("tenths", "level"),
    [([5] * 9, 9), ([9, 5, 5, 5], 3), ([9, 8, 5, 5], 0), ([9, 5, 4, 3], 0), ([9], 0)],
    ids=["all", "behind the first", "all places taken", "nobody", "places for everyone"],
)
def test_who_is_level_at_the_cut_is_counted(tenths: list[int], level: int) -> None:
    assert fit(np.array(tenths) / 10, dates=1, capacity=2).level == level


CUTS = Thresholds(0.6, 0.3, 10, dict.fromkeys(BANDS, 1.0))


@pytest.mark.parametrize(
    ("probability", "band"),
    [(0.9, OFFER_HELP), (0.6, OFFER_HELP), (0.5999, TALK_ABOUT_IT), (0.3, TALK_ABOUT_IT), (0.2999, NO_SUGGESTION)],
)
def test_a_probability_at_a_cut_is_in_the_higher_band(probability: float, band: str) -> None:
    assert CUTS.bands(np.array([probability])) == [band]


def test_what_the_cuts_did_on_other_dates() -> None:
    probabilities = np.repeat([0.9, 0.4, 0.1], [20, 40, 140])
    outcomes = np.concatenate([np.tile([1.0, 0.0], 10), np.tile([1.0, 0.0, 0.0, 0.0], 10), np.zeros(140)])
    case = JudgedRows(outcomes, np.arange(200), np.arange(200), np.arange(200) % 2, 10)
    found = measure(case, CUTS, probabilities, resamples=50)
    values = {
        name: {key: one.value for key, one in by.items() if isinstance(one, Figure)} for name, by in found.items()
    }
    assert values == {
        OFFER_HELP: {"per_date": 10.0, "with_outcome": 0.5, "of_outcomes": 0.5},
        TALK_ABOUT_IT: {"per_date": 20.0, "with_outcome": 0.25, "of_outcomes": 0.5},
        NO_SUGGESTION: {"per_date": 70.0, "with_outcome": 0.0, "of_outcomes": 0.0},
    }
    nobody = measure(case, Thresholds(0.95, 0.3, 10, CUTS.on_choose), probabilities, resamples=50)
    assert nobody[OFFER_HELP]["with_outcome"] == NotComputed(0, "fewer than 10")


def test_offers_by_date_say_how_far_two_lists_are_one() -> None:
    probabilities = np.array([0.9, 0.8, 0.1, 0.2, 0.7, 0.65, 0.1])
    alone, dates = np.arange(7), np.array([0, 0, 0, 0, 1, 1, 1])
    case = JudgedRows(np.zeros(7), alone, alone, dates, 1)
    found = by_date(case, CUTS, ModelAnswers(probabilities, probabilities), ["2024-01-01", "2024-07-01"])
    assert found == [
        {"as_of_date": "2024-01-01", "rows": 4, "places": 1, "offered": 2, "both": 1},
        {"as_of_date": "2024-07-01", "rows": 3, "places": 1, "offered": 2, "both": 1},
    ]
