"""The levels at which two records can stand in each comparison, from the same to different.

Each level is (label, SQL condition, m, u): m is the share of true pairs that stand at this level, u the share of other
pairs, before anything is learnt. The first level that holds counts. "null" weighs nothing; the last level has no
condition. Conditions speak of the columns of the table `record` (hub.linking.records), left ones `_l`, right ones `_r`.
"""

Level = tuple[str, str | None, float, float]

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


def _scanned(name: str) -> str:
    """Return SQL: whether two names are the same, or a letter apart, where letters look alike."""
    left, right = f"{name}_scanned_l", f"{name}_scanned_r"
    shorter = f"least(length({left}), length({right}))"
    return f"({left} = {right} AND {shorter} > 2 OR {shorter} > 4 AND damerau_levenshtein({left}, {right}) <= 1)"


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

GIVEN_NAME: tuple[Level, ...] = (
    ("null", f"given_name_l IS NULL OR given_name_r IS NULL OR {_CROSSED}", 0, 0),
    ("the same", "given_name_l = given_name_r", 0.86, 0.006),
    ("the same, parted otherwise", "given_solid_l = given_solid_r", 0.003, 0.00002),
    ("swapped with the family name", f"{_SWAPPED} OR ({_SWAPPED_AND_MISSPELT})", 0.005, 0.000002),
    ("another form of the name", _NAMESAKE, 0.035, 0.003),
    (
        "a letter differs",
        "damerau_levenshtein(given_name_l, given_name_r) <= 1"
        " AND least(length(given_name_l), length(given_name_r)) > 2"
        f" OR {_letters('given_name', 0.9)} OR {_letters('given_first', 0.92)} OR {_scanned('given')}",
        0.055,
        0.004,
    ),
    ("an initial", _INITIAL, 0.007, 0.0005),
    ("alike", f"given_sound_l = given_sound_r OR {_letters('given_name', 0.8)}", 0.03, 0.012),
    ("different", None, 0.008, 0.9745),
)
FAMILY_NAME: tuple[Level, ...] = (
    (
        "null",
        f"(family_name_l IS NULL OR family_name_r IS NULL) AND NOT coalesce({_CROSSED}, false)"
        f" OR {_SWAPPED} OR (given_name_l <> given_name_r AND {_SWAPPED_AND_MISSPELT})",
        0,
        0,
    ),
    ("the same", "family_name_l = family_name_r", 0.86, 0.006),
    ("the same, parted otherwise", "family_solid_l = family_solid_r", 0.003, 0.00002),
    ("a part or an earlier name is the same", "list_has_any(family_parts_l, family_parts_r)", 0.01, 0.0005),
    (
        "a letter differs",
        "damerau_levenshtein(family_name_l, family_name_r) <= 1"
        " AND least(length(family_name_l), length(family_name_r)) > 3"
        f" OR {_letters('family_name', 0.9)} OR {_scanned('family')}",
        0.05,
        0.003,
    ),
    ("it is the other's given name", _CROSSED, 0.005, 0.0005),
    ("alike", f"family_sound_l = family_sound_r OR {_letters('family_name', 0.8)}", 0.015, 0.01),
    ("different", None, 0.06, 0.98),
)
DATE_OF_BIRTH: tuple[Level, ...] = (
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
    ("a generation apart", f"abs({_BORN_IN.format('l')} - {_BORN_IN.format('r')}) >= 14", 0.002, 0.4),
    ("within a year", "abs(date_diff('day', date_of_birth_l::DATE, date_of_birth_r::DATE)) <= 370", 0.005, 0.05),
    ("different", None, 0.005, 0.497),
)
SEX: tuple[Level, ...] = (
    ("null", "sex_l IS NULL OR sex_r IS NULL", 0, 0),
    ("the same", "sex_l = sex_r", 0.985, 0.5),
    ("different", None, 0.015, 0.5),
)
PLACE: tuple[Level, ...] = (
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
EMAIL: tuple[Level, ...] = (
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
IDENTIFIERS: tuple[Level, ...] = (
    ("null", "NOT list_has_any(identifier_kinds_l, identifier_kinds_r)", 0, 0),
    ("one is the same", "list_has_any(identifiers_l, identifiers_r)", 0.98, 0.000001),
    ("a character apart", _NEAR, 0.005, 0.0001),
    ("different", None, 0.015, 0.999899),
)
COMPARISONS: dict[str, tuple[Level, ...]] = {
    "given_name": GIVEN_NAME,
    "family_name": FAMILY_NAME,
    "date_of_birth": DATE_OF_BIRTH,
    "sex": SEX,
    "place": PLACE,
    "email": EMAIL,
    "identifiers": IDENTIFIERS,
}
