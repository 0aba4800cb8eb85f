"""A partnership's files looked over at once: all mistakes, with file, line and the nearest word; starters are right."""

import datetime
import re
from pathlib import Path

import pytest

from hub.declarations import adapter as adapters
from hub.errors import ConfigurationError
from service.commands.partnership_check import check, near
from service.demonstration import starter

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize("name", ["lancashire", "looked_after", "open_university"])
def test_nothing_is_wrong_with_what_we_ship(name: str) -> None:
    assert check(ROOT / "partnerships" / name) == []


@pytest.mark.parametrize("chosen", [(), *((name,) for name in adapters.names()), ("annex_a", "ssda903", "area")])
def test_nothing_is_wrong_with_a_starter(tmp_path: Path, chosen: tuple[str, ...]) -> None:
    starter.write(tmp_path / "new", chosen)
    assert check(tmp_path / "new") == []


def test_a_starter_of_an_unknown_adapter_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="did you mean ssda903"):
        starter.write(tmp_path / "new", ["ssda93"])
    assert not (tmp_path / "new").exists()


MISTAKES = """
partnership.yaml | hub: council | hub: concil | hub | council
gateways.yaml | parties: [council, police] | parties: [council, polise] | gateways.0.parties.1 | police
gateways.yaml | owner: Information | ownr: Information | gateways.0.ownr | owner
gateways.yaml | level: person | level: persn | gateways.0.level | person
sources.yaml | agency: council | agency: councl | sources.0.agency | council
sources.yaml | [working_together] | [working_togther] | sources.0.gateways.0 | working_together
sources.yaml | unique: [case_id] | uniqe: [case_id] | sources.0.files.0.uniqe | unique
sources.yaml | - table: people | - table: peopel | sources.0.people.0.table | people
indicators.yaml | measure: count | measure: cout | indicators.0.measure | count
indicators.yaml | help_started] } | help_startd] } | indicators.0.events.types.0 | early_help_started
outcomes.yaml | help_started] } | help_startd] } | outcomes.0.events.types.0 | early_help_started
USE | outcome: early_help_began | outcome: early_help_begun | outcome | early_help_began
USE | [early_help_started_365d, | [early_help_started_35d, | indicators.0 | early_help_started_365d
USE | tier: secondary | tier: secondry | tier | secondary
CANVAS | data_sources: | data_source: | sections.data_source | data_sources
"""
# The words are those of the starter.
FILES = {"USE": "use_cases/early_help_again.yaml", "CANVAS": "canvases/early_help_again.yaml"}
ROWS = [[FILES.get(cell.strip(), cell.strip()) for cell in line.split("|")] for line in MISTAKES.strip().splitlines()]


def _harm(folder: Path, file: str, right: str, wrong: str) -> bool:
    path = folder / file
    text = path.read_text()
    path.write_text(text.replace(right, wrong, 1))
    return right in text


@pytest.mark.parametrize(("file", "right", "wrong", "where", "nearest"), ROWS, ids=[row[3] for row in ROWS])
def test_one_wrong_word_is_named_with_the_nearest(
    tmp_path: Path, file: str, right: str, wrong: str, where: str, nearest: str
) -> None:
    starter.write(tmp_path / "new")
    assert _harm(tmp_path / "new", file, right, wrong)
    found = {(one.file, one.where): one for one in check(tmp_path / "new")}
    one = found[file, where]
    assert one.nearest == nearest
    line = (tmp_path / "new" / file).read_text().splitlines()[one.line - 1]
    assert all(word in line for word in set(re.findall(r"\w+", wrong)) - set(re.findall(r"\w+", right)))


def test_all_wrong_words_are_told_at_once(tmp_path: Path) -> None:
    starter.write(tmp_path / "new")
    harmed = [row for row in ROWS if _harm(tmp_path / "new", *row[:3])]
    found = {(one.file, one.where) for one in check(tmp_path / "new")}
    assert {(row[0], row[3]) for row in harmed} <= found
    assert len(harmed) >= 12


def test_a_file_that_is_missing_or_no_yaml_hides_no_other_mistake(tmp_path: Path) -> None:
    starter.write(tmp_path / "new")
    (tmp_path / "new" / "outcomes.yaml").unlink()
    (tmp_path / "new" / "gateways.yaml").write_text("gateways: [\n")
    _harm(tmp_path / "new", "sources.yaml", "agency: council", "agency: councl")
    assert {one.file for one in check(tmp_path / "new")} >= {"outcomes.yaml", "gateways.yaml", "sources.yaml"}


def test_what_only_the_readers_know_is_told_too(tmp_path: Path) -> None:
    starter.write(tmp_path / "new")
    _harm(tmp_path / "new", "use_cases/early_help_again.yaml", "first: 2024-01-01, last", "first: 2023-01-01, last")
    [one] = check(tmp_path / "new")
    assert (one.file, one.where) == ("use_cases/early_help_again.yaml", "as_of")
    assert one.line > 1
    assert str(datetime.date(2023, 1, 1)) in one.what


def test_no_word_is_near_when_none_is() -> None:
    assert (near("police", ["school", "polise"]), near("x", ["school"])) == ("polise", "")
