"""Indicators at scale: building, growing, SQL instead, and one child's vector; each in a process of its own.

    python -m tests.bench.features 1000000

The number is that of the events, 20 million if none is given; people and all other sizes go with it. The numba code is
compiled before anything is measured. Times are processor times, of all threads.

- build_ratio: everything that `sentinel features build` works out for 350,000 people on 6 dates of looking (cohort, 354
  indicators, coverage, outcome, groups; each part made and dropped, nothing written) over a bare scan by pyarrow of the
  same columns of the same file, in the same process.
- build_gb: the peak of that process.
- growth_ratio: the same for 50 million events over that for 10 million, of as many people.
- sql_ratio: DuckDB's time for a twentieth of the people over the kernel's for the same people and indicators, from the
  file to the numbers; see `tests.bench.chunked_sql`.
- household_build_ratio: as build_ratio for a tenth of the people, with 40 more indicators about the others in the
  household, whose events are re-keyed first.
- online_ratio: one child's vector, from the question (a person, a date of looking) to 354 numbers, over a bare read of
  the same rows by the same engine: DuckDB, read-only, the same file, one thread, the statement prepared, fetched as
  NumPy. 3,000 random questions to the online source of a tenth of the people, asked and read in turn; the ratio of the
  medians.
"""

import json
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import numpy as np
import pyarrow.parquet as pq

from features.declarations.catalogue import Indicator, Over
from features.kernel.vectors import EVENT_COLUMNS, Looked, Vectors
from features.rows.parts import PartMaker, split, streams
from hub.publishing.snapshots import Snapshot, open_snapshot
from hub.workspace import Workspace
from tests.bench import (
    SMALL,
    Measured,
    Part,
    big_snapshot,
    child,
    chunked_sql,
    histories,
    many_indicators,
    measured,
    over,
)

ROWS, PEOPLE = 20_000_000, 350_000
_TINY = 20_000
_CHUNK = 2500
_QUESTIONS, _FEW = 3000, 100
_DATES = len(histories.AS_OF)


def _people(rows: int) -> int:
    return max(40, round(PEOPLE * rows / ROWS))


def _build(rows: int) -> Iterator[Measured]:
    people = _people(rows)
    found = _measured(people, rows, "build")
    size = f"{people:,} people, {rows:,} events, {found['columns']} columns"
    yield measured("build_ratio", over(found["seconds"], found["scan_seconds"]), f"x a bare scan: {size}", "<= 15")
    yield measured("build_gb", found["gigabytes"], f"GB at the peak: {size}", "<= 1")


def _growth(rows: int) -> Iterator[Measured]:
    less, more = (_measured(_people(rows), rows * times // 2, "build") for times in (1, 5))
    yield measured("growth_ratio", over(more["seconds"], less["seconds"]), "x the time, for 5 x the events", "<= 5")
    yield measured("build_50m_gb", more["gigabytes"], f"GB at the peak: {rows * 5 // 2:,} events")


def _sql(rows: int) -> Iterator[Measured]:
    people = _people(rows) // 20
    kernel, sql = (_measured(people, rows // 20, what) for what in ("kernel", "sql"))
    size = f"{people:,} people, {rows // 20:,} events, {sql['columns']} columns"
    yield measured("sql_ratio", over(sql["seconds"], kernel["seconds"]), f"x the kernel: {size}", ">= 10")


def _household(rows: int) -> Iterator[Measured]:
    people = _people(rows) // 10
    found = _measured(people, rows // 10, "household")
    size = f"{people:,} people, {rows // 10:,} events, {found['columns']} columns"
    yield measured("household_build_ratio", over(found["seconds"], found["scan_seconds"]), f"x a bare scan: {size}")


def _online(rows: int) -> Iterator[Measured]:
    found = _measured(_people(rows) // 10, rows // 10, "online")
    ms = f"{found['median']:.2f} ms against {found['read_median']:.2f} ms of processor time, the medians"
    value = over(found["median"], found["read_median"])
    yield measured("online_ratio", value, f"x a bare read of the same rows: {ms}", "<= 2")
    ms = f"{found['p99']:.2f} ms against {found['read_p99']:.2f} ms, each 99th of 100"
    yield measured("online_p99_ratio", over(found["p99"], found["read_p99"]), f"x a bare read: {ms}")
    value = over(found["seconds"], found["scan_seconds"])
    yield measured("online_prepare_ratio", value, "x a bare scan, once a snapshot")


def _measured(people: int, rows: int, what: str) -> dict[str, Any]:
    """Publish a snapshot and measure one thing on it, in processes of their own unless it is small."""
    root = Path(tempfile.mkdtemp(prefix="sentinel-features-"))
    try:
        steps = ("publish", what)
        said = [child("tests.bench.features", step, root, people, rows, here=rows <= SMALL) for step in steps][1]
    finally:
        shutil.rmtree(root, ignore_errors=True)
    sys.stderr.write(f"{json.dumps({'what': what, 'people': people, 'rows': rows} | said)}\n")
    return said


def publish(root: Path, people: int, rows: int) -> dict[str, Any]:
    """Publish the snapshot that the others measure."""
    return {"digest": big_snapshot.publish(Workspace(root), people, rows).digest}


def build(root: Path, *_: int) -> dict[str, Any]:
    """Build in memory."""
    return _built(root, many_indicators.indicators())


def household(root: Path, *_: int) -> dict[str, Any]:
    """Build in memory, with columns about the others in the household."""
    return _built(root, many_indicators.indicators() + many_indicators.household_indicators())


def _built(root: Path, indicators: Sequence[Indicator]) -> dict[str, Any]:
    snapshot, use_case = open_snapshot(Workspace(root)), big_snapshot.everyone().reading(indicators)

    def made(parts: int | None = None) -> int:
        maker, rows = PartMaker(snapshot, use_case, histories.AS_OF), 0
        with tempfile.TemporaryDirectory(dir=root) as folder:
            files = streams(snapshot, indicators, maker.overs, Path(folder))
            for partition in split(snapshot, files, _DATES):
                rows += len(maker.part(partition.people, partition.events).matrix)
                if partition.number == parts:
                    break
        return rows

    made(parts=0)
    return {"columns": len(indicators), **_scanned(snapshot), **_timed(made)}


def kernel(root: Path, *_: int) -> dict[str, Any]:
    """Fill the columns that SQL is asked for too."""
    snapshot, indicators = open_snapshot(Workspace(root)), chunked_sql.expressible(many_indicators.indicators())
    dates = np.array(histories.AS_OF, dtype="datetime64[D]").astype(np.int32)

    def filled(parts: int | None = None) -> int:
        vectors, done = Vectors(indicators), 0
        for partition in split(snapshot, {Over.SELF: snapshot.path("event")}, _DATES):
            looked = Looked.everyone(partition.people["person_id"].combine_chunks(), dates)
            out = vectors.blank(len(looked.as_of))
            vectors.fill(Over.SELF, partition.events[Over.SELF], looked, out)
            done += out.shape[1]
            if partition.number == parts:
                break
        return done

    filled(parts=0)
    return {"columns": len(indicators), **_timed(filled)}


def sql(root: Path, people: int, *_: int) -> dict[str, Any]:
    """Fill them by SQL."""
    indicators = chunked_sql.expressible(many_indicators.indicators())
    folder = open_snapshot(Workspace(root)).path("event").parent
    ids = histories.person_ids(people)
    return {
        "columns": len(indicators),
        **_timed(lambda: sum(len(chunk) for chunk in chunked_sql.chunks(folder, ids, indicators, _CHUNK))),
    }


def online(root: Path, people: int, rows: int) -> dict[str, Any]:
    """Ask for single children."""
    from features.online.vector import _QUERY, open_source

    workspace, use_case = Workspace(root), big_snapshot.everyone().reading(many_indicators.indicators())
    snapshot = open_snapshot(workspace)
    said = {**_scanned(snapshot), **_timed(lambda: open_source(workspace, snapshot, use_case).close())}
    source = open_source(workspace, snapshot, use_case)
    questions = _QUESTIONS if rows > SMALL else _FEW
    chance, ids = np.random.default_rng(3), histories.person_ids(people)
    asked = [(ids[chance.integers(people)], histories.AS_OF[chance.integers(_DATES)]) for _ in range(questions)]
    took, warm = [], questions // 10
    with duckdb.connect(str(source.file), read_only=True, config={"threads": 1}) as floor:
        known = floor.execute("SELECT person_id, partition, number FROM person").fetchall()
        places = {person: (partition, number) for person, partition, number in known}
        for one in {partition for _, partition, _ in known}:
            floor.execute(f"PREPARE events_{one} AS {_QUERY.format(one).replace('source.', '')}")
        for person, day in asked[:warm] + asked:
            began = time.thread_time()
            source.vector(person, as_of_date=day)
            between = time.thread_time()
            floor.execute("EXECUTE events_{}({})".format(*places[person])).fetchnumpy()
            took.append((1000 * (between - began), 1000 * (time.thread_time() - between)))
    source.close()
    vector, read = np.array(took[warm:]).T
    return said | {
        "median": float(np.median(vector)),
        "read_median": float(np.median(read)),
        "p99": float(np.percentile(vector, 99)),
        "read_p99": float(np.percentile(read, 99)),
    }


def _scanned(snapshot: Snapshot) -> dict[str, Any]:
    """Return the seconds of a bare scan of the columns that the build reads: the median of three."""

    def scan() -> int:
        with pq.ParquetFile(snapshot.path("event"), pre_buffer=False) as file:
            return sum(len(batch) for batch in file.iter_batches(columns=list(EVENT_COLUMNS), use_threads=False))

    return {"scan_seconds": median(_timed(scan)["seconds"] for _ in range(3))}


def _timed(work: Callable[[], int | None]) -> dict[str, Any]:
    wall, began = time.perf_counter(), time.process_time()
    rows = work()
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"rows": rows, "seconds": seconds, "wall_seconds": time.perf_counter() - wall, "gigabytes": peak}


_STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    "publish": publish,
    "build": build,
    "household": household,
    "kernel": kernel,
    "sql": sql,
    "online": online,
}


_FIGURES: Mapping[str, Callable[[int], Iterator[Measured]]] = {
    "build": _build,
    "growth": _growth,
    "sql": _sql,
    "household": _household,
    "online": _online,
}


def _part(made: Callable[[int], Iterator[Measured]]) -> Part:
    return lambda tiny: made(_TINY if tiny else ROWS)


PARTS: Mapping[str, Part] = {name: _part(made) for name, made in _FIGURES.items()}


def main(arguments: list[str]) -> None:
    """Print the figures, or do one step in this process and print its cost."""
    if arguments and arguments[0] in _STEPS:
        step, root, people, rows = arguments
        sys.stdout.write(json.dumps(_STEPS[step](Path(root), int(people), int(rows))) + "\n")
        return
    for made in _FIGURES.values():
        for figure in made(int(arguments[0]) if arguments else ROWS):
            sys.stdout.write(f"{figure}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
