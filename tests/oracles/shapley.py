"""Path-dependent Shapley values by their definition: all coalitions, in plain Python, of a tree of a few indicators.

What a tree is worth to a coalition (Lundberg 2020): where an indicator of it is asked, the row's side; where another
is asked, both sides, by the share of training rows that went there.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from itertools import combinations

from tests.factories.grown_trees import Leaf, Split, Tree

ZERO = 1.0000000180025095e-35
"""LightGBM's 1e-35, which is a float32."""


def values(trees: Sequence[Tree], row: Sequence[float]) -> list[float]:
    """Return the Shapley value of each indicator, and the worth to nobody after them."""
    players = range(len(row))
    found = [0.0] * len(row)
    for player in players:
        others = [one for one in players if one != player]
        for size in range(len(row)):
            weight = math.factorial(size) * math.factorial(len(row) - size - 1) / math.factorial(len(row))
            for coalition in combinations(others, size):
                for tree in trees:
                    gain = worth(tree, row, {*coalition, player}) - worth(tree, row, coalition)
                    found[player] += weight * gain
    return [*found, sum(worth(tree, row, ()) for tree in trees)]


def worth(tree: Tree, row: Sequence[float], coalition: Collection[int]) -> float:
    """Return what a tree is worth to a coalition of indicators."""
    if isinstance(tree, Leaf):
        return tree.worth
    first, other = (worth(side, row, coalition) for side in (tree.first, tree.other))
    if tree.indicator in coalition:
        return first if goes_first(tree, row[tree.indicator]) else other
    return (tree.first.rows * first + tree.other.rows * other) / tree.rows


def goes_first(split: Split, value: float) -> bool:
    """Say where a value goes: LightGBM's rule in its words."""
    if abs(value) <= ZERO:
        value = 0.0
    if math.isnan(value) and split.missing != "NaN":
        value = 0.0
    if (split.missing == "Zero" and value == 0.0) or math.isnan(value):
        return split.missing_first
    return value <= split.threshold


def exact_values(trees: Sequence[Tree], row: Sequence[float]) -> list[float]:
    """Return the same in whole fractions for trees of many indicators: leaf by leaf, by the sizes of coalitions.

    A leaf is worth something to a coalition when the row follows all of its indicators on the path; the shares of the
    others' sides multiply. Each indicator is left out in turn, and a coalition of s of the n others weighs
    s! (n - s)! / (n + 1)!. Slow, and without any rounding before the end.
    """
    found = [Fraction(0)] * (len(row) + 1)
    for tree in trees:
        for leaf, path in _paths(tree, row, {}):
            found[-1] += Fraction(leaf.worth) * math.prod(share for share, _ in path.values())
            whole = [Fraction(1)]  # by size: the sum over coalitions of what the leaf keeps
            for share, follows in path.values():
                whole = [
                    one * share + other * follows
                    for one, other in zip([*whole, Fraction(0)], [Fraction(0), *whole], strict=True)
                ]
            for player, (share, follows) in path.items():
                others = _divided(whole, share, follows)
                n = len(others) - 1
                kept = sum(one / (math.comb(n, size) * (n + 1)) for size, one in enumerate(others))
                found[player] += Fraction(leaf.worth) * (follows - share) * kept
    return [float(one) for one in found]


def _divided(whole: list[Fraction], share: Fraction, follows: int) -> list[Fraction]:
    """Divide a polynomial, its lowest power first, by share + follows · y, which is a factor of it."""
    if not follows:
        return [one / share for one in whole[:-1]]
    found = [whole[-1]]
    for one in whole[-2:0:-1]:
        found.append(one - share * found[-1])
    return found[::-1]


def _paths(
    tree: Tree, row: Sequence[float], above: dict[int, tuple[Fraction, int]]
) -> Iterator[tuple[Leaf, dict[int, tuple[Fraction, int]]]]:
    """Yield each leaf with its path: for each indicator the share of its sides, and whether the row follows (0, 1)."""
    if isinstance(tree, Leaf):
        yield tree, above
        return
    share, follows = above.get(tree.indicator, (Fraction(1), 1))
    first = goes_first(tree, row[tree.indicator])
    for side, taken in ((tree.first, first), (tree.other, not first)):
        yield from _paths(
            side, row, {**above, tree.indicator: (share * Fraction(side.rows, tree.rows), follows * taken)}
        )
