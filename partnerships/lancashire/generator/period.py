"""The time that the extracts cover: days, months, school terms and dates of looking.

A day is a whole number, counted from 1 January 1970; NONE stands for "no date".
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.int32]
NONE = -1
HORIZON_DAYS = 180


def day(text: str) -> int:
    """Return the day of an ISO date."""
    return int(np.datetime64(text, "D").astype(int))


SIMULATED_FROM = day("2019-01-01")
"""Two years before the extracts begin, so that help which was under way on the first day has a beginning."""
FIRST = day("2021-01-01")
LAST = day("2024-12-31")
DELIVERY = day("2025-01-06")

MONTH_STARTS: Days = np.arange("2019-01", "2025-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int32)
"""First day of each simulated month, and of the month after the last."""
MONTHS = len(MONTH_STARTS) - 1

AS_OF_DATES: Days = np.arange("2022-01", "2025-02", 3, dtype="datetime64[M]").astype("datetime64[D]").astype(np.int32)
"""Every three months from 1 January 2022, as use_cases/early_help_offer.yaml looks."""


@dataclass(frozen=True, slots=True)
class Term:
    """One school term. `first_month` and `last_month` count the simulated months, both inside."""

    name: str
    school_year: int
    census: int
    end: int
    sessions: int
    first_month: int
    last_month: int


def month_of(days: Days) -> npt.NDArray[np.int64]:
    """Return the number of the simulated month of each day; days outside take the first or the last month."""
    return np.clip(np.searchsorted(MONTH_STARTS, days, side="right") - 1, 0, MONTHS - 1)


def _thursday(month: str, which: int) -> int:
    first = day(f"{month}-01")
    # 1 January 1970 was a Thursday, so a day that 7 divides is one.
    return first + (-first) % 7 + 7 * (which - 1)


def _terms() -> tuple[Term, ...]:
    terms = []
    for year in range(2020, 2025):
        drawn = (
            ("autumn", year, _thursday(f"{year}-10", 1), day(f"{year}-12-19"), 146, 9, 12),
            ("spring", year, _thursday(f"{year + 1}-01", 3), day(f"{year + 1}-03-29"), 114, 1, 3),
            ("summer", year, _thursday(f"{year + 1}-05", 3), day(f"{year + 1}-07-21"), 122, 4, 7),
        )
        for name, start, census, end, sessions, first, last in drawn:
            if census >= FIRST and end <= LAST:
                calendar_year = year if name == "autumn" else year + 1
                at = (calendar_year - 2019) * 12 - 1
                terms.append(Term(f"{calendar_year} {name}", start, census, end, sessions, at + first, at + last))
    return tuple(terms)


TERMS = _terms()


TEXT_FROM = day("1990-01-01")
_ALL = np.arange("1990-01-01", "2036-01-01", dtype="datetime64[D]")
ISO = np.append(np.datetime_as_string(_ALL).astype(object), "")
"""Each day from TEXT_FROM as `2023-04-01`; the last one is empty text."""
BRITISH = np.array([f"{text[8:10]}/{text[5:7]}/{text[:4]}" if text else "" for text in ISO], dtype=object)
"""Each day from TEXT_FROM as `01/04/2023`; the last one is empty text."""


def iso(days: npt.ArrayLike) -> npt.NDArray[np.object_]:
    """Return `2023-04-01` for each day, and empty text for NONE."""
    return _text(ISO, days)


def british(days: npt.ArrayLike) -> npt.NDArray[np.object_]:
    """Return `01/04/2023` for each day, and empty text for NONE."""
    return _text(BRITISH, days)


def _text(table: npt.NDArray[np.object_], days: npt.ArrayLike) -> npt.NDArray[np.object_]:
    given = np.asarray(days, dtype=np.int64)
    found: npt.NDArray[np.object_] = table[np.where(given == NONE, len(table) - 1, given - TEXT_FROM)]
    return found
