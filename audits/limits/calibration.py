"""Do the probabilities hold? Expected beside observed shares on the test dates, in groups large enough to be shown."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hub.disclosing.disclosure import SmallNumbers
from hub.figures import Figure, wilson
from models.resampling import Floats

GROUPS = 10


@dataclass(frozen=True, slots=True)
class Step:
    """Looks with neighbouring probabilities.

    Attributes:
        lowest: the lowest probability among them.
        highest: the highest.
        expected: the mean probability.
        observed: share with the outcome, with its interval; `n` is the distinct people.
        rows: how many looks.
    """

    lowest: float
    highest: float
    expected: float
    observed: Figure
    rows: int

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form; probabilities have two decimals, so that nobody's own stands there."""
        return {
            "from": round(self.lowest, 2),
            "to": round(self.highest, 2),
            "expected": round(self.expected, 4),
            "observed": self.observed.as_json(),
            "rows": self.rows,
        }

    @property
    def holds(self) -> bool:
        """Whether the expected share lies in the interval of the observed one."""
        return self.observed.low <= self.expected <= self.observed.high


def steps(
    probabilities: Floats,
    outcome: npt.NDArray[np.bool_],
    people: npt.NDArray[np.intp],
    families: npt.NDArray[np.intp],
    small: SmallNumbers,
    *,
    groups: int = GROUPS,
) -> tuple[Step, ...]:
    """Return expected and observed shares, lowest probabilities first.

    Looks are put in order of probability and cut into `groups` of equal size; neighbours are then joined until neither
    those with the outcome nor those without it are few people, so that each may be shown. The interval is Wilson's
    with families, not looks, as the unit: the looks of one person, and of brothers and sisters, resemble each other.

    Args:
        probabilities: calibrated, one a row.
        outcome: whether the outcome followed, one a row.
        people: a code per person, one a row.
        families: a code per family, one a row.
        small: which numbers may be shown.
        groups: how many groups to begin with.

    Returns:
        The groups; none when there are few people with the outcome, or without it.
    """
    edges = np.unique(np.quantile(probabilities, np.linspace(0, 1, groups + 1)[1:-1]))
    code = np.searchsorted(edges, probabilities, side="left")
    joined = [code == one for one in np.unique(code)]
    while joined:
        few = [at for at, rows in enumerate(joined) if not _may_show(rows, outcome, people, small)]
        if not few:
            break
        if len(joined) == 1:
            return ()
        at = few[0]
        neighbour = at + 1 if at + 1 < len(joined) else at - 1
        joined[min(at, neighbour)] = joined[at] | joined[neighbour]
        del joined[max(at, neighbour)]
    return tuple(_step(rows, probabilities, outcome, (people, families)) for rows in joined)


def _may_show(
    rows: npt.NDArray[np.bool_], outcome: npt.NDArray[np.bool_], people: npt.NDArray[np.intp], small: SmallNumbers
) -> bool:
    return small.may_show_share(len(np.unique(people[rows & outcome])), len(np.unique(people[rows & ~outcome])))


def _step(
    rows: npt.NDArray[np.bool_],
    probabilities: Floats,
    outcome: npt.NDArray[np.bool_],
    units: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]],
) -> Step:
    people, families = (len(np.unique(one[rows])) for one in units)
    share, inside = float(outcome[rows].mean()), probabilities[rows]
    observed = Figure(share, *wilson(share * families, families), n=people)
    return Step(float(inside.min()), float(inside.max()), float(inside.mean()), observed, int(rows.sum()))
