"""The generator as a program: the same bytes for a seed, whole files, clear refusals."""

import ast
import hashlib
import sys
from pathlib import Path

import pytest

from tests.factories import lancashire
from tests.unit.lancashire.conftest import CHILDREN


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_same_seed_same_bytes_from_any_folder(county: Path, tmp_path: Path) -> None:
    done = lancashire.run("--out", "again", "--children", str(CHILDREN), "--seed", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert digests(tmp_path / "again") == digests(county)


def test_another_seed_or_number_gives_other_children(tmp_path: Path) -> None:
    first = digests(lancashire.generate(tmp_path / "a", children=60, seed=1))
    for name, children, seed in (("b", 60, 2), ("c", 61, 1)):
        other = digests(lancashire.generate(tmp_path / name, children=children, seed=seed))
        assert first.keys() == other.keys()
        # Sixty children may leave youth justice, exclusions and care without a row.
        few = ("youth_justice", "exclusions", "ssd_cla", "ssd_missing", "ssd_sdq", "truth/faults.json")
        same = [file for file in first if first[file] == other[file] and not file.startswith(few)]
        assert same == [], name


def test_writes_again_over_what_was_there(tmp_path: Path) -> None:
    fresh = digests(lancashire.generate(tmp_path / "fresh", children=20))
    lancashire.generate(tmp_path / "used", children=40)
    assert digests(lancashire.generate(tmp_path / "used", children=20)) == fresh


def test_nothing_but_whole_files_is_left(county: Path) -> None:
    assert [
        path.name for path in county.rglob("*") if path.is_file() and path.suffix not in (".csv", ".gz", ".json")
    ] == []
    assert [path.name for path in county.rglob("*") if path.name.startswith(".")] == []


@pytest.mark.parametrize("children", [1, 20])
def test_a_hamlet_is_a_county_too(tmp_path: Path, children: int) -> None:
    done = lancashire.run("--out", tmp_path, "--children", str(children))
    assert done.stderr == "", "silent when nobody watches"
    assert done.stdout == f"{children} generated children, seed 1: {tmp_path}\n"
    for source in lancashire.declared().sources:
        for file in source.files:
            assert len(lancashire.lines(tmp_path, file)) >= 1, file.file


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--children", "0"), "--children is from 1 to 500,000"),
        (("--children", "500001"), "--children is from 1 to 500,000"),
        (("--children", "many"), "invalid int value"),
        (("--seed", "-1"), "--seed is 0 or more"),
    ],
)
def test_refuses_what_cannot_be(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = lancashire.run("--out", tmp_path / "none", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "none").exists()


def test_stands_without_the_product() -> None:
    allowed = set(sys.stdlib_module_names) | {"numpy", "pandas", "pyarrow", "rich"}
    own = {path.stem for path in lancashire.GENERATOR.glob("*.py")}
    for path in lancashire.GENERATOR.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, path
                names = [node.module or ""]
            assert {name.split(".")[0] for name in names} <= allowed | own, path
    assert not own & set(sys.stdlib_module_names) - {"__main__"}, "a module here would hide one of Python's own"
