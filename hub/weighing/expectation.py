"""How often records of one person stand at each level: m, learnt by expectation and maximisation (EM).

Two sets of pairs teach, one after the other: pairs with one birthday teach all but the birthday, pairs with the same
names all but the names. In turn each pair is given the probability p that it is one person, under m and u as they
stand, and m and the prior are counted anew, each pair counting by p; u stays as it is (weighing.chance). What both sets
teach is the mean of the two. (Fellegi and Sunter 1969; Winkler 2000; Splink learns in the same way.)

Each set also says how many pairs are one person: the share p of its pairs, for all its pairs, over the share of true
pairs that belong to it. That needs no pair that agrees to the letter in everything.

At most PAIRS pairs of a set are looked at: whole groups (all pairs of one birthday), drawn at random.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
from numpy.typing import NDArray

from hub.weighing import blocks, comparisons, patterns
from hub.weighing.comparisons import COMPARISONS, Learnt
from hub.weighing.patterns import Patterns, Shares

PAIRS = 300_000
_ROUNDS = 50
_SETTLED = 0.0001
_SURE = 0.9
_LEAST = 0.0002
# A level that was not seen among the pairs learnt from is rare, not impossible.


@dataclass(frozen=True, slots=True)
class Taught:
    """What the two sets teach.

    Attributes:
        m: of each level of each comparison, in [0.0002, 1].
        inside: for each set, by what its pairs agree in, how many of its pairs are one person.
    """

    m: dict[str, dict[str, float]]
    inside: Mapping[tuple[str, ...], float]


def learn(connection: duckdb.DuckDBPyConnection, shares: Learnt, prior: float) -> Taught:
    """Return m of each level of each comparison of `shares`, and how many pairs of each set are one person.

    Args:
        connection: holds the table `record`.
        shares: m to begin with, and u.
        prior: the probability that two random records are one person, in (0, 1).
    """
    columns = tuple(shares.m)
    m, u = patterns.arrays(shares.m, columns), patterns.arrays(shares.u, columns)
    taught: dict[str, list[NDArray[np.float64]]] = {name: [] for name in columns}
    inside: dict[tuple[str, ...], float] = {}
    for agreed, rule in comparisons.LEARNT_FROM.items():
        if not set(agreed) <= set(columns):
            continue
        others = [name for name in columns if name not in agreed]
        if not others:
            continue  # there is nothing by which to tell one person from strangers
        drawn, all_of_them = _pairs(connection, rule)
        found = patterns.count(connection, others, drawn, by_frequency=True)
        if not len(found.pairs):
            continue
        odds = prior / (1 - prior)
        for name in agreed:
            same = comparisons.label_number(name, "the same")
            odds *= m[name][same] / u[name][same]
        values_of, share = settled(found, m, u, odds / (1 + odds))
        inside[tuple(agreed)] = all_of_them * _sure(found, m | values_of, u, share)
        for name, values in values_of.items():
            taught[name].append(values)
            m[name] = _mean(taught[name], m[name])
    learnt = {
        name: {label: min(max(round(share, 9), _LEAST), 1.0) for label, share in levels.items()}
        for name, levels in patterns.labelled(m).items()
    }
    return Taught(learnt, inside)


def settled(found: Patterns, m: Shares, u: Shares, prior: float) -> tuple[dict[str, NDArray[np.float64]], float]:
    """Return m and the share of these pairs that are one person, when they change no more or after 50 rounds.

    m is NaN at a level that no pair stands at.

    Args:
        found: the pairs.
        m: to begin with.
        u: stays as it is.
        prior: the probability, to begin with, that one of these pairs is one person.
    """
    m = {name: m[name] for name in found.levels}
    seen = {name: found.at_levels(name, np.ones(len(found.pairs))) > 0 for name in m}
    for _ in range(_ROUNDS):
        odds = found.odds(m, u, prior)
        weights = found.pairs * odds / (1 + odds)
        after = {name: _counted(name, found.at_levels(name, weights), m[name]) for name in m}
        least = 1e-12
        share = min(max(float(weights.sum() / found.pairs.sum()), least), 1 - least)
        change = max(float(np.max(np.abs(after[name] - m[name]))) for name in m) if m else 0.0
        change, m, prior = max(change, abs(share - prior)), after, share
        if change < _SETTLED:
            break
    return {name: np.where(seen[name], values, np.nan) for name, values in m.items()}, prior


def _sure(found: Patterns, m: Shares, u: Shares, prior: float) -> float:
    """Return the share of the pairs that are one person beyond doubt, by their probability.

    Where nobody is in both files, what is learnt fits the accidents among strangers: many a little, none surely.
    """
    known = {name: np.where(np.isnan(m[name]), _LEAST, m[name]) for name in found.levels}
    odds = found.odds(known, u, prior)
    sure = odds / (1 + odds) >= _SURE
    return float((found.pairs * sure * odds / (1 + odds)).sum() / found.pairs.sum())


def _counted(name: str, weights: NDArray[np.float64], before: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return shares from weights; what is not learnt, and the place of "nothing is known", stay as they were."""
    fixed = [label == "null" or (name, label) in comparisons.M_NOT_LEARNT for label, *_ in COMPARISONS[name]]
    total = weights.sum()
    return np.where(fixed, before, weights / total) if total > 0 else before


def _mean(taught: Sequence[NDArray[np.float64]], before: NDArray[np.float64]) -> NDArray[np.float64]:
    known = ~np.isnan(taught)
    times = known.sum(axis=0)
    return np.where(times > 0, np.where(known, taught, 0.0).sum(axis=0) / np.maximum(times, 1), before)


def _pairs(connection: duckdb.DuckDBPyConnection, rule: str) -> tuple[str, int]:
    """Return SQL that follows FROM, and how many pairs the rule has.

    It names the pairs `l` and `r` of the rule, or those of groups drawn at random.
    """
    groups = blocks.groups(rule)
    [(all_of_them,)] = connection.execute(f"SELECT coalesce(sum(pairs), 0)::BIGINT FROM ({groups})").fetchall()
    if all_of_them <= PAIRS:
        return f"record l JOIN record r ON {rule} AND l.number < r.number", int(all_of_them)
    keys, _ = blocks.keys(rule)
    drawn = f"""(
        SELECT l.* FROM record l WHERE hash({", ".join(keys)}) IN (
            SELECT value FROM (
                SELECT value, sum(pairs) OVER (ORDER BY hash(value), value) AS so_far
                FROM ({groups}) WHERE pairs <= {PAIRS}
            ) WHERE so_far <= {PAIRS}
        )
    )"""
    return f"{drawn} l JOIN {drawn} r ON {rule} AND l.number < r.number", int(all_of_them)
