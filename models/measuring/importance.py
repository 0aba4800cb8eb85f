"""What a model goes by: how much each indicator adds to (or takes from) the log-odds of the test rows, on average.

    found = measure(contributions, case.families, names, seed=0)
    found["absences"].text()                       # "0.412 (0.380 to 0.447, n 4,000)": log-odds
    ranks(of_refits, names)["absences"]            # (1, 3): between first and third among models of other families

Contributions are Shapley values, so the figure is the usual global importance (Lundberg 2020, section 2.6). It says
what the model goes by, not what causes anything: of two indicators that say the same, a model may go by either, and by
the other one when other families are drawn, which the ranks show.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.figures import NotComputed, Stated
from models.resampling import Codes, Floats, bootstrap

LEAST_FAMILIES = 50
"""Families that count alike (Kish's effective number) below which an interval is too narrow and none is stated: in
simulations 30 families of one to four held 90 of 100, 100 held 95, an indicator that six families bring held 90."""
ROWS = 4_000
"""Of more test rows than this so many are looked at."""


def some_rows(rows: int, *, seed: int) -> Codes:
    """Return the rows that are looked at, in their order."""
    if rows <= ROWS:
        return np.arange(rows)
    draw = np.random.Generator(np.random.PCG64(seed))
    return np.sort(draw.choice(rows, ROWS, replace=False)).astype(np.intp)


def mean_sizes(contributions: Floats) -> Floats:
    """Return the mean absolute contribution of each indicator, shape (indicators,), in log-odds.

    Args:
        contributions: shape (rows, indicators + 1); the last column is the base.
    """
    return np.asarray(np.abs(contributions[:, :-1]).mean(axis=0), dtype=np.float64)


def measure(contributions: Floats, families: Codes, names: Sequence[str], *, seed: int = 0) -> dict[str, Stated]:
    """Return the mean absolute contribution of each indicator with the interval of resampled families, largest first.

    It is not computed where it rests on fewer than 50 families that count alike: those that bring most of it.

    Args:
        contributions: shape (rows, indicators + 1); the last column is the base.
        families: a code per family, one a row.
        names: of the indicators.
        seed: of the resamples.
    """
    _, whose = np.unique(families, return_inverse=True)
    rows = np.bincount(whose).astype(np.float64)
    sums = np.zeros((len(rows), len(names)))
    np.add.at(sums, whose, np.abs(contributions[:, :-1]))

    def statistic(counts: Floats) -> dict[str, Floats]:
        means = (counts @ sums) / (counts @ rows)[:, None]
        return {name: means[:, at] for at, name in enumerate(names)}

    estimates = bootstrap(statistic, np.arange(len(rows)), seed=seed)
    ordered = sorted(names, key=lambda name: (-estimates[name].value, name))
    alike = np.divide(sums.sum(axis=0) ** 2, (sums**2).sum(axis=0), out=np.zeros(len(names)), where=sums.any(axis=0))
    few = {name for name, many in zip(names, alike, strict=True) if many < LEAST_FAMILIES}
    n, why = len(contributions), f"it rests on fewer than {LEAST_FAMILIES} families that count alike"
    return {
        name: NotComputed(n, why) if name in few else estimates[name].stated(n, why, "log-odds") for name in ordered
    }


def ranks(sizes: Floats, names: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return the best and the worst rank of each indicator among models; those that are level share the worst.

    Args:
        sizes: of each model the mean absolute contribution of each indicator, shape (models, indicators).
        names: of the indicators.
    """
    found = np.array([[int((one >= size).sum()) for size in one] for one in sizes]).reshape(-1, len(names))
    if not len(found):
        return {}
    return {name: (int(found[:, at].min()), int(found[:, at].max())) for at, name in enumerate(names)}


def record(found: Mapping[str, Stated]) -> dict[str, Any]:
    """Return what the record keeps, under "importance"."""
    return {"importance": [{"indicator": name, "mean_size": one.as_json()} for name, one in found.items()]}


def with_ranks(told: Sequence[Mapping[str, Any]], sizes: Floats, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the record's "importance" with the ranks that refits give each indicator."""
    of = ranks(sizes, names)
    if not of:
        return [dict(one) for one in told]
    return [
        {**one, "ranks": {"best": of[one["indicator"]][0], "worst": of[one["indicator"]][1], "refits": len(sizes)}}
        for one in told
    ]
