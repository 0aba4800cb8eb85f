"""Lint: all checks for leaks of one use case on one snapshot; the build does them too, and refuses.

    found = lint(workspace, partnership, snapshot, use_case, on=day)
    [one.plain for one in found.findings]
    kept = of_build(workspace, partnership, snapshot, use_case, matrix_path, despite=None)   # or LeakError

Each kind of leak has a module of its own that says what it looks for; `docs/leakage.md` says it for everybody.
"""

import datetime
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from features.declarations.use_cases import UseCase
from features.leakage import (
    cohort_leaks,
    episode_leaks,
    extract_columns,
    not_reported,
    recording_dates,
    single_predictors,
    snapshot_changes,
    snapshot_order,
)
from features.leakage.leaks import Leakage
from features.leakage.looking import Columns, LeakCheck, Seen
from features.rows import unpublished
from features.rows.gateways_needed import require_gateways, require_gateways_to_compare
from hub import sql
from hub.declarations.partnership import Partnership
from hub.errors import GatewayError, StateError
from hub.ledger import publications
from hub.progress import Progress, silent
from hub.publishing.snapshots import KIND as SNAPSHOT
from hub.publishing.snapshots import Snapshot
from hub.workspace import Workspace

MEMORY = "1GB"
"""What the statements of the checks may hold in memory; the rest is spilled."""
MOST_PEOPLE = 20_000
"""Of more people than this `lint` looks at the first by pseudonym, which is chance; the build looks at everybody."""

_TABLES = ("event", "household", "family", "involvement", "person")
CHECKS: tuple[LeakCheck, ...] = (
    episode_leaks,
    extract_columns,
    recording_dates,
    single_predictors,
    cohort_leaks,
    not_reported,
    snapshot_changes,
)
"""Every check, in the order in which they run."""


def lint(
    workspace: Workspace,
    partnership: Partnership,
    snapshot: Snapshot,
    use_case: UseCase,
    *,
    on: datetime.date,
    earlier: Snapshot | None = None,
    progress: Progress = silent,
) -> Leakage:
    """Look for leaks of every kind. Nothing is written.

    Args:
        workspace: where the extracts lie.
        partnership: declares sources and gateways.
        snapshot: what is looked at; every table is checked against its digest first.
        use_case: cohort, outcome, horizon, dates of looking, indicators.
        on: the day of use, on which the gateways of every source that is read must hold.
        earlier: an older snapshot to compare with; None compares with none.
        progress: called at every step.

    Raises:
        GatewayError: a source may not be used for the purpose, in one of the snapshots.
        IntegrityError: a snapshot has changed by a byte.
        NotPublishedError: the ledger does not know `earlier`.
        StateError: `earlier` is not older.
    """
    if earlier is not None and (earlier.digest == snapshot.digest or snapshot_order.precedes(snapshot, earlier)):
        raise StateError(
            f"The snapshot {earlier.digest[:12]} is not older than {snapshot.digest[:12]}.", "Give an older one."
        )
    if earlier is not None:
        publications.read(workspace).require(SNAPSHOT, earlier.digest)
        require_gateways_to_compare(earlier, partnership, use_case, on=on)
    with snapshot.artefact.held() as held:
        read = snapshot.read_from(held.artefact)
        require_gateways(read, partnership, use_case, on=on)
        dates = use_case.covered(snapshot.known_to)
        progress("Building the dates of looking", 0, len(CHECKS) + 1)
        until = unpublished.last_of(read, MOST_PEOPLE)
        table = unpublished.of(read, use_case, dates, until=until)
        return _look(workspace, partnership, read, use_case, table.select, earlier, progress)


def of_build(
    workspace: Workspace,
    partnership: Partnership,
    snapshot: Snapshot,
    use_case: UseCase,
    matrix: Path,
    *,
    on: datetime.date,
    despite: str | None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Return what a feature set keeps under `leakage`: `Leakage.as_json` and `despite`, the reason or null.

    The newest snapshot that is older than this one and may be read for the purpose (`earlier_snapshot`), if any, is
    compared with it.

    Args:
        workspace: where extracts and snapshots lie.
        partnership: declares sources and gateways.
        snapshot: what the matrix was built from.
        use_case: cohort, outcome, horizon, dates of looking, indicators.
        matrix: the Parquet file of the matrix.
        on: the day of use, on which gateways must hold.
        despite: why it is right to build although something refuses.
        progress: called at every step.

    Raises:
        LeakError: something refuses, and no reason was given.
    """

    def columns(names: Sequence[str]) -> pa.Table:
        return pq.read_table(matrix, columns=[*names])

    earlier = earlier_snapshot(workspace, partnership, snapshot, use_case, on=on)
    found = _look(workspace, partnership, snapshot, use_case, columns, earlier, progress)
    found.require_none(despite=despite)
    return {**found.as_json(), "despite": (despite or "").strip() or None}


def earlier_snapshot(
    workspace: Workspace, partnership: Partnership, snapshot: Snapshot, use_case: UseCase, *, on: datetime.date
) -> Snapshot | None:
    """Return the newest snapshot that is older than this one, and that may be read for the use case's purpose."""
    for one in snapshot_order.earlier_snapshots(workspace, snapshot):
        try:
            require_gateways_to_compare(one, partnership, use_case, on=on)
        except GatewayError:
            continue
        return one
    return None


def _look(
    workspace: Workspace,
    partnership: Partnership,
    snapshot: Snapshot,
    use_case: UseCase,
    columns: Columns,
    earlier: Snapshot | None,
    progress: Progress,
) -> Leakage:
    found = []
    with _held(earlier) as earlier, _opened(snapshot, earlier) as connection:
        seen = Seen(connection, workspace, partnership, snapshot, earlier, use_case, columns)
        for number, check in enumerate(CHECKS, 1):
            progress(check.TITLE, number, len(CHECKS) + 1)
            found += check.run(seen)
    return Leakage.of(found, earlier="" if earlier is None else earlier.digest)


@contextmanager
def _held(earlier: Snapshot | None) -> Iterator[Snapshot | None]:
    """Hold the earlier snapshot while it is read; see `Artefact.held`. Whoever gives the other one holds that."""
    if earlier is None:
        yield None
        return
    with earlier.artefact.held() as held:
        yield earlier.read_from(held.artefact)


@contextmanager
def _opened(snapshot: Snapshot, earlier: Snapshot | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the snapshot's tables as views, and those of the earlier one under `earlier_event` and so on."""
    with tempfile.TemporaryDirectory() as spilled, sql.connect(threads=1) as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute(f"SET temp_directory = {sql.text(spilled)}")
        for prefix, one in (("", snapshot), *([] if earlier is None else [("earlier_", earlier)])):
            for table in _TABLES:
                connection.execute(f"CREATE VIEW {prefix}{table} AS FROM {sql.parquet(one.path(table))}")
        yield connection
