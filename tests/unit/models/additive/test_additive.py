"""A model that is a sum: its text, its terms, and what each indicator adds, against every order of the indicators."""

import itertools
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import IntegrityError
from models.additive.additive import AdditiveForm
from models.bundle import forms
from models.resampling import Floats
from tests.examples import examples

NAN = float("nan")
NAMES = ("a", "b", "c")
CURVES = {
    "algorithm": "logistic",
    "intercept": -1.5,
    "terms": [
        {"indicator": "a", "weight": 0.5, "low": -50.0, "high": 12.0, "missing": -0.25, "mean": 0.1},
        {"indicator": "c", "weight": -2.0, "low": 0.0, "high": 50.0, "missing": 0.0, "mean": -0.4},
    ],
}
CARD = {
    "algorithm": "points",
    "intercept": -3.0,
    "unit": 0.25,
    "terms": [
        {"indicator": "b", "whole": False, "cuts": [1.0, 3.5], "points": [0, 2, 5], "missing": 1, "mean": 0.75},
        {"indicator": "c", "whole": True, "cuts": [], "points": [0], "missing": 3, "mean": 0.5},
    ],
}
NUMBERS = st.one_of(st.just(NAN), st.floats(-50, 50).map(lambda one: round(one, 1)))
ROWS = st.lists(st.tuples(*[NUMBERS] * 3), min_size=1, max_size=6).map(lambda rows: np.array(rows, dtype=float))


def form(said: dict[str, Any]) -> AdditiveForm:
    """Return the model that a text says."""
    return AdditiveForm.parse(json.dumps(said), NAMES)


def by_hand(said: dict[str, Any], row: Floats) -> float:
    """Return the log-odds of one row, worked out term by term."""
    total = 0.0
    for term in said["terms"]:
        number = row[NAMES.index(term["indicator"])]
        if math.isnan(number):
            total += term["missing"]
        elif said["algorithm"] == "logistic":
            number = min(max(number, term["low"]), term["high"])
            total += term["weight"] * math.copysign(math.log(1 + abs(number)), number)
        else:
            total += term["points"][sum(number >= cut for cut in term["cuts"])]
    return float(said["intercept"] + said.get("unit", 1.0) * total)


@settings(max_examples=examples(60), deadline=None)
@given(st.sampled_from([CURVES, CARD]), ROWS)
def test_the_log_odds_are_the_sum_of_the_terms(said: dict[str, Any], rows: Floats) -> None:
    expected = [by_hand(said, row) for row in rows]
    np.testing.assert_allclose(form(said).margins(rows), expected, rtol=0, atol=1e-9)


@settings(max_examples=examples(40), deadline=None)
@given(st.sampled_from([CURVES, CARD]), ROWS)
def test_what_each_adds_is_its_shapley_value(said: dict[str, Any], rows: Floats) -> None:
    """Against the definition: over all orders, what an indicator adds where the others have their mean term."""
    made = form(said)
    means = {term["indicator"]: term["mean"] * said.get("unit", 1.0) for term in said["terms"]}
    for row, found in zip(rows, made.contributions(rows), strict=True):

        def value(known: frozenset[str], row: Floats = row) -> float:
            total = said["intercept"]
            for at, name in enumerate(NAMES):
                own = {**said, "intercept": 0.0, "terms": [one for one in said["terms"] if one["indicator"] == name]}
                total += by_hand(own, row) if name in known else means.get(name, 0.0)
                assert at < len(row)
            return float(total)

        orders = [*itertools.permutations(NAMES)]
        for at, name in enumerate(NAMES):
            before = [frozenset(order[: order.index(name)]) for order in orders]
            expected = sum(value(one | {name}) - value(one) for one in before) / len(orders)
            assert found[at] == pytest.approx(expected, abs=1e-9)
        assert found[-1] == pytest.approx(value(frozenset()), abs=1e-9)
        assert found.sum() == pytest.approx(by_hand(said, row), abs=1e-9)


@pytest.mark.parametrize("said", [CURVES, CARD])
def test_the_text_is_read_as_it_was_written(said: dict[str, Any]) -> None:
    made = form(said)
    assert forms.parse(made.text, NAMES) == made
    assert json.loads(made.text) == said
    made.check(np.array([[1.0, NAN, 3.0], [NAN, 4.0, NAN]]))


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (("algorithm",), "trees", "no additive model"),
        (("intercept",), "NaN", "no additive model"),
        (("unit",), 0, "no additive model"),
        (("terms", 0, "points"), [0, 2.5, 5], "no additive model"),
        (("terms", 0, "points"), [0, 2], "not in order"),
        (("terms", 0, "cuts"), [3.5, 1.0], "not in order"),
        (("terms", 0, "cuts"), [1.0, 1.0], "not in order"),
        (("terms", 0, "indicator"), "d", "other indicators"),
        (("terms", 0, "indicator"), "c", "other indicators"),
        (("terms", 0, "more"), 1, "no additive model"),
    ],
)
def test_what_is_no_such_model_is_refused(path: tuple[Any, ...], value: object, why: str) -> None:
    said: Any = json.loads(json.dumps(CARD))
    inside = said
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    with pytest.raises(IntegrityError, match=why):
        forms.parse(json.dumps(said), NAMES)


@pytest.mark.parametrize("text", ["{", "{}", "[]", '{"algorithm": "points"}', '{"algorithm": ["points"]}', "{" * 5000])
def test_damaged_text_is_refused(text: str) -> None:
    with pytest.raises(IntegrityError):
        AdditiveForm.parse(text, NAMES)


def test_a_matrix_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="3 columns"):
        form(CARD).contributions(np.zeros((2, 4)))
    with pytest.raises(ValueError, match="infinite"):
        form(CARD).contributions(np.array([[np.inf, 0.0, 0.0]]))
