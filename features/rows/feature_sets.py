"""Feature sets: what the models read. One row per (person_id, as_of_date), only cohort members.

A feature set is an artefact with `matrix.parquet`, `coverage.parquet` and `groups.parquet` (the same rows in the same
order; only audits read groups), `families.parquet` (a row a person) and `followed.parquet` (the looks whose outcome
cannot be known); what its manifest says is `FeatureSetFacts`.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq

from features.declarations.catalogue import Indicator
from features.declarations.use_cases import UseCase
from features.kernel.code import code_digest
from features.rows.beginnings import ShortWindow, short_windows
from features.rows.feature_set_facts import FeatureSetFacts as FeatureSetFacts
from features.rows.feature_set_facts import LeakageFacts as LeakageFacts
from hub import artefacts, facts
from hub.artefacts import Artefact
from hub.declarations.partnership import Partnership
from hub.errors import IntegrityError, NotFoundError
from hub.tables import Field, Table
from hub.workspace import Workspace

KIND = "feature set"
SCHEMA_VERSION = 4
MATRIX_FILE = "matrix.parquet"
COVERAGE_FILE = "coverage.parquet"
GROUPS_FILE = "groups.parquet"
FAMILIES_FILE = "families.parquet"
FOLLOWED_FILE = "followed.parquet"
STAGING = ".building-"
"""How the folder of a build that is not finished begins."""
NOT_RECORDED = "not recorded"

_KEYS = (
    Field("person_id", pa.string(), False, "Pseudonym."),
    Field("as_of_date", pa.date32(), False, "The date of looking."),
)
_SORTED = ("person_id", "as_of_date")


def matrix_table(indicators: Iterable[Indicator]) -> Table:
    """Return the schema of the matrix: the keys, the outcome and one column per indicator, in order."""
    outcome = Field("outcome", pa.int8(), True, "1 or 0; empty while the horizon is not complete.")
    columns = (Field(one.name, pa.float64(), True, one.plain) for one in indicators)
    return Table("matrix", "One row per (person_id, as_of_date).", (*_KEYS, outcome, *columns), _SORTED)


def coverage_table(sources: Iterable[str]) -> Table:
    """Return the schema of the coverage: the keys and, for each source, whether it holds any record of the person.

    No record is not the same as nothing having happened: an indicator's zero means less where its source's column is 0.
    """
    columns = (
        Field(f"known_to_{source}", pa.int8(), False, f"1 when {source} held any record of the person on the date.")
        for source in sources
    )
    return Table("coverage", "One row per (person_id, as_of_date).", (*_KEYS, *columns), _SORTED)


def groups_table(use_case: UseCase) -> Table:
    """Return the schema of the groups: the keys and one column per group that the audit divides people by."""
    columns = (Field(group.name, pa.string(), False, group.plain) for group in use_case.groups)
    return Table("groups", "One row per (person_id, as_of_date).", (*_KEYS, *columns), _SORTED)


def families_table() -> Table:
    """Return the schema of the families: who belongs with whom, so that intervals can resample families."""
    family = Field("family", pa.int64(), False, "Equal numbers are of one family (features.rows.families).")
    return Table("families", "One row per person of the matrix.", (_KEYS[0], family), ("person_id",))


class Ended(StrEnum):
    """Why somebody could not be followed any longer."""

    AGE = "age"
    DEATH = "death"
    LEFT = "left"


def followed_table() -> Table:
    """Return the schema of the looks at somebody who could not be followed to the end of the horizon."""
    until = Field("until", pa.date32(), False, "First day on which the outcome would not be seen any more.")
    why = Field("why", pa.string(), False, ", ".join(Ended) + ".")
    return Table("followed", "One row per look that was not followed to its end.", (*_KEYS, until, why), _SORTED)


@dataclass(frozen=True)
class FeatureSet:
    """A published feature set. Its tables are checked against their digests and their schema when they are read.

    Attributes:
        artefact: the directory and its files.
        facts: what its manifest says.
    """

    artefact: Artefact
    facts: FeatureSetFacts

    @property
    def digest(self) -> str:
        """The feature set's digest, which is its name."""
        return self.artefact.digest

    @property
    def snapshot_digest(self) -> str:
        """Digest of the snapshot that it was built from."""
        return self.facts.snapshot

    @property
    def known_to(self) -> datetime.date:
        """The last day that its snapshot covers."""
        return self.facts.known_to

    @property
    def use_case(self) -> UseCase:
        """The use case as it was when the set was built."""
        return self.facts.use_case

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """The indicators, in the order of the matrix's columns."""
        return self.use_case.indicators

    @property
    def short_windows(self) -> tuple[ShortWindow, ...]:
        """The indicators and dates on which a window reaches back to before its source began."""
        return tuple(short_windows(self.indicators, sorted(self.facts.rows), self.facts.begins))

    def matrix(self) -> pa.Table:
        """Return person_id, as_of_date, outcome (0, 1 or null) and one float64 column per indicator (null: no number).

        Shape: one row per (person_id, as_of_date), sorted by both.

        Raises:
            IntegrityError: the file has changed by a byte or lacks a column.
        """
        return self._read(MATRIX_FILE, matrix_table(self.indicators))

    def coverage(self) -> pa.Table:
        """Return person_id, as_of_date and one 0/1 column per source: the matrix's rows in the same order."""
        return self._read(COVERAGE_FILE, coverage_table(self.facts.coverage))

    def groups(self) -> pa.Table:
        """Return person_id, as_of_date and one text column per audit group: the matrix's rows in the same order."""
        return self._read(GROUPS_FILE, groups_table(self.use_case))

    def families(self) -> pa.Table:
        """Return person_id and family (equal numbers are of one family), sorted by person_id, each person once."""
        return self._read(FAMILIES_FILE, families_table())

    def not_followed(self) -> pa.Table:
        """Return person_id, as_of_date, until and why of each look that was not followed to its end, sorted."""
        return self._read(FOLLOWED_FILE, followed_table())

    def require_gateways(self, partnership: Partnership, *, on: datetime.date) -> None:
        """Check that every source in it may still be used for its purpose on the day `on`, as gateways are declared.

        Raises:
            GatewayError: a gateway ended or was withdrawn since the set was built; the source is named.
        """
        for source in sorted(self.facts.sources):
            partnership.require_gateway(source, purpose=self.use_case.purpose, on=on)

    def _read(self, name: str, table: Table) -> pa.Table:
        return table.conform(pq.read_table(BytesIO(self.artefact.read(name))))


def open_feature_set(workspace: Workspace, digest: str) -> FeatureSet:
    """Open a feature set by its digest or the beginning of it.

    Raises:
        NotFoundError: there is none, or more than one begins so.
        IntegrityError: its manifest has changed by a byte, or a fact is not as declared.
    """
    artefact = artefacts.open_artefact(workspace.features, digest, KIND)
    return FeatureSet(artefact, facts.read(artefact, FeatureSetFacts, version=SCHEMA_VERSION, remedy="Build it anew."))


def current_feature_set(workspace: Workspace, use_case: UseCase, snapshot: str) -> FeatureSet:
    """Open the feature set built from this snapshot for this use case by the code as it is now.

    Raises:
        NotFoundError: none was built since the use case, an indicator, the code or the snapshot changed.
    """
    wanted = (use_case.digest, snapshot, code_digest())
    for digest in artefacts.digests_in(workspace.features):
        try:
            found = open_feature_set(workspace, digest)
        except IntegrityError:
            continue  # damaged, which `sentinel hub verify` says, or made by other code, of which none is wanted
        said = found.facts
        if (said.use_case_digest, said.snapshot, said.code_digest) == wanted:
            return found
    raise NotFoundError(
        f"No feature set for the use case {use_case.name} and the snapshot {snapshot[:12]}.",
        f"Run `sentinel features build --use-case {use_case.name}`.",
    )
