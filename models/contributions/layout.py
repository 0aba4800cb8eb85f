"""How trees lie in memory for the kernel: parents before children, and all that a split needs side by side."""

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import NDArray

from features.kernel.compilation import compiled, still
from models.contributions.kernel import BOTH, DOWN, LANES, LEAVES, MIXED, Layout
from models.contributions.trees import OutsideError, Trees

MOST_ON_A_PATH = 128
"""Distinct indicators on a path; nothing that a trainer here makes comes near."""

_ENTERING, _FIRST, _OTHER = -1, 0, 1


def lay(trees: Trees) -> Layout:
    """Lay trees out.

    Raises:
        OutsideError: a path asks for more distinct indicators than the kernel takes.
    """
    splits, count = len(trees.first), len(trees.splits) - 1
    asked = np.stack([trees.indicator, trees.missing, trees.missing_first], axis=1)
    inputs, of_input = np.unique(asked, axis=0, return_inverse=True)
    layout = Layout(
        inputs=inputs.astype(np.int32),
        trees=np.zeros((count, 7), dtype=np.int32),
        splits=np.zeros((splits, 8), dtype=np.int32),
        numbers=np.zeros((splits, 4)),
        events=np.zeros((2 * splits, 5), dtype=np.int32),
        taus=np.zeros(0),
        slopes=np.zeros(0),
        weights=np.zeros(0),
    )
    shares, share_trees = np.zeros(splits), np.zeros(splits, dtype=np.int64)
    longest = int(np.diff(trees.splits).max(initial=0))
    sizes = np.zeros(2, dtype=np.int64)
    _write(
        trees.splits,
        trees.first,
        trees.other,
        trees.indicator,
        of_input.reshape(-1),
        trees.threshold,
        trees.rows,
        trees.leaf_rows,
        trees.worth,
        layout.trees,
        layout.splits,
        layout.numbers,
        layout.events,
        shares,
        share_trees,
        np.zeros((6, longest + 1), dtype=np.int64),
        np.zeros(longest + 1),
        np.full(trees.indicators, -1, dtype=np.int64),
        np.ones(trees.indicators),
        np.zeros(2 * longest, dtype=np.int64),
        sizes,
    )
    if layout.trees[:, 3].max(initial=0) > (MOST_ON_A_PATH + 1) // 2:
        raise OutsideError(f"a path asks for more than {MOST_ON_A_PATH} indicators")
    events, repeated = sizes
    return still(_with_rules(layout, shares[:repeated], share_trees[:repeated], int(events)))


def _with_rules(
    layout: Layout, shares: NDArray[np.float64], share_trees: NDArray[np.int64], events: int
) -> Layout:
    """Add the nodes of the rule: first those of each rule that a tree needs, then those changed by a share."""
    nodes = layout.trees[:, 3].astype(np.int64)
    vectors = -(-nodes // LANES)
    starts = np.zeros(int(nodes.max(initial=0)) + 1, dtype=np.int64)
    rules: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    width = 0
    for number in np.unique(nodes):
        starts[number] = width
        rules.append(_rule(int(number)))
        width += -(-int(number) // LANES)
    widths = vectors[share_trees]
    ends = width + np.cumsum(widths)
    taus = _aligned(int(ends[-1]) if len(ends) else width)
    for number, (times, _) in zip(np.unique(nodes), rules, strict=True):
        taus[starts[number] : starts[number] + len(times) // LANES] = times.reshape(-1, LANES)
        mine = nodes[share_trees] == number
        changed = times / (shares[mine, None] + (1.0 - shares[mine, None]) * times)
        rows = (ends - widths)[mine, None] + np.arange(len(times) // LANES)
        taus[rows] = changed.reshape(len(changed), -1, LANES)
    slopes = _aligned(len(taus))
    slopes[:] = taus * (1.0 - taus)
    weights = _aligned(width)
    weights.reshape(-1)[:] = np.concatenate([weighed for _, weighed in rules] or [np.zeros(0)])
    layout.trees[:, 2] = vectors
    layout.trees[:, 6] = starts[nodes]
    tree = np.repeat(np.arange(len(nodes)), layout.trees[:, 1])
    row = layout.splits[:, 6]
    layout.splits[:, 6] = np.where(row < 0, starts[nodes[tree]], np.append(ends - widths, 0)[row])
    return layout._replace(
        taus=taus.reshape(-1), slopes=slopes.reshape(-1), weights=weights.reshape(-1), events=layout.events[:events]
    )


def _rule(nodes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return t and w / (t (1 - t)) of Gauss and Legendre's rule on 0 to 1, filled up to whole vectors by weights of 0."""
    points, weights = leggauss(nodes)
    times, filling = (points + 1.0) / 2.0, -nodes % LANES
    weighed = weights / 2.0 / (times * (1.0 - times))
    return np.pad(times, (0, filling), constant_values=0.5), np.pad(weighed, (0, filling))


def _aligned(rows: int) -> NDArray[np.float64]:
    """Return float64 of shape (rows, LANES) that begins where a line of the processor's cache does."""
    room = np.zeros(rows * LANES + 8)
    skipped = -(room.ctypes.data // 8) % 8
    return room[skipped : skipped + rows * LANES].reshape(rows, LANES)


@compiled()
def _write(
    starts: NDArray[np.int64],
    first: NDArray[np.int64],
    other: NDArray[np.int64],
    indicator: NDArray[np.int64],
    of_input: NDArray[np.int64],
    threshold: NDArray[np.float64],
    rows: NDArray[np.int64],
    leaf_rows: NDArray[np.int64],
    worth: NDArray[np.float64],
    trees: NDArray[np.int32],
    splits: NDArray[np.int32],
    numbers: NDArray[np.float64],
    events: NDArray[np.int32],
    shares: NDArray[np.float64],
    share_trees: NDArray[np.int64],
    walk: NDArray[np.int64],
    share_before: NDArray[np.float64],
    last: NDArray[np.int64],
    share: NDArray[np.float64],
    share_rows: NDArray[np.int64],
    sizes: NDArray[np.int64],
) -> None:
    """Walk each tree once, depth first, and write its splits, its events, and the shares of repeated indicators.

    Args:
        walk: by depth: split, its number, where the walk is in it, its slot, the first free slot, the edge that the
            indicator stood on before.
        last: by indicator: the edge of the path that it stands on (twice the split's number, and 1 for the other
            side), or -1.
        share: by indicator: the product of its z on the path.
        share_rows: by edge of a tree: its row among the shares, or -1.
        sizes: the numbers of events and of shares that were written.
    """
    event, repeated = 0, 0
    for tree in range(len(starts) - 1):
        begin, count = starts[tree], starts[tree + 1] - starts[tree]
        inner = 0
        for split in range(begin, begin + count):
            if first[split] >= 0 or other[split] >= 0:
                inner += 1
        next_inner, next_leaves = min(1, inner), max(1, inner)
        share_rows[: 2 * count] = -1
        began = event
        distinct, most, slots, depth = 0, 0, 1, 0
        walk[:, 0] = 0
        walk[2, 0], walk[4, 0] = _ENTERING, 1
        while depth >= 0:
            split, number, slot, free = begin + walk[0, depth], walk[1, depth], walk[3, depth], walk[4, depth]
            which = indicator[split]
            one, two = first[split], other[split]
            turned = one < 0 and two >= 0
            if turned:
                one, two = two, one
            at = begin + number
            if walk[2, depth] == _ENTERING:
                come = leaf_rows[begin + tree + ~one] if one < 0 else rows[begin + one]
                z = come / rows[split]
                splits[at, 0] = of_input[split]
                splits[at, 1] = which
                for side, below in enumerate((one, two)):
                    if below < 0:
                        splits[at, 2 + side] = count
                    elif first[begin + below] >= 0 or other[begin + below] >= 0:
                        splits[at, 2 + side] = next_inner
                        next_inner += 1
                    else:
                        splits[at, 2 + side] = next_leaves
                        next_leaves += 1
                edge = last[which]
                splits[at, 4] = edge // 2 if edge >= 0 else count
                splits[at, 5] = 1 - 2 * (edge % 2) if edge >= 0 else 1
                splits[at, 6] = -1
                if edge >= 0:
                    if share_rows[edge] < 0:
                        share_rows[edge] = repeated
                        shares[repeated], share_trees[repeated] = share[which], tree
                        repeated += 1
                    splits[at, 6] = share_rows[edge]
                splits[at, 7] = turned
                numbers[at, 0], numbers[at, 1] = threshold[split], z
                if two < 0:
                    numbers[at, 2] = worth[begin + tree + ~two]
                if one < 0:
                    numbers[at, 3] = worth[begin + tree + ~one] - numbers[at, 2]
                if one >= 0:
                    events[event, 0] = DOWN + (BOTH if two >= 0 else MIXED)
                    events[event, 1], events[event, 2] = at, slot
                    events[event, 3], events[event, 4] = free, free + 1
                    event += 1
                slots = max(slots, free + (one >= 0) + (two >= 0))
                distinct += edge < 0
                most = max(most, distinct)
                walk[5, depth], share_before[depth] = edge, share[which]
                walk[2, depth] = _FIRST
                last[which], share[which] = 2 * number, share_before[depth] * z
                if one >= 0:
                    depth += 1
                    walk[0, depth], walk[1, depth], walk[2, depth] = one, splits[at, 2], _ENTERING
                    walk[3, depth], walk[4, depth] = free, free + 1 + (two >= 0)
                    continue
            if walk[2, depth] == _FIRST:
                walk[2, depth] = _OTHER
                last[which] = 2 * number + 1
                share[which] = share_before[depth] * (1.0 - numbers[at, 1])
                if two >= 0:
                    depth += 1
                    walk[0, depth], walk[1, depth], walk[2, depth] = two, splits[at, 3], _ENTERING
                    walk[3, depth], walk[4, depth] = free + 1, free + 2
                    continue
            events[event, 0] = BOTH if two >= 0 else MIXED if one >= 0 else LEAVES
            events[event, 1], events[event, 2] = at, slot
            events[event, 3], events[event, 4] = free, free + 1
            event += 1
            last[which], share[which] = walk[5, depth], share_before[depth]
            distinct -= walk[5, depth] < 0
            depth -= 1
        trees[tree, 0], trees[tree, 1] = inner, count
        trees[tree, 3] = (most + 1) // 2
        trees[tree, 4], trees[tree, 5] = event - began, slots
    sizes[0], sizes[1] = event, repeated
