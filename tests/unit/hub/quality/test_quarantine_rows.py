"""Quarantined rows as an agency gets them back: their place, the rule, what to do, and no value."""

import csv
import re
from pathlib import Path

import pytest

from hub.errors import ConfigurationError
from hub.quality import quarantine_rows
from hub.quality.quarantine_rows import REMEDIES, shape
from tests.factories.deliveries import SECRET, Town


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "(empty)"),
        ("  ", "(empty)"),
        ("Smith", "Aaaaa"),
        ("31/02/2012", "99/99/9999"),
        ("O'Łukasz-2", "A'Aaaaaa-9"),
        ("١٢", "99"),
        ("a\nb\t€", "a?a??"),
        ("x" * 21, "a" * 20 + "…"),
    ],
)
def test_a_value_is_told_by_its_shape(text: str | None, expected: str) -> None:
    assert shape(text) == expected


def test_each_broken_rule_is_told_with_its_place_and_no_value(tmp_path: Path) -> None:
    pupils = f"pupil_id,surname,birth_date,sex\nP1,{SECRET},31/02/2012,Q\nP2,O'Brien,31/12/2011,M\n,=cmd,,\n"
    town = Town(
        tmp_path, pupils=pupils, absences="pupil_id,day,sessions,recorded_on\nP2,2024-03-04,2,\nP9,2024-03-05,1,\n"
    )
    town.one()
    found = quarantine_rows.listed(town.workspace, town.partnership)
    assert [(one.file, one.line, one.column, one.rule, one.shape) for one in found] == [
        ("absences.csv", 3, "person", "not_listed", "A9"),
        ("pupils.csv", 2, "sex", "allowed", "A"),
        ("pupils.csv", 2, "birth_date", "date", "99/99/9999"),
        ("pupils.csv", 4, "pupil_id", "required", "(empty)"),
    ]
    assert all(one.remedy == REMEDIES[one.rule] for one in found)
    path = tmp_path / "back.csv"
    quarantine_rows.write_csv(found, path)
    assert SECRET not in path.read_text()
    assert "P9" not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open(newline="") as stream:
        assert [row["rule"] for row in csv.DictReader(stream)] == [one.rule for one in found]
    assert quarantine_rows.listed(town.workspace, town.partnership, "school") == found
    with pytest.raises(ConfigurationError, match="There is: school"):
        quarantine_rows.listed(town.workspace, town.partnership, "scool")


def test_every_rule_of_the_page_has_a_remedy() -> None:
    page = (Path(__file__).parents[4] / "docs" / "extracts.md").read_text()
    table = page[page.index("## What is quarantined") : page.index("## From when a fact was known")]
    rules = {
        one
        for line in table.splitlines()
        if line.startswith("| `")
        for one in re.findall("`([a-z_]+)`", line.split("|")[1])
    }
    assert rules <= REMEDIES.keys()
