"""The rooms of the house: which room of a package may import which, and through which doors outsiders come in.

    faults(imports_of(root))        # [] where every import keeps to the rooms
    page(note), picture()           # the page about them, and its drawing

A file at the top of a package is ground that everybody may stand on. A folder is a room. A room imports only rooms that
stand above it in HOUSE, and itself; another package enters it through its doors and through no other module; no module
imports itself in a circle. What a room is for, its `__init__` says. `tests/unit/test_rooms.py` holds all of this.
"""

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Room:
    """One room.

    Attributes:
        name: the folder.
        doors: the modules that another package may import.
    """

    name: str
    doors: tuple[str, ...] = ()


HOUSE: dict[str, tuple[Room, ...]] = {
    "hub": (
        Room("disclosing", ("disclosure", "withheld_cells")),
        Room("ledger", ("chain", "ledger", "practice", "publications", "schema", "statements", "store", "subjects",
                        "tables", "verification", "writes")),
        Room("declarations", ("adapter", "expressions", "gateways", "mapped_columns", "partnership", "powers",
                              "source_files", "source_mappings", "sources")),
        Room("formats"),
        Room("identity"),
        Room("staging", ("extracts", "reporting")),
        Room("intake", ("ingest",)),
        Room("weighing"),
        Room("linking", ("disclosed", "linkage")),
        Room("person_files"),
        Room("publishing", ("publish", "snapshots")),
        Room("rebuilding", ("rebuilt", "snapshots", "verification")),
        Room("quality"),
        Room("erasing", ("erasure", "lookup", "rewriting")),
        Room("commands", ("cli", "command_line")),
    ),
    "features": (
        Room("declarations", ("catalogue", "needs", "outcomes", "use_cases", "validation")),
        Room("kernel", ("compilation",)),
        Room("rows", ("feature_sets",)),
        Room("gaps"),
        Room("levels", ("label_cards",)),
        Room("leakage", ("leaks",)),
        Room("batch", ("erasure", "matrix")),
        Room("online", ("source", "vector")),
        Room("rebuilding", ("sets", "sources")),
        Room("dictionary"),
        Room("commands", ("catalogue_cli", "cli", "gaps_cli", "lint_cli", "outcomes_cli")),
    ),
    "models": (
        Room("measuring", ("metrics", "thresholds")),
        Room("contributions"),
        Room("additive", ("additive",)),
        Room("bundle", ("bundles", "forms", "model", "trainings")),
        Room("record", ("tracking",)),
        Room("tables"),
        Room("fitting", ("fitting", "training")),
        Room("comparing"),
        Room("stability"),
        Room("frames"),
        Room("commands", ("cli",)),
    ),
    "audits": (
        Room("fairness"),
        Room("explaining", ("reasons",)),
        Room("limits"),
        Room("report"),
        Room("audit", ("audit", "rebuilding")),
        Room("commands", ("cli",)),
    ),
    "ethics": (
        Room("rules", ("canvas", "policy")),
        Room("record", ("records", "store")),
        Room("acts", ("approvals", "decisions", "proposals", "verification")),
        Room("dossier"),
        Room("commands", ("cli", "ledger_cli")),
    ),
    "service": (
        Room("gate"),
        Room("scoring"),
        Room("http"),
        Room("demonstration"),
        Room("erasing"),
        Room("commands"),
        Room("documentation"),
    ),
}  # fmt: skip
"""Packages from the ground up, and the rooms of each from the ground up: a later one may import an earlier one."""

GENERATORS = {"service.documentation"}
"""Read what they describe through any module: a page of a room's words is no second way into it."""


def modules(root: Path) -> dict[str, Path]:
    """Return every module of the packages by its dotted name; a package by its folder's."""
    found = {}
    for package in HOUSE:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(root: Path) -> dict[str, set[str]]:
    """Return for each module the modules of these packages that it imports, at the top, late, or only for types."""
    known = modules(root)
    return {name: set(_imported(path, known)) - {name} for name, path in known.items()}


def _imported(path: Path, known: Collection[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if whole in known:
                    yield whole
                elif node.module in known:
                    yield node.module


def faults(imports: Mapping[str, Collection[str]]) -> list[str]:
    """Return a sentence for each import that goes against the rooms; none where all keep to them.

    Args:
        imports: module → the modules that it imports, by dotted names.
    """
    found: list[str] = []
    for importer, imported in sorted(imports.items()):
        if importer.endswith(".__main__"):
            continue  # begins a package's commands; nobody imports it
        for other in sorted(imported):
            found += _fault(importer, other)
    try:
        TopologicalSorter({name: set(them) for name, them in imports.items()}).prepare()
    except CycleError as error:
        found.append(f"a circle: {' imports '.join(reversed(error.args[1]))}")
    return found


def _fault(importer: str, other: str) -> Iterator[str]:
    (package, room), (its, door) = _place(importer), _place(other)
    packages = list(HOUSE)
    if packages.index(its) > packages.index(package):
        yield f"{importer} imports {other}: the package {its} stands above {package}"
    elif its == package:
        order = ["", *(one.name for one in HOUSE[package])]
        if room and order.index(door) > order.index(room):
            yield f"{importer} imports {other}: {door} stands above {room}"
        if not room and door and importer != package:
            yield f"{importer} imports {other}: the ground stands on no room"
    elif door and f"{package}.{room}" not in GENERATORS:
        doors = next(one.doors for one in HOUSE[its] if one.name == door)
        if other.split(".")[2:3] != [] and other.split(".")[2] not in doors:
            yield f"{importer} imports {other}: it is no door of {its}/{door}"


def _place(module: str) -> tuple[str, str]:
    """Return package and room of a module; the room of a file at the top is ""."""
    package, *rest = module.split(".")
    return package, rest[0] if rest and any(one.name == rest[0] for one in HOUSE[package]) else ""


def said(package: str, room: str) -> str:
    """Return the sentence in which a room says what it is."""
    text = ast.get_docstring(ast.parse((ROOT / package / room / "__init__.py").read_text(encoding="utf-8"))) or ""
    return text.split("\n\n")[0].replace("\n", " ")


def page(note: str) -> str:
    """Return the page of the rooms: for each what it is for, its modules, and its doors.

    Args:
        note: that the page is generated.
    """
    lines = [note, "# The rooms of each package", ""]
    lines += [
        "A file at the top of a package is ground that everybody may stand on. A folder is a room: it imports the"
    ]
    lines += [
        "rooms that stand above it in its table and no others, and another package comes in through its doors.",
        "",
    ]
    lines += ["![The rooms of each package, from the ground up](rooms.svg)", ""]
    known = modules(ROOT)
    for package, rooms in HOUSE.items():
        ground = [name.split(".")[1] for name in known if name.count(".") == 1 and not _place(name)[1]]
        lines += [f"## {package}", ""]
        if shown := [name for name in ground if name != "__main__"]:
            lines += [f"On the ground: {', '.join(f'`{name}`' for name in shown)}.", ""]
        lines += ["| room | what it is for | modules | doors |", "| --- | --- | --- | --- |"]
        for room in rooms:
            inside = sorted(name.split(".")[2] for name in known if name.startswith(f"{package}.{room.name}."))
            names = ", ".join(dict.fromkeys(name for name in inside if name != "migrations"))
            doors = ", ".join(room.doors) or "none"
            lines.append(f"| `{room.name}/` | {said(package, room.name).split(': ', 1)[-1]} | {names} | {doors} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


_WIDE, _HIGH, _GAP, _TOP = 176, 30, 12, 54


def picture() -> str:
    """Return the drawing (SVG): a column for each package, its rooms from the ground up, those with doors framed."""
    tallest = max(len(rooms) for rooms in HOUSE.values()) + 1
    wide, high = len(HOUSE) * (_WIDE + _GAP) + _GAP, _TOP + tallest * (_HIGH + 4) + 40
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" role="img" '
        'font-family="sans-serif" font-size="13">',
        "<title>The rooms of each package, from the ground up</title>",
        "<desc>Six columns. A package may import those to its left; a room may import those below it.</desc>",
        f'<rect width="{wide}" height="{high}" fill="#ffffff"/>',
    ]
    for column, (package, rooms) in enumerate(HOUSE.items()):
        left = _GAP + column * (_WIDE + _GAP)
        lines.append(f'<text x="{left}" y="30" font-size="17" font-weight="bold" fill="#0b0c0c">{package}/</text>')
        for height, room in enumerate((Room("ground"), *rooms)):
            top = _TOP + (tallest - 1 - height) * (_HIGH + 4)
            ground = height == 0
            fill, edge = ("#d8dde0", "#d8dde0") if ground else ("#eef3f7", "#1d70b8" if room.doors else "#eef3f7")
            words = "files on the ground" if ground else f"{room.name}/"
            lines.append(
                f'<rect x="{left}" y="{top}" width="{_WIDE}" height="{_HIGH}" rx="3" fill="{fill}" stroke="{edge}" '
                'stroke-width="2"/>'
            )
            lines.append(f'<text x="{left + 10}" y="{top + 20}" fill="#0b0c0c">{escape(words)}</text>')
    lines.append(
        f'<text x="{_GAP}" y="{high - 14}" fill="#0b0c0c">A package may import those to its left. A room may import '
        "those below it. A blue frame: it has doors for other packages.</text>"
    )
    return "\n".join([*lines, "</svg>"]) + "\n"
