"""Who has which `person_id`, for good: the map from record keys to people, kept in the identity store.

A cluster keeps the `person_id` of its records. When two ids come together the older one stays (merged); when an id's
records part, the larger part keeps it (split); an id is never given to anybody else. Every merge and split is a row of
the log with its cause. The map is an artefact, so it is whole or not there, and one pointer says which holds:

    identity/persons/DIGEST/map.parquet   record_key → person_id      identity/persons/current
                           /log.parquet   what became of ids
                           /report.json   how the linkage went (hub.linking.linkage)
"""

import datetime
import json
import shutil
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hub import artefacts
from hub.artefacts import Artefact
from hub.digests import canonical_json
from hub.errors import NotFoundError
from hub.facts import Count, Digest, Earlier, Facts, read
from hub.identity import pseudonyms
from hub.identity import store as identity_store
from hub.identity.person_ids import AssignedIds, Before, Why, assign
from hub.ledger import publications
from hub.tables import SCHEMA_VERSION, Field, Table
from hub.workspace import Workspace

KIND = "person map"
CURRENT = "current"

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


@dataclass(frozen=True, slots=True)
class KnownPeople:
    """What the map says of a record."""

    person_id: str
    first_linked_on: datetime.date


class PersonMapFacts(Facts):
    """What the manifest of a version of the map says."""

    schema_version: int
    partnership: str
    extracts: tuple[Digest, ...]
    """The newest extracts, of which records were linked."""
    linked_on: datetime.date
    """The day of the newest delivery."""
    threshold: float
    """Probability from which records are linked."""
    records: Count
    people: Count
    rewritten_from: Earlier = ()


@dataclass(frozen=True, slots=True)
class PersonMap:
    """One version of the map.

    Attributes:
        artefact: the directory and its files.
        facts: what its manifest says.
    """

    artefact: Artefact
    facts: PersonMapFacts

    @property
    def report(self) -> dict[str, Any]:
        """How the linkage went (hub.linking.linkage.LinkageReport as JSON)."""
        found: dict[str, Any] = json.loads(self.artefact.read("report.json"))
        return found

    def table(self) -> pa.Table:
        """The map, checked against its digest."""
        return pq.read_table(pa.BufferReader(self.artefact.read("map.parquet")))

    def log(self) -> pa.Table:
        """What became of ids, checked against its digest."""
        return pq.read_table(pa.BufferReader(self.artefact.read("log.parquet")))

    def known(self) -> dict[str, KnownPeople]:
        """What the map says of each record key."""
        found = self.table()
        columns = (found[name].to_pylist() for name in ("record_key", "person_id", "first_linked_on"))
        return {record: KnownPeople(person_id, since) for record, person_id, since in zip(*columns, strict=True)}


def open_map(workspace: Workspace) -> PersonMap:
    """Open the map that holds.

    Raises:
        NotFoundError: people were not linked yet.
        IntegrityError: its manifest has changed.
    """
    parent = workspace.identity / "persons"
    try:
        digest = artefacts.pointed_at(parent / CURRENT, KIND)
    except NotFoundError:
        raise NotFoundError(f"Nobody was linked in {workspace.root} yet.", "Run `sentinel hub link`.") from None
    return read_map(artefacts.open_artefact(parent, digest, KIND))


def read_map(artefact: Artefact) -> PersonMap:
    """Return a version of the map.

    Raises:
        IntegrityError: a fact is not as declared, or it is of another schema.
    """
    remedy = "Link anew: `sentinel hub link`."
    return PersonMap(artefact, read(artefact, PersonMapFacts, version=SCHEMA_VERSION, remedy=remedy))


def update(
    workspace: Workspace,
    keys: pa.Array,
    person: NDArray[np.int64],
    probability: NDArray[np.float64],
    *,
    on: datetime.date,
    why: Why,
    facts: PersonMapFacts,
    report: Any,
) -> tuple[PersonMap, AssignedIds]:
    """Give every person their person_id and make that the map that holds.

    Args:
        workspace: where the identity store lies.
        keys: the key of each record.
        person: for each record the number of its person, numbered by their first record.
        probability: of the strongest link of each record; NaN for a record alone.
        on: day of the newest delivery: the first day of new ids.
        why: the causes of splits (hub.identity.person_ids).
        facts: counts and digests of the extracts linked.
        report: JSON-able report of the linkage.
    """
    try:
        found = open_map(workspace)
        table, log = found.table(), found.log()
    except NotFoundError:
        table, log = MAP.schema.empty_table(), LOG.schema.empty_table()
    key = pseudonyms.open_key(workspace, may_create=False)

    def mint(first: str, attempt: int) -> str:
        return f"p{key.pseudonym('person', first, str(attempt))[:24]}"

    older, since = _precedence(table)
    place = pc.index_in(keys, value_set=table["record_key"].combine_chunks())
    index = pc.index_in(table["person_id"].combine_chunks(), value_set=older)
    held = pc.fill_null(index.take(place), -1).to_numpy(zero_copy_only=False).astype(np.int64)
    used = {*older.to_pylist(), *log["person_id"].to_pylist(), *log["other_id"].to_pylist()}
    firsts = keys.take(pa.array(np.unique(person, return_index=True)[1])).to_pylist()
    assigned = assign(firsts, person, Before(older.to_pylist(), held), used, mint, why)
    rows = _rows(keys, person, probability, assigned, since, on)
    gone = pc.invert(pc.is_in(table["record_key"], value_set=keys))
    changes = [{"changed_on": on, **asdict(change)} for change in assigned.changes]
    log = pa.concat_tables([log, pa.Table.from_pylist(changes, schema=LOG.schema)])
    return _save(
        workspace, facts, pa.concat_tables([rows, _absent(table.filter(gone), assigned)]), log, report
    ), assigned


def _precedence(table: pa.Table) -> tuple[pa.Array, pa.Array]:
    """Return the ids of a map, oldest first and then in alphabetical order, and the day of each."""
    ids = table.group_by(["person_id"]).aggregate([("first_linked_on", "min")])
    ids = ids.sort_by([("first_linked_on_min", "ascending"), ("person_id", "ascending")])
    return ids["person_id"].combine_chunks(), ids["first_linked_on_min"].combine_chunks()


def _rows(
    keys: pa.Array,
    person: NDArray[np.int64],
    probability: NDArray[np.float64],
    assigned: AssignedIds,
    since: pa.Array,
    on: datetime.date,
) -> pa.Table:
    """Return the rows of the records that the newest extracts hold."""
    day = since.take(pa.array(assigned.kept, mask=assigned.kept < 0))
    columns = [
        keys,
        pa.array(assigned.ids, pa.string()).take(pa.array(person)),
        pa.array(probability, mask=np.isnan(probability)),
        pc.fill_null(day, pa.scalar(on, pa.date32())).take(pa.array(person)),
        pa.array(np.ones(len(person), dtype=bool)),
    ]
    return pa.Table.from_arrays(columns, schema=MAP.schema)


def _absent(rows: pa.Table, assigned: AssignedIds) -> pa.Table:
    """Return the rows of records that the newest extracts do not hold: they have no link, and keep their id.

    When that id was merged they follow it: else it would come back with them.
    """
    merged = assigned.merged_into
    ids = pa.array([merged.get(one, one) for one in rows["person_id"].to_pylist()], pa.string())
    rows = rows.set_column(1, MAP.schema.field(1), ids)
    empty = pa.nulls(rows.num_rows, pa.float64())
    rows = rows.set_column(2, MAP.schema.field(2), empty)
    return rows.set_column(4, MAP.schema.field(4), pa.array(np.zeros(rows.num_rows, dtype=bool)))


def _save(workspace: Workspace, facts: PersonMapFacts, people: pa.Table, log: pa.Table, report: Any) -> PersonMap:
    """Write a version of the map and make it the one that holds; the version before the last is removed."""
    parent = identity_store.secure(workspace.identity) / "persons"
    recorder = publications.recorder(workspace, KIND, {"extracts": list(facts.extracts)})
    with artefacts.publish(parent, KIND, facts.as_json(), before=recorder) as draft:
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
