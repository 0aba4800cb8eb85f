"""School: who is on which roll, absence by term, suspensions and exclusions."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import period
from children import Children, Flags
from households import Households
from places import Ints
from social_care import chance

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.float32]

_NEVER_ON_ROLL = 0.03
_NURSERY = 0.8
_SIXTH_FORM = 0.45
_ABSENCE = (-3.2, 0.42, -0.50, 0.35)
_SUSPENSION = (-6.3, 0.50, -0.35)
_PERMANENT = 0.02
_MOVE_OF_SCHOOL = (-5.2, 0.40)
_WITH_NEW_HOME = 0.35
_REASONS = np.array(["DB", "VA", "PP", "PA", "DM", "DA", "BU"], dtype=object)
_REASON_SHARES = (0.46, 0.19, 0.17, 0.05, 0.03, 0.03, 0.07)


def frames(
    rng: np.random.Generator, homes: Households, children: Children, levels: Levels, attachment: Floats
) -> dict[str, pd.DataFrame]:
    """Return `roll`, `attendance` (one row a child and term) and `suspensions`."""
    roll = _roll(rng, homes, children, levels)
    return {
        "roll": roll,
        "attendance": _attendance(rng, roll, levels, attachment),
        "suspensions": _suspensions(rng, children, roll, levels, attachment),
    }


def year_group(born: period.Days, school_year: int) -> Ints:
    """Return the year group in the school year that begins in September of `school_year`: 0 is reception."""
    date = born.astype("datetime64[D]")
    year = date.astype("datetime64[Y]").astype(np.int64) + 1970
    month = date.astype("datetime64[M]").astype(np.int64) % 12 + 1
    return school_year - (year - (month < 9)) - 5


def _roll(rng: np.random.Generator, homes: Households, children: Children, levels: Levels) -> pd.DataFrame:
    count = len(children)
    never = rng.random(count) < _NEVER_ON_ROLL
    nursery, sixth_form = rng.random(count) < _NURSERY, rng.random(count) < _SIXTH_FORM
    first_home = homes.area_at(children.household, np.full(count, period.FIRST, dtype=np.int32))
    home, moves = first_home.copy(), np.zeros(count, dtype=np.int64)
    first_need = levels[0]
    support = _support(rng, children, first_need)
    meals = _free_meals(rng, homes, children, first_home)
    found = []
    for term in period.TERMS:
        year = year_group(children.born, term.school_year)
        on_roll = ~never & (
            ((year == -1) & nursery) | ((year >= 0) & (year <= 11)) | ((year > 11) & (year <= 13) & sixth_form)
        )
        now = homes.area_at(children.household, np.full(count, term.census, dtype=np.int32))
        leaves = rng.random(count) < chance(_MOVE_OF_SCHOOL[0] + _MOVE_OF_SCHOOL[1] * levels[term.first_month])
        leaves |= (now != home) & (rng.random(count) < _WITH_NEW_HOME)
        home, moves = now, moves + leaves
        child = np.flatnonzero(on_roll)
        rows = {
            "child": child,
            "term": term.name,
            "day": term.census,
            "year": year[child],
            "school": _schools(homes, first_home, moves, year)[child],
            "support": support[child],
            "meals": meals[child],
        }
        found.append(pd.DataFrame(rows))
    roll = pd.concat(found, ignore_index=True)
    return roll.assign(recorded=roll["day"] + 25 + _lags(rng, len(roll), late=0.03))


def _lags(rng: np.random.Generator, count: int, *, late: float) -> Ints:
    """Return the days until a school has handed in a row: up to three weeks, for a share of `late` up to 4 months."""
    return rng.integers(0, 21, count) + np.where(rng.random(count) < late, rng.integers(20, 120, count), 0)


def _schools(homes: Households, area: Ints, moves: Ints, year: Ints) -> npt.NDArray[np.object_]:
    """Name a school by the child's first area and how often the child has moved school since."""
    districts = len(set(homes.places.area_district))
    primaries = np.maximum(2, len(homes.places.area_code) // 2)
    secondaries = districts * 2
    primary = (area // 2 + moves) % primaries
    secondary = (homes.places.area_district[area] * 2 + area % 2 + moves) % secondaries
    words = [f"LP{n:03d}" for n in range(primaries)] + [f"LS{n:03d}" for n in range(secondaries)]
    found: npt.NDArray[np.object_] = np.array(words, dtype=object)[np.where(year <= 6, primary, primaries + secondary)]
    return found


def _support(rng: np.random.Generator, children: Children, need: npt.NDArray[np.float32]) -> npt.NDArray[np.object_]:
    plan = rng.random(len(children)) < np.where(children.disabled, 0.30, 0.02)
    some = rng.random(len(children)) < chance(-2.2 + 0.15 * need + 1.2 * children.disabled)
    return np.where(plan, "E", np.where(some, "K", "N")).astype(object)


def _free_meals(rng: np.random.Generator, homes: Households, children: Children, area: Ints) -> Flags:
    poor = chance(-1.4 + 0.9 * homes.places.area_deprivation[area])
    return rng.random(len(homes))[children.household] < poor


def _attendance(rng: np.random.Generator, roll: pd.DataFrame, levels: Levels, attachment: Floats) -> pd.DataFrame:
    found = []
    for term in period.TERMS:
        rows = roll[roll["term"] == term.name]
        rows = rows[(rows["year"] >= 0) & (rows["year"] <= 11)]
        child = rows["child"].to_numpy()
        level = levels[term.first_month : term.last_month + 1].mean(axis=0)[child]
        older = 0.06 * np.maximum(0, rows["year"].to_numpy() - 6)
        base, by_need, by_attachment, luck = _ABSENCE
        share = chance(
            base + by_need * level + by_attachment * attachment[child] + older + luck * rng.normal(size=len(child))
        )
        possible = term.sessions - 2 * rng.integers(0, 5, len(child))
        missed = rng.binomial(possible, share)
        without_leave = rng.binomial(missed, chance(-1.6 + 0.35 * level))
        frame = {"child": child, "term": term.name, "day": term.end}
        found.append(pd.DataFrame(frame).assign(possible=possible, missed=missed, unauthorised=without_leave))
    attendance = pd.concat(found, ignore_index=True)
    return attendance.assign(recorded=attendance["day"] + 5 + _lags(rng, len(attendance), late=0.04))


def _suspensions(
    rng: np.random.Generator, children: Children, roll: pd.DataFrame, levels: Levels, attachment: Floats
) -> pd.DataFrame:
    found = []
    boy = children.sex == "M"
    base, by_need, by_attachment = _SUSPENSION
    for term in period.TERMS:
        rows = roll[(roll["term"] == term.name) & (roll["year"] >= 1) & (roll["year"] <= 11)]
        child, year = rows["child"].to_numpy(), rows["year"].to_numpy()
        for month in range(term.first_month, term.last_month + 1):
            rate = base + by_need * levels[month][child] + by_attachment * attachment[child] + 0.5 * boy[child]
            rate = np.exp(rate + 0.14 * np.minimum(year, 10))
            chosen = child[rng.random(len(child)) < 1 - np.exp(-rate)]
            first, after = int(period.MONTH_STARTS[month]), min(int(period.MONTH_STARTS[month + 1]), term.end)
            day = rng.integers(first, max(first + 1, after), len(chosen))
            # 1 January 1970 was a Thursday; what falls on a weekend is moved to the Friday before.
            day -= np.maximum(0, (day + 3) % 7 - 4)
            found.append(pd.DataFrame({"child": chosen, "day": day, "term_end": term.end}))
    frame = pd.concat(found, ignore_index=True)
    frame["sessions"] = np.minimum(30, 1 + rng.geometric(0.30, len(frame)))
    frame["permanent"] = rng.random(len(frame)) < _PERMANENT
    frame["reason"] = rng.choice(_REASONS, len(frame), p=_REASON_SHARES)
    # A child is sent home once on one day.
    frame = frame.drop_duplicates(["child", "day"], ignore_index=True)
    return frame.assign(recorded=frame["term_end"] + 3 + _lags(rng, len(frame), late=0.04))
