"""Parts of a feature set, waiting in a folder until all of them are there. Who was killed goes on with what is there.

A part is there when its counts are, which appear last and by one rename: `000012.json`.
"""

import datetime
import fcntl
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.rows.feature_sets import COVERAGE_FILE, GROUPS_FILE, MATRIX_FILE
from features.rows.parts import Part
from hub import private_folders
from hub.errors import StateError
from hub.held_files import FileState

FILES = {MATRIX_FILE: "matrix", COVERAGE_FILE: "coverage", GROUPS_FILE: "groups"}
"""Each file of a feature set, and which table of a part it is made of."""


@contextmanager
def working(folder: Path) -> Iterator[None]:
    """Keep a folder of parts to one build; it is made when it is not there.

    Raises:
        StateError: another build with the same inputs is at work in it.
    """
    private_folders.make(folder)
    with private_folders.lock_file(folder / "lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StateError(
                "Another build of this feature set is at work.", "Wait until it has ended; its result is the same."
            ) from None
        yield


def keep_only_of(folder: Path, states: Mapping[str, FileState | None]) -> None:
    """Remove parts that were made of a snapshot in another state, or that nobody can say of what they were made.

    A build looks when it ends whether the snapshot is still as it was checked. One that was killed never looked; while
    the state is the same, nothing has changed since.

    Args:
        folder: the folder of the parts.
        states: of the snapshot's files, before they were checked.
    """
    said = json.dumps(dict(states), sort_keys=True)
    made_of = folder / "snapshot.json"
    if not made_of.exists() or made_of.read_text(encoding="utf-8") != said:
        for path in folder.iterdir():
            if path.name != "lock":
                path.unlink()
        made_of.write_text(said, encoding="utf-8")


def is_there(folder: Path, number: int) -> bool:
    """Say whether a part is there, whole."""
    return (folder / f"{number:06}.json").exists()


def put(part: Part, folder: Path, number: int) -> None:
    """Write the tables of a part, and its counts last."""
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    for file, name in FILES.items():
        table = getattr(part, name)
        with pa.OSFile((folder / f"{number:06}.{file}").as_posix(), "wb") as sink:
            writer = pa.ipc.new_file(sink, table.schema, options=options)
            writer.write_table(table)
            writer.close()
    days = Counter(part.matrix["as_of_date"].to_pylist())
    happened = Counter(part.matrix.filter(pc.equal(part.matrix["outcome"], 1))["as_of_date"].to_pylist())
    half = folder / f"{number:06}.half"
    half.write_text(json.dumps({day.isoformat(): [days[day], happened[day]] for day in sorted(days)}), encoding="utf-8")
    half.rename(folder / f"{number:06}.json")


def counts(folder: Path) -> tuple[Counter[datetime.date], Counter[datetime.date]]:
    """Return the rows, and the rows with the outcome, of all parts by date of looking."""
    looked: Counter[datetime.date] = Counter()
    happened: Counter[datetime.date] = Counter()
    for path in sorted(folder.glob("[0-9]*.json")):
        for day, (rows, outcomes) in json.loads(path.read_text(encoding="utf-8")).items():
            looked[datetime.date.fromisoformat(day)] += rows
            happened[datetime.date.fromisoformat(day)] += outcomes
    return looked, happened


def join(folder: Path, file: str, path: Path) -> None:
    """Write one table of all parts into a Parquet file: a row group for each part that has rows."""
    parts = sorted(folder.glob(f"[0-9]*.{file}"))
    with pa.ipc.open_file(parts[0]) as first:
        schema = first.schema
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in parts:
            with pa.ipc.open_file(part) as reader:
                table = reader.read_all()
            if len(table):
                writer.write_table(table, row_group_size=len(table))
