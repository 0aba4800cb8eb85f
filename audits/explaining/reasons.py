"""What a score stands on, in sentences that a child, a parent and a practitioner can read.

    raised, lowered = strongest(indicators, values, contributions, usual=bundle.usual)
    raised[0].sentence   # "Times recorded by police as a victim in the past year: 3 (usually 0 to 1) — makes an offer
                         # of help more likely, together with 2 further figures of the same records"

Figures of the same records (the same events, of the same people) say nearly the same, and which of them a model happens
to use is chance: they are one reason, which weighs what they add together. Its sentence tells the one that weighs most.

Nothing heavy is imported here: the scoring service uses the same sentences.
"""

import math
from collections.abc import Mapping, Sequence
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
        contribution: what it (and its companions) added to the log-odds before calibration (SHAP values).
        companions: other indicators of the same records that changed the score, too, whichever way.
        alike: how many of them changed it the same way.
        usual: between what numbers at least 8 in 10 are; None where that is not known.
    """

    indicator: Indicator
    value: float
    contribution: float
    companions: tuple[Indicator, ...] = ()
    alike: int = 0
    usual: tuple[float, float] | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources whose records it rests on."""
        return tuple(dict.fromkeys(name for one in (self.indicator, *self.companions) for name in one.sources))

    @property
    def window_days(self) -> int | None:
        """How many days before the date of looking its records go back; None where one of its figures has no limit."""
        windows = [one.window_days for one in (self.indicator, *self.companions)]
        known = [days for days in windows if days is not None]
        return max(known) if len(known) == len(windows) else None

    @property
    def sentence(self) -> str:
        """The sentence that people read."""
        return self.told_as(in_words(self.indicator, self.value) + self._beside_others())

    def told_as(self, words: str) -> str:
        """Return the sentence with `words` in place of the exact number."""
        effect = _MORE_LIKELY if self.contribution > 0 else _LESS_LIKELY
        return f"{sentence_start(self.indicator)}: {words} — {effect}{self._together()}"

    def _beside_others(self) -> str:
        if self.usual is None or self.indicator.unit in YES_OR_NO:
            return ""
        low, high = (in_words(self.indicator, one) for one in self.usual)
        return f" (usually {low if low == high else f'{low} to {high}'})"

    def _together(self) -> str:
        if not self.alike:
            return ""
        return f", together with {self.alike} further figure{'s' if self.alike > 1 else ''} of the same records"


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
    every = _each(indicators, values, contributions)
    return _worth(every, every)


def _each(
    indicators: Sequence[Indicator], values: npt.NDArray[np.float64], contributions: npt.NDArray[np.float64]
) -> list[Reason]:
    count = len(indicators)
    if values.shape != (count,) or contributions.shape not in {(count,), (count + 1,)}:
        raise ValueError(f"one value and one contribution are needed for each of {count} indicators")
    return [
        Reason(indicator, float(value), float(contribution))
        for indicator, value, contribution in zip(indicators, values, contributions[:count], strict=True)
    ]


def _worth(found: Sequence[Reason], every: Sequence[Reason]) -> tuple[Reason, ...]:
    """Return those worth a sentence among all single contributions, largest first."""
    least = SMALLEST_SHARE * sum(abs(one.contribution) for one in every)
    worth = (one for one in found if one.contribution != 0 and abs(one.contribution) >= least)
    return tuple(sorted(worth, key=lambda one: -abs(one.contribution)))


def strongest(
    indicators: Sequence[Indicator],
    values: npt.NDArray[np.float64],
    contributions: npt.NDArray[np.float64],
    *,
    usual: Mapping[str, tuple[float, float]] | None = None,
    top: int = 3,
) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """Return what raised the score and what lowered it, strongest first, at most `top` each.

    What lowers is told beside what raises, so that strengths are seen too. Figures of the same records are one reason
    with the sum of their Shapley values, which is what they would have as one player where the model adds them up. All
    reasons together are the score either way.

    Args:
        indicators: in the order of the matrix's columns.
        values: the numbers of one row, shape (indicators,); NaN is no number.
        contributions: the SHAP values of the row, shape (indicators,) or with the base value after them.
        usual: by the indicator's name, between what numbers at least 8 in 10 are.
        top: how many of each.

    Raises:
        ValueError: the shapes do not belong together.
    """
    every = _each(indicators, values, contributions)
    together: dict[object, list[Reason]] = {}
    for one in every:
        if one.contribution:
            together.setdefault(_records_of(one.indicator), []).append(one)
    found = _worth([_as_one(several, usual or {}) for several in together.values()], every)
    raised = tuple(one for one in found if one.contribution > 0)
    lowered = tuple(one for one in found if one.contribution < 0)
    return raised[:top], lowered[:top]


def _records_of(indicator: Indicator) -> object:
    """Return what two indicators share that are of the same records: whose events, and which by type, role and detail.

    To have been harmed and to be suspected of harm are not the same records, though one table holds both.
    """
    filters = [indicator.events, *indicator.kinds.values()]
    if indicator.spells is not None:
        filters += [indicator.spells.starts, indicator.spells.ends]
    which = frozenset(one for one in filters if one is not None)
    return (indicator.over, which) if which else indicator.name


def _as_one(several: Sequence[Reason], usual: Mapping[str, tuple[float, float]]) -> Reason:
    """Return figures of the same records as one reason, told by the one that weighs most in the direction of all."""
    whole = math.fsum(one.contribution for one in several)
    first = max(several, key=lambda one: math.copysign(1, whole) * one.contribution)
    others = [one for one in several if one is not first]
    alike = sum(one.contribution * whole > 0 for one in others)
    return Reason(
        first.indicator,
        first.value,
        whole,
        tuple(one.indicator for one in others),
        alike,
        usual.get(first.indicator.name),
    )


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
