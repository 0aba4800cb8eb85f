"""Numbers and words as people read them."""

import pytest

from audits import phrases


@pytest.mark.parametrize(
    ("value", "decimals", "said"),
    [(1234.4, 0, "1,234"), (-3.0, 0, "−3"), (-0.2, 0, "0"), (0.0, 2, "0.00"), (-0.004, 2, "0.00"), (-1.5, 1, "−1.5")],
)
def test_numbers(value: float, decimals: int, said: str) -> None:
    assert phrases.number(value, decimals) == said


def test_figures_say_their_interval_or_why_not() -> None:
    figure = {"value": 0.312, "low": 0.27, "high": 0.355, "n": 90, "unit": ""}
    assert phrases.stated(figure) == "312 (270 to 355)"
    assert phrases.signed({**figure, "low": -0.01}) == "+312 (−10 to +355)"
    assert phrases.stated({"withheld": "fewer than 10"}) == "fewer than 10"
    assert phrases.signed({"not_computed": "30 people are needed", "n": 12}) == "not computed (30 people are needed)"


def test_levels_stand_in_the_order_that_people_expect() -> None:
    levels = ["not recorded", "12 to 15", "16 and over", "below 12", "8 to 11", "below 8"]
    assert sorted(levels, key=phrases.in_order) == [
        "below 8",
        "8 to 11",
        "below 12",
        "12 to 15",
        "16 and over",
        "not recorded",
    ]
    assert sorted(["Over 55", "35 to 55", "Under 35"], key=phrases.in_order) == ["Under 35", "35 to 55", "Over 55"]
    declared = ["Most deprived fifth", "Second fifth"]
    found = sorted(
        ["not recorded", "Another", "Second fifth", "Most deprived fifth"],
        key=lambda one: phrases.in_order(one, declared),
    )
    assert found == ["Most deprived fifth", "Second fifth", "Another", "not recorded"]
    assert sorted(["White", "Asian", "not recorded"], key=phrases.in_order) == ["Asian", "White", "not recorded"]


@pytest.mark.parametrize(("names", "said"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_lists(names: list[str], said: str) -> None:
    assert phrases.listed(names) == said


def test_sentences() -> None:
    assert phrases.sentence(" a team decides. ") == "A team decides."
    assert phrases.inside("A team decides.") == "a team decides"
    assert phrases.inside("NHS staff decide.") == "NHS staff decide"
