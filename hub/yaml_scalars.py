"""What a text without quotes means in YAML: the core schema of YAML 1.2, and days written 2024-05-31."""

import datetime
import re

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WHOLE = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOST_DIGITS = 40

Scalar = str | bool | int | float | datetime.date | None


class WrongError(ValueError):
    """A text that looks like a day or a number and is none.

    Attributes:
        what: what is wrong, in words.
        remedy: what to do.
    """

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


def value(text: str) -> Scalar:
    """Return what a text without quotes means.

    Raises:
        WrongError: it is no day of the calendar, or a number of more than 40 characters.
    """
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _DAY.fullmatch(text):
        try:
            return datetime.date.fromisoformat(text)
        except ValueError:
            raise WrongError("there is no such day", "Correct the date.") from None
    whole = _WHOLE.fullmatch(text)
    if (whole or _DECIMAL.fullmatch(text)) and len(text) > _MOST_DIGITS:
        raise WrongError(f"a number of more than {_MOST_DIGITS} characters", "Put it in quotes if it is text.")
    if whole:
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan")) if _DECIMAL.fullmatch(text) else text
