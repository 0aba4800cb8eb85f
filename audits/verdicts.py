"""The rule that turns a difference between groups into words. It never calls a group fair that is too small to judge.

A difference is a level's rate minus the rate of everyone else, with a 95 % interval `[low, high]`; `tolerance` is the
largest difference that the partnership tolerates. In this order:

1. Fewer than `smallest_group` people in the denominator, in the level or among everyone else: **too few to say**.
2. No interval, or one without width: **too few to say**. Certainty is never the result of a few rows.
3. `-tolerance <= low` and `high <= tolerance`: **no difference that matters**.
4. `low > tolerance` or `high < -tolerance`: **a difference that matters**.
5. `low > 0` or `high < 0`: **a difference, its size is unclear**: there is one, it may or may not matter.
6. Else the interval holds 0 and also differences that would matter: **too few to say**.

The verdict on a level is the worst of its rates, on a group the worst of its levels, over all the worst of its groups.
From bad to good: a difference that matters; a difference, its size is unclear; too few to say; withheld; no difference
that matters. So one rate that cannot be judged is enough for a level not to read as fair, and neither does a level of
which a number is withheld: no verdict is shown without its number (hub.disclosing).
"""

from collections.abc import Iterable
from enum import StrEnum

from hub.figures import Figure, Stated


class Verdict(StrEnum):
    """What may be said of a difference. The words are those that people read."""

    NO_DIFFERENCE = "no difference that matters"
    WITHHELD = "withheld"
    TOO_FEW = "too few to say"
    UNCLEAR = "a difference, its size is unclear"
    DIFFERENCE = "a difference that matters"


_FROM_GOOD_TO_BAD = (Verdict.NO_DIFFERENCE, Verdict.WITHHELD, Verdict.TOO_FEW, Verdict.UNCLEAR, Verdict.DIFFERENCE)


def verdict(difference: Stated, *, people: int, people_in_rest: int, smallest_group: int, tolerance: float) -> Verdict:
    """Return the verdict on one difference, by the rule at the top of this file.

    Args:
        difference: rate of the level minus rate of everyone else, from -1 to 1, with its interval.
        people: distinct people in the denominator of the level's rate.
        people_in_rest: distinct people in the denominator of everyone else's rate.
        smallest_group: fewer people than this are too few.
        tolerance: largest tolerated difference, between 0 and 1; a difference of exactly this is tolerated.
    """
    if min(people, people_in_rest) < smallest_group:
        return Verdict.TOO_FEW
    if not isinstance(difference, Figure) or difference.low >= difference.high:
        return Verdict.TOO_FEW
    if -tolerance <= difference.low and difference.high <= tolerance:
        return Verdict.NO_DIFFERENCE
    if difference.low > tolerance or difference.high < -tolerance:
        return Verdict.DIFFERENCE
    if difference.low > 0 or difference.high < 0:
        return Verdict.UNCLEAR
    return Verdict.TOO_FEW


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of some verdicts; of none, "too few to say"."""
    return max(verdicts, key=_FROM_GOOD_TO_BAD.index, default=Verdict.TOO_FEW)
