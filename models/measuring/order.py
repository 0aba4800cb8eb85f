"""Whether two models put the same rows in the same order, looked at row by row, date by date.

Children are offered help in the order of one date, so rows of different dates are not compared.
"""

from dataclasses import dataclass

import numpy as np

from models.resampling import Codes, Floats

LEVEL = 1e-9
"""Log-odds that are nearer than this are level: the last bits of a sum differ between processors."""


@dataclass(frozen=True, slots=True)
class OrderComparison:
    """How far the order of a second model is that of the first.

    Attributes:
        unchanged: no two rows of a date stand the other way round; none that differ become level, none that are level
            come to differ.
        rows: rows that were compared.
        dates: dates of them.
        moved: rows with another number of rows of their date before them.
        places: offers at all dates, when all places are offered.
        places_kept: those of them that go to the same row; of rows level at the last place the earlier one counts.
    """

    unchanged: bool
    rows: int
    dates: int
    moved: int
    places: int
    places_kept: int


def compare(first: Floats, second: Floats, dates: Codes, capacity: int) -> OrderComparison:
    """Compare the order of each date by two models' log-odds.

    Every pair of a date is proved at once: in the order of the first, an adjacent pair that does not fall in the second
    leaves no pair that does.

    Args:
        first: log-odds of one model, one a row.
        second: those of the other.
        dates: one code a row, equal for rows of one date.
        capacity: places at each date.
    """
    unchanged, moved, places, kept = True, 0, 0, 0
    codes = np.unique(dates)
    for date in codes:
        here = np.flatnonzero(dates == date)
        one, other = first[here], second[here]
        order = np.lexsort((other, one))
        rises, rises_too = np.diff(one[order]), np.diff(other[order])
        turned = rises_too < 0
        levelled = (rises > LEVEL) & (rises_too <= 0)
        parted = (rises <= 0) & (rises_too > LEVEL)
        unchanged = unchanged and not (turned | levelled | parted).any()
        moved += 0 if unchanged else int((_before(one) != _before(other)).sum())
        top, top_too = (np.argsort(-scores, kind="stable")[:capacity] for scores in (one, other))
        places += len(top)
        kept += len(np.intersect1d(top, top_too))
    return OrderComparison(unchanged, len(first), len(codes), moved, places, kept)


def _before(scores: Floats) -> Codes:
    """Return how many rows stand before each, highest first."""
    return np.asarray(len(scores) - np.searchsorted(np.sort(scores), scores, side="right"), dtype=np.intp)
