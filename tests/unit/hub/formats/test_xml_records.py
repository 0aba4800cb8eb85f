"""XML: records by path, checked by a schema while they stream; nothing is expanded, fetched or kept."""

import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.declarations.source_files import SourceFile
from hub.errors import ConfigurationError, InputError
from hub.formats.csv_files import CsvFile
from tests.examples import examples
from tests.factories.packed import SECRET, opened, rows, rows_or_refusal

SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:element name="Message"><xs:complexType><xs:sequence>
  <xs:element name="Year" type="xs:gYear"/>
  <xs:element name="Child" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence>
    <xs:element name="Id" type="xs:string"/>
    <xs:element name="Sex" minOccurs="0"><xs:simpleType><xs:restriction base="xs:string">
      <xs:enumeration value="F"/><xs:enumeration value="M"/></xs:restriction></xs:simpleType></xs:element>
    <xs:element name="Need" maxOccurs="unbounded"><xs:complexType><xs:sequence>
      <xs:element name="From" type="xs:date"/><xs:element name="Factor" type="xs:string" minOccurs="0" maxOccurs="3"/>
    </xs:sequence><xs:attribute name="code" type="xs:string"/></xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
</xs:sequence></xs:complexType></xs:element></xs:schema>
"""
CHILD = """<Child><Id>{id}</Id><Sex>F</Sex>
<Need code="N1"><From>2020-01-02</From><Factor>1A</Factor><Factor> 2B </Factor></Need>
<Need><From>2021-01-02</From></Need></Child>
"""
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<Message><Year>2022</Year>\n'
COLUMNS = {"From": {}, "id": {"path": "../Id"}, "year": {"path": "../../Year"}, "code": {"path": "@code"}, "Factor": {}}


def declared(**more: Any) -> SourceFile:
    return SourceFile.model_validate(
        {"name": "needs", "file": "x.xml", "format": "xml", "record": "Message/Child/Need", "columns": COLUMNS} | more
    )


def document(*children: str) -> str:
    return HEAD + "".join(children) + "</Message>\n"


def read(folder: Path, text: str | bytes, **more: Any) -> CsvFile:
    (folder / "s.xsd").write_text(SCHEMA)
    (folder / "x.xml").write_bytes(text if isinstance(text, bytes) else text.encode())
    file = opened(folder / "x.xml", declared(**more))
    assert file is not None
    return file


def refused(folder: Path, text: str | bytes, **more: Any) -> str:
    with pytest.raises(InputError) as raised:
        read(folder, text, **more)
    assert SECRET not in str(raised.value)
    assert raised.value.remedy
    return raised.value.message


@pytest.mark.parametrize("xsd", [None, "s.xsd"])
def test_a_record_has_what_stands_in_it_and_around_it(tmp_path: Path, xsd: str | None) -> None:
    file = read(tmp_path, document(CHILD.format(id=1), CHILD.format(id=2)), xsd=xsd)
    assert rows(file) == [
        '"2020-01-02","1","2022","N1","1A|2B"', '"2021-01-02","1","2022","",""',
        '"2020-01-02","2","2022","N1","1A|2B"', '"2021-01-02","2","2022","",""',
    ]  # fmt: skip
    assert list(file.lines) == [4, 5, 7, 8]


def test_namespaces_do_not_matter_to_paths(tmp_path: Path) -> None:
    text = document(CHILD.format(id=1)).replace("<Message>", '<m:Message xmlns:m="urn:x">').replace("</M", "</m:M")
    assert len(rows(read(tmp_path, text))) == 2


@pytest.mark.parametrize(
    ("child", "said"),
    [
        ("<Child><Id>1</Id><Sex>Zaphodbeeble</Sex><Need><From>2020-01-02</From></Need></Child>",
         "line 3: the element Sex is not one of the values that the schema allows"),
        ("<Child><Id>1</Id>\n<Need><From>Zaphodbeeble</From></Need></Child>",
         "line 4: the element From is not of the type that the schema asks for"),
        ("<Child><Id>1</Id><Zaphodbeeble/></Child>", "line 3: an element does not stand where the schema allows it"),
        ("<Child><Id>1</Id></Child>", "line 3: the element Child lacks an element that the schema asks for"),
        ("<Child Zaphodbeeble='1'><Id>1</Id><Need><From>2020-01-02</From></Need></Child>",
         "line 3: the element Child has an attribute that the schema does not allow"),
        ("<Child>Zaphodbeeble<Id>1</Id><Need><From>2020-01-02</From></Need></Child>",
         "line 3: the element Child holds text where the schema allows only elements"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line_and_no_value(tmp_path: Path, child: str, said: str) -> None:
    assert said in refused(tmp_path, document(child), xsd="s.xsd")


BILLION = '<!DOCTYPE m [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (document().replace("\n<M", f"\n{BILLION}<M"), "line 2: it declares a document type or entities"),
        (document().replace("\n<M", '\n<!DOCTYPE m SYSTEM "file:///etc/passwd"><M'), "line 2: it declares"),
        (document("\n" * 2_000_000 + "<!DOCTYPE").replace("?>", "?>"), "line 2000003: it declares"),
        (document("<Child><Id>&Zaphodbeeble;</Id></Child>"), "not well-formed"),
        (document("<Child><Id>1</Child>"), "line 3"),
        (document(CHILD.format(id=1))[:-3], "not well-formed XML there, or the file is not whole"),
        (document().replace("UTF-8", "UTF-7"), "its encoding is not one"),
        (document("a\0b"), "no XML in UTF-8"),
        ("id,name\n1,2\n", "no XML"),
        ("", "no bytes"),
        (document(), "an empty extract"),
    ],
    ids=range(11),
)  # fmt: skip
@pytest.mark.parametrize("xsd", [None, "s.xsd"])
def test_what_is_hostile_or_no_document_is_refused(
    tmp_path: Path, text: str | bytes, said: str, xsd: str | None
) -> None:
    message = refused(tmp_path, text, xsd=xsd)
    assert said in message or "does not fit its schema" in message


def test_a_document_that_is_cut_off_is_refused_although_it_is_checked_by_a_schema(tmp_path: Path) -> None:
    assert "not whole" in refused(tmp_path, document(CHILD.format(id=1)).rstrip()[:-10], xsd="s.xsd")


def test_an_optional_table_may_have_no_record(tmp_path: Path) -> None:
    assert rows(read(tmp_path, document(), xsd="s.xsd", optional=True)) == []


def test_a_schema_that_is_none_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        read(tmp_path, document(CHILD.format(id=1)), xsd="none.xsd")


def test_memory_does_not_grow_with_the_document(tmp_path: Path) -> None:
    def peak(children: int) -> int:
        text = document(*(CHILD.format(id=n) for n in range(children)))
        tracemalloc.start()
        try:
            file = read(tmp_path, text.encode())
            return tracemalloc.get_traced_memory()[1] - len(text)
        finally:
            tracemalloc.stop()
            assert len(file.lines) == 2 * children

    small, large = peak(100), peak(2000)
    assert large < small + 2000 * 2 * 150  # the numbers of lines, and nothing else of a record


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10_000), value=st.sampled_from(b'<>&"\0\x01\xff!-?[]x'), cut=st.booleans())
def test_a_damaged_document_is_read_or_refused(tmp_path: Path, at: int, value: int, cut: bool) -> None:
    (tmp_path / "s.xsd").write_text(SCHEMA)
    content = bytearray(document(CHILD.format(id=SECRET)).encode())
    at %= len(content)
    if cut:
        del content[at:]
    else:
        content[at] = value
    (tmp_path / "x.xml").write_bytes(content)
    found = rows_or_refusal(tmp_path / "x.xml", declared(xsd="s.xsd"))
    assert found is None or len(found) == 2
