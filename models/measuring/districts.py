"""Which district codes differently: more, or fewer, have the outcome there than a model of the others expects. Pure.

    told = told_apart(observed, expected, districts, families)
    told[3].named, told[3].p        # the district with code 3

A district's ratio is compared with that of all others together, not with 1: that all have fewer cases than in earlier
years is no difference between districts. Families are the units, since brothers and sisters are alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.figures import NotComputed
from models.measuring.metrics import SMALLEST_CLASS
from models.resampling import Codes, Floats, codes

CHANCE = 0.05
"""Chance, about, that any district is named where none codes differently."""
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class DistrictTest:
    """What is said of a district.

    Attributes:
        ratio: its observed / expected.
        others: that of all others together, without those that were named before.
        p: chance of so large a difference where there is none, two-sided, times the districts that were left to test
            (Holm 1979).
        named: whether it is told apart.
    """

    ratio: float
    others: float
    p: float
    named: bool


def told_apart(
    observed: Floats, expected: Floats, districts: Codes, families: Codes
) -> Mapping[int, DistrictTest | NotComputed]:
    """Test each district against the others, and name those that differ.

    Formula: z = (O_d - r E_d) / sqrt(V_d + (E_d / E_o)² V_o), with r = O_o / E_o of the others, and V the sum over
    families of (o - r e)²: a score test of equal ratios with the variance of families (Liang and Zeger 1986). V_d is at
    least what families elsewhere with as many expected would give, E_d V_o / E_o: where by chance few have the outcome,
    a district's own residuals are small, too, and it would be named for its luck. p is that
    of Student's t with twice as many degrees as there are other districts, less two: a model that shrinks towards the
    mean expects too many where few need help, and of the normal distribution up to one county in five would have a
    district named that codes like all; with half as many degrees one in ten that codes differently would be missed
    (`tests.bench.districts`). The most extreme one is named first, if its p keeps to Holm's bound;
    then it is no longer among the others.

    Args:
        observed: 0 or 1, one a row.
        expected: probabilities by a model that did not learn from the row's district.
        districts: a code a row.
        families: a code a row.

    Returns:
        By district. `NotComputed` (n: its rows) with fewer than 10 families with or without the outcome, or fewer than
        3 districts that have as many.
    """
    from scipy.stats import t

    present = [int(one) for one in np.unique(districts)]
    rows = {one: int((districts == one).sum()) for one in present}

    def many(district: int, outcome: int) -> int:
        return len(np.unique(families[(districts == district) & (observed == outcome)]))

    fit = [one for one in present if min(many(one, 1), many(one, 0)) >= SMALLEST_CLASS]
    why = f"fewer than {SMALLEST_CLASS} families with or without the outcome"
    found: dict[int, DistrictTest | NotComputed] = {one: NotComputed(rows[one], why) for one in present}
    if len(fit) < _FEWEST:
        return {**found, **{one: NotComputed(rows[one], f"fewer than {_FEWEST} districts to compare") for one in fit}}
    unit = codes(families * (max(present) + 1) + districts)
    of_unit = np.zeros(unit.max() + 1, dtype=np.intp)
    of_unit[unit] = districts
    o, e = (np.bincount(unit, one).astype(np.float64) for one in (observed, expected))
    against = set(present)
    while fit:
        tests = {one: _test(o, e, of_unit, one, against - {one}) for one in fit}
        last = {
            one: (ratio, others, min(1.0, 2 * float(t.sf(abs(z), 2 * (len(against) - 2))) * len(fit)))
            for one, (ratio, others, z) in tests.items()
        }
        most = max(fit, key=lambda one: abs(tests[one][2]))
        named = last[most][2] <= CHANCE and len(against) > _FEWEST
        if not named:
            found |= {one: DistrictTest(*said, named=False) for one, said in last.items()}
            break
        found[most] = DistrictTest(*last[most], named=True)
        fit.remove(most)
        against.remove(most)
    return found


def _test(o: Floats, e: Floats, of_unit: Codes, district: int, others: set[int]) -> tuple[float, float, float]:
    """Return observed / expected of a district, that of the others, and z of their difference."""
    inside, outside = of_unit == district, np.isin(of_unit, [*others])
    ratio = float(o[outside].sum() / e[outside].sum())
    off = (o - ratio * e) ** 2
    share = float(e[inside].sum() / e[outside].sum())
    own = max(float(off[inside].sum()), share * float(off[outside].sum()))
    spread = float(np.sqrt(own + share**2 * off[outside].sum()))
    return float(o[inside].sum() / e[inside].sum()), ratio, float((o - ratio * e)[inside].sum()) / spread
