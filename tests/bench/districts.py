"""Whether a district that codes differently is named, and no other: counties of twelve districts of unequal size.

Families of a district are alike in what they need (another mean of every indicator), so that levels differ without
anybody coding differently. In a planted county one district writes only half of the outcomes down, in all years; it is
none of the four smallest, where half of some thirty outcomes is nothing that a test can tell from chance.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from models.fitting.refits import Learner, RefitRows
from models.measuring.calibration import sigmoid
from models.measuring.districts import DistrictTest, told_apart
from models.resampling import Codes, Floats, wilson
from tests.bench import Measured, measured
from tests.bench.instability import recipe, world

_DISTRICTS, _FAMILIES, _SEEDS = 12, 4000, 20
_WRITTEN_DOWN, _SMALL = 0.5, 4


def county(families: int, planted: bool, draw: np.random.Generator) -> tuple[RefitRows, Codes, int]:
    """Return the rows of a county, the district of each row, and which one is planted, or -1.

    All parts have the same children in the same order.
    """
    sizes = draw.dirichlet(np.full(_DISTRICTS, 6.0))
    of_family = draw.choice(_DISTRICTS, families, p=sizes)
    made = world(families, draw, shift=draw.normal(0, 0.3, _DISTRICTS)[of_family]).sample
    district = of_family[made.families[0]]
    if not planted:
        return made, district, -1
    chosen = int(np.argsort(sizes)[draw.integers(_SMALL, _DISTRICTS)])

    def coded(outcomes: Floats) -> Floats:
        forgotten = (district == chosen) & (draw.random(len(outcomes)) >= _WRITTEN_DOWN)
        return np.where(forgotten, 0.0, outcomes)

    train, choose, test = (replace(one, outcomes=coded(one.outcomes)) for one in (made.train, made.choose, made.test))
    return RefitRows(train, choose, test, made.families), district, chosen


def named(shape: str, families: int, seed: int, *, planted: bool) -> tuple[set[int], int]:
    """Return the districts of such a county that are named, and the one that is planted, or -1."""
    rows, district, chosen = county(families, planted, np.random.default_rng(seed))
    learn, expected = Learner.of(recipe(shape), rows.train), np.zeros(len(district))
    for one in range(_DISTRICTS):
        others = np.flatnonzero(district != one)
        refit = learn(others, rows.choose, others, seed=seed)
        expected[district == one] = sigmoid(refit.log_odds(rows.test.values[district == one]))
    found = told_apart(rows.test.outcomes, expected, district, rows.families[0])
    return {one for one, said in found.items() if isinstance(said, DistrictTest) and said.named}, chosen


def figures(tiny: bool) -> Iterator[Measured]:
    """Yield how often the district that codes differently is named, and how often another one is."""
    seeds, families = (1, 300) if tiny else (_SEEDS, _FAMILIES)
    found = [named("trees", families, seed, planted=True) for seed in range(seeds)]
    right = sum(chosen in them for them, chosen in found)
    beside = sum(bool(them - {chosen}) for them, chosen in found)
    wrong = sum(bool(named("trees", families, 100 + seed, planted=False)[0]) for seed in range(seeds))
    low, high = wilson(right, seeds)
    said = f"of {seeds} counties with a district that writes half down ({low:.3f} to {high:.3f} of all such)"
    yield measured("district_found", right, said, ">= 19")
    yield measured("district_beside", beside, f"of {seeds} such counties in which another district is named too")
    low, high = wilson(wrong, seeds)
    said = f"of {seeds} counties where all code alike ({low:.3f} to {high:.3f} of all such)"
    yield measured("district_false", wrong, said, "<= 1")
