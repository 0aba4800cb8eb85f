"""A framework of outcomes: what is told of two of them may not be subtracted."""

import pytest
from pydantic import ValidationError

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
