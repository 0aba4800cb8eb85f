"""The batch for some people: their rows as a build gives them, from the part of a snapshot that they depend on.

A person's numbers depend on their own events and, for indicators over the household and brothers and sisters, on the
events of whoever was ever in one household or family with them, and on where those people lived. No number depends on
anybody else, nor on the partition, so the rows are those of the whole build, bit for bit.
"""

import datetime
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.declarations.use_cases import UseCase
from features.kernel.coding import COLUMNS
from features.kernel.vectors import EVENT_COLUMNS
from features.rows.partitions import PARTITION_ROWS
from features.rows.parts import Part, PartMaker, everybody, streams
from hub import sql
from hub.publishing.snapshots import Snapshot
from hub.tables import AREA, AREA_EVENT, EVENT, FAMILY, HOUSEHOLD, PERSON, Table

_NEAR = """
    CREATE TABLE near AS
    SELECT person_id FROM drawn
    UNION SELECT person_id FROM household SEMI JOIN (FROM household SEMI JOIN drawn USING (person_id)) AS home
          USING (household_id)
    UNION SELECT person_id FROM family SEMI JOIN (FROM family SEMI JOIN drawn USING (person_id)) AS own
          USING (family_id)
"""


@dataclass(frozen=True, slots=True)
class RebuiltRows:
    """What the batch gives for some people.

    Attributes:
        person_ids: whom, sorted; also those who are in the cohort on no date.
        part: their rows.
    """

    person_ids: pa.Array
    part: Part


def rows(
    snapshot: Snapshot,
    use_case: UseCase,
    dates: Sequence[datetime.date],
    people: pa.Array,
) -> Iterator[RebuiltRows]:
    """Yield the rows of some people, some of them at a time, in the order of person_id.

    Args:
        snapshot: whose people; the caller holds its files.
        use_case: cohort, indicators, outcome and groups.
        dates: the dates of looking, at least one.
        people: person ids, sorted.
    """
    with _part_of(snapshot, people) as near, tempfile.TemporaryDirectory() as folder:
        maker = PartMaker(near, use_case, dates)
        files = streams(near, use_case.indicators, maker.overs, Path(folder))
        asked, step = everybody(near), max(1, PARTITION_ROWS // len(dates))
        for first in range(0, len(asked), step):
            some = asked.slice(first, step)
            ids = some["person_id"].combine_chunks()
            theirs = pc.field("person_id").isin(ids)
            events = {
                over: pq.read_table(
                    path, columns=list(EVENT_COLUMNS), filters=theirs, read_dictionary=list(COLUMNS), use_threads=False
                )
                for over, path in files.items()
            }
            yield RebuiltRows(ids, maker.part(some, events))


@contextmanager
def _part_of(snapshot: Snapshot, people: pa.Array) -> Iterator[Snapshot]:
    """Give a snapshot with some people, and with the tables of everybody on whom their numbers depend."""
    with tempfile.TemporaryDirectory() as folder, sql.connect() as connection:
        into = Path(folder)
        for table in (PERSON, EVENT, HOUSEHOLD, FAMILY, AREA, AREA_EVENT):
            connection.execute(f"CREATE VIEW {table.name} AS FROM {sql.parquet(snapshot.path(table.name))}")
        connection.register("drawn", pa.table({"person_id": people}))
        connection.execute(_NEAR)
        for table, whose in ((PERSON, "drawn"), (EVENT, "near"), (HOUSEHOLD, "near"), (FAMILY, "near")):
            _write(connection, f"FROM {table.name} SEMI JOIN {whose} USING (person_id)", table, into)
        for table in (AREA, AREA_EVENT):
            _write(connection, f"FROM {table.name}", table, into)
        yield snapshot.read_from(replace(snapshot.artefact, path=into))


def _write(connection: duckdb.DuckDBPyConnection, select: str, table: Table, folder: Path) -> None:
    order = ", ".join(sql.name(name) for name in table.sorted_by)
    path = sql.text((folder / f"{table.name}.parquet").as_posix())
    connection.execute(f"COPY ({select} ORDER BY {order}) TO {path} (FORMAT parquet)")
