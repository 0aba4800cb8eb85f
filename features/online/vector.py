"""One child's vector, for one question: the batch's kernel on the child's own coded events, found by one query.

    source = open_source(workspace, snapshot, use_case)     # made when missing; opened once, kept
    source.vector(person_id, as_of_date=day)                            # may be asked by several threads at once

The numbers are those of the batch, bit for bit: see `features.online.source`, which holds what the batch's coder made
of every event, and `features.kernel.vectors`, whose compiled columns both fill.
"""

import datetime
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.declarations.catalogue import Over
from features.declarations.use_cases import UseCase
from features.kernel import membership
from features.kernel.coding import Coded
from features.kernel.vectors import Looked
from features.online import source as online_source
from features.online.source import COHORT, EVENT_COLUMNS, FILE, INDICATORS
from hub import sql
from hub.artefacts import Artefact
from hub.errors import StateError, UnknownPersonError
from hub.progress import Progress, silent
from hub.publishing.snapshots import Snapshot
from hub.workspace import Workspace

_EPOCH = datetime.date(1970, 1, 1)
_QUERY = f"SELECT stream, {', '.join(EVENT_COLUMNS)}, end_place FROM source.event_{{}} WHERE person = $1"


class NotInCohortError(StateError):
    """The person is known but is not in the cohort on the date of looking."""

    kind = "not-in-cohort"
    may_be_told = True


class OnlineSource:
    """An online source, opened read-only. Safe for several threads."""

    def __init__(self, artefact: Artefact, use_case: UseCase) -> None:
        """Open the file and run the kernel once, so that its compilation hits no question.

        Args:
            artefact: the online source; see `online_source.current`.
            use_case: the use case that it was made for.

        Raises:
            IntegrityError: the file is missing or has changed by a byte.
        """
        self.artefact = artefact
        self._use_case = use_case
        self._vectors = online_source.compiled(use_case)
        self._rules, self._numbers = (self._vectors.blank(1, group) for group in (COHORT, INDICATORS))
        # One thread, and rows in the order in which they were inserted: DuckDB keeps it.
        self._connection = sql.connect(threads=1)
        self._attach()
        people = self._connection.sql("SELECT person_id, birth_month, partition FROM source.person").fetchnumpy()
        self._people = np.array([one.encode() for one in people["person_id"].tolist()], dtype=np.bytes_)
        self._partitions = people["partition"].tolist()
        self._births = np.ascontiguousarray(people["birth_month"], dtype=np.float64)
        self._met = [self._conditions(stream) for stream in range(len(self._vectors.overs))]
        self._local = threading.local()
        nobody = {name: np.empty(0, dtype=np.int32) for name in (*EVENT_COLUMNS, "end_place")} | {"value": np.empty(0)}
        for stream, over in enumerate(self._vectors.overs):
            self._fill(over, self._coded(stream, nobody), _one("", 0))

    @property
    def file(self) -> Path:
        """The artefact's file; what is read is a copy of it without a name."""
        return self.artefact.path / FILE

    def _attach(self) -> None:
        """Attach a copy of the file that was checked while it was copied, and that has no name any more afterwards.

        Nobody can reach the copy by a path, so what is read for as long as the source is open are the bytes that were
        checked. DuckDB keeps the copy open for all threads.
        """
        folder = Path(tempfile.mkdtemp(prefix="sentinel-open-"))  # not in the workspace: others may write that
        try:
            copy = self.artefact.private_copy(FILE, folder)
            self._connection.execute(f"ATTACH {sql.text(copy.as_posix())} AS source (READ_ONLY)")
        except BaseException:
            self._connection.close()
            raise
        finally:
            shutil.rmtree(folder)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def people(self) -> tuple[list[str], NDArray[np.float64]]:
        """Return the person ids, sorted, and the months of birth (since January 1970; NaN where unknown)."""
        return [one.decode() for one in self._people.tolist()], self._births.copy()

    def vector(self, person_id: str, *, as_of_date: datetime.date) -> NDArray[np.float64]:
        """Return the person's indicators on a date: float64, shape (indicators,), NaN where there is no number.

        Raises:
            StateError: a rule of the use case is not in force on the date.
            UnknownPersonError: the snapshot holds no such person.
            NotInCohortError: the person is not in the use case's cohort on the date.
        """
        self._use_case.require_in_force(as_of_date)
        number = self._number(person_id)
        looked = _one(person_id, (as_of_date - _EPOCH).days)
        coded = self._events(number)
        rules, out = self._rules.copy(), self._numbers.copy()
        if Over.SELF in coded:
            self._vectors.fill_coded(Over.SELF, coded[Over.SELF], looked, rules, COHORT)
        if not membership.members(self._use_case.cohort, rules, looked, self._births[number : number + 1])[0]:
            raise NotInCohortError(
                f"On {as_of_date} the person is not among those whom this use case is about: "
                f"{self._use_case.cohort.plain}"
            )
        for over, events in coded.items():
            self._vectors.fill_coded(over, events, looked, out, INDICATORS)
        return out[:, 0].copy()

    def _number(self, person_id: str) -> int:
        """Return the person's place in the snapshot."""
        asked = person_id.encode("utf-8", errors="surrogatepass")
        number = int(np.searchsorted(self._people, asked))
        if number == len(self._people) or self._people[number] != asked:
            raise UnknownPersonError("The hub's snapshot holds no person with this person_id.")
        return number

    def _events(self, number: int) -> dict[Over, Coded]:
        """Return the coded events of each stream in which the person has any."""
        partition = self._partitions[number]
        rows = self._cursor(partition).execute(f"EXECUTE events_{partition}({number})").fetchnumpy()
        streams = rows.pop("stream")
        found = {}
        for stream, over in enumerate(self._vectors.overs):
            first, last = np.searchsorted(streams, (stream, stream + 1))
            if first < last:
                found[over] = self._coded(stream, {name: column[first:last] for name, column in rows.items()})
        return found

    def _coded(self, stream: int, rows: dict[str, NDArray[Any]]) -> Coded:
        """Return one person's events of one stream as the coder gave them."""
        ending = np.flatnonzero(rows["end_place"] >= 0)
        ends = np.empty(len(ending), dtype=np.int32)
        ends[rows["end_place"][ending]] = ending
        details = int(rows["detail"].max(initial=-1)) + 1
        given = {name: rows[name] for name in EVENT_COLUMNS}
        start = np.array([0, len(rows["occurred"])], dtype=np.int64)
        match_start, match_of, meets = self._met[stream]
        return Coded(
            person_start=start,
            details=np.array([details], dtype=np.int64),
            match_start=match_start,
            match_of=match_of,
            meets=meets,
            ends=ends,
            **given,
        )

    def _conditions(self, stream: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]:
        """Return match_start, match_of and meets of one stream."""
        rows = self._connection.execute(
            "SELECT met FROM source.meets WHERE stream = ? ORDER BY signature", [stream]
        ).fetchall()
        meets = np.array([row[0] for row in rows], dtype=np.bool_) if rows else np.zeros((0, 1), dtype=np.bool_)
        starts = np.concatenate(([0], np.cumsum(meets.sum(axis=1)))).astype(np.int32)
        return starts, np.nonzero(meets)[1].astype(np.int32), meets

    def _cursor(self, partition: int) -> duckdb.DuckDBPyConnection:
        """Return this thread's cursor, on which the query of a partition is prepared."""
        if not hasattr(self._local, "cursor"):
            self._local.cursor, self._local.prepared = self._connection.cursor(), set()
        cursor: duckdb.DuckDBPyConnection = self._local.cursor
        if partition not in self._local.prepared:
            cursor.execute(f"PREPARE events_{partition} AS {_QUERY.format(partition)}")
            self._local.prepared.add(partition)
        return cursor

    def _fill(self, over: Over, coded: Coded, looked: Looked) -> None:
        """Run the kernel for both groups of columns."""
        for group, blank in ((COHORT, self._rules), (INDICATORS, self._numbers)):
            self._vectors.fill_coded(over, coded, looked, blank.copy(), group)


def open_source(
    workspace: Workspace,
    snapshot: Snapshot,
    use_case: UseCase,
    *,
    progress: Progress = silent,
) -> OnlineSource:
    """Open the online source of a snapshot for a use case; see `online_source.current`, which makes it when missing."""
    artefact = online_source.current(workspace, snapshot, use_case, progress=progress)
    return OnlineSource(artefact, use_case)


def _one(person_id: str, day: int) -> Looked:
    return Looked(pa.array([person_id]), np.array([0, 1], dtype=np.int64), np.array([day], dtype=np.int32))
