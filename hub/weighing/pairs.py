"""What a pair of records of one person looks like, as learnt from the records themselves; see linking.pair_table."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from hub.weighing import chance, comparisons, expectation, identifiers, siblings
from hub.weighing.comparisons import Learnt

_ENOUGH_TO_LEARN = 100
_EXACTLY = ("given_name", "family_name", "date_of_birth")
_LEAST_RECALL = 0.05
_GUESSED = 0.02
# Before anything is learnt, at least one record in fifty is thought to have another one of its person.
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
class PairModel:
    """What was learnt about pairs.

    Attributes:
        compared: the comparisons made.
        learnt: whether the shares were learnt from these records; else they are the starting values.
        true_pairs: how many pairs are thought to be one person.
        sibling_ratio: family pairs for one true pair.
        prior: the probability that two random records are one person, in (0, 1).
        shares: m and u of each level.
        doubtful: kinds of identifiers of which one person may have two.
        bounded: what was learnt and is out of plausible bounds, in plain words.
        ways: how many pairs are one person, by each way of estimating it; where there is one, that by birthdays is
            taken.
    """

    compared: tuple[str, ...]
    learnt: bool
    true_pairs: float
    sibling_ratio: siblings.Ratio
    prior: float
    shares: Learnt
    doubtful: tuple[str, ...] = ()
    bounded: tuple[str, ...] = ()
    ways: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form, for reviewers."""
        return {
            "compared": list(self.compared),
            "learnt": self.learnt,
            "true_pairs": round(self.true_pairs),
            "true_pairs_by": {way: round(pairs) for way, pairs in self.ways.items()},
            "sibling_ratio": round(self.sibling_ratio.siblings, 4),
            "parent_ratio": round(self.sibling_ratio.parents, 4),
            "doubtful_identifiers": list(self.doubtful),
            "out_of_bounds": list(self.bounded),
            "m": {name: dict(levels) for name, levels in self.shares.m.items()},
            "u": {name: dict(levels) for name, levels in self.shares.u.items()},
        }


def compared(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Return the comparisons for which at least two records hold something."""
    counts = ", ".join(f"count(*) FILTER ({condition})" for condition in _RECORDED.values())
    [row] = connection.execute(f"SELECT {counts} FROM record").fetchall()
    return tuple(name for name, count in zip(_RECORDED, row, strict=True) if count > 1)


def learn(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> PairModel:
    """Learn from the records what a pair of one person looks like.

    Args:
        connection: holds the table `record`.
        columns: the comparisons to make.
    """
    [(records, exact, apart)] = connection.execute(_EXACT).fetchall()
    recorded = _recorded(connection)
    start = comparisons.starting_values(columns, 0.5)
    true_pairs = max(exact, 1) / _share_in(_EXACTLY, start, recorded)
    prior = min(true_pairs / apart, 0.5)
    shares = comparisons.starting_values(columns, prior)
    sample = chance.PairSample(connection, columns)
    shares = replace(shares, u=comparisons.capped(sample.shares(shares, prior), prior, shares.m))
    trusted = identifiers.Trust((), {})
    teachable = {name: levels for name, levels in shares.m.items() if name not in comparisons.NOT_LEARNT}
    guess = min(max(prior, _GUESSED * records / apart), 0.5)
    learnt = expectation.learn(connection, replace(shares, m=teachable), guess)
    ways = {"exact": float(exact)} | {" and ".join(agreed): many for agreed, many in learnt.inside.items()}
    # Among pairs of the same names there are strangers in plenty; they count only where no birthday tells them apart.
    sure = [way for way in ways if way != "given_name and family_name" or "date_of_birth" not in ways]
    enough = max(ways[way] for way in sure) >= _ENOUGH_TO_LEARN
    if enough:
        taught = learnt.m
        if "identifiers" in columns:
            trusted = identifiers.trust(connection, shares.m["identifiers"])
            taught["identifiers"] = trusted.shares
        bounded_m, _ = comparisons.plausible(Learnt(taught, shares.u))
        shares_in = {"exact": _share_in(_EXACTLY, bounded_m, recorded)}
        shares_in |= {" and ".join(agreed): _share_in(agreed, bounded_m, recorded) for agreed in learnt.inside}
        ways = {way: many / shares_in[way] for way, many in ways.items()}
        born = ways.get("date_of_birth", 0.0)
        true_pairs = born if born >= _ENOUGH_TO_LEARN else max(ways[way] for way in sure)
        prior = min(true_pairs / apart, 0.5)
        family = siblings.ratio(connection, true_pairs, taught.get("place"))
        shares = replace(shares, m=siblings.relearnt(connection, taught, family, true_pairs))
        shares = replace(shares, u=comparisons.capped(sample.shares(shares, prior), prior, shares.m))
    shares, bounded = comparisons.plausible(shares)
    return PairModel(
        tuple(columns),
        enough,
        true_pairs,
        siblings.ratio(connection, true_pairs, shares.m.get("place")),
        prior,
        shares,
        trusted.doubtful + identifiers.doubtful_birthdays(shares.m),
        tuple(bounded),
        ways if enough else {},
    )


def _share_in(agreed: Sequence[str], shares: Learnt, recorded: Mapping[str, float]) -> float:
    """Return the share of true pairs that agree to the letter in all of these, errors being independent."""
    known = [name for name in agreed if name in shares.m]
    return max(math.prod(shares.m[name]["the same"] * recorded[name] for name in known), _LEAST_RECALL)


_EXACT = """
    SELECT (SELECT count(*) FROM record),
           (SELECT count(*) FROM record l JOIN record r
            ON l.given_name = r.given_name AND l.family_name = r.family_name AND l.date_of_birth = r.date_of_birth
            AND l.number < r.number AND l.exclusive <> r.exclusive),
           (SELECT greatest((sum(held) * sum(held) - sum(held * held)) / 2, 1)
            FROM (SELECT count(*)::DOUBLE AS held FROM record GROUP BY exclusive))
"""


def _recorded(connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Return for names and birthday the share of pairs of which both hold it, as far as it is recorded at all."""
    counts = ", ".join(f"greatest(count({name}), 1) / greatest(count(*), 1)" for name in _EXACTLY)
    [row] = connection.execute(f"SELECT {counts} FROM record").fetchall()
    return {name: float(share) ** 2 if share > 0.05 else 1.0 for name, share in zip(_EXACTLY, row, strict=True)}


def probability(weight: float) -> float:
    """Return the probability that belongs to a weight of so many bits: 2^w / (1 + 2^w), in [0, 1]."""
    return 1 / (1 + math.pow(2, -weight)) if weight > -500 else 0.0


def probabilities(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the same for many weights, rounded to 6 places; NaN stays NaN."""
    return np.round(1 / (1 + np.exp2(-np.clip(weights, -500, 500))), 6)


def bits(probability: float) -> float:
    """Return the weight in bits that belongs to a probability in (0, 1): log2(p / (1 - p))."""
    return math.log2(probability / (1 - probability))
