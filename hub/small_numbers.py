"""Small counts in what the hub shows about linkage: fewer than 10 people or records of a group are never counted out.

Pairs by weight and by block stand as they are: they say how well linking works and nothing about any person.

1. A count from 1 to 9, and a figure that stands on so few, is written as "fewer than 10".
2. Where one level of a whole is so small, the next smallest is withheld too: nobody can find it by subtraction.
3. Sizes of people ("known by 7 records") are put together from the largest down until 10 people stand in each row.
"""

from collections.abc import Mapping, Sequence
from typing import Any

SMALLEST = 10
FEWER = f"fewer than {SMALLEST}"
WITHHELD = "withheld"


def count(many: int) -> int | str:
    """Return a count that may be shown: itself, also 0, or "fewer than 10"."""
    return FEWER if 0 < many < SMALLEST else many


def counts(many: Sequence[int]) -> list[int | str]:
    """Return the counts of the levels of one whole, the next smallest withheld beside a single small one."""
    shown = [count(one) for one in many]
    if shown.count(FEWER) == 1:
        bigger = [at for at, one in enumerate(many) if one >= SMALLEST]
        if bigger:
            shown[min(bigger, key=lambda at: (many[at], at))] = WITHHELD
    return shown


def hide(many: Sequence[int]) -> list[int | str]:
    """Return the counts of the levels of one whole, whose sum is known, so that no small one can be found.

    As `counts`; and where the only other levels are empty, that they are is withheld too: else the sum
    would be the number of the one that is not.
    """
    found = counts(many)
    if sum(isinstance(one, str) for one in found) == 1:
        return [WITHHELD if one == 0 else one for one in found]
    return found


def figure(value: Mapping[str, Any], *, beside: int | str = 0) -> dict[str, Any]:
    """Return a figure's JSON that may be shown: one that stands on 1 to 9 is withheld.

    Args:
        value: the figure.
        beside: the count shown beside it; where that is withheld, so is the figure's own number of records.
    """
    if 0 < value["n"] < SMALLEST:
        return {"withheld": FEWER}
    return {**value, "n": WITHHELD} if beside == WITHHELD else dict(value)


def sizes(people_by_size: Mapping[int, int]) -> list[dict[str, Any]]:
    """Return rows of `records` (such as "1", or "5 or more") and `people`, 10 people or more in each but the only."""
    rows: list[tuple[int, int]] = []
    left = 0
    for size in sorted(people_by_size, reverse=True):
        left += people_by_size[size]
        if left >= SMALLEST:
            rows.append((size, left))
            left = 0
    if left and rows:
        rows[-1] = (min(people_by_size), rows[-1][1] + left)
    elif left:
        return [{"records": "any number", "people": count(left)}]
    largest = max(people_by_size, default=0)
    rows.reverse()
    return [{"records": _words(size, at, rows, largest), "people": people} for at, (size, people) in enumerate(rows)]


def _words(size: int, at: int, rows: Sequence[tuple[int, int]], largest: int) -> str:
    last = rows[at + 1][0] - 1 if at + 1 < len(rows) else largest
    if last == size:
        return str(size)
    return f"{size} or more" if at + 1 == len(rows) else f"{size} to {last}"
