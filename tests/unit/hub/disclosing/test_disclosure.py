"""What a small number is, what 0 means, and what stands in the place of what does not leave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.disclosing.disclosure import WITHHELD, SmallNumbers, Withheld, as_json, in_table, text
from hub.figures import NotComputed, share

SMALL = SmallNumbers()
FEW = Withheld("fewer than 10")


@pytest.mark.parametrize(("many", "said"), [(0, 0), (1, FEW), (9, FEW), (10, 10), (4321, 4321)])
def test_a_number_that_stands_alone(many: int, said: int | Withheld) -> None:
    assert SMALL.count(many) == said


def test_the_threshold_is_declared() -> None:
    assert SmallNumbers(5).count(5) == 5
    assert SmallNumbers(20).count(19) == Withheld("fewer than 20")


@pytest.mark.parametrize(
    ("with_it", "without_it", "may"),
    [(10, 10, True), (9, 10, False), (10, 9, False), (0, 500, True), (500, 0, True), (0, 9, False), (0, 0, False)],
)
def test_a_share_has_no_small_side(with_it: int, without_it: int, may: bool) -> None:
    assert SMALL.may_show_share(with_it, without_it) is may
    shown = SMALL.share(share(with_it, with_it + without_it, "people"))
    assert (shown != WITHHELD) is (may or with_it + without_it == 0)


def test_a_share_of_few_that_was_not_computed_does_not_say_of_how_many() -> None:
    assert SMALL.share(NotComputed(4, "30 are needed")) == FEW
    assert SMALL.share(NotComputed(0, "nobody")) == NotComputed(0, "nobody")


@pytest.mark.parametrize(
    ("many", "whole", "said"),
    [
        (12, 40, "12 of 40"),
        (3, 40, "fewer than 10 of 40"),
        (38, 40, "nearly all of 40"),
        (40, 40, "40 of 40"),
        (0, 1200, "0 of 1,200"),
        (3, 5, "fewer than 10 of fewer than 10"),
    ],
)
def test_a_part_in_words(many: int, whole: int, said: str) -> None:
    assert SMALL.part(many, whole) == said


X = WITHHELD


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ([], []),
        ([0, 0], [0, 0]),
        ([10, 0, 30], [10, 0, 30]),
        ([3, 40, 12], [X, 40, X]),  # the sum would tell the 3; the smaller of the others goes with it
        ([3, 4, 50], [X, X, X]),  # 3 and 4 are together 7: both would be known to be small
        ([6, 4, 50], [X, X, 50]),
        ([9, 50, 0], [X, X, 0]),
        ([3, 0], [X, X]),  # all of them are 3: each could be anything up to that
        ([3], [X]),
    ],
)
def test_parts_of_a_known_sum(numbers: list[int], said: list[int | Withheld]) -> None:
    assert SMALL.parts(numbers) == said


@given(st.lists(st.integers(0, 30), max_size=8), st.integers(5, 15))
def test_what_is_shown_is_true_and_never_small(numbers: list[int], fewest: int) -> None:
    small = SmallNumbers(fewest)
    for many, said in zip(numbers, small.parts(numbers), strict=True):
        assert said in (many, WITHHELD)
        assert said == WITHHELD or not small.is_small(many)


def test_forms() -> None:
    assert as_json(WITHHELD) == {"withheld": "withheld"}
    assert as_json(1234) == 1234
    assert text(1234) == "1,234"
    assert text(FEW) == text(FEW.as_json()) == "fewer than 10"
    assert (in_table(1234), in_table(WITHHELD.as_json())) == (1234, "withheld")
