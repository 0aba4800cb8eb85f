"""Examples are told so coarsely that at least ten people fit all that is said."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.explaining.examples import describe, tell
from audits.explaining.reasons import Reason
from features.declarations.catalogue import Indicator
from hub.disclosing.disclosure import SmallNumbers
from tests.examples import examples
from tests.factories.audits import looks
from tests.factories.use_cases import indicator

TIMES = indicator("times", plain="Times that something happened")
EVER = indicator("ever", plain="Whether it ever happened", unit="yes/no")


def _described(value: float, column: list[float], which: Indicator = TIMES) -> str | None:
    seen = looks(range(len(column)), {which.name: column})
    found = describe(Reason(which, value, 1.0), seen, np.ones(len(column), dtype=bool), SmallNumbers())
    return None if found is None else found[0]


@pytest.mark.parametrize(
    ("why", "value", "column", "said"),
    [
        ("many share it", 3.0, [3.0] * 10 + [0.0] * 50, "3"),
        ("few share it, more have at least as many", 7.0, [7.0, 8.0] + [5.0] * 8 + [0.0] * 50, "5 or more"),
        ("few have as few", 1.0, [1.0, 2.0] + [3.0] * 8 + [9.0] * 50, "3 or less"),
        ("only all fit", 7.0, [7.0] + [0.0] * 5, None),
        ("few have no number", float("nan"), [float("nan")] * 9 + [1.0] * 50, None),
        ("many have no number", float("nan"), [float("nan")] * 10 + [1.0] * 50, "no number (nothing was recorded)"),
    ],
)
def test_a_number_is_as_exact_as_ten_people_allow(why: str, value: float, column: list[float], said: str) -> None:
    assert _described(value, column) == said, why


def test_words_are_as_exact_as_what_was_counted() -> None:
    """Who counts is who fits the words: 0.046 reads as 5 %, 0.044 does not."""
    share = indicator("share", plain="Part of the sessions", unit="share from 0 to 1")
    assert _described(0.051, [0.051] + [0.046] * 9 + [0.0] * 50, share) == "5 %"
    assert _described(0.051, [0.051] + [0.044] * 9 + [0.0] * 50, share) == "4 % or more"


def test_yes_or_no_is_never_at_least() -> None:
    assert _described(1.0, [1.0] * 9 + [0.0] * 50, EVER) is None
    assert _described(1.0, [1.0] * 10 + [0.0] * 50, EVER) == "yes"


def test_one_person_on_ten_dates_is_one_person() -> None:
    seen = looks([0] * 10 + list(range(1, 51)), {"times": [3.0] * 10 + [0.0] * 50})
    assert describe(Reason(TIMES, 3.0, 1.0), seen, np.ones(60, dtype=bool), SmallNumbers()) is None


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(12, 60), st.integers(1, 5), st.integers(0, 10_000))
def test_ten_people_fit_everything_that_an_example_says(people: int, columns: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values: dict[str, Any] = {f"i{number}": rng.integers(0, 6, people).astype(float) for number in range(columns)}
    for column in values.values():
        column[rng.random(people) < 0.2] = np.nan
    seen = looks(range(people), values)
    reasons = [
        Reason(indicator(name, plain=f"Times of {name}"), float(column[0]), float(rng.normal()))
        for name, column in values.items()
    ]
    told = tell("title", "happened", reasons, seen, SmallNumbers())
    fits = np.ones(people, dtype=bool)
    for sentence in (*told.raised, *told.lowered):
        name, words = sentence.split(" — ")[0].removeprefix("Times of ").split(": ", 1)
        fits &= _fit(values[name], words)
    assert fits[0]
    assert fits.sum() >= 10
    assert len(told.raised) + len(told.lowered) + told.left_out <= columns


def _fit(column: np.ndarray, words: str) -> np.ndarray:
    if words.startswith("no number"):
        return np.isnan(column)
    number = float(words.split()[0])
    if words.endswith("or more"):
        return column >= number
    return column <= number if words.endswith("or less") else column == number
