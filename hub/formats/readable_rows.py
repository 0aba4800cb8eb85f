"""Rows of a workbook, an XML document or a Parquet table, written as the plain CSV that the hub reads on.

Only the declared columns are written: what stands in others never leaves the delivered file.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hub.declarations.source_files import SourceFile
from hub.errors import InputError
from hub.formats.csv_files import MOST_DAMAGED, CsvFile, no_rows
from hub.formats.csv_records import LONGEST_RECORD
from hub.formats.csv_texts import KEPT_CHARACTERS, Damaged


@dataclass(frozen=True, slots=True)
class ReadableRow:
    """One row: where it stands in the delivered file, its declared cells, and the rule that it breaks, if any."""

    line: int
    cells: Sequence[str]
    broken: str = ""


@dataclass(slots=True)
class RowFile:
    """The rows of one delivered file, on their way to a readable copy in `scratch`.

    Attributes:
        where: the file and its source, for messages.
        declared: how the file is described.
        scratch: the folder of the copy.
        columns: the declared columns that the file has.
        refused: headers in it that must never be used.
        blank: rows without any content so far.
        spoilt: rows so far with an error, or a formula without result, in a column that nothing uses.
    """

    where: str
    declared: SourceFile
    scratch: Path
    columns: Sequence[str]
    refused: tuple[str, ...] = ()
    blank: int = 0
    spoilt: int = 0
    _damaged: list[Damaged] = field(default_factory=list)

    def write(self, rows: Iterable[ReadableRow], name: str, sha256: str, size: int) -> CsvFile:
        """Write the rows and return the examined file.

        Args:
            rows: in the order of the file.
            name: what messages and facts call the file.
            sha256: digest of the delivered bytes.
            size: bytes delivered.

        Raises:
            InputError: there are no rows, or hardly any that can be read.
        """
        path = self.scratch / f"{self.declared.name} {sha256[:16]}.rows"
        lines: list[int] = []
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
            for row in rows:
                broken = row.broken or _too_long(row.cells)
                if broken:
                    self._damaged.append(Damaged(row.line, broken, "\t".join(row.cells)[:KEPT_CHARACTERS]))
                    if len(self._damaged) > MOST_DAMAGED:
                        raise self._unreadable(len(lines))
                else:
                    writer.writerow(row.cells)
                    lines.append(row.line)
        if not lines and not self._damaged and not self.declared.optional:
            raise InputError(
                f"{self.where}: an empty extract: it has no rows.",
                "Ask the agency to deliver it again; an empty file would take every record of the last delivery away.",
            )
        return CsvFile(
            name=name,
            sha256=sha256,
            size=size,
            positions={column: at for at, column in enumerate(self.columns)},
            width=len(self.columns),
            readable=path,
            has_header=False,
            line_end="\n",
            lines=np.asarray(lines, np.int64),
            damaged=tuple(self._damaged),
            blank_lines=self.blank,
            delimiter=",",
            marks=np.zeros(1, np.int64),
            scratch=self.scratch,
            refused=self.refused,
            notices=(*self._notices(), *(() if lines or self._damaged else (no_rows(self.where),))),
        )

    def _notices(self) -> tuple[dict[str, Any], ...]:
        if not self.spoilt:
            return ()
        said = f"{self.where}: {self.spoilt} rows have an error, or a formula without result, in a column of no use."
        return ({"notice": "cell_not_used", "count": self.spoilt, "said": said, "remedy": ""},)

    def _unreadable(self, good: int) -> InputError:
        return InputError(
            f"{self.where}: {len(self._damaged)} of its first {len(self._damaged) + good} rows cannot be read.",
            "Ask the agency how the file was made.",
        )


def _too_long(cells: Sequence[str]) -> str:
    return "too_long" if sum(map(len, cells)) * 4 > LONGEST_RECORD and _bytes(cells) > LONGEST_RECORD else ""


def _bytes(cells: Sequence[str]) -> int:
    return sum(len(cell.encode("utf-8")) for cell in cells)
