"""The differences that verdicts rest on: as many resamples as it takes for chance among them to change no verdict.

    found = differences(case, scores, {"model": ("simple_rule",)}, seed=0)["model", "simple_rule"]
    verdict(found.estimate.stated(offers, ""))     # "beats", "does not beat" or "cannot tell"

A bound of an interval is an order statistic of the resamples, and has a spread of its own. Where 0 lies within that
spread the verdict would change from run to run, so more resamples are drawn, up to the last of `LOOKS`; where it lies
far outside, more of them say nothing new.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from models.figures import NotComputed, Stated
from models.measuring.near_top import CapacityRows, at_capacities
from models.measuring.ranking import ratio
from models.resampling import LEVEL, Estimate, Floats, draws, interval

BEATS = "beats"
DOES_NOT_BEAT = "does not beat"
CANNOT_TELL = "cannot tell"

LOOKS = (600, 1200, 2400, 4000)
"""After so many resamples, and those drawn together with them, it is asked whether more could change a verdict; the
last are the most there are. Of fewer than 66 families all are drawn together."""
_SPREADS = 3.5
"""Standard errors of an order statistic within which 0 may not lie: 1 in 2,000 for each look."""

Pair = tuple[str, str]


class RankedRows(CapacityRows, Protocol):
    """Rows with places to give; see `metrics.JudgedRows`."""

    @property
    def capacity(self) -> int:
        """Offers at each date."""


@dataclass(frozen=True, slots=True)
class HeadlineDifference:
    """Precision at capacity of a model minus that of a simpler one, and on how many resamples its interval stands."""

    estimate: Estimate
    resamples: int


def verdict(difference: Stated) -> str:
    """Return what a difference (model minus simpler model, higher is better) says in plain words.

    "beats": the whole interval is above 0. "does not beat": the whole interval is below 0, or both are one order. Else
    "cannot tell": with few offers most resamples differ by nothing, and a bound of exactly 0 is no finding.
    """
    if isinstance(difference, NotComputed):
        return CANNOT_TELL
    if difference.low > 0:
        return BEATS
    same = difference.low == difference.high == 0
    return DOES_NOT_BEAT if difference.high < 0 or same else CANNOT_TELL


def differences(
    case: RankedRows,
    scores: Mapping[str, Floats],
    against: Mapping[str, Sequence[str]],
    *,
    looks: Sequence[int] = LOOKS,
    seed: int = 0,
) -> dict[Pair, HeadlineDifference]:
    """Return, for each model and each simpler one, the difference in precision at capacity with its interval.

    Args:
        case: rows with outcomes; both outcomes occur.
        scores: by model, one a row; the highest comes first, and NaN is not allowed.
        against: for a model, the models whose precision is taken from its own.
        looks: after so many resamples of families, the fewest first, it may end for a pair.
        seed: of the resamples, the same families for every pair.
    """
    pairs = [(name, other) for name, others in against.items() for other in others]
    kernels = {name: at_capacities(scores[name], case, [case.capacity]) for name in _names(pairs)}

    def of(these: Sequence[Pair], counts: Floats) -> dict[Pair, Floats]:
        precision = {name: ratio(*kernels[name](counts)[0]) for name in _names(these)}
        return {(name, other): precision[name] - precision[other] for name, other in these}

    families = int(case.families.max()) + 1
    values = {pair: float(one[0]) for pair, one in of(pairs, np.ones((1, families))).items()}
    found: dict[Pair, list[Floats]] = {pair: [] for pair in pairs}
    still, done, ahead = pairs, 0, list(looks)
    for counts in draws(families, looks[-1], seed):
        for pair, one in of(still, counts).items():
            found[pair].append(one)
        done += len(counts)
        if done >= ahead[0]:
            ahead = [look for look in ahead if look > done]
            still = [pair for pair in still if not _settled(np.concatenate(found[pair]))]
            if not still or not ahead:
                break
    drawn = {pair: np.concatenate(found[pair]) for pair in pairs}
    return {
        pair: HeadlineDifference(Estimate(value, *interval(drawn[pair])), len(drawn[pair]))
        for pair, value in values.items()
    }


def _names(pairs: Iterable[Pair]) -> list[str]:
    return list(dict.fromkeys(name for pair in pairs for name in pair))


def _settled(differences: Floats) -> bool:
    """Say whether neither bound could change sides of 0, were other resamples drawn."""
    ordered = np.sort(differences[np.isfinite(differences)])
    many, share = len(ordered), (1 - LEVEL) / 2
    spread = _SPREADS * np.sqrt(many * share * (1 - share))
    for at in (many * share, many * (1 - share)):
        low, high = int(np.floor(at - spread)), int(np.ceil(at + spread))
        if low < 0 or high >= many or np.sign(ordered[low]) != np.sign(ordered[high]):
            return False
    return True
