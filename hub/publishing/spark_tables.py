"""Staged rows get their person_id on Apache Spark, in the order in which a snapshot holds them.

The join and the sort are Spark's; the rows come back as Parquet and are written by the same writer as without Spark, so
the file has the same bytes.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from hub import parquet_files, sql
from hub.tables import Table


def by_person(
    spark: Any, connection: duckdb.DuckDBPyConnection, staged: str, table: Table, path: Path, scratch: Path
) -> int:
    """Write the rows of `staged` as `table` under person ids and return how many there are.

    Args:
        spark: the session (hub.spark).
        connection: holds `person_of` (record_key, person_id).
        staged: SELECT of staged rows; no two are equal in `table.sorted_by`.
        table: the schema.
        path: the Parquet file.
        scratch: folder that Spark's workers reach; what is put there is removed.
    """
    rows, people, joined = scratch / "staged.parquet", scratch / "person_of.parquet", scratch / "joined"
    connection.execute(f"COPY ({staged}) TO {sql.text(rows.as_posix())} (FORMAT parquet)")
    connection.execute(f"COPY person_of TO {sql.text(people.as_posix())} (FORMAT parquet)")
    names = [field.name for field in table.fields]
    found = spark.read.parquet(rows.as_posix()).join(spark.read.parquet(people.as_posix()), "record_key")
    found.select(*names).orderBy(*table.sorted_by).write.parquet(joined.as_posix())
    written = parquet_files.write_batches(_batches(joined, table), table, path)
    shutil.rmtree(joined)
    rows.unlink()
    people.unlink()
    return written


def _batches(folder: Path, table: Table) -> Iterator[pa.RecordBatch]:
    """Yield the rows of Spark's parts, which are in order."""
    for part in sorted(folder.glob("part-*.parquet")):
        for batch in pq.ParquetFile(part).iter_batches(parquet_files.ROW_GROUP):
            yield from pa.Table.from_batches([batch]).cast(table.schema).to_batches()
