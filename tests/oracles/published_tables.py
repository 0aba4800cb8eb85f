"""What somebody can work out who knows only what a table shows: the slow, obvious linear program."""

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

from hub.small_numbers import SMALLEST

Whole = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def possible(counts: Whole, sizes: Whole, hidden: Mask, cell: tuple[int, int]) -> tuple[int, int]:
    """Return the least and the most that a cell can be; the last row and column are the totals of the others."""
    rows, columns = counts.shape
    equations = []
    for row in range(rows):
        line = np.zeros((rows, columns))
        line[row, :-1], line[row, -1] = 1, -1
        equations.append(line.ravel())
    for column in range(columns):
        line = np.zeros((rows, columns))
        line[:-1, column], line[-1, column] = 1, -1
        equations.append(line.ravel())
    bounds = [
        (0, int(size)) if held else (int(count), int(count))
        for count, size, held in zip(counts.ravel(), sizes.ravel(), hidden.ravel(), strict=True)
    ]
    aim = np.zeros((rows, columns))
    aim[cell] = 1
    ends = []
    for sign in (1, -1):
        done = linprog(sign * aim.ravel(), A_eq=np.array(equations), b_eq=np.zeros(len(equations)), bounds=bounds)
        assert done.status == 0
        ends.append(sign * done.fun)
    return round(ends[0]), round(ends[1])


def assert_nobody_finds_out(counts: Whole, sizes: Whole, small: Mask, hidden: Mask) -> None:
    """Check that small cells are withheld, and that each could be anything from nobody to nine, or nearly all."""
    assert not (small & ~hidden).any()
    for row, column in np.argwhere(small).tolist():
        count, size = int(counts[row, column]), int(sizes[row, column])
        low, high = possible(counts, sizes, hidden, (row, column))
        least = min(SMALLEST - 1, size)
        assert (low == 0 and high >= least) or (high == size and low <= size - least), (count, size, low, high)
