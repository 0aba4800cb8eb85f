"""Good deliveries of every adapter, made from its own declarations, and the harm that is done to such files on the way.

    for adapter in harms.ADAPTERS:
        for harm in harms.HARMS:
            harms.outcome(adapter, harm, folder)   # "same", "named", "silent", or "" where it does not apply

A harm is borne well when the staged rows are the same, or when the output names something that it did not name of the
good delivery: an error, a broken rule, a notice, a file that was left alone. Anything else is a silent loss.
"""

import csv
import datetime
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from hub.declarations import adapter as adapters
from hub.declarations import codes, sources
from hub.declarations.source_files import ColumnType, Format, SourceColumn, SourceFile
from hub.errors import SentinelError
from hub.formats.named_files import assign
from hub.intake import column_use, dry_run
from tests.factories.adapter_reading import Read, read_folder

ADAPTERS = tuple(adapters.names())
ROWS = 6
_NAMES = ("Zoë", "Jürg", "Ann", "Siân", "Bob", "Chloé")
_BORN, _DAY, _END = datetime.date(2009, 3, 14), datetime.date(2018, 5, 14), datetime.date(2018, 9, 16)


@dataclass(frozen=True)
class Table:
    """One table of a delivery: its declaration, headers and rows of text."""

    declared: SourceFile
    header: list[str]
    rows: list[list[str]]

    def columns(self, *types: ColumnType) -> list[int]:
        """Return where the columns of some types stand."""
        kinds = [one.type for one in self.declared.columns.values()]
        return [at for at, kind in enumerate(kinds) if kind in types]

    def changed(self, change: Callable[[int, str], str], places: list[int]) -> "Table":
        """Return the table with `change(row, cell)` in some columns, where a cell is not empty."""
        rows = [
            [change(at, cell) if place in places and cell else cell for place, cell in enumerate(row)]
            for at, row in enumerate(self.rows)
        ]
        return replace(self, rows=rows)


@dataclass(frozen=True)
class Delivery:
    """What is delivered, and how it is written."""

    tables: tuple[Table, ...]
    births: dict[str, frozenset[str]]
    used: dict[str, frozenset[str]]
    delimiter: str = ","
    quoting: Literal[0, 1] = csv.QUOTE_MINIMAL
    bytes_: Callable[[str], bytes] = lambda text: text.encode()
    xml: str = ""
    more: dict[str, bytes] = field(default_factory=dict)

    def each(self, change: Callable[[Table], Table]) -> "Delivery":
        """Return the delivery with every table changed."""
        return replace(self, tables=tuple(change(one) for one in self.tables))

    def first(self, change: Callable[[Table], Table]) -> "Delivery":
        """Return the delivery with the first table changed."""
        return replace(self, tables=(change(self.tables[0]), *self.tables[1:]))


def good(name: str) -> Delivery:
    """Return a delivery of an adapter that breaks no rule."""
    source = sources.of_adapter(name)
    use = column_use.of(source)
    tables = () if name == "cin_census" else tuple(_table(file) for file in source.files)
    return Delivery(tables, dict(use.birthdays), dict(use.columns), xml=_census() if name == "cin_census" else "")


def _table(file: SourceFile) -> Table:
    header = [column.headers[0] if column.headers else name for name, column in file.columns.items()]
    rows = []
    for at in range(ROWS):
        row: dict[str, str] = {}
        for name, column in file.columns.items():
            row[name] = _cell(file, name, column, at)
        rows.append(list(row.values()))
    return Table(file, header, rows)


def _cell(file: SourceFile, name: str, column: SourceColumn, at: int) -> str:
    lower = name.casefold()
    if column.codes is not None:
        listed = [one for one in codes.read(column.codes).codes if one.valid_to is None]
        return listed[at % len(listed)].code
    if column.allowed is not None:
        return column.allowed[at % len(column.allowed)]
    match column.type:
        case ColumnType.DATE:
            birth = re.search(r"birth|dob", lower)
            day = _BORN if birth else _END if column.not_before_column or re.search("end|close|until", lower) else _DAY
            return (day + datetime.timedelta(days=at)).strftime(file.date_formats[0])
        case ColumnType.INTEGER | ColumnType.NUMBER:
            least = int(column.minimum or 0)
            return str(min(least + at + 1, int(column.maximum if column.maximum is not None else 10**6)))
        case ColumnType.BOOLEAN:
            return "YN"[at % 2]
        case ColumnType.YEAR_GROUP:
            return str(at + 1)
    if re.search("forename|given|first_?name", lower):
        return _NAMES[at]
    if re.search("surname|family_name|last_?name", lower):
        return ("Müller", "Moss", "Ó Dálaigh", "Dale", "Tarn", "Håkon")[at]
    if re.search("upn", lower):
        return f"A12345678901{at}"
    if re.search("nhs", lower):
        return f"94000000{at}{at}"
    if re.search("sex|gender", lower):
        return "MF"[at % 2]
    if re.search("ethnic", lower):
        return "WBRI"
    if re.search("lsoa", lower):
        return f"E0100000{at + 1}"
    if re.search("meaning|street|address|town|locality|title", lower):
        return f"Café Lane {at}"
    return f"00{100 + at}"


def _census() -> str:
    children = "\n".join(
        f"<Child><ChildIdentifiers><LAchildID>{at}</LAchildID><UPN>A12345678901{at}</UPN>"
        f"<PersonBirthDate>201{at}-03-14</PersonBirthDate><GenderCurrent>1</GenderCurrent></ChildIdentifiers>\n"
        "<ChildCharacteristics><Ethnicity>WBRI</Ethnicity></ChildCharacteristics>\n"
        f"<CINdetails><CINreferralDate>2018-05-1{at}</CINreferralDate><ReferralSource>1A</ReferralSource>\n"
        "<PrimaryNeedCode>N1</PrimaryNeedCode><Assessments><AssessmentActualStartDate>2018-06-01"
        "</AssessmentActualStartDate><AssessmentAuthorisationDate>2018-06-20</AssessmentAuthorisationDate>"
        "</Assessments>\n<ReferralNFA>false</ReferralNFA></CINdetails></Child>"
        for at in range(ROWS)
    )
    return (
        '<?xml version="1.0"?>\n<Message>\n<Header><CollectionDetails><Collection>CIN</Collection><Year>2019</Year>'
        "<ReferenceDate>2019-03-31</ReferenceDate></CollectionDetails></Header>\n"
        f"<Children>\n{children}\n</Children>\n</Message>\n"
    )


def write(delivery: Delivery, folder: Path) -> None:
    """Write the files of a delivery into a new folder."""
    folder.mkdir(parents=True)
    books: dict[str, Any] = {}
    for table in delivery.tables:
        name = _file_name(table.declared.file)
        if table.declared.format is Format.XLSX:
            book = books.setdefault(name, _book())
            sheet = book.create_sheet(table.declared.sheet)
            for row in (table.header, *table.rows):
                sheet.append([_value(cell) for cell in row])
            continue
        stream = io.StringIO()
        writer = csv.writer(stream, delimiter=delivery.delimiter, quoting=delivery.quoting, lineterminator="\n")
        writer.writerows([table.header, *table.rows])
        (folder / name).write_bytes(delivery.bytes_(stream.getvalue()))
    for name, book in books.items():
        book.save(folder / name)
    if delivery.xml:
        (folder / "CIN_2019.xml").write_bytes(delivery.bytes_(delivery.xml))
    for name, content in delivery.more.items():
        (folder / name).write_bytes(content)


def _book() -> Any:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    return book


def _value(cell: str) -> Any:
    return int(cell.removeprefix("#")) if cell.startswith("#") else cell or None


def _file_name(pattern: str) -> str:
    plain = re.sub(r"\[(.)[^]]*\]", lambda match: match.group(1).lower(), pattern)
    return "2019_" * pattern.startswith("*") + plain.replace("*", "")


Harm = Callable[[Delivery], Delivery | None]


def _text(change: Callable[[str], bytes]) -> Harm:
    def harm(delivery: Delivery) -> Delivery | None:
        if any(one.declared.format is Format.XLSX for one in delivery.tables):
            return None
        return replace(delivery, bytes_=change)

    return harm


def _tables(change: Callable[[Delivery, Table], Table], *, first: bool = False) -> Harm:
    def harm(delivery: Delivery) -> Delivery | None:
        if not delivery.tables:
            return None
        found = (delivery.first if first else delivery.each)(lambda table: change(delivery, table))
        return None if found.tables == delivery.tables else found

    return harm


def _dates(form: Callable[[datetime.date], str]) -> Harm:
    def change(_delivery: Delivery, table: Table) -> Table:
        usual = table.declared.date_formats[0]

        def cell(_row: int, text: str) -> str:
            return form(datetime.datetime.strptime(text, usual).date())

        return table.changed(cell, table.columns(ColumnType.DATE))

    return _tables(change)


def _mixed(text: str) -> bytes:
    lines = text.splitlines(keepends=True)
    at = next((at for at in range(len(lines) - 1, 0, -1) if not lines[at].isascii()), None)
    if at is None:
        return text.encode()
    return b"".join(line.encode("cp1252" if place == at else "utf-8", "replace") for place, line in enumerate(lines))


def _keys(table: Table) -> list[int]:
    """Return where the first column of identifiers stands."""
    return [next(at for at, row in enumerate(zip(*table.rows, strict=True)) if row[0].startswith("001"))]


def _identifiers(change: Callable[[str], str]) -> Harm:
    def table(_delivery: Delivery, one: Table) -> Table:
        try:
            return one.changed(lambda _row, cell: change(cell), _keys(one))
        except StopIteration:
            return one

    return _tables(table, first=True)


def _swapped(_delivery: Delivery, table: Table) -> Table:
    dates, others = table.columns(ColumnType.DATE), table.columns(ColumnType.TEXT)
    if not dates or not others:
        return table
    header = list(table.header)
    header[dates[0]], header[others[0]] = header[others[0]], header[dates[0]]
    return replace(table, header=header)


def _one_cell(_delivery: Delivery, table: Table, places: list[int], text: str) -> Table:
    return table.changed(lambda row, cell: text if row == 0 else cell, places)


def _birthdays(delivery: Delivery, table: Table) -> Table:
    births = delivery.births[table.declared.name]
    places = [at for at, name in enumerate(table.declared.columns) if name in births]
    return _one_cell(
        delivery,
        table,
        places,
        datetime.date(1900, 1, 1).strftime(table.declared.date_formats[0].replace("%Y", "1900")),
    )


def _ends(_delivery: Delivery, table: Table) -> Table:
    ends = [at for at, one in enumerate(table.declared.columns.values()) if one.not_before_column is not None]
    early = datetime.date(2012, 1, 5).strftime(table.declared.date_formats[0])
    return _one_cell(_delivery, table, ends, early)


def _shared(_delivery: Delivery, table: Table) -> Table:
    places = [at for at, name in enumerate(table.declared.columns) if "upn" in name.casefold() and "former" not in name]
    return table.changed(lambda _row, _cell: "A123456789010", places)


def _empty(delivery: Delivery) -> Delivery:
    if delivery.xml:
        return replace(delivery, xml="")
    return replace(delivery, tables=(replace(delivery.tables[0], rows=[]), *delivery.tables[1:]))


def _extra_table(delivery: Delivery) -> Delivery:
    names = [_file_name(table.declared.file) for table in delivery.tables if table.declared.format is Format.CSV]
    near = {f"{name.rpartition('.')[0]}_of_staff.csv": b"worker,team\n1,2\n" for name in names[:1] if "2019" in name}
    return replace(delivery, more={"notes.csv": b"a,b\n1,2\n", **near})


def _xml(change: Callable[[str], str]) -> Harm:
    def harm(delivery: Delivery) -> Delivery | None:
        return replace(delivery, xml=change(delivery.xml)) if delivery.xml else None

    return harm


def _named(form: str) -> Callable[[datetime.date], str]:
    return lambda day: day.strftime(form)


def _words(_delivery: Delivery, table: Table) -> Table:
    optional = [at for at, one in enumerate(table.declared.columns.values()) if not one.required and at]
    words = ("NULL", "NaN", "N/A", "None", "-", "NA")
    return table.changed(lambda row, _cell: words[row], optional)


def _emptied(_delivery: Delivery, table: Table) -> Table:
    optional = [at for at, one in enumerate(table.declared.columns.values()) if not one.required and at]
    return table.changed(lambda _row, _cell: "", optional)


HARMS: dict[str, Harm] = {
    "byte-order mark": _text(lambda text: b"\xef\xbb\xbf" + text.encode()),
    "utf-16": _text(lambda text: text.encode("utf-16")),
    "windows text": _text(lambda text: text.encode("cp1252")),
    "one row of windows text": _text(_mixed),
    "carriage returns and newlines": _text(lambda text: text.replace("\n", "\r\n").encode()),
    "carriage returns": _text(lambda text: text.replace("\n", "\r").encode()),
    "cut off": _text(lambda text: text.encode()[:-9]),
    "no last line end": _text(lambda text: text.rstrip("\n").encode()),
    "a NUL byte": _text(lambda text: text.encode()[:-4] + b"\0" + text.encode()[-4:]),
    "no bytes": _text(lambda _text: b""),
    "header alone": _empty,
    "headers in other letters": _tables(lambda _d, one: replace(one, header=[name.swapcase() for name in one.header])),
    "blanks in headers": _tables(
        lambda _d, one: replace(one, header=[f" {name.replace('_', ' ')}  " for name in one.header])
    ),
    "columns in another order": _tables(
        lambda _d, one: replace(one, header=one.header[::-1], rows=[row[::-1] for row in one.rows])
    ),
    "more columns": _tables(
        lambda _d, one: replace(one, header=["worker", *one.header], rows=[["x", *row] for row in one.rows])
    ),
    "a column less": _tables(
        lambda _d, one: replace(one, header=one.header[1:], rows=[row[1:] for row in one.rows]), first=True
    ),
    "two columns swapped": _tables(_swapped),
    "more tables": _extra_table,
    "blank rows": _tables(
        lambda _d, one: replace(one, rows=[*one.rows, [""] * len(one.header), [""] * len(one.header)])
    ),
    "delimiters at the end": _tables(
        lambda _d, one: replace(one, header=[*one.header, ""], rows=[[*row, ""] for row in one.rows])
    ),
    "delimiters at the end of rows": _tables(lambda _d, one: replace(one, rows=[[*row, "", ""] for row in one.rows])),
    "delimiters at the end of the header": _tables(lambda _d, one: replace(one, header=[*one.header, "", ""])),
    "a value without a header": _tables(
        lambda _d, one: replace(
            one, header=[*one.header, ""], rows=[[*row, "" if at else "x"] for at, row in enumerate(one.rows)]
        )
    ),
    "a line that says the delimiter": lambda delivery: (
        replace(delivery, delimiter=";", bytes_=lambda text: f"sep=;\n{text}".encode()) if delivery.tables else None
    ),
    "a row twice": _tables(lambda _d, one: replace(one, rows=[*one.rows, one.rows[0]])),
    "a title above": _tables(
        lambda _d, one: replace(one, header=["A title", *[""] * (len(one.header) - 1)], rows=[one.header, *one.rows])
    ),
    "semicolons": lambda delivery: replace(delivery, delimiter=";") if delivery.tables else None,
    "quotes everywhere": lambda delivery: replace(delivery, quoting=csv.QUOTE_ALL) if delivery.tables else None,
    "times at midnight": _dates(lambda day: day.strftime("%d/%m/%Y 00:00")),
    "iso times at midnight": _dates(_named("%Y-%m-%dT00:00:00")),
    "iso dates": _dates(_named("%Y-%m-%d")),
    "dates with names of months": _dates(_named("%d-%b-%Y")),
    "years of two digits": _dates(_named("%d/%m/%y")),
    "months before days": _dates(_named("%m/%d/%Y")),
    "days as a spreadsheet counts them": _dates(lambda day: str((day - datetime.date(1899, 12, 30)).days)),
    "zeros lost": _identifiers(lambda cell: cell.lstrip("0")),
    "identifiers with a fraction": _identifiers(lambda cell: f"{cell}.0"),
    "birthdays that are not known": _tables(_birthdays),
    "an end before its start": _tables(_ends),
    "one pupil number for all": _tables(_shared),
    "yes and no in words": _tables(
        lambda _d, one: one.changed(lambda _row, cell: {"Y": "true", "N": "No"}[cell], one.columns(ColumnType.BOOLEAN))
    ),
    "namespaces": _xml(lambda text: text.replace("<Message>", '<Message xmlns="urn:cin">')),
    "elements of a newer schema": _xml(
        lambda text: text.replace(
            "<ReferralNFA>", "<PreProceedings><Start>2018-06-01</Start></PreProceedings><ReferralNFA>"
        )
    ),
    "empty elements": _xml(lambda text: text.replace("<ReferralNFA>", "<Section47/><ReferralNFA>")),
    "one child with a wrong code": _xml(lambda text: text.replace("<ReferralSource>1A<", "<ReferralSource>X9<", 1)),
    "one child without a needed element": _xml(lambda text: text.replace("<ReferralNFA>false</ReferralNFA>", "", 1)),
}


@dataclass(frozen=True)
class Seen:
    """What reading gave: staged rows, and what was named."""

    rows: Counter[str]
    named: Counter[str]


def _see(name: str, delivery: Delivery, folder: Path) -> Seen:
    write(delivery, folder / "in")
    try:
        read = read_folder(name, [folder / "in"], folder, lenient=True)
        assigned = assign(dry_run.lenient(sources.of_adapter(name)), [folder / "in"])
    except SentinelError as error:
        return Seen(Counter(), Counter([f"error {type(error).__name__}"]))
    named = Counter(_named_in(read))
    named.update(f"not recognised {file}" for file in assigned.not_recognised)
    named.update(f"left alone {file}" for file in assigned.left_alone)
    named.update(f"missing {table}" for table in assigned.missing)
    return Seen(Counter(_rows(read)), named)


def _rows(read: Read) -> Iterator[str]:
    for table in ("identity", "events", "involvements", "families", "areas", "area_events"):
        yield from (f"{table} {sorted(row.items())}" for row in getattr(read, table))


def _named_in(read: Read) -> Iterator[str]:
    for facts in read.facts:
        for file in facts["files"]:
            for rule, count in file["rules"].items():
                yield from [f"{file['table']} {rule}"] * count
            for what, one in file["noticed"].items():
                yield from [f"{file['table']} noticed {what}"] * one["rows"]
        for mapped in facts["mapped"]:
            for rule, count in mapped["rules"].items():
                yield from [f"{mapped['title']} {rule}"] * count
        for one in facts["notices"]:
            yield from [f"notice {one['notice']}"] * one["count"]


@cache
def _of_good(name: str, folder: Path) -> Seen:
    return _see(name, good(name), folder / f"{name} good")


def outcome(name: str, harm: str, folder: Path) -> str:
    """Return what becomes of a good delivery of an adapter after a harm.

    Args:
        name: the adapter.
        harm: one of `HARMS`.
        folder: a folder for the files.
    """
    delivery = good(name)
    base = delivery
    if harm == "missing words":
        base, harmed = (
            delivery.each(lambda one: _emptied(delivery, one)),
            delivery.each(lambda one: _words(delivery, one)),
        )
        before = _see(name, base, folder / f"{name} emptied") if delivery.tables else None
    else:
        found = HARMS[harm](delivery)
        if found is None:
            return ""
        harmed, before = found, _of_good(name, folder)
    if before is None:
        return ""
    after = _see(name, harmed, folder / f"{name} {harm}")
    if after.rows == before.rows:
        return "same"
    return "named" if after.named - before.named else "silent"


EVERY = (*HARMS, "missing words")
"""The names of all harms."""
