"""Checking an XML document piece by piece, such as child by child: what is wrong with one child costs no other.

    checked = xml_units.check(path, "CIN.xml (source cin)", declared, [xsd])
    checked.wrong[3]     # the rule that the fourth child breaks

Names count without namespaces. An element that no schema knows, or that is empty, is left out before the check; what
no schema knows is counted: a newer return holds more than an older schema. A fault in an element that no column reads
is said, and the piece is kept. A piece is well when it fits one of the schemas, since a return may be made under an
older one.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.declarations.source_files import SourceFile
from hub.errors import InputError
from hub.formats import xml_schemas

if TYPE_CHECKING:
    from lxml import etree

SHOWN_FAULTS = 5
"""Faults that a message names; more of them say no more."""

UNKNOWN = "xml_unknown_element"
NOT_USED = "xml_fault_not_used"
SET_ASIDE = "xml_set_aside"


@dataclass(slots=True)
class Checked:
    """What was found in the pieces of a document.

    Attributes:
        count: pieces.
        wrong: for the number (from 0) of each piece that is wrong the rule that it breaks.
        faults: what is wrong with them, in words with the line, the first ones.
        notices: of what is said and costs nothing how many there are, and the first line.
    """

    count: int = 0
    wrong: dict[int, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    notices: Counter[str] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)
    year: str = ""

    def notice(self, what: str, line: int) -> None:
        """Count one thing that is said."""
        self.notices[what] += 1
        self.first.setdefault(what, line)

    def as_notices(self, where: str) -> list[dict[str, Any]]:
        """Return what is to be said of the document, as `hub.intake.identifier_checks.notice` does."""
        said = {
            UNKNOWN: "elements or attributes that the schema does not know were left out; no column reads them",
            NOT_USED: "faults stand in elements that nothing reads; their records are kept",
        }
        found = [
            {
                "notice": what,
                "count": count,
                "said": f"{where}: {count} {said[what]}, the first on line {self.first[what]}.",
                "remedy": "",
            }
            for what, count in sorted(self.notices.items())
        ]
        if self.wrong:
            shown = "; ".join(self.faults[:SHOWN_FAULTS])
            found.append(
                {
                    "notice": SET_ASIDE,
                    "count": len(self.wrong),
                    "said": f"{where}: {len(self.wrong)} of {self.count} records do not fit the schema: {shown}.",
                    "remedy": "Ask the agency to correct them where the return was made.",
                }
            )
        return found


def steps(path: str) -> tuple[str, ...]:
    """Return the names in a path such as Message/Children/Child."""
    return tuple(part for part in path.split("/") if part)


def local(element: "etree._Element") -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def pieces(path: Path, unit: tuple[str, ...], options: Mapping[str, Any]) -> Iterator["etree._Element"]:
    """Yield each piece of a document when it is whole, with what stands around it, and let it go afterwards.

    Raises:
        etree.XMLSyntaxError: the document is not well-formed.
    """
    from lxml import etree

    place: list[str] = []
    inside = 0
    for event, element in etree.iterparse(path, events=("start", "end"), **options):
        if event == "start":
            if inside:
                inside += 1
                continue
            place.append(local(element))
            inside = int(tuple(place) == unit)
        elif inside > 1:
            inside -= 1
        elif inside == 1:
            inside = 0
            place.pop()
            yield element
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)
        else:
            place.pop()


def check(
    path: Path,
    where: str,
    declared: SourceFile,
    xsds: Sequence[Path],
    read: Collection[str],
    options: Mapping[str, Any],
) -> Checked:
    """Check every piece of the document at `path`.

    Args:
        path: the document.
        where: the file and its source, for messages.
        declared: says which element is a piece, and where the year of the return stands.
        xsds: the schemas, the usual one first; each declares a piece by itself.
        read: names of the elements that a column reads.
        options: how lxml is to parse.

    Raises:
        InputError: there is no piece, or every one of them is wrong; it names elements, lines and the known years.
        etree.XMLSyntaxError: the document is not well-formed.
    """
    unit = steps(declared.unit or "")
    schemas = [xml_schemas.load(xsd) for xsd in xsds]
    names = frozenset().union(*(xml_schemas.names_in(xsd) for xsd in xsds))
    found = Checked()
    for piece in pieces(path, unit, options):
        if not found.count:
            found.year = _year(piece, declared)
        _tidy(piece, names, found)
        faults = min((_faults(schema, piece, names, read) for schema in schemas), key=lambda one: len(one[0]))
        for line in faults[1]:
            found.notice(NOT_USED, line)
        if faults[0]:
            found.wrong[found.count] = f"{faults[0][0][0]}: schema"
            found.faults += [words for _, words in faults[0]][: SHOWN_FAULTS + 1 - len(found.faults)]
        found.count += 1
    if not found.count:
        raise InputError(
            f"{where}: it holds no {declared.unit}{_years(found, declared)}.",
            "Ask the agency for the return as XML, whole.",
        )
    if len(found.wrong) == found.count:
        more = ", and more" if len(found.faults) > SHOWN_FAULTS else ""
        shown = "; ".join(found.faults[:SHOWN_FAULTS])
        raise InputError(
            f"{where}: it does not fit its schema: {shown}{more}{_years(found, declared)}.",
            "Ask the agency to correct it where it was made, and to deliver it again.",
        )
    return found


def _years(found: Checked, declared: SourceFile) -> str:
    if not declared.known_years:
        return ""
    first, last = min(declared.known_years), max(declared.known_years)
    said = f"it says that it is of {found.year}" if found.year else "it does not say of which year it is"
    return f"; {said}, and known are the years {first} to {last}"


def _year(piece: "etree._Element", declared: SourceFile) -> str:
    """Return the year that stands in the document, when it is four digits."""
    if declared.year_path is None:
        return ""
    place: list[Any] = [piece.getroottree().getroot()]
    for name in steps(declared.year_path)[1:]:
        place = [child for one in place for child in one if isinstance(child.tag, str) and local(child) == name]
    text = "".join(place[0].itertext()).strip() if place else ""
    return text if re.fullmatch(r"[0-9]{4}", text) else ""


def _tidy(piece: "etree._Element", names: Collection[str], found: Checked) -> None:
    """Take away namespaces, what no schema knows, and what is empty."""
    for element in list(piece.iter()):
        element.tag = local(element)
        for name in [key for key in element.attrib if not str(key).startswith("{")]:
            found.notice(UNKNOWN, int(element.sourceline or 0))
            del element.attrib[name]
    for element in [one for one in piece.iter() if one is not piece and one.tag not in names]:
        parent = element.getparent()
        if parent is not None and all(one.tag in names for one in element.iterancestors()):
            found.notice(UNKNOWN, int(element.sourceline or 0))
        if parent is not None:
            parent.remove(element)
    for element in reversed([one for one in piece.iter() if one is not piece]):
        parent = element.getparent()
        if parent is not None and not len(element) and not (element.text or "").strip():
            parent.remove(element)


def _faults(
    schema: "etree.XMLSchema", piece: "etree._Element", names: Collection[str], read: Collection[str]
) -> tuple[list[tuple[str, str]], list[int]]:
    """Return the faults of a piece that cost it, each with the element and in words, and the lines of the others."""
    if schema.validate(piece):
        return [], []
    costly, others = [], []
    for entry in schema.error_log:
        words = xml_schemas.in_words(entry, int(entry.line), names)
        if not words:
            continue
        element = xml_schemas.element_of(entry)
        if _matters(str(entry.type_name), str(entry.message), element, read):
            costly.append((element if element in names else "element", words))
        else:
            others.append(int(entry.line))
    return costly, others


def _matters(kind: str, message: str, element: str, read: Collection[str]) -> bool:
    if kind == "SCHEMAV_ELEMENT_CONTENT":
        expected = re.search(r"Missing child element\(s\)\. Expected is (?:one of )?\(([^)]*)\)", message)
        lacking = {one.strip().rpartition("}")[2] for one in expected.group(1).split(",")} if expected else {""}
        return expected is None or bool(lacking & set(read))
    return element in read or not element
