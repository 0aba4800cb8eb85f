"""Writing a table with a named schema to Parquet: sorted, checked, a row group at a time, equal rows to equal bytes."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from hub import sql
from hub.errors import IntegrityError
from hub.tables import Table

ROW_GROUP = 122_880
"""Rows in one row group."""


def write(
    connection: duckdb.DuckDBPyConnection,
    select: str,
    table: Table,
    path: Path,
    parameters: Mapping[str, Any] | None = None,
    *,
    unique: bool = False,
) -> int:
    """Write the rows of `select` as `table` and return how many there are.

    The rows are in the order of `table.sorted_by`, and of all other columns where those are equal.

    Args:
        connection: holds what `select` reads.
        select: gives the columns of `table`, in any order.
        table: the schema.
        path: the Parquet file.
        parameters: the parameters of `select`; they are left out where it has none.
        unique: no two rows are equal in `table.sorted_by`, so the other columns need not be compared.

    Raises:
        IntegrityError: a cell is empty where the schema does not allow it.
    """
    others = [] if unique else [field for field in table.fields if field.name not in table.sorted_by]
    order = [sql.name(name) for name in table.sorted_by]
    order += [f"CAST({sql.name(field.name)} AS VARCHAR)" for field in others]
    names = ", ".join(sql.name(field.name) for field in table.fields)
    statement = f"SELECT {names} FROM ({select}) ORDER BY {', '.join(order)}"
    used = {name: value for name, value in (parameters or {}).items() if f"${name}" in statement} or None
    return write_batches(connection.sql(statement, params=used).to_arrow_reader(ROW_GROUP), table, path)


def write_batches(batches: Iterable[pa.RecordBatch], table: Table, path: Path) -> int:
    """Write rows that come in the right order as `table` and return how many there are.

    Raises:
        IntegrityError: a cell is empty where the schema does not allow it.
    """
    rows, waiting = 0, pa.Table.from_batches([], table.schema)
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        for batch in batches:
            waiting = pa.concat_tables([waiting, _checked(pa.Table.from_batches([batch]), table)])
            while waiting.num_rows >= ROW_GROUP:
                writer.write_table(waiting.slice(0, ROW_GROUP).combine_chunks(), ROW_GROUP)
                waiting = waiting.slice(ROW_GROUP)
                rows += ROW_GROUP
        if waiting.num_rows or not rows:
            writer.write_table(waiting.combine_chunks(), ROW_GROUP)
            rows += waiting.num_rows
    return rows


def _checked(batch: pa.Table, table: Table) -> pa.Table:
    for field in table.fields:
        if not field.nullable and batch[field.name].null_count:
            raise IntegrityError(f"The table {table.name} has an empty {field.name}.")
    return batch.cast(table.schema)


def write_empty(table: Table, path: Path) -> int:
    """Write `table` without rows and return 0."""
    pq.write_table(pa.Table.from_batches([], table.schema), path, compression="zstd")
    return 0
