"""Linkage on small inputs that fail, and on small worlds that are hard: each has a right answer."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.linking import linkage
from hub.person_files import linkage as file_linkage
from service.commands.cli import app
from tests.bench import hard_linkage, linkage_worlds
from tests.bench.linkage_worlds import World
from tests.shared_data import FOLDER

_CASES = FOLDER.parent / "cases"
_RIGHT: Mapping[str, tuple[float, float]] = {
    "link_dummy_30": (0.999, 0.999),
    "link_dummy_100": (0.999, 0.999),
    "link_dummy_100_usual_birthdays": (1.0, 0.999),
    "link_new_year_40": (1.0, 0.999),
    "link_placeholder_names": (1.0, 0.999),
    "link_letters": (1.0, 0.999),
    "mid_one_side": (0.99, 0.95),
    "one_error_each": (0.99, 0.95),
}
_LONG = {"link_dummy_30", "link_dummy_100_usual_birthdays", "link_new_year_40", "link_placeholder_names"}
"""Those of which link_dummy_100 is the harder sibling: days and names that are written for "not known"."""


@pytest.mark.skipif(not _CASES.is_dir(), reason="needs the cases beside the shared data; see tests/shared_data.py")
@pytest.mark.parametrize(
    ("name", "least"),
    [pytest.param(*one, marks=pytest.mark.prove if one[0] in _LONG else ()) for one in _RIGHT.items()],
)
def test_a_case_gives_its_right_answer(name: str, least: tuple[float, float]) -> None:
    folder = _CASES / name
    files = [folder / "a.csv", folder / "b.csv"]
    quality = file_linkage.link_files(files, folder / "m.yaml", threshold=linkage.THRESHOLD).quality
    assert getattr(quality.precision, "value", 0) >= least[0]
    assert getattr(quality.recall, "value", 0) >= least[1]


def _linked(world: World, **more: Any) -> dict[str, Any]:
    return hard_linkage.linked(linkage_worlds.make(world), **more)


def test_a_census_with_all_its_errors_is_linked_and_nobody_is_joined_with_a_stranger() -> None:
    found = _linked(World(seed=51, people=2_500, letter=0.04, scanned=0.05, initial=0.02, nickname=0.03))
    assert found["precision"] >= 0.999
    assert found["recall"] >= 0.96
    assert not found["warned"]


def test_files_about_other_people_are_not_linked_and_nobody_is_warned() -> None:
    one, other = (linkage_worlds.make(World(seed=seed, people=1_500)) for seed in (61, 62))
    others = [["o" + row[0], "o" + row[1], *row[2:]] for row in other.second]
    found = hard_linkage.linked(linkage_worlds.Files(one.first, others))
    assert found["n"] == 0
    assert not found["warned"]


_ALWAYS = (0, 3, 8)
_SMALL = {
    "a census": (World(seed=1, people=2_700), True, 0),
    "twins, and nobody says that a file holds a person once": (
        World(seed=1, people=2_700, twins=0.06, adults=False), None, 0,
    ),
    "names that go together, no homes": (World(seed=1, people=2_700, homes=False, adults=False), True, 12),
    "few names": (World(seed=1, people=2_700, usual=(20, 30), homes=False), None, 0),
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "in_both"),
    [
        # Each kind once, and each number once, are always run.
        pytest.param(kind, in_both, marks=() if in_both == _ALWAYS[at % 3] else pytest.mark.prove)
        for at, kind in enumerate(_SMALL)
        for in_both in _ALWAYS
    ],
)
def test_a_small_file_of_which_few_are_in_a_large_one_warns_nobody(kind: str, in_both: int) -> None:
    world, once, origins = _SMALL[kind]
    files, strangers = linkage_worlds.make(world), linkage_worlds.make(replace(world, seed=501)).second
    known = {row[1] for row in files.first}
    small = [row for row in files.second if row[1] in known][:in_both]
    small += [["o" + row[0], "o" + row[1], *row[2:]] for row in strangers[: 30 - in_both]]
    few = linkage_worlds.Files(files.first, small)
    found = hard_linkage.linked(linkage_worlds.by_origin(few, origins) if origins else few, once=once)
    assert not found["warned"]


@pytest.mark.parametrize("column", [2, *(pytest.param(one, marks=pytest.mark.prove) for one in (3, 4))])
def test_a_small_file_with_a_wrong_column_warns_though_it_is_small(column: int) -> None:
    files = linkage_worlds.make(World(seed=1, people=2_700, homes=False, sexes=False))
    known = {row[1] for row in files.first}
    small = [row for row in files.second if row[1] in known][:40]
    values = sorted(row[column] for row in small)
    wrong = [[*row[:column], value, *row[column + 1 :]] for row, value in zip(small, values, strict=True)]
    assert hard_linkage.linked(linkage_worlds.Files(files.first, wrong))["warned"]
    assert not hard_linkage.linked(linkage_worlds.Files(files.first, small))["warned"]


def test_links_within_a_large_file_do_not_speak_for_a_small_one() -> None:
    files = linkage_worlds.make(World(seed=1, people=900, homes=False, sexes=False))
    large = [[f"{row[0]}-{again}", *row[1:]] for again in range(3) for row in files.first]
    known = {row[1] for row in files.first}
    small = [row for row in files.second if row[1] in known][:40]
    names = sorted(row[2] for row in small)
    wrong = [[*row[:2], name, *row[3:]] for row, name in zip(small, names, strict=True)]
    assert hard_linkage.linked(linkage_worlds.Files(large, wrong), once=None)["warned"]
    assert not hard_linkage.linked(linkage_worlds.Files(large, small), once=None)["warned"]


def test_a_linkage_that_finds_too_little_says_so_and_has_its_own_exit_code(tmp_path: Path) -> None:
    files = linkage_worlds.make(World(seed=71, people=1_200, homes=False, sexes=False))
    # In the second file every given name is another child's: a column that was sorted by itself.
    names = sorted(row[2] for row in files.second)
    sorted_alone = [[*row[:2], name, *row[3:]] for row, name in zip(files.second, names, strict=True)]
    codes = {}
    for name, second in (("right", files.second), ("wrong", sorted_alone)):
        paths, mapping = linkage_worlds.write(linkage_worlds.Files(files.first, second), tmp_path / name)
        done = CliRunner().invoke(
            app, ["hub", "link", *map(str, paths), "--mapping", str(mapping), "--out", str(tmp_path / name / "c.csv")]
        )
        codes[name] = done.exit_code
        assert ("warning:" in done.output) is (name == "wrong"), done.output
        assert "family names and birthdays" in done.output or name == "right"
        assert (tmp_path / name / "c.csv").is_file()  # it was made all the same
    assert codes == {"right": 0, "wrong": 12}


def test_twins_are_two_people_though_nobody_says_that_a_file_holds_a_person_once() -> None:
    for homes in (False, True):
        world = World(seed=91, people=2_000, adults=False, twins=0.06, scanned=0.0, homes=homes)
        found = hard_linkage.linked(linkage_worlds.make(world), once=None)
        assert found["precision"] >= 0.999
        assert found["recall"] >= 0.96


def test_a_father_and_a_son_of_one_name_are_two_people() -> None:
    files = linkage_worlds.make(World(seed=81, people=1_500, adults=False))
    fathers, sons = [], []
    for at in range(30):
        name = [f"Robert{chr(97 + at % 26)}", f"Zedson{chr(97 + at % 26)}{chr(97 + at // 26)}"]
        home = ["M", f"{at} Mill Road", f"PZ{at} 1ZZ"]
        fathers.append([f"f{at}", f"father{at}", *name, f"{1965 + at % 20}-{1 + at % 12:02d}-{1 + at % 28:02d}", *home])
        sons.append(
            [f"s{at}", f"son{at}", *name, f"{2004 + at % 15}-{1 + at * 5 % 12:02d}-{1 + at * 11 % 28:02d}", *home]
        )
    found = hard_linkage.linked(linkage_worlds.Files(files.first + fathers, files.second + sons))
    assert found["precision"] >= 0.999
