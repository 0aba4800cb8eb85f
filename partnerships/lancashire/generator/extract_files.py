"""Files of a delivery: written a batch of rows at a time, whole or not at all, the same bytes on every system."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import bad_rows
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
from bad_rows import BadRows
from columns import Column

BATCH = 131_072
"""Rows that stand in memory as text at once."""


@dataclass(frozen=True, slots=True)
class Extract:
    """One file of a delivery: its columns, which of them are its key, its person and its main date, and its habits."""

    name: str
    columns: dict[str, Column]
    key: str
    person: str
    date: str
    missing: str = ""
    british: bool = False
    delimiter: str = ","
    encoding: str = "utf-8"
    quoted: frozenset[str] = frozenset()
    """Columns whose texts hold commas or quotation marks."""
    bad: tuple[str, ...] = bad_rows.KINDS
    """The kinds of bad rows that its format can notice."""

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def batches(self, size: int) -> Iterator[tuple[int, pa.Table]]:
        """Yield the rows as text, each batch with the number of its first row; one empty batch when there are none."""
        for start in range(0, max(1, len(self)), size):
            texts = {name: one.text(start, start + size).fill_null(self.missing) for name, one in self.columns.items()}
            yield start, pa.table(texts)


def write(
    extract: Extract, bad: BadRows, folder: Path, *, parquet: bool = False, batch: int = BATCH
) -> tuple[str, int]:
    """Write an extract with its bad rows; return the name of the file and how many rows it has.

    Args:
        extract: the file.
        bad: the rows to spoil and add.
        folder: where it goes.
        parquet: write Parquet instead of CSV, all columns as text, under the same name but for the ending.
        batch: rows in memory at once; the CSV's bytes do not hang on it.
    """
    name = f"{extract.name.split('.')[0]}.parquet" if parquet else extract.name
    rows = 0
    with _whole(folder / name) as opened:
        writer = _Parquet(opened) if parquet else _Csv(opened, extract, packed=name.endswith(".gz"))
        for start, good in extract.batches(batch):
            whole = bad_rows.add(extract, bad, start, good)
            writer.write(whole)
            rows += len(whole)
        writer.close()
    return name, rows


class _Csv:
    def __init__(self, opened: BinaryIO, extract: Extract, *, packed: bool) -> None:
        # No name and no time of day in the packed file: its bytes hang on its rows alone.
        self._file = gzip.GzipFile("", "wb", 6, opened, mtime=0) if packed else opened
        self._packed = packed
        self._extract = extract
        header = [f'"{name}"' if name in extract.quoted else name for name in extract.columns]
        self._file.write((extract.delimiter.join(header) + "\n").encode(extract.encoding))

    def write(self, rows: pa.Table) -> None:
        if not len(rows):
            return
        cells = [_cells(rows[name], name in self._extract.quoted) for name in rows.column_names]
        lines = pc.binary_join_element_wise(*cells, self._extract.delimiter)
        # The lines of an Arrow array lie one behind the other in one buffer, which is what the file holds.
        text = pc.binary_join_element_wise(lines, "", "\n").buffers()[2]
        encoding = self._extract.encoding
        self._file.write(text if encoding.startswith("utf-8") else text.to_pybytes().decode().encode(encoding))

    def close(self) -> None:
        if self._packed:
            self._file.close()


def _cells(column: pa.ChunkedArray, quoted: bool) -> pa.StringArray:
    texts = pa.concat_arrays(column.chunks)
    if not quoted:
        return texts
    inner = pc.replace_substring(texts, '"', '""')
    return pc.if_else(pc.equal(texts, ""), "", pc.binary_join_element_wise('"', inner, '"', ""))


class _Parquet:
    def __init__(self, opened: BinaryIO) -> None:
        self._file = opened
        self._writer: pa.parquet.ParquetWriter | None = None

    def write(self, rows: pa.Table) -> None:
        if self._writer is None:
            self._writer = pa.parquet.ParquetWriter(self._file, rows.schema, compression="zstd")
        self._writer.write_table(rows)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as opened:
        yield opened
    part.replace(path)
