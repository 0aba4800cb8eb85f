"""The page that lay reviewers read says what is compared."""

from pathlib import Path

from hub.weighing.levels import COMPARISONS

PAGE = Path(__file__).parents[4] / "docs" / "linkage.md"


def test_the_table_of_comparisons_is_the_declared_one() -> None:
    rows = [
        f"| {name.replace('_', ' ')} | {'; '.join(label for label, *_ in levels if label != 'null')} |"
        for name, levels in COMPARISONS.items()
    ]
    table = PAGE.read_text(encoding="utf-8").split("<!-- comparisons -->")[1].split("<!-- /comparisons -->")[0]
    assert table.strip().splitlines()[2:] == rows
