"""Verdicts: what a difference says in words, and that more resamples would say the same."""

import numpy as np
import pytest

from models.figures import Figure, NotComputed, Stated
from models.measuring.metrics import JudgedRows
from models.measuring.ranking import TopOfEachDate
from models.measuring.verdicts import LOOKS, HeadlineDifference, differences, verdict
from models.resampling import Floats, draws, interval


@pytest.mark.parametrize(
    ("difference", "says"),
    [
        (Figure(0.1, 0.01, 0.2, 50), "beats"),
        (Figure(0.1, 0.0, 0.2, 50), "cannot tell"),
        (Figure(0.1, -0.01, 0.2, 50), "cannot tell"),
        (Figure(0.0, 0.0, 0.0, 50), "does not beat"),
        (Figure(-0.1, -0.2, 0.0, 50), "cannot tell"),
        (Figure(-0.1, -0.2, -0.05, 50), "does not beat"),
        (NotComputed(3, "too few"), "cannot tell"),
    ],
)
def test_verdict(difference: Stated, says: str) -> None:
    assert verdict(difference) == says


def drawn(seed: int, gain: float, families: int = 300) -> tuple[JudgedRows, dict[str, Floats]]:
    """Return rows of two dates, and the scores of two models of which one sees so much more."""
    draw = np.random.default_rng(seed)
    whose = np.repeat(np.arange(families), draw.integers(1, 4, families))
    need = draw.normal(size=families)[whose] + draw.normal(size=len(whose))
    outcomes = (need + draw.normal(size=len(whose)) > 1.5).astype(float)
    case = JudgedRows(outcomes, np.arange(len(whose)), whose, draw.integers(0, 2, len(whose)), 25)
    blur = 3 * draw.normal(size=len(whose))
    return case, {"model": need + (1 - gain) * blur, "other": need + blur}


def found(case: JudgedRows, scores: dict[str, Floats], seed: int) -> HeadlineDifference:
    return differences(case, scores, {"model": ("other",)}, seed=seed)["model", "other"]


def said(one: HeadlineDifference) -> str:
    return verdict(one.estimate.stated(50, ""))


def test_an_interval_is_that_of_a_loop_over_resampled_families() -> None:
    case, scores = drawn(1, 0.5)
    asked = differences(case, scores, {"model": ("other",)}, looks=(150,), seed=4)["model", "other"]
    tops = {name: TopOfEachDate(one, case.outcomes, case.dates, case.capacity) for name, one in scores.items()}
    values = []
    for counts in draws(int(case.families.max()) + 1, 150, 4):
        for one in counts:
            precision = {name: top.precision_and_recall(one[None, case.families])[0] for name, top in tops.items()}
            values.append(float(precision["model"][0] - precision["other"][0]))
    assert (asked.estimate.low, asked.estimate.high) == pytest.approx(interval(np.array(values)))
    assert asked.resamples == 150


def test_what_is_plain_needs_few_resamples_and_what_is_close_as_many_as_there_are() -> None:
    plain, same = found(*drawn(2, 0.9), seed=0), drawn(2, 0.0)
    assert (said(plain), plain.resamples < 2 * LOOKS[0]) == ("beats", True)
    assert found(*same, seed=0).resamples < 2 * LOOKS[0], "they never differ"
    # Moved until a bound of the interval lies at 0: no number of resamples settles that.
    case, scores = drawn(5, 0.5)
    many = [
        found(case, scores | {"model": scores["other"] + gain * scores["model"]}, 0) for gain in np.linspace(0, 2, 25)
    ]
    assert max(one.resamples for one in many) >= LOOKS[-1]


def test_another_seed_gives_another_verdict_hardly_ever() -> None:
    """Where the spread of a bound says that it is settled; where it does not, all resamples were drawn."""
    other, settled = 0, 0
    for world in range(10):
        case, scores = drawn(world, 0.25)
        each = [found(case, scores, seed) for seed in range(4)]
        settled += sum(one.resamples < LOOKS[-1] for one in each)
        other += sum(one.resamples < LOOKS[-1] and said(one) != said(each[0]) for one in each)
    assert settled > 20
    assert other == 0


def test_pairs_end_by_themselves_and_keep_their_families() -> None:
    case, scores = drawn(3, 0.3)
    scores |= {"lot": np.zeros(len(case.outcomes))}
    both = differences(case, scores, {"model": ("other", "lot")}, seed=1)
    for other in ("other", "lot"):
        alone = differences(case, scores, {"model": (other,)}, seed=1)["model", other]
        assert alone == both["model", other]
