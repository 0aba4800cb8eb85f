"""`sentinel hub read`: files by a named format, counted and thrown away."""

import datetime
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub import dry_run
from hub.errors import InputError
from service.cli import app
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


def text_as(kind: str) -> bytes:
    return {
        "utf-8 with a mark": CHILDREN.encode("utf-8-sig"),
        "cp1252": CHILDREN.replace("UN1,,\n2", "Ünï,,\n2").encode("cp1252"),
        "semicolons": CHILDREN.replace(",", ";").encode(),
        "tabs": CHILDREN.replace(",", "\t").encode(),
        "bars and Windows lines": CHILDREN.replace(",", "|").replace("\n", "\r\n").encode(),
    }[kind]


@pytest.mark.parametrize("kind", ["utf-8 with a mark", "cp1252", "semicolons", "tabs", "bars and Windows lines"])
def test_encoding_and_delimiter_are_found_out(tmp_path: Path, kind: str) -> None:
    found = read(returned(tmp_path / "in", text_as(kind)))
    assert (found["rows"], found["people"]) == (4, 2)


def test_packed_files_are_read_alike(tmp_path: Path) -> None:
    plain = read(returned(tmp_path / "in"))
    files = [(path.name, path.read_bytes()) for path in sorted((tmp_path / "in").iterdir())]
    whole = read(zipped(tmp_path / "delivery.zip", files))
    each = tmp_path / "each"
    each.mkdir()
    gzipped(each / f"{files[0][0]}.gz", files[0][1])
    zipped(each / f"{files[1][0]}.zip", [("x", files[1][1])])
    apart = read(each)
    for key in ("rows", "kept", "people", "people_by_period", "events", "tables"):
        assert plain[key] == whole[key] == apart[key], key
    assert {file["file"] for file in whole["files"]} == {
        "delivery.zip: 2018-HEADER.csv",
        "delivery.zip: 2018-episodes.csv",
    }


def test_a_name_with_brackets_is_a_name_and_no_pattern(tmp_path: Path) -> None:
    folder = returned(tmp_path / "in")
    shutil.move(folder / "2018-HEADER.csv", folder / "2018-header[1]*.csv")
    assert read(folder)["people"] == 2


def test_what_is_no_file_of_the_format_is_listed(tmp_path: Path) -> None:
    folder = returned(tmp_path / "in")
    (folder / "notes.txt").write_text("a,b\n1,2\n")
    (folder / "2018-of children.txt").write_text("x")
    assert read(folder)["not_recognised"] == ["2018-of children.txt", "notes.txt"]


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
    shown = CliRunner().invoke(app, ["hub", "adapters", "ssda903"]).stdout
    assert "children looked after" in shown
    assert json.loads(CliRunner().invoke(app, ["hub", "adapters", "ssda903", "--json"]).stdout)["name"] == "ssda903"
