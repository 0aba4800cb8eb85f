"""The digest of the code covers every module that numbers go through; left out, stale numbers would be taken."""

import ast
from pathlib import Path

import features
from features.code import MODULES

FOLDER = Path(features.__file__).parent
# What these say stands in a feature set by itself: the whole use case, the whole catalogue, the schema's version.
SAID_ELSEWHERE = {"ages", "catalogue", "code", "feature_sets", "outcomes", "schedules", "split", "use_cases"}


def imported(name: str) -> set[str]:
    """Return the modules of this package that one of them imports."""
    found = set()
    for node in ast.walk(ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "features":
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("features."):
            found.add((node.module or "").removeprefix("features."))
    return found


def test_every_module_that_numbers_go_through_is_digested() -> None:
    reached, todo = set(), {"parts"}
    while todo:
        one = todo.pop()
        reached.add(one)
        todo |= {other for other in imported(one) - SAID_ELSEWHERE if other not in reached}
    assert reached == set(MODULES)
