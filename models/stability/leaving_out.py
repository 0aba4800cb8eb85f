"""What changes when something is left out of training: a child's own family, or all that an agency brings.

    strangers(subject)      # each test family asked of a model that learned from nobody of it
    agencies(subject)       # for each agency, the model without what needs its sources

Refits keep algorithm, parameters and number of trees. Differences are paired: both models are measured on the same test
rows and the same resamples of families. Their intervals are of these models: what refits would do, `instability` says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hub.progress import Progress, silent
from models.figures import NotComputed, Stated
from models.fitting.refits import Learner
from models.matrices import Matrix
from models.measuring.calibration import sigmoid
from models.measuring.metrics import METRICS, ORDER_METRICS, ModelAnswers, measure
from models.resampling import Codes, Floats, codes
from models.stability.subjects import Subject

FOLDS = 10
"""Parts of the families; each part is asked of a model that learned from the others."""


@dataclass(frozen=True, slots=True)
class Strangers:
    """Test families asked of models that learned from nobody of them.

    Attributes:
        rows: test rows.
        known: those of them whose family the model itself learned from.
        figures: by metric, of the models that did not know the family.
        less_than_model: by metric of order, those figures less the model's own.
        less_than_acquainted: the same, less figures of models that learned from as few families, that one among them.
    """

    rows: int
    known: int
    figures: Mapping[str, Stated]
    less_than_model: Mapping[str, Stated]
    less_than_acquainted: Mapping[str, Stated]

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        by_metric = {"figures": self.figures, "less_than_model": self.less_than_model}
        by_metric["less_than_acquainted"] = self.less_than_acquainted
        return {
            "rows": self.rows,
            "known": self.known,
            "folds": FOLDS,
            **{name: {metric: one.as_json() for metric, one in by.items()} for name, by in by_metric.items()},
        }


def strangers(subject: Subject, progress: Progress = silent) -> Strangers | NotComputed:
    """Ask each test family of a model that learned from nobody of it, in `train` or in `choose`.

    Families are dealt into ten parts. A row is answered by the model without its own part; and, to see what it is to be
    known, by the model without the next part, which learned from as many families and from this one too.

    Args:
        subject: the bundle and its rows.
        progress: told of each refit.
    """
    rows, seed = subject.rows, subject.bundle.facts.seed
    whose = rows.families[0], rows.families[1], subject.parted.families("test")
    together = codes(np.concatenate(whose))
    part = np.random.default_rng(seed).permutation(int(together.max()) + 1)[together] % FOLDS
    of_train, of_choose, of_test = np.split(part, np.cumsum([len(one) for one in whose])[:-1])
    learn, own, acquainted = Learner.of(subject.recipe, rows.train), np.zeros(len(of_test)), np.zeros(len(of_test))
    for fold in range(FOLDS):
        progress("Learning without the families that are asked about", fold, FOLDS)
        left, again = np.flatnonzero(of_train != fold), np.flatnonzero(of_choose != fold)
        if not all(_both(one) for one in (rows.train.outcomes[left], rows.choose.outcomes[again])):
            return NotComputed(len(of_test), "without a tenth of the families all have one outcome")
        said = learn(left, rows.choose, again, seed=seed).log_odds(rows.test.values)
        own = np.where(of_test == fold, said, own)
        acquainted = np.where(of_test == (fold - 1) % FOLDS, said, acquainted)
    judged = {"strangers": _answers(own), "model": subject.answers, "acquainted": _answers(acquainted)}
    found = measure(subject.case, judged, against={"strangers": ("model", "acquainted")}, seed=seed)
    less = found.differences["strangers"]
    known = int(np.isin(whose[2], whose[0]).sum())
    return Strangers(len(of_test), known, found.figures["strangers"], less["model"], less["acquainted"])


@dataclass(frozen=True, slots=True)
class WithoutAgency:
    """The model without what one agency brings.

    Attributes:
        sources: the agency's sources that indicators read.
        indicators: those that are left out: they need one of these sources, and perhaps others too.
        figures: by metric, of the model without them.
        worth: by metric of order, the model's own figures less those.
    """

    sources: tuple[str, ...]
    indicators: tuple[str, ...]
    figures: Mapping[str, Stated]
    worth: Mapping[str, Stated]

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "sources": [*self.sources],
            "indicators": [*self.indicators],
            "figures": {name: one.as_json() for name, one in self.figures.items()},
            "worth": {name: one.as_json() for name, one in self.worth.items()},
        }


def agencies(subject: Subject, progress: Progress = silent) -> dict[str, WithoutAgency]:
    """Learn the model anew without the indicators that need a source of each agency.

    Sources and their agencies are as they were when the feature set was built.

    Args:
        subject: the bundle and its rows.
        progress: told of each refit.
    """
    sources = subject.feature_set.facts.sources
    indicators = subject.bundle.indicators
    brings: dict[str, set[str]] = {}
    for name in sorted({source for one in indicators for source in one.sources}):
        agency = sources[name].agency if name in sources else f"unknown agency of {name}"
        brings.setdefault(agency, set()).add(name)
    kept = {
        agency: [at for at, one in enumerate(indicators) if not brings[agency] & {*one.sources}] for agency in brings
    }
    judged = {"model": subject.answers}
    for number, (agency, columns) in enumerate(kept.items()):
        progress(f"Learning without what {agency} brings", number, len(kept))
        if columns:
            judged[agency] = _answers(_without(subject, columns))
    others = [name for name in judged if name != "model"]
    found = measure(subject.case, judged, against={"model": others}, seed=subject.bundle.facts.seed)
    nothing = NotComputed(len(subject.case.outcomes), "no indicator is left without this agency")
    return {
        agency: WithoutAgency(
            tuple(sorted(brings[agency])),
            tuple(one.name for at, one in enumerate(indicators) if at not in columns),
            found.figures[agency] if columns else dict.fromkeys(METRICS, nothing),
            found.differences["model"][agency] if columns else dict.fromkeys(ORDER_METRICS, nothing),
        )
        for agency, columns in kept.items()
    }


def _without(subject: Subject, columns: list[int]) -> Floats:
    """Return log-odds of the test rows by the model that learns from these columns only."""

    def only(matrix: Matrix) -> Matrix:
        names = tuple(matrix.names[at] for at in columns)
        return replace(matrix, names=names, values=np.ascontiguousarray(matrix.values[:, columns]))

    train, choose, test = (only(one) for one in (subject.rows.train, subject.rows.choose, subject.rows.test))
    every: Codes = np.arange(len(train.outcomes))
    learn = Learner.of(subject.recipe.only(columns), train)
    return learn(every, choose, seed=subject.bundle.facts.seed).log_odds(test.values)


def _answers(log_odds: Floats) -> ModelAnswers:
    return ModelAnswers(log_odds, sigmoid(log_odds))


def _both(outcomes: Floats) -> bool:
    return bool(0 < outcomes.sum() < len(outcomes))
