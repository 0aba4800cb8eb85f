"""Pairs that were weighed before: what a linkage keeps for the next one, and when it may be used again.

Reused are the candidate pairs of records that have not changed since. Done anew, from all records, are what is learnt
(shares, frequencies of names, prior), every weight, components, people and their ids. So linking extract by extract
ends exactly where linking in one go does; only which pairs need not be looked for is remembered.

Kept are all pairs over a weight of `complete_from` bits, some way below the threshold. Since then every weight may have
risen, but by no more than can be worked out from the two models (`shift`), so all pairs of unchanged records over
`complete_from` + shift are among those kept. Where that is over the threshold, or blocks or comparisons have changed,
nothing is reused and every pair is looked at again; the report says why.

The pairs lie in the identity store, as an artefact beside the person map; one pointer says which holds:

    identity/pairs/DIGEST/record.parquet      number, record_key, content: a digest of all that is compared
                         /pair.parquet        one, other: record numbers of then
                         /frequency.parquet   column, value: a digest of the name, frequency: its share of records
"""

import hashlib
import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from hub import artefacts, sql
from hub.artefacts import Artefact
from hub.errors import IntegrityError, NotFoundError
from hub.facts import Facts, read
from hub.identity import store as identity_store
from hub.tables import SCHEMA_VERSION
from hub.weighing import comparisons
from hub.weighing.comparisons import Blocks, Learnt
from hub.workspace import Workspace

KIND = "weighed pairs"
CURRENT = "current"
MARGIN = 16.0
"""Pairs are kept from so many bits below the threshold: what is learnt shifts weights by a few bits at most once there
are some thousand records, and so far below the threshold there are hardly more pairs than above it."""
FLOOR = 0.00001
"""A name counts as at least so frequent; see hub.weighing.comparisons."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What the next linkage must know of this one.

    Attributes:
        signature: digest of the rules: blocks, comparisons, versions of the libraries that compare.
        complete_from: all pairs of at least so many bits are kept.
        prior: the probability that two random records are one person.
        shares: m and u of each level.
    """

    signature: str
    complete_from: float
    prior: float
    shares: Learnt


@dataclass(frozen=True, slots=True)
class Recalled:
    """What could be used again: unchanged records and their pairs; or why nothing could, in plain words."""

    records: int
    pairs: int
    complete_from: float
    why: str

    def as_json(self) -> dict[str, Any]:
        """Return the form for the report."""
        return {"records": self.records, "pairs": self.pairs, "why": self.why}


def signature(blocks: Blocks, columns: Sequence[str]) -> str:
    """Return a digest of everything that decides which pairs are looked at and how they are compared."""
    rules = [[name, condition, list(arrays)] for name, condition, arrays in blocks]
    levels = {name: [level[:2] for level in comparisons.COMPARISONS[name]] for name in columns}
    made_by = [version("splink"), version("duckdb")]
    return hashlib.sha256(json.dumps([rules, levels, made_by], sort_keys=True).encode()).hexdigest()


def shift(old: Memory, new: Memory, frequencies: Mapping[str, float]) -> float:
    """Return the most bits by which the weight of an unchanged pair can have risen between two models.

    The weight is the prior's plus one for each comparison, log2(m / u) of its level, where u of the same name is the
    frequency of the name. The bound adds up the largest rise of each.

    Args:
        old: the model then.
        new: the model now; it compares the same.
        frequencies: for each frequent column the largest log2(frequency then / frequency now) of a name in both.
    """
    rise = _bits(new.prior) - _bits(old.prior)
    for name, levels in new.shares.m.items():
        rises = [0.0]
        for label in levels:
            m, u = new.shares.m[name][label] / old.shares.m[name][label], 1.0
            if not (name in frequencies and label == "the same"):
                u = new.shares.u[name][label] / old.shares.u[name][label]
            rises.append(math.log2(m / u) + (frequencies[name] if name in frequencies and label == "the same" else 0))
        rise += max(rises)
    return rise


def _bits(probability: float) -> float:
    return math.log2(probability / (1 - probability))


class PairFacts(Facts):
    """What the manifest of kept pairs says."""

    schema_version: int
    signature: str
    """Of blocks, comparisons and their libraries: with others, other pairs are looked at."""
    complete_from: float
    """All pairs of this weight and more are there, in bits."""
    prior: float
    m: Mapping[str, Mapping[str, float]]
    u: Mapping[str, Mapping[str, float]]


def open_pairs(workspace: Workspace) -> Artefact | None:
    """Return the pairs of the linkage before; None when there are none, or none that are whole."""
    parent = workspace.identity / "pairs"
    try:
        found = artefacts.open_artefact(parent, artefacts.pointed_at(parent / CURRENT, KIND), KIND)
        found.verify()
        read(found, PairFacts, version=SCHEMA_VERSION, remedy="Link anew.")
    except (NotFoundError, IntegrityError):
        return None
    return found


def recall(
    connection: duckdb.DuckDBPyConnection,
    earlier: Artefact | None,
    now: Memory,
    frequencies: Mapping[str, str],
    threshold: float,
) -> Recalled:
    """Make the table `earlier_pair` (one, other) and the column `record.known`.

    Args:
        connection: holds the table `record`.
        earlier: what was kept.
        now: the model now.
        frequencies: the table with the frequencies of each frequent column (`column`, `tf_column`).
        threshold: the bits over which all pairs are needed.
    """
    connection.execute("CREATE OR REPLACE TABLE earlier_pair (one BIGINT, other BIGINT)")
    connection.execute("ALTER TABLE record ADD COLUMN known BOOLEAN DEFAULT false")
    if earlier is None:
        return Recalled(0, 0, now.complete_from, "no pairs were kept")
    facts = read(earlier, PairFacts, version=SCHEMA_VERSION, remedy="Link anew.")
    if facts.signature != now.signature:
        return Recalled(0, 0, now.complete_from, "blocks, comparisons or their libraries are not those of then")
    old = Memory(now.signature, facts.complete_from, facts.prior, Learnt(facts.m, facts.u))
    with earlier.held() as held:
        risen = shift(old, now, _frequencies_risen(connection, held.artefact, frequencies))
        complete_from = max(now.complete_from, old.complete_from + risen)
        if complete_from > threshold:
            why = f"what was learnt may have raised weights by {risen:.1f} bits, more than the kept pairs allow for"
            return Recalled(0, 0, now.complete_from, why)
        return _unchanged(connection, held.artefact, complete_from)


def _unchanged(connection: duckdb.DuckDBPyConnection, earlier: Artefact, complete_from: float) -> Recalled:
    there = sql.parquet(earlier.path / "record.parquet")
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE unchanged AS
        SELECT kept.number AS old, now.number FROM {there} kept JOIN ({_CONTENT}) now USING (record_key, content)
        """
    )
    connection.execute(
        f"""
        INSERT INTO earlier_pair
        SELECT least(l.number, r.number), greatest(l.number, r.number)
        FROM {sql.parquet(earlier.path / "pair.parquet")}
        JOIN unchanged l ON l.old = one JOIN unchanged r ON r.old = other
        """
    )
    connection.execute("UPDATE record SET known = true WHERE number IN (SELECT number FROM unchanged)")
    [(records, pairs)] = connection.execute(
        "SELECT (SELECT count(*) FROM unchanged), (SELECT count(*) FROM earlier_pair)"
    ).fetchall()
    connection.execute("DROP TABLE unchanged")
    return Recalled(records, pairs, complete_from, "")


_CONTENT = "SELECT number, record_key, hash(*COLUMNS(* EXCLUDE (number, known))) AS content FROM record"


def _frequencies_risen(
    connection: duckdb.DuckDBPyConnection, earlier: Artefact, tables: Mapping[str, str]
) -> dict[str, float]:
    """Return for each frequent column the largest log2(frequency then / frequency now) of a value in both."""
    then, found = sql.parquet(earlier.path / "frequency.parquet"), {}
    for name, table in tables.items():
        [(most,)] = connection.execute(
            f"""
            SELECT coalesce(max(log2(greatest(frequency, {FLOOR}) / greatest(tf_{name}, {FLOOR}))), 0)
            FROM {then} kept JOIN {table} now ON kept.value = hash(now.{name}) WHERE kept.name = {sql.text(name)}
            """
        ).fetchall()
        found[name] = float(most)
    return found


def save(
    workspace: Workspace, connection: duckdb.DuckDBPyConnection, memory: Memory, frequencies: Mapping[str, str]
) -> Artefact:
    """Keep the table `candidate` for the next linkage; what was kept before is removed.

    Args:
        workspace: where the identity store lies.
        connection: holds the tables `record` and `candidate`.
        memory: the model that weighed them.
        frequencies: the table with the frequencies of each frequent column.
    """
    parent = identity_store.secure(workspace.identity) / "pairs"
    names = " UNION ALL ".join(
        f"SELECT {sql.text(name)} AS name, hash({name}) AS value, tf_{name} AS frequency FROM {table}"
        for name, table in sorted(frequencies.items())
    )
    facts = PairFacts(
        schema_version=SCHEMA_VERSION,
        signature=memory.signature,
        complete_from=memory.complete_from,
        prior=memory.prior,
        m=memory.shares.m,
        u=memory.shares.u,
    )
    with artefacts.publish(parent, KIND, facts.as_json()) as draft:
        for file, select in (
            ("record", f"{_CONTENT} ORDER BY number"),
            ("pair", "SELECT one, other FROM candidate ORDER BY one, other"),
            ("frequency", f"{names or _NO_NAMES} ORDER BY name, value"),
        ):
            reader: pa.RecordBatchReader = connection.sql(select).to_arrow_reader(100_000)
            with pq.ParquetWriter(draft.path / f"{file}.parquet", reader.schema, compression="zstd") as writer:
                for batch in reader:
                    writer.write_batch(batch)
    artefacts.write_pointer(parent / CURRENT, draft.digest)
    for digest in set(artefacts.digests_in(parent)) - {draft.digest}:
        shutil.rmtree(parent / digest)
    return artefacts.open_artefact(parent, draft.digest, KIND)


_NO_NAMES = "SELECT '' AS name, 0::UBIGINT AS value, 0::DOUBLE AS frequency WHERE false"


def forget(workspace: Workspace) -> None:
    """Remove what was kept: the next linkage looks at every pair again. An erasure needs it."""
    shutil.rmtree(workspace.identity / "pairs", ignore_errors=True)
