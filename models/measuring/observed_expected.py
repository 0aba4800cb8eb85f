"""As many as expected? For everybody, and for people never seen in training beside those who were.

    found = measure(case, probabilities, seen)
    found["never_seen_in_train"].text()       # "1.08 (0.91 to 1.27, n 812)": 8 % more had the outcome than expected

A model that remembers people of its training rows is right about them and not about others; new people show it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from models.figures import NotComputed, Stated
from models.measuring.family_sums import FamilySums
from models.measuring.metrics import SMALLEST_CLASS, JudgedRows
from models.measuring.ranking import ratio
from models.resampling import RESAMPLES, Floats, bootstrap

EVERYBODY = "everybody"
SEEN = "seen_in_train"
NEVER_SEEN = "never_seen_in_train"
NEVER_SEEN_BY_SEEN = "never_seen_by_seen"
"""The ratio of those never seen, divided by that of those who were; 1: they are alike."""
NAMES = (EVERYBODY, SEEN, NEVER_SEEN, NEVER_SEEN_BY_SEEN)

Booleans = npt.NDArray[np.bool_]


def measure(
    case: JudgedRows, probabilities: Floats, seen: Booleans, *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Stated]:
    """Return rows with the outcome / sum of probabilities, with the interval of resampled families.

    Range from 0; 1 is as expected, above 1 more had the outcome than expected. A ratio of fewer than 10 families with
    (or without) the outcome is not computed.

    Args:
        case: rows with outcomes.
        probabilities: one a row.
        seen: whether the person of a row is in the part train.
        resamples: how many resamples of families.
        seed: of the resamples.
    """
    bins = seen.astype(np.intp)
    observed, expected = (FamilySums.of(case.families, bins, one, 2) for one in (case.outcomes, probabilities))

    def statistic(counts: Floats) -> dict[str, Floats]:
        with_it, sums = observed.drawn(counts), expected.drawn(counts)
        never, ever = (ratio(with_it[:, at], sums[:, at]) for at in (0, 1))
        everybody = ratio(with_it.sum(axis=1), sums.sum(axis=1))
        return {EVERYBODY: everybody, SEEN: ever, NEVER_SEEN: never, NEVER_SEEN_BY_SEEN: ratio(never, ever)}

    estimates = bootstrap(statistic, np.arange(int(case.families.max()) + 1), resamples=resamples, seed=seed)
    everybody = np.ones_like(seen)
    rows = {EVERYBODY: [everybody], SEEN: [seen], NEVER_SEEN: [~seen], NEVER_SEEN_BY_SEEN: [~seen, seen]}
    found: dict[str, Stated] = {}
    for name, groups in rows.items():
        n = int(sum(one.sum() for one in groups))
        few = next((few for one in groups if (few := _too_few(case, one))), "")
        found[name] = NotComputed(n, few) if few else estimates[name].stated(n, "nobody is expected")
    return found


def record(case: JudgedRows, probabilities: Floats, seen: Booleans, *, seed: int) -> dict[str, Any]:
    """Return what the record keeps, under "observed_over_expected"."""
    found: Mapping[str, Stated] = measure(case, probabilities, seen, seed=seed)
    return {"observed_over_expected": {name: one.as_json() for name, one in found.items()}}


def _too_few(case: JudgedRows, those: Booleans) -> str:
    for outcome, words in ((1, "with"), (0, "without")):
        if len(np.unique(case.families[those & (case.outcomes == outcome)])) < SMALLEST_CLASS:
            return f"fewer than {SMALLEST_CLASS} families {words} the outcome"
    return ""
