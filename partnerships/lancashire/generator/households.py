"""Households: where each family lives and lived, its names and its community."""

from dataclasses import dataclass

import names
import numpy as np
import numpy.typing as npt
import period
import places
from period import Days
from places import Ints, Places

_MOVES_A_YEAR = 0.09
_SAME_DISTRICT = 0.7
_INTO_A_LEFT_HOME = 0.15
_HYPHENATED = 0.06
_KIN_IN_THE_POSTCODE = 0.05


@dataclass(frozen=True, slots=True)
class Households:
    """One row a household, and its stays: one row a time at one address, sorted by household and first day."""

    places: Places
    community: npt.NDArray[np.object_]
    family_name: npt.NDArray[np.object_]
    other_name: npt.NDArray[np.object_]
    stay_household: Ints
    stay_postcode: Ints
    stay_house: Ints
    stay_from: Days

    def __len__(self) -> int:
        return len(self.community)

    def stay_at(self, household: Ints, days: Days) -> Ints:
        """Return the stay of each household on each day; days before its first stay take the first."""
        span = 200_000
        found = np.searchsorted(self.stay_household * span + self.stay_from, household * span + days, side="right") - 1
        first = np.searchsorted(self.stay_household, household)
        return np.maximum(found, first)

    def area_at(self, household: Ints, days: Days) -> Ints:
        """Return the area in which each household lives on each day."""
        return self.places.postcode_area[self.stay_postcode[self.stay_at(household, days)]]


def make(rng: np.random.Generator, here: Places, count: int) -> Households:
    """Draw `count` households with their homes since before the first day."""
    shares = np.array([one.share for one in places.DISTRICTS])
    district = rng.choice(len(shares), count, p=shares / shares.sum())
    postcode = _postcode_in(rng, here, district)
    community = _communities(rng, district)
    family, other = _family_names(rng, community)
    _make_kin(rng, postcode, community, family)
    stays = _stays(rng, here, district, postcode)
    return Households(here, community, family, other, *stays)


def pick_name(rng: np.random.Generator, kind: str, community: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Draw a name of `kind` (boys, girls or families) for each community; common names are drawn more often.

    Weight of the n-th name of a list (from 0): 1 / (n + 12).
    """
    drawn = np.empty(len(community), dtype=object)
    for code in sorted(set(community)):
        listed = np.array(getattr(names.COMMUNITIES[code], kind), dtype=object)
        weights = 1.0 / (np.arange(len(listed)) + 12.0)
        chosen = community == code
        drawn[chosen] = listed[rng.choice(len(listed), int(chosen.sum()), p=weights / weights.sum())]
    return drawn


def _postcode_in(rng: np.random.Generator, here: Places, district: Ints) -> Ints:
    of_postcode = here.area_district[here.postcode_area]
    first = np.searchsorted(of_postcode, np.arange(len(places.DISTRICTS)))
    counts = np.bincount(of_postcode, minlength=len(places.DISTRICTS))
    # Families crowd into the first half of the postcodes, so that several share one.
    crowded = rng.random(len(district)) ** 1.6
    return first[district] + (crowded * counts[district]).astype(np.int64)


def _communities(rng: np.random.Generator, district: Ints) -> npt.NDArray[np.object_]:
    community = np.empty(len(district), dtype=object)
    for number, one in enumerate(places.DISTRICTS):
        shares = places.communities_of(one)
        chosen = district == number
        codes = np.array(list(shares), dtype=object)
        weights = np.array(list(shares.values()))
        community[chosen] = codes[rng.choice(len(codes), int(chosen.sum()), p=weights / weights.sum())]
    return community


def _family_names(
    rng: np.random.Generator, community: npt.NDArray[np.object_]
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    family, other = pick_name(rng, "families", community), pick_name(rng, "families", community)
    mixed = np.isin(community, ["MWAS"]) & (rng.random(len(community)) < 0.5)
    family[mixed] = pick_name(rng, "families", np.full(int(mixed.sum()), "APKN", dtype=object))
    joined = np.isin(community, ["WBRI", "MWBC", "BCRB"]) & (rng.random(len(community)) < _HYPHENATED)
    family[joined] = np.array([f"{a}-{b}" for a, b in zip(family[joined], other[joined], strict=True)], dtype=object)
    return family, other


def _make_kin(
    rng: np.random.Generator,
    postcode: Ints,
    community: npt.NDArray[np.object_],
    family: npt.NDArray[np.object_],
) -> None:
    """Let some families carry the name of the family before them in the same postcode: cousins next door."""
    order = np.argsort(postcode, kind="stable")
    same = np.flatnonzero(postcode[order[1:]] == postcode[order[:-1]]) + 1
    for place in same[rng.random(len(same)) < _KIN_IN_THE_POSTCODE]:
        family[order[place]], community[order[place]] = family[order[place - 1]], community[order[place - 1]]


def _stays(rng: np.random.Generator, here: Places, district: Ints, postcode: Ints) -> tuple[Ints, Ints, Ints, Days]:
    count = len(district)
    arrived = rng.integers(period.day("2012-01-01"), period.SIMULATED_FROM, count)
    years = (period.LAST - period.SIMULATED_FROM) / 365.25
    moves = rng.poisson(_MOVES_A_YEAR * years, count)
    mover = np.repeat(np.arange(count), moves)
    when = rng.integers(period.SIMULATED_FROM + 30, period.LAST, len(mover))
    order = np.argsort(when, kind="stable")
    mover, when = mover[order], when[order]
    to = np.where(
        rng.random(len(mover)) < _SAME_DISTRICT, district[mover], rng.integers(0, len(places.DISTRICTS), len(mover))
    )
    household = np.concatenate([np.arange(count), mover])
    new_postcode = np.concatenate([postcode, _postcode_in(rng, here, to)])
    # A number that no other home in the postcode has, so that an address is one home.
    house = _numbers(rng, new_postcode)
    start = np.concatenate([arrived, when])
    taken = _left_homes(rng, mover)
    new_postcode[count + taken[:, 0]] = postcode[mover[taken[:, 1]]]
    house[count + taken[:, 0]] = house[mover[taken[:, 1]]]
    order = np.lexsort((start, household))
    return household[order], new_postcode[order], house[order], start[order].astype(np.int32)


def _numbers(rng: np.random.Generator, postcode: Ints) -> Ints:
    order = np.argsort(postcode, kind="stable")
    rows = np.arange(len(postcode))
    new = np.concatenate([[True], postcode[order][1:] != postcode[order][:-1]])
    within = rows - np.maximum.accumulate(np.where(new, rows, 0))
    numbers = np.empty(len(postcode), dtype=np.int64)
    numbers[order] = 2 * within
    lowest = 1 + rng.integers(0, 140, int(postcode.max()) + 1)
    return numbers + lowest[postcode]


def _left_homes(rng: np.random.Generator, mover: Ints) -> Ints:
    """Return pairs (move, earlier first move of another family): the first goes into the home that the second left."""
    first = np.sort(np.unique(mover, return_index=True)[1]) if len(mover) else np.empty(0, dtype=np.int64)
    # Moves are in order of time; a home that was left by the n-th move may be taken by a later one, once.
    seekers = np.flatnonzero(rng.random(len(mover)) < _INTO_A_LEFT_HOME)
    homes = rng.permutation(first)[: len(seekers)]
    seekers = seekers[: len(homes)]
    fits = (homes < seekers) & (mover[homes] != mover[seekers])
    return np.stack([seekers[fits], homes[fits]], axis=1)
