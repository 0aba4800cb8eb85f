"""How far identifiers can be trusted: most kinds name one person for good, some files mistype them.

Two records with different NHS numbers, UPNs or ULNs are two people, always (ONE_A_PERSON). Other kinds of identifiers
are taken to be as good until the records show otherwise: among pairs that share names, birthday and place, hardly any
may hold two different ones. A kind of which more than DOUBTFUL do (the lower end of a 95 % interval) still
speaks for and against, but forbids nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from hub.figures import wilson

ONE_A_PERSON = frozenset({"nhs_number", "upn", "uln"})
"""Kinds of which nobody has two, whatever the records show."""
DOUBTFUL = 0.01
FEWEST_BIRTHDAYS = 0.7
"""In agencies' files 90 to 98 % of true pairs have the same birthday to the digit."""
_FEWEST = 50
_ASSUMED = 100.0


@dataclass(frozen=True, slots=True)
class Trust:
    """What pairs that are one person without doubt show of their identifiers.

    Attributes:
        doubtful: kinds of which one person may have two.
        shares: of such pairs, the share at each level of the comparison of identifiers.
    """

    doubtful: tuple[str, ...]
    shares: dict[str, float]


def trust(connection: duckdb.DuckDBPyConnection, assumed: Mapping[str, float]) -> Trust:
    """Return how far the identifiers of the table `record` can be trusted.

    Args:
        connection: holds the table `record`.
        assumed: the shares at each level before anything is counted.
    """
    rows = connection.execute(
        """
        WITH sure AS (
            SELECT l.number AS one, r.number AS other, l.identifiers AS left_ones, r.identifiers AS right_ones,
                   list_intersect(l.identifier_kinds, r.identifier_kinds) AS kinds
            FROM record l JOIN record r
              ON l.given_name = r.given_name AND l.family_name = r.family_name AND l.date_of_birth = r.date_of_birth
             AND l.number < r.number AND l.exclusive <> r.exclusive
            WHERE list_has_any(l.identifier_kinds, r.identifier_kinds)
              AND (list_has_any(l.homes, r.homes) OR list_has_any(l.postcodes, r.postcodes)
                   OR list_has_any(l.emails, r.emails))
        ), each AS (
            SELECT kind, list_filter(left_ones, lambda one: starts_with(one, kind || '=')) AS left_ones,
                   list_filter(right_ones, lambda one: starts_with(one, kind || '=')) AS right_ones
            FROM (SELECT *, unnest(kinds) AS kind FROM sure)
        )
        SELECT kind, count(*), count(*) FILTER (list_has_any(left_ones, right_ones)), count(*) FILTER (
            NOT list_has_any(left_ones, right_ones) AND len(list_filter(left_ones, lambda one: len(list_filter(
            right_ones, lambda other: damerau_levenshtein(one, other) <= 1)) > 0)) > 0)
        FROM each GROUP BY kind ORDER BY kind
        """
    ).fetchall()
    counts = {label: _ASSUMED * share for label, share in assumed.items()}
    doubtful = []
    for kind, pairs, same, close in rows:
        apart = pairs - same - close
        counts["one is the same"] += same
        counts["a character apart"] += close
        counts["different"] += apart
        if kind not in ONE_A_PERSON and pairs >= _FEWEST and wilson(apart, pairs)[0] > DOUBTFUL:
            doubtful.append(kind)
    total = sum(counts.values())
    return Trust(tuple(doubtful), {label: count / total for label, count in counts.items()})


def doubtful_birthdays(m: Mapping[str, Mapping[str, float]]) -> tuple[str, ...]:
    """Return "date_of_birth" where so few true pairs have one birthday that two birthdays forbid nothing.

    Args:
        m: shares of true pairs at each level of each comparison.
    """
    known = m.get("date_of_birth")
    return ("date_of_birth",) if known is not None and known["the same"] < FEWEST_BIRTHDAYS else ()
