"""How far a score would move, and whose place hangs on which families there happened to be.

    found = instability(Subject.of(bundle, feature_set), resamples=50)
    found.moved["kept"].text()          # of any two refits: places that both give to the same child

Refits keep algorithm, parameters and number of trees; calibration is fitted anew. Instability of predictions and of
classes: Riley and Collins, Biometrical Journal 2023;65:2200302. Multiplicity: Marx, Calmon and Ustun 2020.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hub.progress import Progress, silent
from models.bundle import forms
from models.figures import NotComputed, Stated
from models.fitting import boosting
from models.fitting.candidates import CANDIDATES, Candidate
from models.fitting.chosen import Algorithm
from models.fitting.refits import log_odds_of_refits
from models.measuring import stability
from models.measuring.stability import LikelyRanges
from models.resampling import Floats
from models.stability.subjects import Subject

_MOST = 10
"""So many other candidates are grown: after a search there may be hundreds."""


@dataclass(frozen=True, slots=True)
class Multiplicity:
    """How far models that are as good as each other say the same.

    Attributes:
        candidates: their names; the chosen one is among them.
        counts: see `stability.contradicted`.
    """

    candidates: tuple[str, ...]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Instability:
    """What refits say.

    Attributes:
        asked: how many refits were asked for.
        refits: how many were made.
        rows: test rows.
        people: whose they are.
        moved: see `stability.moved`.
        near_the_cut: see `stability.near_the_cut`.
        ranges: how far probabilities of each level move.
        multiplicity: of candidates within one standard error of the best, or why there is nothing to compare.
    """

    asked: int
    refits: int
    rows: int
    people: int
    moved: Mapping[str, Stated]
    near_the_cut: Mapping[str, int] | NotComputed
    ranges: LikelyRanges | NotComputed
    multiplicity: Multiplicity | NotComputed

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form; counts are of these rows and refits, and have no interval."""
        several, near = self.multiplicity, self.near_the_cut
        return {
            "asked": self.asked,
            "refits": self.refits,
            "rows": self.rows,
            "people": self.people,
            "resampled": "families of train and choose",
            "bounds": "2.5th and 97.5th percentile over pairs of refits",
            "moved": {name: one.as_json() for name, one in self.moved.items()},
            "near_the_cut": near.as_json() if isinstance(near, NotComputed) else {**near},
            "ranges": self.ranges.as_json(),
            "multiplicity": several.as_json()
            if isinstance(several, NotComputed)
            else {"candidates": [*several.candidates], **several.counts},
        }


def instability(
    subject: Subject, *, resamples: int, minutes: float | None = None, progress: Progress = silent
) -> Instability:
    """Learn the model anew from resamples of families, and compare what the refits say of the test rows.

    Args:
        subject: the bundle and its rows.
        resamples: how many refits.
        minutes: begin no refit after so many; None takes as long as it takes.
        progress: told of each refit.
    """
    until = np.inf if minutes is None else time.monotonic() + 60 * minutes
    found = log_odds_of_refits(
        subject.recipe,
        subject.rows,
        resamples,
        seed=subject.bundle.facts.seed,
        more=lambda _: time.monotonic() < until,
        progress=progress,
    )
    test, dates, capacity = subject.rows.test, subject.dates, subject.capacity
    few = NotComputed(len(found), f"fewer than {stability.FEWEST_REFITS} refits")
    enough = len(found) >= stability.FEWEST_REFITS
    return Instability(
        resamples,
        len(found),
        len(test.outcomes),
        test.people_count,
        stability.moved(found, dates, capacity),
        stability.near_the_cut(subject.log_odds, found, dates, capacity) if enough else few,
        stability.likely_ranges(subject.log_odds, found, test.people),
        multiplicity(subject, progress),
    )


def multiplicity(subject: Subject, progress: Progress = silent) -> Multiplicity | NotComputed:
    """Compare the lists of candidates within one standard error of the best (at most 10), by the record of the choice.

    Each is grown on `train` and stopped on `choose`, as it would have been had it been chosen.

    Args:
        subject: the bundle and its rows.
        progress: told of each candidate.
    """
    facts, tried = subject.bundle.facts, subject.bundle.metrics["choice"]["tried"]
    if facts.algorithm != Algorithm.LIGHTGBM.value:
        return NotComputed(1, "only trees are chosen among candidates")
    if any("standard_error" not in one for one in tried):
        return NotComputed(len(tried), "candidates were not compared over folds: their figures have no standard error")
    best = max(tried, key=lambda one: float(one["average_precision"]))
    least = float(best["average_precision"]) - float(best["standard_error"])
    near = [one for one in tried if float(one["average_precision"]) >= least and not one.get("pruned", False)]
    again = [_candidate(one) for one in near if one["candidate"] != facts.candidate][:_MOST]
    if not again:
        return NotComputed(len(near), "no other candidate is within one standard error of the best")
    margins = [subject.log_odds]
    for number, candidate in enumerate(again):
        progress(f"Growing {candidate.plain}", number, len(again))
        margins.append(_grown(subject, candidate))
    counts = stability.contradicted(np.array(margins), subject.dates, subject.capacity)
    return Multiplicity((facts.candidate, *(one.name for one in again)), counts)


def _candidate(tried: Mapping[str, Any]) -> Candidate:
    """Return a candidate as the record of the choice tells it; what was declared is not repeated there."""
    declared = {one.name: one for one in CANDIDATES}
    if tried["candidate"] in declared:
        return declared[tried["candidate"]]
    return Candidate(tried["candidate"], tried["plain"], dict(tried["parameters"]))


def _grown(subject: Subject, candidate: Candidate) -> Floats:
    train, choose, test = (getattr(subject.rows, name) for name in ("train", "choose", "test"))
    constraints, seed = subject.recipe.constraints, subject.bundle.facts.seed
    grown = boosting.train(candidate, boosting.BinnedRows.of(train, choose, seed), constraints=constraints)
    return forms.parse(grown.text, train.names).margins(test.values)
