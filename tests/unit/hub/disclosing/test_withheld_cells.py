"""What must be withheld: enough that nobody finds out, no more people than need be; the oracle tries everything."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.disclosing.withheld_cells import Told, Unit
from tests.examples import examples
from tests.oracles.attacker import Attacker

FEWEST = 10


def table(inner: Sequence[Sequence[int]]) -> tuple[Told, dict[Unit, int], list[tuple[Unit, list[Unit]]]]:
    """Return a table with totals of rows, columns and all: as it is told, its numbers, and what adds up to what."""
    told = Told(fewest=FEWEST)
    counts = np.array(inner)
    rows, columns = counts.shape
    numbers: dict[Unit, int] = {
        (row, column): int(counts[row, column]) for row in range(rows) for column in range(columns)
    }
    numbers |= {(row, "all"): int(counts[row].sum()) for row in range(rows)}
    numbers |= {("all", column): int(counts[:, column].sum()) for column in range(columns)}
    numbers["all", "all"] = int(counts.sum())
    places = {unit: told.number(many, unit) for unit, many in numbers.items()}
    sums: list[tuple[Unit, list[Unit]]] = [
        ((row, "all"), [(row, column) for column in range(columns)]) for row in range(rows)
    ]
    sums += [(("all", column), [(row, column) for row in range(rows)]) for column in range(columns)]
    sums += [(("all", "all"), [(row, "all") for row in range(rows)])]
    sums += [(("all", "all"), [("all", column) for column in range(columns)])]
    for whole, parts in sums:
        told.sum(places[whole], [places[part] for part in parts])
    return told, numbers, sums


def ends(
    numbers: Mapping[Unit, int], sums: Iterable[tuple[Unit, Sequence[Unit]]], hidden: Iterable[Unit], asked: Unit
) -> tuple[int, int]:
    """Return how low and high a withheld number can be, asked of the attacker of the tests."""
    attacker = Attacker()
    hidden = frozenset(hidden)
    for unit, many in numbers.items():
        attacker.number(str(unit), *((0, 2 * many + 10 * FEWEST) if unit in hidden else (many, many)))
    for whole, parts in sums:
        attacker.sum(str(whole), [str(part) for part in parts])
    return attacker.ends(str(asked))


def safe(numbers: Mapping[Unit, int], sums: list[tuple[Unit, list[Unit]]], hidden: frozenset[Unit]) -> bool:
    """Say whether each small number could be anything from nobody to ten, or what it could be if nothing were shown."""
    for unit, many in numbers.items():
        if 0 < many < FEWEST:
            if unit not in hidden:
                return False
            low, high = ends(numbers, sums, hidden, unit)
            least, most = ends(numbers, sums, numbers, unit)
            if low > least or high < min(FEWEST, most):
                return False
    return True


def cheapest(numbers: Mapping[Unit, int], sums: list[tuple[Unit, list[Unit]]]) -> int:
    """Return the cost of the cheapest choice that is safe, by trying every one, the cheapest first."""
    small = frozenset(unit for unit, many in numbers.items() if 0 < many < FEWEST)
    others = [unit for unit in numbers if unit not in small]
    every = [
        (sum(numbers[unit] + 1 for unit in chosen), chosen)
        for size in range(len(others) + 1)
        for chosen in combinations(others, size)
    ]
    for cost, chosen in sorted(every, key=lambda one: one[0]):
        if safe(numbers, sums, small | {*chosen}):
            return cost
    raise AssertionError("withholding everything is safe")


_NUMBERS = st.integers(0, 14) | st.integers(15, 60)


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.lists(_NUMBERS, min_size=2, max_size=2), min_size=1, max_size=2))
def test_the_fewest_people_disappear(inner: list[list[int]]) -> None:
    told, numbers, sums = table(inner)
    hidden = told.withheld()
    small = {unit for unit, many in numbers.items() if 0 < many < FEWEST}
    assert small <= hidden
    assert safe(numbers, sums, hidden)
    assert sum(numbers[unit] + 1 for unit in hidden - small) == cheapest(numbers, sums)


@settings(max_examples=examples(25), deadline=None)
@given(
    st.integers(1, 5).flatmap(
        lambda columns: st.lists(st.lists(_NUMBERS, min_size=columns, max_size=columns), min_size=1, max_size=5)
    )
)
def test_no_small_number_can_be_worked_out(inner: list[list[int]]) -> None:
    told, numbers, sums = table(inner)
    assert safe(numbers, sums, told.withheld())


DRAWN = [
    # Rows and columns with the totals beside them; X is withheld.
    ([[20, 30], [40, 50]], ".../.../..."),
    ([[3, 40], [50, 60]], "XX./XX./..."),  # a rectangle: in the row, in the column, and across
    ([[3, 40, 50], [50, 60, 20], [70, 80, 90]], "X.X./X.X./..../...."),
    ([[0, 40], [50, 60]], ".../.../..."),  # 0 is about nobody
    ([[3, 0, 40], [50, 60, 70]], "X.X./X.X./...."),  # 0 cannot go down, so it hides nothing
]


@pytest.mark.parametrize(("inner", "expected"), DRAWN)
def test_drawn_tables(inner: list[list[int]], expected: str) -> None:
    hidden = table(inner)[0].withheld()
    columns = [*range(len(inner[0])), "all"]
    drawn = ["".join(".X"[(row, column) in hidden] for column in columns) for row in [*range(len(inner)), "all"]]
    assert "/".join(drawn) == expected


def test_a_large_table_is_chosen_in_bounded_time_and_keeps_its_totals() -> None:
    inner = np.random.default_rng(3).integers(1, 9, size=(12, 16))
    hidden = table(inner.tolist())[0].withheld()
    assert all((row, column) in hidden for row in range(12) for column in range(16))
    assert not any("all" in unit for unit in hidden if isinstance(unit, tuple))


def test_few_small_numbers_take_few_others_with_them() -> None:
    inner = np.random.default_rng(5).integers(20, 60, size=(12, 16))
    inner[2, 3] = inner[7, 9] = 4
    assert len(table(inner.tolist())[0].withheld()) <= 8


def test_numbers_that_are_not_shown_add_up_too() -> None:
    told = Told(fewest=10)
    whole = told.number(50, "whole")
    told.sum(whole, (told.number(45, "part"), told.number(5, None)))
    assert told.withheld() == {"part"}, "else the 5 others would be known"


def test_units_are_withheld_as_one() -> None:
    told = Told(fewest=10)
    first, second = told.number(3, "row"), told.number(400, "row")
    told.relation({first: 1, told.number(30, "a"): 1}, 33, 33)
    told.relation({second: 1, told.number(20, "b"): 1}, 420, 420)
    assert told.withheld() == {"row", "a"}


def test_a_number_at_most_another_is_known_to_be_no_larger() -> None:
    told = Told(fewest=10)
    people, rows = told.number(4, "people"), told.number(9, "rows", small=False)
    told.at_most(people, rows)
    assert told.withheld() == {"people", "rows"}


def test_what_everybody_knows_anyway_cannot_be_hidden() -> None:
    told = Told(fewest=10)
    told.relation({told.number(3, "only"): 1}, 3, 3)
    assert told.withheld() == {"only"}


def test_equal_tables_are_withheld_equally() -> None:
    inner = np.random.default_rng(8).integers(0, 40, size=(6, 7)).tolist()
    assert table(inner)[0].withheld() == table(inner)[0].withheld()


def test_weighted_sums_are_known_too() -> None:
    """Three people have 31 records, each 10 or 11: one of them has 11."""

    def sizes() -> Iterator[Told]:
        told = Told(fewest=10)
        row = told.number(30, "together")
        parts = {told.number(29, None): 10, told.number(1, None): 11}
        told.sum(row, parts)
        told.relation(parts, 301, 301)
        yield told

    assert next(sizes()).withheld() == {"together"}
