"""A framework of outcomes: what is told of two of them may not be subtracted."""

from typing import Any

import pytest
from pydantic import ValidationError

from features.declarations.outcomes import Outcome
from tests.factories.use_cases import framework, outcome

CHILDREN = {"from_years": 0, "below_years": 18}


@pytest.mark.parametrize(
    ("ages", "events", "refused"),
    [
        ({"from_years": 0, "below_years": 17}, {"types": ["cin_start"]}, True),
        (None, {"types": ["cin_start"]}, True),
        (CHILDREN, {"types": ["cin_start"]}, False),
        ({"from_years": 18, "below_years": 25}, {"types": ["cin_start"]}, False),
        ({"from_years": 0, "below_years": 17}, {"types": ["cp_plan_start"]}, False),
    ],
    ids=["a year fewer", "everybody", "the same ages", "other ages", "other events"],
)
def test_the_same_events_are_not_told_of_ages_that_overlap(
    ages: dict[str, int] | None, events: dict[str, list[str]], refused: bool
) -> None:
    one = outcome("began_help", ages=CHILDREN)
    other = outcome("began_help_young", ages=ages, events=events)
    if refused:
        with pytest.raises(ValidationError, match="subtracting their levels would tell of few"):
            framework(one, other)
    else:
        assert framework(one, other).outcomes == (one, other)


SOME = {"types": ["cin_start"], "details": ["strain"]}


@pytest.mark.parametrize(
    ("said", "refused", "related"),
    [
        ({"events": SOME}, False, True),
        ({"events": SOME, "period": "year"}, True, None),
        ({"events": SOME, "ages": {"from_years": 0, "below_years": 10}}, True, None),
        ({"events": SOME, "ages": {"from_years": 18, "below_years": 25}, "period": "year"}, False, False),
        ({"events": {"types": ["cin_start"], "details": ["illness"]}}, False, False),
        ({"events": SOME, "since": "2010-01-01", "until": "2020-01-01", "period": "year"}, False, False),
    ],
    ids=["a part", "a part by year", "a part of the younger", "a part of others", "another part", "a part of before"],
)
def test_outcomes_that_count_the_same_events_are_told_together(
    said: dict[str, Any], refused: bool, related: bool | None
) -> None:
    strain = {"types": ["cin_start"], "details": ["strain", "stress"], "roles": ["child"]}
    one = outcome("began_help", ages=CHILDREN, events=strain, since="2021-01-01")
    other = outcome("began_help_for_a_reason", **{"ages": CHILDREN, **said})
    if refused:
        with pytest.raises(ValidationError, match="subtracting their levels would tell of few"):
            framework(one, other)
        return
    assert framework(one, other).related() == (((one, other),) if related else ((one,), (other,)))


def test_relatives_of_relatives_are_told_together_in_the_order_of_the_file() -> None:
    def of(*details: str) -> Outcome:
        return outcome(f"because_of_{'_and_'.join(details)}", events={"types": ["cin_start"], "details": details})

    one, aside, two, both = (
        of("strain"),
        outcome(events={"types": ["cla_start"]}),
        of("illness"),
        of("illness", "strain"),
    )
    assert framework(one, aside, two, both).related() == ((one, two, both), (aside,))


def test_at_most_eight_outcomes_are_told_together() -> None:
    many = [outcome(f"outcome_{number}", events={"types": ["cin_start", f"type_{number}"]}) for number in range(9)]
    assert len(framework(*many[:8]).related()) == 1
    with pytest.raises(ValidationError, match="at most 8 outcomes may"):
        framework(*many)
