"""A published snapshot of hundreds of thousands of children and millions of events, and the use case that looks at all.

python -m tests.bench.big_snapshot /tmp/big 350000 20000000
"""

import datetime
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.declarations.use_cases import UseCase
from hub import artefacts
from hub.publishing.snapshots import CURRENT, KIND, Snapshot, open_snapshot
from hub.tables import AREA, PERSON, SCHEMA_VERSION, SNAPSHOT_TABLES
from hub.workspace import Workspace
from tests.bench import histories
from tests.factories.snapshots import LINKAGE, source_facts
from tests.factories.use_cases import outcome, use_case


def publish(workspace: Workspace, people: int, rows: int) -> Snapshot:
    """Publish a snapshot with `people` people, some without any event, and exactly `rows` events."""
    source = {"types": sorted(histories.TYPES), "reported": [[None, histories.LAST.isoformat()]]}
    counted = {"person": people, "event": rows}
    facts = {
        "schema_version": SCHEMA_VERSION,
        "partnership": "example",
        "known_to": histories.LAST.isoformat(),
        "rows": {table.name: counted.get(table.name, 0) for table in SNAPSHOT_TABLES},
        "sources": {name: source_facts(name, **source) for name in histories.SOURCES},
        "extracts": [],
        "linkage": LINKAGE,
    }
    with artefacts.publish(workspace.snapshots, KIND, facts) as draft:
        histories.write(draft.path, people, rows)
        pq.write_table(_people(people), draft.path / "person.parquet", compression="zstd")
        pq.write_table(_areas(), draft.path / "area.parquet", compression="zstd")
        for table in SNAPSHOT_TABLES:
            if not (draft.path / f"{table.name}.parquet").exists():
                pq.write_table(table.schema.empty_table(), draft.path / f"{table.name}.parquet")
    artefacts.write_pointer(workspace.snapshots / CURRENT, draft.digest)
    return open_snapshot(workspace)


def _people(people: int) -> pa.Table:
    chance = np.random.default_rng(11)
    births = np.datetime64("2004-01") + chance.integers(0, 240, people)
    return PERSON.conform(
        pa.table(
            {
                "person_id": histories.person_ids(people),
                "birth_month": pa.array(births.astype("datetime64[D]")),
                "sex": pa.array(["F", "M"]).take(pa.array(chance.integers(0, 2, people))),
                "gender": pa.nulls(people, pa.string()),
                "ethnicity": pa.nulls(people, pa.string()),
                "ethnicity_19": pa.array(["not recorded"] * people),
                "ethnicity_5": pa.array(["White", "Asian", "Black"]).take(pa.array(chance.integers(0, 3, people))),
                "area_id": pa.array(histories.AREAS).take(pa.array(chance.integers(0, len(histories.AREAS), people))),
                "attributes": pa.array([[]] * people, PERSON.schema.field("attributes").type),
            }
        )
    )


def _areas() -> pa.Table:
    size = len(histories.AREAS)
    return AREA.conform(
        pa.table(
            {
                "area_id": histories.AREAS,
                "name": histories.AREAS,
                "local_authority": [f"District {number % 12}" for number in range(size)],
                "imd_decile": [number % 10 + 1 for number in range(size)],
                "imd_vintage": ["2019"] * size,
            }
        )
    )


def everyone(dates: tuple[datetime.date, ...] = histories.AS_OF) -> UseCase:
    """Return the use case that looks at everybody on all dates."""
    return use_case(
        as_of={"kind": "dates", "dates": [day.isoformat() for day in dates]},
        outcome=outcome(events={"types": ["cin_start"]}),
        groups=[
            {"name": "sex", "plain": "Sex", "column": "person.sex"},
            {"name": "age", "plain": "Age", "column": "age", "bands": [5, 11, 16]},
            {"name": "ethnicity", "plain": "Ethnicity", "column": "person.ethnicity_5"},
            {"name": "district", "plain": "District", "column": "area.local_authority"},
        ],
    )


if __name__ == "__main__":
    began = time.perf_counter()
    made = publish(Workspace(Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.write(f"{made.digest} in {time.perf_counter() - began:.0f} s\n")
