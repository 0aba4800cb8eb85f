"""Formats that look like one that is read, and are not: named, so that nobody has to guess why a file is refused."""

import re
import zipfile

from hub.declarations.sources import Source, Unsupported
from hub.errors import InputError
from hub.formats.delivered_files import CandidateFile, beginning

_PARTS = ("xl/workbook.xml", "xl/sharedStrings.xml")
_SHEETS = "xl/worksheets/sheet"
_MOST, _MOST_PARTS = 1 << 18, 20


def named(source: Source, file: CandidateFile) -> InputError | None:
    """Return the error that names what a file is, when it is a known format that is not supported; else None.

    Args:
        source: says which formats are taken for it and are not supported.
        file: a file that cannot be read as one of its tables.
    """
    text = _text(file) if source.unsupported else ""
    for one in source.unsupported:
        if _looks_like(one, text):
            return InputError(
                f"{file.name} (source {source.name}): this is {one.title}, which is not supported.", one.remedy
            )
    return None


def _looks_like(one: Unsupported, text: str) -> bool:
    return all(re.search(mark, text, re.IGNORECASE) for mark in one.marks)


def _text(file: CandidateFile) -> str:
    """Return how a text begins, or the names of sheets and the texts of a workbook."""
    start = beginning(file)
    if not start.startswith("PK") or file.member is not None:
        return start.lstrip("\ufeff \t\r\n")
    try:
        with zipfile.ZipFile(file.path) as book:
            found = []
            parts = [name for name in book.namelist() if name in _PARTS or name.startswith(_SHEETS)]
            for part in parts[:_MOST_PARTS]:
                with book.open(part) as stream:
                    found.append(stream.read(_MOST).decode("utf-8", "replace"))
    except (OSError, zipfile.BadZipFile, KeyError, RuntimeError, NotImplementedError):
        return start
    return "PK " + " ".join(found)
