"""What every check for leaks looks at, and what makes a module one: its kinds, its title, and `run`.

    for check in lint.CHECKS:          # modules; each is a LeakCheck
        check.run(Seen(...))           # [(Check(kind, done=True, …), [Finding, …]), …]

A new kind of leak is a file in this room that is a `LeakCheck`, a member of `leaks.Kind` with its title, a line in
`lint.CHECKS`, a paragraph in docs/leakage.md, and a test that plants it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from features.declarations.event_fields import Reader, readers
from features.declarations.needs import needs
from features.declarations.use_cases import UseCase
from features.leakage.leaks import Check, Finding, LeakKind
from hub.declarations.partnership import Partnership
from hub.disclosing.disclosure import SmallNumbers
from hub.publishing.snapshots import Snapshot
from hub.workspace import Workspace

Columns = Callable[[Sequence[str]], pa.Table]
"""Gives columns of a matrix by their names, all in the same order of rows."""
Looked = list[tuple[Check, list[Finding]]]
"""What was looked for, each with what was found."""


@dataclass(frozen=True)
class Seen:
    """What is looked at: one use case on one snapshot, with the rows that were built of it.

    Attributes:
        connection: with the snapshot's tables `event`, `household`, `family`, `involvement` and `person`, and the same
            of the earlier one under `earlier_event` and so on.
        workspace: where the extracts lie, from which the snapshot was published.
        partnership: declares the sources.
        snapshot: what is looked at.
        earlier: an older snapshot to compare with; None when there is none.
        use_case: cohort, outcome, horizon, dates of looking, indicators.
        columns: gives columns of the matrix: person_id, as_of_date, outcome and one for each indicator.
    """

    connection: duckdb.DuckDBPyConnection
    workspace: Workspace
    partnership: Partnership
    snapshot: Snapshot
    earlier: Snapshot | None
    use_case: UseCase
    columns: Columns

    @property
    def small(self) -> SmallNumbers:
        """Which numbers may stand in sentences."""
        return self.partnership.small_numbers

    @cached_property
    def readers(self) -> tuple[Reader, ...]:
        """All indicators and all rules of the cohort."""
        return readers(self.use_case)

    @cached_property
    def rows(self) -> pa.Table:
        """person_id, as_of_date and outcome of every row."""
        return self.columns(["person_id", "as_of_date", "outcome"])

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The sources whose events are read and that the snapshot holds, sorted."""
        read = needs(self.partnership, self.use_case, self.snapshot)
        return tuple(
            sorted(
                one.source for one in read if (one.scored or one.outcome) and one.source in self.snapshot.facts.sources
            )
        )

    def positives(self) -> pa.Table:
        """Return person_id and as_of_date of every row with the outcome."""
        found = self.rows.filter(pc.fill_null(pc.equal(self.rows["outcome"], 1), False))
        return found.select(["person_id", "as_of_date"])


class LeakCheck(Protocol):
    """A module that looks for leaks.

    Attributes:
        KINDS: the kinds that it looks for.
        TITLE: what it looks at, as progress says it.
    """

    KINDS: tuple[LeakKind, ...]
    TITLE: str

    def run(self, seen: Seen, /) -> Looked:
        """Look, and return for each kind whether it was looked for and what was found; never a value of anybody."""
        ...
