"""A snapshot's tables made again from its extracts and its person map, and compared.

The small tables (person, household, area, area_event) are made again whole. Of the large ones (event, involvement,
family) the rows of the people drawn are made again and compared bit for bit, and the rows of everybody by their number
and the sum of their hashes, which needs no sorting: a row that was added, removed or changed shows in it, whoever it is
about. The digest is not compared: gateways and titles in the manifest are what the partnership's files said on the day,
and another version of the Parquet library writes the same rows in other bytes.
"""

import datetime
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hub import artefacts, parquet_files, sql
from hub.declarations import admission
from hub.declarations.partnership import Partnership
from hub.digests import sources_digest
from hub.errors import NotFoundError
from hub.identity import persons, pseudonyms
from hub.identity import store as identity_store
from hub.identity.persons import PersonMap
from hub.ledger.publications import Publication, Publications
from hub.progress import Progress
from hub.publishing import households, publish
from hub.publishing import people as person_table
from hub.publishing.snapshot_facts import Households
from hub.publishing.snapshots import KIND, Snapshot, open_snapshot
from hub.rebuilding.rebuilt import Rebuilt, Sample, differences, not_rebuilt
from hub.staging import extracts, periods
from hub.staging.admitted import open_identity
from hub.staging.extracts import Extract
from hub.tables import AREA, AREA_EVENT, EVENT, FAMILY, HOUSEHOLD, INVOLVEMENT, PERSON, SNAPSHOT_TABLES, Table
from hub.workspace import Workspace

_STEPS = 6
_SAID_OF_EXTRACTS = ("source", "delivered_on", "periods")


def rebuild(
    workspace: Workspace,
    partnership: Partnership,
    digest: str,
    known: Publications,
    sample: Sample,
    *,
    progress: Progress,
) -> Rebuilt:
    """Make the tables of a snapshot again and compare.

    Args:
        workspace: where it and its inputs lie.
        partnership: says in which order sources are believed, where the publication does not.
        digest: of the snapshot.
        known: what the ledger knows.
        sample: of whom events, involvements and families are compared bit for bit.
        progress: called as it goes on.

    Raises:
        IntegrityError: an extract, an identity file, the person map or the snapshot has changed by a byte.
        StateError: an ingest, a linkage or an erasure is at work.
    """
    snapshot = open_snapshot(workspace, digest)
    publication = known.require(KIND, snapshot.digest)
    facts = snapshot.facts
    try:
        kept = [extracts.open_extract(workspace, one.digest) for one in facts.extracts]
    except NotFoundError:
        return not_rebuilt("its extracts are gone")
    if not kept:
        return not_rebuilt("it names no extracts")
    person_map = _map(workspace, snapshot, known)
    if person_map is None:
        return not_rebuilt("its person map is gone")
    order = _order(partnership, publication, tuple(facts.sources))
    if order is None:
        return not_rebuilt("a source of it is declared no more, so nobody can say in which order they were believed")
    with (
        identity_store.working(workspace) as scratch,
        snapshot.artefact.held() as held,
        extracts.held(workspace, kept) as read,
        sql.connect() as connection,
    ):
        connection.execute(f"SET temp_directory = {sql.text((scratch / 'spilt').as_posix())}")
        again = _Again(workspace, snapshot.read_from(held.artefact), person_map, read, order, connection, scratch)
        everybody = pq.read_table(again.snapshot.path(PERSON.name), columns=["person_id"])["person_id"]
        drawn = sample.of(everybody.combine_chunks())
        small = again.small(progress)
        differs = [*_said(snapshot, kept, person_map), *again.counted(), *again.large(drawn, progress)]
    if small and publication.code not in {None, sources_digest(Path(publish.__file__).parents[1])}:
        why = f"other code made it, and this code gives something else: {small[0]}"
        return Rebuilt(len(drawn), len(everybody), tuple(differs), why)
    return Rebuilt(len(drawn), len(everybody), (*small, *differs))


def _map(workspace: Workspace, snapshot: Snapshot, known: Publications) -> PersonMap | None:
    """Return the person map that a snapshot was published from, or what an erasure made of it; None when it is gone."""
    first = (snapshot.facts.rewritten_from or (snapshot.digest,))[0]
    named = {one.inputs.get("person_map") for one in known.of(KIND, first)} - {None}
    parent = workspace.identity / "persons"
    for digest in artefacts.digests_in(parent):
        found = artefacts.open_artefact(parent, digest, persons.KIND)
        if known.of(persons.KIND, digest) and named & {digest, *found.facts.get("rewritten_from", ())}:
            found.verify()
            return persons.read_map(found)
    return None


def _order(partnership: Partnership, publication: Publication, sources: Sequence[str]) -> list[str] | None:
    """Return the sources of a snapshot in the order in which they were believed; None when nobody can say."""
    said = publication.more.get("sources")
    order = list(said) if said is not None else [one.name for one in partnership.sources if one.name in sources]
    return order if sorted(order) == sorted(sources) else None


def _said(snapshot: Snapshot, kept: Sequence[Extract], person_map: PersonMap) -> list[str]:
    """Return what the manifest says of the snapshot's inputs otherwise than they do."""
    facts, found = snapshot.facts, []
    if not {one.digest for one in kept} <= set(person_map.facts.extracts):
        found.append("its person map is of other extracts")
    if admission.last_day(kept) != facts.known_to:
        found.append("known_to is not the day of its newest extract")
    found += _told_too_much(snapshot, kept)
    for said, extract in zip(facts.extracts, kept, strict=True):
        for name in _SAID_OF_EXTRACTS:
            if getattr(said, name) != getattr(extract.facts, name):
                found.append(f"{name} of an extract is not what the extract says")
    report, linkage = person_map.report, facts.linkage.as_json()
    found += [f"{name} of the linkage" for name in publish.FROM_REPORT if linkage[name] != report[name]]
    return found


def _told_too_much(snapshot: Snapshot, kept: Sequence[Extract]) -> list[str]:
    """Return the sources that are said to have told of days on which nothing of them had been delivered yet."""
    newest: dict[str, datetime.date] = {}
    for one in kept:
        newest[one.source] = max(newest.get(one.source, datetime.date.min), one.delivered_on)
    return [
        f"{source} is said to have told of days after its newest delivery"
        for source, day in sorted(newest.items())
        if (until := snapshot.reported(source).until) is not None and until > day
    ]


class _Again:
    """Everything that the tables of one snapshot are made of, held while it is read."""

    def __init__(
        self,
        workspace: Workspace,
        snapshot: Snapshot,
        person_map: PersonMap,
        read: Sequence[Extract],
        order: Sequence[str],
        connection: duckdb.DuckDBPyConnection,
        scratch: Path,
    ) -> None:
        self.snapshot, self.read, self.order = snapshot, read, order
        self.connection, self.scratch = connection, scratch
        self.key = pseudonyms.open_key(workspace, may_create=False)
        self.rewritten = bool(snapshot.facts.rewritten_from)
        open_identity(connection, workspace, read)
        publish.open_people(connection, person_map)

    def small(self, progress: Progress) -> list[str]:
        """Make the small tables again, whole; return what differs."""
        progress("Making the snapshot's people again", 0, _STEPS)
        person_table.build(self.connection, self.order, self._draft(PERSON))
        found = self._compared(PERSON)
        if not self.rewritten:  # whom an erasure took out of a crowded address makes it less crowded
            progress("Making the snapshot's households again", 1, _STEPS)
            counts = Households(**asdict(households.build(self.connection, self.key, self._draft(HOUSEHOLD))))
            found += self._compared(HOUSEHOLD)
            found += ["the number of households"] if self.snapshot.facts.linkage.households != counts else []
        progress("Making the snapshot's areas again", 2, _STEPS)
        publish.write_areas(self.connection, self.read, self.order, self._draft(AREA))
        return found + self._compared(AREA)

    def large(self, people: pa.Array, progress: Progress) -> list[str]:
        """Make the rows of some people again, and count those of everybody; return what differs."""
        figures = periods.staged(self.read, AREA_EVENT)
        parquet_files.write(self.connection, figures, AREA_EVENT, self._draft(AREA_EVENT))
        found = self._compared(AREA_EVENT)
        self.connection.register("drawn", pa.table({"person_id": people}))
        self.connection.execute("CREATE TABLE person_drawn AS FROM person_of SEMI JOIN drawn USING (person_id)")
        for done, table in enumerate((EVENT, INVOLVEMENT, FAMILY), start=3):
            progress(f"Making the snapshot's table {table.name} again", done, _STEPS)
            found += self._drawn(table, people) or self._everybody(table)
        return found

    def counted(self) -> list[str]:
        """Return the tables that have another number of rows than the manifest says."""
        said = dict(self.snapshot.facts.rows)
        rows = {one.name: pq.read_metadata(self.snapshot.path(one.name)).num_rows for one in SNAPSHOT_TABLES}
        return [
            f"{name} has {many:,} rows, and not what its manifest says"
            for name, many in rows.items()
            if many != said[name]
        ]

    def _draft(self, table: Table) -> Path:
        return self.scratch / f"{table.name}.parquet"

    def _compared(self, table: Table) -> list[str]:
        made = pq.read_table(self._draft(table))
        return differences(table.name, pq.read_table(self.snapshot.path(table.name)), made)

    def _drawn(self, table: Table, people: pa.Array) -> list[str]:
        """Compare the rows of some people, bit for bit."""
        statement = publish.of_people(self.read, table, "person_drawn")
        parquet_files.write(self.connection, statement, table, self._draft(table), unique=table is EVENT)
        stored = pq.read_table(
            self.snapshot.path(table.name), filters=pc.field("person_id").isin(people), use_threads=False
        )
        return differences(table.name, stored, pq.read_table(self._draft(table)))

    def _everybody(self, table: Table) -> list[str]:
        """Compare the rows of everybody by their number and the sum of their hashes."""
        stored = self._fingerprint(f"FROM {sql.parquet(self.snapshot.path(table.name))}", table)
        made = self._fingerprint(publish.of_people(self.read, table), table)
        if stored == made:
            return []
        return [f"{table.name} of others: {stored[0]:,} rows, and {made[0]:,} other ones when made again"]

    def _fingerprint(self, select: str, table: Table) -> tuple[int, int]:
        names = ", ".join(sql.name(field.name) for field in table.fields)
        [(rows, total)] = self.connection.execute(
            f"SELECT count(*), sum(hash({names})::HUGEINT) FROM ({select})"
        ).fetchall()
        return int(rows), int(total or 0)
