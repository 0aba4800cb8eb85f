"""`sentinel hub link FILE…`: any files of people, linked outside a partnership, with nothing left behind."""

import csv
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from hub.commands import cli
from hub.errors import ConfigurationError, InputError, SentinelError
from hub.person_files import mapping_reading
from tests import shared_data
from tests.factories import identity

DOCS = Path(__file__).parents[4] / "docs" / "link_files.md"
MAPPING = """
id: nr
first_name: first
surname: last
dob: born
street: [no, street]
postcode: postcode
truth: '^(\\d+)'
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give temporary folders a place of their own; nothing may be left in it."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, ["link", *map(str, arguments)])


def _json(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def _answer(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _mapping(folder: Path, text: str) -> Path:
    path = folder / "mapping.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _town(folder: Path, how_many: int = 150) -> tuple[Path, Path, Path]:
    """Write a town as school.csv (plain) and health.csv (BOM, semicolons, blanks, d/m/Y), and their mapping."""
    rows, truth = identity.town(how_many, seed=3)
    seen = set()
    paths = {"school": folder / "school.csv", "health": folder / "health.csv"}
    streams = {
        "school": paths["school"].open("w", encoding="utf-8", newline=""),
        "health": paths["health"].open("w", encoding="utf-8-sig", newline=""),
    }
    separator, form = {"school": ",", "health": " ; "}, {"school": "%Y-%m-%d", "health": "%d/%m/%Y"}
    headers = ("nr", "first", "last", "born", "no", "street", "postcode")
    for source, stream in streams.items():
        stream.write(separator[source].join(headers) + "\n")
    for row in rows:
        source = str(row["source"])
        if source not in streams or row["record_key"] in seen:
            continue
        seen.add(row["record_key"])
        number, _, street = (row["address"] or "  ").partition(" ")
        born = row["date_of_birth"].strftime(form[source]) if row["date_of_birth"] else ""
        cells = (f"{truth[row['record_key']]}-x", row["given_name"], row["family_name"], born, number, street)
        streams[source].write(separator[source].join([*cells, row["postcode"] or "NULL"]) + "\n")
    for stream in streams.values():
        stream.close()
    return paths["school"], paths["health"], _mapping(folder, MAPPING)


def test_a_town_in_two_files_of_two_kinds(tmp_path: Path) -> None:
    school, health, mapping = _town(tmp_path)
    out = tmp_path / "clusters.csv"
    report = _json(_run(school, health, "--mapping", mapping, "--out", out, "--json"))
    answer = _answer(out)
    lines = [len(path.read_text().splitlines()) - 1 for path in (school, health)]
    assert len(answer) == sum(lines) == report["rows_in"] == report["rows_out"]
    assert [row["source"] for row in answer] == ["school"] * lines[0] + ["health"] * lines[1]
    assert [row["source_id"] for row in answer[: lines[0]]] == [
        line.split(",")[0] for line in school.read_text().splitlines()[1:]
    ]
    assert [file["date_formats"] for file in report["files"]] == [["%Y-%m-%d"], ["%d/%m/%Y"]]
    sizes: dict[str, int] = {}
    for row in answer:
        sizes[row["person_id"]] = sizes.get(row["person_id"], 0) + 1
    assert len(sizes) == report["people"]
    assert all((row["match_probability"] == "") == (sizes[row["person_id"]] == 1) for row in answer)
    assert report["quality"]["precision"]["value"] >= 0.95
    assert report["quality"]["recall"]["value"] >= 0.8
    assert {(row["group"], row["level"]) for row in report["without_truth"]} == {
        ("source", "health"),
        ("source", "school"),
        ("name", "one part of A to Z"),
    }
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    before = out.read_bytes()
    assert _run(school, health, "--mapping", mapping, "--out", out).exit_code == 0
    assert out.read_bytes() == before


PEOPLE = """nr,first,last,born,no,street,postcode
1-a,Zaphodine,Hill,2010-05-06,1,Mill Rd,PR1 1AA
1-b,Zaphodine,Hill,2010-05-06,1,Mill Rd,PR1 1AA
2-a,Ben,Wood,2009-03-04,4,Bank St,PR2 2BB
broken,row
2-a,Benjamin,Wood,2009-03-04,9,Far Lane,BB7 7XX
,Cara,Reed,2009-02-31,,,
,,,,,,
3-a,"Eve,Lee,x
"""


def test_every_row_is_in_the_answer_or_set_aside_with_its_line(tmp_path: Path) -> None:
    file, out = tmp_path / "people.csv", tmp_path / "clusters.csv"
    file.write_text(PEOPLE, encoding="utf-8")
    arguments = (file, "--mapping", _mapping(tmp_path, MAPPING), "--out", out)
    report = _json(_run(*arguments, "--json"))
    assert (report["rows_in"], report["rows_out"], report["quarantined"]) == (8, 6, 2)
    [facts] = report["files"]
    assert facts["quarantine"] == [{"line": 5, "rule": "cells"}, {"line": 9, "rule": "quotes"}]
    assert facts["noticed"] == {
        "empty_id": {"rows": 2, "lines": [7, 8]},
        "repeated_id": {"rows": 1, "lines": [6]},
        "unreadable_date": {"rows": 1, "lines": [7]},
        "nothing_to_compare": {"rows": 1, "lines": [8]},
    }
    answer = _answer(out)
    assert [row["source_id"] for row in answer] == ["1-a", "1-b", "2-a", "2-a", "row 5", "row 6"]
    people = [row["person_id"] for row in answer]
    assert people[0] == people[1]
    assert people[2] == people[3]
    assert len(set(people)) == 4
    shown = _run(*arguments).output
    for text in (shown, json.dumps(report)):
        assert not re.search(r"zaphod|far lane|2010|PR1|1-a", text, re.IGNORECASE)
    assert "line 5, 9" in shown
    assert "with the id of a row above" in shown


EXCEL = {
    "header and rows": ("sep=;\r\nnr;first;last;;\r\n1;Ann;Hill;;\r\n2;Ann;Hill;;\r\n3;Ben;Wood;;x\r\n", "no_header"),
    "rows": ("nr,first,last\r\n" + "1,Ann,Hill,,\r\n2,Ann,Hill,,\r\n" * 20 + "3,Ben,Wood\r\n", "cells"),
    "header": ("sep=\t\r\nnr\tfirst\tlast\t\r\n" + "1\tAnn\tHill\r\n2\tAnn\tHill\r\n" * 20 + "3\tBen\r\n", "cells"),
}


@pytest.mark.parametrize("kind", EXCEL)
def test_what_excel_adds_to_a_file_is_understood(kind: str, tmp_path: Path) -> None:
    text, rule = EXCEL[kind]
    file, out = tmp_path / "people.csv", tmp_path / "clusters.csv"
    file.write_bytes(text.encode("utf-8-sig"))
    mapping = _mapping(tmp_path, "id: nr\nfirst_name: first\nsurname: last\n")
    report = _json(_run(file, "--mapping", mapping, "--out", out, "--json"))
    [facts] = report["files"]
    damaged = [{"line": len(text.splitlines()), "rule": rule}]
    assert (facts["quarantine"], facts["columns_without_header"]) == (damaged, 1 if kind == "header" else 2)
    answer = _answer(out)
    assert {row["source_id"] for row in answer} == {"1", "2"}
    assert report["rows_out"] == len(answer) == report["rows_in"] - 1
    shown = _run(file, "--mapping", mapping, "--out", out).output
    assert f"columns without a header {facts['columns_without_header']} left" in re.sub(r"[\s│]+", " ", shown)
    torn = "nr,first,last\n1,Ann, Hill,\n2,Ben,Wood\n"  # with an empty cell in the end: nobody can see where
    file.write_text(torn, encoding="utf-8")
    assert _json(_run(file, "--mapping", mapping, "--json"))["files"][0]["quarantine"] == [{"line": 2, "rule": "cells"}]


NAMES = "given_name: first\nfamily_name: last\n"
EMPTY = "the mapping reads names from first and last"


@pytest.mark.parametrize(
    ("mapping", "second", "warned"),
    [
        (NAMES + "dob: born", "", {}),
        (NAMES + "dob: born", "first last", {"b.csv": EMPTY}),
        (NAMES + "dob: born", "last", {}),
        (NAMES + "dob: born", "placeholders", {"b.csv": EMPTY}),
        (NAMES + "dob: born\nupn: upn", "first last", {"b.csv": EMPTY}),  # the mapping says that there are names
        ("full_name: last\ndob: born", "last", {"b.csv": "the mapping reads names from last."}),
        ("upn: upn", "", {}),  # to be linked by the number alone
        ("upn: upn", "upn", {"b.csv": "no column is mapped to a name, and no identifier"}),
        ("dob: born\nsex: sex", "", dict.fromkeys(("a.csv", "b.csv"), "no column is mapped to a name")),
        (NAMES.replace("last", "nothing"), "first", {"b.csv": "the mapping reads names from first and nothing."}),
    ],
)
def test_a_file_without_any_name_is_a_warning(
    mapping: str, second: str, warned: dict[str, str], tmp_path: Path
) -> None:
    """`second` says which columns of the second file are empty."""
    rows, _ = identity.town(40, seed=3)
    columns = ("id", "first", "last", "born", "sex", "upn", "nothing")
    people = [
        (
            f"{at}",
            row["given_name"] or "Ann",
            row["family_name"] or "Hill",
            str(row["date_of_birth"] or ""),
            "F",
            f"U{at}",
        )
        for at, row in enumerate(rows)
    ]
    for name in ("a.csv", "b.csv"):
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns)
            writer.writeheader()
            for row in people:
                cells = dict(zip(columns, row, strict=False))
                if name == "b.csv":
                    cells |= dict.fromkeys(second.split(), "") if second != "placeholders" else {"first": "Unborn"}
                    cells |= {"last": ""} if second == "placeholders" else {}
                writer.writerow(cells)
    out = tmp_path / "clusters.csv"
    files = (tmp_path / "a.csv", tmp_path / "b.csv")
    done = _run(*files, "--mapping", _mapping(tmp_path, f"id: id\n{mapping}\n"), "--out", out, "--json")
    report = json.loads(done.stdout)
    found = {one["file"]: one["warning"] for one in report["without_names"]}
    assert found.keys() == warned.keys()
    assert all(text in found[file] for file, text in warned.items())
    assert done.exit_code == (12 if warned or report["expected"]["warning"] else 0)
    assert all(f"warning: {text}" in done.stderr for text in found.values())
    assert len(_answer(out)) == 2 * len(people)  # it was made all the same


def test_latin_letters_full_names_parts_of_dates_and_previous_names(tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_bytes("id\tname\ty\tm\td\n7\tMüller, Zoë Anne\t2010\t5\t6\n8\tTom Wood\t2009.0\t3\t4\n".encode("cp1252"))
    other.write_text("id|name|y|m|d|was\n7|Zoe Anne Muller|2010|5|6|\n8|Thomas Reed|2009|3|4|Wood\n", encoding="utf-16")
    mapping = _mapping(
        tmp_path, "full_name: name\ndob: [y, m, d]\nprevious_names: was\nid: id\nfiles:\n  one:\n  other:\n"
    )
    with pytest.raises(ConfigurationError, match=r"mapping.yaml:6: one: needs lines such as"):
        mapping_reading.read(mapping)
    mapping = _mapping(
        tmp_path,
        "full_name: name\ndob: [y, m, d]\nid: id\nfiles:\n  one: {source: first}\n  other: {maiden_name: was}\n",
    )
    out = tmp_path / "clusters.csv"
    report = _json(_run(one, other, "--mapping", mapping, "--out", out, "--json"))
    answer = _answer(out)
    assert [(row["source"], row["source_id"]) for row in answer] == [
        ("first", "7"), ("first", "8"), ("other", "7"), ("other", "8"),
    ]  # fmt: skip
    assert answer[0]["person_id"] == answer[2]["person_id"]
    assert "unreadable_date" not in report["files"][0]["noticed"]


def test_parquet_and_a_source_column(tmp_path: Path) -> None:
    table = {"id": [1, 1, 2], "who": ["school", "police", None], "first_name": ["Ann", "Ann", None]}
    pq.write_table(pa.table(table), tmp_path / "people.parquet")
    mapping = _mapping(tmp_path, "id: id\nsource: who\ngiven_name: first_name\n")
    out = tmp_path / "clusters.csv"
    report = _json(_run(tmp_path / "people.parquet", "--mapping", mapping, "--out", out, "--json"))
    assert [(row["source"], row["source_id"]) for row in _answer(out)] == [
        ("school", "1"), ("police", "1"), ("people", "2"),
    ]  # fmt: skip
    assert report["quality"]["precision"] == {"not_computed": "no truth was given", "n": 0}


@pytest.mark.parametrize(
    ("content", "mapping", "error", "message"),
    [
        ("a,b\n1,2\n", "id: a\ngiven_name: c\n", ConfigurationError, "m.yaml:2: given_name: f.csv has no column"),
        ("First Name,first_name\n1,2\n", "given_name: first name", ConfigurationError, ""),
        ("a,A,b\n1,2,3\n", "given_name: 'A '", None, ""),
        ("First,FIRST\n1,2\n", "given_name: first", ConfigurationError, "f.csv has two columns called first"),
        ("a\n", "given_name: a", InputError, "f.csv: no row to link"),
        ("", "given_name: a", InputError, "f.csv: an empty file"),
        (",,\n1,2,3\n", "given_name: a", InputError, "f.csv: there is no header in the first line"),
        ("sep=;\n", "given_name: a", InputError, "f.csv: there is no header in line 2"),
        ("a,b\n1\n2\n", "given_name: a", InputError, "f.csv:2: not one row can be read"),
        ("PK\x03\x04", "given_name: a", InputError, "an Excel workbook"),
        ("a\nx\0y\n", "given_name: a", InputError, "f.csv: line 2, byte 2 of the line (byte 4"),
        ("a\nx\n", "given_name: a\nencoding: utf-99", ConfigurationError, "m.yaml:2: encoding: no encoding is called"),
    ],
)  # fmt: skip
def test_what_cannot_be_linked_is_refused_without_values(
    tmp_path: Path, content: str, mapping: str, error: type[SentinelError] | None, message: str
) -> None:
    (tmp_path / "f.csv").write_text(content, encoding="utf-8")
    (tmp_path / "m.yaml").write_text(mapping, encoding="utf-8")
    result = _run(tmp_path / "f.csv", "--mapping", tmp_path / "m.yaml", "--out", tmp_path / "out.csv")
    if error is None or message == "":
        assert result.exit_code == 0, result.output
        return
    assert isinstance(result.exception, error)
    assert message in str(result.exception)
    assert not (tmp_path / "out.csv").exists()


def test_files_need_a_mapping_and_a_place_for_the_answer(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("a\nx\n", encoding="utf-8")
    mapping = _mapping(tmp_path, "given_name: a")
    for arguments, message in (
        ((tmp_path / "f.csv",), "none was given"),
        ((tmp_path / "f.csv", "--mapping", mapping), "Nothing says where the answer goes"),
        (("--mapping", mapping), "go with files"),
        ((tmp_path / "f.csv", tmp_path / "f.csv", "--mapping", mapping, "--json"), "given twice"),
        ((tmp_path / "none.csv", "--mapping", mapping, "--json"), "no such file"),
        ((tmp_path / "f.csv", "--mapping", mapping, "--out", tmp_path / "no" / "out.csv"), "there is no folder"),
    ):
        assert message in str(_run(*arguments).exception)


def _documented() -> dict[str, str]:
    """Return the mappings of the documentation by their names, which stand in the first line of each."""
    blocks = re.findall(r"```yaml\n# (\w+)\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    return dict(blocks)


def test_the_documented_mappings_are_understood(tmp_path: Path) -> None:
    documented = _documented()
    assert set(documented) == {"febrl4", "fake_1000", "several"}
    several = mapping_reading.read(_mapping(tmp_path, documented["several"]))
    assert several.of(Path("school.csv")).one_record
    assert several.of(Path("police.csv")).source == "police"


@shared_data.needs("linkage")
@pytest.mark.parametrize(("name", "files"), [("febrl4", ("febrl4a", "febrl4b")), ("fake_1000", ("fake_1000",))])
def test_the_documented_mappings_fit_their_files(tmp_path: Path, name: str, files: tuple[str, ...]) -> None:
    paths = []
    for file in files:
        lines = (shared_data.FOLDER / "linkage" / f"{file}.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        picked = [line for line in lines[1:] if name != "febrl4" or re.match(r"rec-1\d\d-", line)]
        paths.append(tmp_path / f"{file}.csv")
        paths[-1].write_text("".join([lines[0], *picked[:300]]), encoding="utf-8")
    mapping = _mapping(tmp_path, _documented()[name])
    report = _json(_run(*paths, "--mapping", mapping, "--json"))
    assert report["rows_in"] == report["rows_out"] == report["records_with_truth"]
    assert report["quality"]["precision"]["value"] >= 0.99
    assert report["quality"]["recall"]["value"] >= 0.4
    assert all("value" in report["quality"][figure] for figure in ("precision", "recall", "f1"))


def test_duckdb_still_reads_what_the_kernel_found(tmp_path: Path) -> None:
    # Blanks before a quoted cell: the kernel takes it as quoted, DuckDB does not, so the file is spelt anew.
    (tmp_path / "f.csv").write_text('id, name\n1, "Hill, Ann"\n2, "Wood, Ben ""B"""\n', encoding="utf-8")
    report = _json(_run(tmp_path / "f.csv", "--mapping", _mapping(tmp_path, "id: id\nname: name"), "--json"))
    assert (report["rows_in"], report["rows_out"]) == (2, 2)
