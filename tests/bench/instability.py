"""Whether another model would say what a bundle's ranges claim: worlds of families whose true probabilities are known.

In a world a model is learned from families, and refits of it give the ranges that a bundle keeps. Then models are
learned the same way from other families, drawn from the same truth, and asked about the children whom the first one was
tested on. The truth has steps and an interaction, so that small trees are wrong about it alike, however often refitted.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hub.figures import Figure, Stated
from hub.workspace import Workspace
from models.fitting.candidates import directions
from models.fitting.chosen import Algorithm
from models.fitting.fitting import fit
from models.fitting.parted import Parted
from models.fitting.refits import IN_TRAINING, Learner, Recipe, Refit, RefitRows, log_odds_of_refits
from models.matrices import Matrix
from models.measuring.calibration import logit, sigmoid
from models.measuring.stability import LikelyRanges, likely_ranges, moved, on_lists
from models.resampling import Codes, Floats
from tests.bench import Measured, measured
from tests.factories import feature_sets

_COLUMNS, _CORRELATION = 8, 0.3
_SHAPES = {
    "stumps": {"num_leaves": 2, "learning_rate": 0.15, "min_data_in_leaf": 40},
    "few_stumps": {"num_leaves": 2, "learning_rate": 0.15, "min_data_in_leaf": 40},
    "trees": {"num_leaves": 7, "learning_rate": 0.06, "min_data_in_leaf": 40, "lambda_l2": 1.0},
}
_FIXED = {"objective": "binary", "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1}
_ROUNDS, _FEW_ROUNDS = 60, 3
_PLACES = 100
CLAIMED = ("stumps", "trees", "logistic")
_KEPT = "of other models keep as many places as two refits do, by their bounds: not claimed"


@dataclass(frozen=True, slots=True)
class World:
    """Rows of three dates of the same children, and the true log-odds of the last."""

    sample: RefitRows
    truth: Floats


def recipe(shape: str) -> Recipe:
    """Return how models are learned: stumps, small trees, a logistic regression, or a few stumps, all wrong alike."""
    if shape == "logistic":
        return Recipe(Algorithm.LOGISTIC, {"C": 0.1}, 0, (0,) * _COLUMNS)
    rounds = _FEW_ROUNDS if shape == "few_stumps" else _ROUNDS
    return Recipe(Algorithm.LIGHTGBM, {**_FIXED, **_SHAPES[shape]}, rounds, (0,) * _COLUMNS)


def world(families: int, draw: np.random.Generator, shift: float | Floats = 0.0) -> World:
    """Draw one to four children a family, whose numbers and fates are alike, on three dates.

    Args:
        families: how many.
        draw: where numbers come from.
        shift: what is added to all numbers of a family, before some of them become counts.
    """
    from scipy.special import ndtr

    child = np.repeat(np.arange(families), draw.integers(1, 5, families))
    many = len(child)

    def alike(share: float, size: tuple[int, ...]) -> Floats:
        shared, own = draw.normal(size=(families, *size))[child], draw.normal(size=(many, *size))
        return np.asarray(np.sqrt(share) * shared + np.sqrt(1 - share) * own)

    kept = alike(0.5, (_COLUMNS,)) + np.broadcast_to(shift, families)[child][:, None]
    parts, truths = [], []
    for _ in range(3):
        values = np.sqrt(0.7) * kept + np.sqrt(0.3) * draw.normal(size=kept.shape)
        values[:, :4] = np.floor(np.exp(0.6 * values[:, :4]))
        truth = _truth(values)
        outcomes = (ndtr(alike(_CORRELATION, ())) < sigmoid(truth)).astype(np.float64)
        days = np.full(many, np.datetime64("2024-01-01"))
        names = tuple(f"n{number}" for number in range(_COLUMNS))
        parts.append(Matrix(names, values, outcomes, days, np.arange(many), child, np.ones(many, dtype=np.bool_)))
        truths.append(truth)
    return World(RefitRows(parts[0], parts[1], parts[2], (child, child)), truths[2])


def _truth(values: Floats) -> Floats:
    counts, rest = values[:, :4], values[:, 4:]
    found = -3.6 + 0.5 * np.log1p(counts).sum(axis=1) + 0.5 * rest[:, 0] + 0.9 * (counts[:, 0] > 1) * (rest[:, 1] > 0)
    return np.asarray(found + 0.8 * (rest[:, 2] > 0.5))


@dataclass(frozen=True, slots=True)
class Held:
    """How often what was claimed held, in one world.

    Attributes:
        others: share of what other models say that lies in the ranges.
        by_level: the same by level, lowest first.
        truth: share of true probabilities in the ranges.
        around_the_model: as `others`, for percentiles of refits around the model itself, which nobody is told.
        kept: share of other models whose lists share as many places with the model's as two refits' lists do.
        moves: share of other models whose probabilities differ from the model's as much, on average, as two refits'.
    """

    others: float
    by_level: Floats
    truth: float
    around_the_model: float
    kept: float
    moves: float


def held(shape: str, families: int, refits: int, others: int, seed: int) -> Held:
    """Learn one model, its refits and other models, and count."""
    draw = np.random.default_rng(seed)
    made, how = world(families, draw), recipe(shape)
    own = _learn(how, made.sample, seed).log_odds(made.sample.test.values)
    again = log_odds_of_refits(how, made.sample, refits, seed=seed)
    found = likely_ranges(own, again, made.sample.test.people)
    assert isinstance(found, LikelyRanges)
    fresh = np.array(
        [
            _learn(how, world(families, draw).sample, 1000 + number).log_odds(made.sample.test.values)
            for number in range(others)
        ]
    )
    low, high = (logit(np.array(one)) for one in zip(*(found.around(p) for p in sigmoid(own)), strict=True))
    inside = (low <= fresh) & (fresh <= high)
    level = np.searchsorted([one.start for one in found.levels[1:]], own, side="right")
    near = np.quantile(again, [0.025, 0.975], axis=0)
    dates = np.zeros(len(own), dtype=np.intp)
    between = moved(again, dates, _PLACES)
    pairs = [moved_from(own, one, dates) for one in fresh]
    return Held(
        float(inside.mean()),
        np.array([inside[:, level == number].mean() for number in range(len(found.levels))]),
        float(((low <= made.truth) & (made.truth <= high)).mean()),
        float(((near[0] <= fresh) & (fresh <= near[1])).mean()),
        *(float(np.mean([_inside(between[name], one[name]) for one in pairs])) for name in ("kept", "mean_move")),
    )


def _inside(found: Stated, value: float) -> bool:
    return isinstance(found, Figure) and found.low <= value <= found.high


def moved_from(own: Floats, other: Floats, dates: Codes) -> dict[str, float]:
    """Return the share of the model's places that another one keeps, and the mean move in percentage points."""
    first, second = on_lists(np.array([own, other]), dates, _PLACES)
    away = 100 * np.abs(sigmoid(own) - sigmoid(other))
    return {"kept": float((first & second).sum() / first.sum()), "mean_move": float(away.mean())}


def _learn(how: Recipe, sample: RefitRows, seed: int) -> Refit:
    return Learner.of(how, sample.train)(np.arange(len(sample.train.values)), sample.choose, seed=seed)


def times_ten_minutes(people: int, extra: int, refits: int) -> float:
    """Return how many refits ten minutes hold on such a feature set, by the seconds of a batch of them."""
    with tempfile.TemporaryDirectory() as folder:
        found = feature_sets.feature_set(Workspace(Path(folder)), people=people, extra=extra, siblings=2)
        made = fit(found, seed=7).contents
        how = Recipe.of(made.facts, directions(found.indicators), made.calibration.method)
        sample = RefitRows.of(Parted.of(found))
        log_odds_of_refits(how, sample, 1, seed=0)
        began = time.perf_counter()
        log_odds_of_refits(how, sample, refits, seed=0)
        return 600 * refits / (time.perf_counter() - began)


def figures(tiny: bool) -> Iterator[Measured]:
    """Yield how many refits ten minutes hold, and how often what ranges claim is so."""
    size = (400, 0, 10) if tiny else (9000, 69, 40)
    told = "on 14,400 rows of 75 indicators, extrapolated from 40"
    yield measured("refits_in_10_minutes", times_ten_minutes(*size), f"refits {told}", ">= 1000")
    families, worlds = (150, 1) if tiny else (1000, 12)
    by = {shape: [held(shape, families, IN_TRAINING, 10, seed) for seed in range(worlds)] for shape in CLAIMED}
    inside = {shape: float(np.mean([one.others for one in found])) for shape, found in by.items()}
    said = "; ".join(f"{shape}: {share:.3f}" for shape, share in inside.items())
    yield measured(
        "ranges_others_min", min(inside.values()), f"of what other models say is in the ranges ({said})", ">= 0.93"
    )
    yield measured("ranges_others_max", max(inside.values()), "of what other models say is in the ranges", "<= 0.99")
    naive = max(float(np.mean([one.around_the_model for one in found])) for found in by.values())
    yield measured(
        "ranges_around_the_model", naive, "the same for 95 % of refits around the model, which nobody is told"
    )
    for name, what in (("truth", "of true probabilities are in the ranges: not claimed"), ("kept", _KEPT)):
        least = {shape: float(np.mean([getattr(one, name) for one in found])) for shape, found in by.items()}
        said = "; ".join(f"{shape}: {share:.3f}" for shape, share in least.items())
        yield measured(f"ranges_{name}", min(least.values()), f"{what} ({said})")
