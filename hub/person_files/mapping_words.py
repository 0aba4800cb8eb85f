"""The words that a mapping of person files may use: fields with their synonyms, settings, and forms of dates."""

import difflib
import re
from collections.abc import Iterable, Sequence

FIELDS: dict[str, tuple[str, ...]] = {
    "id": ("source_id", "source_person_id", "unique_id", "record_id", "rec_id", "identifier"),
    "given_name": ("first_name", "forename", "forenames", "firstname", "given", "given_names", "christian_name"),
    "middle_name": ("middle_names", "second_name", "middlename"),
    "family_name": ("surname", "last_name", "lastname", "family"),
    "full_name": ("name", "fullname", "person_name"),
    "date_of_birth": ("dob", "birth_date", "birthdate", "birthday", "born", "birth"),
    "birth_year": ("year_of_birth", "dob_year"),
    "birth_month": ("month_of_birth", "dob_month"),
    "birth_day": ("day_of_birth", "dob_day"),
    "sex": (),
    "gender": (),
    "ethnicity": ("ethnic_group", "ethnic_origin", "ethnic"),
    "address": ("street", "street_address", "address_lines", "addresses", "home"),
    "postcode": ("post_code", "postal_code", "zip", "zip_code", "zipcode"),
    "locality": ("city", "town", "suburb", "place"),
    "email": ("e_mail", "mail", "email_address"),
    "phone": ("telephone", "mobile", "phone_number", "tel"),
    "previous_names": (
        "previous_name",
        "former_name",
        "former_names",
        "alias",
        "aliases",
        "maiden_name",
        "previous_family_name",
        "previous_surname",
        "birth_name",
    ),
    "area": ("area_id", "lsoa", "lsoa_code"),
    "imd_decile": ("imd", "deprivation_decile", "deprivation"),
}
"""Each field and the other words for it."""

SETTINGS: dict[str, tuple[str, ...]] = {
    "source": ("source_column", "source_name", "source_dataset"),
    "one_record_per_person": ("one_record_a_person", "one_row_per_person", "unique_people", "deduplicated"),
    "truth": ("true_person", "true_id", "true_cluster", "cluster", "label"),
    "date_format": ("date_formats", "dates", "format"),
    "missing": ("missing_values", "null_values", "na_values", "nulls"),
    "delimiter": ("separator", "sep"),
    "encoding": (),
    "notes": ("note", "description", "comment", "title"),
}
KINDS: dict[str, tuple[str, ...]] = {
    "nhs_number": ("nhs_no", "nhs", "nhsnumber"),
    "upn": ("unique_pupil_number",),
    "uln": ("unique_learner_number",),
    "nino": ("national_insurance_number", "ni_number"),
}
"""Identifiers that need no `identifiers:` above them."""

HOLDERS = {"columns": ("fields", "mapping"), "identifiers": ("ids", "shared_identifiers")}
FILES = ("files", "sources", "inputs", "datasets")
FILE = ("file", "path", "name", "file_name", "filename")

_CANONICAL = {
    word: name
    for group in (FIELDS, SETTINGS, KINDS, HOLDERS)
    for name, others in group.items()
    for word in (name, *others)
}
ALL = tuple(_CANONICAL)
_LINE_OF_ADDRESS = re.compile(r"(address|street|address_line|line)_?\d")


def plain(word: object) -> str:
    """Return `word` in lower case, whatever is no letter or digit as `_`."""
    return re.sub(r"[^0-9a-z]+", "_", str(word).casefold()).strip("_")


def known(word: str) -> str | None:
    """Return the field, setting or kind that `word` means; None when nothing is called so."""
    name = plain(word)
    if _LINE_OF_ADDRESS.fullmatch(name) or name == "street_number":
        return "address"
    return _CANONICAL.get(name)


def nearest(word: str, among: Iterable[str]) -> str:
    """Return "Did you mean …?" for the most similar of `among`, or an empty text."""
    near = difflib.get_close_matches(word, list(among), n=1)
    return f"Did you mean {near[0]}?" if near else ""


_PARTS = (
    ("yyyy", "%Y"), ("mmmm", "%B"), ("mmm", "%b"), ("month", "%B"), ("mon", "%b"),
    ("yy", "%y"), ("mm", "%m"), ("dd", "%d"), ("y", "%Y"), ("m", "%m"), ("d", "%d"), ("b", "%b"),
)  # fmt: skip
_FORMAT = re.compile("|".join(part for part, _ in _PARTS))


def date_format(text: str) -> str | None:
    """Return a form of dates as strptime writes it: `d/m/Y` and `dd/mm/yyyy` are `%d/%m/%Y`; None if not understood."""
    if "%" in text:
        form = text
    elif plain(text) in ("iso", "iso_8601", "iso8601"):
        form = "%Y-%m-%d"
    else:
        form = _FORMAT.sub(lambda found: dict(_PARTS)[found.group()], text.strip().lower())
    rest = re.sub(r"%[YymdBb]", "", form)
    kinds = sorted(one.upper() if one in "yY" else "M" if one in "mBb" else one for one in re.findall(r"%(\w)", form))
    return form if kinds == ["M", "Y", "d"] and not re.search(r"[A-Za-z0-9%]", rest) else None


def parts_of_a_date(columns: Sequence[str]) -> tuple[str, str, str]:
    """Return the columns of year, month and day, told apart by their names; else in the order given."""
    found = [next((one for one in columns if part in plain(one)), None) for part in ("year", "month", "day")]
    if len(set(found)) == 3 and None not in found:
        return (str(found[0]), str(found[1]), str(found[2]))
    return (columns[0], columns[1], columns[2])
