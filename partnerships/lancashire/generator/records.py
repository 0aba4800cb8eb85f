"""Records about people: what one agency has written down of who a child is and where the child lives.

Nothing here hangs on the day of delivery: a later delivery holds the same records, spelt the same way, and some more.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import spelling
from children import Children, Flags, Texts
from habits import Habits
from households import Households
from period import NONE, Days
from places import Ints


@dataclass(frozen=True, slots=True)
class Identities:
    """How one agency has written down who each of its records is; one row a record. Empty text: not recorded."""

    record: Ints
    child: Ints
    given: Texts
    family: Texts
    born: Days
    ethnicity: Texts
    upn: Texts
    nhs_number: Texts
    disability: Texts
    misspelt: Flags
    """Whether a name or the birthday differs from the truth."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where one agency knows each record to have lived: one row a record and stay, in the order of recording."""

    of: Ints
    """The row in `Identities`."""
    address: Texts
    postcode: Texts
    area: Texts
    since: Days
    recorded: Days


@dataclass(frozen=True, slots=True)
class Records:
    """The people of one source."""

    habits: Habits
    number: Ints
    """The number in the agency's own identifier by (record 0 or 1, child); -1 where there is none."""
    who: Identities
    where: Addresses
    first: Days
    """The day on which each record was first written down; one row a record."""

    def ids(self) -> Texts:
        """Return the agency's own identifier of each record."""
        numbers = self.number[self.who.record, self.who.child]
        return np.array([self.habits.identifier(number) for number in numbers], dtype=object)


def make(
    rng: np.random.Generator,
    habits: Habits,
    homes: Households,
    children: Children,
    seen: pd.DataFrame,
    *,
    careless: npt.NDArray[np.float64] | None = None,
) -> Records:
    """Write down the children that an agency sees, whenever that is recorded.

    Args:
        rng: the source of chance.
        habits: the agency's.
        homes: the households.
        children: the children.
        seen: when whom: `child`, `record` (0, or 1 for a second record of the same child), `day`, `recorded`.
        careless: by how much more often each child's names are misspelt (1 is as usual).
    """
    day, recorded = seen["day"].to_numpy(), seen["recorded"].to_numpy()
    child = seen["child"].to_numpy()
    record = seen["record"].to_numpy() if "record" in seen else np.zeros(len(child), dtype=np.int64)
    stay = homes.stay_at(children.household[child], day)
    key = (record * len(children) + child) * (len(homes.stay_from) + 1) + stay
    order = np.lexsort((day, recorded, key))
    first = order[np.concatenate([[True], key[order][1:] != key[order][:-1]])] if len(order) else order
    record, child, stay, day, recorded = (values[first] for values in (record, child, stay, day, recorded))
    # Some moves are never noticed; the address under which a record was begun is always there.
    place = np.arange(len(first))
    whose = np.concatenate([[0], np.cumsum((record[1:] != record[:-1]) | (child[1:] != child[:-1]))])[: len(first)]
    earliest = np.lexsort((place, recorded, whose))
    begun = np.zeros(len(first), dtype=bool)
    begun[earliest[np.concatenate([[True], whose[earliest][1:] != whose[earliest][:-1]])[: len(first)]]] = True
    kept = begun | (rng.random(len(first)) >= habits.stale_address)
    record, child, stay, day, recorded, whose = (values[kept] for values in (record, child, stay, day, recorded, whose))
    new = np.flatnonzero(np.concatenate([[True], whose[1:] != whose[:-1]])[: len(whose)])
    number = np.full((2, len(children)), NONE)
    number[record[new], child[new]] = habits.first_number + rng.permutation(len(new))
    who = _identities(rng, habits, children, record[new], child[new], careless)
    where = _addresses(
        rng, habits, homes, children, whose, child, stay, day.astype(np.int32), recorded.astype(np.int32)
    )
    first_day = np.full(len(new), np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(first_day, where.of, where.recorded)
    return Records(habits, number, who, where, first_day)


def passed_on(records: Records, habits: Habits, seen: pd.DataFrame) -> Records:
    """Return the records that an agency takes from another one, for the children it sees itself.

    Args:
        records: the other agency's; a child has one record there.
        habits: the agency's own, for its name.
        seen: when whom: `child`, `recorded`.
    """
    first = np.full(records.number.shape[1], np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(first, seen["child"].to_numpy(), seen["recorded"].to_numpy().astype(np.int32))
    child = records.who.child
    kept = np.flatnonzero(first[child] < np.iinfo(np.int32).max)
    new = np.full(len(child), NONE)
    new[kept] = np.arange(len(kept))
    who = Identities(*(getattr(records.who, name)[kept] for name in Identities.__slots__))
    number = np.where(first < np.iinfo(np.int32).max, records.number, NONE)
    held = records.where
    rows = np.flatnonzero(new[held.of] >= 0)
    of: Ints = new[held.of[rows]]
    # Where the child lives is known at the latest when the child is first seen.
    earliest = np.unique(of, return_index=True)[1]
    recorded: Days = held.recorded[rows]
    recorded[earliest] = np.minimum(recorded[earliest], first[who.child][of[earliest]])
    where = Addresses(of, held.address[rows], held.postcode[rows], held.area[rows], held.since[rows], recorded)
    return Records(habits, number, who, where, first[who.child])


def _identities(
    rng: np.random.Generator,
    habits: Habits,
    children: Children,
    record: Ints,
    child: Ints,
    careless: npt.NDArray[np.float64] | None,
) -> Identities:
    given, family = children.given[child].copy(), children.family[child].copy()
    misspelt = habits.misspelt if careless is None else np.minimum(0.6, habits.misspelt * careless[child])
    spelling.shorten(rng, given, habits.nickname)
    spelling.misspell(rng, given, misspelt)
    spelling.split_hyphens(rng, family, 0.25 + 5 * habits.misspelt)
    spelling.misspell(rng, family, misspelt)
    spelling.swap_names(rng, given, family, habits.swapped_names)
    born = children.born[child].copy()
    spelling.mistake_birthdays(rng, born, habits.wrong_birthday)
    different = (given != children.given[child]) | (family != children.family[child]) | (born != children.born[child])
    if habits.capitals:
        family = np.array([name.upper() for name in family], dtype=object)
    born[rng.random(len(born)) < habits.no_birthday] = NONE
    ethnicity = children.ethnicity[child].copy()
    for word, share in habits.unknown_ethnicity:
        spelling.blank(rng, ethnicity, share, word)
    upn, nhs_number = children.upn[child].copy(), children.nhs_number[child].copy()
    spelling.blank(rng, upn, 1 - habits.has_upn, "")
    spelling.blank(rng, nhs_number, 1 - habits.has_nhs_number, "")
    if habits.has_upn < 1:
        spelling.mistake_digits(rng, upn, 0.002)
    disability = np.where(children.disabled[child], "Y", "N").astype(object)
    spelling.blank(rng, disability, 0.03, "")
    return Identities(
        record, child, given, family, born, ethnicity, upn, nhs_number, disability, different.astype(np.bool_)
    )


def _addresses(
    rng: np.random.Generator,
    habits: Habits,
    homes: Households,
    children: Children,
    whose: Ints,
    child: Ints,
    stay: Ints,
    day: Days,
    recorded: Days,
) -> Addresses:
    here = homes.places
    postcode_row = homes.stay_postcode[stay]
    house = homes.stay_house[stay].astype(str).astype(object)
    address = house + " " + here.postcode_street[postcode_row]
    postcode = here.postcode[postcode_row].copy()
    area = here.area_code[here.postcode_area[postcode_row]].copy()
    area[spelling.blank(rng, postcode, habits.no_postcode, "")] = ""
    unspaced = rng.random(len(postcode)) < habits.misspelt
    postcode[unspaced] = np.array([text.replace(" ", "") for text in postcode[unspaced]], dtype=object)
    spelling.misspell(rng, address, habits.misspelt)
    since = day if habits.address_since_seen else np.maximum(homes.stay_from[stay], children.born[child])
    recorded = np.maximum(recorded, since)
    order = np.lexsort((rng.random(len(whose)), recorded))
    dates = since[order].astype(np.int32), recorded[order].astype(np.int32)
    return Addresses(whose[order], address[order], postcode[order], area[order], *dates)
