"""Linkage on worlds that are hard: placeholders, no pair that agrees to the letter, and a census with all its errors.

python -m tests.bench.hard_linkage          # every world with its figures, one JSON object a line
"""

import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from hub.figures import NotComputed
from hub.linking import linkage
from hub.person_files import linkage as file_linkage
from tests.bench import Measured, linkage_worlds, measured
from tests.bench.linkage_worlds import COLUMNS, Files, World

_EXACT: dict[str, Any] = {
    "letter": 0.0,
    "scanned": 0.0,
    "initial": 0.0,
    "nickname": 0.0,
    "family_changed": 0.0,
    "birthday": 0.0,
}
_NAMES_ONLY = World(homes=False, sexes=False, missing=0.0, moved=0.0, **_EXACT)
HARD: Mapping[str, World] = {
    "census": World(seed=1),
    "census, many slips": World(seed=2, letter=0.04, scanned=0.05, initial=0.02, nickname=0.03),
    "census, the worst": World(
        seed=3, letter=0.05, scanned=0.06, initial=0.03, nickname=0.04, moved=0.1, birthday=0.03, missing=0.02
    ),
    "children alone": World(seed=4, adults=False, letter=0.04, scanned=0.04, initial=0.02),
    "half in both": World(seed=6, covered=(0.6, 0.5), letter=0.04, scanned=0.04),
    "many twins": World(seed=7, adults=False, twins=0.05, letter=0.04, scanned=0.04, initial=0.03),
    "few names": World(seed=10, usual=(20, 30), letter=0.02),
}
INEXACT: Mapping[str, World] = {
    "middle names in one file": replace(_NAMES_ONLY, seed=21, people=5_000, middle=1.0),
    "one letter in each": replace(_NAMES_ONLY, seed=22, people=5_000, each_one_letter=True),
    "half in both, one letter": replace(_NAMES_ONLY, seed=23, covered=(0.6, 0.6), each_one_letter=True),
    "initials and middle names": replace(_NAMES_ONLY, seed=24, people=5_000, middle=0.6, initial=0.4),
}
_CHILDREN = World(people=3_000, adults=False, moved=0.02, letter=0.01, scanned=0.0, initial=0.0, nickname=0.01)
_NEW_YEARS = [f"{year}-01-01" for year in range(2005, 2010)]
PLACED: Sequence[tuple[str, World, float, Sequence[str], Sequence[str], bool]] = tuple(
    (f"{what}, {100 * share:g} % of rows{said}", replace(_CHILDREN, seed=30 + at), share, days, columns, one)
    for at, (what, share, days, columns, one, said) in enumerate(
        [
            ("1900-01-01", 0.005, ["1900-01-01"], COLUMNS, False, ""),
            ("1900-01-01", 0.1, ["1900-01-01"], COLUMNS, False, ""),
            ("a day in no list", 0.01, ["2011-03-17"], COLUMNS, False, ""),
            ("a day in no list", 0.05, ["1987-06-15"], COLUMNS, False, ", names and birthday only"),
            ("1 January of five years", 0.005, _NEW_YEARS, COLUMNS, False, ""),
            ("1 January of five years", 0.03, _NEW_YEARS, COLUMNS, False, ", names and birthday only"),
            ("1 January of five years", 0.1, _NEW_YEARS, COLUMNS, False, ""),
            ("1 January of five years", 0.03, _NEW_YEARS, COLUMNS, True, ", in one file"),
            ("three days", 0.03, ["2010-05-05", "2011-05-05", "1999-09-09"], COLUMNS, False, ""),
        ]
    )
)
_FEW_COLUMNS = ("id", "truth", "given", "family", "dob")


def figures(tiny: bool) -> Iterator[Measured]:
    """Yield the worst of each kind of world."""
    placed = list(_placed(tiny))
    precision, world = _worst((found["precision"], name) for name, found, _ in placed)
    yield measured(
        "placeholder_precision", precision, f"of pairs, the worst of {len(placed)} worlds: {world}", ">= 0.999"
    )
    loss, world = _worst(((lost, name) for name, _, lost in placed), max)
    yield measured("placeholder_recall_loss", loss, f"of the others, the most of the worlds: {world}", "<= 0.005")
    inexact = {name: linked(linkage_worlds.make(world), _FEW_COLUMNS) for name, world in _sized(INEXACT.items(), tiny)}
    told = {name: found for name, found in inexact.items() if not found["warned"]} or inexact
    recall, world = _worst((found["recall"], name) for name, found in told.items())
    sure, _ = _worst((found["precision"], name) for name, found in told.items())
    said = f"of true pairs, the least of {len(told)} of {len(inexact)} worlds without a warning: {world}"
    yield measured("inexact_recall", recall, said, ">= 0.95")
    yield measured("inexact_precision", sure, "of pairs, the least of the same", ">= 0.99")
    hard = {name: linked(linkage_worlds.make(world)) for name, world in _sized(HARD.items(), tiny)}
    for figure, goal in (("precision", ">= 0.999"), ("recall", ">= 0.96")):
        value, world = _worst((found[figure], name) for name, found in hard.items())
        yield measured(f"hard_{figure}", value, f"of pairs, the least of {len(hard)} worlds: {world}", goal)


def linked(files: Files, columns: Sequence[str] = COLUMNS, *, once: bool | None = True) -> dict[str, Any]:
    """Link the files of a world by the command's own path; return precision, recall, and whether it warns.

    Recall is of the people who are no strangers with a shared birthday. Either is None where it is not computed.
    `once`: whether each of two files holds a person once; None: nothing is said.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths, mapping = linkage_worlds.write(files, Path(folder), columns, once=once)
        out = Path(folder) / "clusters.csv"
        found = file_linkage.link_files(paths, mapping, threshold=linkage.THRESHOLD, out=out).as_json()
    quality = found["quality"]
    return {
        **{name: quality[name].get("value") for name in ("precision", "recall")},
        "n": quality["recall"]["n"],
        "warned": bool(found["expected"].get("warning")),
    }


def _worst(
    found: Iterable[tuple[float | None, str]], of: Callable[[list[tuple[float, str]]], tuple[float, str]] = min
) -> tuple[float | NotComputed, str]:
    """Return the least number (or what `of` takes) and its world; a world without a number leaves none of all."""
    numbers: list[tuple[float, str]] = []
    for number, world in found:
        if number is None:
            return NotComputed(0, f"not in the world {world}"), world
        numbers.append((number, world))
    return of(numbers)


def _sized(worlds: Iterable[tuple[str, World]], tiny: bool) -> Iterator[tuple[str, World]]:
    """Yield the worlds, or one with few people."""
    for name, world in islice(worlds, 1) if tiny else worlds:
        yield name, replace(world, people=300) if tiny else world


def _placed(tiny: bool = False) -> Iterator[tuple[str, dict[str, Any], float | None]]:
    """Yield each world of placeholders with its figures, and the recall that its others lose, None if not computed."""
    for name, world, share, days, columns, one in PLACED[: 1 if tiny else None]:
        said = _FEW_COLUMNS if "only" in name else columns
        files = linkage_worlds.make(replace(world, people=300) if tiny else world)
        if one:
            files = _together(files)
        before = linked(files, said)
        found = linked(linkage_worlds.placed(files, share, days, seed=world.seed), said)
        recalls = before["recall"], found["recall"]
        yield name, found, None if None in recalls else recalls[0] - recalls[1]


def _together(files: Files) -> Files:
    """Return one file that holds the rows of both, in which a person may stand twice."""
    return Files(files.first + [["b" + row[0], *row[1:]] for row in files.second])


def main() -> None:
    """Print every world with its figures."""
    for name, found, lost in _placed():
        sys.stdout.write(json.dumps({"world": name, **found, "recall_lost": lost and round(lost, 5)}) + "\n")
        sys.stdout.flush()
    for worlds, columns in ((INEXACT, _FEW_COLUMNS), (HARD, COLUMNS)):
        for name, world in worlds.items():
            sys.stdout.write(json.dumps({"world": name, **linked(linkage_worlds.make(world), columns)}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
