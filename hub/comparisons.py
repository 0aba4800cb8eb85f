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
_SWAPPED_AND_MISSPELT = (
    "jaro_winkler_similarity(given_name_l, family_name_r) >= 0.88"
    " AND jaro_winkler_similarity(family_name_l, given_name_r) >= 0.88"
)
_CROSSED = (
    "((given_name_l = family_name_r AND (family_name_l IS NULL OR given_name_r IS NULL))"
    " OR (family_name_l = given_name_r AND (given_name_l IS NULL OR family_name_r IS NULL)))"
)
_NAMESAKE = "(list_contains(given_forms_r, given_first_l) OR list_contains(given_forms_l, given_first_r))"
_INITIAL = "least(length(given_name_l), length(given_name_r)) = 1 AND left(given_name_l, 1) = left(given_name_r, 1)"
_YEAR = "left(date_of_birth_l, 4) = left(date_of_birth_r, 4)"
_MONTH = "date_of_birth_l[6:7] = date_of_birth_r[6:7]"
_DAY = "right(date_of_birth_l, 2) = right(date_of_birth_r, 2)"
_BORN_IN = "left(date_of_birth_{0}, 4)::INTEGER"
_TWO_DIGITS = "hamming(date_of_birth_l, date_of_birth_r) <= 2"


def _any_two(column: str, condition: str) -> str:
    """Return SQL: whether an item `one` of the left record's list and an item `other` of the right one's fit."""
    return f"len(list_filter({column}_l, lambda one: len(list_filter({column}_r, lambda other: {condition})) > 0)) > 0"


def _letters(column: str, least: float) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= {least}"


_NEAR = _any_two(
    "identifiers",
    "string_split(one, '=')[1] = string_split(other, '=')[1] AND damerau_levenshtein(one, other) <= 1",
)
_NUMBER = "split_part(one, '/', 1) = split_part(other, '/', 1)"
_STREET = (
    "(split_part(one, '/', 2) = split_part(other, '/', 2) OR damerau_levenshtein(split_part(one, '/', 2),"
    " split_part(other, '/', 2)) <= 0.3 * length(split_part(one, '/', 2)))"
)
_CODE = "split_part(one, '/', 3) = split_part(other, '/', 3) AND split_part(one, '/', 3) <> ''"
_SAME_NUMBER_AND_CODE = f"{_CODE} AND {_NUMBER} AND split_part(one, '/', 1) <> ''"
_SAME_STREET_AND_CODE = f"{_CODE} AND {_NUMBER} AND split_part(one, '/', 2) <> '' AND {_STREET}"
_SAME_HOUSE = f"{_NUMBER} AND split_part(one, '/', 1) <> '' AND split_part(one, '/', 2) <> '' AND {_STREET}"
_NO_PLACE = (
    "NOT ((len(addresses_l) > 0 AND len(addresses_r) > 0) OR (len(postcodes_l) > 0 AND len(postcodes_r) > 0)"
    " OR (len(localities_l) > 0 AND len(localities_r) > 0))"
)

GIVEN_NAME: tuple[_Level, ...] = (
    ("null", f"given_name_l IS NULL OR given_name_r IS NULL OR {_CROSSED}", 0, 0),
    ("the same", "given_name_l = given_name_r", 0.86, 0.006),
    ("swapped with the family name", f"{_SWAPPED} OR ({_SWAPPED_AND_MISSPELT})", 0.005, 0.000002),
    ("another form of the name", _NAMESAKE, 0.035, 0.003),
    (
        "a letter differs",
        f"damerau_levenshtein(given_name_l, given_name_r) <= 1 AND least(length(given_name_l), length(given_name_r)) > 2"
        f" OR {_letters('given_name', 0.9)} OR {_letters('given_first', 0.92)}",
        0.055,
        0.004,
    ),
    ("an initial", _INITIAL, 0.007, 0.0005),
    ("alike", f"given_sound_l = given_sound_r OR {_letters('given_name', 0.8)}", 0.03, 0.012),
    ("different", None, 0.008, 0.9745),
)
FAMILY_NAME: tuple[_Level, ...] = (
    (
        "null",
        f"(family_name_l IS NULL OR family_name_r IS NULL) AND NOT coalesce({_CROSSED}, false)"
        f" OR {_SWAPPED} OR (given_name_l <> given_name_r AND {_SWAPPED_AND_MISSPELT})",
        0,
        0,
    ),
    ("the same", "family_name_l = family_name_r", 0.86, 0.006),
    ("a part or an earlier name is the same", "list_has_any(family_parts_l, family_parts_r)", 0.01, 0.0005),
    (
        "a letter differs",
        "damerau_levenshtein(family_name_l, family_name_r) <= 1"
        " AND least(length(family_name_l), length(family_name_r)) > 3"
        f" OR {_letters('family_name', 0.9)}",
        0.05,
        0.003,
    ),
    ("it is the other's given name", _CROSSED, 0.005, 0.0005),
    ("alike", f"family_sound_l = family_sound_r OR {_letters('family_name', 0.8)}", 0.015, 0.01),
    ("different", None, 0.06, 0.98),
)
DATE_OF_BIRTH: tuple[_Level, ...] = (
    ("null", "date_of_birth_l IS NULL OR date_of_birth_r IS NULL", 0, 0),
    ("the same", "date_of_birth_l = date_of_birth_r", 0.93, 0.0002),
    (
        "day and month swapped",
        f"{_YEAR} AND date_of_birth_l[6:7] = date_of_birth_r[9:10] AND date_of_birth_l[9:10] = date_of_birth_r[6:7]",
        0.01,
        0.0002,
    ),
    ("one digit", f"{_TWO_DIGITS} AND damerau_levenshtein(date_of_birth_l, date_of_birth_r) <= 1", 0.025, 0.004),
    (
        "only the year is known",
        f"{_YEAR} AND ('01-01' IN (right(date_of_birth_l, 5), right(date_of_birth_r, 5)))",
        0.005,
        0.0004,
    ),
    (
        "two of day, month and year",
        f"({_YEAR} AND {_MONTH}) OR ({_YEAR} AND {_DAY}) OR ({_MONTH} AND {_DAY})",
        0.01,
        0.008,
    ),
    ("two digits", _TWO_DIGITS, 0.01, 0.04),
    ("a generation apart", f"abs({_BORN_IN.format('l')} - {_BORN_IN.format('r')}) >= 14", 0.004, 0.4),
    ("within a year", "abs(date_diff('day', date_of_birth_l::DATE, date_of_birth_r::DATE)) <= 370", 0.005, 0.05),
    ("different", None, 0.005, 0.497),
)
SEX: tuple[_Level, ...] = (
    ("null", "sex_l IS NULL OR sex_r IS NULL", 0, 0),
    ("the same", "sex_l = sex_r", 0.985, 0.5),
    ("different", None, 0.015, 0.5),
)
PLACE: tuple[_Level, ...] = (
    ("null", _NO_PLACE, 0, 0),
    ("one address", "list_has_any(addresses_l, addresses_r)", 0.5, 0.00003),
    (
        "one address, misspelt",
        "list_has_any(postcodes_l, postcodes_r) AND "
        + _any_two("homes", f"({_SAME_NUMBER_AND_CODE}) OR ({_SAME_STREET_AND_CODE})"),
        0.1,
        0.00002,
    ),
    (
        "one house and street",
        f"list_has_any(house_numbers_l, house_numbers_r) AND {_any_two('homes', _SAME_HOUSE)}",
        0.08,
        0.00005,
    ),
    ("one postcode", "list_has_any(postcodes_l, postcodes_r)", 0.1, 0.0003),
    (
        "a postcode with a character apart",
        "list_has_any(postcode_halves_l, postcode_halves_r) AND "
        + _any_two("postcodes", "damerau_levenshtein(one, other) <= 1"),
        0.02,
        0.001,
    ),
    ("one locality", "list_has_any(localities_l, localities_r)", 0.07, 0.02),
    ("different", None, 0.13, 0.9785),
)
EMAIL: tuple[_Level, ...] = (
    ("null", "len(emails_l) = 0 OR len(emails_r) = 0", 0, 0),
    ("the same", "list_has_any(emails_l, emails_r)", 0.7, 0.00002),
    (
        "the same before the @",
        "split_part(email_l, '@', 1) = split_part(email_r, '@', 1) AND length(split_part(email_l, '@', 1)) > 3",
        0.05,
        0.00005,
    ),
    (
        "nearly the same",
        f"{_letters('email', 0.93)} OR damerau_levenshtein(email_l, email_r) <= 2",
        0.1,
        0.0002,
    ),
    ("different", None, 0.15, 0.99973),
)
IDENTIFIERS: tuple[_Level, ...] = (
    ("null", "NOT list_has_any(identifier_kinds_l, identifier_kinds_r)", 0, 0),
    ("one is the same", "list_has_any(identifiers_l, identifiers_r)", 0.98, 0.000001),
    ("a character apart", _NEAR, 0.005, 0.0001),
    ("different", None, 0.015, 0.999899),
)
COMPARISONS: dict[str, tuple[_Level, ...]] = {
    "given_name": GIVEN_NAME,
    "family_name": FAMILY_NAME,
    "date_of_birth": DATE_OF_BIRTH,
    "sex": SEX,
    "place": PLACE,
    "email": EMAIL,
    "identifiers": IDENTIFIERS,
}
FREQUENT = ("given_name", "family_name")
NOT_LEARNT = ("identifiers",)
"""Comparisons that are not learnt with the others: how often identifiers are wrong is counted in hub.identifiers."""
_M_NOT_LEARNT = (("given_name", "different"), ("date_of_birth", "a generation apart"))
# Twins look like true pairs whose given names differ, and a father and son of one name like true pairs whose birthdays
# do, so EM would learn from them that names and birthdays often differ.

_SHARED_BY_MISTAKE = 0.001
# Of the pairs that share an identifier, this share is taken to be two people (mixed up or mistyped).

_OTHER = "l.exclusive <> r.exclusive"
Blocks = Sequence[tuple[str, str, Sequence[str]]]


def _same(*expressions: str) -> str:
    """Return the equi-join of two records on expressions in which `@` stands for a record."""
    equal = " AND ".join(f"{one.replace('@', 'l')} = {one.replace('@', 'r')}" for one in expressions)
    return f"{equal} AND {_OTHER}"


_GIVEN, _FAMILY = "left(@.given_name, 1)", "left(@.family_name, 1)"
_BORN = "@.date_of_birth"
_YEAR_OF_BIRTH, _MONTH_OF_BIRTH = "left(@.date_of_birth, 4)", "@.date_of_birth[6:7]"
BLOCKS: Blocks = (
    # What an agency knows for certain, whatever else is misspelt.
    ("an identifier", _same("@.identifiers"), ("identifiers",)),
    ("one half of an e-mail address", _same("@.email_halves"), ("email_halves",)),
    # The birthday is right; one of the names may be misspelt, changed or missing.
    ("birthday and first letter of the given name", _same(_BORN, _GIVEN), ()),
    ("birthday and first letter of the family name", _same(_BORN, _FAMILY), ()),
    # The birthday is right; the names are misspelt in their first letters, swapped or both gone.
    ("birthday and postcode", _same(_BORN, "@.postcodes"), ("postcodes",)),
    ("birthday and locality", _same(_BORN, "@.localities"), ("localities",)),
    # The birthday is wrong or missing.
    ("both names", _same("@.given_name", "@.family_name"), ()),
    ("names swapped", f"l.given_name = r.family_name AND l.family_name = r.given_name AND {_OTHER}", ()),
    ("sounds of both names and year of birth", _same("@.given_sound", "@.family_sound", _YEAR_OF_BIRTH), ()),
    ("first letter of the given name and postcode", _same(_GIVEN, "@.postcodes"), ("postcodes",)),
    ("sound of the family name and postcode", _same("@.family_sound", "@.postcodes"), ("postcodes",)),
    # The birthday is wrong, or a name is missing; there may be no address but a town.
    (
        "given name, month of birth and locality",
        _same("@.given_name", _MONTH_OF_BIRTH, "@.localities"),
        ("localities",),
    ),
    (
        "family name, month of birth and locality",
        _same("@.family_name", _MONTH_OF_BIRTH, "@.localities"),
        ("localities",),
    ),
    # The birthday is wrong and so is the postcode.
    ("first letter of the given name and address", _same(_GIVEN, "@.homes"), ("homes",)),
    # Two of day, month and year are right; the family name has changed.
    ("given name, day and month of birth", _same("@.given_name", "right(@.date_of_birth, 5)"), ()),
    ("given name, year and month of birth", _same("@.given_name", "left(@.date_of_birth, 7)"), ()),
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


def level_number(comparison: str) -> str:
    """Return SQL over two records `l` and `r`: the position of their level in COMPARISONS, 0 where nothing is known."""
    labels = [label for label, *_ in COMPARISONS[comparison]]
    whens = (f"WHEN {condition(comparison, label)} THEN {at}" for at, label in enumerate(labels[:-1]))
    return f"CASE {' '.join(whens)} ELSE {len(labels) - 1} END"


def label_number(comparison: str, label: str) -> int:
    """Return the position of a level in COMPARISONS."""
    return [name for name, *_ in COMPARISONS[comparison]].index(label)


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
    return Learnt(
        {name: {label: m for label, (m, _) in levels.items()} for name, levels in shares.items()},
        capped({name: {label: u for label, (_, u) in levels.items()} for name, levels in shares.items()}, prior),
    )


def capped(u: Mapping[str, Mapping[str, float]], prior: float) -> dict[str, dict[str, float]]:
    """Return `u` with no more pairs of strangers who share an identifier than are mixed up by mistake."""
    found = {name: dict(levels) for name, levels in u.items()}
    if "identifiers" in found:
        same = found["identifiers"]["one is the same"]
        found["identifiers"]["one is the same"] = min(same, prior * _SHARED_BY_MISTAKE)
    return found


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
