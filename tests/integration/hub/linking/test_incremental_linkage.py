"""Linking extract by extract ends where linking in one go does; no key, batch or earlier pair changes who is one."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hub import sql
from hub.linking import earlier_pairs, engine
from hub.linking.engine import FoundPeople
from hub.workspace import Workspace
from tests.factories import identity

THRESHOLD = 0.97
ONCE = [source for source in identity.COVERAGE if source != "police"]
Partition = set[frozenset[tuple[str, str]]]


def _link(
    rows: Sequence[dict[str, Any]], workspace: Workspace | None = None, batch_pairs: int = 10**9
) -> tuple[FoundPeople, Partition]:
    """Link rows; where there is a workspace, with the pairs that it keeps."""
    with sql.connect() as connection:
        connection.register("identity_row", identity.table(rows))
        earlier = None if workspace is None else earlier_pairs.open_pairs(workspace)
        found = engine.find_people(connection, ONCE, THRESHOLD, earlier=earlier, batch_pairs=batch_pairs)
        if workspace is not None and found.memory is not None:
            earlier_pairs.save(workspace, connection, found.memory, found.frequencies)
        names = connection.execute(
            "SELECT DISTINCT number, source, source_person_id "
            "FROM record JOIN identity_row USING (record_key, source) ORDER BY number"
        ).fetchall()
    people = [frozenset(names[number][1:] for number in members) for members in found.members]
    return found, set(people)


@pytest.fixture(scope="module")
def town() -> list[dict[str, Any]]:
    """The rows that five sources hold of a town."""
    return identity.town(450, seed=3)[0]


@pytest.fixture(scope="module")
def at_once(town: list[dict[str, Any]]) -> tuple[FoundPeople, Partition]:
    """The town, linked in one go."""
    return _link(town)


def test_extract_by_extract_gives_the_same_people_as_one_go(
    town: list[dict[str, Any]], at_once: tuple[FoundPeople, Partition], tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path)
    before = [row for row in town if row["source"] not in ("police", "youth_justice")]
    # What one source said has changed by the time the others come.
    changed = {row["record_key"] for row in before if row["source"] == "school"}
    changed = set(sorted(changed)[::10])
    first = [row | {"given_name": "Zed"} if row["record_key"] in changed else row for row in before]
    _link(first, workspace)
    found, people = _link(town, workspace, batch_pairs=1000)
    assert people == at_once[1]
    assert np.array_equal(found.weight, at_once[0].weight, equal_nan=True)
    assert found.refused == at_once[0].refused
    assert found.recalled["why"] == ""
    assert found.recalled["batches"] > 1
    kept = {row["record_key"] for row in before}
    assert found.recalled["records"] == len(kept - changed)
    assert found.recalled["pairs"] > 100


def test_pairs_that_no_longer_can_be_trusted_are_looked_for_again(
    town: list[dict[str, Any]], at_once: tuple[FoundPeople, Partition], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path)
    _link([row for row in town if row["source"] == "school" or row["source_person_id"] < "s"][:600], workspace)
    monkeypatch.setattr(earlier_pairs, "MARGIN", 0.0)
    pairs = workspace.identity / "pairs"
    digest = (pairs / "current").read_text(encoding="utf-8").strip()
    content = bytearray((pairs / digest / "pair.parquet").read_bytes())
    content[len(content) // 2] ^= 1
    (pairs / digest / "pair.parquet").write_bytes(bytes(content))
    found, people = _link(town, workspace)
    assert people == at_once[1]
    assert found.recalled == {"records": 0, "pairs": 0, "why": "no pairs were kept", "batches": 1}
    assert len(list(pairs.iterdir())) == 2  # the pairs that hold now, and the pointer

    # Kept to the threshold and no further, they are not enough once weights have risen.
    more, _ = _link([row for row in town if row["source"] != "police"], workspace)
    assert more.recalled["records"] == 0
    assert "may have raised weights" in more.recalled["why"]
    earlier_pairs.forget(workspace)
    assert not pairs.exists()


def test_the_key_of_the_pseudonyms_does_not_change_who_is_one_person(
    town: list[dict[str, Any]], at_once: tuple[FoundPeople, Partition]
) -> None:
    other = [row | {"record_key": hashlib.sha256(row["record_key"].encode()).hexdigest()[:32]} for row in town]
    found, people = _link(other[::-1])
    assert people == at_once[1]
    assert found.model == at_once[0].model
