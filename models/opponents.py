"""The simpler ways that stand beside every model: their names, and what they are called in a sentence."""

from collections.abc import Mapping

PREVALENCE = "prevalence"
BEST_INDICATOR = "best_indicator"
SIMPLE_RULE = "simple_rule"
LOGISTIC_REGRESSION = "logistic_regression"
POINTS_CARD = "points_card"

WORDS: Mapping[str, str] = {
    SIMPLE_RULE: "the simple rule",
    BEST_INDICATOR: "the best single indicator",
    POINTS_CARD: "the card of points",
    LOGISTIC_REGRESSION: "the logistic regression",
    PREVALENCE: "places by lot",
}
"""In the middle of a sentence, in the order in which they are told."""

OPPONENTS = tuple(WORDS)
"""Whom a model must beat, each with a verdict of its own; a model that is one of them is not held against itself."""
