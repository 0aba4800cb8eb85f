"""The linkage engine: which records are one person. It knows tables of a DuckDB connection and no workspace.

    found = find_people(connection, one_record_sources, threshold, tell)

The view `identity_row` (hub.tables.IDENTITY_RECORD) goes in; out come the table `record` (linking.records), whose
numbers the answer speaks of, the table `pair` (hub.weighing.pairs), and for each record the number of its person.
"""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from hub.artefacts import Artefact
from hub.declarations.placeholders import Placeholders
from hub.linking import candidates, clusters, earlier_pairs, expected_links, pair_table, records, spark_candidates
from hub.linking.candidates import Splink
from hub.linking.earlier_pairs import Memory
from hub.linking.spark_candidates import OnSpark
from hub.weighing import blocks, comparisons, pairs

STEPS = ("Reading records", "Weighing pairs", "Building people")
"""What `find_people` tells when it begins with it."""


@dataclass(frozen=True, slots=True)
class FoundPeople:
    """Who is one person, among all records, and how that was found.

    Attributes:
        person: for each record number the number of its person; persons are numbered by their first record.
        weight: for each record the weight of its strongest link inside its person, in bits; NaN for a record alone.
        method: "splink", or "none" when there was nothing to compare.
        why: in plain words, what was compared or why nothing was.
        refused: how many candidate pairs were refused, by reason.
        model: what was learnt about pairs (hub.weighing.pairs.Model as JSON).
        refused_identifiers: identifiers that name nobody and were left out.
        blocks: for each block its pairs as declared, as used, and candidates that it found first; see weighing.blocks.
        recalled: what could be used again of an earlier linkage; see hub.linking.earlier_pairs.
        components: how many groups of records candidates connect, how large they are, how many were parted.
        memory: what the next linkage must know of this one; None where nothing was compared.
        frequencies: the tables of the connection with the frequencies of names.
        set_aside: values that tell nobody apart and were left out (linking.shared_values); the table `aside` has the
            records.
        expected: what the linkage is expected to have found (hub.linking.expected_links).
    """

    person: NDArray[np.int64]
    weight: NDArray[np.float64]
    method: str
    why: str
    refused: Mapping[str, int] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    refused_identifiers: int = 0
    blocks: Sequence[Mapping[str, Any]] = ()
    recalled: Mapping[str, Any] = field(default_factory=dict)
    components: Mapping[str, int] = field(default_factory=dict)
    memory: Memory | None = None
    frequencies: Mapping[str, str] = field(default_factory=dict)
    set_aside: Sequence[Mapping[str, Any]] = ()
    expected: Mapping[str, Any] = field(default_factory=dict)

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
    *,
    earlier: Artefact | None = None,
    batch_pairs: int = candidates.BATCH_PAIRS,
    spark: OnSpark | None = None,
    placeholders: Placeholders | None = None,
    perhaps_once: Collection[str] = (),
) -> FoundPeople:
    """Find out which records are one person.

    The answer is the same with and without `earlier`, and for any size of batches.

    Args:
        connection: holds the view `identity_row`.
        one_record_sources: the sources that hold one record a person.
        threshold: probability, in (0, 1), from which two records are linked.
        tell: called with the name of each step (STEPS) when it begins.
        earlier: the pairs that a linkage before has kept (hub.linking.earlier_pairs).
        batch_pairs: about how many pairs are made at one time.
        spark: where candidate pairs are looked for instead; then all of them are made anew.
        placeholders: what means "not known" besides what hub.declarations.placeholders lists.
        perhaps_once: sources of which nobody says whether they hold a person once; their records show it.
    """
    tell(STEPS[0])
    built = records.build(connection, one_record_sources, placeholders=placeholders)
    taken_as_once = records.take_as_once(connection, perhaps_once)
    tell(STEPS[1])
    columns = pairs.compared(connection)
    [(apart,)] = connection.execute("SELECT count(DISTINCT exclusive) FROM record").fetchall()
    if apart < 2:
        why = "all records come from one source, which holds one record a person"
        return _alone(built, why)
    if not set(columns) & {"given_name", "family_name", "date_of_birth", "identifiers"}:
        why = "no names, birthdays or shared identifiers are recorded to compare people by"
        return _alone(built, why)
    bits = pairs.bits(threshold)
    weighed = _weigh(connection, columns, bits, None if spark else earlier, batch_pairs, spark)
    tell(STEPS[2])
    found = _linked(connection, built, weighed, bits)
    return replace(found, model={**found.model, "taken_as_one_record_a_person": list(taken_as_once)})


def _alone(built: records.Built, why: str) -> FoundPeople:
    person, weight = np.arange(built.records), np.full(built.records, np.nan)
    refused, aside = built.refused_identifiers, [one.as_json() for one in built.aside]
    return FoundPeople(person, weight, "none", why, refused_identifiers=refused, set_aside=aside)


@dataclass(frozen=True, slots=True)
class _Weighed:
    model: pairs.PairModel
    memory: Memory
    chosen: Sequence[blocks.Block]
    recalled: Mapping[str, Any]
    frequencies: Mapping[str, str]


def _weigh(
    connection: duckdb.DuckDBPyConnection,
    columns: Sequence[str],
    bits: float,
    earlier: Artefact | None,
    batch_pairs: int,
    spark: OnSpark | None,
) -> _Weighed:
    """Make the tables `candidate` and `pair`."""
    from splink import DuckDBAPI

    logging.getLogger("splink").setLevel(logging.CRITICAL)
    chosen = blocks.choose(connection, comparisons.BLOCKS)
    database = DuckDBAPI(connection)
    model = pairs.learn(connection, columns)
    frequent = [name for name in comparisons.FREQUENT if name in columns]
    rules = blocks.used(chosen)
    settings = comparisons.settings(columns, model.prior, model.shares, rules)
    splink = Splink(database, settings, frequent)
    least = bits - earlier_pairs.MARGIN
    memory = Memory(earlier_pairs.signature(rules, columns), least, model.prior, model.shares)
    recalled = earlier_pairs.recall(connection, earlier, memory, splink.frequencies(), bits)
    if spark is None:
        batches = candidates.find(connection, splink, chosen, least, batch_pairs)
    else:
        batches = spark_candidates.find(connection, spark, settings, frequent, chosen, least)
    pair_table.make(connection, splink, model.shares, model.sibling_ratio, bits, model.doubtful)
    memory = replace(memory, complete_from=recalled.complete_from)
    return _Weighed(model, memory, chosen, recalled.as_json() | {"batches": batches}, splink.frequencies())


def _linked(connection: duckdb.DuckDBPyConnection, built: records.Built, weighed: _Weighed, bits: float) -> FoundPeople:
    person, weight, refused = _cluster(connection, built.records, bits)
    refused.update({clusters.SIBLINGS: pair_table.against_siblings(connection, bits)})
    model = weighed.model
    return FoundPeople(
        person,
        weight,
        "splink",
        f"compared {', '.join(name.replace('_', ' ') for name in model.compared)}; "
        + ("the weights were learnt from these records" if model.learnt else "too few records to learn weights from"),
        dict(sorted(refused.items())),
        model.as_json(),
        built.refused_identifiers,
        _blocks(connection, weighed.chosen, bits),
        weighed.recalled,
        pair_table.components_parted(connection, person),
        weighed.memory,
        weighed.frequencies,
        [one.as_json() for one in built.aside],
        expected_links.expect(connection, person, model).as_json(),
    )


def _cluster(
    connection: duckdb.DuckDBPyConnection, size: int, bits: float
) -> tuple[NDArray[np.int64], NDArray[np.float64], Counter[str]]:
    """Return person and weight of each record, and how many pairs were refused by reason.

    A component in which every pair is a link is one person, whatever the order of joining; only the others are
    clustered pair by pair.
    """
    refused: Counter[str] = Counter()
    first, weight = pair_table.whole(connection, bits, size)
    for component in pair_table.by_component(connection, bits):
        one = clusters.cluster(component, bits)
        for members in one.members:
            first[list(members)] = members[0]
        refused.update(one.refused)
        for number, bits_of in one.weights.items():
            weight[number] = bits_of
    return np.unique(first, return_inverse=True)[1], weight, refused


def _blocks(connection: duckdb.DuckDBPyConnection, chosen: Sequence[blocks.Block], bits: float) -> list[dict[str, Any]]:
    found = dict(
        connection.execute(f"SELECT block, count(*) FROM candidate WHERE weight >= {bits!r} GROUP BY 1").fetchall()
    )
    return [{**one.as_json(), "candidates": found.get(one.name, 0)} for one in chosen]
