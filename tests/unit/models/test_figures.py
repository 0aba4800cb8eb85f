"""Figures: one form for people, one for JSON, and never a number that does not exist."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.digests import canonical_json
from models.figures import Figure, NotComputed, Stated, from_json

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        (Figure(0.8123, 0.79, 0.8331, 9431), "0.812 (0.790 to 0.833, n 9,431)"),
        (Figure(34.0, 26.25, 43.0, 2396, "people"), "34.000 people (26.250 to 43.000, n 2,396)"),
        (Figure(-0.0001, -0.0004, 0.0, 12), "0.000 (0.000 to 0.000, n 12)"),
        (Figure(-0.5, -1.0, 0.25, 0), "-0.500 (-1.000 to 0.250, n 0)"),
        (Figure(12345.678, 1.0, 23456.0, 7), "12,345.678 (1.000 to 23,456.000, n 7)"),
        (NotComputed(6, "fewer than 10 people"), "not computed (n 6: fewer than 10 people)"),
    ],
)
def test_words(stated: Stated, words: str) -> None:
    assert stated.text() == str(stated) == words


def test_decimals_may_be_chosen() -> None:
    assert Figure(34.04, 26.25, 43.0, 2396, "people").text(1) == "34.0 people (26.2 to 43.0, n 2,396)"


@given(st.tuples(NUMBERS, NUMBERS, NUMBERS), st.integers(0, 10**9), st.sampled_from(["", "people"]))
def test_json_and_back(numbers: tuple[float, float, float], n: int, unit: str) -> None:
    value, *bounds = numbers
    figure = Figure(value, min(bounds), max(bounds), n, unit)
    back = from_json(figure.as_json())
    assert isinstance(back, Figure)
    assert (back.n, back.unit) == (n, unit)
    for given_, kept in ((figure.value, back.value), (figure.low, back.low), (figure.high, back.high)):
        assert math.isclose(given_, kept, abs_tol=1e-6)
    assert back == from_json(back.as_json()), "a second journey changes nothing"
    canonical_json(figure.as_json())


def test_not_computed_to_json_and_back() -> None:
    stated = NotComputed(3, "too few")
    assert stated.as_json() == {"not_computed": "too few", "n": 3}
    assert from_json(stated.as_json()) == stated
    assert not stated.computed
    assert Figure(0.0, 0.0, 0.0, 1).computed, "zero is a number"


@pytest.mark.parametrize(
    "numbers",
    [(math.nan, 0, 1, 5), (0.5, math.nan, 1, 5), (0.5, 0, math.inf, 5), (0.5, 0.6, 0.4, 5), (0.5, 0.4, 0.6, -1)],
)
def test_what_is_no_number_is_refused(numbers: tuple[float, float, float, int]) -> None:
    with pytest.raises(ValueError, match="a figure"):
        Figure(*numbers)
