"""May this small number leave? One rule for every number of people that is told outside the hub.

    small = SmallNumbers()                   # below 10; a partnership may declare another (partnership.small_numbers)
    small.count(7)                           # "fewer than 10"; 0 and 10 are shown
    small.parts([3, 40, 12])                 # withheld, 40, withheld: their sum is known, and nobody can subtract
    small.may_show_share(0, 48)              # neither side is small, and there are 10

1. A small number is 1 to 9. It is never shown, neither by itself nor by what others say of it.
2. 0 is no small number: it is about nobody. It is shown, but where it would give a small number away; and where it says
   of everybody in a group that can be known from outside that what is recorded happened to them: there the 0 others
   are few (levels of outcomes, fairness by group).
3. Whatever a number can be worked out from counts as that number: a share and its n, its interval, a difference, a
   verdict, a sum. A share is shown with its n, or not at all.
4. Numbers that are told together are withheld together (hub.disclosing): each small one could be any from 1 to 10
   for somebody who knows all the others. Such numbers read "withheld", whether they were small or not; only a number
   that stands alone reads "fewer than 10".
5. What is counted are people, and what is somebody's: records, looks, events. Pairs of records, values and rows of a
   file tell of the work and not of anybody; by group a figure about pairs needs 10 of them, and 10 people behind them.

`docs/decisions/0015-what-a-small-number-is.md` says why, and what nobody can promise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.disclosing.withheld_cells import Told
from hub.figures import NotComputed, Stated

FEWEST = 10
"""The threshold where a partnership declares none."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A number that does not leave, and the words in its place."""

    words: str = "withheld"

    def as_json(self) -> dict[str, str]:
        """Return the JSON form."""
        return {"withheld": self.words}

    def __str__(self) -> str:
        return self.words


WITHHELD = Withheld()
"""The same for every number that is told together with others: nobody sees which of them was small."""

Number = int | Withheld
"""A number as it leaves."""


@dataclass(frozen=True, slots=True)
class SmallNumbers:
    """The rule with its threshold.

    Attributes:
        fewest: this many may be counted out, fewer may not.
    """

    fewest: int = FEWEST

    @property
    def few(self) -> Withheld:
        """What stands in the place of a small number that stands alone."""
        return Withheld(f"fewer than {self.fewest}")

    def is_small(self, many: int) -> bool:
        """Say whether so many are too few to be counted out, and not nobody."""
        return 0 < many < self.fewest

    def may_show_share(self, with_it: int, without_it: int) -> bool:
        """Say whether a share may be shown: neither side of it is small, and it is one of at least 10."""
        return not self.is_small(with_it) and not self.is_small(without_it) and with_it + without_it >= self.fewest

    def told(self) -> Told:
        """Return the place for numbers that are told together."""
        return Told(fewest=self.fewest)

    def count(self, many: int, *, hidden: bool = False) -> Number:
        """Return a number as it may be shown: one that stands alone, or that is withheld for the sake of others."""
        if self.is_small(many):
            return self.few
        return WITHHELD if hidden else many

    def most(self, many: int) -> int | None:
        """Return what everybody knows of a number that `count` shows: how large it is at most, if it is small."""
        return self.fewest - 1 if self.is_small(many) else None

    def part(self, many: int, whole: int) -> str:
        """Return a part of a whole in words, such as "12 of 40", "fewer than 10 of 40" or "nearly all of 40"."""
        if self.is_small(whole - many) and not self.is_small(whole):
            return f"nearly all of {whole:,}"
        return f"{text(self.count(many))} of {text(self.count(whole))}"

    def parts(self, numbers: Sequence[int]) -> list[Number]:
        """Return numbers whose sum is known, as they may be shown."""
        told = self.told()
        places = [told.number(many, at) for at, many in enumerate(numbers)]
        told.relation(dict.fromkeys(places, 1), sum(numbers), sum(numbers))
        hidden = told.withheld()
        return [WITHHELD if at in hidden else many for at, many in enumerate(numbers)]

    def share(self, value: Stated) -> Stated | Withheld:
        """Return a share of its n that stands alone, as it may be shown."""
        if isinstance(value, NotComputed):
            return self.few if self.is_small(value.n) else value
        many = round(value.value * value.n)
        return value if self.may_show_share(many, value.n - many) else WITHHELD


def as_json(value: Number | Stated | Withheld) -> Any:
    """Return the JSON form of a number that is shown, or withheld."""
    return value if isinstance(value, int) else value.as_json()


def in_table(value: Any) -> Any:
    """Return what stands in a table for the JSON form of a number: itself, or the words in its place."""
    return value["withheld"] if isinstance(value, Mapping) and "withheld" in value else value


def text(value: Any) -> str:
    """Return a number, or its JSON form, for people, such as "1,234" or "fewer than 10"."""
    return f"{value:,}" if isinstance(value, int) else str(in_table(value))
