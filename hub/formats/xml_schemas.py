"""XML schemas (XSD): loading one, and saying what is wrong with a document without repeating what stands in it."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.errors import ConfigurationError

if TYPE_CHECKING:
    from lxml import etree

_WORDS = (
    ("ENUMERATION", "is not one of the values that the schema allows"),
    ("PATTERN", "does not have the form that the schema asks for"),
    ("MINLENGTH", "is shorter than the schema allows"),
    ("MAXLENGTH", "is longer than the schema allows"),
    ("LENGTH", "does not have the length that the schema asks for"),
    ("MININCLUSIVE", "is smaller than the schema allows"),
    ("MINEXCLUSIVE", "is smaller than the schema allows"),
    ("MAXINCLUSIVE", "is larger than the schema allows"),
    ("MAXEXCLUSIVE", "is larger than the schema allows"),
    ("DIGITS", "has more digits than the schema allows"),
    ("DATATYPE", "is not of the type that the schema asks for"),
    ("SCHEMAV_CVC_TYPE_3_1", "is not of the type that the schema asks for"),
    ("ATTRIBUTE_4", "lacks an attribute that the schema asks for"),
    ("ATTRIBUTE", "has an attribute that the schema does not allow"),
    ("COMPLEX_TYPE_3_2", "has an attribute that the schema does not allow"),
    ("COMPLEX_TYPE_4", "lacks an attribute that the schema asks for"),
    ("COMPLEX_TYPE_2_3", "holds text where the schema allows only elements"),
    ("COMPLEX_TYPE_2_1", "must be empty"),
    ("IDC", "breaks a rule of the schema about keys that occur once"),
    ("CVC_ELT_1", "is not declared in the schema"),
    ("CVC_ELT_3", "may not be marked as nil"),
)
_UNEXPECTED = "does not stand where the schema allows it"
_INCOMPLETE = "lacks an element that the schema asks for"


def load(path: Path) -> "etree.XMLSchema":
    """Return the schema in `path`, made anew: one that was used before still holds the faults that it found.

    Raises:
        ConfigurationError: there is no such file, or it is no XML schema.
    """
    from lxml import etree

    if not path.is_file():
        raise ConfigurationError(f"{path}: no such XML schema.", "Put it there, or correct `xsd`.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.XMLSchema(etree.parse(path, parser))
    except (etree.XMLSchemaParseError, etree.XMLSyntaxError) as error:
        raise ConfigurationError(f"{path}: not an XML schema ({type(error).__name__}).") from None


def names_in(path: Path) -> frozenset[str]:
    """Return the names of elements that the schema in `path` declares: the only names that a message may show."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    elements = etree.parse(path, parser).iter("{http://www.w3.org/2001/XMLSchema}element")
    return frozenset(str(element.get("name")) for element in elements if element.get("name"))


def element_of(entry: Any) -> str:
    """Return the name of the element that an entry of lxml's error log is about, as it stands in the document."""
    named = re.match(r"Element '(?:\{[^}]*\})?([^']*)'", str(entry.message))
    return named.group(1) if named else ""


def in_words(entry: Any, line: int, names: Collection[str]) -> str:
    """Return what an entry of lxml's error log says: the line, the element and the kind of fault, and no value.

    What is no fault against the schema gives an empty text.

    Args:
        entry: the entry; its message may repeat what stands in the document.
        line: the line that was read when it came up.
        names: the names of elements that may be shown.
    """
    kind, message = str(entry.type_name), str(entry.message)
    if not kind.startswith("SCHEMAV_"):
        return ""
    named = re.match(r"Element '(?:\{[^}]*\})?([^']*)'", message)
    element = f"the element {named.group(1)}" if named and named.group(1) in names else "an element"
    if kind == "SCHEMAV_ELEMENT_CONTENT":
        words = _INCOMPLETE if "Missing child" in message else _UNEXPECTED
    else:
        words = next((said for part, said in _WORDS if part in kind), "does not fit the schema")
    return f"line {line}: {element} {words}"
