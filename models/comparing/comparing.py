"""Several bundles beside each other: what their records say, and what their own answers say of the same rows.

    found = compare(workspace, bundles)
    found.against[0].differences["auc"]       # the second bundle's AUC, less the first's, paired

Lists and differences need the rows that a bundle was tested on: where its feature set is gone, or two were tested on
other rows, they say so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from features.rows.feature_sets import open_feature_set
from hub.errors import InputError, IntegrityError, NotFoundError
from hub.workspace import Workspace
from models.bundle.bundles import Bundle
from models.comparing import lists
from models.comparing.lists import Changed, Labels
from models.figures import Stated
from models.fitting.parted import Parted
from models.measuring import metrics
from models.measuring.metrics import JudgedRows, ModelAnswers
from models.measuring.ranking import foremost
from models.resampling import RESAMPLES, Codes


@dataclass(frozen=True, slots=True)
class Tested:
    """The rows that a bundle was tested on, and what it says of them.

    Attributes:
        people: the pseudonym of each row's person.
        days: its date.
        case: outcomes, families and places.
        answers: the bundle's.
        groups: by name of the group, the level of each row.
    """

    people: Labels
    days: np.ndarray[tuple[int], np.dtype[np.datetime64]]
    case: JudgedRows
    answers: ModelAnswers
    groups: Mapping[str, Labels]

    @property
    def places(self) -> Codes:
        """The rows that get a place; of rows level at the last place the earlier one does."""
        return foremost(self.answers.scores, self.case.dates, self.case.capacity)


@dataclass(frozen=True, slots=True)
class Against:
    """A bundle held against the first one.

    Attributes:
        bundle: it.
        why_not: why the rest is empty, or "".
        differences: its figures, less those of the first, by metric of order.
        changed: who would be on which list.
    """

    bundle: Bundle
    why_not: str
    differences: Mapping[str, Stated]
    changed: Changed | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Bundles in the order in which they were named; each but the first is held against it."""

    bundles: Sequence[Bundle]
    against: Sequence[Against]


def compare(
    workspace: Workspace, bundles: Sequence[Bundle], *, resamples: int = RESAMPLES, seed: int = 0
) -> Comparison:
    """Compare published bundles.

    Args:
        workspace: where they and their feature sets lie.
        bundles: at least two.
        resamples: how many resamples of families.
        seed: of the resamples.

    Raises:
        InputError: there are fewer than two.
    """
    if len(bundles) < 2:
        raise InputError("There is nothing to compare with.", "Name at least two bundles.")
    first, *others = [tested(workspace, one) for one in bundles]
    found = []
    for bundle, other in zip(bundles[1:], others, strict=True):
        why_not = different(first, other)
        if why_not or first is None or other is None:
            found.append(Against(bundle, why_not, {}, None))
            continue
        judged = {"first": first.answers, "other": other.answers}
        measured = metrics.measure(first.case, judged, against={"other": ["first"]}, resamples=resamples, seed=seed)
        moved = lists.changed(first.places, other.places, first.case.people, first.groups)
        found.append(Against(bundle, "", measured.differences["other"]["first"], moved))
    return Comparison(bundles, found)


def tested(workspace: Workspace, bundle: Bundle) -> Tested | None:
    """Return the rows that a bundle was tested on, or None where its feature set is gone.

    Raises:
        IntegrityError: a byte of the bundle has changed.
    """
    model = bundle.load()
    try:
        opened = open_feature_set(workspace, bundle.facts.feature_set)
    except (NotFoundError, IntegrityError):  # erased or removed since
        return None
    parted = Parted.of(opened)
    rows, test = parted.rows["test"], parted.test
    margins = model.margins(test.values)
    people = opened.matrix()["person_id"].to_numpy(zero_copy_only=False).astype(object)[rows]
    table = opened.groups()
    groups = {
        group.name: table[group.name].to_numpy(zero_copy_only=False).astype(object)[rows]
        for group in opened.use_case.groups
    }
    answers = ModelAnswers(margins, bundle.calibration.probabilities(margins))
    return Tested(people, test.days, JudgedRows.of(test, opened.use_case.capacity), answers, groups)


def different(one: Tested | None, other: Tested | None) -> str:
    """Return why two bundles cannot be held against each other, or an empty string."""
    if one is None or other is None:
        return "the rows that one of them was tested on are gone"
    if not (np.array_equal(one.people, other.people) and np.array_equal(one.days, other.days)):
        return "they were tested on different people and dates"
    if not np.array_equal(one.case.outcomes, other.case.outcomes):
        return "they were tested on different outcomes"
    return "" if one.case.capacity == other.case.capacity else "they were tested on different numbers of places"
