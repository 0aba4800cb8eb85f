"""Building feature sets: partition by partition through the kernel, resumable, the same bytes for the same inputs.

python -m features.matrix --use-case early_help_offer
"""

import datetime
import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features import lint
from features.catalogue import Indicator
from features.code import code_digest
from features.feature_sets import (
    COVERAGE_FILE,
    GROUPS_FILE,
    KIND,
    MATRIX_FILE,
    SCHEMA_VERSION,
    STAGING,
    FeatureSet,
    catalogue_digest,
    open_feature_set,
)
from features.odd_events import odd_events
from features.parts import Part, PartMaker, coverage_sources, split, streams
from features.permissions import require_gateways
from features.use_cases import UseCase
from hub import artefacts
from hub.digests import digest_of
from hub.errors import InputError
from hub.partnership import Partnership
from hub.snapshots import Snapshot
from hub.workspace import Workspace

Report = Callable[[str, int, int], None]
"""Called as `report(step, done, total)` while a build runs."""

_TABLES = {MATRIX_FILE: "matrix", COVERAGE_FILE: "coverage", GROUPS_FILE: "groups"}


def build(
    workspace: Workspace,
    snapshot: Snapshot,
    use_case: UseCase,
    indicators: Sequence[Indicator],
    *,
    partnership: Partnership,
    on: datetime.date,
    despite_leaks: str | None = None,
    report: Report | None = None,
) -> FeatureSet:
    """Build the feature set of a use case from a snapshot. Same inputs give the same bytes and the same digest.

    Memory is bounded by the size of a partition, whatever the number of events. What was done when a build was killed
    is found again by the next one with the same inputs.

    Args:
        workspace: where it is published.
        snapshot: the snapshot; every table is checked against its digest first.
        use_case: cohort, outcome, horizon and dates of looking.
        indicators: the indicators, in the order of the matrix's columns.
        partnership: declares the gateways as they are now.
        on: the day of use, on which the gateways must hold; see `Partnership.day_of_use`.
        despite_leaks: why it is right to build although a check for leaks refuses; it is kept with what was found.
        report: called as the build goes on.

    Raises:
        GatewayError: a source may not be used for the purpose.
        IntegrityError: the snapshot has changed by a byte.
        StateError: a rule of the use case is not in force on a date of looking.
        InputError: nobody is in the cohort on any date.
        LeakError: the future shows in it (features.lint), and no reason was given to build nevertheless.
    """
    snapshot.artefact.verify()
    sources = require_gateways(snapshot, partnership, use_case, indicators, on=on)
    dates = [day for day in use_case.scheduled() if day <= snapshot.known_to]
    for day in dates:
        use_case.require_in_force(day)
    inputs = {
        "snapshot": snapshot.digest,
        "use_case_digest": use_case.digest,
        "catalogue_digest": catalogue_digest(indicators),
        "code_digest": code_digest(),
    }
    staging = workspace.features / f"{STAGING}{digest_of(inputs)}"
    staging.mkdir(parents=True, exist_ok=True)
    looked, outcomes = _stage(staging, snapshot, use_case, indicators, dates, report)
    if not sum(looked.values()):
        shutil.rmtree(staging)
        raise InputError(
            f"Nobody is in the cohort of {use_case.name} on any of {len(dates)} dates of looking.",
            "Check the cohort's rules and event types against the snapshot.",
        )
    horizon = datetime.timedelta(days=use_case.horizon_days)
    facts = {
        "schema_version": SCHEMA_VERSION,
        "partnership": snapshot.artefact.facts["partnership"],
        "known_to": snapshot.known_to.isoformat(),
        "use_case": use_case.model_dump(mode="json"),
        "indicators": [indicator.model_dump(mode="json") for indicator in indicators],
        "coverage": list(coverage_sources(indicators)),
        "rows": {day.isoformat(): looked[day] for day in dates},
        "outcomes": {day.isoformat(): outcomes[day] if day + horizon <= snapshot.known_to else None for day in dates},
        "odd_events": odd_events(snapshot, sources),
        "sources": {name: snapshot.artefact.facts["sources"][name] for name in sources},
        "linkage": snapshot.artefact.facts["linkage"],
    } | inputs
    with artefacts.publish(workspace.features, KIND, facts) as draft:
        for file in _TABLES:
            _join(sorted(staging.glob(f"*.{file}")), draft.path / file)
        draft.facts["leakage"] = lint.of_build(
            workspace, partnership, snapshot, use_case, indicators, draft.path / MATRIX_FILE, despite=despite_leaks
        )
    shutil.rmtree(staging)
    return open_feature_set(workspace, draft.digest)


def _stage(
    staging: Path,
    snapshot: Snapshot,
    use_case: UseCase,
    indicators: Sequence[Indicator],
    dates: Sequence[datetime.date],
    report: Report | None,
) -> tuple[Counter[datetime.date], Counter[datetime.date]]:
    """Make every part that is not there yet; return the rows and the rows with the outcome by date of looking."""
    maker = PartMaker(snapshot, use_case, indicators, dates)
    looked: Counter[datetime.date] = Counter()
    outcomes: Counter[datetime.date] = Counter()
    people, done = snapshot.artefact.facts["rows"]["person"], 0
    for partition in split(snapshot, streams(snapshot, indicators, maker.overs, staging), len(dates)):
        if report is not None:
            report(f"Looking at {people} people on {len(dates)} dates", done, people)
        counts = staging / f"{partition.number:06}.json"
        if not counts.exists():
            _write(maker.part(partition.people, partition.events), staging, partition.number)
        for day, (number, happened) in json.loads(counts.read_text(encoding="utf-8")).items():
            looked[datetime.date.fromisoformat(day)] += number
            outcomes[datetime.date.fromisoformat(day)] += happened
        done += len(partition.people)
    return looked, outcomes


def _write(part: Part, staging: Path, number: int) -> None:
    """Write the tables of a part; last, by one rename, its counts, which say that all of it is there."""
    for file, name in _TABLES.items():
        table = getattr(part, name)
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with pa.OSFile((staging / f"{number:06}.{file}").as_posix(), "wb") as sink:
            writer = pa.ipc.new_file(sink, table.schema, options=options)
            writer.write_table(table)
            writer.close()
    days = Counter(part.matrix["as_of_date"].to_pylist())
    happened = Counter(part.matrix.filter(pc.equal(part.matrix["outcome"], 1))["as_of_date"].to_pylist())
    half = staging / f"{number:06}.half"
    half.write_text(json.dumps({day.isoformat(): [days[day], happened[day]] for day in sorted(days)}), encoding="utf-8")
    half.rename(staging / f"{number:06}.json")


def _join(parts: Sequence[Path], path: Path) -> None:
    """Write parts into one Parquet file: a row group for each that has rows."""
    with pa.ipc.open_file(parts[0]) as first:
        schema = first.schema
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in parts:
            with pa.ipc.open_file(part) as reader:
                table = reader.read_all()
            if len(table):
                writer.write_table(table, row_group_size=len(table))


if __name__ == "__main__":
    from features.cli import build_app
    from hub import command_line

    command_line.run(build_app, name="python -m features.matrix")
