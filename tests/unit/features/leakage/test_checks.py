"""Every module of the room that looks for leaks is run, says what it looks for, and every kind is looked for."""

import importlib
from pathlib import Path

from features.leakage import leaks, lint

FOLDER = Path(leaks.__file__).parent


def test_every_check_is_run_and_every_kind_is_looked_for() -> None:
    modules = [importlib.import_module(f"features.leakage.{path.stem}") for path in sorted(FOLDER.glob("[a-z]*.py"))]
    found = {module.__name__ for module in modules if hasattr(module, "KINDS")}
    assert found == {check.__name__ for check in lint.CHECKS}  # type: ignore[attr-defined]  # they are modules
    assert {kind for check in lint.CHECKS for kind in check.KINDS} == set(leaks.LeakKind) == set(leaks.TITLES)
    assert len({check.TITLE for check in lint.CHECKS}) == len(lint.CHECKS)
