"""Police: incidents at home that children witness, and children as victims, witnesses, suspects or missing."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import period
from children import Children, Flags
from households import Households
from need import Need
from period import NONE, Days

_AT_HOME = (-5.1, 1.05)
_AT_HOME_STRESS = 0.25
_NAMED_AT_HOME = 0.85
_DISPOSED = 0.7
_DISPOSALS = ("NO_ACTION", "NOT_IN_PUBLIC_INTEREST", "PREVENTION", "COMMUNITY_RESOLUTION", "YOUTH_CAUTION", "CHARGED")
_DISPOSAL_SHARES = (0.35, 0.1, 0.2, 0.2, 0.08, 0.07)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of incident. Rate a child and month: exp(base + weight × need + boy + years × (age - from_age))."""

    role: str
    offences: tuple[str, ...]
    shares: tuple[float, ...]
    base: float
    weight: float
    from_age: float
    by_age: float = 0.0
    boy: float = 0.0
    officer: bool = False


_KINDS = (
    Kind(
        "VICTIM",
        ("VIOLENCE", "SEXUAL", "THEFT", "NEGLECT", "EXPLOITATION"),
        (0.5, 0.1, 0.2, 0.14, 0.06),
        -6.0,
        0.5,
        0,
        0.04,
    ),
    Kind("WITNESS", ("VIOLENCE", "PUBLIC_ORDER", "CRIMINAL_DAMAGE"), (0.5, 0.3, 0.2), -6.4, 0.3, 4, 0.03),
    Kind(
        "SUSPECT",
        ("VIOLENCE", "CRIMINAL_DAMAGE", "THEFT", "PUBLIC_ORDER"),
        (0.45, 0.25, 0.2, 0.1),
        -6.9,
        0.55,
        10,
        0.13,
        0.6,
    ),
    Kind("MISSING", ("MISSING",), (1.0,), -7.0, 0.75, 9, 0.12),
    Kind("SUSPECT", ("STOP_SEARCH", "DRUGS", "ANTISOCIAL"), (0.5, 0.2, 0.3), -6.3, 0.25, 11, 0.13, 0.9, officer=True),
)
OFFICERS_OWN = tuple(kind for kind in _KINDS if kind.officer)
"""What police bring up themselves, without anybody having called them."""


def recording_lags(rng: np.random.Generator, count: int, *, late: float) -> npt.NDArray[np.int64]:
    """Draw the days from an incident until it is recorded: mostly 0 to 3, for a share of `late` 8 days to 7 months."""
    lag = rng.integers(0, 4, count)
    is_late = rng.random(count) < late
    lag[is_late] = 8 + np.minimum(200, rng.exponential(45, int(is_late.sum()))).astype(np.int64)
    return lag


class AtHome:
    """Domestic abuse incidents: one a household and month at most; the children at home are its witnesses."""

    def __init__(self, rng: np.random.Generator, children: Children) -> None:
        self._rng = rng
        self._children = children
        self._found: list[pd.DataFrame] = []
        self._numbers = 0

    def month(self, month: int, need: Need, present: Flags) -> Days:
        """Draw a month's incidents; return the day of each household's incident, or NONE."""
        rng, household = self._rng, self._children.household
        homes = len(need.family)
        happens = rng.random(homes) < 1 - np.exp(-np.exp(_AT_HOME[0] + _AT_HOME[1] * need.family))
        happens &= np.bincount(household[present], minlength=homes) > 0
        day = np.full(homes, NONE, dtype=np.int32)
        day[happens] = rng.integers(period.MONTH_STARTS[month], period.MONTH_STARTS[month + 1], int(happens.sum()))
        need.stress[happens] += _AT_HOME_STRESS
        number = self._numbers + np.cumsum(happens)
        self._numbers += int(happens.sum())
        recorded = day + recording_lags(rng, homes, late=0.10)
        named = np.flatnonzero(present & happens[household] & (rng.random(len(household)) < _NAMED_AT_HOME))
        victim = rng.random(len(named)) < 0.12
        of = household[named]
        self._found.append(
            pd.DataFrame(
                {
                    "child": named,
                    "day": day[of],
                    "recorded": recorded[of],
                    "incident": number[of],
                    "role": np.where(victim, "VICTIM", "WITNESS"),
                    "offence": "DOMESTIC_ABUSE",
                    "officer": False,
                }
            )
        )
        return day

    def frame(self) -> pd.DataFrame:
        """Return all incidents at home, one row a child named in one."""
        return pd.concat(self._found, ignore_index=True)


def other(
    rng: np.random.Generator,
    homes: Households,
    children: Children,
    levels: npt.NDArray[np.float32],
    *,
    kinds: tuple[Kind, ...] = _KINDS,
    by_area: npt.NDArray[np.float64] | None = None,
) -> pd.DataFrame:
    """Return all other incidents, one row a child and incident.

    Args:
        rng: the source of chance.
        homes: the households.
        children: the children.
        levels: need of each child in each month; shape (months, children).
        kinds: the kinds of incident that are drawn.
        by_area: by how much the rate of each area is multiplied; None is 1 everywhere.
    """
    found = []
    boy = children.sex == "M"
    for month in range(period.MONTHS):
        first, after = int(period.MONTH_STARTS[month]), int(period.MONTH_STARTS[month + 1])
        age = children.age_on(first)
        times: npt.NDArray[np.float64] | float = 1.0
        if by_area is not None:
            times = by_area[homes.area_at(children.household, np.full(len(children), first, dtype=np.int32))]
        for kind in kinds:
            rate = times * np.exp(
                kind.base + kind.weight * levels[month] + kind.by_age * (age - kind.from_age) + kind.boy * boy
            )
            rate[(age < kind.from_age) | (age >= 18.0) | (children.born >= first)] = 0.0
            child = np.flatnonzero(rng.random(len(children)) < 1 - np.exp(-rate))
            found.append(_incidents(rng, kind, child, first, after))
    frame = pd.concat(found, ignore_index=True)
    return frame.sort_values(["day", "child"], kind="stable", ignore_index=True)


def with_disposals(rng: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    """Return incidents with how and when police ended those in which a child is a suspect, and when they said so."""
    count = len(rows)
    suspect = ((rows["role"] == "SUSPECT") & (rows["offence"] != "STOP_SEARCH")).to_numpy()
    ends = suspect & (rng.random(count) < _DISPOSED)
    day = np.where(ends, np.maximum(rows["recorded"], rows["day"]) + rng.integers(3, 120, count), NONE)
    return rows.assign(
        disposal=np.array(_DISPOSALS, dtype=object)[rng.choice(len(_DISPOSALS), count, p=_DISPOSAL_SHARES)],
        disposed=day,
        disposal_recorded=np.where(ends, day + rng.integers(0, 10, count), NONE),
    )


def _incidents(
    rng: np.random.Generator, kind: Kind, child: npt.NDArray[np.int64], first: int, after: int
) -> pd.DataFrame:
    day = rng.integers(first, after, len(child))
    late = 0.04 if kind.officer or kind.role == "MISSING" else 0.14
    return pd.DataFrame(
        {
            "child": child,
            "day": day,
            "recorded": day + recording_lags(rng, len(child), late=late),
            "role": kind.role,
            "offence": rng.choice(np.array(kind.offences, dtype=object), len(child), p=kind.shares),
            "officer": kind.officer,
        }
    )
