"""How much of a model must change: nothing, its level, its level and spread, or everything, by a closed test.

    found = closed_test(log_odds, outcomes, matrix.families, contributions)
    found.step                                  # LadderStep.INTERCEPT
    found.why                                   # in words, with the figures of each test

**The ladder.** Vergouwe et al. (Stat Med 2017;36:4529-39). Each step is held against the full revision, at 5 %:

| test | what it supposes | when it is not rejected |
|---|---|---|
| 1 | the old log-odds are right | nothing is changed |
| 2 | they are right but for their level | the intercept is fitted anew |
| 3 | they are right but for level and spread | intercept and slope are fitted anew |
| - | | the model is fitted anew |

The first that is not rejected ends it. Each supposition holds whenever an earlier one does, so a test of each at 5 %
keeps the chance of any step too far at 5 %, without a correction for asking three times (Marcus, Peritz, Gabriel 1976).

**The full revision of trees.** For a regression Vergouwe fits a coefficient for every indicator anew. What an indicator
adds to the log-odds of trees is its contribution (Shapley value); a regression's contribution is its coefficient times
the indicator. So the full revision gives each contribution a coefficient of its own, which for a regression is
Vergouwe's. Contributions sum to the log-odds, so every lower step lies inside it. Nothing was learned from these
outcomes, so nothing need be held out. What it cannot see is an indicator that the old trees never used.

Only the contributions that move the log-odds most have a coefficient of their own, at most `MOST_TERMS` and one for ten
families with the outcome; the others share one. Which they are hangs on no outcome, so the 5 % are kept. Further ones
would hardly move a probability, and each dilutes the test.

**Families.** The likelihood-ratio test takes rows as strangers. Brothers and sisters are not, nor is a child on two
dates: with an intra-family correlation of 0.7 and two dates it changes more than half of the models that are right
(`make bench-models.ladder`). So Rao's score form of the same test is taken, with the distribution of Rao and Scott: a
sum of lambda times chi-squared, where the lambda are the eigenvalues of (variance that families show) / (variance of
strangers), by Satterthwaite's two moments (Ann Stat 1984;12:46-60; with scores: Rao, Scott and Skinner, Stat Sinica
1998;8:1059-70). It needs no fit of the full revision, and so cannot fail to converge. Without ties between rows the
lambda are 1 and it is the ordinary test. The sandwich alone was tried: with 140 rows with the outcome it changed 7 to
11 % of models that are right, since so few outcomes make its variance go with their number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from models.measuring import calibration
from models.resampling import Codes, Floats, codes
from models.splits import NotEnoughError

ERROR = 0.05
"""Chance of a step too far."""
MOST_TERMS = 10
"""Most contributions with a coefficient of their own."""
FAMILIES_A_TERM = 10
"""So many families with the outcome, and without, for each coefficient (Peduzzi et al. 1996, in families)."""
FEWEST_FAMILIES = 20
"""Fewer with the outcome, or without: nothing is tested."""
_OWN_PART = 1e-6
_DECIMALS = 6


class LadderStep(StrEnum):
    """What an update changes, least first."""

    NOTHING = "nothing"
    INTERCEPT = "intercept"
    SLOPE = "slope"
    REFIT = "refit"


_SUPPOSES = {
    LadderStep.NOTHING: "that nothing need change",
    LadderStep.INTERCEPT: "that the level alone need change",
    LadderStep.SLOPE: "that level and spread alone need change",
}


@dataclass(frozen=True, slots=True)
class LadderTest:
    """One step held against the full revision.

    Attributes:
        step: what it supposes is enough.
        statistic: Rao's score statistic, as of strangers; 0 or more.
        degrees: coefficients that the full revision has and the step has not.
        design_effect: mean of the lambda: how many times the variance of strangers families have; 1 without families.
        p: chance of so large a statistic where the step is enough, 0 to 1.
        rejected: whether `p` is below 5 %.
    """

    step: LadderStep
    statistic: float
    degrees: int
    design_effect: float
    p: float

    @property
    def rejected(self) -> bool:
        """Whether the step is not enough."""
        return self.p < ERROR

    def text(self) -> str:
        """Return it in words, with its figures."""
        said = "is rejected" if self.rejected else "is not rejected"
        p = "below 0.001" if self.p < 0.001 else f"{self.p:.3f}"
        return f"{_SUPPOSES[self.step]} {said} (p {p}, {self.degrees} coefficients)"


@dataclass(frozen=True, slots=True)
class ClosedTest:
    """What the ladder ends at.

    Attributes:
        step: what need change.
        tests: those that were made, in order; none follows one that was not rejected.
        rows: rows that it looked at.
        families: families of them.
        families_with_outcome: those with a row that has the outcome.
        terms: contributions with a coefficient of their own in the full revision.
    """

    step: LadderStep
    tests: tuple[LadderTest, ...]
    rows: int
    families: int
    families_with_outcome: int
    terms: int

    @property
    def why(self) -> str:
        """In a sentence: which tests led here, with their figures."""
        asked = "; ".join(one.text() for one in self.tests)
        return (
            f"Of {self.rows:,} rows of {self.families:,} families ({self.families_with_outcome:,} with the outcome): "
            f"{asked}."
        )


def closed_test(log_odds: Floats, outcomes: Floats, families: Codes, contributions: Floats) -> ClosedTest:
    """Say which step of the ladder is enough for these rows.

    Args:
        log_odds: the old model's, after its calibration; one a row.
        outcomes: 0 or 1, one a row; nothing in the model was learned from them.
        families: one code a row, equal for rows of one family; all dates of a child are of one.
        contributions: what each indicator adds to the log-odds, shape (rows, indicators), on any scale.

    Raises:
        NotEnoughError: fewer than 20 families have the outcome (or are without), or the old log-odds part those with
            the outcome from those without, so that no slope can be fitted.
    """
    whose = codes(families)
    counts = [len(np.unique(whose[outcomes == one])) for one in (1.0, 0.0)]
    for many, words in zip(counts, ("with", "without"), strict=True):
        if many < FEWEST_FAMILIES:
            raise NotEnoughError(
                f"{many} families have rows {words} the outcome; {FEWEST_FAMILIES} are needed to say whether a model "
                "must change.",
                "Widen `choose` in the use case's split, or wait for a later snapshot.",
            )
    limit = max(0, min(MOST_TERMS, min(counts) // FAMILIES_A_TERM - 2))
    own, spread = largest(contributions, limit), log_odds[:, None]
    design = _independent(np.ones((len(log_odds), 1)), spread, own)
    slopes = _independent(np.ones((len(log_odds), 1)), spread).shape[1]
    kept = {LadderStep.NOTHING: 0, LadderStep.INTERCEPT: 1, LadderStep.SLOPE: slopes}
    tests: list[LadderTest] = []
    for step, count in kept.items():
        tests.append(_score_test(step, _fitted(step, log_odds, outcomes), outcomes, whose, design, count))
        if not tests[-1].rejected:
            break
    terms = design.shape[1] - slopes
    return ClosedTest(ends_at(tests), tuple(tests), len(outcomes), int(whose.max()) + 1, counts[0], terms)


def ends_at(tests: Sequence[LadderTest]) -> LadderStep:
    """Return the step of the first test that is not rejected; where all are, the model is fitted anew."""
    return next((one.step for one in tests if not one.rejected), LadderStep.REFIT)


def largest(contributions: Floats, most: int) -> Floats:
    """Return the columns that vary most, at most so many; of equal ones the first. Shape (rows, up to `most`)."""
    order = np.argsort(-contributions.std(axis=0), kind="stable")
    return contributions[:, np.sort(order[:most])]


def _independent(*columns: Floats) -> Floats:
    """Return the columns that are no sum of earlier ones, each made orthogonal to them and of length sqrt(rows)."""
    found: list[Floats] = []
    for column in np.hstack(columns).T:
        rest = column.astype(np.float64)
        for _ in range(2):  # once more for what rounding left
            for one in found:
                rest = rest - one * (one @ rest / len(rest))
        size = float(np.sqrt(np.mean(rest**2)))
        if size > _OWN_PART * float(np.sqrt(np.mean(column**2))):
            found.append(rest / size)
    return np.column_stack(found)


def _fitted(step: LadderStep, log_odds: Floats, outcomes: Floats) -> Floats:
    """Return the probabilities of the old model with `step` fitted to the outcomes by maximum likelihood.

    Raises:
        NotEnoughError: the fit does not converge.
    """
    ones = np.ones((1, len(outcomes)))
    slope, level = np.ones(1), np.zeros(1)
    if step is LadderStep.INTERCEPT or (step is LadderStep.SLOPE and not np.ptp(log_odds)):
        level = calibration.shift(log_odds, outcomes, ones)
    elif step is LadderStep.SLOPE:
        slope, level = calibration.line(log_odds, outcomes, ones)
    if not np.isfinite(slope[0] + level[0]):
        raise NotEnoughError(
            "The old model parts those with the outcome from those without, so that no slope can be fitted.",
            "Widen `choose` in the use case's split.",
        )
    return calibration.sigmoid(slope[0] * log_odds + level[0])


def _score_test(
    step: LadderStep, probabilities: Floats, outcomes: Floats, families: Codes, design: Floats, kept: int
) -> LadderTest:
    """Test the columns of `design` after the first `kept`, which `probabilities` are already fitted with.

    Formula: with e = y - p, w = p(1 - p) and Z the tested columns less their w-regression on the kept ones: U = Z'e,
    A = Z'WZ, B = sum over families of (Z_f'e_f)(Z_f'e_f)', T = U'A^-1 U, lambda the eigenvalues of A^-1 B, and
    T sum(lambda) / sum(lambda^2) is chi-squared with sum(lambda)^2 / sum(lambda^2) degrees of freedom.
    """
    from scipy.linalg import eigh
    from scipy.special import gammaincc

    weights = probabilities * (1 - probabilities)
    nuisance, tested = design[:, :kept], design[:, kept:]
    if not tested.shape[1]:
        return LadderTest(step, 0.0, 0, 1.0, 1.0)
    if kept:
        weighted = nuisance * weights[:, None]
        tested = tested - nuisance @ np.linalg.solve(weighted.T @ nuisance, weighted.T @ tested)
    scores = tested * (outcomes - probabilities)[:, None]
    by_family = np.zeros((int(families.max()) + 1, tested.shape[1]))
    np.add.at(by_family, families, scores)
    alone = (tested * weights[:, None]).T @ tested
    total = by_family.sum(axis=0)
    statistic = float(total @ np.linalg.solve(alone, total))
    spread = np.maximum(eigh(by_family.T @ by_family, alone, eigvals_only=True), 0.0)
    first, second = float(spread.sum()), float((spread**2).sum())
    p = float(gammaincc(first**2 / second / 2, statistic * first / second / 2))
    return LadderTest(
        step,
        round(statistic, _DECIMALS),
        tested.shape[1],
        round(first / tested.shape[1], _DECIMALS),
        round(p, _DECIMALS),
    )
