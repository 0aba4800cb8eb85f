"""The quarantine by group, from a delivery to what the command prints: drawn rows, each with its truth."""

import json
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.commands import cli
from hub.declarations.partnership import Partnership
from hub.disclosing.disclosure import SmallNumbers
from hub.errors import IntegrityError
from hub.quality import quarantine_groups
from hub.quality.quarantine_groups import NOT_KNOWN
from tests.factories.deliveries import SCHOOL, SECRET, Town

SOURCES = SCHOOL.replace("sex: {allowed: [F, M]}", "sex: {}\n          ethnicity: {}").replace(
    # What was recorded long ago is another thing, and no longer counts.
    "sex: sex",
    "sex: sex\n        ethnicity: ethnicity\n"
    "      - {table: pupils, id: pupil_id, sex: \"CASE sex WHEN 'F' THEN 'M' END\", "
    "known_from: \"DATE '2011-01-01'\"}",
)
# Of 60 pupils the first 40 are girls, one in two of them White; each has one absence.
SEX = ["F"] * 40 + ["M"] * 18 + ["Zaphodbeeble", ""]
ETHNICITY = ["WBRI" if number % 2 else "mwbc" for number in range(40)] + [""] * 20
PUPILS = "pupil_id,surname,birth_date,sex,ethnicity\n" + "".join(
    f"P{number},{SECRET},2010-02-03,{sex},{ethnicity}\n"
    for number, (sex, ethnicity) in enumerate(zip(SEX, ETHNICITY, strict=True))
)
# Broken days: of girls P0 to P24, P0 with two; of boys P40 to P49; of nobody listed two; one without an id.
BROKEN = ["P0", *(f"P{number}" for number in range(25)), *(f"P{number}" for number in range(40, 50)), "X1", " X2", ""]
ABSENCES = "pupil_id,day,sessions,recorded_on\n" + "".join(
    [f"P{number},2024-03-04,1,\n" for number in range(60)]
    + [f"{one} ,2024-02-3{number % 2},{number % 5},\n" for number, one in enumerate(BROKEN)]
    + ["X9,2024-03-05,1,\n"] * 11  # mapped, and not listed
    + [f"P{number},2024-03-06,99,\n" for number in range(3)]  # three girls
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    town = Town(tmp_path_factory.mktemp("town"), SOURCES, pupils=PUPILS, absences=ABSENCES)
    town.one()
    return town


def test_counts_are_those_of_the_drawn_rows(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Partnership, "small_numbers", SmallNumbers(1))
    found = quarantine_groups.by_group(town.workspace, town.partnership, "sex")
    counts = {(row["rule"], row["group"]): (row["rows"], row["people"], row["listed"]) for row in found["rows"]}
    assert counts == {
        ("day: date", "female"): (26, 25, 40),
        ("day: date", "male"): (10, 10, 18),
        ("day: date", "another value"): (0, 0, 1),
        ("day: date", "not recorded"): (0, 0, 1),
        ("day: date", NOT_KNOWN): (3, None, None),
        ("pupil_id: required", NOT_KNOWN): (1, None, None),
        **{("pupil_id: required", one): (0, 0, counts["day: date", one][2]) for one in _LEVELS},
        ("person: not_listed", NOT_KNOWN): (11, None, None),
        **{("person: not_listed", one): (0, 0, counts["day: date", one][2]) for one in _LEVELS},
        **{("sessions: maximum", one): (0, 0, counts["day: date", one][2]) for one in _LEVELS},
        ("sessions: maximum", "female"): (3, 3, 40),
        ("sessions: maximum", NOT_KNOWN): (0, None, None),
    }
    [share] = [row["share"] for row in found["rows"] if (row["rule"], row["group"]) == ("day: date", "female")]
    assert (share["value"], share["n"]) == (0.625, 40)
    assert share["low"] < 0.625 < share["high"]


_LEVELS = ("female", "male", "another value", "not recorded")


def test_ethnicity_is_told_in_five_groups(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Partnership, "small_numbers", SmallNumbers(1))
    rows = quarantine_groups.by_group(town.workspace, town.partnership, "ethnicity")["rows"]
    dates = {row["group"]: (row["rows"], row["people"], row["listed"]) for row in rows if row["rule"] == "day: date"}
    expected = Counter(ETHNICITY[number] for number in range(25))
    assert dates == {
        "White": (expected["WBRI"], expected["WBRI"], 20),
        "Mixed": (expected["mwbc"] + 1, expected["mwbc"], 20),
        "not recorded": (10, 10, 20),
        NOT_KNOWN: (3, None, None),
    }


def test_small_numbers_are_withheld(town: Town) -> None:
    rows = quarantine_groups.by_group(town.workspace, town.partnership, "sex")["rows"]
    shown = {(row["rule"], row["group"]): row["rows"] for row in rows}
    assert shown["day: date", "female"] == 26
    held = {"withheld": "withheld"}
    assert shown["day: date", NOT_KNOWN] == shown["day: date", "male"] == held
    # All three rows are of girls, and the plain count of the rule says 3: nothing is told by group, not even 0.
    assert all(shown["sessions: maximum", one] == held for one in (*_LEVELS, NOT_KNOWN))


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.parametrize("by", ["sex", "ethnicity"])
def test_the_command_prints_no_value_of_a_person(town: Town, by: str, form: list[str]) -> None:
    place = ["--workspace", str(town.workspace.root.parent), "--partnership", str(town.root / "partnership")]
    named = town.workspace.root.parent / town.partnership.name
    if not named.exists():
        named.symlink_to(town.workspace.root)
    done = CliRunner().invoke(cli.app, ["quarantine", "--by", by, *form, *place])
    assert done.exit_code == 0, done.output
    assert not any(value in done.output for value in (SECRET, "P0", "P40", "X1", "X9", "2010-02"))
    assert "is not stored" in " ".join(done.output.split())
    if form:
        assert json.loads(done.stdout)["by"] == by


def test_a_damaged_quarantine_is_not_counted(tmp_path: Path) -> None:
    town = Town(tmp_path, SOURCES, pupils=PUPILS, absences=ABSENCES)
    town.one()
    [path] = (town.workspace.identity / "quarantine").rglob("*.parquet")
    path.write_bytes(path.read_bytes()[:-1] + b"X")
    with pytest.raises(IntegrityError):
        quarantine_groups.by_group(town.workspace, town.partnership, "sex")
