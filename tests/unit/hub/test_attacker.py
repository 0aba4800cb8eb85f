"""The attacker of the tests can succeed: what was not protected, or not enough, he finds out."""

from typing import Any

import pytest

from tests.oracles import published
from tests.oracles.attacker import Attacker, Recovered

X = {"withheld": "withheld"}
FEW = {"withheld": "fewer than 10"}


def row(**numbers: Any) -> Attacker:
    """Return an attacker who has read parts and, as `all`, their sum."""
    attacker = Attacker()
    for name, value in numbers.items():
        attacker.read(name, value, table="row")
    attacker.sum("all", [name for name in numbers if name != "all"])
    return attacker


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ({"all": 43, "north": X, "south": 40}, [("north", 3, 3)]),  # by subtraction
        ({"all": 47, "north": FEW, "south": 40}, [("north", 7, 7)]),
        # Two are withheld and yet known to be small: together they are 7.
        ({"all": 57, "north": FEW, "south": FEW, "west": 50}, [("north", 1, 6), ("south", 1, 6)]),
        ({"all": 43, "north": X, "south": X}, []),
        ({"all": 0, "north": X, "south": X}, []),  # nobody is no small number
    ],
)
def test_parts_of_a_sum(numbers: dict[str, Any], found: list[tuple[str, int, int]]) -> None:
    assert row(**numbers).recovered() == [Recovered("row", *one) for one in found]


def test_a_number_that_one_table_withholds_and_another_tells() -> None:
    attacker = row(all=43, north=X, south=X)
    attacker.read("south", 40, table="another")
    assert [(one.number, one.low) for one in attacker.recovered()] == [("north", 3), ("south", 40)]


def test_a_share_tells_how_many() -> None:
    attacker = row(all=43, north=X, south=X)
    attacker.share("north", "all", 0.069767)
    assert Recovered("row", "north", 3, 3) in attacker.recovered()


def test_whole_numbers_are_fewer_than_fractions() -> None:
    """Three people have 31 records, each 10 or 11: in fractions anything, in whole numbers one has 11."""
    attacker = Attacker()
    attacker.read("ten", X, table="sizes")
    attacker.read("eleven", X, table="sizes")
    attacker.relation({"ten": 1, "eleven": 1}, 3, 3)
    attacker.relation({"ten": 10, "eleven": 11}, 31, 31)
    assert {(one.number, one.low, one.high) for one in attacker.recovered()} == {("ten", 2, 2), ("eleven", 1, 1)}


def test_a_table_of_losses_of_which_only_the_small_number_is_withheld() -> None:
    attacker = Attacker()
    loss = {"kind": "death", "records": 30, "of": 400, "people": 20, "groups": {"sex": {"female": FEW, "male": 16}}}
    published.losses(attacker, "school", [loss])
    assert attacker.recovered() == [Recovered("losses", "loss school death sex female", 4, 4)]
