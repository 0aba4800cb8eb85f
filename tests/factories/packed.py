"""Files as agencies pack and export them: archives, workbooks, documents; well made and hostile ones."""

import gzip
import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hub.declarations.source_files import SourceFile
from hub.errors import InputError
from hub.formats.csv_files import CsvFile
from hub.formats.delivered_files import candidates
from hub.formats.opening import Opener

SECRET = "Zaphodbeeble"  # a name that may stand in no message


def opened(path: Path, declared: SourceFile, folder: Path | None = None) -> CsvFile | None:
    """Examine the only file at `path` as a source called school would."""
    [file] = candidates([path])
    scratch = path.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    return Opener("school", scratch, folder or path.parent).examine(file, declared)


def rows_or_refusal(path: Path, declared: SourceFile) -> list[str] | None:
    """Return the rows of a file, or None when it is refused in words that hold no value."""
    try:
        return rows(opened(path, declared))
    except InputError as error:
        if SECRET in str(error):
            raise AssertionError(str(error)) from None
        return None


def rows(file: CsvFile | None) -> list[str]:
    """Return the lines of the readable copy of an examined file."""
    assert file is not None
    return file.readable.read_text(encoding="utf-8").splitlines()


def zipped(path: Path, members: Iterable[tuple[str, bytes]], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write a zip archive with these members."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def gzipped(path: Path, content: bytes) -> Path:
    """Write a gzip file."""
    path.write_bytes(gzip.compress(content, mtime=0))
    return path


def workbook(path: Path, **sheets: Sequence[Sequence[Any]]) -> Path:
    """Write a workbook with these sheets; a text that begins with = is a formula without a stored result."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, cells in sheets.items():
        sheet = book.create_sheet(name)
        for row in cells:
            sheet.append(list(row))
    book.save(path)
    return path


def changed_part(path: Path, part: str, change: tuple[str, str]) -> Path:
    """Replace a text in one part of a workbook."""
    content = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            text = old.read(info)
            if info.filename == part:
                assert change[0].encode() in text
                text = text.replace(change[0].encode(), change[1].encode())
            new.writestr(info.filename, text)
    return path
