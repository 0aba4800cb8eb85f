"""Decision curves: whether offering by a model is worth more than offering to everybody, or to nobody.

    found = measure(case, judged)
    found[0.1].ways["model"].text()           # net benefit of offering to everyone whose probability is at least 10 %
    found[0.1].difference.text()              # of the model, less the better of "everybody" and "nobody"

Whoever offers help from a probability of 10 % on says that one who is reached is worth nine offers to others. With that
exchange an offer to somebody without the outcome is a loss, and net benefit is what is left (Vickers and Elkin 2006):

    net benefit = reached / rows - offers to others / rows x threshold / (1 - threshold)

Unit: people reached, net, for each row looked at. Offering to nobody is 0 at every threshold. A value of 0.02 is as
good as to reach 20 of 1,000 and to make no offer to anybody else. Below 0 it is better to offer to nobody.

The better of "everybody" and "nobody" is not picked first and then compared: the model has to be worth more than both,
so the difference, and each of its bounds, is the lower one of the two (intersection-union, Berger 1982).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.figures import Figure, NotComputed, Stated
from models.measuring.family_sums import FamilySums
from models.measuring.metrics import SMALLEST_CLASS, JudgedRows, ModelAnswers
from models.opponents import PREVALENCE
from models.resampling import RESAMPLES, Estimate, Floats, bootstrap

EVERYBODY = "everybody"
"""The way that offers to all."""
DIFFERENCE = "difference"
"""The first way, less the better of offering to everybody and to nobody."""

GRID = (
    *(0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1, 0.12, 0.14, 0.16, 0.18, 0.2),
    *(0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8),
)
"""The thresholds: the same for every model, so that curves of several can be laid on each other."""


@dataclass(frozen=True, slots=True)
class NetBenefit:
    """Net benefits at one threshold.

    Attributes:
        ways: by name of the way; those without probabilities, and places by lot (which is to offer to all or to none),
            are not among them.
        everybody: of offering to everybody.
        difference: of the first way, less the better of offering to everybody and to nobody.
        offers: rows of each way at or above the threshold.
    """

    ways: Mapping[str, Stated]
    everybody: Stated
    difference: Stated
    offers: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "ways": {name: one.as_json() for name, one in self.ways.items()},
            EVERYBODY: self.everybody.as_json(),
            DIFFERENCE: self.difference.as_json(),
            "offers": dict(self.offers),
        }


def measure(
    case: JudgedRows, judged: Mapping[str, ModelAnswers], *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[float, NetBenefit]:
    """Return the net benefits at each threshold of `GRID`, with intervals of resampled families.

    A number that hangs on fewer than 10 families with (or without) the outcome at or above the threshold, or for a
    difference below it, is not computed: where few of those below have the outcome, resamples know too little of what
    is lost by not offering to them (in a simulation 16 of 100 intervals missed the truth, in place of 5).

    Args:
        case: rows with outcomes.
        judged: answers by name of the way; the first has probabilities, and its difference is told.
        resamples: how many resamples of families.
        seed: of the resamples.
    """
    told = {name: one.certain for name, one in judged.items() if one.probabilities is not None and name != PREVALENCE}
    first = next(iter(told))
    reason = case.too_few()
    estimates = {} if reason else _estimates(case, told, first, resamples, seed)
    bins = {name: _bins(one) for name, one in told.items()}
    found = {}
    for at, threshold in enumerate(GRID):
        stated: dict[str, Stated] = {}
        for name, bin_ in bins.items():
            few = reason or _too_few(case, bin_ > at, "at or above it")
            stated[name] = _stated(case, estimates.get(f"{name} {at}"), few)
        few = reason or _too_few(case, bins[first] > at, "at or above it")
        few = few or _too_few(case, bins[first] <= at, "below it")
        both = [estimates.get(f"{first}-{other} {at}") for other in (EVERYBODY, "nobody")]
        found[threshold] = NetBenefit(
            stated,
            _stated(case, estimates.get(f"{EVERYBODY} {at}"), reason),
            _lower(case, both, few),
            {name: int((bin_ > at).sum()) for name, bin_ in bins.items()},
        )
    return found


def record(case: JudgedRows, judged: Mapping[str, ModelAnswers], *, seed: int) -> dict[str, Any]:
    """Return what the record keeps: under "net_benefit" one entry for each threshold, from the lowest."""
    found = measure(case, judged, seed=seed)
    return {"net_benefit": [{"threshold": threshold, **one.as_json()} for threshold, one in found.items()]}


def _bins(probabilities: Floats) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Return how many thresholds each probability reaches."""
    return np.searchsorted(np.array(GRID), probabilities, side="right")


def _estimates(
    case: JudgedRows, told: Mapping[str, Floats], first: str, resamples: int, seed: int
) -> dict[str, Estimate]:
    """Return net benefits by "way threshold's number", and differences by "way-other threshold's number"."""
    odds = np.array(GRID) / (1 - np.array(GRID))
    sums = {name: _sums(case, one) for name, one in {EVERYBODY: np.ones(len(case.outcomes)), **told}.items()}

    def statistic(counts: Floats) -> dict[str, Floats]:
        rows = sums[EVERYBODY][1].drawn(counts).sum(axis=1, keepdims=True)
        net = {}
        for name, (reached, offers) in sums.items():
            with_it, made = (_from_above(one.drawn(counts)) for one in (reached, offers))
            net[name] = (with_it - (made - with_it) * odds) / rows
        net[f"{first}-{EVERYBODY}"] = net[first] - net[EVERYBODY]
        net[f"{first}-nobody"] = net[first]
        return {f"{name} {at}": one[:, at] for name, one in net.items() for at in range(len(GRID))}

    families = np.arange(int(case.families.max()) + 1)
    return bootstrap(statistic, families, resamples=resamples, seed=seed)


def _sums(case: JudgedRows, probabilities: Floats) -> tuple[FamilySums, FamilySums]:
    """Return rows with the outcome, and rows, by how many thresholds they reach."""
    bins = _bins(probabilities)
    values = (case.outcomes, np.ones(len(bins)))
    reached, offers = (FamilySums.of(case.families, bins, one, len(GRID) + 1) for one in values)
    return reached, offers


def _from_above(by_bin: Floats) -> Floats:
    """Return, for each threshold, the sum over those who reach it; shape (resamples, thresholds)."""
    return np.asarray(np.cumsum(by_bin[:, ::-1], axis=1)[:, -2::-1], dtype=np.float64)


def _too_few(case: JudgedRows, those: np.ndarray[Any, np.dtype[np.bool_]], where: str) -> str:
    """Return why a number that hangs on `those` rows is not computed, or an empty string."""
    for outcome, words in ((1, "with"), (0, "without")):
        if len(np.unique(case.families[those & (case.outcomes == outcome)])) < SMALLEST_CLASS:
            return f"fewer than {SMALLEST_CLASS} families {words} the outcome are {where}"
    return ""


def _stated(case: JudgedRows, estimate: Estimate | None, reason: str) -> Stated:
    n = len(case.outcomes)
    return NotComputed(n, reason) if reason or estimate is None else estimate.stated(n, "there is nobody")


def _lower(case: JudgedRows, both: list[Estimate | None], reason: str) -> Stated:
    """Return the lower one of two differences, and of each of their bounds."""
    told = [_stated(case, one, reason) for one in both]
    known = [one for one in told if isinstance(one, Figure)]
    if len(known) < len(told):
        return next(one for one in told if isinstance(one, NotComputed))
    value, low, high = (min(getattr(one, name) for one in known) for name in ("value", "low", "high"))
    return Figure(value, low, high, len(case.outcomes))
