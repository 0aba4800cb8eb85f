"""Publish: linked people and what happened to them become an immutable snapshot without names.

    snapshot = publish(workspace, partnership)

Events, involvements and families get the person_id of their record, sorted by person; the person and household tables
are made from the identity store. A source whose gateways do not hold any more stays out, and the snapshot names it.

The snapshot appears whole, and then the pointer `current` names it: a kill at any step leaves the old snapshot or the
new one.
"""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from hub import artefacts, parquet_files, sql
from hub.declarations import admission
from hub.declarations.partnership import Partnership
from hub.declarations.sources import Source
from hub.digests import sources_digest
from hub.errors import StateError
from hub.identity import persons, pseudonyms
from hub.identity import store as identity_store
from hub.identity.persons import PersonMap
from hub.ledger import publications
from hub.progress import Progress, silent
from hub.publishing import households, spark_tables
from hub.publishing import people as person_table
from hub.publishing.snapshot_facts import ExtractUsed, Households, LeftOut, LinkageFacts, SnapshotFacts, TableRows
from hub.publishing.snapshots import CURRENT, KIND, Snapshot, SourceFacts, open_snapshot
from hub.spark import session as spark_session
from hub.staging import extracts, periods, reporting
from hub.staging.admitted import admitted_extracts, open_identity
from hub.staging.extracts import Extract, current_extracts
from hub.tables import AREA, AREA_EVENT, EVENT, FAMILY, INVOLVEMENT, SCHEMA_VERSION, Table
from hub.workspace import Workspace

FROM_REPORT = (
    *("records", "people", "merged_records", "method", "why", "threshold", "refused", "people_by_records"),
    *("quality", "groups"),
)
"""What a snapshot says of its linkage as the person map's report does."""
NO_RECORD = "no identity row of the newest delivery says whose it is"
_STEPS = ("Checking extracts", "People", "Households", "Events", "Involvements, families, areas", "Publishing")


def publish(
    workspace: Workspace,
    partnership: Partnership,
    purpose: str | None = None,
    progress: Progress = silent,
    *,
    on: datetime.date | None = None,
    spark: str | None = None,
    by: str = publications.OPERATOR,
) -> Snapshot:
    """Publish a snapshot of the newest extracts and make it the current one. The same inputs give the same digest.

    Args:
        workspace: where extracts, the identity store and snapshots lie.
        partnership: declares sources and gateways.
        purpose: every source must have a gateway for it; None leaves out sources without any gateway that holds, and
            names them in the snapshot.
        progress: called at every step.
        on: the day of use, on which gateways must hold, as on the last day covered; None is today.
        spark: Spark's master, when events are to be joined and sorted there (hub.spark).
        by: who publishes, for the ledger.

    Raises:
        NotPublishedError: an extract or the person map was put there by hand: the ledger does not know it.
        GatewayError: no source is left, or a source has no gateway for the purpose; nothing is written.
        NotFoundError: nothing was ingested, or people were not linked.
        StateError: extracts came in since people were linked.
        IntegrityError: an extract, an identity file or the person map has changed by a byte.
    """
    used_on = admission.day_of_use(workspace, partnership) if on is None else on
    if purpose is not None:
        _require_purpose(workspace, partnership, purpose, used_on)
    kept, left_out = admitted_extracts(workspace, partnership, on=used_on)
    known_to = admission.last_day(kept)
    sources = _declared(partnership, kept)
    key = pseudonyms.open_key(workspace, may_create=False)
    with identity_store.working(workspace) as scratch:
        artefacts.remove_drafts(workspace.snapshots)
        person_map = persons.open_map(workspace)
        publications.read(workspace).require(persons.KIND, person_map.artefact.digest)
        left_out = _matched(workspace, partnership, person_map, kept, left_out)
        progress(_STEPS[0], 0, len(_STEPS))
        made_from = {"extracts": [one.digest for one in kept], "person_map": person_map.artefact.digest}
        more = {"current": True, "sources": [one.name for one in sources]}
        recorder = publications.recorder(
            workspace, KIND, made_from, by=by, code=sources_digest(Path(__file__).parents[1]), more=more
        )
        with (
            artefacts.publish(workspace.snapshots, KIND, {}, before=recorder) as draft,
            sql.connect() as connection,
            extracts.held(workspace, kept) as read,
        ):
            connection.execute(f"SET temp_directory = {sql.text((scratch / 'spilt').as_posix())}")
            open_identity(connection, workspace, read)
            open_people(connection, person_map)
            progress(_STEPS[1], 1, len(_STEPS))
            rows = {
                "person": person_table.build(connection, [one.name for one in sources], draft.path / "person.parquet")
            }
            progress(_STEPS[2], 2, len(_STEPS))
            homes = households.build(connection, key, draft.path / "household.parquet")
            rows["household"] = homes.rows
            rejected: Counter[tuple[str, str, str]] = Counter()
            for at, table in ((3, EVENT), (4, INVOLVEMENT), (4, FAMILY)):
                progress(_STEPS[at], at, len(_STEPS))
                with spark_session(spark if table is EVENT else None, scratch) as session:
                    rows[table.name] = _write_by_person(
                        connection, read, table, draft.path, rejected, session=session, scratch=scratch
                    )
            rows["area"] = write_areas(connection, read, [one.name for one in sources], draft.path / "area.parquet")
            rows["area_event"] = parquet_files.write(
                connection, periods.staged(read, AREA_EVENT), AREA_EVENT, draft.path / "area_event.parquet"
            )
            progress(_STEPS[5], 5, len(_STEPS))
            draft.facts = SnapshotFacts(
                schema_version=SCHEMA_VERSION,
                partnership=partnership.name,
                known_to=known_to,
                rows=TableRows(**rows),
                sources={source.name: _source(partnership, source, kept) for source in sources},
                extracts=tuple(_used(one) for one in kept),
                linkage=_linkage(person_map, Households(**asdict(homes)), rejected, left_out),
            ).as_json()
        artefacts.write_pointer(workspace.snapshots / CURRENT, draft.digest)
    return open_snapshot(workspace)


def _require_purpose(workspace: Workspace, partnership: Partnership, purpose: str, on: datetime.date) -> None:
    """Raise GatewayError unless every declared source that was delivered has a gateway for `purpose`."""
    delivered = current_extracts(workspace)
    for source in _declared(partnership, delivered):
        admission.require_both(partnership, source.name, purpose=purpose, covered=admission.last_day(delivered), on=on)


def _declared(partnership: Partnership, kept: Sequence[Extract]) -> list[Source]:
    """Return the declared sources of extracts, in the order of sources.yaml."""
    delivered = {extract.source for extract in kept}
    return [source for source in partnership.sources if source.name in delivered]


def _matched(
    workspace: Workspace,
    partnership: Partnership,
    person_map: PersonMap,
    kept: Sequence[Extract],
    left_out: Mapping[str, str],
) -> dict[str, str]:
    """Check that people were linked from these extracts; return what is said of the sources left out.

    Of a source whose gateway ended after people were linked, no row is used; that its records took part in saying who
    is who is told, and the next linkage mends it.

    Raises:
        StateError: people were linked from other extracts.
    """
    linked = set(person_map.facts.extracts)
    ended = {
        extract.digest: extract.source
        for extract in current_extracts(workspace)
        if extract.source in {source.name for source in partnership.sources} and extract not in kept
    }
    if linked - ended.keys() != {extract.digest for extract in kept}:
        raise StateError(
            "Extracts came in since people were linked, or a gateway holds again.",
            "Run `sentinel hub link`, then publish.",
        )
    took_part = {source for digest, source in ended.items() if digest in linked}
    return {
        source: f"{why} People were linked while it could be used: run `sentinel hub link` again."
        if source in took_part
        else why
        for source, why in left_out.items()
    }


def _source(partnership: Partnership, source: Source, kept: Sequence[Extract]) -> SourceFacts:
    """Return what the manifest says of a source of which extracts are kept.

    What it brings is what is declared, and what its extracts hold: sources.yaml may have changed since they came in.
    """
    own = [one for one in kept if one.source == source.name]
    types = {event.type for event in source.events}.union(*(one.facts.since for one in own))
    told = types.intersection(*(one.facts.since for one in own))
    return SourceFacts(
        title=source.title,
        agency=source.agency,
        sector=partnership.carried(source).sector,
        level=source.carries,
        gateways=tuple(partnership.gateways_of(source)),
        assumed_recording=source.assumed_recording,
        recording_delay_days=source.delay_days,
        types=tuple(sorted(types)),
        types_not_told=tuple(sorted(types - told)),
        reported=reporting.of_source(source, own),
    )


def _used(extract: Extract) -> ExtractUsed:
    return ExtractUsed(
        digest=extract.digest,
        source=extract.source,
        delivered_on=extract.delivered_on,
        periods=extract.facts.periods,
        rows=dict(extract.facts.rows),
    )


def open_people(connection: duckdb.DuckDBPyConnection, person_map: PersonMap) -> None:
    """Make the table `person_of`: record_key → person_id of the records in the newest extracts."""
    connection.register("map_given", person_map.table())
    connection.execute("CREATE TABLE person_of AS SELECT record_key, person_id FROM map_given WHERE present")
    connection.unregister("map_given")


def _write_by_person(
    connection: duckdb.DuckDBPyConnection,
    kept: Sequence[Extract],
    table: Table,
    folder: Path,
    rejected: Counter[tuple[str, str, str]],
    *,
    session: Any,
    scratch: Path,
) -> int:
    """Write the staged rows of `table` under person ids; count those without an identity row in `rejected`."""
    staged = f"({periods.staged(kept, table)})"
    lost = connection.execute(
        f"SELECT source, count(*) FROM {staged} ANTI JOIN person_of USING (record_key) GROUP BY source ORDER BY source"
    ).fetchall()
    for source, rows in lost:
        rejected[source, table.name, NO_RECORD] += rows
    path = folder / f"{table.name}.parquet"
    if session is not None:
        return spark_tables.by_person(session, connection, staged, table, path, scratch)
    return parquet_files.write(connection, of_people(kept, table), table, path, unique=table is EVENT)


def of_people(kept: Sequence[Extract], table: Table, people: str = "person_of") -> str:
    """Return the SELECT of the staged rows of `table` (EVENT, INVOLVEMENT or FAMILY) under person ids.

    Args:
        kept: the extracts.
        table: which.
        people: relation with record_key and person_id; rows of other records are left out.
    """
    began = "coalesce(valid_from, known_from)" if table is FAMILY else "valid_from"
    columns = "*" if table is EVENT else f"* REPLACE ({began} AS valid_from)"
    return f"SELECT {columns} FROM ({periods.staged(kept, table)}) JOIN {people} USING (record_key)"


def write_areas(
    connection: duckdb.DuckDBPyConnection, kept: Sequence[Extract], sources: Sequence[str], path: Path
) -> int:
    """Write the areas; of an area that several sources describe, what the first one of `sources` says."""
    rank = {source: at for at, source in enumerate(sources)}
    parts = " UNION ALL ".join(
        f"SELECT *, {rank[extract.source]} AS rank FROM {sql.parquet(extract.path / 'area.parquet')}"
        for extract in kept
    )
    first = "row_number() OVER (PARTITION BY area_id ORDER BY rank, name, local_authority, imd_decile, imd_vintage) = 1"
    return parquet_files.write(connection, f"SELECT * FROM ({parts}) QUALIFY {first}", AREA, path, unique=True)


def _linkage(
    person_map: PersonMap,
    homes: Households,
    rejected: Mapping[tuple[str, str, str], int],
    sources_left_out: Mapping[str, str],
) -> LinkageFacts:
    """Return the linkage's counts, and the rows and sources that are not in the snapshot, with reasons."""
    report = person_map.report
    return LinkageFacts(
        **{name: report[name] for name in FROM_REPORT},
        without_truth=report.get("without_truth", ()),
        households=homes,
        left_out=tuple(
            LeftOut(source=source, table=table, reason=reason, rows=rows)
            for (source, table, reason), rows in sorted(rejected.items())
        ),
        sources_left_out=sources_left_out,
    )
