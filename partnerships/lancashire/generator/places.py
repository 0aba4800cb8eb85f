"""Places: twelve real district names, and in them small areas, postcodes and addresses that do not exist.

Area codes (`E01L…`) and postcodes (`ZL…`) have forms that no real one has, so that nobody mistakes them.
"""

from dataclasses import dataclass

import names
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
IMD_YEAR = "2019"


@dataclass(frozen=True, slots=True)
class District:
    """One district: its share of families, its usual deprivation decile, and its communities beside white British."""

    name: str
    share: float
    decile: float
    communities: dict[str, float]


DISTRICTS = (
    District("Burnley", 0.085, 2.6, {"APKN": 0.13, "ABAN": 0.05, "AIND": 0.01, "WOTH": 0.02, "MWAS": 0.015}),
    District("Chorley", 0.095, 6.2, {"APKN": 0.01, "AIND": 0.01, "WOTH": 0.02, "MWBC": 0.01}),
    District("Fylde", 0.055, 7.2, {"AIND": 0.01, "WOTH": 0.015, "AOTH": 0.01}),
    District("Hyndburn", 0.075, 3.0, {"APKN": 0.15, "ABAN": 0.01, "WOTH": 0.02, "MWAS": 0.015}),
    District("Lancaster", 0.105, 5.2, {"APKN": 0.01, "AIND": 0.015, "WOTH": 0.035, "BAFR": 0.01, "AOTH": 0.01}),
    District("Pendle", 0.085, 3.2, {"APKN": 0.27, "AIND": 0.01, "WOTH": 0.025, "MWAS": 0.02}),
    District(
        "Preston", 0.135, 3.6, {"AIND": 0.14, "APKN": 0.07, "BAFR": 0.015, "BCRB": 0.01, "WOTH": 0.04, "OOTH": 0.02}
    ),
    District("Ribble Valley", 0.05, 8.4, {"AIND": 0.01, "WOTH": 0.01}),
    District("Rossendale", 0.065, 4.4, {"APKN": 0.04, "ABAN": 0.025, "WOTH": 0.015, "MWAS": 0.01}),
    District("South Ribble", 0.095, 6.8, {"AIND": 0.015, "WOTH": 0.015, "MWBC": 0.01}),
    District("West Lancashire", 0.09, 5.4, {"WOTH": 0.025, "AIND": 0.008, "CHNE": 0.005}),
    District("Wyre", 0.065, 5.8, {"WOTH": 0.015, "APKN": 0.005, "AIND": 0.005}),
)
_EVERYWHERE = {"WIRI": 0.006, "BAFR": 0.006, "BCRB": 0.003, "MWAS": 0.008, "MWBC": 0.009, "MOTH": 0.007, "OOTH": 0.005}
_OVER_RECORDED_IN = ("Burnley", "Preston", "Hyndburn")
_KINDS = ("Street", "Road", "Avenue", "Close", "Lane", "Terrace", "Drive", "Court")
_LETTERS = np.array(list("ABDEFGHJLNPQRSTUWXYZ"))
_HOUSEHOLDS_IN_A_POSTCODE = 7


@dataclass(frozen=True, slots=True)
class Places:
    """Areas (one row each) and postcodes (one row each); an address is a house number in a postcode."""

    area_code: npt.NDArray[np.object_]
    area_name: npt.NDArray[np.object_]
    area_district: Ints
    area_decile: Ints
    area_may_be_over_recorded: npt.NDArray[np.bool_]
    postcode: npt.NDArray[np.object_]
    postcode_area: Ints
    postcode_street: npt.NDArray[np.object_]

    @property
    def area_deprivation(self) -> npt.NDArray[np.float64]:
        """Deprivation of each area around 0; positive is more deprived. Formula: (5.5 - decile) / 2.9."""
        deprivation: npt.NDArray[np.float64] = (5.5 - self.area_decile.astype(np.float64)) / 2.9
        return deprivation


def communities_of(district: District) -> dict[str, float]:
    """Return the share of each ethnicity code among the families of a district; white British is the rest."""
    shares = dict(_EVERYWHERE)
    for code, share in district.communities.items():
        shares["AOTH" if code == "CHNE" else code] = share
    return {"WBRI": 1.0 - sum(shares.values()), **shares}


def make(rng: np.random.Generator, households: int) -> Places:
    """Draw areas and postcodes for `households` families.

    Deciles of one district lie together: the district's usual decile plus a deviation of about 1.7. The most deprived
    areas of three districts are those in which police can be made to record more on their own initiative.
    """
    each = max(5, round(households / 550))
    district = np.repeat(np.arange(len(DISTRICTS)), each)
    usual = np.array([one.decile for one in DISTRICTS])[district]
    decile = np.clip(np.round(rng.normal(usual, 1.7)), 1, 10).astype(np.int64)
    within = np.tile(np.arange(each), len(DISTRICTS))
    over = np.isin(district, [n for n, one in enumerate(DISTRICTS) if one.name in _OVER_RECORDED_IN]) & (decile <= 3)
    shares = np.array([one.share for one in DISTRICTS])
    counts = np.maximum(each * 2, np.ceil(2.0 * households * shares / _HOUSEHOLDS_IN_A_POSTCODE)).astype(int)
    postcode_district = np.repeat(np.arange(len(DISTRICTS)), counts)
    number = np.concatenate([np.arange(count) for count in counts])
    area = postcode_district * each + number % each
    street = rng.integers(0, len(names.STREETS) * len(_KINDS), len(area))
    return Places(
        area_code=np.array([f"E01L{n + 1:05d}" for n in range(len(district))], dtype=object),
        area_name=np.array(
            [f"{DISTRICTS[d].name} {w + 1:02d}" for d, w in zip(district, within, strict=True)], dtype=object
        ),
        area_district=district,
        area_decile=decile,
        area_may_be_over_recorded=over,
        postcode=_postcodes(postcode_district, number),
        postcode_area=area,
        postcode_street=np.array(
            [f"{names.STREETS[s // len(_KINDS)]} {_KINDS[s % len(_KINDS)]}" for s in street], dtype=object
        ),
    )


def _postcodes(district: Ints, number: Ints) -> npt.NDArray[np.object_]:
    # Neighbouring numbers get postcodes that differ in more than the last letter, as real streets do.
    scattered = (number * 1031) % 4000
    digit, rest = np.divmod(scattered, 400)
    first, second = _LETTERS[rest // 20], _LETTERS[rest % 20]
    # Past 4,000 in one district, the next outward code is used.
    outward = district + 1 + len(DISTRICTS) * (number // 4000)
    parts = zip(outward, digit, first, second, strict=True)
    return np.array([f"ZL{out} {n}{one}{two}" for out, n, one, two in parts], dtype=object)
