"""A few looks told in plain words, so that a reader can feel what the model does. Nobody can be recognised in them.

An example has no id, date, age or place. Each number in it is told so coarsely ("5 or more") that at least 10 people
(hub.disclosing) of the test dates fit everything that the example says of its indicators together; what cannot be told
so is left out, and the example says that it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from audits.explaining.reasons import YES_OR_NO, Reason, as_told, in_words, ranked
from audits.looks import Looks
from features.declarations.catalogue import Indicator, IndicatorKind
from hub.disclosing.disclosure import SmallNumbers
from models.bundle.model import Model
from models.measuring.thresholds import NO_SUGGESTION, Thresholds

_TOP = 3
_TRIED = 40
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Example:
    """One example.

    Attributes:
        title: which kind of look it is.
        happened: what the model said and what followed, in one sentence.
        raised: sentences about what raised the score, strongest first.
        lowered: sentences about what lowered it.
        left_out: how many further indicators could not be told without singling somebody out.
    """

    title: str
    happened: str
    raised: tuple[str, ...]
    lowered: tuple[str, ...]
    left_out: int

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "title": self.title,
            "happened": self.happened,
            "raised": list(self.raised),
            "lowered": list(self.lowered),
            "left_out": self.left_out,
        }


def examples(
    model: Model, indicators: Sequence[Indicator], thresholds: Thresholds, looks: Looks, small: SmallNumbers
) -> tuple[list[Example], list[str]]:
    """Return the examples, and the titles of those that fewer than 10 people could stand for.

    Args:
        model: the served model.
        indicators: in the order of the matrix's columns.
        thresholds: where the line for an offer lies.
        looks: the test rows.
        small: how many people must fit what is told.
    """
    found, missing = [], []
    for title, happened, rows in _kinds(indicators, thresholds, looks):
        chosen = rows[:_TRIED]
        if looks.people_where(_mask(rows, len(looks.probabilities))) < small.fewest:
            missing.append(title)
            continue
        contributions = model.contributions(looks.matrix.values[chosen])
        told = [
            tell(title, happened, ranked(indicators, looks.matrix.values[row], of_row), looks, small)
            for row, of_row in zip(chosen, contributions, strict=True)
        ]
        # The first look that can be told best: most sentences, then fewest left out.
        found.append(min(told, key=lambda one: (-len(one.raised) - len(one.lowered), one.left_out)))
    return found, missing


def _kinds(
    indicators: Sequence[Indicator], thresholds: Thresholds, looks: Looks
) -> Iterator[tuple[str, str, npt.NDArray[np.intp]]]:
    """Yield title, what happened, and the rows that fit, the most telling first."""
    probabilities, outcome, offered = looks.probabilities, looks.outcome, looks.suggested
    typical = np.median(probabilities[offered]) if offered.any() else thresholds.offer_help
    middle = np.argsort(np.abs(probabilities - typical), kind="stable")
    by_line = np.argsort(np.abs(probabilities - thresholds.offer_help), kind="stable")
    lowest = np.argsort(probabilities, kind="stable")
    strengths = [at for at, one in enumerate(indicators) if one.kind is IndicatorKind.PROTECTIVE]
    shown = np.nan_to_num(looks.matrix.values[:, strengths]).clip(min=0)
    scale = shown.max(axis=0, initial=1.0) if strengths else np.ones(0)
    strongest = np.argsort(-(shown / np.where(scale > 0, scale, 1.0)).sum(axis=1), kind="stable")
    no_suggestion = looks.bands == NO_SUGGESTION
    yield (
        "Help suggested",
        "The model suggested an offer of help, and the outcome followed.",
        _in(middle, offered & outcome),
    )
    yield "Near the line", "The probability lay just below the line for an offer of help.", _in(by_line, ~offered)
    yield (
        "Missed by the model",
        "The model suggested nothing, and the outcome followed.",
        _in(lowest[::-1], no_suggestion & outcome),
    )
    yield (
        "Wrongly suggested",
        "The model suggested an offer of help, and the outcome did not follow.",
        _in(middle, offered & ~outcome),
    )
    if strengths:
        yield (
            "With protective factors",
            "Strengths weighed against an offer; the model suggested nothing.",
            _in(strongest, no_suggestion & ~outcome),
        )


def _in(order: npt.NDArray[np.intp], rows: Mask) -> npt.NDArray[np.intp]:
    return order[rows[order]]


def _mask(rows: npt.NDArray[np.intp], length: int) -> Mask:
    found = np.zeros(length, dtype=np.bool_)
    found[rows] = True
    return found


def tell(title: str, happened: str, reasons: Sequence[Reason], looks: Looks, small: SmallNumbers) -> Example:
    """Return the example that may be told of one look, from its reasons, strongest first."""
    alike = np.ones(len(looks.probabilities), dtype=np.bool_)
    sides: dict[bool, list[str]] = {True: [], False: []}
    left_out = 0
    for one in reasons:
        side = sides[one.contribution > 0]
        if len(side) == _TOP:
            continue
        described = describe(one, looks, alike, small)
        if described is None:
            left_out += 1
            continue
        words, alike = described
        side.append(one.told_as(words))
    return Example(title, happened, tuple(sides[True]), tuple(sides[False]), left_out)


def describe(reason: Reason, looks: Looks, alike: Mask, small: SmallNumbers) -> tuple[str, Mask] | None:
    """Return the most exact words for a number that still fit 10 people, and whom they fit; None when there are none.

    Args:
        reason: the number and its indicator.
        looks: the test rows.
        alike: rows that fit everything that was said before.
        small: how many people must fit.
    """
    numbers = as_told(reason.indicator, looks.matrix.column(reason.indicator.name))
    value = float(as_told(reason.indicator, np.array([reason.value]))[0])
    exact = np.isnan(numbers) if np.isnan(value) else numbers == value
    if looks.people_where(alike & exact) >= small.fewest:
        return in_words(reason.indicator, reason.value), alike & exact
    if np.isnan(value) or reason.indicator.unit in YES_OR_NO:
        return None
    known = numbers[~np.isnan(numbers)]
    high = value >= np.median(known)
    steps = np.unique(known[known <= value] if high else known[known >= value])
    # All steps but the last, which would say no more than that there is a number.
    for step in (steps[:0:-1] if high else steps[:-1]).tolist():
        fits = numbers >= step if high else numbers <= step
        if looks.people_where(alike & fits) >= small.fewest:
            edge = in_words(reason.indicator, step)
            return f"{edge} or {'more' if high else 'less'}", alike & fits
    return None
