"""Which calibration: Platt scaling, isotonic regression or Venn-Abers predictors, chosen on later data.

    chosen = choose(margins, choose_rows.outcomes, choose_rows.families, seed=0)
    chosen.calibration                     # fitted on all of `choose`
    chosen.record                          # what each would have lost on families that it had not seen

The dates of `choose` come after those that a model learned from. Each method is fitted on four fifths of its families
and judged on the others, in turn; the simplest within one standard error of the lowest mean log loss is taken. Most
outcomes are rare, and there Platt's two numbers are hard to beat; where probabilities are bent in a way that no line
mends and there are people enough to show it, one of the others is taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.optimize import isotonic_regression

from models.measuring.calibration import (
    SMALLEST_SLOPE,
    Bend,
    Calibration,
    CalibrationMethod,
    line,
    logit,
    shift,
)
from models.measuring.metrics import SMALLEST_CLASS
from models.resampling import Codes, Floats, bootstrap, codes

FOLDS = 5
"""Parts of the families: each is judged by what was fitted on the others."""
_MOST_LEVELS = 100
# The last bits of a sum depend on how many threads added it; ten decimals do not.
_DECIMALS, _LEVEL_DECIMALS = 10, 8
BY = "the simplest within one standard error of the lowest log loss on families of choose that it was not fitted on"
ALL_LEVEL = "all have one margin"
TOO_FEW = f"fewer than {SMALLEST_CLASS} families have (or lack) the outcome: too few to compare the methods"


@dataclass(frozen=True, slots=True)
class ChosenCalibration:
    """A calibration, and how it was chosen."""

    calibration: Calibration
    record: Mapping[str, Any]


def choose(margins: Floats, outcomes: Floats, families: Codes, *, seed: int) -> ChosenCalibration:
    """Choose a method and fit it on all rows.

    Args:
        margins: raw scores (log-odds) of the `choose` rows.
        outcomes: 0 or 1, same shape; both occur.
        families: a code per family, one a row.
        seed: of which families are held out together, and of the resamples.
    """
    platt = fit(margins, outcomes)
    draw = np.random.Generator(np.random.PCG64(seed))
    whose = codes(families)
    part = draw.permutation(int(whose.max()) + 1)[whose] % FOLDS
    few = min(len(np.unique(whose[outcomes == one])) for one in (0, 1)) < SMALLEST_CLASS
    if few or np.ptp(margins) == 0:
        why = TOO_FEW if few else ALL_LEVEL
        return ChosenCalibration(platt, {"chosen": platt.method.value, "by": why, "tried": []})
    losses = {method: _losses(margins, outcomes, part, method) for method in CalibrationMethod}
    best = min(losses, key=lambda method: float(losses[method].mean()))
    more = {method.value: loss - losses[best] for method, loss in losses.items()}
    within = [method for method in CalibrationMethod if more[method].mean() <= _standard_error(more[method], whose)]
    of_families = {name: np.bincount(whose, weights=one).astype(np.float64) for name, one in more.items()}
    figures = bootstrap(partial(_means, of_families, np.bincount(whose)), np.arange(whose.max() + 1), seed=seed)
    tried = [
        {
            "method": method.value,
            "log_loss": float(loss.mean()),
            "more_than_best": figures[method].stated(len(loss), "nobody is held out").as_json(),
        }
        for method, loss in losses.items()
    ]
    fitted = platt if within[0] is CalibrationMethod.PLATT else fit(margins, outcomes, within[0])
    return ChosenCalibration(fitted, {"chosen": within[0].value, "by": BY, "rows": len(margins), "tried": tried})


def _standard_error(values: Floats, families: Codes) -> float:
    """Return the standard error of a mean, rows of one family taken together."""
    by_family = np.bincount(families, weights=values - values.mean())
    return float(np.sqrt((by_family**2).sum())) / len(values)


def _means(sums: Mapping[str, Floats], rows: Codes, counts: Floats) -> dict[str, Floats]:
    return {name: counts @ one / (counts @ rows) for name, one in sums.items()}


def _losses(margins: Floats, outcomes: Floats, part: Codes, method: CalibrationMethod) -> Floats:
    """Return the log loss of each row, by what was fitted on the other parts, in nats."""
    found = np.empty(len(margins))
    for one in range(FOLDS):
        held = part == one
        log_odds = fit(margins[~held], outcomes[~held], method).log_odds(margins[held])
        found[held] = np.logaddexp(0.0, np.where(outcomes[held] > 0, -log_odds, log_odds))
    return found


def fit(margins: Floats, outcomes: Floats, method: CalibrationMethod = CalibrationMethod.PLATT) -> Calibration:
    """Fit a calibration by one method.

    Args:
        margins: raw scores (log-odds) of the `choose` rows.
        outcomes: 0 or 1, same shape; both occur.
        method: which.
    """
    if method is CalibrationMethod.PLATT:
        return _platt(margins, outcomes)
    at, with_outcome, rows = _levels(margins, outcomes)
    made = _isotonic if method is CalibrationMethod.ISOTONIC else _venn_abers
    log_odds = np.round(logit(made(with_outcome, rows)), _DECIMALS)
    start = np.flatnonzero(np.r_[True, np.diff(log_odds) > 0])
    centres = np.round(np.add.reduceat(at * rows, start) / np.add.reduceat(rows, start), _DECIMALS)
    return Calibration(1.0, 0.0, bend=Bend(method, tuple(centres.tolist()), tuple(log_odds[start].tolist())))


def _platt(margins: Floats, outcomes: Floats) -> Calibration:
    """Fit Platt scaling by maximum likelihood.

    Targets are (P+1)/(P+2) and 1/(N+2) in place of 1 and 0, with P and N the people with and without the outcome:
    Platt 1999, so that a perfect separation does not give certainties.
    """
    targets = _targets(outcomes)
    ones = np.ones((1, len(margins)))
    slope, intercept = (float(one[0]) for one in line(margins, targets, ones))
    if slope >= SMALLEST_SLOPE:
        return Calibration(round(slope, _DECIMALS), round(intercept, _DECIMALS))
    offset = float(shift(SMALLEST_SLOPE * margins, targets, ones)[0])
    if not np.isfinite(
        offset
    ):  # margins so far apart that no level fits them: half the rows stand on either side of it
        offset = float(logit(targets.mean()) - SMALLEST_SLOPE * np.median(margins))
    return Calibration(SMALLEST_SLOPE, round(offset, _DECIMALS), floored=True)


def _targets(outcomes: Floats) -> Floats:
    positives = float(outcomes.sum())
    negatives = len(outcomes) - positives
    return np.asarray(np.where(outcomes > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2)))


def _levels(margins: Floats, outcomes: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the mean margin, the rows with the outcome and all rows of each level, lowest first.

    A level is one margin, to eight decimals; where there are more than 100, it is a 100th of the rows.
    """
    margins = np.round(margins, _LEVEL_DECIMALS)
    values, level = np.unique(margins, return_inverse=True)
    if len(values) > _MOST_LEVELS:
        place = np.argsort(np.argsort(margins, kind="stable"), kind="stable")
        # Rows with one margin stay together: in the level of the first of them.
        first = np.full(len(values), _MOST_LEVELS)
        np.minimum.at(first, level, place * _MOST_LEVELS // len(margins))
        level = codes(first[level])
    rows = np.bincount(level).astype(np.float64)
    with_outcome = np.bincount(level, weights=outcomes).astype(np.float64)
    return np.bincount(level, weights=margins) / rows, with_outcome, rows


def _isotonic(with_outcome: Floats, rows: Floats) -> Floats:
    """Return the rising shares nearest to those of the levels, with Platt's targets in place of 0 and 1.

    With the centre of each block as its point, and lines between, it is centred isotonic regression (Oron and Flournoy
    2017): nobody whom the model tells apart becomes level.
    """
    positives, negatives = with_outcome.sum(), (rows - with_outcome).sum()
    shares = (with_outcome * (positives + 1) / (positives + 2) + (rows - with_outcome) / (negatives + 2)) / rows
    return np.asarray(isotonic_regression(shares, weights=rows).x, dtype=np.float64)


def _venn_abers(with_outcome: Floats, rows: Floats) -> Floats:
    """Return p1 / (1 - p0 + p1) of each level (Vovk and Petej 2014, inductive Venn-Abers predictors).

    p0 and p1 are the isotonic shares at the level when one row more stands there, without or with the outcome. Formula
    of a share: the largest, over levels at or before it, of the smallest, over levels at or after it, of the share of
    the rows between (Robertson, Wright and Dykstra 1988, theorem 1.4.4).
    """
    reached, everyone = (np.concatenate([[0.0], np.cumsum(one)]) for one in (with_outcome, rows))
    found = np.empty(len(rows))
    for at in range(len(rows)):
        # From a level at or before it to one at or after it: with one row more, these hold it.
        inside = reached[None, at + 1 :] - reached[: at + 1, None]
        all_rows = everyone[None, at + 1 :] - everyone[: at + 1, None] + 1
        p0, p1 = (float((one / all_rows).min(axis=1).max()) for one in (inside, inside + 1))
        found[at] = p1 / (1 - p0 + p1)
    return np.asarray(np.maximum.accumulate(found), dtype=np.float64)
