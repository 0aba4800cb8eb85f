"""Who has which `person_id`, for good: the map from record keys to people, kept in the identity store.

A cluster keeps the `person_id` of its records. When two ids come together the older one stays (merged); when an id's
records part, the larger part keeps it (split); an id is never given to anybody else. Every merge and split is a row of
the log with its cause. The map is an artefact, so it is whole or not there, and one pointer says which holds:

    identity/persons/DIGEST/map.parquet   record_key → person_id      identity/persons/current
                           /log.parquet   what became of ids
                           /report.json   how the linkage went (hub.linkage)
"""

import datetime
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hub import artefacts, identity_store, pseudonyms
from hub.artefacts import Artefact
from hub.digests import canonical_json
from hub.errors import NotFoundError
from hub.tables import SCHEMA_VERSION, Field, Table
from hub.workspace import Workspace

KIND = "person map"
CURRENT = "current"
MERGED, SPLIT = "merged", "split"

MAP = Table(
    "person map",
    "One row a record key that was ever linked.",
    (
        Field("record_key", pa.string(), False, "Keyed pseudonym of (source, source_person_id)."),
        Field("person_id", pa.string(), False, "The person."),
        Field("probability", pa.float64(), True, "Probability of its strongest link; empty for a record alone."),
        Field("first_linked_on", pa.date32(), False, "Day from which the person_id exists: a day of delivery."),
        Field("present", pa.bool_(), False, "Whether the newest extracts hold the record."),
    ),
    ("record_key",),
)
LOG = Table(
    "person log",
    "One row for each time in which ids came together or parted.",
    (
        Field("changed_on", pa.date32(), False, "Day of the newest delivery then."),
        Field("change", pa.string(), False, "merged or split."),
        Field("person_id", pa.string(), False, "merged: the id that is gone; split: the id that stayed."),
        Field("other_id", pa.string(), False, "merged: the id that stayed; split: the new id."),
        Field("records", pa.int64(), False, "How many records moved."),
        Field("cause", pa.string(), False, "Why."),
    ),
    ("changed_on", "change", "person_id", "other_id"),
)


Why = Callable[[Sequence[str], Sequence[str]], str]
"""(records that kept an id, records that parted from them) → the cause."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the map said of a record."""

    person_id: str
    first_linked_on: datetime.date


@dataclass(frozen=True, slots=True)
class Change:
    """A merge or a split; the fields are those of LOG without the day."""

    change: str
    person_id: str
    other_id: str
    records: int
    cause: str


@dataclass(frozen=True, slots=True)
class Assigned:
    """The id of each cluster, in the order given, and what became of older ids."""

    ids: tuple[str, ...]
    since: Mapping[str, datetime.date]
    changes: tuple[Change, ...]
    new: int

    def counts(self) -> dict[str, int]:
        """Return how many ids are new, kept, merged into older ones, and how many parts were split off."""
        kinds = Counter(change.change for change in self.changes)
        return {"new": self.new, "kept": len(self.ids) - self.new, MERGED: kinds[MERGED], SPLIT: kinds[SPLIT]}


def assign(
    clusters: Sequence[Sequence[str]],
    known: Mapping[str, Known],
    used: Collection[str],
    mint: Callable[[str, int], str],
    *,
    on: datetime.date,
    why: Why,
) -> Assigned:
    """Give each cluster of record keys its person_id.

    Args:
        clusters: record keys of each person, ascending.
        known: what the map said before.
        used: every id that was ever given out.
        mint: (first record key, attempt) → an id; asked again with the next attempt while the id is used.
        on: first day of new ids.
        why: (records that kept the id, records that parted) → the cause of a split.
    """
    held: dict[str, Counter[int]] = defaultdict(Counter)
    since = {one.person_id: one.first_linked_on for one in known.values()}
    for index, records in enumerate(clusters):
        for record in records:
            if record in known:
                held[known[record].person_id][index] += 1
    ids: dict[int, str] = {}
    changes: list[Change] = []
    largest: dict[str, int] = {}
    for person_id in sorted(held, key=lambda one: (since[one], one)):
        index = max(held[person_id], key=lambda at: (held[person_id][at], -at))
        largest[person_id] = index
        if index in ids:
            cause = _cause_of_merge(clusters[index], known)
            changes.append(Change(MERGED, person_id, ids[index], held[person_id][index], cause))
        else:
            ids[index] = person_id
    taken = set(used)
    new = len(clusters) - len(ids)
    for index, records in enumerate(clusters):
        if index not in ids:
            ids[index] = _mint(records[0], taken, mint)
            taken.add(ids[index])
            since[ids[index]] = on
    for person_id, parts in held.items():
        kept = [record for record in clusters[largest[person_id]] if _was(record, person_id, known)]
        for index in sorted(set(parts) - {largest[person_id]}):
            parted = [record for record in clusters[index] if _was(record, person_id, known)]
            changes.append(Change(SPLIT, person_id, ids[index], len(parted), why(kept, parted)))
    changes.sort(key=lambda one: (one.change, one.person_id, one.other_id))
    return Assigned(tuple(ids[index] for index in range(len(clusters))), since, tuple(changes), new)


def _was(record: str, person_id: str, known: Mapping[str, Known]) -> bool:
    return record in known and known[record].person_id == person_id


def _cause_of_merge(records: Sequence[str], known: Mapping[str, Known]) -> str:
    new = sum(record not in known for record in records)
    return "a new record belongs to both" if new else "what the records say has changed"


def _mint(first: str, taken: Collection[str], mint: Callable[[str, int], str]) -> str:
    attempt = 0
    while (minted := mint(first, attempt)) in taken:
        attempt += 1
    return minted


@dataclass(frozen=True, slots=True)
class PersonMap:
    """One version of the map."""

    artefact: Artefact

    @property
    def report(self) -> dict[str, Any]:
        """How the linkage went (hub.linkage.LinkageReport as JSON)."""
        found: dict[str, Any] = json.loads(self.artefact.read("report.json"))
        return found

    def table(self) -> pa.Table:
        """The map, checked against its digest."""
        return pq.read_table(pa.BufferReader(self.artefact.read("map.parquet")))

    def log(self) -> pa.Table:
        """What became of ids, checked against its digest."""
        return pq.read_table(pa.BufferReader(self.artefact.read("log.parquet")))

    def known(self) -> dict[str, Known]:
        """What the map says of each record key."""
        found = self.table()
        columns = (found[name].to_pylist() for name in ("record_key", "person_id", "first_linked_on"))
        return {record: Known(person_id, since) for record, person_id, since in zip(*columns, strict=True)}


def open_map(workspace: Workspace) -> PersonMap:
    """Open the map that holds.

    Raises:
        NotFoundError: people were not linked yet.
        IntegrityError: its manifest has changed.
    """
    parent = workspace.identity / "persons"
    try:
        digest = (parent / CURRENT).read_text(encoding="utf-8").strip()
    except OSError:
        raise NotFoundError(f"Nobody was linked in {workspace.root} yet.", "Run `sentinel hub link`.") from None
    return PersonMap(artefacts.open_artefact(parent, digest, KIND))


def update(
    workspace: Workspace,
    people: Sequence[Sequence[str]],
    probabilities: Mapping[str, float],
    *,
    on: datetime.date,
    why: Why,
    facts: Mapping[str, Any],
    report: Any,
) -> tuple[PersonMap, Assigned]:
    """Give every cluster of records its person_id and make that the map that holds.

    Args:
        workspace: where the identity store lies.
        people: record keys of each person, ascending.
        probabilities: of the strongest link of each record that has one.
        on: day of the newest delivery.
        why: (records that kept an id, records that parted) → the cause.
        facts: counts and digests of the extracts linked.
        report: JSON-able report of the linkage.
    """
    try:
        before = open_map(workspace)
        known, log = before.known(), before.log()
    except NotFoundError:
        known, log = {}, LOG.schema.empty_table()
    key = pseudonyms.open_key(workspace, may_create=False)

    def mint(first: str, attempt: int) -> str:
        return f"p{key.pseudonym('person', first, str(attempt))[:24]}"

    used = {one.person_id for one in known.values()}.union(log["person_id"].to_pylist(), log["other_id"].to_pylist())
    assigned = assign(people, known, used, mint, on=on, why=why)
    rows = [
        (record, person_id, probabilities.get(record), assigned.since[person_id], True)
        for person_id, records in zip(assigned.ids, people, strict=True)
        for record in records
    ]
    present = {row[0] for row in rows}
    rows += [
        (record, one.person_id, None, one.first_linked_on, False)
        for record, one in known.items()
        if record not in present
    ]
    table = pa.Table.from_arrays(
        [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), MAP.fields, strict=True)],
        schema=MAP.schema,
    )
    changes = [{"changed_on": on, **asdict(change)} for change in assigned.changes]
    log = pa.concat_tables([log, pa.Table.from_pylist(changes, schema=LOG.schema)])
    return _save(workspace, facts, table, log, report), assigned


def _save(workspace: Workspace, facts: Mapping[str, Any], people: pa.Table, log: pa.Table, report: Any) -> PersonMap:
    """Write a version of the map and make it the one that holds; the version before the last is removed."""
    parent = identity_store.secure(workspace.identity) / "persons"
    with artefacts.publish(parent, KIND, {"schema_version": SCHEMA_VERSION, **facts}) as draft:
        pq.write_table(MAP.conform(people), draft.path / "map.parquet", compression="zstd")
        pq.write_table(LOG.conform(log), draft.path / "log.parquet", compression="zstd")
        (draft.path / "report.json").write_bytes(canonical_json(report))
    pointer = parent / CURRENT
    before = pointer.read_text(encoding="utf-8").strip() if pointer.exists() else draft.digest
    artefacts.write_pointer(pointer, draft.digest)
    if before != draft.digest:
        for digest in set(artefacts.digests_in(parent)) - {before, draft.digest}:
            shutil.rmtree(parent / digest)
    return open_map(workspace)
