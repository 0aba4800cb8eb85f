"""Candidates beside each other over the folds, and which of them is taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev
from typing import Any

from models.fitting.candidates import Candidate


@dataclass(frozen=True, slots=True)
class Compared:
    """A candidate over the folds, each time trained on earlier dates and looked at on later ones.

    Attributes:
        candidate: which one.
        average_precision: of each fold, on the dates that were held out.
        log_loss: of each fold, before calibration, in nats.
        rounds: of each fold, trees up to the lowest log loss on the dates that were held out.
        pruned: it fell behind and was not tried on the folds that are left: these three are of the first ones alone.
    """

    candidate: Candidate
    average_precision: tuple[float, ...]
    log_loss: tuple[float, ...]
    rounds: tuple[int, ...]
    pruned: bool = False

    @property
    def mean(self) -> float:
        """Mean average precision over the folds."""
        return fmean(self.average_precision)

    @property
    def standard_error(self) -> float:
        """Standard error of that mean; 0 of a single fold, which says nothing about it."""
        several = self.average_precision
        return stdev(several) / len(several) ** 0.5 if len(several) > 1 else 0.0

    @property
    def splits(self) -> int:
        """At most so many splits its trees have together: (leaves - 1) x the median of rounds. Fewer are simpler."""
        return (int(self.candidate.parameters["num_leaves"]) - 1) * int(median(self.rounds))

    def as_json(self, best: Sequence[float]) -> dict[str, Any]:
        """Return what the record keeps of it.

        Args:
            best: from `best_of_folds`: what a candidate lacks to it is its regret, over the folds that it was tried on.
        """
        regret = [most - own for most, own in zip(best, self.average_precision, strict=False)]
        return {
            "candidate": self.candidate.name,
            "plain": self.candidate.plain,
            "rounds": int(median(self.rounds)),
            "average_precision": round(self.mean, 6),
            "log_loss": round(fmean(self.log_loss), 6),
            "standard_error": round(self.standard_error, 6),
            "regret": round(fmean(regret), 6),
            "folds": [round(one, 6) for one in self.average_precision],
        }


def simplest_within_one_error(compared: Sequence[Compared]) -> Compared:
    """Return the simplest candidate whose mean is within one standard error of the best one's (Breiman et al. 1984).

    Args:
        compared: all candidates, the simplest first.
    """
    best = max(compared, key=lambda one: (round(one.mean, 6), -round(fmean(one.log_loss), 6)))
    return next(one for one in compared if one.mean >= best.mean - best.standard_error)


def best_of_folds(compared: Sequence[Compared]) -> list[float]:
    """Return for each fold the best average precision of any candidate that was tried on it."""
    folds = max(len(one.average_precision) for one in compared)
    return [
        max(one.average_precision[at] for one in compared if len(one.average_precision) > at) for at in range(folds)
    ]
