"""Reasons are whole sentences in the indicator's own words, strongest first, strengths beside needs."""

import itertools
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.explaining.reasons import in_words, ranked, strongest
from features.declarations.catalogue import Indicator
from tests.examples import examples
from tests.factories.use_cases import indicator


def apart(name: str, **said: Any) -> Indicator:
    """Return an indicator of records that no other reads."""
    return indicator(name, **({"events": {"types": [f"event_of_{name}"]}} | said))


def sentences(*asked: Any, **said: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what raised and what lowered a score, as people read it."""
    raised, lowered = strongest(*asked, **said)
    return tuple(one.sentence for one in raised), tuple(one.sentence for one in lowered)


VICTIM = apart("victim_year", plain="Times recorded by police as a victim in the past year")
SCHOOL = apart("attendance", plain="School days attended this term", unit="%", kind="protective", direction="lowers")
HELPED = apart("helped", plain="Early help was offered before.", unit="yes/no")
LATE = apart("late", plain="Time by which work was late", unit="days", missing="No work was due yet.")

MISSED = apart("missed", plain="Share of school sessions missed", unit="share from 0 to 1")


def test_a_reason_says_what_was_seen_and_which_way_it_goes() -> None:
    raised, lowered = sentences([VICTIM, SCHOOL], np.array([3.0, 96.0]), np.array([0.8, -0.5, -2.0]))
    assert raised == ("Times recorded by police as a victim in the past year: 3 — makes an offer of help more likely",)
    assert lowered == ("School days attended this term: 96 % — makes an offer of help less likely",)


def test_strongest_first_and_no_more_than_asked() -> None:
    indicators = [apart(f"i{number}") for number in range(5)]
    contributions = np.array([0.1, -0.9, 0.5, -0.2, 0.3])
    raised, lowered = sentences(indicators, np.arange(5.0), contributions, top=2)
    assert [one.split("(")[1][:2] for one in raised] == ["i2", "i4"]
    assert [one.split("(")[1][:2] for one in lowered] == ["i1", "i3"]


def test_what_hardly_counts_gets_no_sentence() -> None:
    assert sentences([VICTIM, SCHOOL], np.zeros(2), np.array([1.0, -0.001])) == (
        ("Times recorded by police as a victim in the past year: 0 — makes an offer of help more likely",),
        (),
    )
    assert sentences([VICTIM, SCHOOL], np.zeros(2), np.zeros(3)) == ((), ())


def test_figures_of_the_same_records_are_one_reason() -> None:
    """Eight correlated figures are told once, by the one that weighs most the way that all together go."""
    absence = [indicator(f"absence_{number}", events={"types": ["term_absence"]}) for number in range(4)]
    siblings = indicator("absence_of_siblings", events={"types": ["term_absence"]}, over="siblings")
    contributions = np.array([0.3, -0.4, 0.5, 0.0, 0.2, -0.1])
    found = strongest([*absence, siblings, VICTIM], np.arange(6.0), contributions)
    (first, second), (third,) = found
    assert (first.indicator.name, first.value) == ("absence_2", 2.0)
    assert first.contribution == pytest.approx(0.4)
    assert [one.name for one in first.companions] == ["absence_0", "absence_1"]
    assert first.sentence.endswith("more likely, together with 1 further figure of the same records")
    assert second.indicator is siblings, "whose records they are matters, too"
    assert third.indicator is VICTIM
    assert third.companions == ()


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-9, 9)), min_size=1, max_size=9))
def test_nothing_is_lost_when_figures_are_put_together(drawn: list[tuple[str, int]]) -> None:
    several = [indicator(f"i{number}", events={"types": [f"type_{one}"]}) for number, (one, _) in enumerate(drawn)]
    contributions = np.array([float(weight) for _, weight in drawn])
    found = [*itertools.chain(*strongest(several, np.zeros(len(drawn)), contributions, top=9))]
    sums = {one: sum(weight for kind, weight in drawn if kind == one) for one in "abc"}
    least = 0.01 * np.abs(contributions).sum()
    assert sorted(one.contribution for one in found) == sorted(w for w in sums.values() if w and abs(w) >= least)
    for one in found:
        companions = {other.name for other in one.companions}
        same = {
            f"i{number}"
            for number, (kind, weight) in enumerate(drawn)
            if weight and one.indicator.events is not None and f"type_{kind}" in one.indicator.events.types
        }
        assert companions == same - {one.indicator.name}


def test_every_source_of_a_reason_is_named() -> None:
    several = [indicator(f"i{one}", sources=[one], events={"types": ["incident"]}) for one in ("police", "school")]
    (found,), _ = strongest(several, np.zeros(2), np.array([0.2, 0.1]))
    assert found.sources == ("police", "school")


@pytest.mark.parametrize(
    ("which", "usual", "said"),
    [
        (VICTIM, (0.0, 1.0), ": 3 (usually 0 to 1) — makes"),
        (VICTIM, (0.0, 0.0), ": 3 (usually 0) — makes"),
        (MISSED, (0.02, 0.12), ": 300 % (usually 2 % to 12 %) — makes"),
        (HELPED, (0.0, 1.0), ": yes — makes"),
        (LATE, None, ": 3 days — makes"),
    ],
)
def test_a_number_stands_beside_what_is_usual(which: Indicator, usual: tuple[float, float] | None, said: str) -> None:
    told = {} if usual is None else {which.name: usual}
    (sentence,), _ = sentences([which], np.array([3.0]), np.array([1.0]), usual=told)
    assert said in sentence


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
