"""Which `person_id` a cluster of records keeps, which ids are new, and what became of older ones. Pure.

    assigned = assign(first_keys, person, before, used, mint, why)

A cluster keeps the id of its records. When two ids come together the older one stays (merged); when the records of an
id part, the largest part keeps it (split), of equal parts the one that comes first. An id is never given to anybody
else: not after it was merged away, and not after its last record was gone.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MERGED, SPLIT = "merged", "split"
NEW_RECORD = "a new record belongs to both"
CHANGED = "what these records say, or what was learnt from all records, has changed"

Parting = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Numbers of the records that kept an id, and of those that parted from them."""
Why = Callable[[Sequence[Parting]], Sequence[str]]
"""For many partings at once the cause of each."""


@dataclass(frozen=True, slots=True)
class Before:
    """What the map said.

    Attributes:
        ids: the ids that records now held had, oldest first; of one day, in alphabetical order.
        held: for each record the index of its id in `ids`; -1 for a record that is new.
    """

    ids: Sequence[str]
    held: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Change:
    """A merge or a split; the fields are those of hub.identity.persons.LOG without the day."""

    change: str
    person_id: str
    other_id: str
    records: int
    cause: str


@dataclass(frozen=True, slots=True)
class AssignedIds:
    """The id of each person, and what became of older ids.

    Attributes:
        ids: one for each person.
        kept: for each person the index of its id in `Before.ids`; -1 where the id is new.
        changes: merges and splits, in the order of change, person_id and other_id.
    """

    ids: tuple[str, ...]
    kept: NDArray[np.int64]
    changes: tuple[Change, ...]

    @property
    def merged_into(self) -> dict[str, str]:
        """For each id that is gone, the id that stayed: records that no newest extract holds follow it."""
        return {change.person_id: change.other_id for change in self.changes if change.change == MERGED}

    def counts(self) -> dict[str, int]:
        """Return how many ids are new, kept, merged into older ones, and how many parts were split off."""
        kinds, new = Counter(change.change for change in self.changes), int((self.kept < 0).sum())
        return {"new": new, "kept": len(self.ids) - new, MERGED: kinds[MERGED], SPLIT: kinds[SPLIT]}


def assign(
    firsts: Sequence[str],
    person: NDArray[np.int64],
    before: Before,
    used: Collection[str],
    mint: Callable[[str, int], str],
    why: Why,
) -> AssignedIds:
    """Give each person their id.

    Args:
        firsts: for each person the key of their first record, from which a new id is made.
        person: for each record the number of its person; every number from 0 has a record.
        before: what the map said of the records.
        used: every id that was ever given out.
        mint: (first record key, attempt) → an id; asked again with the next attempt while the id is used.
        why: the causes of splits.
    """
    people = len(firsts)
    parts, sizes = _parts(person, before.held, people)
    owner, among = parts // max(people, 1), parts % max(people, 1)
    # Of each id the largest part, which keeps it; of each person the oldest id whose largest part it is.
    order = np.lexsort((among, -sizes, owner))
    main = order[np.unique(owner[order], return_index=True)[1]]
    kept = np.full(people, -1)
    kept[among[main][::-1]] = owner[main][::-1]
    ids = _named(firsts, kept, before.ids, used, mint)
    changes = []
    fresh = np.zeros(people, dtype=bool)
    fresh[person[before.held < 0]] = True
    for part in main[kept[among[main]] != owner[main]].tolist():
        one = int(among[part])
        cause = NEW_RECORD if fresh[one] else CHANGED
        changes.append(Change(MERGED, before.ids[owner[part]], ids[one], int(sizes[part]), cause))
    split = np.setdiff1d(np.arange(len(parts)), main)
    home = np.full(len(before.ids), -1)
    home[owner[main]] = among[main]
    changes += _split(split, owner, among, home, person, before, ids, why)
    changes.sort(key=lambda one: (one.change, one.person_id, one.other_id))
    return AssignedIds(tuple(ids), kept, tuple(changes))


def _parts(
    person: NDArray[np.int64], held: NDArray[np.int64], people: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the parts of ids as id × people + person, ascending, and how many records each has."""
    known = held >= 0
    return np.unique(held[known] * people + person[known], return_counts=True)


def _named(
    firsts: Sequence[str],
    kept: NDArray[np.int64],
    older: Sequence[str],
    used: Collection[str],
    mint: Callable[[str, int], str],
) -> list[str]:
    taken, ids = set(used), []
    for first, index in zip(firsts, kept.tolist(), strict=True):
        found = older[index] if index >= 0 else None
        attempt = 0
        while found is None:
            minted, attempt = mint(first, attempt), attempt + 1
            if minted not in taken:
                taken.add(minted)
                found = minted
        ids.append(found)
    return ids


def _split(
    split: NDArray[np.int64],
    owner: NDArray[np.int64],
    among: NDArray[np.int64],
    home: NDArray[np.int64],
    person: NDArray[np.int64],
    before: Before,
    ids: Sequence[str],
    why: Why,
) -> list[Change]:
    """Return the change for each part that its id did not stay with."""
    concerned = np.flatnonzero(np.isin(before.held, owner[split]))
    records: dict[tuple[int, int], list[int]] = {}
    for number in concerned.tolist():
        records.setdefault((int(before.held[number]), int(person[number])), []).append(number)
    partings = [
        (np.array(records[one, int(home[one])]), np.array(records[one, other]))
        for one, other in zip(owner[split].tolist(), among[split].tolist(), strict=True)
    ]
    return [
        Change(SPLIT, before.ids[one], ids[other], len(parting[1]), cause)
        for one, other, parting, cause in zip(
            owner[split].tolist(), among[split].tolist(), partings, why(partings) if partings else [], strict=True
        )
    ]
