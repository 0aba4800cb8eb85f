"""Clusters of records that are one person: the strongest links first, and never a contradiction inside a cluster.

    cluster(pairs, threshold)

Two clusters are joined along a link when no record of one contradicts a record of the other and all their pairs
together speak for one person: the mean evidence, each pair counted between -10 and 10 bits, is not negative. So one
misspelt record cannot chain two sisters together. Records are numbers in the order of their keys, so ties break the
same way whatever order pairs come in. Pure: values in, values out.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

LARGEST = 200
"""A chain of links over more records than this is not a person; its weakest links are left out."""

SIBLINGS = "a brother or sister is as likely"
RIVALS = "two candidates are about equally good"
DISAGREE = "other records of the two disagree"
_UNKNOWN = 0.0
_MOST = 10.0
_RIVALRY = 3.0
"""Bits: a candidate that is worse by less than this is a rival."""


class Pair(NamedTuple):
    """Two records with what speaks for one person, in bits; `reason` says why they cannot be one, or is empty."""

    one: int
    other: int
    weight: float
    evidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class Clusters:
    """Who is one person, among the records that have pairs.

    Attributes:
        members: for each person the numbers of their records, ascending; persons in the order of their first record.
        refused: how many candidate pairs were refused, by reason.
        weights: for each record the weight of its strongest link inside its cluster; a record alone has none.
    """

    members: tuple[tuple[int, ...], ...]
    refused: Mapping[str, int]
    weights: Mapping[int, float] = field(default_factory=dict)


class _Groups:
    """Disjoint groups of records, each called by its lowest number."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}
        self.members: dict[int, list[int]] = {}

    def group(self, record: int) -> int:
        if record not in self._parent:
            self._parent[record] = record
            self.members[record] = [record]
        root = record
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[record] != root:
            self._parent[record], record = root, self._parent[record]
        return root

    def join(self, one: int, other: int) -> None:
        low, high = min(one, other), max(one, other)
        self.members[low] += self.members.pop(high)
        self._parent[high] = low

    def all(self) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(sorted(members)) for _, members in sorted(self.members.items()))


def components(links: Iterable[tuple[int, int]], largest: int = LARGEST) -> tuple[tuple[int, ...], ...]:
    """Return the groups of records that links connect, none larger than `largest`.

    Args:
        links: strongest first; a link that would make a group too large is left out.
        largest: the size that no group exceeds.
    """
    groups = _Groups()
    for one, other in links:
        first, second = groups.group(one), groups.group(other)
        if first != second and len(groups.members[first]) + len(groups.members[second]) <= largest:
            groups.join(first, second)
    return groups.all()


def cluster(pairs: Sequence[Pair], threshold: float) -> Clusters:
    """Join records into persons.

    Args:
        pairs: what is known about pairs of records; a pair that is not here speaks neither for nor against.
        threshold: a link has a weight of at least this many bits and no reason against it.
    """
    known = {(pair.one, pair.other) if pair.one < pair.other else (pair.other, pair.one): pair for pair in pairs}
    near = _neighbours(known)
    groups = _Groups()
    refused: Counter[str] = Counter()
    weights: dict[int, float] = {}
    for (one, other), pair in sorted(known.items(), key=lambda item: (-item[1].weight, item[0])):
        first, second = groups.group(one), groups.group(other)
        why = _not_a_link(pair, threshold)
        if why is None and first != second:
            why = _keeps_apart(groups.members[first], groups.members[second], known)
            if why is None and _ambiguous(one, other, groups, known, near, threshold):
                why = RIVALS
            if why is None:
                groups.join(first, second)
        if why is None:
            weights.setdefault(one, pair.weight)
            weights.setdefault(other, pair.weight)
        elif why:
            refused[why] += 1
    return Clusters(groups.all(), dict(sorted(refused.items())), weights)


def _not_a_link(pair: Pair, threshold: float) -> str | None:
    """Return None for a link, an empty text for a pair that nothing speaks for, else why the pair is not a link."""
    if pair.reason:
        return pair.reason if pair.evidence >= threshold else ""
    if pair.weight >= threshold:
        return None
    return RIVALS if pair.evidence >= threshold else ""


def _neighbours(known: Mapping[tuple[int, int], Pair]) -> dict[int, list[int]]:
    near: dict[int, list[int]] = {}
    for one, other in known:
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    return near


def _ambiguous(
    one: int,
    other: int,
    groups: "_Groups",
    known: Mapping[tuple[int, int], Pair],
    near: Mapping[int, Sequence[int]],
    threshold: float,
) -> bool:
    """Return whether a record that is still alone fits nearly as well to somebody who is not the other.

    Twins give such records: one that lacks the given name fits both. To link it to either would be a guess.
    """
    weight = _between(one, other, known)
    for alone, chosen in ((one, other), (other, one)):
        if len(groups.members[groups.group(alone)]) > 1:
            continue
        for rival in near[alone]:
            if rival != chosen and _between(alone, rival, known) >= max(threshold, weight - _RIVALRY):
                first, second = groups.group(rival), groups.group(chosen)
                if first != second and _keeps_apart(groups.members[first], groups.members[second], known):
                    return True
    return False


def _between(one: int, other: int, known: Mapping[tuple[int, int], Pair]) -> float:
    pair = known[(one, other) if one < other else (other, one)]
    return -_MOST if pair.reason else pair.weight


def _keeps_apart(one: Sequence[int], other: Sequence[int], known: Mapping[tuple[int, int], Pair]) -> str | None:
    reasons, evidence = [], 0.0
    for left in one:
        for right in other:
            pair = known.get((left, right) if left < right else (right, left))
            if pair is not None and pair.reason:
                reasons.append(pair.reason)
            evidence += max(-_MOST, min(_MOST, pair.weight)) if pair is not None else _UNKNOWN
    if reasons:
        return min(reasons)
    return DISAGREE if evidence < 0 else None
