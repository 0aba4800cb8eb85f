"""When two records cannot be one person, however alike the rest of them is.

| reason | two records contradict each other when |
|---|---|
| one record a person | their source holds one record a person |
| different identifiers | both have identifiers of one kind, and none are the same or one character apart |
| different birthdays | neither a swap of day and month nor one digit explains it, and the rest speaks against it |

Nothing else forbids a link by itself: clearly different given names weigh as they do between brothers and sisters
(hub.weighing.siblings). What is not recorded contradicts nothing.
"""

from collections.abc import Sequence

from hub import sql
from hub.weighing.comparisons import condition

ONE_RECORD = "one record a person"
IDENTIFIERS = "different identifiers"
BIRTHDAYS = "different birthdays"

_KINDS_APART = (
    "len(list_filter(l.identifier_kinds, lambda kind: kind NOT IN {doubtful}"
    " AND list_contains(r.identifier_kinds, kind) AND len(list_filter("
    "l.identifiers, lambda one: starts_with(one, kind || '=') AND len(list_filter(r.identifiers, lambda other: "
    "starts_with(other, kind || '=') AND damerau_levenshtein(one, other) <= 1)) > 0)) = 0)) > 0"
)
_SAME_BIRTHDAY = " OR ".join(
    condition("date_of_birth", label)
    for label in ("null", "the same", "day and month swapped", "one digit", "only the year is known")
)
_AGAINST = -4
"""Bits: the rest speaks against one person when the evidence is below this."""
_SHARED = condition("identifiers", "one is the same")


def reason(evidence: str, doubtful: Sequence[str] = ()) -> str:
    """Return SQL over two records `l` and `r`: why they cannot be one person, or an empty text.

    Args:
        evidence: SQL for the evidence that they are one person, in bits; see hub.weighing.siblings.
        doubtful: kinds of identifiers of which one person may have two (weighing.identifiers); "date_of_birth" where
            birthdays are so often wrong that they forbid nothing.
    """
    birthdays = (
        ""
        if "date_of_birth" in doubtful
        else (f"WHEN NOT ({_SAME_BIRTHDAY}) AND NOT {_SHARED} AND {evidence} < {_AGAINST} THEN '{BIRTHDAYS}'")
    )
    return f"""
        CASE WHEN l.exclusive = r.exclusive THEN '{ONE_RECORD}'
             WHEN {_KINDS_APART.format(doubtful=sql.texts(["", *doubtful]))} THEN '{IDENTIFIERS}'
             {birthdays}
             ELSE '' END
    """
