"""Linkage: which records are one person. Precision comes first: a false link gives a child another child's history.

    report = link(workspace, partnership)

The newest extract of each source gives the records (linking.records). Splink weighs pairs of them against strangers and
against brothers and sisters (weighing.pairs, weighing.siblings), clusters are built from the strongest link down
without ever joining records that cannot be one person (linking.clusters, linking.contradictions), and each cluster
keeps its person_id (hub.identity.persons). Everything stays in the identity store; the report holds counts only.
"""

import datetime
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hub import sql
from hub.declarations.admission import last_day
from hub.declarations.partnership import Partnership
from hub.identity import persons
from hub.identity import store as identity_store
from hub.linking import (
    accuracy as linkage_quality,
)
from hub.linking import (
    earlier_pairs,
    engine,
    pair_counts,
    pair_table,
)
from hub.linking import (
    groups as linkage_groups,
)
from hub.linking.accuracy import Known
from hub.linking.engine import FoundPeople
from hub.linking.groups import Levels
from hub.linking.report import LinkageReport as LinkageReport
from hub.linking.spark_candidates import OnSpark
from hub.progress import Progress, silent
from hub.spark import session as spark_session
from hub.staging import extracts
from hub.staging.admitted import admitted_extracts, open_identity
from hub.staging.extracts import Extract
from hub.tables import SCHEMA_VERSION
from hub.weighing import pairs
from hub.workspace import Workspace

THRESHOLD = 0.95
"""Two records are linked when this much or more speaks for one person, as a probability: the odds are 19 to 1. The
default favours precision. On ten hard generated worlds, on a generated county, FEBRL 3 and 4 and fake_1000 it found 0.1
to 2 % of true pairs more than 0.97, with a precision of 0.99 and more; at 0.9 one of the worlds fell to 0.987."""

NO_LINK = "no link is strong enough any more"

_STEPS = (*engine.STEPS, "Giving person ids")


def link(
    workspace: Workspace,
    partnership: Partnership,
    truth: Path | None = None,
    progress: Progress = silent,
    *,
    threshold: float = THRESHOLD,
    on: datetime.date | None = None,
    spark: str | None = None,
) -> LinkageReport:
    """Link the records of the newest extracts and make the resulting person map the one that holds.

    Args:
        workspace: where extracts and the identity store lie.
        partnership: declares which sources hold one record a person.
        truth: CSV file with the columns source, source_person_id, true_person; precision and recall are measured.
        progress: called at every step.
        threshold: probability, in (0, 1), from which two records are linked.
        on: the day of use, on which gateways must hold; None is today (`admission.day_of_use`).
        spark: Spark's master, when candidate pairs are to be looked for there (hub.spark).

    Raises:
        NotFoundError: nothing was ingested yet.
        GatewayError: no source has a gateway that holds; a single one without is left out.
        InputError: the file with the truth cannot be read.
        IntegrityError: an identity file has changed since it was ingested.
        StateError: an ingest or another linkage is at work in this workspace.
    """
    kept, left_out = admitted_extracts(workspace, partnership, on=on)
    with (
        identity_store.working(workspace) as scratch,
        sql.connect() as connection,
        ExitStack() as holding,
    ):
        read = holding.enter_context(extracts.held(workspace, kept))
        connection.execute(f"SET temp_directory = {sql.text((scratch / 'spilt').as_posix())}")
        open_identity(connection, workspace, read)
        known_truth = _read_truth(connection, truth)
        found = _find(workspace, connection, partnership, threshold, progress, spark, scratch)
        progress(_STEPS[3], 3, len(_STEPS))
        keys = _keys(connection)
        linkage_groups.open_areas(connection, [extract.path / "area.parquet" for extract in read])
        groups = linkage_groups.levels(connection)
        holding.close()  # all that is read was read: is it still what was checked?
        if found.memory is not None:
            earlier_pairs.save(workspace, connection, found.memory, found.frequencies)
        report = _report(connection, found, kept, left_out, groups, threshold)
        if known_truth:
            known = Known(found.person, linkage_quality.codes(known_truth.get(key) for key in keys.to_pylist()))
            report = replace(report, quality=known.quality(), groups=known.by_group(groups))
        return _keep(workspace, connection, partnership, kept, found, keys, report)


def _find(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    partnership: Partnership,
    threshold: float,
    progress: Progress,
    spark: str | None,
    scratch: Path,
) -> FoundPeople:
    """Find people among the records of the view `identity_row`, with what is still true of the linkage before."""
    once = [source.name for source in partnership.sources if source.one_record_per_person]
    with spark_session(spark, scratch) as session:
        return engine.find_people(
            connection,
            once,
            threshold,
            lambda step: progress(step, _STEPS.index(step), len(_STEPS)),
            earlier=earlier_pairs.open_pairs(workspace),
            spark=OnSpark(session, scratch) if session is not None else None,
            placeholders=partnership.file.placeholders,
        )


def _report(
    connection: duckdb.DuckDBPyConnection,
    found: FoundPeople,
    kept: Sequence[Extract],
    left_out: dict[str, str],
    groups: Levels,
    threshold: float,
) -> LinkageReport:
    """Return how it went, in counts, as far as it can be said without truth."""
    return LinkageReport(
        records=found.records,
        people=found.people,
        method=found.method,
        why=found.why,
        threshold=threshold,
        refused=found.refused,
        people_by_records=_sizes(found.person),
        left_out=left_out,
        model={**found.model, "identifiers_that_name_nobody": found.refused_identifiers},
        extracts=[extract.digest for extract in kept],
        blocks=found.blocks,
        components=found.components,
        recalled=found.recalled,
        set_aside=found.set_aside,
        expected=found.expected,
        unlinked=_unlinked(connection, found.person),
        pairs_by_weight=pair_counts.by_weight(connection, found.person),
        without_truth=linkage_groups.without_truth(
            found.person, found.weight, groups, pairs.bits(threshold), linkage_groups.aside(connection)
        ),
    )


def _keep(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    partnership: Partnership,
    kept: Sequence[Extract],
    found: FoundPeople,
    keys: pa.Array,
    report: LinkageReport,
) -> LinkageReport:
    """Give each person the person_id that they had, or a new one, and make the map the one that holds."""
    person_map, assigned = persons.update(
        workspace,
        keys,
        found.person,
        pairs.probabilities(found.weight),
        on=last_day(kept),
        why=lambda partings: [cause or NO_LINK for cause in pair_table.reasons_between(connection, partings)],
        facts=persons.PersonMapFacts(
            schema_version=SCHEMA_VERSION,
            partnership=partnership.name,
            linked_on=last_day(kept),
            extracts=tuple(report.extracts),
            threshold=report.threshold,
            records=report.records,
            people=report.people,
        ),
        report=report.as_json(),
    )
    return replace(report, changes=assigned.counts(), map_digest=person_map.artefact.digest)


def _unlinked(connection: duckdb.DuckDBPyConnection, person: NDArray[np.int64]) -> dict[str, int]:
    """Return how many records each source has of which not one is linked to another source; none for one source."""
    sources = connection.execute("SELECT source FROM record ORDER BY number").fetchnumpy()["source"]
    names, of = np.unique(sources, return_inverse=True)
    pairs = np.unique(np.column_stack([person, of]), axis=0)
    people, many = np.unique(pairs[:, 0], return_counts=True)
    linked = np.unique(pairs[np.isin(pairs[:, 0], people[many > 1]), 1])
    return {str(name): int((of == at).sum()) for at, name in enumerate(names) if len(names) > 1 and at not in linked}


def _keys(connection: duckdb.DuckDBPyConnection) -> pa.Array:
    return connection.sql("SELECT record_key FROM record ORDER BY number").to_arrow_table()[0].combine_chunks()


def _sizes(person: NDArray[np.int64]) -> dict[int, int]:
    sizes, people = np.unique(np.bincount(person), return_counts=True)
    return dict(zip(sizes.tolist(), people.tolist(), strict=True))


def _read_truth(connection: duckdb.DuckDBPyConnection, truth: Path | None) -> dict[str, str]:
    if truth is None:
        return {}
    rows = connection.execute("SELECT DISTINCT record_key, source, source_person_id FROM identity_row").fetchall()
    return linkage_quality.read_truth(truth, rows)
