"""What Splink compares, which pairs it looks at, and what it assumes before it has learnt from the data.

The household trap: brothers, sisters and twins share surname, address and postcode, sometimes the birthday. So the
place is one comparison (address or postcode, never both counted), the model never learns from pairs found by place,
and pairs that cannot be one person (two records of a source with one record a person) are not looked at.

Every level carries a starting m (share of true pairs at this level) and u (share of other pairs): with too few
records to learn from they stand as they are; otherwise u is counted on random pairs and m is learnt.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Levels: (label, condition, m, u). "null" weighs nothing; None is the rest.
_Level = tuple[str, str | None, float, float]

_SWAPPED = "(given_name_l = family_name_r AND family_name_l = given_name_r)"
_NAMESAKE = "(list_contains(given_forms_r, given_first_l) OR list_contains(given_forms_l, given_first_r))"
_TWO_DIGITS = "hamming(date_of_birth_l, date_of_birth_r) <= 2"
_NEAR = (
    "len(list_filter(identifiers_l, lambda one: len(list_filter(identifiers_r, lambda other: "
    "string_split(one, '=')[1] = string_split(other, '=')[1] AND damerau_levenshtein(one, other) <= 1)) > 0)) > 0"
)
_NO_PLACE = "len(addresses_l) + len(postcodes_l) = 0 OR len(addresses_r) + len(postcodes_r) = 0"

GIVEN_NAME: tuple[_Level, ...] = (
    ("null", "given_name_l IS NULL OR given_name_r IS NULL", 0, 0),
    ("the same", "given_name_l = given_name_r", 0.88, 0.006),
    ("swapped with the family name", _SWAPPED, 0.005, 0.000002),
    ("another form of the name", _NAMESAKE, 0.03, 0.003),
    ("a letter differs", "jaro_winkler_similarity(given_name_l, given_name_r) >= 0.9", 0.055, 0.004),
    ("alike", "jaro_winkler_similarity(given_name_l, given_name_r) >= 0.8", 0.01, 0.012),
    ("different", None, 0.02, 0.973),
)
FAMILY_NAME: tuple[_Level, ...] = (
    ("null", f"family_name_l IS NULL OR family_name_r IS NULL OR {_SWAPPED}", 0, 0),
    ("the same", "family_name_l = family_name_r", 0.88, 0.006),
    ("a part is the same", "list_has_any(family_parts_l, family_parts_r)", 0.01, 0.0005),
    ("a letter differs", "jaro_winkler_similarity(family_name_l, family_name_r) >= 0.9", 0.05, 0.003),
    ("different", None, 0.06, 0.9905),
)
DATE_OF_BIRTH: tuple[_Level, ...] = (
    ("null", "date_of_birth_l IS NULL OR date_of_birth_r IS NULL", 0, 0),
    ("the same", "date_of_birth_l = date_of_birth_r", 0.94, 0.0002),
    (
        "day and month swapped",
        "left(date_of_birth_l, 4) = left(date_of_birth_r, 4) AND date_of_birth_l[6:7] = date_of_birth_r[9:10]"
        " AND date_of_birth_l[9:10] = date_of_birth_r[6:7]",
        0.01,
        0.0002,
    ),
    ("one digit", f"{_TWO_DIGITS} AND damerau_levenshtein(date_of_birth_l, date_of_birth_r) <= 1", 0.025, 0.004),
    (
        "only the year is known",
        "left(date_of_birth_l, 4) = left(date_of_birth_r, 4)"
        " AND ('01-01' IN (right(date_of_birth_l, 5), right(date_of_birth_r, 5)))",
        0.005,
        0.0004,
    ),
    ("two digits", _TWO_DIGITS, 0.01, 0.05),
    ("different", None, 0.01, 0.945),
)
SEX: tuple[_Level, ...] = (
    ("null", "sex_l IS NULL OR sex_r IS NULL", 0, 0),
    ("the same", "sex_l = sex_r", 0.985, 0.5),
    ("different", None, 0.015, 0.5),
)
PLACE: tuple[_Level, ...] = (
    ("null", _NO_PLACE, 0, 0),
    ("one address", "list_has_any(addresses_l, addresses_r)", 0.6, 0.00005),
    ("one postcode", "list_has_any(postcodes_l, postcodes_r)", 0.2, 0.0003),
    ("different", None, 0.2, 0.99965),
)
IDENTIFIERS: tuple[_Level, ...] = (
    ("null", "NOT list_has_any(identifier_kinds_l, identifier_kinds_r)", 0, 0),
    ("one is the same", "list_has_any(identifiers_l, identifiers_r)", 0.98, 0.000001),
    ("a character apart", _NEAR, 0.0001, 0.0001),
    ("different", None, 0.02, 0.999999),
)
COMPARISONS: dict[str, tuple[_Level, ...]] = {
    "given_name": GIVEN_NAME,
    "family_name": FAMILY_NAME,
    "date_of_birth": DATE_OF_BIRTH,
    "sex": SEX,
    "place": PLACE,
    "identifiers": IDENTIFIERS,
}
FREQUENT = ("given_name", "family_name")
NOT_LEARNT = ("identifiers",)
"""Comparisons whose m and u stand as they are: what an identifier means is not a matter of counting."""
_M_NOT_LEARNT = (("given_name", "different"),)
# Twins look like true pairs whose given names differ, so EM would learn from them that names often do.

_SHARED_BY_MISTAKE = 0.001
# Of the pairs that share an identifier, this share is taken to be two people (mixed up or mistyped).

_OTHER = "l.exclusive <> r.exclusive"
Blocks = Sequence[tuple[str, str, Sequence[str]]]
BLOCKS: Blocks = (
    ("an identifier", f"l.identifiers = r.identifiers AND {_OTHER}", ("identifiers",)),
    (
        "birthday and first letter of the given name",
        f"l.date_of_birth = r.date_of_birth AND left(l.given_name, 1) = left(r.given_name, 1) AND {_OTHER}",
        (),
    ),
    (
        "birthday and first letter of the family name",
        f"l.date_of_birth = r.date_of_birth AND left(l.family_name, 1) = left(r.family_name, 1) AND {_OTHER}",
        (),
    ),
    ("both names", f"l.given_name = r.given_name AND l.family_name = r.family_name AND {_OTHER}", ()),
    ("names swapped", f"l.given_name = r.family_name AND l.family_name = r.given_name AND {_OTHER}", ()),
    (
        "given name and postcode",
        f"l.given_name = r.given_name AND l.postcodes = r.postcodes AND {_OTHER}",
        ("postcodes",),
    ),
    (
        "birthday and postcode",
        f"l.date_of_birth = r.date_of_birth AND l.postcodes = r.postcodes AND {_OTHER}",
        ("postcodes",),
    ),
)
INSIDE: Blocks = (("one component", "l.component = r.component", ()),)
LEARNT_FROM = (
    f"l.date_of_birth = r.date_of_birth AND {_OTHER}",
    f"l.given_name = r.given_name AND l.family_name = r.family_name AND {_OTHER}",
)
"""EM learns from pairs with one birthday, then from pairs with the same names; never from pairs at one place."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """Shares of pairs at each level of each comparison: `m` of true pairs, `u` of other pairs."""

    m: Mapping[str, Mapping[str, float]]
    u: Mapping[str, Mapping[str, float]]


def condition(comparison: str, label: str) -> str:
    """Return the condition of one level over two records called `l` and `r`."""
    found = next(sql for name, sql, _, _ in COMPARISONS[comparison] if name == label)
    return "(" + re.sub(r"\b([a-z_]+)_([lr])\b", r"\2.\1", found or "true") + ")"


def case(comparison: str, values: Mapping[str, float]) -> str:
    """Return SQL over two records `l` and `r`: the value of the level at which they stand; 1 where nothing is known."""
    levels = COMPARISONS[comparison]
    whens = (f"WHEN {condition(comparison, label)} THEN {values.get(label, 1.0):.15e}" for label, *_ in levels[:-1])
    return f"CASE {' '.join(whens)} ELSE {values[levels[-1][0]]:.15e} END"


def settings(columns: Sequence[str], prior: float, learnt: Learnt | None = None, blocks: Blocks = BLOCKS) -> Any:
    """Return Splink's SettingsCreator.

    Args:
        columns: the comparisons to make, of COMPARISONS; leave out those of which nothing is recorded.
        prior: the probability that two random records are one person, in (0, 1).
        learnt: what to put in place of the starting values.
        blocks: which pairs are looked at.
    """
    from splink import SettingsCreator
    from splink.blocking_rule_library import CustomRule

    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="number",
        probability_two_random_records_match=prior,
        comparisons=[_comparison(name, (learnt or starting_values(columns, prior))) for name in columns],
        blocking_rules_to_generate_predictions=[
            CustomRule(condition, arrays_to_explode=list(arrays) or None) for _, condition, arrays in blocks
        ],
        retain_matching_columns=False,
        max_iterations=50,
    )


def starting_values(columns: Sequence[str], prior: float) -> Learnt:
    """Return m and u of each level before anything is learnt."""
    shares = {name: {label: (m, u) for label, _, m, u in COMPARISONS[name] if label != "null"} for name in columns}
    if "identifiers" in shares:
        m, u = shares["identifiers"]["one is the same"]
        shares["identifiers"]["one is the same"] = (m, min(u, prior * _SHARED_BY_MISTAKE))
    return Learnt(
        {name: {label: m for label, (m, _) in levels.items()} for name, levels in shares.items()},
        {name: {label: u for label, (_, u) in levels.items()} for name, levels in shares.items()},
    )


def _comparison(name: str, learnt: Learnt) -> dict[str, Any]:
    levels: list[dict[str, Any]] = []
    for label, sql, _, _ in COMPARISONS[name]:
        level: dict[str, Any] = {"sql_condition": sql or "ELSE", "label_for_charts": label}
        if label == "null":
            level["is_null_level"] = True
        else:
            level |= {"m_probability": learnt.m[name][label], "u_probability": learnt.u[name][label]}
            level["fix_m_probability"] = (name, label) in _M_NOT_LEARNT
        if label == "the same" and name in FREQUENT:
            level |= {"tf_adjustment_column": name, "tf_minimum_u_value": 0.00001}
        levels.append(level)
    return {"output_column_name": name, "comparison_levels": levels}
