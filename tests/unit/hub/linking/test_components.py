"""Components without loops are those that the plain union of groups gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import sql
from hub.linking import clusters, components, earlier_pairs, engine
from hub.linking.clusters import Pair
from hub.linking.earlier_pairs import Memory
from hub.weighing.comparisons import Learnt
from tests.examples import examples

_LINKS = st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)).filter(lambda link: link[0] < link[1]), max_size=40)


@given(_LINKS, st.integers(2, 30))
def test_components_are_those_of_the_slow_way(links: list[tuple[int, int]], largest: int) -> None:
    one, other = (np.array([link[side] for link in links], dtype=np.int64) for side in (0, 1))
    names = components.bounded(one, other, 25, largest)
    found = {frozenset(np.flatnonzero(names == name).tolist()) for name in set(names.tolist())}
    slow = {frozenset(group) for group in clusters.components(links, largest)}
    assert {group for group in found if len(group) > 1} == {group for group in slow if len(group) > 1}
    assert all(min(group) == names[min(group)] for group in found)


def test_a_long_chain_is_one_component() -> None:
    steps = np.arange(5000)
    assert not components.connected(steps[::-1], steps[::-1] + 1, 5001).any()


_WEIGHTS = st.sampled_from([-20.0, -3.0, 2.0, 4.0, 6.0, 9.0])
_PAIRS = st.dictionaries(
    st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda pair: pair[0] < pair[1]),
    st.tuples(_WEIGHTS, st.sampled_from(["", "", "", "different identifiers"])),
    max_size=20,
)


@settings(max_examples=examples(40), deadline=None)
@given(_PAIRS)
def test_whole_components_are_clustered_as_all_others(drawn: dict[tuple[int, int], tuple[float, str]]) -> None:
    pairs = [Pair(one, other, weight, weight, why) for (one, other), (weight, why) in sorted(drawn.items())]
    groups = clusters.components(drawn, 99)
    of = {number: group[0] for group in groups for number in group}
    # A component holds all its pairs; those that were not drawn speak against it a little.
    whole = [
        next((pair for pair in pairs if (pair.one, pair.other) == (one, other)), Pair(one, other, -1.0, -1.0, ""))
        for group in groups
        for at, one in enumerate(group)
        for other in group[at + 1 :]
    ]
    with sql.connect(threads=1) as connection:
        connection.execute(
            "CREATE TABLE pair "
            "(component BIGINT, one BIGINT, other BIGINT, weight DOUBLE, evidence DOUBLE, reason VARCHAR)"
        )
        for pair in whole:
            connection.execute("INSERT INTO pair VALUES (?, ?, ?, ?, ?, ?)", [of[pair.one], *pair])
        person, weight, refused = engine._cluster(connection, 9, 5.0)
    slow = clusters.cluster(whole, 5.0)
    found = {frozenset(np.flatnonzero(person == one).tolist()) for one in set(person.tolist())}
    assert {group for group in found if len(group) > 1} == {frozenset(one) for one in slow.members if len(one) > 1}
    assert {at: value for at, value in enumerate(weight.tolist()) if value == value} == dict(slow.weights)
    assert dict(refused) == dict(slow.refused)


_SHARE = st.floats(0.001, 0.999)
_MODEL = st.tuples(st.floats(1e-6, 0.4), *[_SHARE] * 8)


def _memory(values: tuple[float, ...]) -> Memory:
    prior, *shares = values
    names = (("given_name", "the same"), ("given_name", "different"), ("sex", "the same"), ("sex", "different"))
    m: dict[str, dict[str, float]] = {"given_name": {}, "sex": {}}
    u: dict[str, dict[str, float]] = {"given_name": {}, "sex": {}}
    for (name, label), one, other in zip(names, shares[:4], shares[4:], strict=True):
        m[name][label], u[name][label] = one, other
    return Memory("", 0.0, prior, Learnt(m, u))


@given(_MODEL, _MODEL, st.floats(0.00001, 0.1), st.floats(0.00001, 0.1))
def test_no_pair_rises_by_more_than_the_shift(
    then: tuple[float, ...], now: tuple[float, ...], frequent: float, later: float
) -> None:
    old, new = _memory(then), _memory(now)
    bound = earlier_pairs.shift(old, new, {"given_name": float(np.log2(frequent / later))})

    def weight(model: Memory, given_name: str | None, sex: str | None, frequency: float) -> float:
        bits = np.log2(model.prior / (1 - model.prior))
        for name, label in (("given_name", given_name), ("sex", sex)):
            if label is not None:
                u = frequency if (name, label) == ("given_name", "the same") else model.shares.u[name][label]
                bits += np.log2(model.shares.m[name][label] / u)
        return float(bits)

    rises = [
        weight(new, given_name, sex, later) - weight(old, given_name, sex, frequent)
        for given_name in (None, "the same", "different")
        for sex in (None, "the same", "different")
    ]
    assert max(rises) == pytest.approx(bound, abs=1e-9)
