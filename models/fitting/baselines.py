"""The two simpler models that stand beside every model: one rule that fits in a sentence, and a logistic regression."""

import numpy as np

from models.matrices import Matrix
from models.resampling import Floats

SIMPLE_RULE = "simple_rule"
LOGISTIC_REGRESSION = "logistic_regression"


def rule_scores(numbers: Floats, *, highest_first: bool) -> Floats:
    """Return scores that order people by one indicator, highest (or lowest) first; no number comes last.

    Many people are level. `ranking` gives what a shuffle of those who are level would give on average, exactly.

    Args:
        numbers: the indicator, one a row; NaN is no number.
        highest_first: False puts the lowest number first.
    """
    scores = numbers if highest_first else -numbers
    return np.asarray(np.where(np.isnan(numbers), -np.inf, scores), dtype=np.float64)


def logistic_margins(train: Matrix, others: tuple[Matrix, ...], *, seed: int) -> tuple[Floats, ...]:
    """Fit a logistic regression on `train` and return the log-odds for each of `others`.

    A missing number becomes the median of `train`, with a yes/no column beside it that says it was missing; columns are
    scaled to mean 0 and deviation 1; penalty L2 with C = 1. Solved by Newton's method to the last digits, so that the
    result does not hang on how many threads added the sums.

    Args:
        train: rows with outcomes.
        others: rows to answer for.
        seed: kept for the record; the solver draws nothing.
    """
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pipeline = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-10, max_iter=200, random_state=seed),
    )
    pipeline.fit(train.values, train.outcomes)
    return tuple(np.asarray(pipeline.decision_function(one.values), dtype=np.float64) for one in others)
