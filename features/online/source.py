"""Online sources: the coded events of everybody in a snapshot, so that one child's are found by one query.

An online source is an artefact with `events.duckdb`, made for one snapshot, cohort and list of indicators by the coder
that the batch uses. Its facts are digests of all of these. The file holds

- `person`: person_id and birth_month (months since January 1970, NaN where unknown) by number (place in the snapshot),
  and the partition;
- `event_0`, `event_1`…, one for each partition, because DuckDB takes longer to find a row the larger a table is: for
  each person's number and each stream the columns of `kernel.coding.Coded`, in its order; places are counted from
  the person's own first one; `end_place` is the event's place in `ends`, or -1;
- `meets`: which conditions each signature of a stream meets.

It is derived data: it may be deleted at any time, is made again when it is missing, and an erasure deletes all of it.
"""

import contextlib
import shutil
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from features.declarations.catalogue import Over
from features.declarations.use_cases import UseCase
from features.kernel import membership
from features.kernel.code import code_digest
from features.kernel.coding import Coded
from features.kernel.vectors import Vectors
from features.rows.parts import split, streams
from hub import artefacts, sql
from hub.artefacts import Artefact
from hub.digests import digest_of, sha256_file
from hub.errors import SentinelError
from hub.ledger import publications
from hub.ledger.publications import Publications
from hub.progress import Progress, silent
from hub.publishing.snapshots import Snapshot
from hub.workspace import Workspace

KIND = "online source"
MAKER = "service"
FILE = "events.duckdb"
COHORT, INDICATORS = 0, 1
"""The groups of columns: the rules of the cohort, and the indicators."""
EVENT_COLUMNS = ("occurred", "known_from", "known_to", "value", "signature", "source", "detail", "episode", "next_end")
_MEMORY = "512MB"
_ROW_GROUP = 20_480  # smaller than is usual: one person is found sooner


def indicators_digest(use_case: UseCase) -> str:
    """Return the digest of the indicators' whole declarations, in order."""
    return digest_of(list(use_case.indicators))


def compiled(use_case: UseCase) -> Vectors:
    """Return the cohort's rules (group 0) and the indicators (group 1) as the columns that an online source is for."""
    return Vectors(membership.columns(use_case.cohort), use_case.indicators)


def current(
    workspace: Workspace,
    snapshot: Snapshot,
    use_case: UseCase,
    *,
    progress: Progress = silent,
) -> Artefact:
    """Return the online source of a snapshot for a use case; it is made when there is none.

    Those of the use case that were made for another snapshot, rule or indicator are then removed. The file of one that
    is there is checked by whoever opens it (`features.online.vector.OnlineSource`).

    Args:
        workspace: where online sources lie.
        snapshot: whose people and events.
        use_case: only what its indicators and its cohort's rules read is there.
        progress: called while it is made.

    Raises:
        IntegrityError: a manifest or a table of the snapshot has changed by a byte, or changed while it was read.
    """
    facts = {
        "snapshot": snapshot.digest,
        "use_case": use_case.name,
        "cohort_digest": digest_of(use_case.cohort),
        "indicators_digest": indicators_digest(use_case),
        "code_digest": code_digest(),
        "format_digest": sha256_file(Path(__file__)),
    }
    found = _found(workspace, facts, publications.read(workspace))
    if found is None:
        recorder = publications.recorder(workspace, KIND, _inputs(facts), by=MAKER, code=facts["code_digest"])
        with (
            artefacts.publish(workspace.online, KIND, facts, before=recorder, apart=True) as draft,
            snapshot.artefact.held() as held,
        ):
            _make(draft.path, snapshot.read_from(held.artefact), use_case, progress)
        found = artefacts.open_artefact(workspace.online, draft.digest, KIND)
        for digest in artefacts.digests_in(workspace.online):
            with contextlib.suppress(SentinelError):  # one that was put there by hand may be anything
                other = artefacts.open_artefact(workspace.online, digest, KIND).facts
                if other.get("use_case") == use_case.name and dict(other) != facts:
                    shutil.rmtree(workspace.online / digest)
    return found


def _inputs(facts: dict[str, str]) -> dict[str, str]:
    return {name: facts[name] for name in ("snapshot", "use_case", "cohort_digest", "indicators_digest")}


def _found(workspace: Workspace, facts: dict[str, str], published: Publications) -> Artefact | None:
    """Return the one that the ledger knows: facts alone can be copied into a forged one."""
    known = {one.digest for one in published.of(KIND)}
    for digest in known.intersection(artefacts.digests_in(workspace.online)):
        found = artefacts.open_artefact(workspace.online, digest, KIND)
        if dict(found.facts) == facts:
            return found
    return None


def _make(folder: Path, snapshot: Snapshot, use_case: UseCase, progress: Progress) -> None:
    """Write the file, partition by partition."""
    vectors, everybody, done = compiled(use_case), snapshot.facts.rows.person, 0
    half = folder / "streams"
    half.mkdir()
    meets: dict[Over, Any] = {}
    with sql.connect() as connection:
        connection.execute(f"SET memory_limit = '{_MEMORY}'")
        connection.execute(f"ATTACH {sql.text((folder / FILE).as_posix())} AS source (ROW_GROUP_SIZE {_ROW_GROUP})")
        columns = ", ".join(f"{name} {'DOUBLE' if name == 'value' else 'INTEGER'}" for name in EVENT_COLUMNS)
        connection.execute(
            "CREATE TABLE source.person (number INTEGER, person_id VARCHAR, birth_month DOUBLE, partition INTEGER)"
        )
        connection.execute("CREATE TABLE source.meets (stream TINYINT, signature INTEGER, met BOOLEAN[])")
        for partition in split(snapshot, streams(snapshot, use_case.indicators, vectors.overs, half), 1):
            progress(f"Preparing {everybody} people for single questions", done, everybody)
            ids = partition.people["person_id"].combine_chunks()
            births = membership.birth_months(partition.people["birth_month"])
            numbers, part = (
                np.arange(done, done + len(ids), dtype=np.int32),
                np.full(len(ids), partition.number, np.int32),
            )
            person = {"number": numbers, "person_id": ids, "birth_month": births, "partition": part}
            _insert(connection, "person", person)
            events = f"event_{partition.number}"
            connection.execute(
                f"CREATE TABLE source.{events} (person INTEGER, stream TINYINT, {columns}, end_place INTEGER)"
            )
            for stream, over in enumerate(vectors.overs):
                coded = vectors.code(over, partition.events[over], ids)
                _insert(connection, events, _rows(coded, stream, done))
                meets[over] = coded.meets
            done += len(ids)
        for stream, over in enumerate(vectors.overs):
            met = meets.get(over, np.zeros((0, 1), dtype=np.bool_))
            signatures = {
                "stream": np.full(len(met), stream, np.int8),
                "signature": np.arange(len(met), dtype=np.int32),
            }
            _insert(connection, "meets", signatures | {"met": pa.array(met.tolist(), pa.list_(pa.bool_()))})
        connection.execute("DETACH source")
    shutil.rmtree(half)


def _rows(coded: Coded, stream: int, done: int) -> dict[str, Any]:
    """Return the rows of `event`: `next_end` and `end_place` are counted from the person's own first end."""
    person = np.repeat(np.arange(len(coded.person_start) - 1), np.diff(coded.person_start)).astype(np.int32)
    ends = np.searchsorted(person[coded.ends], person).astype(np.int32)
    end_place = np.full(len(person), -1, dtype=np.int32)
    end_place[coded.ends] = np.arange(len(coded.ends), dtype=np.int32) - ends[coded.ends]
    given = {"person": person + np.int32(done), "stream": np.full(len(person), stream, np.int8)}
    given |= {name: getattr(coded, name) for name in EVENT_COLUMNS}
    given["next_end"] = np.where(coded.next_end >= 0, coded.next_end - ends, -1).astype(np.int32)
    return given | {"end_place": end_place}


def _insert(connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, Any]) -> None:
    connection.register("rows", pa.table(columns))
    connection.execute(f"INSERT INTO source.{table} SELECT {', '.join(columns)} FROM rows")
    connection.unregister("rows")
