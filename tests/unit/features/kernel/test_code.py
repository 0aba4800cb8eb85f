"""The digest of the code covers every module that numbers go through; left out, stale numbers would be taken."""

import ast
from pathlib import Path

import features
from features.kernel.code import MODULES

FOLDER = Path(features.__file__).parent
# What these say stands in a feature set by itself: the whole use case, the whole catalogue, the schema's version.
SAID_ELSEWHERE = {
    "declarations/ages",
    "declarations/catalogue",
    "declarations/outcomes",
    "declarations/schedules",
    "declarations/validation",
    "declarations/use_cases",
    "kernel/code",
    "rows/feature_sets",
}


def imported(name: str) -> set[str]:
    """Return the modules of this package that one of them imports, as ROOM/MODULE."""
    found = set()
    for node in ast.walk(ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("features."):
            path = (node.module or "").removeprefix("features.").replace(".", "/")
            whole = {f"{path}/{alias.name}" for alias in node.names}
            found |= {one for one in whole if (FOLDER / f"{one}.py").is_file()} or {path}
    return found


def test_every_module_that_numbers_go_through_is_digested() -> None:
    reached, todo = set(), {"rows/parts", "rows/families", "rows/followed"}
    while todo:
        one = todo.pop()
        reached.add(one)
        todo |= {other for other in imported(one) - SAID_ELSEWHERE if other not in reached}
    assert reached == set(MODULES)
