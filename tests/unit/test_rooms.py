"""The rooms: their order, their doors, no circle; each says what it is; and what goes against them is seen."""

import ast
from pathlib import Path

import pytest

from service.documentation import rooms

ROOT = Path(__file__).parents[2]
ROOMS = [(package, room.name) for package, inside in rooms.HOUSE.items() for room in inside]
IMPORTS = rooms.imports_of(ROOT)


def test_every_import_keeps_to_the_rooms() -> None:
    assert rooms.faults(IMPORTS) == []


@pytest.mark.parametrize(
    ("importer", "other", "why"),
    [
        ("hub.formats.archives", "hub.intake.ingest", "intake stands above formats"),
        ("hub.sql", "hub.formats.archives", "the ground stands on no room"),
        ("features.batch.matrix", "hub.weighing.chance", "no door of hub/weighing"),
        ("models.fitting.fitting", "hub.intake.reading", "no door of hub/intake"),
        ("hub.publishing.publish", "models.bundle.bundles", "the package models stands above hub"),
        ("hub.digests", "hub.artefacts", "a circle: "),
        ("hub.linking.clusters", "hub.linking.linkage", "a circle: "),
    ],
)
def test_an_import_against_them_is_seen(importer: str, other: str, why: str) -> None:
    assert other in IMPORTS
    added = {**IMPORTS, importer: IMPORTS[importer] | {other}}
    assert any(why in fault for fault in rooms.faults(added))


def test_a_door_is_used() -> None:
    crossing = {
        other for importer, them in IMPORTS.items() for other in them if importer.split(".")[0] != other.split(".")[0]
    }
    for package, inside in rooms.HOUSE.items():
        for room in inside:
            unused = {door for door in room.doors if f"{package}.{room.name}.{door}" not in crossing}
            assert not unused, f"{package}/{room.name} has doors that nobody uses"


def test_every_folder_with_code_is_a_room() -> None:
    found = {(path.parts[-3], path.parts[-2]) for package in rooms.HOUSE for path in (ROOT / package).glob("*/*.py")}
    assert found == set(ROOMS)


@pytest.mark.parametrize(("package", "room"), ROOMS)
def test_each_room_states_in_out_and_callers(package: str, room: str) -> None:
    tree = ast.parse((ROOT / package / room / "__init__.py").read_text(encoding="utf-8"))
    said = ast.get_docstring(tree)
    assert said is not None
    for word in ("In:", "Out:", "Callers:"):
        assert word in said
    assert len(tree.body) == 1, "it imports nothing"
    assert "." in rooms.said(package, room)


def test_tests_mirror_the_rooms() -> None:
    for kind in ("unit", "integration"):
        for package in rooms.HOUSE:
            names = {room.name for room in rooms.HOUSE[package]}
            folders = {path.parent.name for path in (ROOT / "tests" / kind / package).glob("*/test_*.py")}
            assert folders <= names, f"tests/{kind}/{package} has folders that are no rooms"


def test_the_name_of_a_class_means_one_thing() -> None:
    """Of two that are called alike a reader must look which one is meant."""
    named: dict[str, list[str]] = {}
    for package in rooms.HOUSE:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    named.setdefault(node.name, []).append(path.relative_to(ROOT).as_posix())
    assert {name: places for name, places in named.items() if len(places) > 1} == {}
