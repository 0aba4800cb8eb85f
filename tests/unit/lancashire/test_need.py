"""Where need comes from: never from ethnicity or sex, less after help, more after blows."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.factories.lancashire import module


def county(households: int = 60, seed: int = 5) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    size = np.full(households, 2)
    here = module("places").make(rng, households)
    homes = module("households").make(rng, here, households)
    return homes, module("children").make(rng, homes, size)


def test_need_and_events_do_not_change_with_ethnicity() -> None:
    homes, children = county()
    simulate = module("events").simulate
    first = simulate(np.random.default_rng(9), homes, children)
    other = replace(children, ethnicity=children.ethnicity[::-1].copy(), given=children.given[::-1].copy())
    second = simulate(np.random.default_rng(9), homes, other)
    assert np.array_equal(first.need, second.need)
    for name, frame in first.frames.items():
        assert frame.equals(second.frames[name]), name


def test_need_does_not_change_with_sex() -> None:
    homes, children = county()
    simulate = module("events").simulate
    first = simulate(np.random.default_rng(9), homes, children)
    second = simulate(np.random.default_rng(9), homes, replace(children, sex=np.where(children.sex == "M", "F", "M")))
    assert np.array_equal(first.need, second.need)
    assert not first.frames["suspensions"].equals(second.frames["suspensions"]), "who is suspended does"


def test_support_lowers_need_and_wears_off() -> None:
    homes, children = county()
    need = module("need").Need(np.random.default_rng(2), homes, children)
    before = need.level
    helped = np.arange(len(children)) == 3
    need.relieve(helped, 1.0)
    assert need.level[3] == pytest.approx(before[3] - 1.0)
    assert np.array_equal(need.level[~helped], before[~helped])
    need.relieve(helped, 5.0)
    assert need.level[3] == pytest.approx(before[3] - 2.5), "support is capped"
    plain = module("need").Need(np.random.default_rng(2), homes, children)
    for _ in range(60):
        need.step()
        plain.step()
    assert 0 < plain.level[3] - need.level[3] < 0.5


def test_police_go_looking_more_where_they_are_made_to() -> None:
    homes, children = county(households=4000)
    levels = np.zeros((module("period").MONTHS, len(children)), dtype=np.float32)
    over = homes.places.area_may_be_over_recorded
    police = module("police")
    living = over[homes.area_at(children.household, np.full(len(children), module("period").FIRST, dtype=np.int32))]
    for times, lowest, highest in ((1.0, 0.7, 1.4), (3.0, 2.2, 4.2)):
        by_area = np.where(over, times, 1.0)
        found = police.other(
            np.random.default_rng(1), homes, children, levels, kinds=police.OFFICERS_OWN, by_area=by_area
        )
        assert found["officer"].all()
        area = homes.area_at(children.household[found["child"]], found["day"].to_numpy().astype(np.int32))
        rate_over = over[area].sum() / living.sum()
        rate_else = (~over[area]).sum() / (~living).sum()
        assert lowest < rate_over / rate_else < highest, times


def test_nothing_happens_to_a_child_before_birth_or_long_after_eighteen() -> None:
    homes, children = county(households=300)
    found = module("events").simulate(np.random.default_rng(3), homes, children)
    for name, frame in found.frames.items():
        if name == "factors":
            continue  # they have the dates of their assessments
        age = (frame["day"].to_numpy() - children.born[frame["child"]]) / 365.25
        assert age.min() >= 0, name
        later = ("roll", "youth_justice", "programmes", "youth_assessments")
        assert age.max() < (19.0 if name in later else 18.5), name
