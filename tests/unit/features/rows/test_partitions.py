"""Partitions: everybody once, in order, with their own events and nobody else's, however the file is cut."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.declarations.catalogue import Over
from features.rows import partitions as module
from features.rows.partitions import of_people, partitions, spans
from hub.tables import EVENT
from tests.examples import examples


def events_of(counts: dict[str, int], path: Path, row_group: int) -> Path:
    """Write a file with so many events of each person; `value` numbers them."""
    rows = [person for person in sorted(counts) for _ in range(counts[person])]
    columns = {field.name: pa.nulls(len(rows), field.type) for field in EVENT.fields}
    columns |= {"person_id": pa.array(rows, pa.string()), "value": pa.array(range(len(rows)), pa.float64())}
    pq.write_table(pa.table(columns), path, row_group_size=row_group)
    return path


def _ends(people: pa.Table) -> tuple[str, str]:
    return people["person_id"][0].as_py(), people["person_id"][-1].as_py()


COUNTS = st.dictionaries(st.sampled_from([f"p{number}" for number in range(12)]), st.integers(0, 9), max_size=12)


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    own=COUNTS,
    others=COUNTS,
    row_group=st.integers(1, 7),
    batch=st.integers(1, 12),
    most_rows=st.integers(1, 12),
    most_events=st.integers(1, 20),
    dates=st.integers(1, 3),
)
def test_everybody_comes_once_with_their_own_events(
    own: dict[str, int],
    others: dict[str, int],
    row_group: int,
    batch: int,
    most_rows: int,
    most_events: int,
    dates: int,
) -> None:
    people = pa.table({"person_id": sorted({*own, *others, "nobody"})})
    with TemporaryDirectory() as tmp, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PARTITION_ROWS", most_rows)
        patch.setattr(module, "PARTITION_EVENTS", most_events)
        patch.setattr(module, "_BATCH", batch)
        files = {
            Over.SELF: events_of(own, Path(tmp) / "own.parquet", row_group),
            Over.HOUSEHOLD: events_of(others, Path(tmp) / "others.parquet", row_group),
        }
        found = list(partitions(people, files, dates))
        again = [of_people(people, files, *_ends(one.people)) for one in found]
    for one, (mine, events) in zip(found, again, strict=True):
        assert mine == one.people
        assert {over: table["value"].to_pylist() for over, table in events.items()} == {
            over: table["value"].to_pylist() for over, table in one.events.items()
        }
    assert [one.number for one in found] == list(range(len(found)))
    assert pa.concat_tables([one.people for one in found]) == people
    for over, counts in ((Over.SELF, own), (Over.HOUSEHOLD, others)):
        values = [value for one in found for value in one.events[over]["value"].to_pylist()]
        assert values == list(range(sum(counts.values())))
        for one in found:
            here = set(one.people["person_id"].to_pylist())
            assert set(one.events[over]["person_id"].to_pylist()) <= here
    most = max(1, most_rows // dates)
    for one, after in zip(found, [*found[1:], None], strict=True):
        assert len(one.people) <= most
        assert len(one.people) == 1 or len(one.events[Over.SELF]) <= most_events
        if after is not None:  # nobody was left out who had room
            more = own.get(after.people["person_id"][0].as_py(), 0)
            assert len(one.people) == most or len(one.events[Over.SELF]) + more > most_events


@pytest.mark.parametrize("row_group", [1, 4, 60])
def test_borders_do_not_depend_on_how_the_file_is_cut(
    tmp_path: Path, row_group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PARTITION_EVENTS", 6)
    path = events_of({"a": 3, "b": 3, "c": 50, "d": 2, "f": 4}, tmp_path / "own.parquet", row_group)
    people = pa.table({"person_id": list("abcdef")})
    assert spans(people, path, 1) == [(0, 2), (2, 3), (3, 6)]
    assert spans(people, path, 16_384) == [(0, 2), (2, 3), (3, 5), (5, 6)]
    assert spans(people.slice(0, 0), path, 1) == []


def test_memory_does_not_grow_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BATCH", 5000)
    ids = [f"p{number:03}" for number in range(200)]
    random = np.random.default_rng(1).random(200_000)
    columns = {field.name: pa.nulls(len(random), field.type) for field in EVENT.fields}
    columns |= {"person_id": pa.array(np.repeat(ids, 1000)), "value": pa.array(random)}
    path = tmp_path / "own.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=5000)
    before = pa.total_allocated_bytes()
    stream, held = module.PersonStream(path), []
    for person in ids[4::5]:
        assert len(stream.until(person)) == 5000
        held.append(pa.total_allocated_bytes() - before)
    assert path.stat().st_size > 1_500_000
    assert max(held) < 1_500_000
