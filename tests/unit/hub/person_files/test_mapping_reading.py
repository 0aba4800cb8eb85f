"""The mapping of person files: everything that people may mean is understood, everything else is refused by line."""

from pathlib import Path

import pytest

from hub.errors import ConfigurationError
from hub.person_files import mapping_reading
from hub.person_files.mapping import FileMapping
from hub.person_files.mapping_words import date_format


def _read(tmp_path: Path, text: str, name: str = "m.yaml", file: str = "a.csv") -> FileMapping:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return mapping_reading.read(path).of(Path(file))


@pytest.mark.parametrize(
    "text",
    [
        "id: nr\ngiven_name: vor\nfamily_name: nach\ndate_of_birth: geb\n",
        "ID: nr\nFirst name: vor\nLast-Name: nach\nDOB: geb\n",
        "columns:\n  id: nr\n  forename: vor\n  surname: nach\n  birth_date: geb\n",
        "id: [nr]\ngiven_name: {column: vor}\nfamily_name: {columns: [nach]}\ndate_of_birth: {column: geb}\n",
        "files:\n  a.csv: {id: nr, given_name: vor, family_name: nach, dob: geb}\n",
        "files:\n  a:\n    fields: {id: nr, given_name: vor, family_name: nach, dob: geb}\n",
        "files:\n- file: a.csv\n  id: nr\n  given_name: vor\n  family_name: nach\n  dob: geb\n",
        "id: nr\ndob: geb\nfiles:\n  A.CSV: {given_name: vor, family_name: nach}\n  b.csv: {given_name: x}\n",
        "\ufeffid: nr\nfields: {given_name: vor, family_name: nach, dob: geb}\ndescription: what it is\n",
    ],
)
def test_many_ways_to_say_the_same(tmp_path: Path, text: str) -> None:
    expected = {"id": ("nr",), "given_name": ("vor",), "family_name": ("nach",), "date_of_birth": ("geb",)}
    assert _read(tmp_path, text).columns == expected


def test_json_with_tabs_is_understood(tmp_path: Path) -> None:
    found = _read(tmp_path, '{\n\t"id": "nr",\n\t"one_record_per_person": true\n}', "m.json")
    assert (found.columns, found.one_record) == ({"id": ("nr",)}, True)


@pytest.mark.parametrize(
    ("said", "columns", "formats"),
    [
        ("dob: {year: y, month: m, day: d}", {"birth_year": ("y",), "birth_month": ("m",), "birth_day": ("d",)}, ()),
        ("dob: [d day, d month, y year]", {"birth_year": ("y year",), "birth_month": ("d month",),
                                           "birth_day": ("d day",)}, ()),
        ("birth_year: y", {"birth_year": ("y",)}, ()),
        ("dob: {column: b, format: yyyymmdd}", {"date_of_birth": ("b",)}, ("%Y%m%d",)),
        ("dob: b\ndate_format: [d/m/Y, iso]", {"date_of_birth": ("b",)}, ("%d/%m/%Y", "%Y-%m-%d")),
        ("dob: {column: b, format: auto}", {"date_of_birth": ("b",)}, ()),
    ],
)  # fmt: skip
def test_dates(tmp_path: Path, said: str, columns: dict[str, tuple[str, ...]], formats: tuple[str, ...]) -> None:
    found = _read(tmp_path, said)
    assert (found.columns, found.dates) == (columns, formats)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("d/m/Y", "%d/%m/%Y"), ("dd/mm/yyyy", "%d/%m/%Y"), ("DD-MON-YYYY", "%d-%b-%Y"), ("Y-m-d", "%Y-%m-%d"),
        ("%d %B %Y", "%d %B %Y"), ("mm/dd/yy", "%m/%d/%y"), ("yyyymmdd", "%Y%m%d"), ("ISO", "%Y-%m-%d"),
        ("m/Y", None), ("soon", None), ("d/m/Y d", None), ("", None),
    ],
)  # fmt: skip
def test_formats_of_dates(text: str, form: str | None) -> None:
    assert date_format(text) == form


def test_identifiers_addresses_and_truth(tmp_path: Path) -> None:
    found = _read(
        tmp_path,
        "street_number: no\naddress_1: a1\naddress_2: a2\nnhs_number: nhs\nidentifiers: {UPN: u, soc sec id: s}\n"
        "truth: '^(rec-\\d+)'\nmissing: [XX]\nsource: {name: school}\n",
    )
    assert found.columns == {"address": ("no", "a1", "a2")}
    assert found.identifiers == {"nhs_number": "nhs", "upn": "u", "soc_sec_id": "s"}
    assert (found.truth_pattern, found.source) == ("^(rec-\\d+)", "school")
    assert "xx" in found.missing
    assert _read(tmp_path, "identifiers: [nhs_number, upn]").identifiers == {"nhs_number": "nhs_number", "upn": "upn"}
    assert _read(tmp_path, "truth: {column: who, pattern: '^..'}").columns == {"truth": ("who",)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id: a\nsurnam: b\n", "m.yaml:2: surnam: no field is called so. Did you mean surname?"),
        ("id: a\nrec: family_name\n", "m.yaml:2: rec: no field is called so. Write the field first, then the column: "),
        ("id: a\nsurname: b\nfamily_name: c\n", "m.yaml:3: family_name: `surname` and `family_name` say the same."),
        ("id: a\nid: b\n", "m.yaml:2: neither YAML nor JSON"),
        ("id: a\ngiven_name:\n", "m.yaml:2: given_name: name its column."),
        ("id: a\nsex: {f: 1}\n", "m.yaml:2: sex: name its column."),
        ("dob: {column: b, format: whenever}\n", "m.yaml:1: date_of_birth: the format whenever is not understood."),
        ("dob: {column: b, forms: x}\n", "m.yaml:1: date_of_birth: forms is not known here. Did you mean format?"),
        ("id: a\none_record_per_person: often\n", "m.yaml:2: one_record_per_person: say true or false."),
        ("id: a\ntruth: '^(a'\n", "m.yaml:2: truth: the pattern is no regular expression"),
        ('id: a\ntruth: "^(rec-\\d+)"\n', "Put a regular expression in single quotes"),
        ("files:\n  b.csv: {id: a}\n", "`files` says nothing of a.csv. It has b.csv."),
        ("files:\n  b.csv:\n", "m.yaml:2: b.csv: needs lines such as"),
        ("files:\n- id: a\n", "m.yaml:2: files.0: say which file"),
        ("one_record_per_person: true\n", "m.yaml:1: no field is mapped."),
        ("- id\n", "m.yaml:1: a mapping is lines such as"),
        ("delimiter: '::'\nid: a", "m.yaml:1: delimiter: one character separates the cells."),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_by_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        _read(tmp_path, text)
    assert message in str(refused.value)
