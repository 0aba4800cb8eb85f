"""The linkage engine: which records are one person. It knows tables of a DuckDB connection and no workspace.

    found = find_people(connection, one_record_sources, threshold, tell)

The view `identity_row` (hub.tables.IDENTITY_RECORD) goes in; out come the table `record` (hub.records), whose numbers
the answer speaks of, the table `pair` (hub.pairs), and for each record the number of its person.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from hub import clusters, pairs, records

STEPS = ("Reading records", "Weighing pairs", "Building people")
"""What `find_people` tells when it begins with it."""


@dataclass(frozen=True, slots=True)
class Found:
    """Who is one person, among all records, and how that was found.

    Attributes:
        person: for each record number the number of its person; persons are numbered by their first record.
        weight: for each record the weight of its strongest link inside its person, in bits; NaN for a record alone.
        method: "splink", or "none" when there was nothing to compare.
        why: in plain words, what was compared or why nothing was.
        refused: how many candidate pairs were refused, by reason.
        model: what was learnt about pairs (hub.pairs.Model as JSON).
        refused_identifiers: identifiers that name nobody and were left out.
    """

    person: NDArray[np.int64]
    weight: NDArray[np.float64]
    method: str
    why: str
    refused: Mapping[str, int] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    refused_identifiers: int = 0

    @property
    def records(self) -> int:
        """How many records there are."""
        return len(self.person)

    @property
    def people(self) -> int:
        """How many people they belong to."""
        return int(self.person.max()) + 1 if len(self.person) else 0

    @property
    def members(self) -> tuple[tuple[int, ...], ...]:
        """The record numbers of each person, ascending; persons in the order of their first record."""
        order = np.argsort(self.person, kind="stable")
        cuts = np.flatnonzero(np.diff(self.person[order])) + 1
        return tuple(tuple(part.tolist()) for part in np.split(order, cuts)) if len(order) else ()


def find_people(
    connection: duckdb.DuckDBPyConnection,
    one_record_sources: Collection[str],
    threshold: float,
    tell: Callable[[str], None] = lambda _step: None,
) -> Found:
    """Find out which records are one person.

    Args:
        connection: holds the view `identity_row`.
        one_record_sources: the sources that hold one record a person.
        threshold: probability, in (0, 1), from which two records are linked.
        tell: called with the name of each step (STEPS) when it begins.
    """
    tell(STEPS[0])
    built = records.build(connection, one_record_sources)
    tell(STEPS[1])
    columns = pairs.compared(connection)
    [(apart,)] = connection.execute("SELECT count(DISTINCT exclusive) FROM record").fetchall()
    refused = built.refused_identifiers
    if apart < 2:
        why = "all records come from one source, which holds one record a person"
        return _alone(built.records, why, refused)
    if not set(columns) & {"given_name", "family_name", "date_of_birth", "identifiers"}:
        why = "no names, birthdays or shared identifiers are recorded to compare people by"
        return _alone(built.records, why, refused)
    return _linked(connection, columns, built, pairs.bits(threshold), lambda: tell(STEPS[2]))


def _alone(size: int, why: str, refused_identifiers: int) -> Found:
    weight = np.full(size, np.nan)
    return Found(np.arange(size), weight, "none", why, refused_identifiers=refused_identifiers)


def _linked(
    connection: duckdb.DuckDBPyConnection,
    columns: tuple[str, ...],
    built: records.Built,
    bits: float,
    clustering: Callable[[], None],
) -> Found:
    model = pairs.weigh(connection, columns, bits)
    clustering()
    refused: Counter[str] = Counter()
    first = np.arange(built.records)
    weight = np.full(built.records, np.nan)
    for component in pairs.components(connection):
        one = clusters.cluster(component, bits)
        for members in one.members:
            first[list(members)] = members[0]
        refused.update(one.refused)
        for number, bits_of in one.weights.items():
            weight[number] = bits_of
    refused.update({clusters.SIBLINGS: pairs.against_siblings(connection, bits)})
    return Found(
        np.unique(first, return_inverse=True)[1],
        weight,
        "splink",
        f"compared {', '.join(name.replace('_', ' ') for name in columns)}; "
        + ("the weights were learnt from these records" if model.learnt else "too few records to learn weights from"),
        dict(sorted(refused.items())),
        model.as_json(),
        built.refused_identifiers,
    )
