"""Artefacts of the hub written anew without some records: extracts, the person map, snapshots.

Each gets a new manifest, whose facts name in `rewritten_from` what it was made from, and so a new digest; the caller
removes the old one when everything that refers to it has been written. Rows keep their order and their bytes.

Manifests are taken as they stand here, and not as checked facts: an erasure also reaches what an earlier version of
Sentinel published, which nothing else can open any more.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hub import artefacts, parquet_files
from hub.artefacts import Artefact
from hub.digests import sha256_file
from hub.erasing.traces import Traces
from hub.identity import persons
from hub.identity import store as identity_store
from hub.identity.persons import PersonMap
from hub.intake.quarantine import QUARANTINE
from hub.ledger import publications
from hub.publishing.snapshots import KIND as SNAPSHOT
from hub.staging import extracts
from hub.workspace import Workspace

_KEYS = ("record_key", "person_id", "other_id")


def copy_without(source: Path, target: Path, values: Collection[str]) -> int:
    """Copy a Parquet file without the rows in which a key column holds one of `values`; return how many were left out.

    The key columns are record_key, person_id and other_id; a file without any of them is copied whole.
    """
    file = pq.ParquetFile(source)
    keys = [name for name in _KEYS if name in file.schema_arrow.names]
    unwanted, left_out = pa.array(sorted(values), pa.string()), 0
    with pq.ParquetWriter(target, file.schema_arrow, compression="zstd") as writer:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            kept = table
            for name in keys:
                kept = kept.filter(pc.invert(pc.is_in(kept[name], unwanted)))
            left_out += table.num_rows - kept.num_rows
            if kept.num_rows:
                writer.write_table(kept, parquet_files.ROW_GROUP)
        if not file.num_row_groups:
            writer.write_table(file.schema_arrow.empty_table())
    return left_out


def holds(path: Path, values: Collection[str]) -> bool:
    """Say whether a key column of a Parquet file holds one of `values`."""
    file = pq.ParquetFile(path)
    keys = [name for name in _KEYS if name in file.schema_arrow.names]
    wanted = pa.array(sorted(values), pa.string())
    return any(
        pc.any(pc.is_in(batch[name], wanted)).as_py() for batch in file.iter_batches(columns=keys) for name in keys
    )


def extract(
    workspace: Workspace,
    old: Artefact,
    records: Collection[str],
    traces: Traces,
    renamed: Mapping[str, str],
    scratch: Path,
    rows: Counter[str],
) -> str:
    """Write an extract anew without `records`; return its digest, the old one when nothing had to change.

    Args:
        workspace: where extracts and the identity store lie.
        old: the extract.
        records: record keys to leave out.
        traces: of whom quarantined rows are left out.
        renamed: digests of extracts written anew before.
        scratch: folder inside the identity store.
        rows: gets the number of rows left out, by table.

    Raises:
        IntegrityError: the extract has changed: what is not what was published gets no new digest.
    """
    source = str(old.facts["source"])
    identity = identity_store.records(workspace, source, old.digest)
    quarantined = identity_store.quarantined(workspace, source, old.digest)
    tables = sorted(name for name in old.files if name.endswith(".parquet"))
    superseded = [renamed.get(one, one) for one in old.facts["supersedes"]]
    with extracts.held_as_written(workspace, [old]) as [held]:
        kept, dropped = _quarantine_without(quarantined, traces)
        touched = holds(identity, records) or dropped or any(holds(held.path / name, records) for name in tables)
    if not touched and superseded == list(old.facts["supersedes"]):
        return old.digest
    new_identity, new_quarantine = scratch / f"{old.digest}.identity", scratch / f"{old.digest}.quarantine"
    left_out = {"quarantine": dropped}
    pq.write_table(kept, new_quarantine, compression="zstd")
    facts = dict(old.facts)

    def place(digest: str) -> None:
        identity_store.place(new_quarantine, identity_store.quarantined(workspace, source, digest))
        identity_store.place(new_identity, identity_store.records(workspace, source, digest))
        publications.record(
            workspace,
            kind=extracts.KIND,
            digest=digest,
            inputs={"rewritten_from": old.digest},
            by=publications.OPERATOR,
        )

    with (
        artefacts.publish(workspace.extracts, extracts.KIND, facts, before=place) as draft,
        extracts.held_as_written(workspace, [old]) as [held],
    ):
        left_out["identity"] = copy_without(identity, new_identity, records)
        for name in tables:
            left_out[Path(name).stem] = copy_without(held.path / name, draft.path / name, records)
        said = Counter(old.facts.get("erased") or {})
        people = len(_record_keys(identity)) - len(_record_keys(new_identity))
        said.update({"people": people, "rows": sum(left_out.values()) - dropped, "quarantined": dropped})
        draft.facts |= {
            "supersedes": superseded,
            "identity_sha256": sha256_file(new_identity),
            "quarantine_sha256": sha256_file(new_quarantine),
            "people": facts["people"] - people,
            "rows": {table: count - left_out.get(table, 0) for table, count in facts["rows"].items()},
            "erased": {name: said[name] for name in ("people", "rows", "quarantined")},
            "rewritten_from": [*old.facts.get("rewritten_from", ()), old.digest],
        }
    rows.update(left_out)
    return draft.digest


def _record_keys(path: Path) -> set[str]:
    return set(pq.read_table(path, columns=["record_key"])["record_key"].to_pylist())


def _quarantine_without(path: Path, traces: Traces) -> tuple[pa.Table, int]:
    table = pq.read_table(path)
    theirs = [traces.in_cells(text for _, text in cells) for cells in table["cells"].to_pylist()]
    kept = table.filter(pa.array([not one for one in theirs], pa.bool_())) if any(theirs) else table
    return kept.cast(QUARANTINE.schema), sum(theirs)


def person_map(
    workspace: Workspace, old: PersonMap, values: Collection[str], renamed: Mapping[str, str], rows: Counter[str]
) -> str:
    """Write the person map anew without record keys and person ids in `values`; return its digest."""
    facts = old.facts.model_copy(
        update={
            "extracts": tuple(renamed.get(one, one) for one in old.facts.extracts),
            "rewritten_from": (*old.facts.rewritten_from, old.artefact.digest),
        }
    )
    parent = workspace.identity / "persons"
    recorder = publications.recorder(workspace, persons.KIND, {"rewritten_from": old.artefact.digest})
    with (
        artefacts.publish(parent, persons.KIND, facts.as_json(), before=recorder) as draft,
        old.artefact.held() as held,
    ):
        for name in old.artefact.files:
            if name.endswith(".parquet"):
                rows["person map"] += copy_without(held.artefact.path / name, draft.path / name, values)
            else:
                (draft.path / name).write_bytes(old.artefact.read(name))
    artefacts.write_pointer(parent / persons.CURRENT, draft.digest)
    return draft.digest


def snapshot(
    workspace: Workspace,
    old: Artefact,
    people: Collection[str],
    renamed: Mapping[str, str],
    rows: Counter[str],
    *,
    current: bool,
) -> str:
    """Write a snapshot anew without `people`; return its digest, the old one when it holds none of them.

    Args:
        workspace: where it lies.
        old: the snapshot.
        people: person ids.
        renamed: old digest → new digest of extracts.
        rows: how many rows were left out, by table; added to.
        current: whether it is the one that is used now.
    """
    tables = sorted(name for name in old.files if name.endswith(".parquet"))
    with old.held() as held:
        if not any(holds(held.artefact.path / name, people) for name in tables):
            return old.digest
    facts = dict(old.facts)
    left_out: Counter[str] = Counter()
    recorder = publications.recorder(workspace, SNAPSHOT, {"rewritten_from": old.digest}, more={"current": current})
    with (
        artefacts.publish(workspace.snapshots, SNAPSHOT, facts, before=recorder) as draft,
        old.held() as held,
    ):
        for name in tables:
            left_out[Path(name).stem] = copy_without(held.artefact.path / name, draft.path / name, people)
        draft.facts |= {
            "rows": {table: count - left_out[table] for table, count in facts["rows"].items()},
            "extracts": [{**one, "digest": renamed.get(one["digest"], one["digest"])} for one in facts["extracts"]],
            "erased": {"people": left_out["person"] + Counter(facts.get("erased") or {})["people"]},
            "rewritten_from": [*facts.get("rewritten_from", ()), old.digest],
        }
    rows.update(left_out)
    return draft.digest
