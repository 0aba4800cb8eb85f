"""Who would be on another model's list, and who would be on it no more, counted in people.

    found = changed(first, second, people, groups)
    found.told(small)                         # each number as it may be shown, the small ones withheld

Somebody is on a list when a place of it goes to them on at least one test date.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hub.disclosing.disclosure import WITHHELD, Number, SmallNumbers
from models.resampling import Codes

BOTH, LEAVES, ENTERS = "both", "leaves", "enters"
KINDS = (BOTH, LEAVES, ENTERS)
"""On both lists; on the first one only; on the second one only."""
_NEITHER = 3

Labels = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Changed:
    """People by what becomes of them; a group's levels add up to everyone.

    Attributes:
        everyone: people on both lists, on the first only, on the second only, and on neither.
        levels: the same by group and level.
    """

    everyone: Sequence[int]
    levels: Mapping[tuple[str, str], Sequence[int]]

    def told(self, small: SmallNumbers) -> tuple[dict[str, Number], dict[tuple[str, str], dict[str, Number]]]:
        """Return the numbers of everyone and of each level as they may be shown.

        Of a level it is shown who leaves and who enters, and neither where one of the two is small. Who is on both
        lists is told of everyone alone: with it, the list of a model would be known by group, and a second page about
        that model would give away what it withholds. How many are in a level is known from elsewhere (the audit).
        """
        told = small.told()
        rows = {("", ""): self.everyone, **self.levels}
        places = {}
        for key, numbers in rows.items():
            all_ = key == ("", "")
            units = [(key, kind) if all_ or kind != BOTH else None for kind in KINDS]
            few = any(small.is_small(many) for kind, many in zip(KINDS, numbers, strict=False) if kind != BOTH)
            places[key] = [
                told.number(many, unit, small=small.is_small(many) or (few and unit is not None and not all_))
                for many, unit in zip(numbers, [*units, None], strict=True)
            ]
            told.relation(dict.fromkeys(places[key], 1), sum(numbers), sum(numbers))
        for group in dict.fromkeys(group for group, _ in self.levels):
            own = [key for key in self.levels if key[0] == group]
            for at, whole in enumerate(places["", ""]):
                told.sum(whole, [places[key][at] for key in own])
        hidden = told.withheld()
        shown = {
            key: {
                kind: WITHHELD if (key, kind) in hidden else many
                for kind, many in zip(KINDS, numbers[:_NEITHER], strict=True)
                if key == ("", "") or kind != BOTH
            }
            for key, numbers in rows.items()
        }
        return shown.pop(("", "")), shown


def changed(first: Codes, second: Codes, people: Codes, groups: Mapping[str, Labels]) -> Changed:
    """Count people by what becomes of them.

    Args:
        first: rows that get a place of the first list.
        second: those of the second.
        people: a code per person, from 0, one a row.
        groups: by name of the group, the level of each row; a person is of the level of their first row.
    """
    count = int(people.max()) + 1
    on = [np.isin(np.arange(count), people[rows]) for rows in (first, second)]
    kind = np.select([on[0] & on[1], on[0], on[1]], [0, 1, 2], _NEITHER)
    first_row = np.full(count, len(people))
    np.minimum.at(first_row, people, np.arange(len(people)))
    levels: dict[tuple[str, str], Sequence[int]] = {}
    for group, labels in groups.items():
        own = labels[first_row].astype(str)
        for level in np.unique(own):
            levels[group, str(level)] = np.bincount(kind[own == level], minlength=4).tolist()
    return Changed(np.bincount(kind, minlength=4).tolist(), levels)
