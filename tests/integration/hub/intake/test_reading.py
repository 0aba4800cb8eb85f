"""`sentinel hub read`: files by a named format, counted and thrown away."""

import datetime
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.errors import InputError
from hub.intake import dry_run
from service.commands.cli import app
from tests.factories.packed import SECRET, gzipped, zipped
from tests.shared_data import FOLDER, needs

DAY = datetime.date(2025, 1, 6)
HEAD = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB"
CHILDREN = f"{HEAD}\n1,2,03/02/2010,WBRI,UN1,,\n2,1,04/02/2010,BCRB,UN1,,\n3,9,05/02/2010,{SECRET},UN1,,\n"
EPISODES = (
    "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n"
    "1,09/04/2017,S,C2,N1,U4,PR1,,,,,,\n"
)


def returned(folder: Path, children: bytes = CHILDREN.encode()) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "2018-HEADER.csv").write_bytes(children)
    (folder / "2018-episodes.csv").write_text(EPISODES)
    return folder


def read(*paths: Path, adapter: str = "ssda903") -> dict[str, Any]:
    return dry_run.read(adapter, paths, DAY).as_json()


@needs("ssda903")
def test_five_years_of_the_return_of_children_looked_after() -> None:
    result = CliRunner().invoke(app, ["hub", "read", "ssda903", str(FOLDER / "ssda903"), "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["people_by_period"] == {"2017": 819, "2018": 572, "2019": 362, "2020": 226, "2021": 144}
    assert found["people_in_all_periods"] == 144
    assert len(found["files"]) == 40
    for file in found["files"]:
        path = FOLDER / "ssda903" / file["file"]
        assert file["rows"] == file["kept"] + file["quarantined"] == len(path.read_text().splitlines()) - 1
    assert found["rows"] == found["kept"] + found["quarantined"] == 21_441
    assert found["not_recognised"] == found["missing"] == []


@needs("annex_a")
def test_the_lists_of_an_inspection_and_their_leaky_counts() -> None:
    found = read(FOLDER / "annex_a" / "Annex_A.xlsx", adapter="annex_a")
    assert found["people"] > 0
    assert {file["table"] for file in found["files"]} >= {f"list_{n}" for n in (1, 2, 3)} or len(found["files"]) == 11
    assert any("12 months" in one["header"] for one in found["refused"])
    assert all(one["reason"] for one in found["refused"])


def test_counts_by_rule_and_nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    found = read(returned(tmp_path / "in"))
    assert (found["rows"], found["kept"], found["quarantined"]) == (4, 3, 1)
    assert found["quarantined_by_rule"] == {"ETHNIC: code": 1, "SEX: allowed": 1}
    assert found["people"] == 2
    assert SECRET not in json.dumps(found)
    assert list(temporary.iterdir()) == []


TEXT = "attendance_date,lsoa,weapon\n2024-01-02,E01000001,KNIFE\n02/03/2024,E01000002,GÜN\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode("utf-8-sig"),
        TEXT.encode("cp1252"),
        TEXT.replace(",", ";").encode(),
        TEXT.replace(",", "\t").encode("cp1252"),
        TEXT.replace(",", "|").replace("\n", "\r\n").encode(),
    ],
    ids=["mark", "cp1252", "semicolons", "tabs", "bars"],
)
def test_encoding_and_delimiter_are_found_out_and_one_file_needs_no_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "Export (2).txt"
    path.write_bytes(content)
    found = read(path, adapter="ae_assaults")
    assert (found["rows"], found["kept"], found["quarantined_by_rule"]) == (2, 1, {"weapon: allowed": 1})


def test_packed_files_are_read_alike(tmp_path: Path) -> None:
    plain, folder, content = tmp_path / "AE_assaults.csv", tmp_path / "more", TEXT.encode()
    plain.write_bytes(content)
    folder.mkdir()
    whole = zipped(folder / "delivery.zip", [("x/ae_assaults 1.csv", content), ("notes.txt", b"x")])
    ways = [read(plain, adapter="ae_assaults"), read(whole, adapter="ae_assaults")]
    ways.append(read(gzipped(tmp_path / "ae_assaults.csv.gz", content), adapter="ae_assaults"))
    ways.append(read(zipped(tmp_path / "ae_assaults.csv.zip", [("x", content)]), adapter="ae_assaults"))
    assert {(one["rows"], one["kept"], one["tables"]["area"]) for one in ways} == {(2, 1, ways[0]["tables"]["area"])}
    assert ways[1]["files"][0]["file"] == "delivery.zip: ae_assaults 1.csv"
    assert ways[1]["not_recognised"] == ["delivery.zip: notes.txt"]


def test_a_name_with_brackets_is_a_name_and_no_pattern(tmp_path: Path) -> None:
    folder = returned(tmp_path / "in")
    shutil.move(folder / "2018-HEADER.csv", folder / "2018-header[1]*.csv")
    assert read(folder)["people"] == 2


def test_what_is_no_file_of_the_format_is_listed(tmp_path: Path) -> None:
    folder = returned(tmp_path / "in")
    (folder / "notes.txt").write_text("a,b\n1,2\n")
    (folder / "2018-of children.txt").write_text("x")
    assert read(folder)["not_recognised"] == ["2018-of children.txt", "notes.txt"]


def test_a_name_without_its_period_is_read_all_the_same(tmp_path: Path) -> None:
    folder = returned(tmp_path / "returns")
    (folder / "2018-HEADER.csv").rename(folder / "header.csv")
    (folder / "2018-episodes.csv").rename(folder / "episodes.csv")
    found = read(folder)
    assert (found["people"], found["quarantined"]) == (2, 1)
    assert found["people_in_all_periods"] is None


def test_a_file_is_known_by_its_header_when_its_name_says_nothing(tmp_path: Path) -> None:
    folder = returned(tmp_path / "in")
    shutil.move(folder / "2018-HEADER.csv", folder / "2018 Export (1).csv")
    assert read(folder)["people"] == 2


@pytest.mark.parametrize(
    ("missing", "said"), [("2018-HEADER.csv", "There is no file"), ("2018-episodes.csv", "There is no file")]
)
def test_a_needed_file_that_is_missing_is_named(tmp_path: Path, missing: str, said: str) -> None:
    folder = returned(tmp_path / "in")
    (folder / missing).unlink()
    with pytest.raises(InputError, match=said):
        read(folder)


def test_a_file_that_cannot_be_read_ends_with_3(tmp_path: Path) -> None:
    from hub.errors import ConfigurationError

    result = CliRunner().invoke(
        app, ["hub", "read", "ssda903", str(returned(tmp_path / "in", b"PK\x03\x04")), "--json"]
    )
    assert isinstance(result.exception, InputError)
    assert result.exception.exit_code == 3
    result = CliRunner().invoke(app, ["hub", "read", "ssda904", str(tmp_path)])
    assert isinstance(result.exception, ConfigurationError)


def test_adapters_are_listed_and_shown() -> None:
    listed = json.loads(CliRunner().invoke(app, ["hub", "adapters", "--json"]).stdout)
    assert "ssda903" in {one["adapter"] for one in listed}
    assert "deprivation" in CliRunner().invoke(app, ["hub", "adapters", "area"]).stdout
    assert json.loads(CliRunner().invoke(app, ["hub", "adapters", "area", "--json"]).stdout)["name"] == "area"
