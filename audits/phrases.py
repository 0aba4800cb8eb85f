"""The words and number formats of an audit: one place, so that page, JSON and command line say the same."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from features.rows.feature_sets import NOT_RECORDED
from hub.disclosing.disclosure import text

RATES: Mapping[str, tuple[str, str]] = {
    "false_negative_rate": ("Missed by the model", "of 1,000 looks after which the outcome followed"),
    "false_positive_rate": ("Wrongly suggested", "of 1,000 looks after which the outcome did not follow"),
    "selection_rate": ("Help suggested", "of 1,000 looks"),
    "precision": ("Suggestions that were right", "of 1,000 suggestions"),
}
"""Each rate's plain name and what it is a share of, in the order in which people read them."""

IN_SHORT: Mapping[str, str] = {
    "false_negative_rate": "who is missed",
    "false_positive_rate": "who is wrongly suggested",
    "selection_rate": "who is suggested",
    "precision": "how often a suggestion is right",
}
"""The rates in the middle of a sentence."""

METRICS: Mapping[str, str] = {
    "auc": "Area under the ROC curve",
    "average_precision": "Average precision",
    "brier": "Brier score",
    "log_loss": "Log loss",
    "calibration_slope": "Calibration slope",
    "calibration_intercept": "Calibration intercept",
}
"""What people who know them call the figures that are not shares."""

LOOK = "A look is one person on one date of looking."


def stated(figure: Mapping[str, Any], *, per: int = 1000, decimals: int = 0) -> str:
    """Return a figure's JSON in words, such as "312 (270 to 355)", or why there is none.

    Args:
        figure: a figure, "not computed" or "withheld".
        per: what shares are multiplied by.
        decimals: how many are shown.
    """
    if "withheld" in figure:
        return text(figure)
    if "not_computed" in figure:
        return f"not computed ({figure['not_computed']})"
    value, low, high = (number(figure[name] * per, decimals) for name in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def signed(figure: Mapping[str, Any]) -> str:
    """Return a difference's JSON per 1,000 with its sign, such as "+24 (−10 to +58)", or why there is none."""
    if "value" not in figure:
        return stated(figure)
    value, low, high = (_plus(figure[name]) for name in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def number(value: float, decimals: int = 0) -> str:
    """Return a number with thousands separated and a true minus sign; nothing is ever "-0"."""
    text = f"{value:,.{decimals}f}"
    return text.removeprefix("-") if not re.search(r"[1-9]", text) else text.replace("-", "−")


def _plus(value: float) -> str:
    text = number(value * 1000)
    return text if text == "0" or text.startswith("−") else f"+{text}"


def listed(names: Iterable[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    *first, last = [*names]
    return f"{', '.join(first)} and {last}" if first else last


def sentence(text: str) -> str:
    """Return text with a capital at its beginning and one full stop at its end."""
    text = text.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def tiny(value: float) -> str:
    """Return a difference of which people want to know only how small it is."""
    return "less than 0.000000001" if value < 1e-9 else f"{value:.9f}"


def inside(text: str) -> str:
    """Return text as it stands in the middle of a sentence: without a full stop, its first letter small."""
    text = text.strip().rstrip(".")
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


def in_order(level: str, declared: Sequence[str] = ()) -> tuple[bool, int, float, bool, str]:
    """Return what sorts levels as people expect: as declared, else by the first number in them, "not recorded" last.

    Args:
        level: the level's words.
        declared: levels in the order in which the use case declares them.
    """
    first = re.search(r"\d+", level)
    at = float(first.group()) if first else -1.0
    place = declared.index(level) if level in declared else len(declared)
    return level == NOT_RECORDED, place, at, not level.lower().startswith(("below", "under")), level
