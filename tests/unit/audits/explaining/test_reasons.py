"""Reasons are whole sentences in the indicator's own words, strongest first, strengths beside needs."""

import subprocess
import sys

import numpy as np
import pytest

from audits.explaining.reasons import in_words, ranked, reasons
from features.declarations.catalogue import Indicator
from tests.factories.use_cases import indicator

VICTIM = indicator("victim_year", plain="Times recorded by police as a victim in the past year")
SCHOOL = indicator(
    "attendance", plain="School days attended this term", unit="%", kind="protective", direction="lowers"
)
HELPED = indicator("helped", plain="Early help was offered before.", unit="yes/no")
LATE = indicator("late", plain="Time by which work was late", unit="days", missing="No work was due yet.")

MISSED = indicator("missed", plain="Share of school sessions missed", unit="share from 0 to 1")


def test_a_reason_says_what_was_seen_and_which_way_it_goes() -> None:
    raised, lowered = reasons([VICTIM, SCHOOL], np.array([3.0, 96.0]), np.array([0.8, -0.5, -2.0]))
    assert raised == ("Times recorded by police as a victim in the past year: 3 — makes an offer of help more likely",)
    assert lowered == ("School days attended this term: 96 % — makes an offer of help less likely",)


def test_strongest_first_and_no_more_than_asked() -> None:
    indicators = [indicator(f"i{number}") for number in range(5)]
    contributions = np.array([0.1, -0.9, 0.5, -0.2, 0.3])
    raised, lowered = reasons(indicators, np.arange(5.0), contributions, top=2)
    assert [one.split("(")[1][:2] for one in raised] == ["i2", "i4"]
    assert [one.split("(")[1][:2] for one in lowered] == ["i1", "i3"]


def test_what_hardly_counts_gets_no_sentence() -> None:
    assert reasons([VICTIM, SCHOOL], np.zeros(2), np.array([1.0, -0.001])) == (
        ("Times recorded by police as a victim in the past year: 0 — makes an offer of help more likely",),
        (),
    )
    assert reasons([VICTIM, SCHOOL], np.zeros(2), np.zeros(3)) == ((), ())


@pytest.mark.parametrize(
    ("which", "value", "words"),
    [
        (VICTIM, 1200.0, "1,200"),
        (VICTIM, 0.0, "0"),
        (VICTIM, np.nan, "no number (nothing was recorded)"),
        (HELPED, 1.0, "yes"),
        (HELPED, 0.0, "no"),
        (LATE, 1.0, "1 day"),
        (LATE, 2.25, "2.2 days"),
        (LATE, 0.999, "1 day"),
        (MISSED, 0.034, "3 %"),
        (MISSED, 1.0, "100 %"),
        (MISSED, 0.285, "28 %"),
        (LATE, np.nan, "no number (no work was due yet)"),
        (SCHOOL, 96.4, "96.4 %"),
    ],
)
def test_numbers_in_words(which: Indicator, value: float, words: str) -> None:
    assert in_words(which, value) == words


def test_the_shapes_must_belong_together() -> None:
    with pytest.raises(ValueError, match="each of 2 indicators"):
        ranked([VICTIM, SCHOOL], np.zeros(3), np.zeros(3))


def test_the_service_can_use_it_without_heavy_libraries() -> None:
    heavy = ("shap", "lightgbm", "sklearn", "matplotlib", "pandas")
    code = f"import sys, audits.explaining.reasons; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
