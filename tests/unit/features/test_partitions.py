"""Partitions: everybody once, in order, with their own events and nobody else's, however the file is cut."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features import partitions as module
from features.catalogue import Over
from features.partitions import PersonStream, partitions
from hub.tables import EVENT


def events_of(counts: dict[str, int], path: Path, row_group: int) -> Path:
    """Write a file with so many events of each person; `value` numbers them."""
    rows = [person for person in sorted(counts) for _ in range(counts[person])]
    columns = {field.name: pa.nulls(len(rows), field.type) for field in EVENT.fields}
    columns |= {"person_id": pa.array(rows, pa.string()), "value": pa.array(range(len(rows)), pa.float64())}
    pq.write_table(pa.table(columns), path, row_group_size=row_group)
    return path


COUNTS = st.dictionaries(st.sampled_from([f"p{number}" for number in range(12)]), st.integers(0, 9), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    own=COUNTS,
    others=COUNTS,
    row_group=st.integers(1, 7),
    batch=st.integers(1, 12),
    most_rows=st.integers(1, 12),
    dates=st.integers(1, 3),
)
def test_everybody_comes_once_with_their_own_events(
    own: dict[str, int], others: dict[str, int], row_group: int, batch: int, most_rows: int, dates: int
) -> None:
    people = pa.table({"person_id": sorted({*own, *others, "nobody"})})
    with TemporaryDirectory() as tmp, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PARTITION_ROWS", most_rows)
        patch.setattr(PersonStream.__init__, "__defaults__", (batch,))
        files = {
            Over.SELF: events_of(own, Path(tmp) / "own.parquet", row_group),
            Over.HOUSEHOLD: events_of(others, Path(tmp) / "others.parquet", row_group),
        }
        found = list(partitions(people, files, dates))
    assert [one.number for one in found] == list(range(len(found)))
    assert pa.concat_tables([one.people for one in found]) == people
    for over, counts in ((Over.SELF, own), (Over.HOUSEHOLD, others)):
        values = [value for one in found for value in one.events[over]["value"].to_pylist()]
        assert values == list(range(sum(counts.values())))
        for one in found:
            here = set(one.people["person_id"].to_pylist())
            assert set(one.events[over]["person_id"].to_pylist()) <= here
    assert all(len(one.people) <= max(1, most_rows // dates) for one in found)


def test_a_person_with_more_events_than_a_batch_stays_whole(tmp_path: Path) -> None:
    path = events_of({"a": 3, "b": 50, "c": 2}, tmp_path / "own.parquet", 4)
    sizes = [len(table) for table in PersonStream(path, batch_rows=5).whole()]
    assert sum(sizes) == 55
    assert max(sizes) >= 50
