"""Reading the records of an XML document as a stream: nothing is expanded or fetched, and what was read is let go.

A document with a DOCTYPE is refused, so there are no entities to expand. Paths use the local names of elements, without
namespaces. A column's path goes from the record: `Name`, `Address/PostCode`, `@id`, `../Name` for what stands before
the record in an element around it, and `.` for the record's own text. Of an element that occurs several times, the
texts are joined with `|`.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.declarations.source_files import SourceFile
from hub.errors import InputError
from hub.formats import xml_schemas, xml_units
from hub.formats.csv_files import CsvFile
from hub.formats.readable_rows import ReadableRow, RowFile
from hub.formats.xml_units import Checked

if TYPE_CHECKING:
    from lxml import etree

BETWEEN = "|"
"""What stands between the texts of an element that occurs several times."""

SHOWN_FAULTS = 5
"""Faults that a message names; more of them say no more."""

_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "attribute_defaults": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
_MOST_FAULTS = 100
_CHUNK, _OVERLAP = 1 << 20, 16
_UTF16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0?\0": "utf-16-le", b"\0<\0?": "utf-16-be"}
_ENCODINGS = {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "latin1", "windows-1252", "cp1252"}


def examine(
    path: Path,
    name: str,
    source: str,
    declared: SourceFile,
    scratch: Path,
    delivered: tuple[str, int],
    xsd: Path | None,
    wrong: Mapping[int, str] | None = None,
) -> CsvFile:
    """Read the records of the document at `path`.

    Args:
        path: the document.
        name: what messages and facts call it.
        source: name of its source, for messages.
        declared: how it is described: `record` and the paths of columns.
        scratch: folder of the readable copy.
        delivered: digest and size of the delivered bytes.
        xsd: the schema that it must fit; None where it was checked already, or there is none.
        wrong: of a document that is checked piece by piece (`formats.xml_units`) the number of each wrong piece and the
            rule that it breaks: its records are set aside.

    Raises:
        InputError: it is no well-formed XML, has a DOCTYPE, does not fit the schema, or has no record.
    """
    where = f"{name} (source {source})"
    _refuse_unsafe(path, where)
    found = RowFile(where, declared, scratch, tuple(declared.columns))
    rows = _records(path, declared, where, xsd) if wrong is None else _of_units(path, declared, where, wrong)
    return found.write(rows, name, *delivered)


def check(path: Path, where: str, declared: SourceFile, xsds: Sequence[Path], read: Collection[str]) -> Checked:
    """Check a document piece by piece (`hub.formats.xml_units.check`).

    Raises:
        InputError: it is no well-formed XML, has a DOCTYPE, or not one of its pieces is well.
    """
    from lxml import etree

    _refuse_unsafe(path, where)
    try:
        return xml_units.check(path, where, declared, xsds, read, _SAFE)
    except etree.XMLSyntaxError:
        raise _refused(path, where, None) from None


def as_utf8(path: Path, target: Path) -> Path:
    """Return a document in UTF-16 as a copy in UTF-8, and any other as it is."""
    with path.open("rb") as stream:
        start = stream.read(4)
    encoding = next((name for mark, name in _UTF16.items() if start.startswith(mark)), None)
    if encoding is None:
        return path
    with path.open(encoding=encoding, errors="replace", newline="") as source:
        first = re.sub(r"""(<\?xml[^>]*?)\s+encoding\s*=\s*["'][^"']*["']""", r"\1", source.read(_CHUNK), count=1)
        with target.open("w", encoding="utf-8", newline="") as out:
            out.write(first.lstrip("\ufeff"))
            while chunk := source.read(_CHUNK):
                out.write(chunk)
    return target


def _of_units(path: Path, declared: SourceFile, where: str, wrong: Mapping[int, str]) -> Iterator[ReadableRow]:
    from lxml import etree

    unit, record = xml_units.steps(declared.unit or ""), xml_units.steps(declared.record or "")
    columns = [_steps(column.path or name) for name, column in declared.columns.items()]
    try:
        for number, piece in enumerate(xml_units.pieces(path, unit, _SAFE)):
            records: list[Any] = [piece]
            for name in record[len(unit) :]:
                records = [child for one in records for child in one if _local(child) == name]
            for one in records:
                yield ReadableRow(
                    int(one.sourceline or 0), [_text(one, steps) for steps in columns], wrong.get(number, "")
                )
    except etree.XMLSyntaxError:
        raise _refused(path, where, None) from None


def _records(path: Path, declared: SourceFile, where: str, xsd: Path | None) -> Iterator[ReadableRow]:
    from lxml import etree

    record = tuple(part for part in (declared.record or "").split("/") if part)
    columns = [_steps(column.path or name) for name, column in declared.columns.items()]
    needed = {_absolute(record, steps) for steps in columns}
    schema = xml_schemas.load(xsd) if xsd is not None else None
    parsing = etree.iterparse(path, events=("start", "end"), schema=schema, **_SAFE)
    place: list[str] = []
    inside = 0
    try:
        for event, element in parsing:
            if event == "start":
                if inside:
                    inside += 1
                    continue
                place.append(_local(element))
                inside = int(len(place) == len(record) and tuple(place) == record)
            elif inside > 1:
                inside -= 1
            elif inside == 1:
                inside = 0
                place.pop()
                yield ReadableRow(int(element.sourceline or 0), [_text(element, steps) for steps in columns])
                _remove(element)
            else:
                here = tuple(place)
                around = here == record[: len(here)]
                if around or not any(here == one[: len(here)] or one == here[: len(one)] for one in needed):
                    _remove(element)
                place.pop()
    except etree.XMLSyntaxError:
        raise _refused(path, where, xsd) from None
    if place or len(parsing.error_log):  # while it validates, lxml ends in silence where a document is cut off
        raise _refused(path, where, xsd)


def _remove(element: "etree._Element") -> None:
    """Take an element out of the tree that no later record can need, so that memory does not grow with the document."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if before is None:
        parent.text = None  # the white space behind what was taken out before
    else:
        before.tail = None
    parent.remove(element)


def _steps(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part not in ("", "."))


def _absolute(record: tuple[str, ...], steps: tuple[str, ...]) -> tuple[str, ...]:
    place = list(record)
    for step in steps:
        if step == "..":
            del place[-1:]
        elif not step.startswith("@"):
            place.append(step)
    return tuple(place)


def _local(element: "etree._Element") -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: "etree._Element", steps: tuple[str, ...]) -> str:
    found: list[Any] = [element]
    for step in steps:
        if step == "..":
            found = [one.getparent() for one in found[:1] if one.getparent() is not None]
        elif step.startswith("@"):
            values = [
                str(value) for one in found for key, value in one.attrib.items() if key.rpartition("}")[2] == step[1:]
            ]
            return BETWEEN.join(value.strip() for value in values if value.strip())
        else:
            found = [child for one in found for child in one if isinstance(child.tag, str) and _local(child) == step]
    texts = ("".join(one.itertext()).strip() for one in found)
    return BETWEEN.join(text for text in texts if text)


def _refuse_unsafe(path: Path, where: str) -> None:
    if path.stat().st_size == 0:
        raise InputError(f"{where}: an empty file: it has no bytes.", "Ask for it again.")
    with path.open("rb") as stream:
        head = stream.read(1024)
        if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or b"\0" in head:
            raise InputError(f"{where}: this is no XML in UTF-8.", "Ask the agency for the export as XML in UTF-8.")
        encoding = re.search(rb"""^[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""", head)
        if encoding is not None and encoding.group(1).decode("ascii").casefold() not in _ENCODINGS:
            raise InputError(f"{where}: line 1: its encoding is not one of those that are read.", "Ask for UTF-8.")
        stream.seek(0)
        line, kept = 1, b""
        while chunk := stream.read(_CHUNK):
            both = kept + chunk
            at = min((place for mark in (b"<!DOCTYPE", b"<!ENTITY") if (place := both.find(mark)) >= 0), default=-1)
            if at >= 0:
                line += both[:at].count(b"\n")
                raise InputError(
                    f"{where}: line {line}: it declares a document type or entities, which no return needs and which "
                    "can make a small file grow without end or fetch other files.",
                    "Do not open it; ask the agency what it is.",
                )
            kept = both[-_OVERLAP:]
            line += both[: len(both) - len(kept)].count(b"\n")


def _refused(path: Path, where: str, xsd: Path | None) -> InputError:
    faults = _faults(path, xsd) if xsd is not None else []
    if faults:
        more = ", and more" if len(faults) > SHOWN_FAULTS else ""
        return InputError(
            f"{where}: it does not fit its schema: {'; '.join(faults[:SHOWN_FAULTS])}{more}.",
            "Ask the agency to correct it where it was made, and to deliver it again.",
        )
    line, column = _end_of_well_formed(path)
    return InputError(
        f"{where}: line {line}, column {column}: it is not well-formed XML there, or the file is not whole.",
        "Ask the agency to send it again.",
    )


def _end_of_well_formed(path: Path) -> tuple[int, int]:
    """Return the line and column at which a document is no longer well-formed; (1, 1) where lxml does not say."""
    from lxml import etree

    try:
        for _, element in etree.iterparse(path, events=("end",), **_SAFE):
            _remove(element)
    except etree.XMLSyntaxError as error:
        return max(error.position[0], 1), max(error.position[1], 1)
    return 1, 1


def _faults(path: Path, xsd: Path) -> list[str]:
    """Return in words what does not fit the schema, found line by line: while it streams, libxml2 names no lines."""
    from lxml import etree

    parser = etree.XMLPullParser(events=("end",), schema=xml_schemas.load(xsd), **_SAFE)
    names = xml_schemas.names_in(xsd)
    found: dict[str, None] = {}
    known = number = 0
    ended = False
    with path.open("rb") as stream:
        while not ended and len(found) < _MOST_FAULTS:
            line = stream.readline()
            number += bool(line)
            try:
                if line:
                    parser.feed(line)
                else:
                    ended = True
                    parser.close()
            except etree.XMLSyntaxError:
                ended = True
            for _, element in parser.read_events():
                _remove(element)
            if len(parser.feed_error_log) > known:
                entries = list(parser.feed_error_log)[known:]
                known += len(entries)
                found |= dict.fromkeys(
                    words for entry in entries if (words := xml_schemas.in_words(entry, number, names))
                )
    return list(found)
