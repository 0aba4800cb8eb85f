"""What a pair of records of one person looks like, as learnt from the records themselves; see hub.pair_table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from hub import chance, comparisons, expectation, identifiers, siblings
from hub.comparisons import Learnt

_ENOUGH_TO_LEARN = 100
_EXACTLY = ("given_name", "family_name", "date_of_birth")
_LEAST_RECALL = 0.05
_RECORDED = {
    "given_name": "given_name IS NOT NULL",
    "family_name": "family_name IS NOT NULL",
    "date_of_birth": "date_of_birth IS NOT NULL",
    "sex": "sex IS NOT NULL",
    "place": "len(addresses) + len(postcodes) + len(localities) > 0",
    "email": "len(emails) > 0",
    "identifiers": "len(identifiers) > 0",
}


@dataclass(frozen=True, slots=True)
class Model:
    """What was learnt about pairs.

    Attributes:
        compared: the comparisons made.
        learnt: whether the shares were learnt from these records; else they are the starting values.
        true_pairs: how many pairs are thought to be one person.
        sibling_ratio: family pairs for one true pair.
        prior: the probability that two random records are one person, in (0, 1).
        shares: m and u of each level.
        doubtful: kinds of identifiers of which one person may have two.
    """

    compared: tuple[str, ...]
    learnt: bool
    true_pairs: float
    sibling_ratio: siblings.Ratio
    prior: float
    shares: Learnt
    doubtful: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form, for reviewers."""
        return {
            "compared": list(self.compared),
            "learnt": self.learnt,
            "true_pairs": round(self.true_pairs),
            "sibling_ratio": round(self.sibling_ratio.siblings, 4),
            "parent_ratio": round(self.sibling_ratio.parents, 4),
            "doubtful_identifiers": list(self.doubtful),
            "m": {name: dict(levels) for name, levels in self.shares.m.items()},
            "u": {name: dict(levels) for name, levels in self.shares.u.items()},
        }


def compared(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Return the comparisons for which at least two records hold something."""
    counts = ", ".join(f"count(*) FILTER ({condition})" for condition in _RECORDED.values())
    [row] = connection.execute(f"SELECT {counts} FROM record").fetchall()
    return tuple(name for name, count in zip(_RECORDED, row, strict=True) if count > 1)


def learn(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> Model:
    """Learn from the records what a pair of one person looks like.

    Args:
        connection: holds the table `record`.
        columns: the comparisons to make.
    """
    [(_, exact, apart)] = connection.execute(_EXACT).fetchall()
    recorded = _recorded_in_both(connection)
    start = comparisons.starting_values(columns, 0.5)
    true_pairs = max(exact, 1) / (_recall_of_exact(start) * recorded)
    prior = min(true_pairs / apart, 0.5)
    shares = comparisons.starting_values(columns, prior)
    sample = chance.Sample(connection, columns)
    shares = replace(shares, u=comparisons.capped(sample.shares(shares, prior), prior, shares.m))
    trusted = identifiers.Trust((), {})
    if exact >= _ENOUGH_TO_LEARN:
        teachable = {name: levels for name, levels in shares.m.items() if name not in comparisons.NOT_LEARNT}
        taught = expectation.learn(connection, replace(shares, m=teachable), prior)
        if "identifiers" in columns:
            trusted = identifiers.trust(connection, shares.m["identifiers"])
            taught["identifiers"] = trusted.shares
        true_pairs = exact / (_recall_of_exact(Learnt(taught, shares.u)) * recorded)
        prior = min(true_pairs / apart, 0.5)
        family = siblings.ratio(connection, true_pairs, taught.get("place"))
        shares = replace(shares, m=siblings.relearnt(connection, taught, family, true_pairs))
        shares = replace(shares, u=comparisons.capped(sample.shares(shares, prior), prior, shares.m))
    return Model(
        tuple(columns),
        exact >= _ENOUGH_TO_LEARN,
        true_pairs,
        siblings.ratio(connection, true_pairs, shares.m.get("place")),
        prior,
        shares,
        trusted.doubtful + identifiers.doubtful_birthdays(shares.m),
    )


def _recall_of_exact(shares: Learnt) -> float:
    """Return the share of true pairs whose names and birthdays agree to the letter, errors being independent."""
    exact = (shares.m[name]["the same"] for name in _EXACTLY if name in shares.m)
    return max(math.prod(exact), _LEAST_RECALL)


_EXACT = """
    SELECT (SELECT count(*) FROM record),
           (SELECT count(*) FROM record l JOIN record r
            ON l.given_name = r.given_name AND l.family_name = r.family_name AND l.date_of_birth = r.date_of_birth
            AND l.number < r.number AND l.exclusive <> r.exclusive),
           (SELECT greatest((sum(held) * sum(held) - sum(held * held)) / 2, 1)
            FROM (SELECT count(*)::DOUBLE AS held FROM record GROUP BY exclusive))
"""


def _recorded_in_both(connection: duckdb.DuckDBPyConnection) -> float:
    """Return the share of pairs of which both hold names and birthday, as far as these are recorded at all."""
    counts = ", ".join(f"greatest(count({name}), 1) / greatest(count(*), 1)" for name in _EXACTLY)
    [row] = connection.execute(f"SELECT {counts} FROM record").fetchall()
    return max(math.prod(float(share) ** 2 for share in row if share > 0.05), _LEAST_RECALL)


def probability(weight: float) -> float:
    """Return the probability that belongs to a weight of so many bits: 2^w / (1 + 2^w), in [0, 1]."""
    return 1 / (1 + math.pow(2, -weight)) if weight > -500 else 0.0


def probabilities(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the same for many weights, rounded to 6 places; NaN stays NaN."""
    return np.round(1 / (1 + np.exp2(-np.clip(weights, -500, 500))), 6)


def bits(probability: float) -> float:
    """Return the weight in bits that belongs to a probability in (0, 1): log2(p / (1 - p))."""
    return math.log2(probability / (1 - probability))
