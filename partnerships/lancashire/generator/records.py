"""Records about people: what one agency has written down of who a child is and where the child lives."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import period
import spelling
from children import Children, Texts
from households import Households
from places import Ints


@dataclass(frozen=True, slots=True)
class Habits:
    """How carefully an agency keeps its records: shares between 0 and 1, and the words and formats that it uses."""

    source: str
    prefix: str
    first_number: int
    misspelt: float
    nickname: float
    swapped_names: float
    wrong_birthday: float
    no_birthday: float
    no_postcode: float
    stale_address: float
    unknown_ethnicity: tuple[tuple[str, float], ...]
    has_upn: float = 0.0
    has_nhs_number: float = 0.0
    held_twice: float = 0.0
    missing: str = ""
    dates: Callable[[npt.ArrayLike], Texts] = period.iso
    capitals: bool = False
    address_since_seen: bool = False


SCHOOL = Habits(
    "school", "P", 200_000, 0.008, 0.01, 0.001, 0.003, 0.0, 0.004, 0.10, (("REFU", 0.015), ("NOBT", 0.012)), has_upn=1.0
)
SOCIAL_CARE = Habits(
    "children_social_care",
    "C",
    7_000_000,
    0.02,
    0.03,
    0.004,
    0.008,
    0.01,
    0.02,
    0.15,
    (("NOBT", 0.04), ("REFU", 0.01), ("?", 0.02)),
    has_upn=0.80,
    has_nhs_number=0.60,
    missing="?",
)
POLICE = Habits(
    "police",
    "N",
    31_000_000,
    0.06,
    0.06,
    0.012,
    0.025,
    0.06,
    0.06,
    0.0,
    (("NULL", 0.12), ("REFU", 0.05)),
    held_twice=0.06,
    missing="NULL",
    dates=period.british,
    capitals=True,
    address_since_seen=True,
)
YOUTH_JUSTICE = Habits(
    "youth_justice", "Y", 40_000, 0.02, 0.03, 0.004, 0.01, 0.0, 0.02, 0.2, (("NOBT", 0.05),), has_upn=0.5
)
EARLY_HELP = Habits(
    "early_help",
    "EH",
    500_000,
    0.02,
    0.05,
    0.004,
    0.008,
    0.015,
    0.02,
    0.15,
    (("NOBT", 0.07), ("REFU", 0.01)),
    has_upn=0.85,
    has_nhs_number=0.15,
)


@dataclass(frozen=True, slots=True)
class Records:
    """The people file of one source (one row a record and address), and whose records they are."""

    habits: Habits
    frame: pd.DataFrame
    ids: npt.NDArray[np.object_]
    """The agency's own identifier by (record 0 or 1, child); empty text where there is none. Shape (2, children)."""

    def truth(self) -> pd.DataFrame:
        """Return one row a record: source, source_person_id and the row of the true child."""
        record, child = np.nonzero(self.ids != "")
        return pd.DataFrame({"source": self.habits.source, "id": self.ids[record, child], "child": child})


def make(
    rng: np.random.Generator, habits: Habits, homes: Households, children: Children, seen: pd.DataFrame
) -> Records:
    """Write down the children that an agency has seen.

    Args:
        rng: the source of chance.
        habits: the agency's.
        homes: the households.
        children: the children.
        seen: when whom: `child`, `record` (0, or 1 for a second record of the same child), `day`, `recorded`.
    """
    seen = seen.assign(stay=homes.stay_at(children.household[seen["child"]], seen["day"].to_numpy()))
    rows = seen.groupby(["record", "child", "stay"], as_index=False)[["day", "recorded"]].min()
    first = ~rows.duplicated(["record", "child"])
    rows = rows[first | (rng.random(len(rows)) >= habits.stale_address)].reset_index(drop=True)
    new = ~rows.duplicated(["record", "child"]).to_numpy()
    of_record = np.cumsum(new) - 1
    child = rows["child"].to_numpy()[new]
    ids = np.full((2, len(children)), "", dtype=object)
    numbers = habits.first_number + rng.permutation(len(child))
    ids[rows["record"].to_numpy()[new], child] = [f"{habits.prefix}{number:06d}" for number in numbers]
    who = _identities(rng, habits, children, child)
    frame = pd.DataFrame({"id": ids[rows["record"].to_numpy(), rows["child"].to_numpy()]})
    frame = pd.concat([frame, who.iloc[of_record].reset_index(drop=True)], axis=1)
    frame = pd.concat([frame, _addresses(rng, habits, homes, rows, children)], axis=1)
    order = np.lexsort((frame["id"].to_numpy().astype(str), rows["recorded"].to_numpy()))
    return Records(habits, frame.iloc[order].reset_index(drop=True), ids)


def _identities(rng: np.random.Generator, habits: Habits, children: Children, child: Ints) -> pd.DataFrame:
    given, family = children.given[child].copy(), children.family[child].copy()
    spelling.shorten(rng, given, habits.nickname)
    spelling.misspell(rng, given, habits.misspelt)
    spelling.split_hyphens(rng, family, 0.25 + 5 * habits.misspelt)
    spelling.misspell(rng, family, habits.misspelt)
    spelling.swap_names(rng, given, family, habits.swapped_names)
    if habits.capitals:
        family = np.array([name.upper() for name in family], dtype=object)
    born = children.born[child].copy()
    spelling.mistake_birthdays(rng, born, habits.wrong_birthday)
    birthday = habits.dates(born)
    spelling.blank(rng, birthday, habits.no_birthday, habits.missing)
    ethnicity = children.ethnicity[child].copy()
    for word, share in habits.unknown_ethnicity:
        spelling.blank(rng, ethnicity, share, word)
    upn, nhs_number = children.upn[child].copy(), children.nhs_number[child].copy()
    spelling.blank(rng, upn, 1 - habits.has_upn, habits.missing)
    spelling.blank(rng, nhs_number, 1 - habits.has_nhs_number, habits.missing)
    if habits.has_upn < 1:
        spelling.mistake_digits(rng, upn, 0.002)
    disability = np.where(children.disabled[child], "Y", "N").astype(object)
    spelling.blank(rng, disability, 0.03, habits.missing)
    columns = {"upn": upn, "nhs_number": nhs_number, "forename": given, "surname": family, "birth_date": birthday}
    return pd.DataFrame({**columns, "sex": children.sex[child], "ethnicity": ethnicity, "disability": disability})


def _addresses(
    rng: np.random.Generator, habits: Habits, homes: Households, rows: pd.DataFrame, children: Children
) -> pd.DataFrame:
    here, stay = homes.places, rows["stay"].to_numpy()
    postcode_row = homes.stay_postcode[stay]
    house = homes.stay_house[stay].astype(str).astype(object)
    address = house + " " + here.postcode_street[postcode_row]
    postcode = here.postcode[postcode_row].copy()
    area = here.area_code[here.postcode_area[postcode_row]].copy()
    area[spelling.blank(rng, postcode, habits.no_postcode, habits.missing)] = habits.missing
    unspaced = rng.random(len(postcode)) < habits.misspelt
    postcode[unspaced] = np.array([text.replace(" ", "") for text in postcode[unspaced]], dtype=object)
    spelling.misspell(rng, address, habits.misspelt)
    since = np.maximum(homes.stay_from[stay], children.born[rows["child"].to_numpy()])
    since = rows["day"].to_numpy() if habits.address_since_seen else since
    return pd.DataFrame(
        {
            "address": address,
            "postcode": postcode,
            "lsoa": area,
            "address_from": habits.dates(since),
            "recorded_on": habits.dates(np.maximum(rows["recorded"].to_numpy(), since)),
        }
    )
