"""The frame: which package may import which, what each says of itself, and how quickly help is there."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ORDER = ("hub", "features", "models", "audits", "ethics", "service")
MODULES = sorted(path for package in ORDER for path in (ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Return the top-level names that a module imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_point_one_way(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    allowed = set(ORDER[: ORDER.index(package) + 1])
    assert imported(path) & set(ORDER) <= allowed
    assert not imported(path) & {"tests", "partnerships", "docs", "notebooks"}, "the product stands without these"


@pytest.mark.parametrize("package", ORDER)
def test_each_package_states_in_out_and_callers(package: str) -> None:
    said = ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text(encoding="utf-8")))
    assert said is not None
    for word in ("In:", "Out:", "Callers:"):
        assert word in said


def test_only_the_hub_opens_the_identity_store() -> None:
    for path in MODULES:
        if path.relative_to(ROOT).parts[0] != "hub":
            assert ".identity" not in path.read_text(encoding="utf-8"), path


def test_only_settings_reads_the_environment() -> None:
    for path in MODULES:
        if path != ROOT / "hub" / "settings.py":
            text = path.read_text(encoding="utf-8")
            assert "os.environ" not in text, path
            assert "getenv" not in text, path


def test_packages_are_listed_and_never_published() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == list(ORDER)
    assert "Private :: Do Not Upload" in project["project"]["classifiers"]


def test_lock_files_have_hashes_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pinned = [line for line in text.splitlines() if "==" in line and not line.startswith(" ")]
        assert len(pinned) > 100
        assert text.count("--hash=sha256:") >= len(pinned)
        assert "://" not in text


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nsys.argv = ['sentinel', '--help']\n"
        "from service.commands.cli import app\n"
        "try:\n    app()\nexcept SystemExit:\n    pass\n"
        "heavy = ('lightgbm', 'shap', 'mlflow', 'splink', 'sklearn', 'numba', 'optuna')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "demo" in done.stdout


def test_module_names_are_nouns() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}
    assert not [path for path in MODULES if path.stem in vague]
