"""Spelling: how names and birthdays come out when people write them down in a hurry."""

from collections.abc import Callable

import names
import numpy as np
import numpy.typing as npt
from children import Flags, Texts
from period import Days
from places import Ints

_NEIGHBOURS = dict(zip("abcdefghijklmnopqrstuvwxyz", "svxsrdghujkjnbokwttrivcsyz"[:26], strict=True))
_SOUNDS = (
    ("ph", "f"),
    ("ie", "ei"),
    ("ee", "ea"),
    ("ey", "y"),
    ("ck", "k"),
    ("ss", "s"),
    ("ll", "l"),
    ("th", "t"),
    ("ai", "a"),
)


def misspell(rng: np.random.Generator, texts: Texts, rate: float | npt.NDArray[np.float64]) -> None:
    """Misspell a share of `texts` in place: a letter left out, doubled, swapped, or mistaken, or as it sounds.

    `rate` is one share, or one for each text.
    """
    for place in _some(rng, len(texts), rate):
        texts[place] = _misspelt(rng, texts[place])


def shorten(rng: np.random.Generator, given: Texts, rate: float) -> None:
    """Write a share of the first names that have a nickname or another spelling with it, in place."""
    for place in _some(rng, len(given), rate):
        known = names.NICKNAMES.get(given[place])
        if known:
            given[place] = known[int(rng.integers(len(known)))]


def split_hyphens(rng: np.random.Generator, family: Texts, rate: float) -> None:
    """Write a share of the double-barrelled names with one part, swapped, or without the hyphen, in place."""
    joined = np.flatnonzero(np.array(["-" in name for name in family], dtype=bool))
    for place in joined[rng.random(len(joined)) < rate]:
        first, second = family[place].split("-", 1)
        family[place] = (first, second, f"{second}-{first}", f"{first} {second}")[int(rng.integers(4))]


def swap_names(rng: np.random.Generator, given: Texts, family: Texts, rate: float) -> None:
    """Put a share of first names where the family name belongs and the other way round, in place."""
    chosen = _some(rng, len(given), rate)
    given[chosen], family[chosen] = family[chosen].copy(), given[chosen].copy()


def mistake_birthdays(rng: np.random.Generator, born: Days, rate: float) -> None:
    """Write a share of the birthdays wrongly, in place: day and month swapped, or a day or a year out.

    No birthday is moved later, so that none lies after what happened to the child.
    """
    for place in _some(rng, len(born), rate):
        date = np.datetime64(int(born[place]), "D")
        year, month, day = (int(part) for part in str(date).split("-"))
        if rng.random() < 0.6 and day <= 12 and day < month:
            mistaken = np.datetime64(f"{year}-{day:02d}-{month:02d}")
        elif rng.random() < 0.6:
            mistaken = date - int(rng.choice([1, 2, 10]))
        else:
            mistaken = np.datetime64(f"{year - 1}-{month:02d}-{min(day, 28):02d}")
        born[place] = int(mistaken.astype("datetime64[D]").astype(int))


def mistake_digits(rng: np.random.Generator, numbers: Texts, rate: float) -> None:
    """Swap two neighbouring digits in a share of the numbers, in place."""
    for place in _some(rng, len(numbers), rate):
        text = numbers[place]
        if len(text) > 4:
            at = int(rng.integers(len(text) - 4, len(text) - 1))
            numbers[place] = text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _some(rng: np.random.Generator, count: int, rate: float | npt.NDArray[np.float64]) -> Ints:
    chosen: Flags = rng.random(count) < rate
    return np.flatnonzero(chosen)


def _misspelt(rng: np.random.Generator, text: str) -> str:
    if len(text) < 4:
        return text
    at = int(rng.integers(1, len(text) - 1))
    letter = text[at]
    ways: tuple[Callable[[], str], ...] = (
        lambda: text[:at] + text[at + 1 :],
        lambda: text[:at] + letter + text[at:],
        lambda: text[:at] + text[at + 1] + letter + text[at + 2 :],
        lambda: text[:at] + _NEIGHBOURS.get(letter, "e") + text[at + 1 :],
        lambda: _as_it_sounds(text),
    )
    return ways[int(rng.integers(len(ways)))]()


def _as_it_sounds(text: str) -> str:
    for written, heard in _SOUNDS:
        if written in text[1:]:
            return text[0] + text[1:].replace(written, heard, 1)
    return text + "e"


def blank(rng: np.random.Generator, texts: Texts, rate: float, missing: str) -> npt.NDArray[np.bool_]:
    """Replace a share of `texts` by the source's word for "not recorded", in place; say where."""
    chosen: Flags = rng.random(len(texts)) < rate
    texts[chosen] = missing
    return chosen
