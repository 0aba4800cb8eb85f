"""The group of a person as a source recorded it, in SQL: sex, and ethnicity in the five groups of the ONS."""

from hub import sql
from hub.declarations import codes
from hub.identity import spellings

NOT_RECORDED = "not recorded"
UNKNOWN_CODE = "unknown code"

SEX = (
    f"CASE WHEN said IS NULL THEN {sql.text(NOT_RECORDED)} ELSE coalesce(CASE {spellings.sex('said')} "
    "WHEN 'm' THEN 'male' WHEN 'f' THEN 'female' END, 'another value') END"
)
"""SQL of the group of a sex, as recorded in `said`."""


def _ethnicity() -> str:
    groups = {one.code: one.groups["ons_5"] for one in codes.read("ethnicity").codes}
    cases = " ".join(f"WHEN {sql.text(code)} THEN {sql.text(group)}" for code, group in groups.items())
    other = f"CASE WHEN said IS NULL THEN {sql.text(NOT_RECORDED)} ELSE {sql.text(UNKNOWN_CODE)} END"
    return f"CASE upper(said) {cases} ELSE {other} END"


ETHNICITY = _ethnicity()
"""SQL of the group (of five) of an ethnicity, as recorded in `said`."""


def sex(code: str) -> str:
    """Return the group of a sex as recorded: what `SEX` says."""
    said = code.strip().lower()
    plain = {"m": "male", "male": "male", "1": "male", "f": "female", "female": "female", "2": "female"}
    return NOT_RECORDED if code == NOT_RECORDED else plain.get(said, "another value")


def ethnicity(code: str) -> str:
    """Return the group (of five) of an ethnicity as recorded: what `ETHNICITY` says."""
    groups = {one.code: one.groups["ons_5"] for one in codes.read("ethnicity").codes}
    return NOT_RECORDED if code == NOT_RECORDED else groups.get(code.upper(), UNKNOWN_CODE)
