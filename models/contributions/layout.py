"""How trees lie in memory for the kernel: parents before children, and all that a split needs side by side."""

from typing import NamedTuple

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import NDArray

from features.kernel.compilation import compiled
from models.contributions.kernel import BOTH, DOWN, LANES, LEAVES, MIXED, TreeLayout
from models.contributions.trees import OutsideError, Trees

MOST_ON_A_PATH = 200
"""Distinct indicators on a path: so many are tried against whole fractions. No trained model comes near."""

_ENTERING, _FIRST, _OTHER = -1, 0, 1


class _Shares(NamedTuple):
    """By repeated indicator of a path: the product of its earlier z, and the tree."""

    share: NDArray[np.float64]
    tree: NDArray[np.int64]


class _Path(NamedTuple):
    """Where the walk of a tree is.

    An edge is twice the number of its split in the tree, and one more for the other side; there is none at -1.
    """

    splits: NDArray[np.int64]
    """(5, depth): split, its number, which side comes next, its slot, the first slot that is free below it."""
    edge_before: NDArray[np.int64]
    share_before: NDArray[np.float64]
    """By depth: how its indicator stood on the path above it."""
    edge: NDArray[np.int64]
    share: NDArray[np.float64]
    """By indicator: the last edge on the path, and the product of its z."""
    of_edge: NDArray[np.int64]
    """By edge: its row in `_Shares`, or -1."""


def lay(trees: Trees) -> TreeLayout:
    """Lay trees out.

    Raises:
        OutsideError: a path asks for more distinct indicators than the kernel takes.
    """
    splits, count = len(trees.first), len(trees.splits) - 1
    deepest = int(np.diff(trees.splits).max(initial=0)) + 1
    asked = np.stack([trees.indicator, trees.missing, trees.missing_first], axis=1)
    inputs, of_input = np.unique(asked, axis=0, return_inverse=True)
    layout = TreeLayout(
        inputs=inputs.astype(np.int32),
        trees=np.zeros((count, 7), dtype=np.int32),
        splits=np.zeros((splits, 8), dtype=np.int32),
        numbers=np.zeros((splits, 4)),
        events=np.zeros((2 * splits, 5), dtype=np.int32),
        taus=np.zeros(0),
        slopes=np.zeros(0),
        weights=np.zeros(0),
    )
    shares = _Shares(np.zeros(splits), np.zeros(splits, dtype=np.int64))
    path = _Path(
        np.zeros((5, deepest), dtype=np.int64),
        np.zeros(deepest, dtype=np.int64),
        np.zeros(deepest),
        np.full(trees.indicators, -1, dtype=np.int64),
        np.ones(trees.indicators),
        np.zeros(2 * deepest, dtype=np.int64),
    )
    repeated = _write(trees, of_input.reshape(-1).astype(np.int64), layout, shares, path)
    if layout.trees[:, 3].max(initial=0) > (MOST_ON_A_PATH + 1) // 2:
        raise OutsideError(f"a path asks for more than {MOST_ON_A_PATH} indicators")
    return _with_rules(layout, shares.share[:repeated], shares.tree[:repeated])


def _with_rules(layout: TreeLayout, shares: NDArray[np.float64], share_trees: NDArray[np.int64]) -> TreeLayout:
    """Add the nodes of the rule: first those of each rule that a tree needs, then those changed by each share."""
    nodes = layout.trees[:, 3].astype(np.int64)
    rules = {int(number): _rule(int(number)) for number in np.unique(nodes)}
    vectors = -(-nodes // LANES)
    starts, rows = np.zeros(max(rules, default=0) + 1, dtype=np.int64), 0
    for number, (times, _) in rules.items():
        starts[number] = rows
        rows += len(times)
    ends = rows + np.cumsum(vectors[share_trees])
    taus = _aligned(int(ends[-1]) if len(ends) else rows)
    for number, (times, _) in rules.items():
        taus[starts[number] : starts[number] + len(times)] = times
        mine = nodes[share_trees] == number
        share = shares[mine, None, None]
        taus[(ends - vectors[share_trees])[mine, None] + np.arange(len(times))] = times / (
            share + (1.0 - share) * times
        )
    slopes, weights = _aligned(len(taus)), _aligned(rows)
    slopes[:] = taus * (1.0 - taus)
    for number, (_, weighed) in rules.items():
        weights[starts[number] : starts[number] + len(weighed)] = weighed
    layout.trees[:, 2], layout.trees[:, 6] = vectors, starts[nodes]
    of_rule = np.repeat(layout.trees[:, 6], layout.trees[:, 1])
    of_share = np.append(ends - vectors[share_trees], 0)[layout.splits[:, 6]]
    layout.splits[:, 6] = np.where(layout.splits[:, 6] < 0, of_rule, of_share)
    return layout._replace(taus=taus.reshape(-1), slopes=slopes.reshape(-1), weights=weights.reshape(-1))


def _rule(nodes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return t and w / (t (1 - t)) of Gauss and Legendre's rule on 0 to 1, in whole vectors, with weights of 0."""
    points, weights = leggauss(nodes)
    times, filling = (points + 1.0) / 2.0, -nodes % LANES
    weighed = weights / 2.0 / (times * (1.0 - times))
    filled = np.pad(times, (0, filling), constant_values=0.5), np.pad(weighed, (0, filling))
    return filled[0].reshape(-1, LANES), filled[1].reshape(-1, LANES)


def _aligned(rows: int) -> NDArray[np.float64]:
    """Return float64 of shape (rows, LANES) that begins where a line of the processor's cache does."""
    room = np.zeros(rows * LANES + 8)
    skipped = -(room.ctypes.data // 8) % 8
    return room[skipped : skipped + rows * LANES].reshape(rows, LANES)


@compiled()
def _write(trees: Trees, of_input: NDArray[np.int64], layout: TreeLayout, shares: _Shares, path: _Path) -> int:
    """Walk each tree once, depth first, and write its splits and its events; return how many shares there are.

    In the place of a row of taus stands that of a share, or -1.
    """
    event, repeated = 0, 0
    for tree in range(len(trees.splits) - 1):
        begin, count = trees.splits[tree], trees.splits[tree + 1] - trees.splits[tree]
        first_event = event
        inner = 0
        for split in range(begin, begin + count):
            inner += _has_splits(trees, split)
        next_inner, next_leaves = min(1, inner), max(1, inner)
        path.of_edge[: 2 * count] = -1
        distinct, most, slots, depth = 0, 0, 1, 0
        path.splits[:, 0] = 0
        path.splits[2, 0], path.splits[4, 0] = _ENTERING, 1
        while depth >= 0:
            split, number = begin + path.splits[0, depth], path.splits[1, depth]
            slot, free = path.splits[3, depth], path.splits[4, depth]
            at, which = begin + number, trees.indicator[split]
            turned = trees.first[split] < 0 and trees.other[split] >= 0
            one = trees.other[split] if turned else trees.first[split]
            two = trees.first[split] if turned else trees.other[split]
            side = path.splits[2, depth]
            if side == _ENTERING:
                edge = path.edge[which]
                if edge >= 0 and path.of_edge[edge] < 0:
                    path.of_edge[edge] = repeated
                    shares.share[repeated], shares.tree[repeated] = path.share[which], tree
                    repeated += 1
                layout.splits[at, 0], layout.splits[at, 1] = of_input[split], which
                layout.splits[at, 2], layout.splits[at, 3] = count, count
                layout.splits[at, 4] = edge // 2 if edge >= 0 else count
                layout.splits[at, 5] = -1 if edge % 2 and edge >= 0 else 1
                layout.splits[at, 6] = path.of_edge[edge] if edge >= 0 else -1
                layout.splits[at, 7] = turned
                for place, below in enumerate((one, two)):
                    if below >= 0 and _has_splits(trees, begin + below):
                        layout.splits[at, 2 + place] = next_inner
                        next_inner += 1
                    elif below >= 0:
                        layout.splits[at, 2 + place] = next_leaves
                        next_leaves += 1
                came = trees.rows[begin + one] if one >= 0 else trees.leaf_rows[begin + tree + ~one]
                layout.numbers[at, 0], layout.numbers[at, 1] = trees.threshold[split], came / trees.rows[split]
                if two < 0:
                    layout.numbers[at, 2] = trees.worth[begin + tree + ~two]
                if one < 0:
                    layout.numbers[at, 3] = trees.worth[begin + tree + ~one] - layout.numbers[at, 2]
                slots = max(slots, free)
                distinct += edge < 0
                most = max(most, distinct)
                path.edge_before[depth], path.share_before[depth] = edge, path.share[which]
            kind = BOTH if two >= 0 else MIXED if one >= 0 else LEAVES
            if side == _OTHER or (side == _ENTERING and kind != LEAVES):
                layout.events[event, 0] = kind if side == _OTHER else DOWN + kind
                layout.events[event, 1], layout.events[event, 2] = at, slot
                layout.events[event, 3], layout.events[event, 4] = free, free + 1
                event += 1
            if side == _OTHER:
                path.edge[which], path.share[which] = path.edge_before[depth], path.share_before[depth]
                distinct -= path.edge_before[depth] < 0
                depth -= 1
                continue
            side += 1
            path.splits[2, depth] = side
            z = layout.numbers[at, 1]
            path.edge[which] = 2 * number + side
            path.share[which] = path.share_before[depth] * (1.0 - z if side == _OTHER else z)
            below = two if side == _OTHER else one
            if below >= 0:
                depth += 1
                path.splits[0, depth], path.splits[1, depth] = below, layout.splits[at, 2 + side]
                path.splits[2, depth], path.splits[3, depth] = _ENTERING, free + side
                path.splits[4, depth] = free + 1 + (two >= 0)
        layout.trees[tree, 0], layout.trees[tree, 1], layout.trees[tree, 3] = inner, count, (most + 1) // 2
        layout.trees[tree, 4], layout.trees[tree, 5] = event - first_event, slots
    return repeated


@compiled()
def _has_splits(trees: Trees, split: int) -> bool:
    return bool(trees.first[split] >= 0 or trees.other[split] >= 0)
