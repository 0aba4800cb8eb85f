"""Children: brothers, sisters, half-siblings and twins, with what agencies may hold about who they are."""

from dataclasses import dataclass

import names
import numpy as np
import numpy.typing as npt
import period
from households import Households, pick_name
from period import Days
from places import Ints

Texts = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]

_SIZES = (0.40, 0.36, 0.16, 0.06, 0.02)
TWINS = 0.04
_TWINS_ALIKE = 0.35
_HALF_SIBLINGS = 0.15
_DAUGHTERS_OWN_NAME = 0.10
_OLDEST = period.day("2003-07-01")
_YOUNGEST = period.day("2021-08-31")
_BETWEEN_BIRTHS = (400, 1700)


@dataclass(frozen=True, slots=True)
class Children:
    """One row a child. `twin_of` is the row of the twin, or -1."""

    household: Ints
    born: Days
    twin_of: Ints
    sex: Texts
    given: Texts
    family: Texts
    ethnicity: Texts
    disabled: Flags
    upn: Texts
    nhs_number: Texts

    def __len__(self) -> int:
        return len(self.household)

    def age_on(self, days: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the age in years on `days` (one number, or one for each child)."""
        return (np.asarray(days) - self.born) / 365.25


def sizes(rng: np.random.Generator, count: int) -> Ints:
    """Draw how many children each household has, until there are exactly `count` children."""
    drawn = rng.choice(len(_SIZES), count, p=_SIZES) + 1
    total = np.cumsum(drawn)
    last = int(np.searchsorted(total, count))
    kept = drawn[: last + 1].astype(np.int64)
    kept[-1] -= total[last] - count
    return kept


def make(
    rng: np.random.Generator, homes: Households, size: Ints, *, twins: float = TWINS, same_initials: float = 0.0
) -> Children:
    """Draw the children of `homes`.

    Args:
        rng: the source of chance.
        homes: the households.
        size: how many children each household has.
        twins: share of the later-born children who are twins of the one before.
        same_initials: share of the later-born children whose first name begins like that of the one before.
    """
    household = np.repeat(np.arange(len(size)), size)
    count = len(household)
    first = np.concatenate([[True], household[1:] != household[:-1]])
    twin = ~first & (rng.random(count) < twins)
    twin[1:] &= ~twin[:-1]
    born = _births(rng, household, first, twin)
    twin_of = np.full(count, -1)
    later = np.flatnonzero(twin)
    twin_of[later], twin_of[later - 1] = later - 1, later
    sex = np.where(rng.random(count) < 0.512, "M", "F").astype(object)
    community = homes.community[household]
    given = _given_names(rng, community, sex, household)
    _make_twins_alike(rng, given, sex, later)
    if same_initials:
        _give_same_initials(rng, given, sex, community, np.flatnonzero(~first & (rng.random(count) < same_initials)))
    return Children(
        household=household,
        born=born,
        twin_of=twin_of,
        sex=sex,
        given=given,
        family=_family_names(rng, homes, household, first, twin, sex),
        ethnicity=community,
        disabled=rng.random(count) < 0.09,
        upn=_upns(rng, count),
        nhs_number=_nhs_numbers(rng, count),
    )


def _births(rng: np.random.Generator, household: Ints, first: Flags, twin: Flags) -> Days:
    """Return birthdays: brothers and sisters follow each other by 13 months to 4 ½ years, twins share theirs."""
    gap = np.where(first | twin, 0, rng.integers(*_BETWEEN_BIRTHS, len(household)))
    since = np.cumsum(gap)
    since -= since[first][household]
    span = np.maximum.reduceat(since, np.flatnonzero(first))
    # The whole family is laid so that it fits between the oldest and the youngest birthday.
    room = np.maximum(1, _YOUNGEST - _OLDEST - span)
    eldest = _OLDEST + (rng.random(len(span)) * room).astype(np.int64)
    born: Days = (eldest[household] + since).astype(np.int32)
    return born


def _given_names(rng: np.random.Generator, community: Texts, sex: Texts, household: Ints) -> Texts:
    given = np.empty(len(community), dtype=object)
    again = np.ones(len(community), dtype=bool)
    for _ in range(20):
        for code, kind in (("M", "boys"), ("F", "girls")):
            chosen = again & (sex == code)
            given[chosen] = pick_name(rng, kind, community[chosen])
        # Within a family every first name is given once.
        labels = np.unique(given.astype(str), return_inverse=True)[1]
        _, kept = np.unique(household * (labels.max() + 1) + labels, return_index=True)
        again = np.ones(len(community), dtype=bool)
        again[kept] = False
        if not again.any():
            break
    return given


def _make_twins_alike(rng: np.random.Generator, given: Texts, sex: Texts, later: Ints) -> None:
    groups = [[name for name in group if name != ""] for group in names.ALIKE]
    girls = {name for community in names.COMMUNITIES.values() for name in community.girls}
    for second in later[rng.random(len(later)) < _TWINS_ALIKE]:
        if sex[second] != sex[second - 1]:
            continue
        fitting = [group for group in groups if (group[0] in girls) == (sex[second] == "F")]
        pair = rng.permutation(np.array(fitting[int(rng.integers(len(fitting)))], dtype=object))[:2]
        given[second - 1], given[second] = pair[0], pair[1]


def _give_same_initials(rng: np.random.Generator, given: Texts, sex: Texts, community: Texts, later: Ints) -> None:
    by_letter: dict[tuple[str, str, str], list[str]] = {}
    for code, known in names.COMMUNITIES.items():
        for letter, listed in (("M", known.boys), ("F", known.girls)):
            for name in listed:
                by_letter.setdefault((code, letter, name[0]), []).append(name)
    for child in later:
        fitting = by_letter.get((community[child], sex[child], given[child - 1][0]), [])
        # Brothers and sisters stand beside each other; five is the largest family.
        taken = set(given[max(0, child - 5) : child + 6])
        free = [name for name in fitting if name not in taken]
        if free:
            given[child] = free[int(rng.integers(len(free)))]


def _family_names(
    rng: np.random.Generator, homes: Households, household: Ints, first: Flags, twin: Flags, sex: Texts
) -> Texts:
    family = homes.family_name[household]
    # In some families the eldest, and a twin of theirs, has another father's or mother's name.
    patchwork = (rng.random(len(homes)) < _HALF_SIBLINGS)[household]
    eldest = first.copy()
    eldest[1:] |= twin[1:] & first[:-1]
    half = patchwork & eldest & (np.bincount(household)[household] > 1)
    family[half] = homes.other_name[household][half]
    daughters = np.isin(homes.community[household], ["APKN", "ABAN"]) & (sex == "F")
    own = daughters & (rng.random(len(household)) < _DAUGHTERS_OWN_NAME)
    family[own] = np.array(names.DAUGHTERS_NAMES, dtype=object)[
        rng.integers(0, len(names.DAUGHTERS_NAMES), int(own.sum()))
    ]
    return family


def _upns(rng: np.random.Generator, count: int) -> Texts:
    """Return pupil numbers in the true form (a letter, twelve digits) under a local authority that does not exist."""
    numbers = rng.permutation(max(count * 3, 1000))[:count]
    return np.array([f"Z000{20 + n % 5:02d}{n:07d}" for n in numbers], dtype=object)


def _nhs_numbers(rng: np.random.Generator, count: int) -> Texts:
    """Return NHS numbers in the range 999, which is kept for tests, with a right check digit (modulus 11)."""
    serial = np.arange(1_000_000)
    digits = np.concatenate([np.full((1_000_000, 3), 9), serial[:, None] // 10 ** np.arange(5, -1, -1) % 10], axis=1)
    check = (11 - (digits * np.arange(10, 1, -1)).sum(axis=1) % 11) % 11
    valid = np.flatnonzero(check != 10)
    chosen = rng.choice(valid, count, replace=False)
    return np.array([f"999{n:06d}{check[n]}" for n in chosen], dtype=object)
