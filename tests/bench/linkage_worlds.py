"""Two files about one invented population, with truth: families at one home, and the errors that files really have.

    world = make(World(seed=1, people=8_000))         # rows of two files; `true` names the person
    write(world, folder)                               # a.csv, b.csv, mapping.yaml

Every kind of error is a share that a world sets, so that one kind can be looked at alone: letters, letters that a
scanner confuses, initials, nicknames, a middle name in one file only, another home, a birthday with an error, a
placeholder in place of a birthday. Names, homes and people are invented; the same world gives the same files.
"""

import csv
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from hub.linking.nicknames import NAMESAKES

COLUMNS = ("id", "truth", "given", "family", "dob", "sex", "address", "postcode")


def _words(text: str) -> list[str]:
    return text.split()


_FIRST = _words("""
    olivia amelia isla ava lily mia evie emily freya ella grace sophie hannah jessica chloe ruby erin zara aisha maryam
    fatima layla noor anya leila katie lucy molly abigail megan rosie poppy daisy alice florence charlotte elizabeth
    """)
_SECOND = _words("""
    oliver george noah arthur harry leo muhammad jack charlie oscar jacob henry thomas freddie alfie theo william
    joshua ethan lucas samuel daniel yusuf ibrahim adam omar hassan kai finley toby reuben zachary callum ryan liam
    """)
_SYLLABLES = _words("ba ral den to mi shor ka wen li gar so ne fi dru pel ya mon ti ver hol ash win")
_SCANNED = {
    "h": "k",
    "n": "h",
    "l": "i",
    "i": "l",
    "o": "q",
    "u": "v",
    "e": "c",
    "m": "n",
    "g": "q",
    "t": "f",
    "a": "d",
}
_DIGITS = str.maketrans("01234567", "bdfgklmn")
_NICKNAMES: dict[str, list[str]] = {}
for _one, _other in NAMESAKES:
    _NICKNAMES.setdefault(_one, []).append(_other)


@dataclass(frozen=True, slots=True)
class World:
    """What a world is like; shares are of people or of records.

    Attributes:
        seed: of every draw.
        people: how many there are.
        adults: whether the parents of a family are in the files too.
        years: birth years of children.
        covered: which share of people each of the two files holds.
        moved: other home in the second file.
        letter: a letter differs in a name, in each file.
        scanned: one to three letters of a name were confused by a scanner, in each file.
        initial: only the initial of the given name is recorded, in each file.
        nickname: another form of the given name is recorded, in each file.
        misspelt_nickname: such a form is misspelt as well, of those.
        middle: a middle name stands behind the given name in the first file.
        family_changed: another family name in the second file.
        birthday: the birthday has one wrong digit or its day and month swapped, in each file.
        missing: a value is missing, in each file and field.
        twins: births that are twins.
        homes: whether an address and postcode are recorded.
        sexes: whether the sex is recorded.
        usual: how many different given and family names there are; None for the lists of this module.
        each_one_letter: every person has exactly one wrong letter in one name in the second file.
    """

    seed: int = 1
    people: int = 8_000
    adults: bool = True
    years: tuple[int, int] = (2003, 2021)
    covered: tuple[float, float] = (0.95, 0.93)
    moved: float = 0.06
    letter: float = 0.02
    scanned: float = 0.02
    initial: float = 0.01
    nickname: float = 0.02
    misspelt_nickname: float = 0.2
    middle: float = 0.0
    family_changed: float = 0.01
    birthday: float = 0.015
    missing: float = 0.01
    twins: float = 0.016
    homes: bool = True
    sexes: bool = True
    usual: tuple[int, int] | None = None
    each_one_letter: bool = False


@dataclass(frozen=True, slots=True)
class Files:
    """Rows of the two files, in the order of COLUMNS."""

    first: list[list[str]]
    second: list[list[str]] = field(default_factory=list)


class _Draws:
    def __init__(self, world: World) -> None:
        self.chance = np.random.default_rng(world.seed)
        given, family = world.usual or (0, 0)
        self.given = (
            ([_word(self.chance, 2) for _ in range(given)],) * 2 if given else (_FIRST + _more(1), _SECOND + _more(2))
        )
        self.family = [_word(self.chance, 3) for _ in range(family or 4_000)]

    def happens(self, share: float) -> bool:
        return bool(self.chance.random() < share)

    def of(self, values: Sequence[str]) -> str:
        """Return one of the values, the first ones more often, as names are."""
        at = int(8 * ((len(values) / 8 + 1) ** self.chance.random() - 1))
        return values[min(at, len(values) - 1)]

    def number(self, low: int, high: int) -> int:
        return int(self.chance.integers(low, high))


def _word(chance: np.random.Generator, syllables: int) -> str:
    return "".join(_SYLLABLES[int(one)] for one in chance.integers(0, len(_SYLLABLES), syllables))


def _more(seed: int) -> list[str]:
    chance = np.random.default_rng(1_000 + seed)
    return [_word(chance, 2) for _ in range(400)]


def make(world: World) -> Files:
    """Return the files of a world."""
    draw, files = _Draws(world), Files([])
    for true, person in enumerate(_population(world, draw)):
        second = person | (_home(draw) if draw.happens(world.moved) else {})
        if draw.happens(world.family_changed):
            second = second | {"family": draw.of(draw.family)}
        if draw.happens(world.middle):
            person = person | {"given": f"{person['given']} {draw.of(draw.given[0])}"}
        if world.each_one_letter:
            name = "given" if draw.happens(0.5) else "family"
            second = second | {name: _misspelt(second[name], draw)}
        for rows, said, covered in zip((files.first, files.second), (person, second), world.covered, strict=True):
            if draw.happens(covered):
                written = _written(dict(said), world, draw)
                rows.append(
                    [f"{'ab'[rows is files.second]}{len(rows)}", str(true), *(written[one] for one in COLUMNS[2:])]
                )
    order = np.random.default_rng(world.seed).permutation(len(files.second))
    return replace(files, second=[files.second[one] for one in order])


def _population(world: World, draw: _Draws) -> Iterator[dict[str, str]]:
    made = 0
    while made < world.people:
        home, family = _home(draw), draw.of(draw.family)
        children: list[dict[str, str]] = []
        for _ in range(draw.number(1, 5)):
            year, day = draw.number(*world.years), draw.number(0, 365)
            born = str(np.datetime64(f"{year}-01-01") + day)
            for _ in range(2 if draw.happens(world.twins) else 1):
                sex = draw.number(0, 2)
                children.append({"dob": born, "sex": "FM"[sex], "given": draw.of(draw.given[sex])})
        grown: list[dict[str, str]] = []
        for sex in (0, 1) if world.adults else ():
            born = str(np.datetime64(f"{draw.number(1960, 1990)}-01-01") + draw.number(0, 365))
            grown.append({"dob": born, "sex": "FM"[sex], "given": draw.of(draw.given[sex])})
        for one in [*grown, *children]:
            made += 1
            yield {**home, "family": family, **one}


def _home(draw: _Draws) -> dict[str, str]:
    street, number = draw.number(0, 400), draw.number(1, 140)
    outward = f"P{chr(65 + street % 20)}{1 + street % 37}"
    code = f"{outward} {1 + number // 20 % 9}{chr(65 + street // 20)}{chr(65 + number // 8)}"
    names = np.random.default_rng(street)
    return {
        "address": f"{number} {_word(names, 3).title()} {('Road', 'Street', 'Close')[street % 3]}",
        "postcode": code,
    }


def _written(said: dict[str, str], world: World, draw: _Draws) -> dict[str, str]:
    """Return what a file holds of a person."""
    if draw.happens(world.nickname) and said["given"] in _NICKNAMES:
        forms = _NICKNAMES[said["given"]]
        said["given"] = forms[draw.number(0, len(forms))]
        if draw.happens(world.misspelt_nickname):
            said["given"] = _misspelt(said["given"], draw)
    if draw.happens(world.initial):
        said["given"] = said["given"][0]
    for name in ("given", "family"):
        if draw.happens(world.letter):
            said[name] = _misspelt(said[name], draw)
        if draw.happens(world.scanned):
            said[name] = _scan(said[name], draw)
    if draw.happens(world.birthday):
        said["dob"] = _misdated(said["dob"], draw)
    if draw.happens(world.letter):
        said["address"] = _misspelt(said["address"], draw)
    if draw.happens(0.01):
        said["sex"] = "MF"[said["sex"] == "M"]
    for one in ("given", "family", "dob", "sex", "address", "postcode"):
        if draw.happens(world.missing):
            said[one] = ""
    if not world.homes:
        said["address"] = said["postcode"] = ""
    if not world.sexes:
        said["sex"] = ""
    return {**said, "given": said["given"].title(), "family": said["family"].title()}


def _misspelt(text: str, draw: _Draws) -> str:
    """Return a text with one letter changed, left out, doubled or exchanged with the next."""
    if len(text) < 2:
        return text
    at, how = draw.number(0, len(text) - 1), draw.number(0, 4)
    letter = "abcdefghijklmnoprstuvwy"[draw.number(0, 23)]
    return text[:at] + (letter, "", text[at] * 2, text[at + 1] + text[at])[how] + text[at + (2 if how == 3 else 1) :]


def _scan(text: str, draw: _Draws) -> str:
    """Return a text of which a scanner confused every letter of one or two kinds."""
    kinds = [one for one in dict.fromkeys(text) if one in _SCANNED]
    for one in draw.chance.permutation(kinds)[: draw.number(1, 3)].tolist():
        text = text.replace(one, _SCANNED[one])
    return text


def _misdated(born: str, draw: _Draws) -> str:
    year, month, day = born.split("-")
    if draw.happens(0.4) and int(day) <= 12:
        return f"{year}-{day}-{month}"
    if draw.happens(0.4):
        return f"{int(year) + (1, -1)[draw.number(0, 2)]}-{month}-{day}"
    return f"{year}-{month}-{1 + (int(day) + draw.number(1, 20)) % 28:02d}"


def by_origin(files: Files, origins: int) -> Files:
    """Return the files with names that go together: each family is of one origin, with names that no other one has.

    Who had the same names has them again, so what was misspelt is another name now.
    """

    def row(said: list[str]) -> list[str]:
        given, family = zlib.crc32(said[2].encode()), zlib.crc32(said[3].encode())
        origin = _word(np.random.default_rng(family % origins), 2)
        names = f"{origin}{given % 8}" if said[2] else "", f"{origin}son{family // origins % 5}" if said[3] else ""
        return [*said[:2], *(name.translate(_DIGITS).title() for name in names), *said[4:]]

    return Files([row(one) for one in files.first], [row(one) for one in files.second])


def placed(files: Files, share: float, birthdays: Sequence[str], seed: int, *, links: bool = False) -> Files:
    """Return the files with strangers added to each: people of usual names, each with one of some shared birthdays.

    Args:
        files: of a world.
        share: how many of each file's rows are such strangers.
        birthdays: what is put down for them.
        seed: of the draws.
        links: whether the same strangers are in both files, each at one home.
    """
    chance = np.random.default_rng(seed)
    given, family = sorted({one[2] for one in files.first})[:20], sorted({one[3] for one in files.first})[:30]
    found = []
    for at, rows in enumerate((files.first, files.second)):
        if not rows:
            found.append(rows)
            continue
        many, added = round(share * len(rows) / (1 - share)), []
        for one in range(many):
            true = f"stranger-{one}" if links else f"stranger-{at}-{one}"
            draws = np.random.default_rng([seed, one]) if links else chance
            home = f"{1 + one % 140} Other Road", f"Q{chr(65 + one % 20)}{at if not links else 7} {one % 9 + 1}XY"
            name = given[int(draws.integers(len(given)))], family[int(draws.integers(len(family)))]
            born, sex = birthdays[int(draws.integers(len(birthdays)))], "MF"[int(draws.integers(2))]
            added.append([f"s{at}-{one}", true, *name, born, sex, *home])
        found.append([*rows, *added])
    return Files(*found)


def write(
    files: Files, folder: Path, columns: Sequence[str] = COLUMNS, *, once: bool | None = True
) -> tuple[list[Path], Path]:
    """Write the files (one, when the second is empty) and their mapping; return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    kept, paths = [COLUMNS.index(one) for one in columns], []
    for name, rows in (("a", files.first), ("b", files.second)):
        if rows:
            paths.append(folder / f"{name}.csv")
            with paths[-1].open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows([columns, *([row[at] for at in kept] for row in rows)])
    mapping = folder / "mapping.yaml"
    mapping.write_text(json.dumps(mapped(columns, once=once if files.second else False)), encoding="utf-8")
    return paths, mapping


def mapped(columns: Sequence[str], *, once: bool | None = True) -> Mapping[str, Any]:
    """Return the mapping of the files; `once`: each holds a person once; None: nothing is said."""
    named = {"given": "given_name", "family": "family_name", "dob": "date_of_birth"}
    said = {} if once is None else {"one_record_per_person": once}
    return {named.get(one, one): one for one in columns} | said
