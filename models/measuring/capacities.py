"""What a model is worth with other numbers of places than there are: the declared capacity, and four others.

    found = measure(case, judged)
    found[40]["model"]["precision"].text()            # "0.449 (0.401 to 0.495, n 160)"
    found[40][BEST_POSSIBLE]["precision"].text()      # what a perfect order would have reached with these places

| figure | formula | range, and n |
|---|---|---|
| precision | offers that reach someone with the outcome / offers | 0 to 1, offers |
| recall | the same / all with the outcome | 0 to 1, rows with the outcome |
| lift | precision / share of all rows with the outcome | from 0; 1 is chance; offers |
| number_needed | offers / offers that reach someone with the outcome | from 1, offers for each one reached; offers |

Those who are level are taken as if shuffled, as in `ranking`. Intervals resample families. The number needed is one
over the precision, and so are its bounds.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.figures import Figure, NotComputed, Stated
from models.measuring.metrics import SMALLEST_CLASS, JudgedRows, ModelAnswers
from models.measuring.near_top import at_capacities
from models.measuring.ranking import ratio
from models.resampling import RESAMPLES, Codes, Estimate, Floats, bootstrap

BEST_POSSIBLE = "best_possible"
"""The order that puts everyone with the outcome first: no model does better with these places."""

AT_CAPACITY = {
    "precision": "Share of offers that reach someone with the outcome",
    "recall": "Share of those with the outcome who are offered help",
    "lift": "How many times as many offers reach someone as places by lot would (1 is chance)",
    "number_needed": "Offers for each one that reaches someone with the outcome",
}
"""The figures, each with its plain words."""

OTHERS = 4
"""How many other capacities are looked at."""
_TIMES = (0.5, 1.5, 2.0, 3.0, 4.0, 5.0)
_RESAMPLED = ("precision", "recall", "lift")

ByCapacity = Mapping[int, Mapping[str, Mapping[str, Stated]]]
"""Places at each date → way (or `BEST_POSSIBLE`) → figure of `AT_CAPACITY`."""


def capacities_of(declared: int) -> tuple[int, ...]:
    """Return the declared capacity and four others, from the lowest: half, one and a half, two and three times it.

    Where these are not four others (few places), four and five times it take part.

    Args:
        declared: places at each date, at least 1.
    """
    others = dict.fromkeys(int(declared * times + 0.5) for times in _TIMES)
    return tuple(sorted([declared, *[one for one in others if one not in (0, declared)][:OTHERS]]))


def measure(
    case: JudgedRows, judged: Mapping[str, ModelAnswers], *, resamples: int = RESAMPLES, seed: int = 0
) -> ByCapacity:
    """Measure each way, and the best that was possible, at each of `capacities_of` the declared capacity.

    Args:
        case: rows with outcomes; its capacity is the declared one.
        judged: answers by name of the way.
        resamples: how many resamples of families.
        seed: of the resamples; equal ones are those of `metrics.measure`.
    """
    capacities = capacities_of(case.capacity)
    scores = {**{name: one.scores for name, one in judged.items()}, BEST_POSSIBLE: case.outcomes}
    reason = case.too_few()
    estimates = {} if reason else _estimates(case, scores, capacities, resamples, seed)

    def stated(name: str, places: int) -> dict[str, Stated]:
        found = {key: estimates.get((places, name, key)) for key in _RESAMPLED}
        return _stated(found, name, _offers(case.dates, places), int(case.outcomes.sum()), reason)

    return {places: {name: stated(name, places) for name in scores} for places in capacities}


def record(case: JudgedRows, judged: Mapping[str, ModelAnswers], *, seed: int) -> dict[str, Any]:
    """Return what the record keeps: under "capacities" one entry for each, from the lowest."""
    found = measure(case, judged, seed=seed)
    return {
        "capacities": [
            {
                "places": places,
                "declared": places == case.capacity,
                "offers": _offers(case.dates, places),
                "ways": {
                    name: {figure: one.as_json() for figure, one in by_figure.items()} for name, by_figure in by.items()
                },
            }
            for places, by in found.items()
        ]
    }


def _estimates(
    case: JudgedRows, scores: Mapping[str, Floats], capacities: Sequence[int], resamples: int, seed: int
) -> dict[tuple[int, str, str], Estimate]:
    """Return each figure that is resampled, by places, way and its name."""
    kernels = {name: at_capacities(one, case, capacities) for name, one in scores.items()}
    keys = {f"{k} {name} {key}": (k, name, key) for k in capacities for name in scores for key in _RESAMPLED}
    positives = np.bincount(case.families, weights=case.outcomes)
    rows = np.bincount(case.families).astype(np.float64)

    def statistic(counts: Floats) -> dict[str, Floats]:
        all_positives, share = counts @ positives, counts @ positives / (counts @ rows)
        found = {}
        for name, kernel in kernels.items():
            for k, (reached, offers) in zip(capacities, kernel(counts), strict=True):
                precision = ratio(reached, offers)
                numbers = (precision, ratio(reached, all_positives), ratio(precision, share))
                found.update({f"{k} {name} {key}": one for key, one in zip(_RESAMPLED, numbers, strict=True)})
        return found

    found = bootstrap(statistic, np.arange(len(rows)), resamples=resamples, seed=seed)
    return {keys[name]: one for name, one in found.items()}


def _offers(dates: Codes, capacity: int) -> int:
    return int(np.minimum(np.bincount(dates), capacity).sum())


def _stated(
    found: Mapping[str, Estimate | None], name: str, offers: int, positives: int, reason: str
) -> dict[str, Stated]:
    """Return the figures of one way at one capacity."""
    if not reason and offers < SMALLEST_CLASS:
        reason = f"fewer than {SMALLEST_CLASS} offers"
    stated: dict[str, Stated] = {}
    for key, estimate in found.items():
        n = positives if key == "recall" else offers
        if reason or estimate is None:
            stated[key] = NotComputed(n, reason)
        elif name != BEST_POSSIBLE and estimate.low == estimate.high:
            stated[key] = NotComputed(n, f"{estimate.value:.3g} in all resamples, which does not say how sure it is")
        else:
            stated[key] = estimate.stated(n, "there is nobody to count")
    stated["number_needed"] = _number_needed(stated["precision"])
    return stated


def _number_needed(precision: Stated) -> Stated:
    if isinstance(precision, NotComputed):
        return precision
    if precision.low <= 0:
        return NotComputed(precision.n, "it may be that no offer reaches someone with the outcome")
    return Figure(1 / precision.value, 1 / precision.high, 1 / precision.low, precision.n, "offers")
