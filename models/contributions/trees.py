"""LightGBM's trees, read from its own text into arrays, and why a model is not one that the kernel can explain."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_VERSION = "v4"
_CATEGORICAL, _KINDS_OF_MISSING = 1, 3


class OutsideError(Exception):
    """A model that the kernel does not explain; the message says why, to follow "because"."""


class Trees(NamedTuple):
    """All trees of a model, one after another; those of one leaf are in `constant` alone.

    Attributes:
        indicators: columns of a matrix.
        constant: the sum of the trees of one leaf.
        splits: int64, shape (trees + 1,): offsets of each tree's splits; its leaves are one more.
        first: int64, shape (splits,): where values up to the threshold go: a later split of the tree, or ~leaf.
        other: int64, the same for the others.
        indicator: int64, shape (splits,): the column that is asked.
        threshold: float64, shape (splits,), a number, maybe infinite.
        missing: int64, shape (splits,): LightGBM's 0 (none: NaN is 0), 1 (zero and NaN), 2 (NaN).
        missing_first: bool, shape (splits,): whether what is missing goes first.
        rows: int64, shape (splits,), positive: the training rows that came to a split.
        leaf_rows: int64, shape (splits + trees,), positive: of each leaf.
        worth: float64, shape (splits + trees,), finite: a leaf's log-odds.
    """

    indicators: int
    constant: float
    splits: NDArray[np.int64]
    first: NDArray[np.int64]
    other: NDArray[np.int64]
    indicator: NDArray[np.int64]
    threshold: NDArray[np.float64]
    missing: NDArray[np.int64]
    missing_first: NDArray[np.bool_]
    rows: NDArray[np.int64]
    leaf_rows: NDArray[np.int64]
    worth: NDArray[np.float64]

    @property
    def base(self) -> float:
        """The mean log-odds of the training rows, which every row's contributions begin from."""
        tree = np.repeat(np.arange(len(self.splits) - 1), np.diff(self.splits) + 1)
        whole = self.rows[self.splits[:-1]][tree]
        return self.constant + float((self.worth * (self.leaf_rows / whole)).sum())


def read(text: str) -> Trees:
    """Read the trees from LightGBM's text, which LightGBM itself has read before.

    Raises:
        OutsideError: the kernel does not explain such a model, or its text is not as LightGBM 4 writes it.
    """
    head, *blocks = text.split("\nend of trees")[0].split("\nTree=")
    try:
        indicators = _indicators(head)
        trees = [_Fields(block) for block in blocks]
        _refuse([_outside(tree) for tree in trees])
        return _joined(indicators, trees)
    except (KeyError, ValueError, OverflowError):
        raise OutsideError("its text is not as LightGBM 4 writes it") from None


class _Fields(dict[str, str]):
    """The lines `name=words` of one part of the text."""

    def __init__(self, block: str) -> None:
        super().__init__(line.partition("=")[::2] for line in block.splitlines())

    @property
    def leaves(self) -> int:
        return int(self["num_leaves"])


def _indicators(head: str) -> int:
    fields = _Fields(head)
    _refuse([
        "its text is not as LightGBM 4 writes it" if fields.get("version") != _VERSION else "",
        "it has more than two classes" if (fields["num_class"], fields["num_tree_per_iteration"]) != ("1", "1") else "",
        "its trees are averaged, not added" if "average_output" in fields else "",
    ])  # fmt: skip
    return int(fields["max_feature_idx"]) + 1


def _outside(tree: _Fields) -> str:
    if int(tree["num_cat"]):
        return "it asks for categories"
    if int(tree["is_linear"]):
        return "its leaves are linear models"
    return "" if tree.leaves > 0 else "a tree has no leaves"


def _refuse(reasons: Sequence[str]) -> None:
    for reason in reasons:
        if reason:
            raise OutsideError(reason)


def _joined(indicators: int, trees: Sequence[_Fields]) -> Trees:
    grown = [tree for tree in trees if tree.leaves > 1]
    leaves = np.array([tree.leaves for tree in grown], dtype=np.int64)

    def whole(name: str, *, of_leaves: bool = False) -> NDArray[np.int64]:
        return np.fromiter(map(int, _words(grown, name, of_leaves)), dtype=np.int64)

    def numbers(name: str, *, of_leaves: bool = False) -> NDArray[np.float64]:
        return np.fromiter(map(float, _words(grown, name, of_leaves)), dtype=np.float64)

    decision = whole("decision_type")
    found = Trees(
        indicators=indicators,
        constant=sum(float(tree["leaf_value"]) for tree in trees if tree.leaves == 1),
        splits=np.concatenate([[0], np.cumsum(leaves - 1)]).astype(np.int64),
        first=whole("left_child"),
        other=whole("right_child"),
        indicator=whole("split_feature"),
        threshold=numbers("threshold"),
        missing=decision >> 2 & 3,
        missing_first=(decision & 2) != 0,
        rows=whole("internal_count"),
        leaf_rows=whole("leaf_count", of_leaves=True),
        worth=numbers("leaf_value", of_leaves=True),
    )
    _refuse([
        "it asks for categories" if (decision & _CATEGORICAL).any() else "",
        "its text is not as LightGBM 4 writes it" if (found.missing >= _KINDS_OF_MISSING).any() else "",
        "its text is not as LightGBM 4 writes it" if not _within(found.indicator, 0, indicators) else "",
        "a threshold is no number" if np.isnan(found.threshold).any() else "",
        "a leaf is not finite" if not np.isfinite([*found.worth, found.constant]).all() else "",
    ])  # fmt: skip
    _check_growth(found)
    return found


def _words(trees: Sequence[_Fields], name: str, of_leaves: bool) -> Iterator[str]:
    for tree in trees:
        words = tree[name].split()
        if len(words) != tree.leaves - (not of_leaves):
            raise ValueError(name)
        yield from words


def _check_growth(trees: Trees) -> None:
    """Check that each tree is one: below each split later ones or leaves, each once, with all of its rows.

    The kernel counts on it, and reads and writes where it says.
    """
    sizes = np.diff(trees.splits)
    tree = np.repeat(np.arange(len(sizes)), sizes)
    place = np.arange(len(tree)) - trees.splits[tree]
    below = np.zeros((2, len(tree)), dtype=np.int64)
    taken, taken_leaves = np.zeros(len(tree), dtype=np.int64), np.zeros(len(trees.worth), dtype=np.int64)
    for rows, side in zip(below, (trees.first, trees.other), strict=True):
        leaf = side < 0
        low, high = np.where(leaf, 0, place + 1), sizes[tree] + leaf
        where = np.where(leaf, ~side, side)
        if not _within(where, low, high):
            raise OutsideError("its text is not as LightGBM 4 writes it")
        where += trees.splits[tree] + np.where(leaf, tree, 0)
        rows[leaf] = trees.leaf_rows[where[leaf]]
        rows[~leaf] = trees.rows[where[~leaf]]
        np.add.at(taken, where[~leaf], 1)
        np.add.at(taken_leaves, where[leaf], 1)
    taken[trees.splits[:-1]] += 1  # a first split is below none
    if (taken != 1).any() or (taken_leaves != 1).any():
        raise OutsideError("its text is not as LightGBM 4 writes it")
    if (below <= 0).any() or (below.sum(axis=0) != trees.rows).any():
        raise OutsideError("the rows of a split are not those of its two sides")


def _within(numbers: NDArray[np.int64], low: NDArray[np.int64] | int, high: NDArray[np.int64] | int) -> bool:
    return bool(((numbers >= low) & (numbers < high)).all())
