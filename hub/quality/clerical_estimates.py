"""What clerks' answers say about all pairs: a stratified estimate of precision and recall. Pure.

A stratum is a band of the weight, linked or not, with N_h pairs of which n_h were judged and x_h are one person.
p_h = x_h / n_h stands for the stratum, so precision = sum over linked strata (N_h p_h) / sum (N_h), and recall among
the pairs looked at = L / (L + M) with L = sum over linked (N_h p_h), M = sum over not linked (N_h p_h). The interval:
each p_h is drawn 20,000 times from Beta(x_h + 1/2, n_h - x_h + 1/2) (Jeffreys; Brown, Cai and DasGupta, Statistical
Science 16 (2001) 101-133), and of the results the middle 95 % are kept. A stratum without an answer is left out, and
that is said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.figures import Figure, NotComputed, Stated

DRAWS = 20_000
FEWEST = 10
"""With fewer answers than this nothing is estimated."""
NOT_COVERED = (
    "Recall speaks of pairs that were looked at. Two records of one person that agree in none of the ways in which "
    "records must agree to be compared are in no sample."
)


@dataclass(frozen=True, slots=True)
class Stratum:
    """Pairs of one band of the weight, linked or not, and what clerks said of those that they judged."""

    band: str
    linked: bool
    pairs: int
    same: int = 0
    different: int = 0
    cannot_say: int = 0

    @property
    def judged(self) -> int:
        """Pairs with an answer that says something."""
        return self.same + self.different


def precision(strata: Sequence[Stratum]) -> Stated:
    """Return the share of linked pairs that are one person, in [0, 1]; n is the answers it stands on."""
    linked = [one for one in strata if one.linked and one.judged]
    judged = sum(one.judged for one in linked)
    if judged < FEWEST:
        return NotComputed(judged, f"answers about linked pairs: {FEWEST} are needed")
    sizes = np.array([one.pairs for one in linked], float)
    return _figure(_shares(linked) @ sizes / sizes.sum(), _drawn(linked) @ sizes / sizes.sum(), judged)


def recall(strata: Sequence[Stratum]) -> Stated:
    """Return the share of true pairs, among those looked at, that are linked, in [0, 1]; n as in `precision`."""
    judged = [one for one in strata if one.judged]
    n, missed = sum(one.judged for one in judged), sum(one.judged for one in judged if not one.linked)
    if min(missed, n - missed) < FEWEST:
        return NotComputed(n, f"answers about pairs linked and not linked: {FEWEST} of each are needed")
    sizes = np.array([one.pairs for one in judged], float)
    linked = np.array([one.linked for one in judged])

    def found(shares: NDArray[np.float64]) -> NDArray[np.float64]:
        true = shares * sizes
        whole = true.sum(axis=-1)
        part: NDArray[np.float64] = (true * linked).sum(axis=-1) / np.maximum(whole, np.finfo(float).tiny)
        return part

    shares = _shares(judged)
    if not (shares * sizes).sum():
        return NotComputed(n, "no pair was judged to be one person")
    return _figure(float(found(shares)), found(_drawn(judged)), n)


def share(one: Stratum) -> Stated:
    """Return the share of one person among the judged pairs of a stratum."""
    if not one.judged:
        return NotComputed(0, "no pair was judged")
    return _figure(one.same / one.judged, _drawn([one])[:, 0], one.judged)


def _shares(strata: Sequence[Stratum]) -> NDArray[np.float64]:
    return np.array([one.same / one.judged for one in strata], dtype=np.float64)


def _drawn(strata: Sequence[Stratum]) -> NDArray[np.float64]:
    same = np.array([one.same for one in strata], float)
    different = np.array([one.different for one in strata], float)
    return np.random.default_rng(1).beta(same + 0.5, different + 0.5, (DRAWS, len(strata)))


def _figure(value: float, drawn: NDArray[np.float64], n: int) -> Figure:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Figure(value, min(float(low), value), max(float(high), value), n=n)


def as_json(strata: Sequence[Stratum], notes: Sequence[str] = ()) -> dict[str, Any]:
    """Return estimates, bands and what they do not cover."""
    uncovered = sum(one.pairs for one in strata if not one.judged)
    said = [NOT_COVERED, *notes]
    if uncovered:
        said.append(f"{uncovered:,} of {sum(one.pairs for one in strata):,} pairs lie in bands without any answer.")
    bands: list[Mapping[str, Any]] = [
        {
            "band": one.band,
            "linked": one.linked,
            "pairs": one.pairs,
            "judged": one.judged,
            "cannot_say": one.cannot_say,
            "same": share(one).as_json(),
        }
        for one in strata
    ]
    figures = {"precision": precision(strata).as_json(), "recall": recall(strata).as_json()}
    return {**figures, "bands": bands, "notes": said}
