"""Figures with other numbers of places: against a slow oracle, against the declared capacity's, how sure they are."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.figures import Figure, NotComputed, Stated
from models.measuring import metrics
from models.measuring.capacities import AT_CAPACITY, BEST_POSSIBLE, capacities_of, measure, record
from models.measuring.metrics import JudgedRows, ModelAnswers
from models.resampling import Floats, codes


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (1, (1, 2, 3, 4, 5)),
        (2, (1, 2, 3, 4, 6)),
        (3, (2, 3, 5, 6, 9)),
        (40, (20, 40, 60, 80, 120)),
        (401, (201, 401, 602, 802, 1203)),
    ],
)
def test_the_capacities(declared: int, expected: tuple[int, ...]) -> None:
    assert capacities_of(declared) == expected


def drawn(
    families: int, draw: np.random.Generator, *, places: int = 20, levels: int = 0
) -> tuple[JudgedRows, ModelAnswers]:
    """Return families of one to three, whose children's scores and outcomes are alike, at two dates."""
    whose = np.repeat(np.arange(families), draw.integers(1, 4, families))
    scores = draw.normal(size=families)[whose] + draw.normal(size=len(whose))
    outcomes = (scores + draw.normal(size=families)[whose] + draw.normal(size=len(whose)) > 2.6).astype(np.float64)
    said = np.round(scores * levels) if levels else scores
    dates = draw.integers(0, 2, len(whose))
    return JudgedRows(outcomes, np.arange(len(whose)), whose, dates, places), ModelAnswers(said)


def slow(case: JudgedRows, scores: Floats, places: int) -> dict[str, float]:
    """Return the figures by going down the list of each date, those who are level together."""
    reached, offers = 0.0, 0
    rows = list(zip(scores, case.outcomes, case.dates, strict=True))
    for date in set(case.dates.tolist()):
        left = places
        here = [(score, outcome) for score, outcome, day in rows if day == date]
        for level in sorted({score for score, _ in here}, reverse=True):
            together = [outcome for score, outcome in here if score == level]
            taken = min(left, len(together))
            reached += taken * sum(together) / len(together)
            offers, left = offers + taken, left - taken
    positives = case.outcomes.sum()
    return {
        "precision": reached / offers,
        "recall": reached / positives,
        "lift": reached / offers / (positives / len(case.outcomes)),
        "number_needed": offers / reached if reached else float("nan"),
    }


@given(seed=st.integers(0, 10_000), levels=st.sampled_from([0, 1, 3]), places=st.integers(5, 30))
def test_they_are_those_of_going_down_the_list(seed: int, levels: int, places: int) -> None:
    case, said = drawn(120, np.random.default_rng(seed), places=places, levels=levels)
    found = measure(case, {"model": said}, resamples=20)
    for k, by_way in found.items():
        for name, scores in (("model", said.scores), (BEST_POSSIBLE, case.outcomes)):
            for figure, value in slow(case, scores, k).items():
                one = by_way[name][figure]
                assert isinstance(one, NotComputed) or one.value == pytest.approx(value)
                if isinstance(one, Figure):
                    assert one.low <= one.high


@pytest.mark.parametrize("places", [1, 20, 150])
@pytest.mark.parametrize("levels", [0, 2])
def test_the_declared_capacity_says_what_the_other_figures_say(places: int, levels: int) -> None:
    """They resample the same families, and look at all rows."""
    case, said = drawn(400, np.random.default_rng(4), places=places, levels=levels)
    ways = {"model": said, "by_lot": ModelAnswers(np.zeros(len(case.outcomes)))}
    other = metrics.measure(case, ways, against={}, seed=3).figures
    for name, by_figure in measure(case, ways, seed=3)[places].items():
        for figure in ("precision", "recall") if name in ways else ():
            one, expected = by_figure[figure], other[name][f"{figure}_at_capacity"]
            if places == 1:
                assert one == NotComputed(one.n, "fewer than 10 offers")
                continue
            assert isinstance(one, Figure)
            assert isinstance(expected, Figure)
            assert (one.value, one.low, one.high) == pytest.approx((expected.value, expected.low, expected.high))
            assert one.n == expected.n


def test_a_resample_without_the_foremost_gives_their_places_to_others() -> None:
    """The foremost 300 are one family, which every third resample lacks."""
    draw = np.random.default_rng(6)
    scores = np.sort(draw.normal(size=900))[::-1]
    outcomes = (draw.random(900) < 1 / (1 + np.exp(-scores))).astype(np.float64)
    families = np.maximum(np.arange(900) - 299, 0)
    case = JudgedRows(outcomes, np.arange(900), families, np.zeros(900, dtype=np.intp), 15)
    ways = {"model": ModelAnswers(scores)}
    one = measure(case, ways)[15]["model"]["precision"]
    expected = metrics.measure(case, ways, against={}).figures["model"]["precision_at_capacity"]
    assert isinstance(one, Figure)
    assert isinstance(expected, Figure)
    assert (one.low, one.high) == pytest.approx((expected.low, expected.high))


def test_nobody_beats_the_best_possible_and_lots_have_a_lift_of_one() -> None:
    case, said = drawn(300, np.random.default_rng(1))
    found = measure(case, {"model": said, "by_lot": ModelAnswers(np.zeros(len(case.outcomes)))}, resamples=50)
    for by_way in found.values():
        lot = by_way["by_lot"]["lift"]
        assert isinstance(lot, Figure)
        assert lot.value == pytest.approx(1, abs=0.05)
        for figure in ("precision", "recall", "lift"):
            values = [
                one.value
                for way in ("by_lot", "model", BEST_POSSIBLE)
                if isinstance(one := by_way[way][figure], Figure)
            ]
            assert values == sorted(values)
            assert len(values) == 3
    first = found[min(found)][BEST_POSSIBLE]["precision"]
    assert isinstance(first, Figure)
    assert (first.value, first.low, first.high) == (1, 1, 1), "there are more with the outcome than places"


def test_what_cannot_be_told_says_why() -> None:
    rows = 200
    outcomes = np.repeat([1.0, 0.0], [20, rows - 20])
    case = JudgedRows(outcomes, np.arange(rows), np.arange(rows), np.zeros(rows, dtype=np.intp), 15)
    worst = measure(case, {"model": ModelAnswers(-outcomes)}, resamples=100)[15]["model"]
    assert worst["precision"] == worst["number_needed"]
    assert worst["precision"].text() == ("not computed (n 15: 0 in all resamples, which does not say how sure it is)")
    nearly = np.where(np.arange(rows) == 0, 1.0, -outcomes)
    one_reached = measure(case, {"model": ModelAnswers(nearly)}, resamples=100)[15]["model"]
    assert one_reached["precision"].computed
    assert one_reached["number_needed"] == NotComputed(15, "it may be that no offer reaches someone with the outcome")
    few = JudgedRows(outcomes * (np.arange(rows) < 9), *(case.people, case.families, case.dates), 15)
    assert {one for by in measure(few, {"model": ModelAnswers(nearly)})[15].values() for one in by.values()} == {
        NotComputed(15, "fewer than 10 rows with the outcome"),
        NotComputed(9, "fewer than 10 rows with the outcome"),
    }


def test_the_record_keeps_each_with_its_offers() -> None:
    case, said = drawn(200, np.random.default_rng(2))
    kept = record(case, {"model": said}, seed=0)["capacities"]
    assert [(one["places"], one["offers"], one["declared"]) for one in kept] == [
        (10, 20, False),
        (20, 40, True),
        (30, 60, False),
        (40, 80, False),
        (60, 120, False),
    ]
    assert set(kept[0]["ways"]) == {"model", BEST_POSSIBLE}
    assert set(kept[0]["ways"]["model"]) == set(AT_CAPACITY)


def _held(found: Mapping[str, Stated], truth: Mapping[str, float]) -> Mapping[str, bool]:
    return {
        name: isinstance(one := found[name], Figure) and one.low <= value <= one.high for name, value in truth.items()
    }


def test_the_intervals_hold_what_they_promise() -> None:
    """Families of one to three whose outcomes are alike; the truth is that of 200,000 such families."""
    families, times, draw = 400, 300, np.random.default_rng(7)
    many, said = drawn(100_000, draw, places=30 * 250)
    truth = _of_many(many, said, 60 * 250)
    held = dict.fromkeys(truth, 0)
    for number in range(times):
        case, answers = drawn(families, draw, places=30)
        for name, inside in _held(
            measure(case, {"model": answers}, resamples=200, seed=number)[60]["model"], truth
        ).items():
            held[name] += inside
    assert all(0.91 <= count / times <= 0.985 for count in held.values()), {k: v / times for k, v in held.items()}


def _of_many(case: JudgedRows, said: ModelAnswers, places: int) -> dict[str, float]:
    """Return the figures where nobody is level, by sorting."""
    top = np.concatenate(
        [
            here[np.argsort(-said.scores[here])[:places]]
            for here in (np.flatnonzero(case.dates == day) for day in np.unique(codes(case.dates)))
        ]
    )
    precision, share = case.outcomes[top].mean(), case.outcomes.mean()
    found = {"precision": precision, "recall": case.outcomes[top].sum() / case.outcomes.sum()}
    return {**found, "lift": precision / share, "number_needed": 1 / precision}
