"""The third possibility: two records are not one person and not two strangers, but of one family.

Splink weighs one person (M) against two strangers (U). Brothers and sisters share surname and address, twins the
birthday too, so against strangers they look like one person; so do a father and a son who have one name. This module
adds both as hypotheses of their own:

    evidence = -log2(U/M + S/M + P/M),   U/M = 2^(-Splink's match weight),   S/M = ratio × product of s/m

where s is the share of sibling pairs at a level and m the share of true pairs, as learnt; P/M is the same for parent
and child. The ratio is how many such pairs there are for one true pair, counted in these records: a town of families
has a high one, a file of unrelated adults hardly any. The place does not tell the three apart and stays out of it.

**Who else could it be?** Where both sources hold one record a person, two records of one birthday that are twins imply
that each twin lacks a record on the other side. How often that happens is counted (linking.pair_table): with 9 of 10
people
on both sides and nobody else there who fits, once in a hundred, and twins count by so much less. A record that stands
beside both twins' records finds no such help: there somebody else fits.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from hub.weighing.comparisons import Learnt, case, label_number, level_number

TWINS = 0.02
"""Share of sibling pairs in one household who have one birthday; 1.6 % of UK births are twins."""

# None: as in two strangers.
SIBLINGS: dict[str, dict[str, float | None]] = {
    "given_name": {
        "the same": 0.0005,
        "the same, parted otherwise": None,
        "swapped with the family name": 0.000001,
        "another form of the name": None,
        "a letter differs": 0.006,
        "an initial": None,
        "alike": 0.015,
        "different": 0.97,
    },
    "family_name": {
        "the same": 0.9,
        "the same, parted otherwise": 0.003,
        "a part or an earlier name is the same": 0.02,
        "a letter differs": 0.02,
        "it is the other's given name": None,
        "alike": 0.01,
        "different": 0.05,
    },
    "date_of_birth": {
        "the same": TWINS,
        "day and month swapped": None,
        "one digit": None,
        "only the year is known": None,
        "two of day, month and year": None,
        "two digits": None,
        "a generation apart": 0.03,
        "within a year": 0.03,
        "different": 0.8,
    },
    "sex": {"the same": 0.5, "different": 0.5},
    "email": {"the same": 0.1, "the same before the @": 0.02, "nearly the same": 0.1, "different": 0.78},
    "identifiers": {"one is the same": 0.001, "a character apart": 0.01, "different": 0.989},
}
PARENTS: dict[str, dict[str, float | None]] = {
    "given_name": {
        "the same": 0.01,
        "the same, parted otherwise": None,
        "swapped with the family name": 0.00001,
        "another form of the name": 0.004,
        "a letter differs": 0.003,
        "an initial": 0.001,
        "alike": None,
        "different": 0.97,
    },
    "family_name": SIBLINGS["family_name"],
    "date_of_birth": {
        "the same": None,
        "day and month swapped": None,
        "one digit": None,
        "only the year is known": None,
        "two of day, month and year": None,
        "two digits": None,
        "a generation apart": 0.97,
        "within a year": None,
        "different": None,
    },
    "sex": SIBLINGS["sex"],
    "email": SIBLINGS["email"],
    "identifiers": SIBLINGS["identifiers"],
}


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many pairs of siblings, and of parent and child, there are for one true pair."""

    siblings: float
    parents: float


_PRIOR_TRUE = 2.0
_PRIOR = Ratio(12.0, 1.2)
# Before anything is counted: as if 2 true pairs, 12 pairs of siblings and 1.2 of parent and child had been seen.
_PLACED = 0.05
_POPULATION = Ratio(1.0, 0.1)
# Where hardly any record has a place, nobody can see who lives with whom; there are families all the same.
_FEWEST_PARENTS, _PARENTS_OF_SIBLINGS = 0.02, 0.1
# At least so many pairs of parent and child there are for one true pair, and for one pair of siblings, whatever these
# files show: files with hardly any parents cannot show them, and the father who gave his son his name exists all the
# same. Where brothers and sisters stand in the files, their parents are not far.


def ratio(connection: duckdb.DuckDBPyConnection, true_pairs: float, place: Mapping[str, float] | None = None) -> Ratio:
    """Return family pairs for one true pair, from the table `record`.

    Family pairs are counted by what only they show: one home and family name, clearly different given names and
    birthdays. Twins do not show it; they are TWINS of the siblings. The home is the address, else the postcode, else
    the locality; from what is counted in a locality, the pairs that chance brings together there are taken away. The
    two of a family are recorded at one home as often as one person is, so the count is divided by that share.

    Args:
        connection: holds the table `record`.
        true_pairs: how many pairs of records are thought to be one person.
        place: m of the levels of the comparison of places, where it is made.
    """
    [(addresses, placed)] = connection.execute(
        "SELECT count(*) FILTER (len(addresses) > 0), count(*) FILTER (len(addresses) + len(postcodes) + "
        "len(localities) > 0) / greatest(count(*), 1) FROM record"
    ).fetchall()
    homes = (
        ("one address",)
        if addresses
        else ("one address", "one address, misspelt", "one house and street", "one postcode")
    )
    together = max(sum(place[label] for label in homes), 0.1) if place else 1.0
    [(siblings, parents, siblings_there, parents_there, chance)] = connection.execute(
        """
        WITH home AS (
            SELECT number, family_name, given_name, date_of_birth, len(homes) > 0 AS exact,
                   unnest(CASE WHEN len(addresses) > 0 THEN addresses WHEN len(postcodes) > 0 THEN postcodes
                               ELSE localities END) AS place
            FROM record WHERE family_name IS NOT NULL AND given_name IS NOT NULL AND date_of_birth IS NOT NULL
        ), house AS (
            SELECT place, family_name FROM home GROUP BY ALL HAVING count(*) BETWEEN 2 AND 60
        ), homely AS (FROM home SEMI JOIN house USING (place, family_name)
        ), family AS (
            SELECT DISTINCT l.number AS one, r.number AS other, l.exact AND r.exact AS exact,
                   abs(left(l.date_of_birth, 4)::INTEGER - left(r.date_of_birth, 4)::INTEGER) >= 14 AS apart
            FROM homely l JOIN homely r ON l.place = r.place AND l.family_name = r.family_name AND l.number < r.number
            WHERE jaro_winkler_similarity(l.given_name, r.given_name) < 0.8
              AND hamming(l.date_of_birth, r.date_of_birth) > 2
        ), crowd AS (
            SELECT place, count(*) AS people FROM home WHERE NOT exact GROUP BY place
        ), common AS (
            SELECT sum(pow(bearers / total, 2)) AS share FROM (
                SELECT family_name, count(*) AS bearers, sum(count(*)) OVER () AS total FROM home GROUP BY family_name)
        )
        SELECT count(*) FILTER (exact AND NOT apart), count(*) FILTER (exact AND apart),
               count(*) FILTER (NOT exact AND NOT apart), count(*) FILTER (NOT exact AND apart),
               coalesce((SELECT sum(people * (people - 1) / 2) FROM crowd) * (FROM common), 0)
        FROM family
        """
    ).fetchall()
    by_chance = min(float(chance) / max(siblings_there + parents_there, 1), 1.0)
    near = siblings / together + siblings_there * (1 - by_chance)
    far = parents / together + parents_there * (1 - by_chance)
    total = true_pairs + _PRIOR_TRUE
    if float(placed) < _PLACED:
        return Ratio(
            max((float(near) + _PRIOR.siblings) / total, _POPULATION.siblings),
            max((float(far) + _PRIOR.parents) / total, _POPULATION.parents),
        )
    siblings = (float(near) + _PRIOR.siblings) / total
    least = max(_FEWEST_PARENTS, _PARENTS_OF_SIBLINGS * siblings)
    return Ratio(siblings, max((float(far) + _PRIOR.parents) / total, least))


_SURE = {
    "given_name": "l.family_name = r.family_name AND l.date_of_birth = r.date_of_birth",
    "date_of_birth": "l.given_name = r.given_name AND l.family_name = r.family_name",
}
_DIFFER = {"given_name": "different", "date_of_birth": "a generation apart"}
_ASSUMED = 100.0


def relearnt(
    connection: duckdb.DuckDBPyConnection, m: Mapping[str, Mapping[str, float]], family: Ratio, true_pairs: float
) -> dict[str, dict[str, float]]:
    """Return m with the shares that families distort put right: how often one person has two names or two birthdays.

    Twins look like true pairs whose given names differ, parent and child of one name like true pairs whose birthdays
    do. So these two are counted on pairs at one place (or with one identifier or e-mail) of which the rest agrees to
    the letter, and the family pairs to be expected among them are taken away.

    Args:
        connection: holds the table `record`.
        m: shares of true pairs at each level, as learnt.
        family: family pairs for one true pair.
        true_pairs: how many pairs of records are thought to be one person.
    """
    expected = {
        "given_name": family.siblings * TWINS * true_pairs,
        "date_of_birth": family.parents * (PARENTS["given_name"]["the same"] or 0) * true_pairs,
    }
    found = {name: dict(levels) for name, levels in m.items()}
    if not {"given_name", "date_of_birth"} <= set(m):
        return found
    for name, label in _DIFFER.items():
        [(pairs, differ)] = connection.execute(
            f"""
            SELECT count(*), count(*) FILTER ({level_number(name)} = {label_number(name, label)})
            FROM record l JOIN record r ON {_SURE[name]} AND l.number < r.number AND l.exclusive <> r.exclusive
            WHERE {level_number(name)} > 0 AND (list_has_any(l.postcodes, r.postcodes)
                  OR list_has_any(l.homes, r.homes) OR list_has_any(l.emails, r.emails)
                  OR list_has_any(l.identifiers, r.identifiers))
            """
        ).fetchall()
        assumed = m[name][label]
        share = (max(differ - 2 * expected[name], 0) + assumed * _ASSUMED) / (pairs + _ASSUMED)
        found[name][label] = max(share, assumed)
    return found


def likelihood(learnt: Learnt, family: Ratio) -> str:
    """Return SQL over two records `l` and `r` for S/M + P/M.

    Args:
        learnt: shares of true and of other pairs at each level of each comparison made.
        family: family pairs for one true pair.
    """
    siblings = _likelihood(learnt, family.siblings, SIBLINGS)
    return f"({siblings} + {_likelihood(learnt, family.parents, PARENTS)})"


def _likelihood(learnt: Learnt, pairs: float, relation: dict[str, dict[str, float | None]]) -> str:
    factors = [f"{pairs:.15e}"]
    for comparison, shares in relation.items():
        if comparison in learnt.m:
            values = {
                label: (learnt.u[comparison][label] if share is None else share) / learnt.m[comparison][label]
                for label, share in shares.items()
            }
            factors.append(case(comparison, values))
    return " * ".join(factors)
