"""Trees of any shape as LightGBM's own text, which LightGBM reads like one that it wrote."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

MISSING = ("None", "Zero", "NaN")
"""LightGBM's kinds of what is missing, by their numbers."""


@dataclass(frozen=True)
class Leaf:
    """A leaf: its log-odds and the training rows that came to it."""

    worth: float
    rows: int = 1


@dataclass(frozen=True)
class Split:
    """A split: values up to the threshold go first."""

    indicator: int
    threshold: float
    first: "Tree"
    other: "Tree"
    missing: str = "None"
    missing_first: bool = False

    @property
    def rows(self) -> int:
        """The training rows that came to it."""
        return self.first.rows + self.other.rows


Tree: TypeAlias = Leaf | Split


def text(trees: Sequence[Tree], indicators: int) -> str:
    """Return the text of a model of these trees."""
    names = " ".join(f"i{number}" for number in range(indicators))
    head = [
        "tree",
        "version=v4",
        "num_class=1",
        "num_tree_per_iteration=1",
        "label_index=0",
        f"max_feature_idx={indicators - 1}",
        "objective=binary sigmoid:1",
        f"feature_names={names}",
        f"feature_infos={' '.join(['[-1e30:1e30]'] * indicators)}",
        "",
    ]
    blocks = [_block(number, tree) for number, tree in enumerate(trees)]
    return "\n".join(
        [*head, *blocks, "end of trees", "", "feature_importances:", "", "parameters:", "end of parameters"]
    )


def _block(number: int, tree: Tree) -> str:
    splits: list[Split] = []
    leaves: list[Leaf] = []
    numbers: dict[int, int] = {}
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        numbers[id(one)] = len(splits) if isinstance(one, Split) else ~len(leaves)
        if isinstance(one, Split):
            splits.append(one)
            waiting += [one.other, one.first]
        else:
            leaves.append(one)
    kinds = [2 * one.missing_first + 4 * MISSING.index(one.missing) for one in splits]
    fields: dict[str, list[int] | list[float]] = {
        "num_leaves": [len(leaves)],
        "num_cat": [0],
        "split_feature": [one.indicator for one in splits],
        "split_gain": [1 for _ in splits],
        "threshold": [one.threshold for one in splits],
        "decision_type": kinds,
        "left_child": [numbers[id(one.first)] for one in splits],
        "right_child": [numbers[id(one.other)] for one in splits],
        "leaf_value": [one.worth for one in leaves],
        "leaf_weight": [1 for _ in leaves],
        "leaf_count": [one.rows for one in leaves],
        "internal_value": [0 for _ in splits],
        "internal_weight": [1 for _ in splits],
        "internal_count": [one.rows for one in splits],
        "is_linear": [0],
        "shrinkage": [1],
    }
    lines = [f"{name}={' '.join(map(repr, values))}" for name, values in fields.items()]
    return "\n".join([f"Tree={number}", *lines, "", ""])


def chance(
    generator: np.random.Generator,
    indicators: int,
    depth: int,
    *,
    goes_on: float = 0.7,
    pick: Callable[[int], int] | None = None,
) -> Tree:
    """Return a tree of chance.

    Args:
        generator: of the chance.
        indicators: how many there are.
        depth: of its deepest leaf, which it has.
        goes_on: the chance that a side that need not grow has a split.
        pick: the indicator asked so many splits below the first; by default any.
    """

    def grown(level: int, must: bool) -> Tree:
        if level == depth or not (must or generator.random() < goes_on):
            return Leaf(float(generator.normal()), int(generator.integers(1, 1000)))
        along = generator.random() < 0.5
        which = int(generator.integers(indicators)) if pick is None else pick(level)
        return Split(
            which,
            float(np.round(generator.normal(), 1)),
            grown(level + 1, must and along),
            grown(level + 1, must and not along),
            MISSING[generator.integers(3)],
            bool(generator.random() < 0.5),
        )

    return grown(0, must=True)


def rows_of_chance(generator: np.random.Generator, rows: int, indicators: int) -> np.ndarray:
    """Return rows with values on thresholds, no numbers, zeros, nearly zeros and infinities among them."""
    values = np.round(generator.normal(size=(rows, indicators)), 1)
    odd = np.array([np.nan, 0.0, -0.0, 1e-36, -1e-36, 1.0000000180025095e-35, 1.1e-35, np.inf, -np.inf])
    where = generator.random(values.shape) < 0.3
    values[where] = odd[generator.integers(len(odd), size=int(where.sum()))]
    return values
