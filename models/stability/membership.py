"""What a model gives away of those it learned from: can somebody who knows a child tell that the child was among them?

    found = membership(Subject.of(bundle, feature_set))
    found.auc.text()            # 0.5: not at all; 0.55 and less is called little
    found.smallest_leaf         # the fewest people whose rows a leaf (or band) was made from

The attack (Yeom et al. 2018; Shokri et al. 2017): a model is surer of what it has seen, so whoever knows a child's
numbers and outcome guesses from the probability of that outcome. To know the truth, the same model is learned anew from
half of the families, several times: those of the other half are on the same dates and of the same kind, and were not
seen. Only children with the same outcome are compared, since how common it is tells nothing of who was seen. A model
that learned from half as many remembers each better than the published one, so that this is rather too much than too
little.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.rows.feature_sets import NOT_RECORDED
from hub.progress import Progress, silent
from models.additive.additive import AdditiveForm, PointsTerm
from models.bundle.forms import TreeForm
from models.figures import Figure, NotComputed, Stated
from models.fitting.refits import Learner
from models.measuring.ranking import Ranking
from models.resampling import Codes, Floats, bootstrap
from models.stability.subjects import Subject

HALVES = 10
"""How often half of the families are drawn."""
LITTLE = 0.55
"""From an AUC above this on, people are told."""
_FEWEST = 10
_MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Membership:
    """What a model gives away.

    Attributes:
        auc: chance that somebody who was learned from looks more like it than somebody with the same outcome who was
            not; 0.5 is nothing.
        with_outcome: the same among those with the outcome alone, who are fewer.
        by_group: the same by group and level of the use case's groups.
        smallest_leaf: the fewest people of the rows of a leaf or band; None of a model that has none.
        rows: rows that were looked at.
        people: of how many people.
    """

    auc: Stated
    with_outcome: Stated
    by_group: Mapping[str, Mapping[str, Stated]]
    smallest_leaf: int | None
    rows: int
    people: int

    @property
    def told(self) -> bool:
        """Whether it is more than little: of all, or of those with the outcome, or surely of a group."""
        whole = (self.auc, self.with_outcome)
        groups = [one for by in self.by_group.values() for one in by.values()]
        return any(isinstance(one, Figure) and one.value > LITTLE for one in whole) or any(
            isinstance(one, Figure) and one.low > LITTLE for one in groups
        )

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "auc": self.auc.as_json(),
            "auc_with_outcome": self.with_outcome.as_json(),
            "by_group": {
                group: {level: one.as_json() for level, one in by.items()} for group, by in self.by_group.items()
            },
            "smallest_leaf_people": self.smallest_leaf,
            "halves": HALVES,
            "rows": self.rows,
            "people": self.people,
        }


def membership(subject: Subject, progress: Progress = silent) -> Membership:
    """Try the attack on a bundle's recipe.

    Args:
        subject: the bundle and its rows.
        progress: told of each refit.
    """
    train, families = subject.rows.train, subject.rows.families[0]
    rng = np.random.default_rng([subject.bundle.facts.seed, 7])
    looked = np.sort(rng.permutation(len(train.outcomes))[:_MOST_ROWS])
    inside, margins = _halves(subject, rng, progress)
    inside, margins = inside[:, looked], margins[:, looked]
    outcomes, people = train.outcomes[looked], train.people[looked]
    drawn_from = np.unique(families[looked], return_inverse=True)[1].astype(np.intp)

    def figure(rows: Codes, which: Floats) -> Stated:
        return _auc(inside[:, rows], margins[:, rows], which[rows], drawn_from[rows], people[rows])

    every = np.arange(len(looked))
    progress("Telling who was learned from", HALVES, HALVES + 1)
    groups = subject.feature_set.groups()
    by_group: dict[str, dict[str, Stated]] = {}
    for group in subject.bundle.use_case.groups:
        levels = np.array(groups[group.name].take(subject.parted.rows["train"][looked]).to_pylist(), dtype=object)
        by_group[group.name] = {
            str(level): figure(np.flatnonzero(levels == level), outcomes)
            for level in sorted({*levels} - {NOT_RECORDED, None})
        }
    return Membership(
        figure(every, outcomes),
        figure(np.flatnonzero(outcomes > 0), outcomes),
        by_group,
        _smallest_leaf(subject),
        len(looked),
        len(np.unique(people)),
    )


def _halves(subject: Subject, rng: np.random.Generator, progress: Progress) -> tuple[np.ndarray[Any, Any], Floats]:
    """Return for each half who was learned from, and what the model says of every row, each of shape (halves, rows)."""
    train, families = subject.rows.train, subject.rows.families[0]
    learn, names = Learner.of(subject.recipe, train), np.unique(families)
    inside, margins = [], []
    for number in range(HALVES):
        progress("Learning from half of the families", number, HALVES + 1)
        chosen = rng.permutation(names)[: len(names) // 2]
        seen = np.isin(families, chosen)
        refit = learn(np.flatnonzero(seen), subject.rows.choose, seed=number)
        inside.append(seen)
        margins.append(refit.form.margins(train.values))
    return np.array(inside), np.array(margins)


def _auc(inside: np.ndarray[Any, Any], margins: Floats, outcomes: Floats, families: Codes, people: Codes) -> Stated:
    """Return the mean over halves of the AUC of telling who was seen, within each outcome, families resampled."""
    n = len(outcomes)
    if len(np.unique(people)) < 2 * _FEWEST or len(np.unique(families)) < 2 * _FEWEST:
        return NotComputed(n, f"fewer than {2 * _FEWEST} people or families")
    parts = []
    for outcome in (0.0, 1.0):
        rows = np.flatnonzero(outcomes == outcome)
        if len(np.unique(people[rows])) >= _FEWEST:
            sure = margins[:, rows] if outcome else -margins[:, rows]
            for seen, scores in zip(inside[:, rows], sure, strict=True):
                if 0 < seen.sum() < len(seen):
                    parts.append((rows, Ranking(scores, seen.astype(np.float64)), seen.astype(np.float64)))
    if not parts:
        return NotComputed(n, f"fewer than {_FEWEST} people with the same outcome")
    codes = np.unique(families, return_inverse=True)[1].astype(np.intp)

    def statistic(weights: Floats) -> dict[str, Floats]:
        total, pairs = np.zeros(len(weights)), np.zeros(len(weights))
        for rows, ranking, seen in parts:
            own = weights[:, rows]
            many = (own @ seen) * (own @ (1 - seen))
            total += np.where(many > 0, many * np.nan_to_num(ranking.auc(own)), 0.0)
            pairs += many
        return {"auc": np.divide(total, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)}

    return bootstrap(statistic, codes)["auc"].stated(n, "nobody can be compared")


def _smallest_leaf(subject: Subject) -> int | None:
    """Return the fewest distinct people whose rows fell into one leaf of a tree, or one band of a card."""
    form, train = subject.model.form, subject.rows.train
    cells: list[Codes] = []
    if isinstance(form, TreeForm):
        leaves = np.asarray(form.booster.predict(train.values, pred_leaf=True)).reshape(len(train.values), -1)
        cells = [leaves[:, tree].astype(np.intp) for tree in range(leaves.shape[1])]
    elif isinstance(form, AdditiveForm):
        for term in form.terms:
            if isinstance(term, PointsTerm):
                numbers = train.column(term.indicator)
                band = np.searchsorted(term.cuts, numbers, side="right")
                cells.append(np.where(np.isnan(numbers), len(term.cuts) + 1, band).astype(np.intp))
    fewest = [
        int(np.unique(np.unique(np.column_stack([cell, train.people]), axis=0)[:, 0], return_counts=True)[1].min())
        for cell in cells
    ]
    return min(fewest) if fewest else None
