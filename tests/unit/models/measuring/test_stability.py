"""How far refits are from each other: against pairs, rows and levels walked one by one."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.figures import Figure, NotComputed
from models.measuring import stability
from models.measuring.calibration import sigmoid
from models.measuring.stability import LikelyRanges, likely_ranges, ranges_from_json
from models.resampling import Codes, Floats

SEEDS = st.integers(0, 10_000)


def drawn(seed: int, refits: int = 12, rows: int = 150) -> tuple[Floats, Floats, Codes, Codes]:
    """Return log-odds of a model and of refits, people on two dates each, and the dates."""
    draw = np.random.default_rng(seed)
    own = draw.normal(-2, 1.2, rows).round(2)
    again = (own + draw.normal(0, 0.4, (refits, rows)) * draw.choice([0.5, 1, 2], rows)).round(2)
    return own, again, np.arange(rows) // 2, draw.integers(0, 3, rows)


def ranges(seed: int) -> LikelyRanges:
    """Return the ranges of such a model."""
    found = likely_ranges(*drawn(seed)[:3])
    assert isinstance(found, LikelyRanges)
    return found


@given(SEEDS)
def test_a_level_has_the_moves_of_all_pairs_that_begin_in_it(seed: int) -> None:
    own, again, people, _ = drawn(seed)
    for level in ranges(seed).levels:
        moves = [
            second[row] - first[row]
            for at, first in enumerate(again)
            for other, second in enumerate(again)
            for row in range(len(own))
            if at != other and level.start <= first[row] < level.end
        ]
        low, high = np.quantile(moves, [0.01, 0.99])
        assert (level.lower, level.upper) == pytest.approx((min(low, 0), max(high, 0)))
        inside = (level.start <= own) & (own < level.end)
        assert (level.rows, level.people) == (inside.sum(), len(set(people[inside].tolist())))


@given(SEEDS)
def test_levels_leave_nobody_out_and_none_is_of_few(seed: int) -> None:
    own, _, people, _ = drawn(seed)
    levels = ranges(seed).levels
    edges = [levels[0].start, *(one.end for one in levels)]
    assert edges == [-np.inf, *(one.start for one in levels[1:]), np.inf] == sorted(edges)
    assert all(one.people >= 10 for one in levels)
    assert sum(one.rows for one in levels) == len(own) == len(people)
    assert all(edge % 0.5 == 0 for edge in edges[1:-1])  # nobody's own number


@given(SEEDS, st.floats(0.0001, 0.9999))
def test_a_range_is_around_its_probability_and_the_file_gives_it_again(seed: int, probability: float) -> None:
    found = ranges(seed)
    low, high = found.around(probability)
    assert 0 < low <= probability * (1 + 1e-9)
    assert probability * (1 - 1e-9) <= high < 1
    written = json.loads(json.dumps(found.as_json()))
    again = ranges_from_json(written)
    assert isinstance(again, LikelyRanges)
    assert again.as_json() == written
    level = [one["from"] <= probability < one["to"] for one in written["levels"]].index(True)
    assert again.around(probability) == pytest.approx((low, high), abs=1e-5)
    move = written["levels"][level]["upper"]
    assert high == pytest.approx(1 / (1 + np.exp(-(np.log(probability / (1 - probability)) + move))), abs=1e-5)


def test_too_few_refits_or_people_are_said() -> None:
    own, again, people, dates = drawn(0)
    few = likely_ranges(own, again[:9], people)
    assert few == NotComputed(9, "fewer than 10 refits")
    assert ranges_from_json(few.as_json()) == few
    assert likely_ranges(own, again, people % 9) == NotComputed(9, "fewer than 10 people")
    assert set(stability.moved(again[:9], dates, 5).values()) == {NotComputed(9, "fewer than 10 refits")}


def top(scores: Floats, dates: Codes, capacity: int) -> set[int]:
    """Return the rows that have a place, one date after the other."""
    found: set[int] = set()
    for date in set(dates.tolist()):
        here = [row for row in range(len(dates)) if dates[row] == date]
        found |= set(sorted(here, key=lambda row: (-scores[row], row))[:capacity])
    return found


@given(SEEDS, st.integers(1, 80))
def test_what_becomes_of_lists_and_probabilities(seed: int, capacity: int) -> None:
    _, again, _, dates = drawn(seed)
    lists = [top(one, dates, capacity) for one in again]
    pairs = [(a, b) for a in range(len(again)) for b in range(a)]
    kept = [len(lists[a] & lists[b]) / len(lists[a]) for a, b in pairs]
    away = [np.abs(100 * sigmoid(again[a]) - 100 * sigmoid(again[b])) for a, b in pairs]
    expected = {"kept": kept, "mean_move": [one.mean() for one in away]}
    expected["move_of_19_in_20"] = [np.quantile(one, 0.95) for one in away]
    found = stability.moved(again, dates, capacity)
    for name, values in expected.items():
        one = found[name]
        assert isinstance(one, Figure)
        low, high = np.quantile(values, [0.025, 0.975])
        assert (one.value, one.low, one.high) == pytest.approx((np.mean(values), low, high))
        assert one.n == (len(lists[0]) if name == "kept" else len(dates))


@given(SEEDS, st.integers(1, 30))
def test_who_is_near_the_cut_and_whom_models_contradict_each_other_about(seed: int, capacity: int) -> None:
    own, again, _, dates = drawn(seed, refits=40)
    offered, lists = top(own, dates, capacity), [top(one, dates, capacity) for one in again]
    out = [row for row in offered if sum(row not in one for one in lists) > 2]
    without = set(range(len(own))) - offered
    into = [row for row in without if sum(row in one for one in lists) > 2]
    assert stability.near_the_cut(own, again, dates, capacity) == {
        "offered": len(offered),
        "offered_in_doubt": len(out),
        "not_offered": len(without),
        "not_offered_in_doubt": len(into),
    }
    three = lists[:3]
    common = three[0] & three[1] & three[2]
    assert stability.contradicted(again[:3], dates, capacity) == {
        "rows": len(own),
        "places": len(three[0]),
        "offered_by_all": len(common),
        "contradicted": len((three[0] | three[1] | three[2]) - common),
    }


@pytest.mark.parametrize(
    "levels",
    [
        [],
        [{"from": 0, "to": 1, "people": 12, "rows": 20, "lower": float("nan"), "upper": 0.1}],
        [{"from": 0}],
        [3],
        None,
    ],
)
def test_what_is_no_range_is_refused(levels: Any) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        ranges_from_json({"refits": 10, "levels": levels})
