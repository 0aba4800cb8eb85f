"""Small numbers in a table with totals, such as children by district and quarter: which cells may not be shown.

    hidden = withheld(counts, sizes, small)   # the last row and the last column are the totals of the others

1. A cell is small when fewer than 10 children stand in it, or when all but fewer than 10 of its children do: who lives
   there could then be told apart. Small cells are withheld.
2. Who knows a total can subtract. So further cells are withheld, also totals where nothing else helps, until for each
   small cell everything from nobody to 9 is possible: some table with that number in it has all the shown numbers and
   all the shown totals.
3. All withheld cells look the same. Nobody sees which of them were small.

What it cannot know: another table. Do not publish two that share children, such as months beside quarters, or an
outcome beside a part of it, or the same one again after a late record.

How (2) is done: let one cell go up by one. Then in its row another withheld cell must go down by one (or its total up),
in that cell's column another one up, and so on, until the chain comes back to the first cell; no withheld number may
fall below nobody or rise above all children there. How far a cell can move is how many such chains there are: a flow
between its row and its column (Ford and Fulkerson 1956). Where there are too few, the cells of the cheapest further
chain are withheld: cells before totals, few before many.
"""

import numpy as np
import numpy.typing as npt

from hub.small_numbers import SMALLEST

Whole = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def withheld(counts: Whole, sizes: Whole, small: Mask, unshown: Mask | None = None) -> Mask:
    """Return which cells are withheld.

    Args:
        counts: how many it happened to, shape [rows + 1, columns + 1]; the last row and column are the sums.
        sizes: of how many, the same shape; also sums. Everybody may know them.
        small: which cells stand on fewer than 10 children, or on all but fewer than 10.
        unshown: cells that are not shown in any case, such as totals that nobody states; by default none.
    """
    hidden = small if unshown is None else small | unshown
    hidden = hidden.copy()
    for row, column in np.argwhere(small).tolist():
        down, up = _span(int(counts[row, column]), int(sizes[row, column]))
        for step, wanted in ((-1, down), (1, up)):
            if not _make_room(counts, sizes, hidden, (row, column), step, wanted):
                return np.ones_like(small)  # nothing helps, so nothing is shown
    return hidden


def _span(count: int, size: int) -> tuple[int, int]:
    """Return by how much a small cell must be able to fall and to rise: over 0 to 9, or the same from all downwards."""
    least = min(SMALLEST - 1, size)
    if 2 * count <= size:
        return count, max(0, least - count)
    return max(0, least - (size - count)), size - count


def _make_room(counts: Whole, sizes: Whole, hidden: Mask, cell: tuple[int, int], step: int, wanted: int) -> bool:
    """Withhold more, in `hidden`, until `cell` can move by `wanted` in the direction `step`; say whether it can."""
    rows = counts.shape[0]
    room, price = _moves(counts, sizes), _both_ways(np.where(hidden, 0, _prices(counts)))
    row, column = cell[0], rows + cell[1]
    room[row, column] = room[column, row] = 0
    forward = (step > 0) == _adds(cell, counts.shape)
    start, end = (column, row) if forward else (row, column)
    while wanted > 0:
        way = _cheapest_way(room, price, start, end)
        if way is None:
            return False
        flow = min(wanted, *(int(room[pair]) for pair in way))
        for one, other in way:
            room[one, other] -= flow
            room[other, one] += flow
            price[one, other] = price[other, one] = 0
            hidden[min(one, other), max(one, other) - rows] = True
        wanted -= flow
    return True


def _adds(cell: tuple[int, int], shape: tuple[int, ...]) -> bool:
    """Say whether a cell stands on the side of its row's parts: all but the totals, and the total of totals."""
    return (cell[0] == shape[0] - 1) == (cell[1] == shape[1] - 1)


def _moves(counts: Whole, sizes: Whole) -> Whole:
    """Return how far each cell may rise (from its row to its column) and fall (back); the other way for totals."""
    rows, columns = counts.shape
    rise, fall = sizes - counts, counts.copy()
    swap = np.zeros(counts.shape, dtype=np.bool_)
    swap[-1, :] = swap[:, -1] = True
    swap[-1, -1] = False
    moves = np.zeros((rows + columns, rows + columns), dtype=np.int64)
    moves[:rows, rows:] = np.where(swap, fall, rise)
    moves[rows:, :rows] = np.where(swap, rise, fall).T
    return moves


def _prices(counts: Whole) -> Whole:
    """Return what it costs to withhold each cell: many cells before one total, the smaller of two cells first."""
    cheap = 1_000 + np.argsort(np.argsort(counts, axis=None, kind="stable"), kind="stable").reshape(counts.shape)
    cheap[-1, :] += 10_000_000
    cheap[:, -1] += 10_000_000
    return cheap


def _both_ways(cells: Whole) -> Whole:
    rows, columns = cells.shape
    found = np.zeros((rows + columns, rows + columns), dtype=np.int64)
    found[:rows, rows:] = cells
    found[rows:, :rows] = cells.T
    return found


def _cheapest_way(room: Whole, price: Whole, start: int, end: int) -> list[tuple[int, int]] | None:
    """Return the steps of a cheapest way with room on every step (Dijkstra 1959), or None."""
    far = np.iinfo(np.int64).max
    cost, before = np.full(len(room), far), np.full(len(room), -1)
    done = np.zeros(len(room), dtype=np.bool_)
    cost[start] = 0
    while not done[end]:
        here = int(np.argmin(np.where(done, far, cost)))
        if done[here] or cost[here] == far:
            return None
        done[here] = True
        through = cost[here] + price[here]
        nearer = (room[here] > 0) & ~done & (through < cost)
        cost[nearer], before[nearer] = through[nearer], here
    way = [end]
    while way[-1] != start:
        way.append(int(before[way[-1]]))
    return [(way[at + 1], way[at]) for at in range(len(way) - 1)]
