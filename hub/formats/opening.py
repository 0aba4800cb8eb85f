"""Opening one delivered file in whatever format it came: every format becomes what `hub.formats.csv_files` describes.

opened = Opener("school", scratch, folder)
file = opened.examine(candidate, declared)
"""

import codecs
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub import names
from hub.declarations.source_files import AUTO, Format, SourceFile, alike
from hub.digests import sha256_bytes, sha256_file
from hub.errors import ConfigurationError, InputError
from hub.formats import archives, csv_files, separator_lines
from hub.formats.csv_files import CsvFile
from hub.formats.delivered_files import CandidateFile

if TYPE_CHECKING:
    from hub.formats.xml_units import Checked

_MOST = 0.5
_HEADER = 1 << 16


@dataclass(slots=True)
class Opener:
    """Opens the files of one source; each archive is unpacked once, and each document checked once by its schema.

    Attributes:
        source: name of the source, for messages.
        scratch: folder inside the identity store for what is unpacked and converted.
        folder: where the XML schemas stand that declarations name: beside sources.yaml, or with the adapter.
        elements: names of the elements of XML documents that a used column reads.
        used: for each table the columns that are used; of a table that is not there, all.
    """

    source: str
    scratch: Path
    folder: Path
    elements: frozenset[str] = frozenset()
    used: Mapping[str, frozenset[str]] = field(default_factory=dict)
    _unpacked: dict[CandidateFile, Path] = field(default_factory=dict)
    _fitting: set[tuple[Path, Path]] = field(default_factory=set)
    _checked: dict[tuple[Path, Path], "Checked"] = field(default_factory=dict)

    def examine(self, file: CandidateFile, declared: SourceFile) -> CsvFile | None:
        """Check the bytes of a file and find its records; None when it is a workbook without an optional sheet.

        Args:
            file: the delivered file; it is only read.
            declared: how sources.yaml, or an adapter, describes it.

        Raises:
            InputError: it cannot be read as declared.
        """
        path = self.plain(file)
        if declared.format is Format.CSV:
            found = csv_files.examine(path, self.source, declared, self.scratch, file.name)
            return replace(found, name=file.name) if path == file.path else self._as_delivered(found, file)
        delivered = sha256_file(file.path), file.path.stat().st_size
        if declared.format is Format.XLSX:
            from hub.formats import workbooks

            used = self.used.get(declared.name)
            return workbooks.examine(path, file.name, self.source, declared, self.scratch, delivered, used)
        if declared.format is Format.XML:
            return self._document(path, file, declared, delivered)
        from hub.formats import parquet_extracts

        return parquet_extracts.examine(path, file.name, self.source, declared, self.scratch, delivered)

    def _document(self, path: Path, file: CandidateFile, declared: SourceFile, delivered: tuple[str, int]) -> CsvFile:
        from hub.formats import xml_records

        number = sha256_bytes(file.name.encode("utf-8", "replace"))[:16]
        path = xml_records.as_utf8(path, self.scratch / f"utf8 {number}")
        schema = None if declared.xsd is None else names.file_in(self.folder, declared.xsd, ConfigurationError)
        if schema is not None and declared.unit is not None:
            return self._in_pieces(path, file, declared, delivered, schema)
        checked = schema is not None and (path, schema) in self._fitting
        found = xml_records.examine(
            path, file.name, self.source, declared, self.scratch, delivered, None if checked else schema
        )
        if schema is not None:
            self._fitting.add((path, schema))
        return found

    def _in_pieces(
        self, path: Path, file: CandidateFile, declared: SourceFile, delivered: tuple[str, int], schema: Path
    ) -> CsvFile:
        from hub.formats import xml_records

        where = f"{file.name} (source {self.source})"
        notices: tuple[dict[str, Any], ...] = ()
        if (path, schema) not in self._checked:
            others = [names.file_in(self.folder, one, ConfigurationError) for one in declared.other_xsds]
            checked = xml_records.check(path, where, declared, [schema, *others], self.elements)
            self._checked[path, schema] = checked
            notices = tuple(checked.as_notices(where))
        wrong = self._checked[path, schema].wrong
        found = xml_records.examine(path, file.name, self.source, declared, self.scratch, delivered, None, wrong)
        return replace(found, notices=notices)

    def _as_delivered(self, found: CsvFile, file: CandidateFile) -> CsvFile:
        return replace(found, name=file.name, sha256=sha256_file(file.path), size=file.path.stat().st_size)

    def plain(self, file: CandidateFile) -> Path:
        """Return the file itself, or its unpacked copy."""
        if file.member is None and not file.path.name.casefold().endswith(".gz"):
            return file.path
        if file not in self._unpacked:
            # The path is the hub's own: a name in an archive is never a part of it.
            target = self.scratch / f"unpacked {sha256_bytes(file.name.encode('utf-8', 'replace'))[:16]}"
            archives.unpack(file.path, file.member, target, f"{file.name} (source {self.source})")
            self._unpacked[file] = target
        return self._unpacked[file]


def told_apart(declared: SourceFile, files: Sequence[CandidateFile]) -> tuple[list[CandidateFile], list[CandidateFile]]:
    """Return those of the files called like a table that are it, and those that are something else.

    A file is something else when it lacks most of the columns that the table needs, and another one has them all. One
    that lacks a few is the table, damaged, and is left for the reader to name.

    Args:
        declared: the table.
        files: the files whose names match.
    """
    if declared.format is not Format.CSV or len(files) < 2:
        return list(files), []
    shares = {file: _share(file, declared) for file in files}
    if max(shares.values()) < 1:
        return list(files), []
    return [file for file in files if shares[file] >= _MOST], [file for file in files if shares[file] < _MOST]


def _share(file: CandidateFile, declared: SourceFile) -> float:
    """Return which share of the columns that a table needs stands in the first line of a file; 1 where none is seen."""
    with tempfile.TemporaryDirectory(prefix="sentinel-") as scratch:
        try:
            path = Opener("none", Path(scratch), Path(scratch)).plain(file)
            with path.open("rb") as stream:
                start = stream.read(_HEADER)
        except (InputError, OSError):
            return 1.0
    encoding = "utf-16" if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
    text = start.decode(encoding, "replace").encode()
    above = separator_lines.find(text, 0)
    line = next(iter(text[above.position if above else 0 :].decode("utf-8", "replace").splitlines()), "")
    needed = [(name, *one.headers) for name, one in declared.columns.items() if not one.optional]
    found = {alike(cell) for mark in ",;\t|" for cell in line.split(mark)}
    return sum(any(alike(name) in found for name in names) for names in needed) / max(len(needed), 1) if line else 1.0


def fits(file: CandidateFile, declared: SourceFile) -> bool:
    """Say whether a file has a header with every needed column of a declared CSV or Parquet file."""
    if declared.format not in (Format.CSV, Format.PARQUET):
        return False
    guess = declared.model_copy(update={"encoding": AUTO, "delimiter": AUTO, "optional": True})
    with tempfile.TemporaryDirectory(prefix="sentinel-") as scratch:
        try:
            Opener("none", Path(scratch), Path(scratch)).examine(file, guess)
        except InputError:
            return False
    return True
