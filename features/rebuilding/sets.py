"""A feature set's rows made again for some people, and compared: matrix, coverage and groups, bit for bit."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.declarations.catalogue import Over
from features.kernel.code import code_digest
from features.kernel.membership import covers, outcome_reported
from features.rebuilding import some_people
from features.rows.beginnings import beginnings
from features.rows.families import families
from features.rows.feature_sets import (
    COVERAGE_FILE,
    FAMILIES_FILE,
    FOLLOWED_FILE,
    GROUPS_FILE,
    MATRIX_FILE,
    FeatureSet,
    open_feature_set,
)
from features.rows.followed import counts, not_followed
from features.rows.parts import coverage_sources
from hub import facts, sql
from hub.errors import NotFoundError
from hub.progress import Progress
from hub.publishing.snapshots import Snapshot, open_snapshot
from hub.rebuilding.rebuilt import Rebuilt, Sample, differences, not_rebuilt
from hub.workspace import Workspace


def rebuild(workspace: Workspace, digest: str, sample: Sample, *, progress: Progress) -> Rebuilt:
    """Make the rows of some people of a feature set again from its snapshot, and compare.

    Of one that was written anew when somebody was erased, indicators over the household and over brothers and sisters
    are not compared: they may hold what that person's events gave others.

    Args:
        workspace: where it and its snapshot lie.
        digest: of the feature set.
        sample: whom.
        progress: called as it goes on.

    Raises:
        IntegrityError: the snapshot or the feature set has changed by a byte.
    """
    found = open_feature_set(workspace, digest)
    if found.facts.code_digest != code_digest():
        return not_rebuilt("made by other code")
    try:
        snapshot = open_snapshot(workspace, found.snapshot_digest)
    except NotFoundError:
        return not_rebuilt("its snapshot is gone")
    with snapshot.artefact.held() as held, found.artefact.held() as stored:
        read, folder = snapshot.read_from(held.artefact), stored.artefact.path
        differs = [*_said(found, read), *_counted(found, read, folder)]
        everybody = pq.read_table(read.path("person"), columns=["person_id"])["person_id"].combine_chunks()
        drawn = sample.of(everybody)
        dates = found.use_case.covered(read.known_to)
        done = 0
        unlike: list[str] = []
        for again in some_people.rows(read, found.use_case, dates, drawn):
            progress("Making rows of the feature set again", done, len(drawn))
            unlike += _unlike(found, folder, again)
            done += len(again.person_ids)
    return Rebuilt(done, len(everybody), tuple(dict.fromkeys([*differs, *unlike])))


def _said(found: FeatureSet, snapshot: Snapshot) -> list[str]:
    """Return which facts do not agree with each other or with the snapshot."""
    told = {
        "use_case_digest": found.use_case.digest,
        "known_to": snapshot.known_to,
        "partnership": snapshot.facts.partnership,
        "coverage": tuple(coverage_sources(found.indicators)),
        "linkage": snapshot.facts.linkage,
        "sources": {name: snapshot.facts.sources.get(name) for name in found.facts.sources},
    }
    if found.facts.rewritten_from:
        del told["linkage"]
    else:
        told["begins"] = beginnings(snapshot, [*found.facts.sources])
    return [f"the fact {name}" for name in facts.differing(found.facts, told)]


def _counted(found: FeatureSet, snapshot: Snapshot, folder: Path) -> list[str]:
    """Return what the rows of everybody tell otherwise than the manifest does, or about whom the snapshot knows not."""
    differs = []
    matrix = pq.read_table(folder / MATRIX_FILE, columns=["as_of_date", "outcome"])
    told, horizon = outcome_reported(snapshot, found.use_case), found.use_case.horizon_days
    rows, outcomes = (
        Counter(table["as_of_date"].to_pylist()) for table in (matrix, matrix.filter(pc.equal(matrix["outcome"], 1)))
    )
    dates = found.use_case.covered(snapshot.known_to)
    if found.facts.rows != {day: rows[day] for day in dates}:
        differs.append("the number of rows by date")
    ended = {day: outcomes[day] if covers(told, day, horizon) else None for day in dates}
    if found.facts.outcomes != ended:
        differs.append("the number of outcomes by date")
    with sql.connect() as connection:
        people, there = (sql.parquet(path) for path in (snapshot.path("person"), folder / MATRIX_FILE))
        [(strangers,)] = connection.execute(
            f"SELECT count(*) FROM (SELECT DISTINCT person_id FROM {there}) ANTI JOIN {people} USING (person_id)"
        ).fetchall()
    made = families(snapshot, pq.read_table(folder / FAMILIES_FILE)["person_id"].combine_chunks(), dates[0])
    if not found.facts.rewritten_from and not made.equals(pq.read_table(folder / FAMILIES_FILE)):
        differs.append("who belongs to which family")
    ended = not_followed(snapshot, found.use_case, folder / MATRIX_FILE)
    if not ended.equals(pq.read_table(folder / FOLLOWED_FILE)) or found.facts.not_followed != counts(ended):
        differs.append("who could not be followed to the end")
    if strangers:
        differs.append(f"{strangers:,} people whom the snapshot does not hold")
    return differs


def _unlike(found: FeatureSet, folder: Path, again: some_people.RebuiltRows) -> list[str]:
    """Return in what the stored rows of some people differ from those made again."""
    whose = pc.field("person_id")
    theirs = (whose >= again.person_ids[0]) & (whose <= again.person_ids[-1]) & whose.isin(again.person_ids)
    differs: list[str] = []
    for name, file, made in (
        ("matrix", MATRIX_FILE, again.part.matrix),
        ("coverage", COVERAGE_FILE, again.part.coverage),
        ("groups", GROUPS_FILE, again.part.groups),
    ):
        stored = pq.read_table(folder / file, filters=theirs, use_threads=False)
        differs += differences(name, *_comparable(found, stored, made))
    return differs


def _comparable(found: FeatureSet, stored: pa.Table, made: pa.Table) -> Sequence[pa.Table]:
    if not found.facts.rewritten_from:
        return stored, made
    of_others = {one.name for one in found.indicators if one.over in (Over.HOUSEHOLD, Over.SIBLINGS)}
    return [table.drop_columns(sorted(of_others & set(table.column_names))) for table in (stored, made)]
