"""How far what is said of a child would move, had the model been learned from other families of the same kind. Pure.

    ranges = likely_ranges(log_odds, refits, people)       # what a bundle keeps, in stability.json
    low, high = ranges.around(0.31)                        # where 19 of 20 such probabilities would be
    moved(refits, dates, capacity)                         # lists and probabilities of any two refits

`refits` are log-odds after calibration, shape (refits, rows), of models that were learned from resampled families. Two
refits are compared with each other, not a refit with the model itself: a refit lies around the model as that lies
around the mean of all models of its kind, while two models of other families each lie around that mean, which is twice
the variance. `tests.bench.instability` counts how often what is claimed here holds.

None of this is about the truth: what all such models have wrong alike, no refit shows.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.figures import Figure, NotComputed, Stated
from models.measuring.calibration import logit, sigmoid
from models.measuring.metrics import SMALLEST_CLASS
from models.measuring.ranking import foremost
from models.resampling import LEVEL, Codes, Floats

FEWEST_REFITS = 10
"""With fewer nothing is said."""
SAYS = (
    "Models learned from other families of the same kind would give about 19 of 20 people with such a probability one "
    "between low and high. It is not where the truth is: what all such models have wrong, it does not show."
)
"""What a range claims; a simulation with known truth counts how often it holds (`tests.bench.instability`)."""
_WIDTH = 0.5
"""Width of the finest level, in log-odds."""
_LARGEST = 8.0
_CELLS = 4_000_000
_OF_PAIRS = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
_TAILS = [0.01, 0.99]
# Not 2.5 and 97.5: refits of trees move up to a seventh less than models of other families do, since each sees the same
# families several times. So wide, 95 of 100 are inside (`tests.bench.instability`); with the usual tails 90 to 94.


@dataclass(frozen=True, slots=True)
class LevelRange:
    """How far probabilities of one level move.

    Attributes:
        start: the lowest log-odds of the level; -inf for the lowest level.
        end: where the next begins; inf for the highest.
        people: how many people the model puts there; at least 10.
        rows: their looks.
        lower: 1st percentile of the move between two refits, in log-odds; not above 0.
        upper: 99th percentile; not below 0.
    """

    start: float
    end: float
    people: int
    rows: int
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class LikelyRanges:
    """How far probabilities of each level move, the lowest level first; the levels leave nothing out.

    Attributes:
        refits: how many models were learned anew.
        levels: one entry a level.
    """

    refits: int
    levels: tuple[LevelRange, ...]

    def around(self, probability: float) -> tuple[float, float]:
        """Return the range of a probability, strictly between 0 and 1: low and high, around it."""
        at = float(logit(np.array([probability]))[0])
        level = next((one for one in self.levels if at < one.end), self.levels[-1])
        low, high = sigmoid(np.array([at + level.lower, at + level.upper]))
        return float(low), float(high)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form: a level's bounds as probabilities, its moves in log-odds."""
        return {
            "says": SAYS,
            "refits": self.refits,
            "level": LEVEL,
            "formula": "1 / (1 + exp(-(log(p / (1 - p)) + move))), move from lower to upper of the level of p",
            "levels": [
                {
                    "from": round(_bound(one.start), 6),
                    "to": round(_bound(one.end), 6),
                    "people": one.people,
                    "rows": one.rows,
                    "lower": round(one.lower, 6),
                    "upper": round(one.upper, 6),
                }
                for one in self.levels
            ],
        }


def ranges_from_json(value: Mapping[str, Any]) -> LikelyRanges | NotComputed:
    """Return the ranges (or why there are none) whose JSON form is `value`."""
    if "not_computed" in value:
        return NotComputed(int(value["n"]), str(value["not_computed"]))
    levels = tuple(
        LevelRange(
            _edge(float(one["from"])),
            _edge(float(one["to"])),
            int(one["people"]),
            int(one["rows"]),
            float(one["lower"]),
            float(one["upper"]),
        )
        for one in value["levels"]
    )
    if not levels or not all(math.isfinite(one.lower) and math.isfinite(one.upper) for one in levels):
        raise ValueError("there are no levels, or they move by no number")
    return LikelyRanges(int(value["refits"]), levels)


def likely_ranges(log_odds: Floats, refits: Floats, people: Codes) -> LikelyRanges | NotComputed:
    """Return how far probabilities of each level move between two refits.

    For each ordered pair of refits, and for the rows that the first puts into a level, it is what the second says less
    what the first says, in log-odds; a level has the 1st and the 99th percentile of that. Levels lie on a fixed
    grid of half a log-odds, so that no bound is anybody's probability; neighbours are joined until each has 10 people.

    Args:
        log_odds: what the model itself says, shape (rows,).
        refits: what the refits say, shape (refits, rows).
        people: a code per person.

    Returns:
        `NotComputed` with fewer than 10 refits, or fewer than 10 people; its n is the refits, or the people.
    """
    everybody = len(np.unique(people))
    if len(refits) < FEWEST_REFITS:
        return NotComputed(len(refits), f"fewer than {FEWEST_REFITS} refits")
    if everybody < SMALLEST_CLASS:
        return NotComputed(everybody, f"fewer than {SMALLEST_CLASS} people")
    starts = _starts(log_odds, refits, people)
    own = np.searchsorted(starts, log_odds, side="right")
    moves: list[list[Floats]] = [[] for _ in range(len(starts) + 1)]
    for first, second in _pairs(len(refits), refits.shape[1]):
        level = np.searchsorted(starts, refits[first], side="right")
        order = np.argsort(level, kind="stable")
        ends = np.searchsorted(level[order], np.arange(1, len(starts) + 1))
        for into, part in zip(moves, np.split((refits[second] - refits[first])[order], ends), strict=True):
            into.append(part)
    edges = np.r_[-np.inf, starts, np.inf]
    levels = []
    for number, found in enumerate(moves):
        lower, upper = np.quantile(np.concatenate(found), _TAILS)
        inside = own == number
        counts = len(np.unique(people[inside])), int(inside.sum())
        bounds = min(float(lower), 0.0), max(float(upper), 0.0)
        levels.append(LevelRange(float(edges[number]), float(edges[number + 1]), *counts, *bounds))
    return LikelyRanges(len(refits), tuple(levels))


def moved(refits: Floats, dates: Codes, capacity: int) -> dict[str, Stated]:
    """Return what becomes of lists and probabilities from one refit to another.

    Each figure is the mean over pairs of refits. Its bounds are the 2.5th and 97.5th percentile over pairs, and say of
    refits only: models of other families move a little more (`tests.bench.instability` says how much).

    Returns:
        `kept`: share of the places of all dates that two refits give to the same row (n: places). `mean_move` and
        `move_of_19_in_20`: mean and 95th percentile of |p - p'| over rows (n: rows), in percentage points.
    """
    places = int(np.minimum(np.bincount(dates), capacity).sum())
    sizes = {"kept": places, "mean_move": len(dates), "move_of_19_in_20": len(dates)}
    if len(refits) < FEWEST_REFITS:
        return dict.fromkeys(sizes, NotComputed(len(refits), f"fewer than {FEWEST_REFITS} refits"))
    listed = on_lists(refits, dates, capacity)
    percent = [100 * sigmoid(one) for one in refits]
    found: dict[str, list[float]] = {name: [] for name in sizes}
    for first, second in _pairs(len(refits), refits.shape[1], ordered=False):
        away = np.abs(percent[first] - percent[second])
        found["kept"].append(float((listed[first] & listed[second]).sum()) / places)
        found["mean_move"].append(float(away.mean()))
        found["move_of_19_in_20"].append(float(np.quantile(away, LEVEL)))
    stated: dict[str, Stated] = {}
    for name, values in found.items():
        low, high = (float(one) for one in np.quantile(values, _OF_PAIRS))
        unit = "" if name == "kept" else "points"
        stated[name] = Figure(float(np.mean(values)), low, high, sizes[name], unit)
    return stated


def on_lists(scores: Floats, dates: Codes, capacity: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return, shape as `scores` (models, rows), whether a row has one of the places of its date by each model."""
    found = np.zeros(scores.shape, dtype=np.bool_)
    for into, one in zip(found, scores, strict=True):
        into[foremost(one, dates, capacity)] = True
    return found


def near_the_cut(scores: Floats, refits: Floats, dates: Codes, capacity: int) -> dict[str, int]:
    """Count who has a place, and of how many more than one refit in twenty says otherwise.

    These are counts of these very rows and refits, not estimates: they have no interval.

    Returns:
        `offered`, `offered_in_doubt` (without a place in more than a twentieth of the refits), `not_offered`,
        `not_offered_in_doubt` (with one in more than a twentieth).
    """
    own = on_lists(scores[None, :], dates, capacity)[0]
    share = on_lists(refits, dates, capacity).mean(axis=0)
    doubt = np.where(own, 1 - share, share) > 1 - LEVEL + 1e-12
    return {
        "offered": int(own.sum()),
        "offered_in_doubt": int((own & doubt).sum()),
        "not_offered": int((~own).sum()),
        "not_offered_in_doubt": int((~own & doubt).sum()),
    }


def contradicted(scores: Floats, dates: Codes, capacity: int) -> dict[str, int]:
    """Count on how many rows models that are as good as each other contradict each other.

    Args:
        scores: shape (models, rows).
        dates: a code a row.
        capacity: places at each date.

    Returns:
        `rows`, `places`, `offered_by_all`, and `contradicted`: rows that some models give a place and others do not
        (ambiguity at capacity; Marx, Calmon and Ustun 2020, over all pairs).
    """
    listed = on_lists(scores, dates, capacity)
    some, every = listed.any(axis=0), listed.all(axis=0)
    return {
        "rows": len(dates),
        "places": int(listed[0].sum()),
        "offered_by_all": int(every.sum()),
        "contradicted": int((some & ~every).sum()),
    }


def _pairs(refits: int, rows: int, *, ordered: bool = True) -> Iterator[tuple[int, int]]:
    """Yield pairs of refits: all of them, or as many of each as memory and time allow."""
    steps = max(1, min(refits - 1, _CELLS // (refits * rows)))
    for step in range(1, steps + 1):
        for first in range(refits):
            second = (first + step) % refits
            if ordered or steps < refits - 1 or first < second:
                yield first, second


def _starts(log_odds: Floats, refits: Floats, people: Codes) -> Floats:
    """Return where each level but the lowest begins."""
    grid = np.arange(-_LARGEST, _LARGEST + _WIDTH, _WIDTH)
    cell = np.searchsorted(grid, log_odds, side="right")
    cells = np.searchsorted(grid, refits.ravel(), side="right")
    seen = np.bincount(cells, minlength=len(grid) + 1) / len(refits)
    starts: list[float] = []
    joined: list[int] = []
    for number in range(len(grid), 0, -1):
        joined.append(number)
        if _enough(joined, cell, seen, people) and _enough(range(number), cell, seen, people):
            starts.append(float(grid[number - 1]))
            joined = []
    return np.array(starts[::-1])


def _enough(cells: Sequence[int], own: Codes, seen: Floats, people: Codes) -> bool:
    """Say whether the model has 10 people in these cells, and refits 10 rows on average."""
    there = len(np.unique(people[np.isin(own, cells)]))
    return there >= SMALLEST_CLASS and bool(seen[[*cells]].sum() >= SMALLEST_CLASS)


def _bound(log_odds: float) -> float:
    return 0.0 if log_odds == -np.inf else 1.0 if log_odds == np.inf else float(sigmoid(np.array([log_odds]))[0])


def _edge(probability: float) -> float:
    if probability in (0.0, 1.0):
        return -np.inf if probability == 0 else np.inf
    return float(logit(np.array([probability]))[0])
