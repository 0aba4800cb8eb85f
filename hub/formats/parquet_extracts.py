"""Reading a Parquet file that an agency delivered: declared columns only, every value as the text that gives it back.

Whole numbers that are stored as fractions are written without a fraction; dates as 2020-09-16. A column of lists,
structures or bytes is refused: nobody has said what its text would be.
"""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hub import sql
from hub.declarations.source_files import SourceFile
from hub.errors import InputError
from hub.formats import csv_headers
from hub.formats.csv_files import CsvFile, positions_in
from hub.formats.readable_rows import ReadableRow, RowFile

MOST_ROWS = 500_000_000
"""Rows of one file. Equal values take no room in Parquet, so a file of a few kilobytes may claim any number of them."""

_BATCH = 65_536


def examine(
    path: Path, name: str, source: str, declared: SourceFile, scratch: Path, delivered: tuple[str, int]
) -> CsvFile:
    """Read the declared columns of the Parquet file at `path`.

    Args:
        path: the file.
        name: what messages and facts call it.
        source: name of its source, for messages.
        declared: how it is described.
        scratch: folder of the readable copy.
        delivered: digest and size of the delivered bytes.

    Raises:
        InputError: it is no whole Parquet file, or lacks a declared column.
    """
    where = f"{name} (source {source})"
    try:
        with pq.ParquetFile(path) as file:
            headers = [str(header) for header in file.schema_arrow.names]
            positions = positions_in(headers, declared, where, "its schema")
            if file.metadata.num_rows > MOST_ROWS:
                raise InputError(f"{where}: it claims more than {MOST_ROWS:,} rows.", "Ask the agency what it is.")
            selects = [_as_text(file.schema_arrow.field(at), where) for at in positions.values()]
            found = RowFile(where, declared, scratch, tuple(positions), csv_headers.refused(headers, declared.refused))
            return found.write(_rows(file, [headers[at] for at in positions.values()], selects), name, *delivered)
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{where}: it cannot be read as Parquet ({type(error).__name__}): another format, damaged or not whole.",
            "Ask the agency to send it again.",
        ) from None


def _rows(file: pq.ParquetFile, columns: list[str], selects: list[str]) -> Iterator[ReadableRow]:
    number = 0
    with sql.connect(threads=1) as connection:
        for batch in file.iter_batches(_BATCH, columns=columns):
            connection.register("#batch", pa.Table.from_batches([batch]))
            texts = connection.execute(f'SELECT {", ".join(selects)} FROM "#batch"').fetchall()
            connection.unregister("#batch")
            for cells in texts:
                number += 1
                values = [cell or "" for cell in cells]
                yield ReadableRow(number, values, "nul" if any("\0" in value for value in values) else "")


def _as_text(field: pa.Field, where: str) -> str:
    kind, column = field.type, sql.name(str(field.name))
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raise InputError(
            f"{where}: the column {field.name} holds lists, structures or bytes.", "Ask the agency for plain columns."
        )
    if pa.types.is_floating(kind):
        whole = f"isfinite({column}) AND {column} = trunc({column}) AND abs({column}) < 1e15"
        return f"CASE WHEN {whole} THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE CAST({column} AS VARCHAR) END"
    return f"CAST({column} AS VARCHAR)"
