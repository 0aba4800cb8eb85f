"""How often test dates were looked at, and what taking the best of several costs."""

import datetime
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from models.bundle.bundles import Bundle
from models.bundle.openings import Opening, Openings, expected_highest
from models.figures import Figure, NotComputed, Stated

PRECISION = Figure(0.42, 0.36, 0.48, 240, "offers")
DAY, NEXT, LATER = (datetime.date(2023, month, 1) for month in (1, 4, 7))


@pytest.mark.parametrize(
    ("many", "expected"),
    [(1, 0.0), (2, 0.56419), (3, 0.84628), (4, 1.02938), (5, 1.16296), (10, 1.53875), (20, 1.86748), (100, 2.50759)],
)
def test_the_expected_highest_is_harters(many: int, expected: float) -> None:
    assert expected_highest(many) == pytest.approx(expected, abs=1e-5)


def test_of_very_many_it_still_rises() -> None:
    assert expected_highest(1_000) == pytest.approx(3.24144, abs=1e-5)
    assert expected_highest(100_000) == pytest.approx(4.3839, abs=1e-3)


@pytest.mark.parametrize("alike", [0.0, 0.5, 0.95])
@pytest.mark.parametrize("spread", [0.0, 0.05])
def test_the_best_of_several_is_too_high_by_at_most_that(alike: float, spread: float) -> None:
    """Simulated: seven models, equally good or not, whose errors are alike to a degree, and the best is taken."""
    opening = Opening(tuple("abcdefg"), 0, PRECISION)
    assert opening.standard_error is not None
    assert opening.optimism is not None
    draw = np.random.default_rng(5)
    truth = 0.4 + spread * draw.normal(size=7)
    shared, own = draw.normal(size=(20_000, 1)), draw.normal(size=(20_000, 7))
    seen = truth + opening.standard_error * (np.sqrt(alike) * shared + np.sqrt(1 - alike) * own)
    taken = seen.argmax(axis=1)
    too_high = float((seen.max(axis=1) - truth[taken]).mean())
    assert too_high < opening.optimism + 0.001
    if alike == spread == 0.0:
        assert too_high == pytest.approx(opening.optimism, abs=0.001)


def bundle(digest: str, *, test: Sequence[datetime.date] = (DAY, NEXT), figure: Stated = PRECISION) -> Bundle:
    """Return what is asked of a bundle here."""
    return cast(Bundle, SimpleNamespace(digest=digest, facts=facts(test=test), figure=lambda _name: figure))


def facts(*, use_case: str = "offer", purpose: str = "help", test: Sequence[datetime.date]) -> Any:
    """Return what is asked of its facts."""
    return SimpleNamespace(use_case=use_case, purpose=purpose, snapshot="s", splits=SimpleNamespace(test=tuple(test)))


KNOWN = {
    "a": facts(test=(DAY, NEXT)),
    "b": facts(test=(NEXT, LATER)),  # one date is the same
    "c": facts(test=(LATER,)),
    "d": facts(test=(DAY, NEXT), use_case="another", purpose="other"),
}


@pytest.mark.parametrize(
    ("digest", "test", "counted"),
    [
        ("a", (DAY, NEXT), ("a", "b")),
        ("b", (NEXT, LATER), ("a", "b", "c")),
        ("c", (LATER,), ("b", "c")),
        ("x", (DAY,), ("a", "x")),  # the ledger does not know it: it was measured all the same
    ],
)
def test_looks_at_dates_that_are_among_them_count(
    digest: str, test: Sequence[datetime.date], counted: tuple[str, ...]
) -> None:
    assert Openings(KNOWN, frozenset()).of(bundle(digest, test=test)).bundles == counted


def test_it_is_told_in_words_and_as_json() -> None:
    opening = Openings(KNOWN, frozenset({"z"})).of(bundle("a"))
    assert opening.text == (
        "The test dates were looked at 2 times: so many different models of this use case were measured on some of "
        "them. Bundles that are not here any more, of which nobody can say: 1. The precision at capacity of the best "
        "of 2 is too high by about 0.017 on average: 0.564, the expected highest of 2 standard normal numbers, x the "
        "standard error 0.031 (n 240). Models that are alike err alike, and then it is less."
    )
    said = opening.as_json()
    assert (said["times"], said["bundles"], said["not_here"]) == (2, ["a", "b"], 1)
    assert said["expected_optimism"]["value"] == pytest.approx(0.56419 * 0.12 / 3.919928, abs=1e-6)
    assert said["expected_optimism"]["n"] == 240


def test_once_costs_nothing_and_without_a_figure_nothing_is_computed() -> None:
    once = Opening(("a",), 0, PRECISION)
    assert (
        once.text == "The test dates were looked at once: no other model of this use case was measured on any of them."
    )
    assert once.as_json()["expected_optimism"]["value"] == 0
    without = Opening(("a", "b"), 0, NotComputed(3, "too few"))
    assert without.text.endswith("was not computed: no precision at capacity.")
    assert without.as_json()["expected_optimism"]["value"] is None
