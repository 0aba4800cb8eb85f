"""Clusters never hold a contradiction, do not depend on the order of pairs, and agree with a slow obvious way."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.linking import clusters
from hub.linking.clusters import DISAGREE, RIVALS, Pair, cluster, components

THRESHOLD = 5.0
_WEIGHTS = (st.integers(-12, 12) | st.integers(-40, 40)).map(float)


@st.composite
def _pairs(draw: st.DrawFn) -> list[Pair]:
    size = draw(st.integers(2, 9))
    found = []
    for one, other in itertools.combinations(range(size), 2):
        if draw(st.booleans()):
            evidence = draw(_WEIGHTS)
            weight = min(evidence, draw(st.sampled_from([evidence, evidence, 2.0])))
            found.append(Pair(one, other, weight, evidence, draw(st.sampled_from(["", "", "", "two people"]))))
    return found


def _slow(pairs: list[Pair]) -> set[frozenset[int]]:
    """The rule as one would tell it: the strongest link first, sets of records, every pair looked at."""
    people = {frozenset([record]) for pair in pairs for record in pair[:2]}
    between = {frozenset(pair[:2]): pair for pair in pairs}
    links = [pair for pair in pairs if not pair.reason and pair.weight >= THRESHOLD]
    for link in sorted(links, key=lambda pair: (-pair.weight, pair.one, pair.other)):
        [left] = [one for one in people if link.one in one]
        [right] = [one for one in people if link.other in one]
        if left == right:
            continue
        cross = [between[key] for a in left for b in right if (key := frozenset([a, b])) in between]
        if any(pair.reason for pair in cross) or sum(max(-10, min(10, pair.weight)) for pair in cross) < 0:
            continue
        if _fits_another(link, people, between):
            continue
        people = (people - {left, right}) | {left | right}
    return people


def _fits_another(link: Pair, people: set[frozenset[int]], between: dict[frozenset[int], Pair]) -> bool:
    """A record that is alone is linked to nobody while it fits somebody else, who is not the other, nearly as well."""
    for alone, chosen in ((link.one, link.other), (link.other, link.one)):
        if frozenset([alone]) not in people:
            continue
        [person] = [one for one in people if chosen in one]
        for group in people:
            fits = [between[key] for record in group if (key := frozenset([alone, record])) in between]
            if alone in group or group == person:
                continue
            if not any(not p.reason and p.weight >= max(THRESHOLD, link.weight - 3) for p in fits):
                continue
            cross = [between[key] for a in group for b in person if (key := frozenset([a, b])) in between]
            if any(p.reason for p in cross) or sum(max(-10, min(10, p.weight)) for p in cross) < 0:
                return True
    return False


@given(_pairs())
def test_it_agrees_with_the_slow_way(pairs: list[Pair]) -> None:
    assert {frozenset(one) for one in cluster(pairs, THRESHOLD).members} == _slow(pairs)


@given(_pairs(), st.randoms(use_true_random=False))
def test_no_contradiction_stands_inside_and_the_order_of_pairs_does_not_matter(
    pairs: list[Pair], chance: random.Random
) -> None:
    found = cluster(pairs, THRESHOLD)
    apart = {frozenset(pair[:2]) for pair in pairs if pair.reason}
    for members in found.members:
        assert not apart & {frozenset(both) for both in itertools.combinations(members, 2)}
    everyone = sorted(record for members in found.members for record in members)
    assert everyone == sorted({record for pair in pairs for record in pair[:2]})
    turned = [pair._replace(one=pair.other, other=pair.one) if chance.random() < 0.5 else pair for pair in pairs]
    chance.shuffle(turned)
    assert cluster(turned, THRESHOLD) == found


@given(_pairs())
def test_a_record_has_a_weight_exactly_when_a_link_holds_it(pairs: list[Pair]) -> None:
    found = cluster(pairs, THRESHOLD)
    together = {record for members in found.members if len(members) > 1 for record in members}
    assert set(found.weights) == together
    assert all(weight >= THRESHOLD for weight in found.weights.values())


def _people(*pairs: Pair) -> list[tuple[int, ...]]:
    return list(cluster(pairs, THRESHOLD).members)


def test_a_misspelt_record_does_not_chain_two_sisters() -> None:
    ella, emma, smudged = (0, 1), (3, 4), 2
    pairs = [Pair(*ella, 20, 20, ""), Pair(*emma, 20, 20, "")]
    pairs += [Pair(one, smudged, 6, 6, "") for one in ella] + [Pair(smudged, one, 6, 6, "") for one in emma]
    pairs += [Pair(one, other, -4, -4, "") for one in ella for other in emma]
    assert _people(*pairs) == [(0, 1), (2,), (3, 4)]
    assert cluster(pairs, THRESHOLD).refused == {RIVALS: 4}
    clearer = [pair._replace(weight=10.0) if smudged in pair[:2] and pair.one in ella else pair for pair in pairs]
    assert _people(*clearer) == [(0, 1, 2), (3, 4)]
    assert cluster(clearer, THRESHOLD).refused == {DISAGREE: 2}


def test_the_reason_of_a_refusal_is_counted() -> None:
    pairs = [
        Pair(0, 1, 12, 12, ""),
        Pair(1, 2, 8, 8, ""),
        Pair(0, 2, 7, 7, "different identifiers"),
        Pair(3, 4, 1, 8, ""),
        Pair(5, 6, 1, 1, "different birthdays"),
    ]
    found = cluster(pairs, THRESHOLD)
    assert found.members == ((0, 1), (2,), (3,), (4,), (5,), (6,))
    assert found.refused == {"different identifiers": 2, RIVALS: 1}


def test_a_tie_between_two_people_goes_to_neither() -> None:
    pairs = [Pair(0, 1, 8, 8, ""), Pair(0, 2, 8, 8, ""), Pair(1, 2, 8, 8, "one record a person")]
    for turned in itertools.permutations(pairs):
        assert _people(*turned) == [(0,), (1,), (2,)]


def test_one_strong_pair_does_not_outvote_the_others() -> None:
    same = [Pair(one, other, 40, 40, "") for one, other in itertools.combinations((0, 1, 2), 2)]
    strong = Pair(0, 3, 30, 30, "")
    assert _people(*same, strong) == [(0, 1, 2, 3)]
    assert _people(*same, strong, Pair(1, 3, -8, -8, ""), Pair(2, 3, -8, -8, "")) == [(0, 1, 2), (3,)]


def test_a_record_that_fits_both_twins_is_linked_to_neither() -> None:
    twins = [Pair(0, 1, 20.0, 20.0, ""), Pair(2, 3, 20.0, 20.0, ""), Pair(0, 2, -3.0, -3.0, "")]
    nameless = [Pair(0, 4, 7.0, 7.0, ""), Pair(2, 4, 6.0, 6.0, "")]
    found = cluster([*twins, *nameless], THRESHOLD)
    assert found.members == ((0, 1), (2, 3), (4,))
    assert found.refused == {RIVALS: 2}
    assert cluster([*twins, nameless[0], Pair(2, 4, 3.0, 3.0, "")], THRESHOLD).members == ((0, 1, 4), (2, 3))


def test_nothing_gives_nothing() -> None:
    assert cluster([], THRESHOLD).members == ()


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda link: link[0] != link[1])))
def test_components_are_what_links_connect(links: list[tuple[int, int]]) -> None:
    groups = [{record} for record in sorted({record for link in links for record in link})]
    for one, other in links:
        left = next(group for group in groups if one in group)
        right = next(group for group in groups if other in group)
        if left is not right:
            groups.remove(right)
            left |= right
    assert sorted(components(links)) == sorted(tuple(sorted(group)) for group in groups)


@pytest.mark.parametrize("largest", [1, 2, 3, 5])
def test_a_chain_without_end_is_cut_at_its_weakest_links(largest: int) -> None:
    groups = components([(n, n + 1) for n in range(20)], largest)
    assert max(len(group) for group in groups) == largest
    assert sum(len(group) for group in groups) == 21
    assert clusters.LARGEST == 200
