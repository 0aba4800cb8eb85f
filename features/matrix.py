"""Building feature sets: the plain SQL builder, obvious and slow, one statement for all indicators.

python -m features.matrix --use-case early_help_offer
"""

import datetime
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from features.catalogue import EventFilter, Indicator
from features.cohorts import cohort_statement, groups_statement, outcome_statement
from features.conditions import event_condition
from features.feature_sets import (
    GROUPS_FILE,
    KIND,
    MATRIX_FILE,
    SCHEMA_VERSION,
    FeatureSet,
    catalogue_digest,
    groups_table,
    matrix_table,
    open_feature_set,
)
from features.sql_form import membership_statement, statement
from features.use_cases import UseCase
from hub import artefacts, sql
from hub.errors import InputError
from hub.partnership import Partnership
from hub.snapshots import Snapshot
from hub.workspace import Workspace

Report = Callable[[str, int, int], None]
"""Called as `report(step, done, total)` while a build runs."""


@contextmanager
def opened(snapshot: Snapshot, as_of_dates: Sequence[datetime.date]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a snapshot for the statements of `measures` and `cohorts`, with `as_of` holding the dates of looking."""
    # One thread: the order in which numbers are added, and so the last bit of a sum, is then always the same.
    connection = sql.connect(threads=1)
    try:
        for table in ("person", "event", "household", "area"):
            connection.execute(f"CREATE VIEW {table} AS FROM {sql.parquet(snapshot.path(table))}")
        connection.execute("CREATE TABLE as_of (as_of_date DATE)")
        connection.executemany("INSERT INTO as_of VALUES (?)", [[day] for day in as_of_dates])
        yield connection
    finally:
        connection.close()


def look(connection: duckdb.DuckDBPyConnection, use_case: UseCase, person_id: str | None = None) -> int:
    """Make `looked` (the cohort on every date of `as_of`) and `membership`; return the number of rows of `looked`.

    Args:
        connection: from `opened`.
        use_case: whose cohort.
        person_id: only this person.
    """
    only = "" if person_id is None else f" AND person_id = {sql.text(person_id)}"
    connection.execute(f"CREATE TABLE looked AS FROM ({cohort_statement(use_case.cohort)}) WHERE true{only}")
    connection.execute(f"CREATE TABLE membership AS {membership_statement()}")
    return int(connection.execute("SELECT count(*) FROM looked").fetchall()[0][0])


def require_gateways(
    snapshot: Snapshot,
    partnership: Partnership,
    use_case: UseCase,
    indicators: Sequence[Indicator],
    *,
    on: datetime.date,
) -> tuple[str, ...]:
    """Check that every source that is read may be used for the use case's purpose on the day `on`.

    Read are the sources of the indicators and those whose events make the cohort and the outcome. Each needs a gateway
    as it was when it entered the snapshot, and one as gateways are declared now: the stricter wins.

    Returns:
        The names of those sources, sorted.

    Raises:
        GatewayError: a source has no valid gateway, then or now; the message names it.
    """
    filters = [use_case.outcome.events]
    cohort = use_case.cohort
    if cohort.with_recent_event is not None:
        filters.append(cohort.with_recent_event.events)
    if cohort.without_event_ever is not None:
        filters.append(cohort.without_event_ever)
    spells = [spell for spell in (cohort.with_open_spell, cohort.without_open_spell) if spell is not None]
    filters += [EventFilter(types=(*spell.starts, *spell.ends)) for spell in spells]
    condition = " OR ".join(f"({event_condition(one)})" for one in filters)
    with sql.connect() as connection:
        rows = connection.execute(
            f"SELECT DISTINCT source FROM {sql.parquet(snapshot.path('event'))} WHERE {condition}"
        ).fetchall()
    sources = sorted({row[0] for row in rows} | {source for indicator in indicators for source in indicator.sources})
    for source in sources:
        snapshot.require_gateway(source, purpose=use_case.purpose, on=on)
        partnership.require_gateway(source, purpose=use_case.purpose, on=on)
    return tuple(sources)


def build(
    workspace: Workspace,
    snapshot: Snapshot,
    use_case: UseCase,
    indicators: Sequence[Indicator],
    *,
    partnership: Partnership,
    on: datetime.date,
    report: Report | None = None,
) -> FeatureSet:
    """Build the feature set of a use case from a snapshot. Same inputs give the same bytes and the same digest.

    Args:
        workspace: where it is published.
        snapshot: the snapshot; every table is checked against its digest first.
        use_case: cohort, outcome, horizon and dates of looking.
        indicators: the indicators, in the order of the matrix's columns.
        partnership: declares the gateways as they are now.
        on: the day of use, on which the gateways must hold; see `Partnership.day_of_use`.
        report: called as the build goes on.

    Raises:
        GatewayError: a source may not be used for the purpose.
        IntegrityError: the snapshot has changed by a byte.
        InputError: nobody is in the cohort on any date.
    """
    snapshot.artefact.verify()
    sources = require_gateways(snapshot, partnership, use_case, indicators, on=on)
    dates = [day for day in use_case.scheduled() if day <= snapshot.known_to]
    matrices, groups = [], []
    rows: dict[str, int] = {}
    outcomes: dict[str, int | None] = {}
    for done, day in enumerate(dates):
        if report is not None:
            report(f"Looking as of {day}", done, len(dates))
        with opened(snapshot, [day]) as connection:
            rows[day.isoformat()] = look(connection, use_case)
            outcome = outcome_statement(use_case, snapshot.known_to)
            joined = f"SELECT * FROM ({statement(indicators)}) JOIN ({outcome}) USING (person_id, as_of_date)"
            matrix = matrix_table(indicators).conform(_arrow(connection, joined))
            groups.append(groups_table(use_case).conform(_arrow(connection, groups_statement(use_case))))
        counted = matrix["outcome"].drop_null()
        outcomes[day.isoformat()] = sum(counted.to_pylist()) if len(counted) or not len(matrix) else None
        matrices.append(matrix)
    if not sum(rows.values()):
        raise InputError(
            f"Nobody is in the cohort of {use_case.name} on any of {len(dates)} dates of looking.",
            "Check the cohort's rules and event types against the snapshot.",
        )
    facts = {
        "schema_version": SCHEMA_VERSION,
        "partnership": snapshot.artefact.facts["partnership"],
        "snapshot": snapshot.digest,
        "known_to": snapshot.known_to.isoformat(),
        "use_case": use_case.model_dump(mode="json"),
        "use_case_digest": use_case.digest,
        "catalogue_digest": catalogue_digest(indicators),
        "indicators": [indicator.model_dump(mode="json") for indicator in indicators],
        "rows": rows,
        "outcomes": outcomes,
        "sources": {name: snapshot.artefact.facts["sources"][name] for name in sources},
        "linkage": snapshot.artefact.facts["linkage"],
    }
    with artefacts.publish(workspace.features, KIND, facts) as draft:
        whole = matrix_table(indicators).conform(pa.concat_tables(matrices))
        pq.write_table(whole, draft.path / MATRIX_FILE, compression="zstd")
        pq.write_table(
            groups_table(use_case).conform(pa.concat_tables(groups)), draft.path / GROUPS_FILE, compression="zstd"
        )
    return open_feature_set(workspace, draft.digest)


def _arrow(connection: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    return connection.sql(query).to_arrow_table()


if __name__ == "__main__":
    from features.cli import build_app
    from hub import command_line

    command_line.run(build_app, name="python -m features.matrix")
