"""Parts of a feature set: what the kernel makes of one partition's people. Pure but for the small tables of areas."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.declarations.catalogue import Indicator, Over
from features.declarations.measures import Measure
from features.declarations.use_cases import UseCase
from features.kernel import membership
from features.kernel.membership import Outcomes
from features.kernel.plan import Column
from features.kernel.vectors import Looked, Vectors
from features.rows import companions
from features.rows.feature_sets import coverage_table, groups_table, matrix_table
from features.rows.groups import groups_statement
from features.rows.partitions import Partition, partitions
from hub import sql
from hub.publishing.snapshots import Snapshot

_COHORT, _INDICATORS, _COVERAGE = 0, 1, 2
PERSON_COLUMNS = ("person_id", "birth_month")


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one partition's people, sorted by (person_id, as_of_date); the same rows in every table.

    Attributes:
        matrix: the indicators and the outcome; see `feature_sets.matrix_table`.
        coverage: which sources know each person; see `feature_sets.coverage_table`.
        groups: what the audit divides people by; see `feature_sets.groups_table`.
    """

    matrix: pa.Table
    coverage: pa.Table
    groups: pa.Table


class PartMaker:
    """A use case's columns, compiled once; makes one part after the other. For one thread."""

    def __init__(
        self,
        snapshot: Snapshot,
        use_case: UseCase,
        dates: Sequence[datetime.date],
    ) -> None:
        """Compile the cohort's rules, the indicators, the coverage of their sources and the outcome.

        Args:
            snapshot: whose people and areas.
            use_case: cohort, indicators (the columns of the matrix), outcome and groups.
            dates: the dates of looking.
        """
        self._use_case = use_case
        self.sources = coverage_sources(use_case.indicators)
        coverage = [Column(Measure.KNOWN, sources=(source,)) for source in self.sources]
        self._vectors = Vectors(membership.columns(use_case.cohort), self._use_case.indicators, coverage)
        self._outcomes = Outcomes(use_case, snapshot.known_to, membership.outcome_reported(snapshot, use_case))
        self._dates = np.array(sorted(dates), dtype="datetime64[D]").astype(np.int32)
        self._areas = sql.connect(threads=1)
        for table in ("person", "area"):
            self._areas.execute(f"CREATE TABLE {table} AS FROM {sql.parquet(snapshot.path(table))}")

    @property
    def overs(self) -> tuple[Over, ...]:
        """The streams of events that are needed."""
        return self._vectors.overs

    def part(self, people: pa.Table, events: Mapping[Over, pa.Table]) -> Part:
        """Return the rows of some people.

        Args:
            people: `PERSON_COLUMNS`, sorted by person_id.
            events: every stream of `overs`, of these people and nobody else.
        """
        ids = people["person_id"].combine_chunks()
        looked = Looked.everyone(ids, self._dates)
        own = self._vectors.code(Over.SELF, events[Over.SELF], ids)
        rules = self._vectors.blank(len(looked.as_of), _COHORT)
        self._vectors.fill_coded(Over.SELF, own, looked, rules, _COHORT)
        births = membership.birth_months(people["birth_month"])
        looked = looked.only(membership.members(self._use_case.cohort, rules, looked, births))
        numbers = self._vectors.blank(len(looked.as_of), _INDICATORS)
        coverage = self._vectors.blank(len(looked.as_of), _COVERAGE)
        self._vectors.fill_coded(Over.SELF, own, looked, numbers, _INDICATORS)
        self._vectors.fill_coded(Over.SELF, own, looked, coverage, _COVERAGE)
        for over in self.overs:
            if over is not Over.SELF:
                coded = self._vectors.code(over, events[over], ids)
                self._vectors.fill_coded(over, coded, looked, numbers, _INDICATORS)
        keys = dict(zip(("person_id", "as_of_date"), looked.rows(), strict=True))
        names = self._use_case.indicator_names
        matrix = keys | {"outcome": self._outcomes.of(events[Over.SELF], looked)}
        matrix |= {name: pa.array(column, from_pandas=True) for name, column in zip(names, numbers, strict=True)}
        known = {
            f"known_to_{source}": pa.array(column.astype(np.int8))
            for source, column in zip(self.sources, coverage, strict=True)
        }
        return Part(
            matrix_table(self._use_case.indicators).conform(pa.table(matrix)),
            coverage_table(self.sources).conform(pa.table(keys | known)),
            groups_table(self._use_case).conform(self._groups(pa.table(keys))),
        )

    def _groups(self, looked: pa.Table) -> pa.Table:
        self._areas.register("looked", looked)
        found = self._areas.sql(groups_statement(self._use_case)).to_arrow_table()
        self._areas.unregister("looked")
        return found


def coverage_sources(indicators: Sequence[Indicator]) -> tuple[str, ...]:
    """Return the sources that can know a person: those of indicators that are not about an area, sorted."""
    return tuple(sorted({source for one in indicators if one.over is not Over.AREA for source in one.sources}))


def streams(
    snapshot: Snapshot, indicators: Sequence[Indicator], overs: Sequence[Over], folder: Path
) -> dict[Over, Path]:
    """Return the Parquet file of each stream of events; the re-keyed ones are written into `folder` first.

    A file that is there already is taken as it is: it appears by one rename when it is whole.
    """
    found = {Over.SELF: snapshot.path("event")}
    for over in overs:
        if over is not Over.SELF:
            found[over] = folder / f"{over}.parquet"
            if not found[over].exists():
                companions.write_stream(snapshot, over, indicators, folder / f"{over}.half").rename(found[over])
    return found


def everybody(snapshot: Snapshot) -> pa.Table:
    """Return `PERSON_COLUMNS` of all people of a snapshot, sorted by person_id."""
    return pq.read_table(snapshot.path("person"), columns=list(PERSON_COLUMNS))


def split(snapshot: Snapshot, files: Mapping[Over, Path], dates: int) -> Iterator[Partition]:
    """Yield the snapshot's people with their events, partition by partition."""
    return partitions(everybody(snapshot), files, dates)
