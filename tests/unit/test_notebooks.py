"""Notebooks: the text and the .ipynb are one notebook, and no output is committed."""

import ast
import json
from pathlib import Path

import jupytext
import pytest

ROOT = Path(__file__).parents[2] / "notebooks"
TEXTS = sorted(ROOT.glob("*.py"))


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.stem)
def test_text_and_notebook_are_one(text: Path) -> None:
    paired = text.with_suffix(".ipynb")
    cells = [
        [(cell.cell_type, cell.source.strip()) for cell in jupytext.read(path).cells if cell.source.strip()]
        for path in (text, paired)
    ]
    assert cells[0] == cells[1], f"run jupytext --sync {text.name}"


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.stem)
def test_no_output_is_kept(text: Path) -> None:
    for cell in json.loads(text.with_suffix(".ipynb").read_text(encoding="utf-8"))["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_two_models_are_compared_through_the_frames_alone() -> None:
    text = (ROOT / "02_compare_models.py").read_text(encoding="utf-8")
    making, compared = text.split("# ## 1. What was trained")
    assert "practice.begin" in making
    imported = {
        f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(compared))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imported == {"matplotlib.pyplot", "pandas", "sklearn.metrics.RocCurveDisplay", "models.frames.frames"}
