"""Building feature sets: partition by partition through the kernel, resumable, the same bytes for the same inputs.

python -m features build --use-case early_help_offer
"""

import datetime
import shutil
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from features.batch import spark_parts, waiting_parts
from features.declarations.use_cases import UseCase
from features.kernel.code import code_digest
from features.kernel.membership import covers, outcome_reported
from features.leakage import lint
from features.rows.beginnings import beginnings
from features.rows.families import families
from features.rows.feature_set_facts import OddEvents
from features.rows.feature_sets import (
    FAMILIES_FILE,
    FOLLOWED_FILE,
    KIND,
    MATRIX_FILE,
    SCHEMA_VERSION,
    STAGING,
    FeatureSet,
    FeatureSetFacts,
    LeakageFacts,
    open_feature_set,
)
from features.rows.followed import counts, not_followed
from features.rows.gateways_needed import require_gateways
from features.rows.odd_events import odd_events
from features.rows.parts import PartMaker, coverage_sources, split, streams
from hub import artefacts
from hub.declarations.partnership import Partnership
from hub.digests import digest_of
from hub.errors import InputError
from hub.ledger import publications
from hub.progress import Progress, silent
from hub.publishing.snapshots import Snapshot
from hub.spark import session as spark_session
from hub.workspace import Workspace


def build(
    workspace: Workspace,
    snapshot: Snapshot,
    use_case: UseCase,
    *,
    partnership: Partnership,
    on: datetime.date,
    despite_leaks: str | None = None,
    progress: Progress = silent,
    spark: str | None = None,
    by: str = publications.OPERATOR,
) -> FeatureSet:
    """Build the feature set of a use case from a snapshot. Same inputs give the same bytes and the same digest.

    Memory is bounded by the size of a partition, whatever the number of events. What was done when a build was killed
    is found again by the next one with the same inputs.

    Args:
        workspace: where it is published.
        snapshot: the snapshot; every table is checked against its digest first.
        use_case: cohort, outcome, horizon, dates of looking, and the indicators in the order of the columns.
        partnership: declares the gateways as they are now.
        on: the day of use, on which the gateways must hold; see `hub.declarations.admission.day_of_use`.
        despite_leaks: why it is right to build although a check for leaks refuses; it is kept with what was found.
        progress: called as the build goes on.
        spark: Spark's master, when the parts are to be made there (hub.spark).
        by: who builds, for the ledger.

    Raises:
        GatewayError: a source may not be used for the purpose.
        IntegrityError: the snapshot has changed by a byte, or changed while it was read.
        StateError: a rule of the use case is not in force on a date of looking, or another build with the same inputs
            is at work.
        InputError: nobody is in the cohort on any date.
        LeakError: the future shows in it (features.leakage.lint), and no reason was given to build nevertheless.
    """
    inputs = {
        "snapshot": snapshot.digest,
        "use_case_digest": use_case.digest,
        "code_digest": code_digest(),
    }
    recorder = publications.recorder(
        workspace,
        KIND,
        {name: inputs[name] for name in ("snapshot", "use_case_digest")},
        by=by,
        code=inputs["code_digest"],
    )
    folder = workspace.features / f"{STAGING}{digest_of(inputs)}"
    with snapshot.artefact.held() as held:
        read = snapshot.read_from(held.artefact)
        sources = require_gateways(read, partnership, use_case, on=on)
        dates = use_case.covered(snapshot.known_to)
        for day in dates:
            use_case.require_in_force(day)
        with waiting_parts.working(folder):
            waiting_parts.keep_only_of(folder, held.hold.states)
            # Spark's workers are other processes, which cannot follow the path that this one holds open.
            _stage(folder, read if spark is None else snapshot, use_case, dates, progress, spark)
            held.require_unchanged()
            facts = _facts(folder, read, use_case, dates, sources)
            with artefacts.publish(workspace.features, KIND, {}, before=recorder) as draft:
                for file in waiting_parts.FILES:
                    waiting_parts.join(folder, file, draft.path / file)
                _write_families(draft.path, read, dates[0])
                ended = not_followed(read, use_case, draft.path / MATRIX_FILE)
                pq.write_table(ended, draft.path / FOLLOWED_FILE, compression="zstd")
                facts = facts.model_copy(update={"not_followed": counts(ended)})
                leakage = lint.of_build(
                    workspace,
                    partnership,
                    read,
                    use_case,
                    draft.path / MATRIX_FILE,
                    on=on,
                    despite=despite_leaks,
                    progress=progress,
                )
                looked = LeakageFacts.model_validate(leakage)
                draft.facts = facts.model_copy(update={"leakage": looked}).as_json()
                held.require_unchanged()
            shutil.rmtree(folder)
    return open_feature_set(workspace, draft.digest)


def _write_families(folder: Path, snapshot: Snapshot, since: datetime.date) -> None:
    """Write who belongs with whom, of the people of the matrix in `folder`."""
    ids = pq.read_table(folder / MATRIX_FILE, columns=["person_id"])["person_id"].unique().sort()
    pq.write_table(families(snapshot, ids, since), folder / FAMILIES_FILE, compression="zstd")


def _facts(
    folder: Path,
    snapshot: Snapshot,
    use_case: UseCase,
    dates: Sequence[datetime.date],
    sources: Sequence[str],
) -> FeatureSetFacts:
    """Return what the manifest says of the parts in `folder`, but for what the checks for leaks find.

    Raises:
        InputError: nobody is in the cohort on any date; the parts are removed.
    """
    looked, outcomes = waiting_parts.counts(folder)
    if not sum(looked.values()):
        shutil.rmtree(folder)
        raise InputError(
            f"Nobody is in the cohort of {use_case.name} on any of {len(dates)} dates of looking.",
            "Check the cohort's rules and event types against the snapshot.",
        )
    told, horizon = outcome_reported(snapshot, use_case), use_case.horizon_days
    return FeatureSetFacts(
        schema_version=SCHEMA_VERSION,
        partnership=snapshot.facts.partnership,
        snapshot=snapshot.digest,
        known_to=snapshot.known_to,
        use_case=use_case,
        use_case_digest=use_case.digest,
        code_digest=code_digest(),
        coverage=tuple(coverage_sources(use_case.indicators)),
        rows={day: looked[day] for day in dates},
        outcomes={day: outcomes[day] if covers(told, day, horizon) else None for day in dates},
        not_followed={},
        begins=beginnings(snapshot, sources),
        odd_events={name: OddEvents(**counted) for name, counted in odd_events(snapshot, sources).items()},
        sources={name: snapshot.facts.sources[name] for name in sources},
        linkage=snapshot.facts.linkage,
    )


def _stage(
    folder: Path,
    snapshot: Snapshot,
    use_case: UseCase,
    dates: Sequence[datetime.date],
    progress: Progress,
    spark: str | None,
) -> None:
    """Make every part that is not there yet."""
    maker = PartMaker(snapshot, use_case, dates)
    people, done = snapshot.facts.rows.person, 0
    says = f"Looking at {people} people on {len(dates)} dates"
    progress(says, done, people)
    files = streams(snapshot, use_case.indicators, maker.overs, folder)
    with spark_session(spark, folder) as session:
        if session is not None:
            spark_parts.make(session, spark_parts.Job(snapshot, use_case, dates, files, folder))
            return
    for partition in split(snapshot, files, len(dates)):
        if not waiting_parts.is_there(folder, partition.number):
            waiting_parts.put(maker.part(partition.people, partition.events), folder, partition.number)
        done += len(partition.people)
        progress(says, done, people)
