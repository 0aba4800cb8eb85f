"""A partnership's three files agree with each other, or the message says where they do not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub import partnership
from hub.errors import ConfigurationError
from tests.factories.counties import County, gateway

Change = Callable[[dict[str, Any]], Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    County(tmp_path, {"school": True, "police": False})
    return tmp_path / "partnership"


def _change(folder: Path, name: str, change: Change) -> None:
    path = folder / f"{name}.yaml"
    said = json.loads(path.read_text())
    change(said)
    path.write_text(json.dumps(said, indent=1))


def test_a_whole_partnership_is_read(folder: Path) -> None:
    found = partnership.read(folder)
    assert (found.name, [source.name for source in found.sources]) == ("county", ["school", "police"])
    assert [one.name for one in found.gateways_of(found.source("police"))] == ["working_together"]
    assert not found.source("police").one_record_per_person


def _agency(said: dict[str, Any]) -> None:
    said["sources"][1]["agency"] = "councli"


def _gateway(said: dict[str, Any]) -> None:
    said["sources"][0]["gateways"] = ["working_togehter"]


def _party(said: dict[str, Any]) -> None:
    said["gateways"][0]["parties"].append("hospital")


def _twice(said: dict[str, Any]) -> None:
    said["gateways"].append(gateway())


def _reversed(said: dict[str, Any]) -> None:
    said["gateways"][0]["valid_to"] = "2017-01-01"


def _law(said: dict[str, Any]) -> None:
    said["gateways"][0]["law"] = "Magna Carta"


def _same_source(said: dict[str, Any]) -> None:
    said["sources"][1]["name"] = "school"


def _table(said: dict[str, Any]) -> None:
    said["sources"][0]["people"][0]["table"] = "pepole"


def _quorum(said: dict[str, Any]) -> None:
    said["panel"]["quorum"] = 9


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("sources", _agency, "sources.1.agency: there is no agency called councli. Did you mean council?"),
        ("sources", _gateway, "there is no gateway called working_togehter. Did you mean working_together?"),
        ("gateways", _party, "gateways.0.parties: there is no agency called hospital. Declare the agency"),
        ("gateways", _twice, "the gateway working_together is declared twice; rename one"),
        ("gateways", _reversed, "valid_to is before valid_from; correct one of the dates"),
        ("gateways", _law, "gateways.0.law: Input should be 'Children Act 1989 s17'"),
        ("sources", _same_source, "the source school is declared twice; rename one"),
        ("sources", _table, "the table pepole is neither a file nor derived; declare it"),
        ("partnership", _quorum, "there are fewer reviewers than the quorum; name more or lower it"),
    ],
)
def test_each_disagreement_names_file_line_and_remedy(folder: Path, name: str, change: Change, message: str) -> None:
    _change(folder, name, change)
    with pytest.raises(ConfigurationError) as refused:
        partnership.read(folder)
    path, line, _ = str(refused.value).split(":", 2)
    assert path == str(folder / f"{name}.yaml")
    assert int(line) >= 1
    assert message in str(refused.value)


def test_the_line_is_the_one_with_the_mistake(folder: Path) -> None:
    _change(folder, "sources", _agency)
    with pytest.raises(ConfigurationError) as refused:
        partnership.read(folder)
    line = int(str(refused.value).split(":", 2)[1])
    assert "councli" in (folder / "sources.yaml").read_text().splitlines()[line - 1]


@pytest.mark.parametrize("name", ["partnership.yaml", "gateways.yaml", "sources.yaml"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ConfigurationError, match=f"{name}: no such file"):
        partnership.read(folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere: no such folder\. Give --partnership"):
        partnership.read(tmp_path / "nowhere")
