"""What a clerk sees of two records without seeing who they are: initials, lengths, and which parts agree. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

NOTHING = "not recorded"
_PARTS = (("year", slice(0, 4)), ("month", slice(5, 7)), ("day", slice(8, 10)))


def name(text: str | None) -> str:
    """Return initials and lengths of a name's parts: "A… (3 letters) M… (5 letters)"."""
    if not text:
        return NOTHING
    return " ".join(f"{part[0].upper()}… ({len(part)} letters)" for part in text.split())


def date(one: str | None, other: str | None) -> str:
    """Return which parts of two dates (YYYY-MM-DD) agree."""
    if not one or not other:
        return NOTHING
    parts = [(part, one[at] == other[at]) for part, at in _PARTS]
    same, apart = ([part for part, agrees in parts if agrees is which] for which in (True, False))
    if not apart:
        return "the same date"
    return "; ".join(
        f"{' and '.join(names)} {word}" for names, word in ((same, "the same"), (apart, "differ")) if names
    )


def postcodes(codes: Sequence[str]) -> str:
    """Return the districts of UK postcodes such as "pr11aa": PR1; of other codes only that there is one."""
    found = sorted({one[:-3].upper() if re.fullmatch(r"[a-z]{1,2}\d[a-z\d]?\d[a-z]{2}", one) else "another code"
                    for one in codes})  # fmt: skip
    return ", ".join(found) or NOTHING


def identifiers(one: Sequence[str], other: Sequence[str]) -> str:
    """Return for each kind of identifier (`kind=value`) that both have whether one is the same."""
    kinds = {text.split("=")[0] for text in one} & {text.split("=")[0] for text in other}
    same = {text.split("=")[0] for text in set(one) & set(other)}
    return "; ".join(f"{kind}: {'the same' if kind in same else 'different'}" for kind in sorted(kinds)) or NOTHING


def rows(one: Mapping[str, Any], other: Mapping[str, Any], alike: Mapping[str, float | None]) -> list[dict[str, str]]:
    """Return what may be seen of two records: rows of `what`, `one`, `other` and `together`.

    Args:
        one: a record of the table `record` (hub.linking.records): names, date_of_birth, sex, postcodes, identifiers.
        other: the other record.
        alike: Jaro-Winkler similarity of given and family names, where both are recorded.
    """
    found = []
    for field in ("given_name", "family_name"):
        similar = alike.get(field)
        together = NOTHING if similar is None else "the same" if similar == 1 else f"{similar:.2f} alike of 1"
        found.append(_row(field.replace("_", " "), name(one[field]), name(other[field]), together))
    found.append(_row("date of birth", "", "", date(one["date_of_birth"], other["date_of_birth"])))
    sexes = one["sex"], other["sex"]
    found.append(_row("sex", "", "", NOTHING if None in sexes else "the same" if sexes[0] == sexes[1] else "differ"))
    codes = one["postcodes"], other["postcodes"]
    shared = (
        NOTHING if not (codes[0] and codes[1]) else "one is the same" if set(codes[0]) & set(codes[1]) else "differ"
    )
    found.append(_row("postcode district", postcodes(codes[0]), postcodes(codes[1]), shared))
    found.append(_row("identifiers", "", "", identifiers(one["identifiers"], other["identifiers"])))
    return found


def _row(what: str, one: str, other: str, together: str) -> dict[str, str]:
    return {"what": what, "one": one, "other": other, "together": together}
