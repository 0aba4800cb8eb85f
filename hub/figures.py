"""A figure with its interval, or the plain statement that it was not computed and why.

    Figure(0.812, 0.790, 0.833, n=9431).text()            # "0.812 (0.790 to 0.833, n 9,431)"
    NotComputed(6, "3 with the outcome; 10 are needed")   # never 0, 1, NaN or an empty cell

Both have one JSON form (`as_json`, `from_json`) and one form for people (`text`). Linkage, models and audits use them
for every number that they state.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DECIMALS = 6
"""Decimals kept in JSON: finer than any interval, coarse enough to be the same on every processor."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its 95 % interval.

    Attributes:
        value: the number, as computed on all rows.
        low: lower bound of the interval.
        high: upper bound of the interval; not below `low`.
        n: how many rows (or people, or offers: the metric says) the number stands on.
        unit: what one of it is, such as "people"; empty for a ratio.

    Raises:
        ValueError: a number is not finite, the bounds are the wrong way round, or `n` is negative.
    """

    value: float
    low: float
    high: float
    n: int
    unit: str = ""

    def __post_init__(self) -> None:
        if not all(math.isfinite(number) for number in (self.value, self.low, self.high)):
            raise ValueError("a figure is finite; say NotComputed with the reason instead")
        if self.low > self.high or self.n < 0:
            raise ValueError("a figure has low <= high and n >= 0")

    @property
    def computed(self) -> bool:
        """True: there is a number."""
        return True

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form, numbers rounded to six decimals."""
        return {
            "value": round(self.value, DECIMALS),
            "low": round(self.low, DECIMALS),
            "high": round(self.high, DECIMALS),
            "n": self.n,
            "unit": self.unit,
        }

    def text(self, decimals: int = 3) -> str:
        """Return the form for people, such as "0.812 (0.790 to 0.833, n 9,431)"."""
        value, low, high = (_number(number, decimals) for number in (self.value, self.low, self.high))
        unit = f" {self.unit}" if self.unit else ""
        return f"{value}{unit} ({low} to {high}, n {self.n:,})"

    def __str__(self) -> str:
        return self.text()


@dataclass(frozen=True, slots=True)
class NotComputed:
    """No number, and why.

    Attributes:
        n: how many rows (or people, or offers) there were.
        reason: why there is no number, in plain words.
    """

    n: int
    reason: str

    @property
    def computed(self) -> bool:
        """False: there is no number."""
        return False

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"not_computed": self.reason, "n": self.n}

    def text(self, decimals: int = 3) -> str:  # noqa: ARG002 - the same call as on a Figure
        """Return the form for people, such as "not computed (n 6: 3 with the outcome; 10 are needed)"."""
        return f"not computed (n {self.n:,}: {self.reason})"

    def __str__(self) -> str:
        return self.text()


Stated = Figure | NotComputed
"""What a metric answers."""


def from_json(value: Mapping[str, Any]) -> Stated:
    """Return the figure whose `as_json` is `value`."""
    if "not_computed" in value:
        return NotComputed(int(value["n"]), str(value["not_computed"]))
    return Figure(float(value["value"]), float(value["low"]), float(value["high"]), int(value["n"]), str(value["unit"]))


def wilson(successes: float, n: float) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a share: never outside 0 to 1, and not empty at 0 or at n.

    Formula: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n), p = successes / n, z = 1.96 (Wilson 1927).

    Args:
        successes: how many, 0 to `n`.
        n: of how many, above 0.
    """
    z = 1.959963984540054
    p = successes / n
    middle = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def share(successes: int, n: int, of: str, *, least: int = 1) -> Stated:
    """Return `successes / n`, in [0, 1], with its 95 % Wilson interval, or that it is not computed and why.

    Args:
        successes: how many, 0 to `n`.
        n: of how many.
        of: what is counted, such as "pairs linked", for the reason.
        least: with fewer than this the share is not computed.
    """
    if n < max(least, 1):
        return NotComputed(n, f"no {of}" if n == 0 else f"{of}: {least} are needed")
    return Figure(successes / n, *wilson(successes, n), n=n)


def _number(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text
