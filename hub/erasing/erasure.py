"""Erasure: one person is taken out of everything that the hub holds, and stays out.

    subject = find(workspace, source="school", own_id="…")      # or person_id="p…"
    done = erase(workspace, subject, on=today, reference="DSR-2026-14")

Extracts, their identity rows and quarantine, the person map and every snapshot that holds the person are written anew
without them, under new manifests that name the old ones; then the old ones are removed, and so is the copy of a
delivery that a demonstration leaves in the workspace. Keyed tombstones (hub.intake.tombstones) keep the person out of
every later ingest. An erasure that was interrupted goes on where it stopped; until then nothing else may write here.

What stays: counts in reports; models whose training saw the person (they are listed, so that their owner can decide);
the ledger, whose pseudonyms lead to nobody any more. What cannot be seen: a quarantined row with neither an identifier
nor the names and date of birth of the person.
"""

import datetime
import json
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hub import artefacts
from hub.artefacts import Artefact
from hub.declarations.source_mappings import is_national
from hub.digests import canonical_json
from hub.erasing import rewriting
from hub.erasing.traces import Traces, spelt
from hub.errors import NotFoundError
from hub.identity import persons, pseudonyms
from hub.identity import store as identity_store
from hub.intake import tombstones
from hub.linking import earlier_pairs
from hub.progress import Progress, silent
from hub.publishing import snapshots
from hub.quality import clerical_answers
from hub.staging import extracts
from hub.workspace import Workspace

Also = Callable[[Collection[str], dict[str, str]], None]
"""Called with the person ids, and old digest → new digest of snapshots."""

_STEPS = ("Looking for the person", "Extracts", "Person map", "Snapshots", "Old versions")


@dataclass(frozen=True, slots=True)
class ErasureSubject:
    """Whom to erase.

    Attributes:
        person_ids: their ids in the person map; none when they were never linked.
        records: record keys of their records, sorted.
        sources: how many records each source has of them.
    """

    person_ids: tuple[str, ...]
    records: tuple[str, ...]
    sources: Mapping[str, int]


@dataclass(slots=True)
class Erased:
    """What an erasure did.

    Attributes:
        extracts: old digest → new digest of each extract that was written anew.
        snapshots: likewise.
        rows: rows removed, by table.
        tombstones: how many identifiers may not come in again.
        of_others_too: identifiers that other people's records carry as well, so that they got no tombstone.
        files: files of a copied delivery in the workspace, which were removed.
    """

    extracts: dict[str, str] = field(default_factory=dict)
    snapshots: dict[str, str] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    tombstones: int = 0
    of_others_too: int = 0
    files: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form: digests and counts, nothing about the person."""
        return {
            "extracts": dict(self.extracts),
            "snapshots": dict(self.snapshots),
            "rows_removed": dict(sorted(self.rows.items())),
            "tombstones": self.tombstones,
            "identifiers_of_others_too": self.of_others_too,
            "files_removed": list(self.files),
        }


def find(
    workspace: Workspace, *, person_id: str | None = None, source: str | None = None, own_id: str | None = None
) -> ErasureSubject:
    """Return whom to erase, by person_id, or by a source and its own identifier: all records linked to the person.

    Raises:
        NotFoundError: nobody is held under it.
    """
    key = pseudonyms.open_key(workspace, may_create=False)
    try:
        table = persons.open_map(workspace).table()
    except NotFoundError:
        table = persons.MAP.schema.empty_table()
    of = dict(zip(table["record_key"].to_pylist(), table["person_id"].to_pylist(), strict=True))
    records = {key.record_key(source or "", own_id or "")} if person_id is None else set()
    people = {of[record] for record in records if record in of} if person_id is None else {person_id}
    records |= {record for record, one in of.items() if one in people}
    held = {(row["source"], row["record_key"]) for row in identity_rows(workspace, records)}
    if not held:
        raise NotFoundError(
            "Nobody is held here under that identifier.", "Check the source and its identifier, or the person_id."
        )
    return ErasureSubject(
        tuple(sorted(people)), tuple(sorted(records)), dict(Counter(name for name, _ in sorted(held)))
    )


def unfinished(workspace: Workspace) -> bool:
    """Say whether an erasure was interrupted."""
    return (workspace.identity / identity_store.ERASURE).exists()


def interrupted(workspace: Workspace) -> tuple[str, str] | None:
    """Return the reference of an erasure that was interrupted and who asked for it; None when there is none."""
    try:
        said = json.loads((workspace.identity / identity_store.ERASURE).read_bytes())
    except FileNotFoundError:
        return None
    return str(said.get("reference", "")), str(said.get("by", ""))


def erase(
    workspace: Workspace,
    subject: ErasureSubject | None,
    *,
    on: datetime.date,
    reference: str,
    by: str = "",
    also: Also | None = None,
    progress: Progress = silent,
) -> Erased:
    """Erase a person, after any erasure that was interrupted.

    Args:
        workspace: where everything lies.
        subject: whom; None only ends an interrupted erasure.
        on: the day of the erasure.
        reference: the number of the request, without anything personal.
        by: who asked for it.
        also: called when the hub's own artefacts are done, for those of other packages; it may be called again.
        progress: called at every step.

    Raises:
        StateError: an ingest or a linkage is at work in this workspace.
    """
    with identity_store.working(workspace, erasing=True) as scratch:
        done = Erased()
        if unfinished(workspace):
            _go_on(workspace, scratch, done, progress, also)
        if subject is not None:
            progress(_STEPS[0], 0, len(_STEPS))
            _begin(workspace, subject, done, on, reference, by)
            _go_on(workspace, scratch, done, progress, also)
    return done


def _begin(
    workspace: Workspace, subject: ErasureSubject, done: Erased, on: datetime.date, reference: str, by: str
) -> None:
    """Write the tombstones and what the erasure needs to know until it has ended."""
    key = pseudonyms.open_key(workspace, may_create=False)
    rows = list(identity_rows(workspace, subject.records))
    traces = Traces.of(rows)
    others = _identifiers_of_others(workspace, subject.records)
    stones = {tombstones.of_record(key, row["source"], row["source_person_id"]) for row in rows}
    given = {(kind, value) for row in rows for kind, value in row["identifiers"] if value}
    for kind, value in sorted(given):
        # Within its agency such a number is this person's, whoever else has the same one elsewhere.
        stone = None if is_national(kind) else tombstones.of_scoped(key, kind, value)
        if stone is not None:
            stones.add(stone)
    values = sorted({value for kind, value in given if is_national(kind)})
    for value in values:
        stone = None if spelt(value) in others else tombstones.of_identifier(key, value)
        done.of_others_too += spelt(value) in others
        if stone is not None:
            stones.add(stone)
    own_alone = Traces(traces.own, traces.shared - others, traces.named)
    said = {"records": subject.records, "person_ids": subject.person_ids, "traces": own_alone.as_json()}
    said |= {"reference": reference, "by": by}
    # First, so that an erasure that is cut off here keeps the person out all the same; it is then asked for again.
    tombstones.add(workspace, stones, on=on, reference=reference)
    done.tombstones = len(stones)
    identity_store.write(workspace, identity_store.ERASURE, canonical_json(said))


def _go_on(workspace: Workspace, scratch: Path, done: Erased, progress: Progress, also: Also | None) -> None:
    """Do what the file `erasure.json` says; every step may be done again."""
    pending = workspace.identity / identity_store.ERASURE
    said = json.loads(pending.read_bytes())
    records, people, traces = said["records"], said["person_ids"], Traces.from_json(said["traces"])
    progress(_STEPS[1], 1, len(_STEPS))
    held = [
        artefacts.open_artefact(workspace.extracts, digest, extracts.KIND)
        for digest in artefacts.digests_in(workspace.extracts)
    ]
    for old in _superseded_first(held):
        new = rewriting.extract(workspace, old, records, traces, done.extracts, scratch, done.rows)
        if new != old.digest:
            done.extracts[old.digest] = new
    progress(_STEPS[2], 2, len(_STEPS))
    _rewrite_map(workspace, {*records, *people}, done)
    progress(_STEPS[3], 3, len(_STEPS))
    current = workspace.snapshots / snapshots.CURRENT
    used = current.read_text(encoding="utf-8").strip() if current.exists() else ""
    for digest in artefacts.digests_in(workspace.snapshots):
        old = artefacts.open_artefact(workspace.snapshots, digest, snapshots.KIND)
        new = rewriting.snapshot(workspace, old, people, done.extracts, done.rows, current=digest == used)
        if new != digest:
            done.snapshots[digest] = new
    if new := done.snapshots.get(used, ""):
        artefacts.write_pointer(current, new)
    if also is not None:
        also(people, _renamed_snapshots(workspace))
    for digest in done.snapshots:
        shutil.rmtree(workspace.snapshots / digest)
    for digest in done.extracts:
        source = artefacts.open_artefact(workspace.extracts, digest, extracts.KIND).facts["source"]
        for path in (identity_store.records, identity_store.quarantined):
            path(workspace, source, digest).unlink(missing_ok=True)
        shutil.rmtree(workspace.extracts / digest)
    progress(_STEPS[4], 4, len(_STEPS))
    if workspace.delivered.exists():
        done.files = [path.relative_to(workspace.root).as_posix() for path in sorted(workspace.delivered.rglob("*.*"))]
        shutil.rmtree(workspace.delivered)
    pending.unlink()


def _renamed_snapshots(workspace: Workspace) -> dict[str, str]:
    """Return old digest → new digest of every snapshot that was ever written anew, also before an interruption."""
    found = (
        artefacts.open_artefact(workspace.snapshots, digest, snapshots.KIND)
        for digest in artefacts.digests_in(workspace.snapshots)
    )
    return {old: one.digest for one in found for old in one.facts.get("rewritten_from", ())}


def _superseded_first(found: list[Artefact]) -> list[Artefact]:
    """Return the extracts so that each comes after those that it supersedes: their digests may change."""
    ordered: list[Artefact] = []
    waiting = {one.digest: one for one in found}
    while waiting:
        ready = [one for one in waiting.values() if not set(one.facts["supersedes"]) & set(waiting)]
        ordered += ready
        for one in ready:
            del waiting[one.digest]
    return ordered


def _rewrite_map(workspace: Workspace, values: Collection[str], done: Erased) -> None:
    earlier_pairs.forget(workspace)
    clerical_answers.forget(workspace, values)
    try:
        old = persons.open_map(workspace)
    except NotFoundError:
        return
    new = rewriting.person_map(workspace, old, values, done.extracts, done.rows)
    for digest in set(artefacts.digests_in(workspace.identity / "persons")) - {new}:
        shutil.rmtree(workspace.identity / "persons" / digest)


def identity_rows(workspace: Workspace, records: Collection[str]) -> Iterator[dict[str, Any]]:
    """Yield the identity rows of the records, in all extracts."""
    wanted = pa.array(sorted(records), pa.string())
    for path in sorted((workspace.identity / "records").glob("*/*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches():
            yield from batch.filter(pc.is_in(batch["record_key"], wanted)).to_pylist()


def _identifiers_of_others(workspace: Workspace, records: Collection[str]) -> frozenset[str]:
    """Return the shared identifiers and e-mail addresses, in one spelling, on records that are not the person's."""
    ours, found = pa.array(sorted(records), pa.string()), set()
    for path in sorted((workspace.identity / "records").glob("*/*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches(columns=["record_key", "identifiers", "email"]):
            others = batch.filter(pc.invert(pc.is_in(batch["record_key"], ours)))
            every = (pair for one in others["identifiers"].to_pylist() for pair in one)
            found |= {spelt(value) for kind, value in every if value and is_national(kind)}
            found |= {spelt(value) for value in others["email"].to_pylist() if value}
    return frozenset(found)
