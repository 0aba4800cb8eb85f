"""What a score stands on, in sentences that a child, a parent and a practitioner can read.

    raised, lowered = reasons(indicators, values, contributions)
    raised[0]    # "Times recorded by police as a victim in the past year: 3 — makes an offer of help more likely"
    lowered[0]   # "Share of school days attended this term: 96 % — makes an offer of help less likely"

Nothing heavy is imported here: the scoring service uses the same sentences.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.declarations.catalogue import Indicator

SMALLEST_SHARE = 0.01
"""A contribution below this share of all contributions of the row, by size, is not worth a sentence."""

_MORE_LIKELY = "makes an offer of help more likely"
_LESS_LIKELY = "makes an offer of help less likely"
YES_OR_NO = frozenset({"yes/no", "yes or no"})
"""Units of indicators that are either so or not."""

_PLAIN_NUMBERS = frozenset({"times", "number", "count"})


@dataclass(frozen=True, slots=True)
class Reason:
    """One indicator of one row that raised or lowered the score.

    Attributes:
        indicator: which one.
        value: its number; NaN when there is none.
        contribution: what it added to the log-odds before calibration (its SHAP value).
    """

    indicator: Indicator
    value: float
    contribution: float

    @property
    def sentence(self) -> str:
        """The sentence that people read."""
        return self.told_as(in_words(self.indicator, self.value))

    def told_as(self, words: str) -> str:
        """Return the sentence with `words` in place of the exact number."""
        effect = _MORE_LIKELY if self.contribution > 0 else _LESS_LIKELY
        return f"{sentence_start(self.indicator)}: {words} — {effect}"


def ranked(
    indicators: Sequence[Indicator], values: npt.NDArray[np.float64], contributions: npt.NDArray[np.float64]
) -> tuple[Reason, ...]:
    """Return the indicators worth a sentence, largest contribution first, whichever way it goes.

    Args:
        indicators: in the order of the matrix's columns.
        values: the numbers of one row, shape (indicators,); NaN is no number.
        contributions: the SHAP values of the row, shape (indicators,) or with the base value after them.

    Raises:
        ValueError: the shapes do not belong together.
    """
    count = len(indicators)
    if values.shape != (count,) or contributions.shape not in {(count,), (count + 1,)}:
        raise ValueError(f"one value and one contribution are needed for each of {count} indicators")
    found = [
        Reason(indicator, float(value), float(contribution))
        for indicator, value, contribution in zip(indicators, values, contributions[:count], strict=True)
    ]
    least = SMALLEST_SHARE * sum(abs(one.contribution) for one in found)
    worth = (one for one in found if one.contribution != 0 and abs(one.contribution) >= least)
    return tuple(sorted(worth, key=lambda one: -abs(one.contribution)))


def reasons(
    indicators: Sequence[Indicator],
    values: npt.NDArray[np.float64],
    contributions: npt.NDArray[np.float64],
    *,
    top: int = 3,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what raised the score and what lowered it, strongest first, at most `top` sentences each.

    See `ranked` for the arguments. What lowers is told beside what raises, so that strengths are seen too.
    """
    raised, lowered = strongest(indicators, values, contributions, top=top)
    return tuple(one.sentence for one in raised), tuple(one.sentence for one in lowered)


def strongest(
    indicators: Sequence[Indicator],
    values: npt.NDArray[np.float64],
    contributions: npt.NDArray[np.float64],
    *,
    top: int = 3,
) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """Return what raised the score and what lowered it, strongest first, at most `top` each; see `ranked`."""
    found = ranked(indicators, values, contributions)
    raised = tuple(one for one in found if one.contribution > 0)
    lowered = tuple(one for one in found if one.contribution < 0)
    return raised[:top], lowered[:top]


def sentence_start(indicator: Indicator) -> str:
    """Return the indicator's plain words as the beginning of a sentence, without a full stop."""
    return indicator.plain.rstrip(" .")


def is_share(indicator: Indicator) -> bool:
    """Say whether an indicator is a share between 0 and 1, which people read as a percentage."""
    return indicator.unit.lower().startswith("share")


def as_told(indicator: Indicator, numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return numbers as exact as `in_words` tells them: shares to a hundredth, others to a tenth."""
    return np.round(numbers, 2 if is_share(indicator) else 1)


def in_words(indicator: Indicator, value: float) -> str:
    """Return one number of an indicator in words: with its unit, "yes" or "no", or what it means that there is none."""
    if math.isnan(value):
        meaning = indicator.missing.rstrip(" .")
        return f"no number ({meaning[:1].lower() + meaning[1:] if meaning[1:2].islower() else meaning})"
    if indicator.unit in YES_OR_NO:
        return "yes" if value > 0 else "no"
    if is_share(indicator):
        return f"{round(value, 2) * 100:.0f} %"
    value = round(value, 1)
    number = f"{value:,.0f}" if value.is_integer() else f"{value:,.1f}"
    if indicator.unit in _PLAIN_NUMBERS or indicator.unit.lower() in indicator.plain.lower():
        return number
    unit = indicator.unit[:-1] if value == 1 and indicator.unit.endswith("s") else indicator.unit
    return f"{number} {unit}"
