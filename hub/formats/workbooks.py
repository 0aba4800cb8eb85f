"""Reading one sheet of an Excel workbook (.xlsx, .xlsm) as text, row by row; nothing in it is ever run.

Of a formula only the result that Excel stored is taken; a row whose formula has no stored result breaks the rule
`formula`, one with an error such as #REF! in a declared column the rule `error_cell`. Macros and links to other
workbooks are not opened. A whole number is written without a fraction, and with the leading zeros of a number format
such as 0000000; a date as 2020-09-16. Rows that are hidden or filtered away count like all others.
"""

import datetime
import itertools
import re
import warnings
import zipfile
import zlib
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.declarations.source_files import ColumnType, SourceFile, alike
from hub.errors import InputError
from hub.formats import archives, csv_headers
from hub.formats.csv_files import CsvFile, positions_in
from hub.formats.readable_rows import ReadableRow, RowFile

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

MOST_ROWS = 1_048_576
"""Rows of a sheet; Excel has no more, and a row's number in the file may claim anything."""

_REMEDY = "Check that it is the right workbook, and the `sheet` and `header_row` of this table in sources.yaml."
_LOOKED_FOR = 30
_SERIALS = (10_000, 99_999)  # a smaller number in a column of dates may be a year
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DOCTYPES = tuple(
    mark.encode(code) for mark in ("<!DOCTYPE", "<!ENTITY") for code in ("utf-8", "utf-16-le", "utf-16-be")
)
_CHUNK = 1 << 20
_WHOLE = 1e15


def examine(
    path: Path,
    name: str,
    source: str,
    declared: SourceFile,
    scratch: Path,
    delivered: tuple[str, int],
    used: Collection[str] | None = None,
) -> CsvFile | None:
    """Read the declared sheet of the workbook at `path`; None when an optional sheet is not in it.

    Args:
        path: the workbook.
        name: what messages and facts call it.
        source: name of its source, for messages.
        declared: how it is described: `sheet`, `header_row`, columns.
        scratch: folder of the readable copy.
        delivered: digest and size of the delivered bytes.
        used: the columns that are used; an error or an empty formula in any other costs no row. None means all.

    Raises:
        InputError: it is no workbook, goes beyond the limits of `hub.formats.archives`, or lacks the sheet or a column.
    """
    where = f"{name} (source {source})"
    _refuse_unsafe(path, where)
    with _reading(where), _open(path, values=True) as book:
        sheet = _sheet(book, declared, where)
        if sheet is None:
            return None
        where = f"{name}, sheet {sheet} (source {source})"
        rows = _rows(book, sheet, where)
        headers, before = _headers(rows, declared, where)
        if not _known(headers, declared):
            raise _no_headers(declared, where, [*before, *itertools.islice(rows, _LOOKED_FOR)])
        positions = positions_in(headers, declared, where, f"row {declared.header_row}", _REMEDY)
        found = RowFile(where, declared, scratch, tuple(positions), csv_headers.refused(headers, declared.refused))
        with closing(_formulas(path, sheet, where)) as formulas:
            epoch = book.epoch
            needed = [used is None or column in used for column in positions]
            return found.write(_body(rows, formulas, positions, found, epoch, needed), name, *delivered)


def _body(
    rows: Iterator[tuple[int, tuple[Any, ...]]],
    formulas: Iterator[tuple[int, frozenset[int]]],
    positions: Mapping[str, int],
    found: RowFile,
    epoch: datetime.datetime,
    needed: Sequence[bool],
) -> Iterator[ReadableRow]:
    places = tuple(positions.values())
    days = [found.declared.columns[name].type is ColumnType.DATE for name in positions]
    at, columns = next(formulas, (0, frozenset()))
    for number, cells in rows:
        while at and at < number:
            at, columns = next(formulas, (0, frozenset()))
        chosen = [cells[place] if place < len(cells) else None for place in places]
        computed = [at == number and place in columns for place in places]
        texts = ["" if cell is None else _text(cell) for cell in chosen]
        texts = [_day(text, cell, epoch) if day else text for text, cell, day in zip(texts, chosen, days, strict=True)]
        empty = [one and not text for one, text in zip(computed, texts, strict=True)]
        errors = [cell is not None and getattr(cell, "data_type", "") == "e" for cell in chosen]
        without_result = any(one and need for one, need in zip(empty, needed, strict=True))
        found.spoilt += any((one or error) and not need for one, error, need in zip(empty, errors, needed, strict=True))
        if not any(texts) and not any(empty):
            found.blank += 1
        elif any(one and need for one, need in zip(errors, needed, strict=True)):
            yield ReadableRow(number, texts, "error_cell")
        else:
            yield ReadableRow(number, texts, "formula" if without_result else "")


def _day(text: str, cell: Any, epoch: datetime.datetime) -> str:
    """Return the day that a number in a column of dates means: the workbook says from when it counts its days."""
    number = getattr(cell, "value", None)
    if isinstance(number, bool) or not isinstance(number, int | float) or not _SERIALS[0] <= number <= _SERIALS[1]:
        return text
    return (epoch + datetime.timedelta(days=int(number))).date().isoformat() if float(number).is_integer() else text


def _text(cell: Any) -> str:
    value = getattr(cell, "value", None)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        text = str(int(value)) if float(value).is_integer() and abs(value) < _WHOLE else repr(value)
        shown = str(getattr(cell, "number_format", ""))
        return text.zfill(len(shown)) if re.fullmatch("0{2,}", shown) and text.isdigit() else text
    if isinstance(value, datetime.datetime):
        day = value.date().isoformat()
        return day if value.time() == datetime.time() else f"{day} {value.time().isoformat('seconds')}"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value).replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").strip()


def _headers(
    rows: Iterator[tuple[int, tuple[Any, ...]]], declared: SourceFile, where: str
) -> tuple[list[str], list[tuple[int, tuple[Any, ...]]]]:
    """Return the cells of the row of headers, and the rows before it."""
    before: list[tuple[int, tuple[Any, ...]]] = []
    for number, cells in rows:
        if number == declared.header_row:
            return [_text(cell) for cell in cells], before
        if number > declared.header_row:
            break
        before.append((number, cells))
    raise InputError(
        f"{where}: there is no header in row {declared.header_row}.", "Check `header_row` and `sheet` in sources.yaml."
    )


def _known(headers: Sequence[str], declared: SourceFile) -> int:
    """Return how many declared columns stand among the cells of a row."""
    plain = {alike(header) for header in headers}
    return sum(any(alike(one) in plain for one in (name, *column.headers)) for name, column in declared.columns.items())


def _no_headers(declared: SourceFile, where: str, rows: Sequence[tuple[int, tuple[Any, ...]]]) -> InputError:
    """Return the error of a sheet whose row of headers is another; it names the row that looks like it."""
    found = [(_known([_text(cell) for cell in cells], declared), -number) for number, cells in rows]
    most, at = max(found, default=(0, 0))
    columns = ", ".join(name for name in declared.columns)
    said = f"{where}: row {declared.header_row} holds none of the declared columns ({columns})"
    if not most:
        return InputError(f"{said}, and neither does a row near it.", _REMEDY)
    return InputError(
        f"{said}; row {-at} holds {most} of them.",
        f"Take the rows above it out of the sheet, or set `header_row: {-at}` for it in sources.yaml.",
    )


def _rows(book: "Workbook", sheet: str, where: str) -> Iterator[tuple[int, tuple[Any, ...]]]:
    opened: Any = book[sheet]
    opened.reset_dimensions()  # what a file says about its own size may be wrong
    for number, cells in enumerate(opened.iter_rows(), start=1):
        if number > MOST_ROWS:
            raise InputError(f"{where}: it claims more than {MOST_ROWS:,} rows.", "Ask the agency to save it again.")
        yield number, cells


def _sheet(book: "Workbook", declared: SourceFile, where: str) -> str | None:
    names = list(book.sheetnames)
    if declared.sheet is not None:
        wanted = declared.sheet.strip().casefold()
        found = [name for name in names if name == declared.sheet] or [
            name for name in names if name.strip().casefold() == wanted
        ]
        if not found and declared.optional:
            return None
        if len(found) != 1:
            raise InputError(
                f"{where}: there is no sheet {declared.sheet}; there are: {', '.join(names)}.",
                "Ask the agency for the whole workbook, or correct `sheet` in sources.yaml.",
            )
        return str(found[0])
    visible = [name for name in names if getattr(book[name], "sheet_state", "visible") == "visible"]
    if len(visible) != 1:
        raise InputError(
            f"{where}: it has {len(visible)} visible sheets: {', '.join(visible)}.",
            "Say which one is meant with `sheet` in sources.yaml.",
        )
    return str(visible[0])


def _formulas(path: Path, sheet: str, where: str) -> Generator[tuple[int, frozenset[int]], None, None]:
    """Yield the number of each row with formulas, and their columns from 0."""
    if not _has_formulas(path):
        return
    with _open(path, values=False) as book:
        for number, cells in _rows(book, sheet, where):
            columns = frozenset(at for at, cell in enumerate(cells) if getattr(cell, "data_type", "") == "f")
            if columns:
                yield number, columns


@contextmanager
def _open(path: Path, *, values: bool) -> "Iterator[Workbook]":
    import openpyxl

    with path.open("rb") as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about looks and rules of Excel that do not touch the values
        book = openpyxl.load_workbook(stream, read_only=True, data_only=values, keep_links=False, keep_vba=False)
        try:
            yield book
        finally:
            book.close()


@contextmanager
def _reading(where: str) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  # openpyxl raises whatever a damaged part happens to cause
        raise InputError(
            f"{where}: it cannot be read as an Excel workbook ({type(error).__name__}).",
            "Ask the agency to open it in Excel, save it as .xlsx and send it again.",
        ) from None


def _refuse_unsafe(path: Path, where: str) -> None:
    with path.open("rb") as stream:
        head = stream.read(8)
    if head == _OLD:
        raise InputError(
            f"{where}: this is an old Excel workbook (.xls) or an encrypted one.", "Save it as .xlsx, without password."
        )
    if head[:4] != b"PK\x03\x04":
        raise InputError(f"{where}: this is no Excel workbook.", "Save it as .xlsx, or declare its `format`.")
    archives.check_expansion(path, where)
    try:
        with zipfile.ZipFile(path) as book:
            for info in book.infolist():
                if _holds(book, info, _DOCTYPES):
                    raise InputError(
                        f"{where}: a part of it declares a document type or entities, which Excel never writes.",
                        "Do not open it; ask the agency what it is.",
                    )
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError) as error:
        raise InputError(
            f"{where}: it cannot be read ({type(error).__name__}): the workbook is damaged or not whole.",
            "Ask the agency to send it again.",
        ) from None


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as book:
        sheets = [info for info in book.infolist() if "/worksheets/" in info.filename]
        return any(_holds(book, info, (b"<f>", b"<f ", b"<f/", b":f>", b":f ", b":f/")) for info in sheets)


def _holds(book: zipfile.ZipFile, info: zipfile.ZipInfo, marks: tuple[bytes, ...]) -> bool:
    if not info.filename.casefold().endswith((".xml", ".rels", ".vml")):
        return False
    kept = b""
    with book.open(info) as stream:
        while chunk := stream.read(_CHUNK):
            if any(mark in kept + chunk for mark in marks):
                return True
            kept = chunk[-32:]
    return False
