"""The third possibility: two records are not one person and not two strangers, but brother and sister.

Splink weighs one person (M) against two strangers (U). Siblings share surname and address, twins the birthday too, so
against strangers they look like one person. This module adds the sibling (S) as a hypothesis of its own:

    evidence = -log2(U/M + S/M),   U/M = 2^(-Splink's match weight),   S/M = ratio × product of s/m over the comparisons

where s is the share of sibling pairs at a level and m the share of true pairs, as learnt. The ratio is how many sibling
pairs there are for one true pair, counted in these records: a town of families has a high one, a file of unrelated
adults hardly any. The place does not tell the two apart and stays out of it.
"""

import duckdb

from hub.comparisons import Learnt, case

TWINS = 0.03
"""Share of sibling pairs in one household who have one birthday; 1.6 % of UK births are twins."""

# None: as in two strangers.
SHARES: dict[str, dict[str, float | None]] = {
    "given_name": {
        "the same": 0.0005,
        "swapped with the family name": 0.000001,
        "another form of the name": None,
        "a letter differs": None,
        "an initial": None,
        "alike": None,
        "different": 0.98,
    },
    "family_name": {
        "the same": 0.9,
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
        "different": 0.9,
    },
    "sex": {"the same": 0.5, "different": 0.5},
    "email": {"the same": 0.1, "the same before the @": 0.02, "nearly the same": 0.02, "different": 0.86},
    "identifiers": {"one is the same": 0.001, "a character apart": 0.01, "different": 0.989},
}
# Before anything is counted: as if 10 true pairs and 20 sibling pairs had been seen.
_PRIOR_SIBLINGS, _PRIOR_TRUE = 20.0, 10.0


def ratio(connection: duckdb.DuckDBPyConnection, true_pairs: float) -> float:
    """Return sibling pairs for one true pair, from the table `record`.

    Sibling pairs are counted by what only siblings show: one address and family name, clearly different given names and
    birthdays. Twins do not show it; they are TWINS of the siblings.

    Args:
        connection: holds the table `record`.
        true_pairs: how many pairs of records are thought to be one person.
    """
    [(siblings,)] = connection.execute(
        """
        WITH home AS (
            SELECT number, family_name, given_name, date_of_birth, unnest(addresses) AS address
            FROM record WHERE family_name IS NOT NULL AND given_name IS NOT NULL AND date_of_birth IS NOT NULL
        ), house AS (
            SELECT address, family_name FROM home GROUP BY ALL HAVING count(*) BETWEEN 2 AND 60
        ), homely AS (FROM home SEMI JOIN house USING (address, family_name))
        SELECT count(DISTINCT (l.number, r.number))
        FROM homely l JOIN homely r ON l.address = r.address AND l.family_name = r.family_name AND l.number < r.number
        WHERE jaro_winkler_similarity(l.given_name, r.given_name) < 0.8
          AND hamming(l.date_of_birth, r.date_of_birth) > 2
        """
    ).fetchall()
    return (float(siblings) + _PRIOR_SIBLINGS) / (true_pairs + _PRIOR_TRUE)


def likelihood(learnt: Learnt, sibling_ratio: float) -> str:
    """Return SQL over two records `l` and `r` for S/M.

    Args:
        learnt: shares of true and of other pairs at each level of each comparison made.
        sibling_ratio: sibling pairs for one true pair.
    """
    factors = [f"{sibling_ratio:.15e}"]
    for comparison, shares in SHARES.items():
        if comparison in learnt.m:
            values = {
                label: (learnt.u[comparison][label] if share is None else share) / learnt.m[comparison][label]
                for label, share in shares.items()
            }
            factors.append(case(comparison, values))
    return " * ".join(factors)
