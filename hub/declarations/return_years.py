"""Of which year a yearly return is, as the names of its files and folders say it.

    year_in("SSDA903_2018-19_header.csv")  # "2019"

A return of children's social care covers April to March; its year is the one in which it ends. `2018-19`, `2018_19`,
`2018/19`, `2018-2019`, `201819`, `1819`, `FY19`, `FY2018-19`, `31 March 2019` and `2019` are spellings of one year. A
year alone is that year: whoever calls the return of March 2019 by the year in which it began has to say so.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

RETURN_YEAR = "return_year"
"""For `period`: file names, or their folders, say the year of a return in one of the usual ways."""

_PAIRS = (
    r"(?<!\d)(20\d\d)\s*(?:[-_/–—.~& ]|to)+\s*(20\d\d)(?![\d])",
    r"(?<!\d)(20\d\d)\s*(?:[-_/–—.~& ]|to)+\s*(\d\d)(?!\d|[-_/.]\d)",
    r"(?<!\d)(20\d\d)(\d\d)(?!\d)",
    r"(?<!\d)(20\d\d)(20\d\d)(?!\d)",
)
_SHORT = (
    r"(?<![\d])(?<!\d[-_/.])(\d\d)[-_/–—](\d\d)(?!\d|[-_/.]\d)",
    r"(?<!\d)(\d\d)(\d\d)(?!\d)",
)
_ENDS = (
    r"(?<!\d)(20\d\d)[-_./ ]?03[-_./ ]?31(?!\d)",
    r"(?<!\d)31[-_./ ]?03[-_./ ]?(20\d\d)(?!\d)",
    r"31(?:st)?[-_ ]?mar(?:ch)?[-_ ]?(20\d\d)(?!\d)",
    r"fy[-_ ]?(20\d\d)(?!\d)",
    r"fy[-_ ]?(\d\d)(?!\d|[-_/]\d\d)",
)
_DATES = r"(?<!\d)(?:20\d\d[-_./]?[01]\d[-_./]?[0-3]\d|[0-3]\d[-_./][01]\d[-_./]20\d\d)(?!\d)"
_YEAR = r"(?<!\d)(20\d\d)(?!\d)"


def year_in(text: str) -> str | None:
    """Return the year that a name says, or None when it says none, or several."""
    found = {year for year, _ in _said(text)}
    return found.pop() if len(found) == 1 else None


def spelling_in(text: str) -> str:
    """Return how a name spells its year; empty when it says none."""
    said = list(_said(text))
    return said[0][1] if said and len({year for year, _ in said}) == 1 else ""


def year_of(label: str, folders: Iterable[str]) -> tuple[str | None, str]:
    """Return the year that the name of a file says, else that of its folders, and how it is spelt.

    Args:
        label: the name of the file, with the folders in which it lies in an archive.
        folders: names of the folders around it, the nearest first.
    """
    path = PurePosixPath(label)
    inside, around = [*reversed(path.parent.parts)], [*folders][:2]
    chain = [*inside, *around]
    for at, place in enumerate([path.name, *inside, *around[:1]]):
        two = re.fullmatch(r"\d\d", place) and at < len(chain) and re.fullmatch(r"20\d\d", chain[at])
        said = f"{chain[at]}/{place}" if two else place
        if re.search(_YEAR, said) or any(True for _ in _said(said)):
            return year_in(said), spelling_in(said)
    return None, ""


def _said(text: str) -> Iterator[tuple[str, str]]:
    """Yield the years that a name says, with their spelling: of pairs and ends of years first, else of years alone."""
    lower = text.casefold()
    found = [*_pairs(_PAIRS, lower)]
    for pattern in _ENDS if not found else ():
        found += [(f"20{int(match.group(1)) % 100:02d}", match.span()) for match in re.finditer(pattern, lower)]
    if not found:
        rest = re.sub(_DATES, lambda match: " " * len(match.group()), lower)
        alone = [(match.group(1), match.span()) for match in re.finditer(_YEAR, rest)]
        found = [*_pairs(_SHORT, rest), *alone]
    yield from ((year, text[start:end].strip("-_ ")) for year, (start, end) in found)


def _pairs(patterns: Iterable[str], text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the year in which each pair of years that follow each other ends, and where the pair stands."""
    for pattern in patterns:
        for match in re.finditer(pattern, text):
            one, two = match.group(1), match.group(2)
            if (int(one) + 1) % 100 == int(two) % 100 and (len(two) == 2 or int(two) == int(one) + 1):
                yield f"20{int(two) % 100:02d}", match.span()
