"""An online source's vectors, asked one by one as a score does, and compared with the batch's rows of the same people.

The file itself is not compared: its codes depend on how the people were parted, and DuckDB may write equal rows in
other bytes. What a score reads of it are vectors, and these are compared bit for bit: on the newest date of looking,
which is the one that is scored, and for the first 200 people on two more that are drawn. Who is in it, and when they
were born, is compared for everybody.
"""

import datetime
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.declarations.use_cases import UseCase
from features.kernel import membership
from features.kernel.code import code_digest
from features.online import source as online_source
from features.online.source import indicators_digest
from features.online.vector import NotInCohortError, OnlineSource
from features.rebuilding import some_people
from features.rows.parts import everybody
from hub import artefacts
from hub.digests import digest_of, sha256_file
from hub.errors import NotFoundError
from hub.progress import Progress
from hub.publishing.snapshots import Snapshot, open_snapshot
from hub.rebuilding.rebuilt import DRAWN, Rebuilt, Sample, not_rebuilt
from hub.workspace import Workspace

Vector = NDArray[np.float64]
_MORE_DATES = 2


def rebuild(
    workspace: Workspace,
    digest: str,
    declared: Iterable[UseCase],
    sample: Sample,
    *,
    progress: Progress,
) -> Rebuilt:
    """Ask an online source for the vectors of some people, and compare with the batch.

    Args:
        workspace: where it and its snapshot lie.
        digest: of the online source.
        declared: use cases, among which the one that it was made for is looked for.
        sample: whom.
        progress: called as it goes on.

    Raises:
        IntegrityError: the snapshot or the online source has changed by a byte.
    """
    artefact = artefacts.open_artefact(workspace.online, digest, online_source.KIND)
    facts = artefact.facts
    if (facts["code_digest"], facts["format_digest"]) != (code_digest(), sha256_file(Path(online_source.__file__))):
        return not_rebuilt("made by other code")
    try:
        snapshot = open_snapshot(workspace, facts["snapshot"])
    except NotFoundError:
        return not_rebuilt("its snapshot is gone")
    wanted = (facts["use_case"], facts["cohort_digest"], facts["indicators_digest"])
    fits = (one for one in declared if (one.name, digest_of(one.cohort), indicators_digest(one)) == wanted)
    use_case = next(fits, None)
    if use_case is None:
        return not_rebuilt("its use case or an indicator has changed, and nothing holds them as they were")
    with snapshot.artefact.held() as held:
        read = snapshot.read_from(held.artefact)
        people = everybody(read)
        drawn = sample.of(people["person_id"].combine_chunks())
        source = OnlineSource(artefact, use_case)
        try:
            differs = _whom(source, people)
            if not differs:
                differs = _unlike(source, read, use_case, drawn, sample.seed, progress)
        finally:
            source.close()
    return Rebuilt(len(drawn), len(people), tuple(differs))


def _whom(source: OnlineSource, people: pa.Table) -> list[str]:
    """Compare whom the source knows, and when they were born, with the snapshot."""
    person_ids, births = source.people()
    if person_ids != people["person_id"].to_pylist():
        return ["it is about other people than its snapshot"]
    expected = membership.birth_months(people["birth_month"])
    unlike = int((~_same(births, expected)).sum())
    return [f"the month of birth of {unlike:,} people"] if unlike else []


def _unlike(
    source: OnlineSource,
    snapshot: Snapshot,
    use_case: UseCase,
    drawn: pa.Array,
    seed: int,
    progress: Progress,
) -> list[str]:
    """Compare vectors; return in what they differ."""
    dates, done = _dates(use_case, snapshot, seed), 0
    wrong, other_cohort, columns = set[str](), set[str](), set[str]()
    names = use_case.indicator_names
    for again in some_people.rows(snapshot, use_case, dates, drawn):
        batch = _by_key(again.part.matrix, names)
        for person in again.person_ids.to_pylist():
            progress("Asking the online source for vectors", done, len(drawn))
            for day in dates if done < DRAWN else dates[-1:]:
                mine, theirs = _vector(source, person, day), batch.get((person, day))
                if mine is None or theirs is None:
                    other_cohort |= {person} if (mine is None) != (theirs is None) else set()
                elif not (same := _same(mine, theirs)).all():
                    wrong.add(person)
                    columns |= {name for name, alike in zip(names, same, strict=True) if not alike}
            done += 1
    differs = [f"whether {len(other_cohort):,} people are in the cohort"] if other_cohort else []
    if wrong:
        differs.append(f"{', '.join(sorted(columns))} of {len(wrong):,} people")
    return differs


def _dates(use_case: UseCase, snapshot: Snapshot, seed: int) -> list[datetime.date]:
    """Return the newest date of looking, and two more that are drawn, on which its rules are in force."""
    days = [day for day in use_case.covered(snapshot.known_to) if use_case.not_in_force(day) is None]
    if not days:
        raise NotFoundError(f"The use case {use_case.name} has no date of looking up to {snapshot.known_to}.")
    earlier = np.random.default_rng(seed).permutation(len(days) - 1)[:_MORE_DATES]
    return [*(days[place] for place in sorted(earlier.tolist())), days[-1]]


def _by_key(matrix: pa.Table, names: Sequence[str]) -> dict[tuple[str, datetime.date], Vector]:
    """Return the numbers of each row by person and date."""
    columns = [matrix[name].to_numpy(zero_copy_only=False) for name in names]
    values = np.column_stack(columns) if columns else np.empty((len(matrix), 0))
    keys = zip(matrix["person_id"].to_pylist(), matrix["as_of_date"].to_pylist(), strict=True)
    return dict(zip(keys, values, strict=True))


def _vector(source: OnlineSource, person: str, day: datetime.date) -> Vector | None:
    """Return somebody's vector, or None when they are not in the cohort."""
    try:
        return source.vector(person, as_of_date=day)
    except NotInCohortError:
        return None


def _same(one: Vector, other: Vector) -> NDArray[np.bool_]:
    """Say of each number whether two are the same, bit for bit; NaN is like NaN."""
    bits = [np.ascontiguousarray(numbers, dtype=np.float64).view(np.int64) for numbers in (one, other)]
    return np.asarray((bits[0] == bits[1]) | (np.isnan(one) & np.isnan(other)))
