"""LightGBM's candidates: parameters that are declared here, and what every one of them is given.

Expected directions. Where an indicator declares `direction: raises` (or `lowers`), the model may only raise (or lower)
the probability as that indicator grows; `unknown` is left free. This is decided for the people who must approve and
explain the model: a reason such as "one more missed day lowers the probability" is never shown, two children who differ
in one strength are never ordered against common sense by noise, and what reviewers read in the catalogue is what the
model does. The price is stated, not hidden: the chosen candidate is trained once more without directions and both
figures on `choose` are in the record. Where the price is high a declared direction is wrong, and the catalogue must
change, not the model. LightGBM's `basic` method is used: the finer ones have known violations. "No number" stays a
value of its own: a tree may send it either way.

Binning is the same for every candidate, so that rows are binned once and every candidate grows on the same bins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from features.declarations.catalogue import Direction, Indicator

MOST_ROUNDS = 600
PATIENCE = 40

COMMON: dict[str, Any] = {
    "objective": "binary",
    "metric": "binary_logloss",
    "boosting": "gbdt",
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
    "max_bin": 255,
    "feature_pre_filter": False,
    "monotone_constraints_method": "basic",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One declared set of parameters."""

    name: str
    plain: str
    parameters: dict[str, Any]


CANDIDATES = (
    Candidate(
        "one_indicator_a_step",
        "adds up indicators one by one, without combinations",
        {"num_leaves": 2, "learning_rate": 0.15, "min_data_in_leaf": 40},
    ),
    Candidate(
        "small_trees",
        "small trees: combinations of a few indicators",
        {"num_leaves": 7, "learning_rate": 0.06, "min_data_in_leaf": 40, "lambda_l2": 1.0},
    ),
    Candidate(
        "middle_trees",
        "middle trees that each see four fifths of indicators and rows",
        {
            "num_leaves": 15,
            "learning_rate": 0.05,
            "min_data_in_leaf": 60,
            "lambda_l2": 5.0,
            "feature_fraction": 0.8,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
        },
    ),
    Candidate(
        "larger_trees",
        "larger trees, held back by many rows a leaf",
        {
            "num_leaves": 31,
            "learning_rate": 0.04,
            "min_data_in_leaf": 100,
            "lambda_l2": 10.0,
            "feature_fraction": 0.6,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
        },
    ),
)
"""All candidates that are tried, simplest first."""


def directions(indicators: Sequence[Indicator]) -> list[int]:
    """Return 1, -1 or 0 per indicator: its declared direction raises, lowers or is unknown."""
    sign = {Direction.RAISES: 1, Direction.LOWERS: -1, Direction.UNKNOWN: 0}
    return [sign[indicator.direction] for indicator in indicators]


def parameters_of(candidate: Candidate, constraints: Sequence[int], seed: int) -> dict[str, Any]:
    """Return all parameters that LightGBM is given for a candidate."""
    return {**COMMON, **candidate.parameters, "seed": seed, "monotone_constraints": list(constraints)}
