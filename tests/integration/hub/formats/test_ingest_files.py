"""Files as agencies send them: encodings, headers, quoting, damage; each refusal leaves nothing behind."""

import codecs
import csv
import io
import logging
import re
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import sql
from hub.declarations.source_files import SourceColumn, SourceFile
from hub.declarations.sources import Source
from hub.errors import InputError, SentinelError
from hub.formats import csv_files
from hub.intake import quarantine, reading
from hub.intake.validation import compile_rules
from tests.examples import examples
from tests.factories.deliveries import DELIVERED, PUPILS, SCHOOL, SECRET, Town

QUOTED_HEADER = PUPILS.replace("pupil_id,surname,birth_date,sex", '"pupil_id","surname","birth_date","sex"')
REORDERED = (
    "sex,extra,Birth Date,surname,pupil_id\nF,1,2010-02-03,Zaphodbeeble,P1\nM,2,31/12/2011,O'Brien,P2\n,3,,Łukasz,P3\n"
)
CP1252 = SCHOOL.replace("file: pupils.csv", "file: pupils.csv\n        encoding: cp1252")


def _refused(town: Town) -> SentinelError:
    """Return the error of an ingest, after checking that it wrote nothing and tells nobody's name."""
    before = town.written()
    with pytest.raises(SentinelError) as raised:
        town.ingest()
    assert town.written() == before
    assert SECRET not in str(raised.value)
    assert raised.value.remedy
    return raised.value


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "missing file": (
        {"absences": None},
        "the file absences.csv of the source school is missing.",
    ),
    "missing column": (
        {"pupils": PUPILS.replace("birth_date", "birthdate")},
        "pupils.csv (source school): missing: the column birth_date (nearest header: birthdate).",
    ),
    "no header": (
        {"pupils": f"P1,{SECRET},2010-02-03,F\n"},
        "pupils.csv (source school): line 1 holds none of the declared columns (pupil_id, surname, birth_date, sex).",
    ),
    "header twice": (
        {"pupils": PUPILS.replace("birth_date,sex", "Sex,sex")},
        "pupils.csv (source school): the header sex stands in it twice.",
    ),
    "latin text declared as utf-8": (
        {"pupils": f"pupil_id,surname,birth_date,sex\nP1,{SECRET},,\nP2,Renée,,\n".encode("cp1252")},
        "pupils.csv (source school): line 3, byte 7 of the line (byte 57 of the file), is not UTF-8. "
        "If the agency exports from Windows, set `encoding: cp1252` for this file in sources.yaml; else ask for UTF-8.",
    ),
    "cut off inside a character": (
        {"pupils": f"pupil_id,surname,birth_date,sex\nP1,{SECRET},,\nP2,Ren\u00e9".encode()[:-1]},
        "pupils.csv (source school): line 3, byte 7 of the line (byte 57 of the file), is not UTF-8.",
    ),
    "workbook": (
        {"pupils": b"PK\x03\x04\x14\x00"},
        "pupils.csv (source school): this is a zip archive or an Excel workbook, not CSV.",
    ),
    "NUL byte": (
        {"pupils": PUPILS.replace("P2", "P\x002")},
        "pupils.csv (source school): line 3, byte 2 of the line (byte 63 of the file), holds a NUL byte",
    ),
    "no bytes": (
        {"pupils": ""},
        "pupils.csv (source school): an empty file: it has no bytes.",
    ),
    "header only": (
        {"pupils": "pupil_id,surname,birth_date,sex\n"},
        "pupils.csv (source school): an empty extract: it has a header and no rows.",
    ),
    "header and blank lines": (
        {"pupils": "pupil_id,surname,birth_date,sex\n\n\n"},
        "pupils.csv (source school): an empty extract: it has a header and no rows.",
    ),
    "another delimiter": (
        {"pupils": PUPILS.replace(",", ";")},
        "pupils.csv (source school): line 1 holds none of the declared columns",
    ),
    "most rows damaged": (
        {"pupils": PUPILS + f"P4,{SECRET},,,one too many\n" * 101},
        "pupils.csv (source school): 101 of 104 rows cannot be read, the first on line 5: they have another number of",
    ),
    "every row bad": (
        {"pupils": f"pupil_id,surname,birth_date,sex\nP1,{SECRET},03/02/10,F\n,{SECRET},,X\n"},
        "pupils.csv (source school): not one of its 2 rows can be kept. "
        "Broken rules: birth_date: date_century (1); pupil_id: required (1); sex: allowed (1).",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_file_that_cannot_be_read_is_refused_by_name(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    files, message = REFUSALS[name]
    with caplog.at_level(logging.DEBUG):
        error = _refused(Town(tmp_path, **files))
    assert isinstance(error, InputError)
    assert message in str(error)
    assert SECRET not in caplog.text + "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("name", "pupils"),
    {
        "plain": PUPILS,
        "byte-order mark": codecs.BOM_UTF8 + PUPILS.encode(),
        "quoted headers": QUOTED_HEADER,
        "quoted headers behind a byte-order mark": codecs.BOM_UTF8 + QUOTED_HEADER.encode(),
        "trimmed headers": PUPILS.replace("pupil_id,surname", " Pupil_ID ,SURNAME"),
        "columns in another order, and one more": REORDERED,
        "Windows line ends": PUPILS.replace("\n", "\r\n"),
        "old Mac line ends": PUPILS.replace("\n", "\r"),
        "mixed line ends": PUPILS.replace("\n", "\r\n", 2),
        "no last line end": PUPILS.rstrip(),
        "blank lines": PUPILS.replace("\n", "\n\n"),
        "all quoted": "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in PUPILS.split("\n")[:-1]),
        "spaces around cells": PUPILS.replace(",", " , "),
    }.items(),
    ids=str,
)  # fmt: skip
def test_the_same_pupils_in_many_dresses(name: str, pupils: str | bytes, tmp_path: Path) -> None:
    town = Town(tmp_path, pupils=pupils)
    report = town.one()
    rows = town.identity(report)
    found = {row["source_person_id"]: (row["family_name"], str(row["date_of_birth"]), row["sex"]) for row in rows}
    assert found == {
        "P1": (SECRET, "2010-02-03", "F"),
        "P2": ("O'Brien", "2011-12-31", "M"),
        "P3": ("Łukasz", "None", None),
    }, name
    assert town.quarantined(report) == []


def test_windows_text_is_read_when_it_is_declared(tmp_path: Path) -> None:
    town = Town(
        tmp_path, CP1252, pupils="pupil_id,surname,birth_date,sex\nP1,Renée–Müller,,\nP2,x,bad,\n".encode("cp1252")
    )
    report = town.one()
    assert [row["family_name"] for row in town.identity(report)] == ["Renée–Müller"]
    assert town.quarantined(report)[0] == ("absences.csv", 4, "events.0", ["person: not_listed"])
    assert town.quarantined(report)[1] == ("pupils.csv", 3, None, ["birth_date: date"])


def test_utf_8_declared_as_windows_text_would_garble_names(tmp_path: Path) -> None:
    error = _refused(Town(tmp_path, CP1252))
    assert "declared as cp1252, but it is UTF-8: names would be garbled." in str(error)
    error = _refused(Town(tmp_path / "b", CP1252, pupils=PUPILS.encode().replace("Ł".encode(), b"\x81")))
    assert "line 4, byte 4 of the line" in str(error)
    assert "is not cp1252" in str(error)


def test_damaged_records_are_quarantined_with_their_line(tmp_path: Path) -> None:
    pupils = (
        "pupil_id,surname,birth_date,sex\n"
        f'P1,"{SECRET}\nwith a second line",2010-02-03,F\n'  # lines 2 and 3
        "P2,too,few\n"  # 4
        "\n"  # 5
        "P3,too,2010-02-03,M,many\n"  # 6
        'P4,"a "quote" inside",2010-02-03,M\n'  # 7
        'P5,a 5" pipe,2010-02-03,M\n'  # 8: a quote inside an unquoted cell is only a quote
        'P6,"never closed,2010-02-03,M\n'  # 9
        "P7,fine,2010-02-03,X\n"  # 10
        f"P8,{'x' * 1_100_000},2010-02-03,F\n"  # 11
        "P9,fine,2010-02-03,F\n"
    )
    town = Town(tmp_path, pupils=pupils)
    report = town.one()
    assert [row for row in town.quarantined(report) if row[0] == "pupils.csv"] == [
        ("pupils.csv", 4, None, ["cells"]),
        ("pupils.csv", 6, None, ["cells"]),
        ("pupils.csv", 7, None, ["quotes"]),
        ("pupils.csv", 9, None, ["quotes"]),
        ("pupils.csv", 10, None, ["sex: allowed"]),
        ("pupils.csv", 11, None, ["too_long"]),
    ]
    file = report.extract.artefact.facts["files"][0]
    assert (file["rows"], file["kept"], file["quarantined"], file["blank_lines"]) == (9, 3, 6, 1)
    assert file["rules"] == {"cells": 2, "quotes": 2, "sex: allowed": 1, "too_long": 1}
    names = {row["source_person_id"]: row["family_name"] for row in town.identity(report)}
    assert names == {"P1": f"{SECRET}\nwith a second line", "P5": 'a 5" pipe', "P9": "fine"}
    cells = dict(town.quarantine(report).to_pylist()[-2]["cells"])
    assert cells == {"pupil_id": "P7", "surname": "fine", "birth_date": "2010-02-03", "sex": "X"}
    record = dict(town.quarantine(report).to_pylist()[-1]["cells"])["record"]
    assert record.startswith("P8,xxx")
    assert len(record) == 100_000


def test_bad_dates_and_ids_are_quarantined_and_the_rest_goes_on(tmp_path: Path) -> None:
    pupils = (
        "pupil_id,surname,birth_date,sex\n"
        "P1,Zaphodbeeble,31/02/2010,F\n"  # impossible
        "P2,Zaphodbeeble,03/02/10,F\n"  # two digits: which century?
        "P3,Zaphodbeeble,2025-01-07,F\n"  # born after the delivery
        "P4,Zaphodbeeble,1999-12-31,F\n"  # before the declared earliest
        "P5,Zaphodbeeble,2010-02-03,F\n"
        " P5 ,Zaphodbeeble,03/02/2010,F\n"  # the same row once more
        "P5,Zaphodbeeble,2010-02-04,F\n"  # the same id, another birthday
        "?,Zaphodbeeble,2010-02-03,F\n"
        "P6,Zaphodbeeble,2010-02-03,F\n"
        "P6,Zaphodbeeble,31/02/2010,F\n"  # bad already: it is no repeat
    )
    town = Town(
        tmp_path, pupils=pupils, absences="pupil_id,day,sessions,recorded_on\nP5,2024-01-01,1,\nP1,2024-01-01,1,\n"
    )
    report = town.one()
    assert town.quarantined(report) == [
        ("absences.csv", 3, "events.0", ["person: not_listed"]),
        ("pupils.csv", 2, None, ["birth_date: date"]),
        ("pupils.csv", 3, None, ["birth_date: date_century"]),
        ("pupils.csv", 4, None, ["birth_date: future"]),
        ("pupils.csv", 5, None, ["birth_date: not_before"]),
        ("pupils.csv", 7, None, ["duplicate"]),
        ("pupils.csv", 8, None, ["duplicate_differs"]),
        ("pupils.csv", 9, None, ["pupil_id: required"]),
        ("pupils.csv", 11, None, ["birth_date: date"]),
    ]
    assert sorted(row["source_person_id"] for row in town.identity(report)) == ["P5", "P6"]
    repeat = dict(town.quarantine(report).to_pylist()[5]["cells"])
    assert repeat == {"pupil_id": " P5 ", "surname": SECRET, "birth_date": "03/02/2010", "sex": "F"}  # as it stood


def test_a_pattern_takes_several_files_and_ids_are_unique_across_them(tmp_path: Path) -> None:
    sources = SCHOOL.replace("file: pupils.csv", "file: pupils_*.csv")
    parts = {
        "pupils": None,
        "pupils_a": PUPILS,
        "pupils_b": "sex,pupil_id,surname,birth_date\nF,P4,Doe,\nM,P2,O'Brien,31/12/2011\n",
    }
    town = Town(tmp_path, sources, **parts)
    report = town.one()
    assert sorted(row["source_person_id"] for row in town.identity(report)) == ["P1", "P2", "P3", "P4"]
    assert town.quarantined(report) == [("pupils_b.csv", 3, None, ["duplicate"])]
    counts = [
        (one["file"], one["rows"], one["kept"], one["quarantined"]) for one in report.extract.artefact.facts["files"]
    ]
    assert counts == [("pupils_a.csv", 3, 3, 0), ("pupils_b.csv", 2, 1, 1), ("absences.csv", 3, 3, 0)]


_CELLS = st.text(alphabet="ab,\"' é\n\r;", max_size=5)


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(st.tuples(_CELLS, _CELLS), min_size=1, max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.booleans(),
)
def test_cells_are_read_as_pythons_csv_module_reads_them(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], ending: str, quoted: bool, mark: bool
) -> None:
    if not quoted:  # Python's writer leaves a carriage return unquoted, which ends a line
        rows = [(a.replace("\r", ""), b.replace("\r", "")) for a, b in rows]
    stream = io.StringIO()
    quoting: Literal[0, 1] = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    csv.writer(stream, lineterminator=ending, quoting=quoting).writerows(
        [["x", "n", "y"], *([a, n, b] for n, (a, b) in enumerate(rows))]
    )
    folder = tmp_path_factory.mktemp("csv")
    path = folder / "t.csv"
    path.write_bytes((codecs.BOM_UTF8 if mark else b"") + stream.getvalue().encode())
    declared = SourceFile(name="t", file="t.csv", columns={name: SourceColumn() for name in "nxy"})
    source = Source(name="s", title="Source", agency="a", gateways=("g",), files=(declared,))
    connection = sql.connect()
    quarantine.create(connection)
    file = csv_files.examine(path, "s", declared, folder)
    validation = compile_rules(declared, {}, DELIVERED)
    [facts] = reading.load(connection, source, declared, validation, (file,))
    found = connection.execute("SELECT n, x, y FROM t ORDER BY n::INTEGER").fetchall()
    read = list(csv.reader(io.StringIO(stream.getvalue(), newline="")))[1:]
    assert found == [(n, a.strip() or None, b.strip() or None) for a, n, b in read]
    assert (facts["rows"], facts["quarantined"]) == (len(rows), 0)
    starts, line = [], 2
    for a, b in rows:
        starts.append(line)
        line += 1 + sum(len(re.findall("\r\n|\r|\n", cell)) for cell in (a, b))
    assert file.lines.tolist() == starts
